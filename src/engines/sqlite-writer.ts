/**
 * The one writer of a database: turns batches of calls into transactions, and does the housekeeping between them.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { reasonOf, resultCodes, sqliteCode } from '../sqlite/node-sqlite.ts';
import { dedupeMs, type Retention } from './engine.ts';
import { joinFrame } from './frame-text.ts';
import { RecentIds } from './recent-ids.ts';
import { checksumOf, type OwnedDatabase } from './sqlite-database.ts';
import { Housekeeping } from './sqlite-housekeeping.ts';
import { RoomTable } from './sqlite-rooms.ts';
import type { Batch, DraftRow, Place, Result, WriterCall } from './sqlite-wire.ts';

/** Rows below the floor that a room may have before an append takes some of their texts along. */
const trimBacklog = 64;
/** Most rows that one transaction removes beside its appends, so that no acknowledgement waits for long. */
const trimRows = 500;

export class SqliteWriter {
	readonly #owned: OwnedDatabase;
	readonly #database: DatabaseSync;
	readonly #historySize: number;
	readonly #notice: (text: string) => void;
	readonly #rooms: RoomTable;
	readonly #ids = new RecentIds(randomBytes(4).readUInt32LE());
	readonly #housekeeping: Housekeeping;
	readonly #begin: StatementSync;
	readonly #commit: StatementSync;
	readonly #insert: StatementSync;
	readonly #place: StatementSync;
	readonly #saveCursor: StatementSync;
	/** The next row's key. Never used again while this process lives, whatever is rolled back or deleted. */
	#next: number;
	/** Why nothing can be written any more: what a failed fsync left on the disk is unknown. */
	#stopped: string | undefined;
	#failing = false;

