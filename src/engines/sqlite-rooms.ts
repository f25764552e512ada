import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RoomState } from './engine.ts';

/** A row of the `room` table, as a transaction may change it. */
export interface RoomRow {
	readonly key: number;
	readonly name: string;
	readonly epoch: string;
	head: number;
	floor: number;
	trimmed: number;
	timestamp: number;
}

/** Rooms whose rows are kept in memory between transactions. */
const cachedRooms = 10_000;

/**
 * Where each room stands. What a transaction changes is seen by it alone until `committed`; `rolledBack` forgets it.
 */
export class RoomTable {
	readonly #epoch: string;
	readonly #byName: StatementSync;
	readonly #byKey: StatementSync;
	readonly #insert: StatementSync;
	readonly #update: StatementSync;
	/** As committed. The room that was used last is the last one. */
	readonly #cache = new Map<string, Readonly<RoomRow>>();
	readonly #edited = new Map<string, RoomRow>();

	constructor(database: DatabaseSync, epoch: string) {
		const columns = 'key, name, epoch, head, floor, trimmed, ts';
		this.#epoch = epoch;
		this.#byName = database.prepare(`SELECT ${columns} FROM room WHERE name = ?`);
		this.#byKey = database.prepare(`SELECT ${columns} FROM room WHERE key = ?`);
		this.#insert = database.prepare(
			'INSERT INTO room (name, epoch, head, floor, trimmed, ts) VALUES (?, ?, 0, 1, 1, 0)',
		);
		this.#update = database.prepare('UPDATE room SET head = ?, floor = ?, trimmed = ?, ts = ? WHERE key = ?');
	}

	/** Where the room stands by what was committed. */
	state(name: string): RoomState {
		const { epoch = this.#epoch, head = 0, floor = 1 } = this.#find(name) ?? {};
		return { epoch, head, oldest: floor, edge: 'trimmed' };
	}

	/** The room's row for this transaction to change; `undefined` when there is none. */
	edit(name: string): RoomRow | undefined {
		const edited = this.#edited.get(name);
		if (edited !== undefined) {
			return edited;
		}
		const found = this.#find(name);
		return found && this.#begin(found);
	}

	/** The same by key. */
	editByKey(key: number): RoomRow | undefined {
		const name = this.#byKey.get(key)?.['name'];
		return typeof name === 'string' ? this.edit(name) : undefined;
	}

	/** The same for a room that may be new. */
	editOrCreate(name: string): RoomRow {
		const found = this.edit(name);
		if (found !== undefined) {
			return found;
		}
		const key = Number(this.#insert.run(name, this.#epoch).lastInsertRowid);
		return this.#begin({ key, name, epoch: this.#epoch, head: 0, floor: 1, trimmed: 1, timestamp: 0 });
	}

	/** The rows that this transaction has asked for. */
	edited(): Iterable<RoomRow> {
		return this.#edited.values();
	}

	/** Writes what has changed; the last thing before COMMIT. */
	flush(): void {
		for (const { key, head, floor, trimmed, timestamp } of this.#edited.values()) {
			this.#update.run(head, floor, trimmed, timestamp, key);
		}
	}

	committed(): void {
		for (const [name, room] of this.#edited) {
			this.#keep(name, room);
		}
		this.#edited.clear();
	}

	rolledBack(): void {
		this.#edited.clear();
	}

	#begin(row: Readonly<RoomRow>): RoomRow {
		const edited = { ...row };
		this.#edited.set(row.name, edited);
		return edited;
	}

	#find(name: string): Readonly<RoomRow> | undefined {
		const cached = this.#cache.get(name);
		if (cached !== undefined) {
			return cached;
		}
		const found = this.#byName.get(name);
		if (found === undefined) {
			return undefined;
		}
		return {
			key: Number(found['key']),
			name,
			epoch: String(found['epoch']),
			head: Number(found['head']),
			floor: Number(found['floor']),
			trimmed: Number(found['trimmed']),
			timestamp: Number(found['ts']),
		};
	}

	#keep(name: string, room: Readonly<RoomRow>): void {
		this.#cache.delete(name);
		this.#cache.set(name, room);
		if (this.#cache.size > cachedRooms) {
			for (const oldest of this.#cache.keys()) {
				this.#cache.delete(oldest);
				break;
			}
		}
	}
}
