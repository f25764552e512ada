import type { MemberEntry, MemberListener } from './engine.ts';
import { Few } from './few.ts';
import { isolated } from './followers.ts';

interface Follower {
	readonly listener: MemberListener;
}

/**
 * Who is in which room, for engines with one node: nothing is stored, and each user has at most one entry per room.
 */
export class Members {
	readonly #rooms = new Map<string, Few<string, MemberEntry>>();
	readonly #listeners = new Map<string, Few<Follower, Follower>>();

	/** Replaces the user's entry, and tells the room's listeners in a microtask unless it was the same before. */
	set(room: string, userId: string, entry: MemberEntry | null): void {
		const members = this.#rooms.get(room) ?? new Few<string, MemberEntry>();
		const before = members.get(userId) ?? null;
		if (sameEntry(before, entry)) {
			return;
		}
		if (entry === null) {
			members.delete(userId);
		} else {
			members.set(userId, entry);
		}
		if (members.size === 0) {
			this.#rooms.delete(room);
		} else {
			this.#rooms.set(room, members);
		}
		const entries = entry === null ? [] : [entry];
		queueMicrotask(() => {
			const listeners = this.#listeners.get(room);
			for (const follower of [...(listeners?.values() ?? [])]) {
				if (listeners?.has(follower)) {
					isolated(() => follower.listener(userId, entries));
				}
			}
		});
	}

	get(room: string): ReadonlyMap<string, readonly MemberEntry[]> {
		return new Map([...(this.#rooms.get(room)?.entries() ?? [])].map(([userId, entry]) => [userId, [entry]]));
	}

	/** Returns the function that stops it. */
	follow(room: string, listener: MemberListener): () => void {
		const listeners = this.#listeners.get(room) ?? new Few<Follower, Follower>();
		this.#listeners.set(room, listeners);
		const follower = { listener };
		listeners.set(follower, follower);
		return () => {
			listeners.delete(follower);
			if (listeners.size === 0 && this.#listeners.get(room) === listeners) {
				this.#listeners.delete(room);
			}
		};
	}

	clear(): void {
		this.#rooms.clear();
		for (const listeners of this.#listeners.values()) {
			listeners.clear();
		}
		this.#listeners.clear();
	}
}

function sameEntry(one: MemberEntry | null, other: MemberEntry | null): boolean {
	if (one === null || other === null) {
		return one === other;
	}
	return (
		one.state === other.state &&
		one.connections === other.connections &&
		one.verified === other.verified &&
		one.since === other.since &&
		one.status === other.status &&
		one.bot === other.bot &&
		one.was === other.was
	);
}
