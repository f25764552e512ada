import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BoundedCache } from './bounded-cache.ts';
import type { RoomState } from './engine.ts';
import { type Row, readTolerantly, rowChecksum } from './sqlite-checksums.ts';
import type { Removed } from './sqlite-wire.ts';

/** A row of the `room` table, as a transaction may change it. */
export interface RoomRow {
	readonly key: number;
	readonly name: string;
	readonly epoch: string;
	head: number;
	/** The lowest number that is kept, and what raised it. */
	floor: number;
	edge: RoomState['edge'];
	trimmed: number;
	timestamp: number;
}

/** Rooms whose rows are kept in memory between transactions. */
const cachedRooms = 10_000;

/** Rooms of whose damage the operator is not told again. */
const toldRooms = 1000;

/** No database has so many rooms: a key from here on is one with a flipped bit. */
export const unlikelyKey = 2 ** 40;

/** The columns that `soundRoom` looks at. */
export const roomColumns = 'key, name, epoch, head, floor, edge, trimmed, ts, crc';

/** A stored room; `undefined` when it is not what was stored. */
export function soundRoom(row: Row): RoomRow | undefined {
	const room: RoomRow = {
		key: Number(row['key']),
		name: String(row['name']),
		epoch: String(row['epoch']),
		head: Number(row['head']),
		floor: Number(row['floor']),
		edge: String(row['edge']) as RoomState['edge'],
		trimmed: Number(row['trimmed']),
		timestamp: Number(row['ts']),
	};
	return roomChecksum(room) === Number(row['crc']) ? room : undefined;
}

export function roomChecksum({ key, name, epoch, head, floor, edge, trimmed, timestamp }: RoomRow): number {
	return rowChecksum(key, name, epoch, head, floor, edge, trimmed, timestamp);
}

/** What is stored of a room is not what was written there. The next start mends it; nothing else may rely on it. */
export class DamagedRoom extends Error {
	override readonly name = 'DamagedRoom';

	constructor(room: string) {
		super(`what is known of room ${JSON.stringify(room)} is damaged until the next start`);
	}
}

/** Reads a room by its name. Throws a `DamagedRoom`. */
export function readRoom(byName: StatementSync, name: string): RoomRow | undefined {
	const row = readTolerantly(byName, () => byName.get(name));
	const room = row && soundRoom(row);
	if (row !== undefined && room?.name !== name) {
		throw new DamagedRoom(name);
	}
	return room;
}

/**
 * Where each room stands. What a transaction changes is seen by it alone until `committed`; `rolledBack` forgets it.
 */
export class RoomTable {
	readonly #epoch: string;
	readonly #notice: (text: string) => void;
	readonly #byName: StatementSync;
	readonly #nameOf: StatementSync;
	readonly #database: DatabaseSync;
	readonly #update: StatementSync;
	/** As committed. */
	readonly #cache = new BoundedCache<string, Readonly<RoomRow>>(cachedRooms);
	readonly #edited = new Map<string, RoomRow>();
	/** The edited rooms as committed. */
	readonly #before = new Map<string, Readonly<RoomRow>>();
	readonly #told = new BoundedCache<string, true>(toldRooms);
	#nextKey: number;

