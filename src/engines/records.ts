/**
 * The records of an engine as a mirror in memory: for engines that keep all of them there, and for whoever has to look
 * something up at once.
 */
import type { RecordChange, RecordListener, Restriction } from './engine.ts';
import { isolated } from './followers.ts';

export class Records {
	readonly #kinds = new Map<string, Map<string, string>>();
	readonly #listeners = new Set<{ readonly listener: RecordListener }>();

	/** Whether every record is as its change expects it. */
	isAsExpected(changes: readonly RecordChange[]): boolean {
		return changes.every(
			({ kind, key, expected }) => expected === undefined || expected === (this.get(kind, key) ?? null),
		);
	}

	get(kind: string, key: string): string | undefined {
		return this.#kinds.get(kind)?.get(key);
	}

	/** A copy of all records of a kind. */
	list(kind: string): ReadonlyMap<string, string> {
		return new Map(this.#kinds.get(kind));
	}

	apply(changes: readonly RecordChange[]): void {
		for (const { kind, key, value } of changes) {
			const records = this.#kinds.get(kind) ?? new Map<string, string>();
			if (value === null) {
				records.delete(key);
			} else {
				records.set(key, value);
			}
			if (records.size === 0) {
				this.#kinds.delete(kind);
			} else {
				this.#kinds.set(kind, records);
			}
		}
	}

	/** Returns the function that stops it. */
	follow(listener: RecordListener): () => void {
		const follower = { listener };
		this.#listeners.add(follower);
		return () => {
			this.#listeners.delete(follower);
		};
	}

	/** Tells those who follow now. */
	tell(changes: readonly RecordChange[]): void {
		for (const follower of [...this.#listeners]) {
			if (this.#listeners.has(follower)) {
				isolated(() => follower.listener(changes));
			}
		}
	}

	clear(): void {
		this.#kinds.clear();
		this.#listeners.clear();
	}

	/** What keeps an author from speaking in a room at `now`, in ms since 1970: a ban before a mute, the room's before that of all. */
	restriction(room: string, author: string | undefined, now: number): Restriction | undefined {
		if (author === undefined) {
			return undefined;
		}
		for (const kind of ['ban', 'mute'] as const) {
			for (const where of [room, everywhere]) {
				const value = this.get(kind, restrictionKey(where, author));
				const until = value === undefined ? undefined : untilOf(value);
				if (until !== undefined && until > now) {
					return { code: kind === 'ban' ? 'banned' : 'muted', ...(until !== Number.POSITIVE_INFINITY && { until }) };
				}
			}
		}
		return undefined;
	}
}

/** Stands for all rooms in the key of a restriction. */
export const everywhere = '';

/** The key of a `ban` or a `mute` of somebody in a room. */
export function restrictionKey(room: string, author: string): string {
	return JSON.stringify([room, author]);
}

/** When a restriction ends, in ms since 1970; `Infinity` when its record names no time. */
export function untilOf(value: string): number {
	const { until } = JSON.parse(value) as { readonly until?: unknown };
	return typeof until === 'number' ? until : Number.POSITIVE_INFINITY;
}