	constructor(owned: OwnedDatabase, retention: Required<Retention>, notice: (text: string) => void) {
		const { database, epoch } = owned;
		this.#owned = owned;
		this.#database = database;
		this.#historySize = retention.historySize;
		this.#notice = notice;
		this.#rooms = new RoomTable(database, epoch);
		this.#housekeeping = new Housekeeping(database, this.#rooms, retention.historyTtlMs, trimRows);
		this.#begin = database.prepare('BEGIN IMMEDIATE');
		this.#commit = database.prepare('COMMIT');
		this.#insert = database.prepare(
			'INSERT INTO msg (g, room, seq, id, ts, expires, digest, crc, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
		);
		this.#place = database.prepare('SELECT seq, ts, digest FROM msg WHERE g = ? AND room = ? AND id = ? AND ts > ?');
		this.#saveCursor = database.prepare(
			'INSERT OR REPLACE INTO cursor (user, device, room, epoch, seq) VALUES (?, ?, ?, ?, ?)',
		);
		this.#next = Number(database.prepare('SELECT max(g) AS g FROM msg').get()?.['g'] ?? 0) + 1;
	}

	/**
	 * Reads which ids were stored in the day before `at`: about a second for a million. To be called once, before `commit`.
	 */
	recall(at: number): void {
		const newestFirst = this.#database.prepare('SELECT g, room, id, ts FROM msg ORDER BY g DESC');
		for (const { g, room, id, ts } of newestFirst.iterate() as Iterable<Record<string, unknown>>) {
			if (Number(ts) <= at - dedupeMs) {
				break;
			}
			this.#ids.add(Number(room), String(id), Number(g), Number(ts));
		}
	}

	/** Whether `tidy` has something to do. */
	get untidy(): boolean {
		return this.#housekeeping.due;
	}

	/**
	 * Carries out all writes of the batches in one transaction: all of them or none. One result per call, in order; what
	 * a call reads is as committed. A `sweep` is begun by it, and carried out by `tidy`.
	 */
	commit(batches: readonly Batch<WriterCall>[]): readonly Result[] {
		const calls = batches.length === 1 && batches[0] ? batches[0].calls : batches.flatMap((batch) => batch.calls);
		let appended: readonly (Result | undefined)[] = [];
		let failure: Result | undefined;
		if (calls.some(writes)) {
			try {
				appended = this.#transact(() => {
					const results = batches.flatMap(({ at, calls }) => calls.map((call) => this.#apply(call, at)));
					this.#trimSome(batches.at(-1)?.at ?? 0);
					return results;
				});
			} catch (error) {
				failure = failureOf(error);
			}
		}
		for (const { at, calls } of batches) {
			for (const call of calls) {
				if (call[0] === 'sweep') {
					this.#ids.forget(at - dedupeMs);
					this.#housekeeping.sweep(at);
				} else if (call[0] === 'clear' && failure === undefined) {
					this.#housekeeping.trim(at);
				}
			}
		}
		return calls.map((call, index) => (writes(call) && failure) || appended[index] || this.#resultOf(call));
	}

	/** Does a small piece of the housekeeping that is due. A result ends the oldest sweep. */
	tidy(): Result | undefined {
		try {
			return this.#transact(() => this.#housekeeping.step()) ? ['done'] : undefined;
		} catch (error) {
			return this.#housekeeping.abandon() ? failureOf(error) : undefined;
		}
	}

	/** Brings the log into the database file and lets go of it. */
	close(): void {
		try {
			this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
		} catch (error) {
			this.#notice(`The log stays beside the database, to be read at the next start: ${reasonOf(error)}`);
		}
		this.#owned.close();
	}

	#apply(call: WriterCall, at: number): Result | undefined {
		switch (call[0]) {
			case 'append':
				return this.#append(call[1], call[2], at);
			case 'clear': {
				const room = this.#rooms.edit(call[1]);
				if (room !== undefined) {
					room.floor = room.head + 1;
				}
				return undefined;
			}
			case 'saveCursors':
				for (const cursor of call[1]) {
					this.#saveCursor.run(cursor.user, cursor.device, cursor.room, cursor.epoch, cursor.sequence);
				}
				return undefined;
			case 'state':
			case 'sweep':
			case 'close':
				return undefined;
		}
	}

	#append(name: string, drafts: readonly DraftRow[], at: number): Result {
		if (drafts.length === 0) {
			return ['append', this.#rooms.state(name).epoch, []];
		}
		const room = this.#rooms.editOrCreate(name);
		const places = drafts.map(([id, before, after, digest, expiresAt]): Place => {
			const known = this.#ids.find(room.key, id, (row) => this.#place.get(row, room.key, id, at - dedupeMs));
			if (known !== undefined) {
				return [known['digest'] === digest ? 'duplicate' : 'conflict', Number(known['seq']), Number(known['ts'])];
			}
			const row = this.#next;
			const sequence = room.head + 1;
			const timestamp = Math.max(room.timestamp, at);
			const text = joinFrame(before, after, sequence, timestamp);
			const checksum = checksumOf(room.key, sequence, text);
			this.#insert.run(row, room.key, sequence, id, timestamp, expiresAt, digest, checksum, text);
			this.#ids.add(room.key, id, row, timestamp);
			this.#next += 1;
			room.head = sequence;
			room.timestamp = timestamp;
			return ['stored', sequence, timestamp];
		});
		room.floor = Math.max(room.floor, room.head - this.#historySize + 1);
		return ['append', room.epoch, places];
	}

	/** Full rooms lose about as many texts as they gain: done here, it needs no commit of its own. */
	#trimSome(at: number): void {
		let budget = trimRows;
		for (const room of this.#rooms.edited()) {
			if (budget > 0 && room.floor - room.trimmed >= trimBacklog) {
				budget -= this.#housekeeping.trimRoom(room, budget, at);
			}
		}
	}

	#resultOf(call: WriterCall): Result {
		return call[0] === 'state' || call[0] === 'clear' ? ['state', this.#rooms.state(call[1])] : ['done'];
	}

	#transact<Value>(work: () => Value): Value {
		if (this.#stopped !== undefined) {
			throw new WriteFailure(this.#stopped, 'not_applied');
		}
		let committing = false;
		let value: Value;
		try {
			this.#begin.run();
			value = work();
			this.#rooms.flush();
			committing = true;
			this.#commit.run();
		} catch (error) {
			this.#rooms.rolledBack();
			throw this.#rollBack(error, committing);
		}
		this.#housekeeping.committed();
		this.#rooms.committed();
		if (this.#failing) {
			this.#failing = false;
			this.#notice('Messages can be stored again');
		}
		return value;
	}

	#rollBack(error: unknown, committing: boolean): WriteFailure {
		const reason = reasonOf(error);
		let rolledBack = true;
		try {
			// A full disk or an I/O error has often rolled back already.
			if (this.#database.isTransaction) {
				this.#database.exec('ROLLBACK');
			}
		} catch {
			rolledBack = false;
		}
		// A COMMIT that failed for want of space has written no commit record. Any other may have, and may come back at the
		// next start; trying the same fsync again would succeed without the data being safe.
		const code = sqliteCode(error);
		const unknown = committing && code !== resultCodes.full && code !== resultCodes.busy;
		if (unknown || !rolledBack) {
			this.#stopped = `Nothing can be stored until the broker is started again: ${reason}`;
			this.#notice(this.#stopped);
		} else if (!this.#failing) {
			this.#failing = true;
			this.#notice(`Messages cannot be stored: ${reason}`);
		}
		return new WriteFailure(`The message could not be stored: ${reason}`, unknown ? 'unknown' : 'not_applied');
	}
}

/** A transaction that did not happen, or (`unknown`) may have. */
class WriteFailure extends Error {
	readonly outcome: 'not_applied' | 'unknown';

	constructor(message: string, outcome: 'not_applied' | 'unknown') {
		super(message);
		this.outcome = outcome;
	}
}

function failureOf(error: unknown): Result {
	if (error instanceof WriteFailure) {
		return ['failed', error.message, error.outcome];
	}
	throw error;
}

function writes(call: WriterCall): boolean {
	return call[0] === 'append' || call[0] === 'clear' || call[0] === 'saveCursors';
}