	constructor(database: DatabaseSync, epoch: string, notice: (text: string) => void) {
		this.#database = database;
		this.#epoch = epoch;
		this.#notice = notice;
		this.#byName = database.prepare(`SELECT ${roomColumns} FROM room WHERE name = ?`);
		this.#nameOf = database.prepare('SELECT name FROM room WHERE key = ?');
		this.#update = database.prepare(
			'UPDATE room SET head = ?, floor = ?, edge = ?, trimmed = ?, ts = ?, crc = ? WHERE key = ?',
		);
		this.#nextKey = nextRoomKey(database);
	}

	/** Where the room stands by what was committed. */
	state(name: string): RoomState {
		const { epoch = this.#epoch, head = 0, floor = 1, edge = 'trimmed' } = this.find(name) ?? {};
		return { epoch, head, oldest: floor, edge };
	}

	/** The room's row as committed. Throws a `DamagedRoom`, as `edit` does. */
	find(name: string): Readonly<RoomRow> | undefined {
		try {
			return this.#cache.get(name) ?? readRoom(this.#byName, name);
		} catch (error) {
			if (error instanceof DamagedRoom && this.#told.get(name) === undefined) {
				this.#told.set(name, true);
				const room = JSON.stringify(name);
				this.#notice(
					`What is known of room ${room} is damaged; it is neither read nor written to until the next start`,
				);
			}
			throw error;
		}
	}

	/** The same by key, but `undefined` when it is damaged: what goes through all rooms leaves that one alone. */
	findByKey(key: number): Readonly<RoomRow> | undefined {
		const name = this.#nameOf.get(key)?.['name'];
		try {
			const room = typeof name === 'string' ? this.find(name) : undefined;
			return room?.key === key ? room : undefined;
		} catch (error) {
			if (error instanceof DamagedRoom) {
				return undefined;
			}
			throw error;
		}
	}

	/** The room's row for this transaction to change; `undefined` when there is none. */
	edit(name: string): RoomRow | undefined {
		const edited = this.#edited.get(name);
		if (edited !== undefined) {
			return edited;
		}
		const found = this.find(name);
		return found && this.#begin(found);
	}

	/** The same by key; `undefined` also when the room is damaged. */
	editByKey(key: number): RoomRow | undefined {
		const found = this.findByKey(key);
		return found && this.edit(found.name);
	}

	/** The same for a room that may be new. */
	editOrCreate(name: string): RoomRow {
		const found = this.edit(name);
		if (found !== undefined) {
			return found;
		}
		const room: RoomRow = {
			...{ key: this.#nextKey, name, epoch: this.#epoch, head: 0 },
			...{ floor: 1, edge: 'trimmed', trimmed: 1, timestamp: 0 },
		};
		insertRoom(this.#database, room);
		this.#nextKey += 1;
		return this.#begin(room);
	}

	/** The rows that this transaction has asked for. */
	edited(): Iterable<RoomRow> {
		return this.#edited.values();
	}

	/** Writes what has changed; the last thing before COMMIT. */
	flush(): void {
		for (const room of this.#edited.values()) {
			const { key, head, floor, edge, trimmed, timestamp } = room;
			const { changes } = this.#update.run(head, floor, edge, trimmed, timestamp, roomChecksum(room), key);
			if (changes !== 1) {
				throw new Error(`room ${JSON.stringify(room.name)} is not found any more: the database is damaged`);
			}
		}
	}

	/** The floors that this transaction has raised. */
	raised(): Removed['floors'] {
		const rooms = [...this.#edited.values()].filter(({ name, floor }) => floor !== this.#before.get(name)?.floor);
		return rooms.map(({ name, floor, edge }) => [name, floor, edge]);
	}

	committed(): void {
		for (const [name, room] of this.#edited) {
			this.#cache.set(name, room);
		}
		this.#forgetEdited();
	}

	/** Returns the heads, as committed, of the rooms that this transaction has asked for. */
	rolledBack(): ReadonlyMap<string, number> {
		const heads = new Map([...this.#before].map(([name, { head }]) => [name, head]));
		this.#forgetEdited();
		return heads;
	}

	#forgetEdited(): void {
		this.#edited.clear();
		this.#before.clear();
	}

	#begin(row: Readonly<RoomRow>): RoomRow {
		const edited = { ...row };
		this.#edited.set(row.name, edited);
		this.#before.set(row.name, row);
		return edited;
	}
}

/** A key that no room has, and no message either: messages may have outlived a room's row that was damaged. */
function nextRoomKey(database: DatabaseSync): number {
	const keys = ['SELECT max(key) AS key FROM room WHERE key < ?', 'SELECT max(room) AS key FROM msg WHERE room < ?'];
	return Math.max(...keys.map((sql) => Number(database.prepare(sql).get(unlikelyKey)?.['key'] ?? 0))) + 1;
}

/** Stores a room that is not there. */
export function insertRoom(database: DatabaseSync, room: RoomRow): void {
	const { key, name, epoch, head, floor, edge, trimmed, timestamp } = room;
	database
		.prepare(`INSERT INTO room (${roomColumns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
		.run(key, name, epoch, head, floor, edge, trimmed, timestamp, roomChecksum(room));
}

/** Raises the floor, unless it is there already, and says why it is where it is. */
export function raiseFloor(room: RoomRow, floor: number, edge: RoomState['edge']): void {
	if (floor > room.floor) {
		room.floor = floor;
		room.edge = edge;
	}
}
