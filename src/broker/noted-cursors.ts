/**
 * Cursors that were noted and are not stored, by whose they are. What one user can make the broker hold is bounded: past
 * that, those of that user that wait longest are given up.
 */
import type { Cursor } from '../engines/engine.ts';
import { Few } from '../engines/few.ts';

/** Whose cursor. */
export type CursorOwner = Pick<Cursor, 'user' | 'device' | 'room'>;

interface Noted {
	/** By room and device. No room is empty. */
	readonly rooms: Few<string, Few<string, Cursor>>;
	size: number;
}

export class NotedCursors {
	/** Users and their rooms in the order in which they began to wait. No user has none. */
	readonly #users = new Map<string, Noted>();
	#size = 0;

	get size(): number {
		return this.#size;
	}

	/** Those that wait longest first, more or less. */
	get all(): readonly Cursor[] {
		return [...this.#users.values()].flatMap(cursorsOf);
	}

	get({ user, device, room }: CursorOwner): Cursor | undefined {
		return this.#users.get(user)?.rooms.get(room)?.get(device);
	}

	/** The cursors of all devices of a user in a room. */
	ofUser(user: string, room: string): readonly Cursor[] {
		return [...(this.#users.get(user)?.rooms.get(room)?.values() ?? [])];
	}

	/** Notes a cursor in place of its owner's earlier one. */
	set(cursor: Cursor): void {
		const { user, device, room } = cursor;
		const known = this.#users.get(user)?.rooms.get(room);
		if (known?.has(device)) {
			known.set(device, cursor);
			return;
		}
		this.#makeRoomFor(user);
		const noted = this.#users.get(user) ?? { rooms: new Few<string, Few<string, Cursor>>(), size: 0 };
		const devices = noted.rooms.get(room) ?? new Few<string, Cursor>();
		this.#users.set(user, noted);
		noted.rooms.set(room, devices);
		devices.set(device, cursor);
		noted.size += 1;
		this.#size += 1;
	}

	/** Gives away those that wait longest, at most `count`. */
	take(count: number): NotedCursors {
		const taken = new NotedCursors();
		for (const [user, noted] of this.#users) {
			if (taken.size + noted.size > count) {
				this.#move(cursorsOf(noted), count, taken);
				break;
			}
			this.#users.delete(user);
			this.#size -= noted.size;
			taken.#users.set(user, noted);
			taken.#size += noted.size;
		}
		return taken;
	}

	/** Moves the first of some cursors until so many are taken in all. */
	#move(cursors: Iterable<Cursor>, count: number, taken: NotedCursors): void {
		for (const cursor of cursors) {
			if (taken.size === count) {
				break;
			}
			this.#delete(cursor);
			taken.set(cursor);
		}
	}

	#makeRoomFor(user: string): void {
		const noted = this.#users.get(user);
		if (this.#size >= maxOfAll || (noted !== undefined && noted.size >= maxOfUser)) {
			const [longest] = noted === undefined ? this.#users.values() : [noted];
			const [devices] = (longest as Noted).rooms.values();
			const [cursor] = (devices as Few<string, Cursor>).values();
			this.#delete(cursor as Cursor);
		}
	}

	#delete({ user, device, room }: CursorOwner): void {
		const noted = this.#users.get(user);
		const devices = noted?.rooms.get(room);
		if (noted === undefined || devices?.has(device) !== true) {
			return;
		}
		devices.delete(device);
		this.#size -= 1;
		noted.size -= 1;
		if (devices.size === 0) {
			noted.rooms.delete(room);
		}
		if (noted.size === 0) {
			this.#users.delete(user);
		}
	}
}

function cursorsOf({ rooms }: Noted): Cursor[] {
	return [...rooms.values()].flatMap((devices) => [...devices.values()]);
}

/** As many devices as are remembered in a room, in as many rooms as a connection may read. */
const maxOfUser = 2048;
/** It takes an engine that stores nothing for long. Then only whoever has none yet takes the place of somebody else's. */
const maxOfAll = 100_000;
