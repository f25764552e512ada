import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { BoundedCache } from './bounded-cache.ts';
import { type Row, readTolerantly } from './sqlite-checksums.ts';
import { SqliteWalk } from './sqlite-walk.ts';

/** How far one producer has come in one room, as a transaction may change it. */
interface ProducerRow {
	readonly room: number;
	readonly name: string;
	pseq: number;
	/** The running time at which it last came to a draft. */
	time: number;
}

/** A place in the order of the table. */
type ProducerKey = readonly [room: number, name: string];

function keyOf(row: Row): ProducerKey {
	return [Number(row['room']), String(row['name'])];
}

/** Producers whose rows are kept in memory between transactions. */
const cachedProducers = 10_000;

const columns = 'room, name, pseq, ts, crc';

/**
 * The last `pseq` that each producer has stored in each room. What a transaction changes is seen by it alone until
 * `committed`; `rolledBack` forgets it.
 */
export class ProducerTable {
	readonly #notice: (text: string) => void;
	readonly #find: StatementSync;
	readonly #update: StatementSync;
	readonly #insert: StatementSync;
	readonly #walk: SqliteWalk<ProducerKey>;
	readonly #remove: StatementSync;
	/** As committed. */
	readonly #cache = new BoundedCache<string, Readonly<ProducerRow>>(cachedProducers);
	readonly #edited = new Map<string, ProducerRow>();

	constructor(database: DatabaseSync, notice: (text: string) => void) {
		this.#notice = notice;
		this.#find = database.prepare(`SELECT ${columns} FROM producer WHERE room = ? AND name = ?`);
		this.#update = database.prepare('UPDATE producer SET pseq = ?, ts = ?, crc = ? WHERE room = ? AND name = ?');
		this.#insert = database.prepare(`INSERT INTO producer (${columns}) VALUES (?, ?, ?, ?, ?)`);
		const next = `SELECT ${columns} FROM producer WHERE (room, name) > (?, ?) ORDER BY room, name LIMIT ?`;
		this.#walk = new SqliteWalk(database.prepare(next), [0, ''], keyOf);
		this.#remove = database.prepare('DELETE FROM producer WHERE room = ? AND name = ?');
	}

	/** 0 for a producer that is not known. */
	last(room: number, name: string): number {
		const key = `${room} ${name}`;
		return (this.#edited.get(key) ?? this.#stored(key, room, name))?.pseq ?? 0;
	}

	/** Notes that the producer has come to `pseq`. */
	advance(room: number, name: string, pseq: number, time: number): void {
		const key = `${room} ${name}`;
		const edited = this.#edited.get(key);
		if (edited !== undefined) {
			edited.pseq = pseq;
			return;
		}
		this.#edited.set(key, { room, name, pseq, time });
	}

	/**
	 * Looks at the next so many producers, round and round, and removes those who have stored nothing since the running
	 * time `before`. Returns how many it removed. To be called in a transaction of its own.
	 */
	forget(before: number, count: number): number {
		let removed = 0;
		for (const row of this.#walk.step(count)) {
			if (Number(row['ts']) <= before) {
				const [room, name] = keyOf(row);
				removed += Number(this.#remove.run(room, name).changes);
				this.#cache.delete(`${room} ${name}`);
			}
		}
		return removed;
	}

	/** Writes what has changed; to be called before COMMIT. */
	flush(): void {
		for (const { room, name, pseq, time } of this.#edited.values()) {
			const crc = producerChecksum(room, name, pseq, time);
			// Nearly all are there: to replace a row costs more.
			if (this.#update.run(pseq, time, crc, room, name).changes === 0) {
				this.#insert.run(room, name, pseq, time, crc);
			}
		}
	}

	committed(): void {
		for (const [key, row] of this.#edited) {
			this.#cache.set(key, row);
		}
		this.#edited.clear();
	}

	rolledBack(): void {
		this.#edited.clear();
	}

	#stored(key: string, room: number, name: string): Readonly<ProducerRow> | undefined {
		const cached = this.#cache.get(key);
		if (cached !== undefined) {
			return cached;
		}
		const row = readTolerantly(this.#find, () => this.#find.get(room, name));
		if (row === undefined) {
			return undefined;
		}
		const found = { room, name, pseq: Number(row['pseq']), time: Number(row['ts']) };
		if (producerChecksum(Number(row['room']), String(row['name']), found.pseq, found.time) !== Number(row['crc'])) {
			this.#notice('What is known of a producer is damaged; it is asked to begin again');
			found.pseq = 0;
			found.time = 0;
		}
		this.#cache.set(key, found);
		return found;
	}
}

/** Made for every message, so without JSON; the name comes last, because it may hold anything. */
function producerChecksum(room: number, name: string, pseq: number, time: number): number {
	return crc32(`${room} ${pseq} ${time} ${name}`);
}
