import type { Entry, Following, FollowListener, RoomState } from './engine.ts';
import { Few } from './few.ts';

interface Follower {
	readonly listener: FollowListener;
}

interface FollowedRoom {
	/** The highest number that its followers have been told, or that they started from. */
	head: number;
	readonly followers: Few<Follower, Follower>;
}

/**
 * Who in this process follows which room. A room that nobody follows costs nothing.
 */
export class Followers {
	readonly #rooms = new Map<string, FollowedRoom>();
	readonly #unfollowed: (room: string) => void;

	/** `unfollowed` is told of each room whose last follower stops. */
	constructor(unfollowed: (room: string) => void = () => {}) {
		this.#unfollowed = unfollowed;
	}

	/** The highest number that the room's followers know of; `undefined` when it has none. */
	head(room: string): number | undefined {
		return this.#rooms.get(room)?.head;
	}

	/** The same of all rooms that have followers. */
	heads(): ReadonlyMap<string, number> {
		return new Map([...this.#rooms].map(([room, { head }]) => [room, head]));
	}

	/** Adds a listener that will be told of everything above `state.head`. */
	add(room: string, state: RoomState, listener: FollowListener): Following {
		const followed = this.#rooms.get(room) ?? { head: state.head, followers: new Few<Follower, Follower>() };
		this.#rooms.set(room, followed);
		const follower = { listener };
		followed.followers.set(follower, follower);
		return {
			...state,
			stop: () => {
				followed.followers.delete(follower);
				if (followed.followers.size === 0 && this.#rooms.get(room) === followed) {
					this.#rooms.delete(room);
					this.#unfollowed(room);
				}
			},
		};
	}

	/**
	 * Notes what was committed to a followed room. The returned function tells those who follow it now; it is to be called
	 * before anything else is committed.
	 */
	committed(room: string, entries: readonly Entry[], epoch: string): () => void {
		const followed = this.#rooms.get(room);
		const last = entries.at(-1);
		if (followed === undefined || last === undefined) {
			return () => {};
		}
		followed.head = last.message.sequence;
		const told = [...followed.followers.values()];
		return () => {
			for (const follower of told) {
				if (followed.followers.has(follower)) {
					isolated(() => follower.listener(entries, epoch));
				}
			}
		};
	}

	/** Nobody is told of anything any more. */
	clear(): void {
		for (const { followers } of this.#rooms.values()) {
			followers.clear();
		}
		this.#rooms.clear();
	}
}

/** Calls a listener so that what it throws is reported as uncaught, and reaches neither the engine nor other listeners. */
export function isolated(call: () => void): void {
	try {
		call();
	} catch (error) {
		queueMicrotask(() => {
			throw error;
		});
	}
}
