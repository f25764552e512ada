/**
 * The one writer of a database: turns batches of calls into transactions, does the housekeeping between them, and waits
 * for a disk that fails.
 */
import { randomBytes } from 'node:crypto';
import type { StatementSync } from 'node:sqlite';
import { reasonOf, resultCodes, sqliteCode } from '../sqlite/node-sqlite.ts';
import type { Retention } from './engine.ts';
import { RecentIds } from './recent-ids.ts';
import type { OwnedDatabase } from './sqlite-database.ts';
import { failed, failureOf, isOfTheData, WriteFailure } from './sqlite-failure.ts';
import { countStored } from './sqlite-lineage.ts';
import { SqliteLog } from './sqlite-log.ts';
import { inTransaction } from './sqlite-meta.ts';
import { Recall } from './sqlite-recall.ts';
import type { RecordKey } from './sqlite-records.ts';
import { Reserve } from './sqlite-reserve.ts';
import { DamagedRoom } from './sqlite-rooms.ts';
import { RunningTime } from './sqlite-running-time.ts';
import type { Batch, Recovered, Removed, Result, WriterCall } from './sqlite-wire.ts';

/**
 * `full`: there is no room for new messages; old ones can still be removed. `uncertain`: a commit failed at the disk,
 * and nobody knows whether it was stored: trying the same fsync again would succeed without the data being safe.
 */
type Ailment = 'full' | 'uncertain';

/** A call, and when it was made. */
interface TimedCall {
	readonly call: WriterCall;
	readonly at: number;
}

export class SqliteWriter {
	readonly #retention: Required<Retention>;
	readonly #notice: (text: string) => void;
	readonly #ids = new RecentIds(randomBytes(4).readUInt32LE());
	readonly #time: RunningTime;
	readonly #reserve: Reserve;
	/** Until all ids are known that are to be. */
	#recall: Recall | undefined;
	#owned: OwnedDatabase;
	#log: SqliteLog;
	#begin: StatementSync;
	#commit: StatementSync;
	#ailment: Ailment | undefined;
	/** Why nothing can be written while it ails. */
	#reason = '';
	/** Where rooms stood before a transaction of which nobody knows whether it happened. */
	readonly #certainHeads = new Map<string, number>();
	/** Records that such a transaction was to change. */
	#openRecords: readonly RecordKey[] = [];
	/** Results of sweeps that could not be finished. */
	readonly #endedSweeps: Result[] = [];
	#removed: Removed | undefined;
	#isFailing = false;
	/** What the operator need not be told again. */
	readonly #told = new Set<string>();
	#hasReserve = false;
	#stored: number;
	#testified: number;

	/** `elapsed` is a time in ms by a clock that never steps. */
	constructor(owned: OwnedDatabase, retention: Required<Retention>, elapsed: number, notice: (text: string) => void) {
		this.#retention = retention;
		this.#notice = notice;
		this.#reserve = new Reserve(owned.directory);
		this.#time = new RunningTime(owned.database, elapsed);
		this.#recall = new Recall(this.#ids, this.#time);
		this.#owned = owned;
		this.#log = this.#openLog(1);
		this.#begin = owned.database.prepare('BEGIN IMMEDIATE');
		this.#commit = owned.database.prepare('COMMIT');
		this.#stored = countStored(owned.database);
		this.#testified = this.#stored;
	}

	/** Finds out some more of which ids are still to be known. Returns whether that is not all. An append waits for all. */
	recall(): boolean {
		try {
			if (this.#recall?.step(this.#owned.database) === true) {
				return true;
			}
		} catch (error) {
			this.#notice(`Not all ids of the last day can be read, so repeats may be stored again: ${reasonOf(error)}`);
		}
		this.#recall = undefined;
		return false;
	}

	/** Whether `tidy` has something to do. */
	get untidy(): boolean {
		return this.#endedSweeps.length > 0 || (this.#ailment !== 'uncertain' && this.#log.housekeeping.due);
	}

	/** Whether `retry` is to be called, every second. */
	get ails(): boolean {
		return this.#ailment !== undefined;
	}

	/** Whether `catchUp` is to be called, in a second. */
	get lags(): boolean {
		return this.#stored !== this.#testified || !this.#hasReserve;
	}

	/**
	 * Carries out all writes of the batches in one transaction, or in few when something stored is in the way of some of
	 * them. One result per call, in order; what a call reads is as committed. A `sweep` is begun by it, and carried out by
	 * `tidy`.
	 */
	commit(batches: readonly Batch<WriterCall>[]): readonly Result[] {
		const calls: TimedCall[] = [];
		const written: number[] = [];
		for (const batch of batches) {
			for (const call of batch.calls) {
				if (writes(call)) {
					written.push(calls.length);
				}
				calls.push({ call, at: batch.at });
			}
		}
		if (this.#recall !== undefined && calls.some(({ call }) => call[0] === 'append')) {
			while (this.recall());
		}
		if (this.#time.pass(batches.at(-1)?.elapsed ?? 0, this.#log.nextRow)) {
			this.#ids.cut();
		}
		const results: (Result | undefined)[] = calls.map(() => undefined);
		if (written.length > 0) {
			this.#write(calls, written, results);
			// Before anybody is told: a copy made before a message that was acknowledged is known to be older.
			this.#testify();
		}
		return calls.map(({ call, at }, index) => {
			const result = results[index];
			if (result?.[0] !== 'failed') {
				this.#beginTidying(call, at);
			}
			return result ?? this.#read(call);
		});
	}

	/** What the last `tidy` has removed from rooms. */
	get removed(): Removed | undefined {
		return this.#removed;
	}

	/** Does a small piece of the housekeeping that is due. A result ends the oldest sweep. */
	tidy(): Result | undefined {
		this.#removed = undefined;
		const ended = this.#endedSweeps.shift();
		if (ended !== undefined || !this.untidy) {
			return ended;
		}
		const { housekeeping } = this.#log;
		try {
			const [hasEnded, removed] = this.#transact(() => [housekeeping.step(), this.#log.removed()] as const);
			this.#removed = removed;
			return hasEnded ? ['done'] : undefined;
		} catch (error) {
			return housekeeping.abandon() ? failureOf(error).result : undefined;
		}
	}

	/** Tells the witness what it could not be told with the commit, and takes the reserve when that was not tried yet. */
	catchUp(): void {
		this.#testify();
		if (!this.#hasReserve && this.#ailment === undefined) {
			this.#reserve.take();
			this.#hasReserve = true;
		}
	}

	/**
	 * Tries whether the disk is well again. When it is known at last what became of commits that had failed, it returns what
	 * turned out to be stored, which is to be told before anything else that is committed.
	 */
	retry(): Recovered | undefined {
		try {
			if (this.#ailment === 'uncertain') {
				return this.#goOnAnew();
			}
			if (this.#ailment === 'full') {
				this.#checkpoint();
				if (this.#reserve.take()) {
					this.#recover();
				}
			}
		} catch {
			// It is tried again in a second.
		}
		return undefined;
	}

	/** Brings the log into the database file and lets go of it. */
	close(): void {
		try {
			if (this.#ailment === undefined) {
				inTransaction(this.#owned.database, () => this.#time.save(this.#owned.database));
			}
			this.#checkpoint();
		} catch (error) {
			this.#notice(`The log stays beside the database, to be read at the next start: ${reasonOf(error)}`);
		}
		if (this.#ailment !== 'uncertain') {
			this.#testify();
		}
		this.#owned.close();
	}

	/**
	 * Another connection reads what is in the log, and writes all of it to the database file, whatever of the log has
	 * reached the disk. Throws when that fails too.
	 */
	#goOnAnew(): Recovered {
		this.#owned = this.#owned.reopen();
		this.#begin = this.#owned.database.prepare('BEGIN IMMEDIATE');
		this.#commit = this.#owned.database.prepare('COMMIT');
		while (this.#log.housekeeping.due) {
			if (this.#log.housekeeping.abandon()) {
				this.#endedSweeps.push(failed(this.#reason, 'unknown'));
			}
		}
		this.#log = this.#openLog(this.#log.nextRow);
		this.#checkpoint();
		const recovered = this.#log.above(this.#certainHeads, this.#openRecords);
		this.#certainHeads.clear();
		this.#openRecords = [];
		this.#stored = countStored(this.#owned.database);
		this.#testify();
		this.#recover();
		return recovered;
	}

	/** Carries out those of the calls with these indexes in one transaction, or in few, and notes their results. */
	#write(calls: readonly TimedCall[], asked: readonly number[], results: (Result | undefined)[]): void {
		const indexes = asked.filter((index) => {
			results[index] = this.#refusalOf((calls[index] as TimedCall).call);
			return results[index] === undefined;
		});
		if (indexes.length === 0) {
			return;
		}
		try {
			const done = this.#transact(() => {
				const applied = indexes.map((index) => this.#apply(calls[index] as TimedCall));
				this.#log.trimSome();
				return applied;
			});
			this.#stored += countNew(done);
			indexes.forEach((index, place) => {
				results[index] = done[place];
			});
		} catch (error) {
			const failure = failureOf(error);
			if (failure.isOfTheData && indexes.length > 1) {
				// What is wrong with one room does not keep the others from going on, nor makes each wait for the disk alone.
				const half = Math.ceil(indexes.length / 2);
				this.#write(calls, indexes.slice(0, half), results);
				this.#write(calls, indexes.slice(half), results);
			} else {
				for (const index of indexes) {
					results[index] = failure.result;
				}
			}
		}
	}

	#openLog(firstRow: number): SqliteLog {
		const { database, epoch } = this.#owned;
		return new SqliteLog({
			...{ database, epoch, firstRow },
			...{ retention: this.#retention, ids: this.#ids, time: this.#time, notice: this.#notice },
		});
	}

	#testify(): void {
		if (this.#stored === this.#testified) {
			return;
		}
		try {
			this.#owned.witness.testify(this.#stored);
			this.#testified = this.#stored;
		} catch {
			// A witness that lags behind does no harm; it is told again.
		}
	}

	#checkpoint(): void {
		const row = this.#owned.database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
		if (row?.['busy'] !== 0) {
			throw new Error('the database is busy');
		}
	}

	#recover(): void {
		this.#ailment = undefined;
		this.#hasReserve = false;
		this.#notice('Messages can be stored again');
	}

	/** Why a call is not carried out while the disk is not well; `undefined` when it can be. */
	#refusalOf(call: WriterCall): Result | undefined {
		const isPossible = this.#ailment === undefined || (this.#ailment === 'full' && call[0] === 'clear');
		return isPossible || !writes(call) ? undefined : failed(this.#reason, 'not_applied');
	}

	/** A damaged room refuses its own calls: the transaction goes on without them. */
	#apply({ call, at }: TimedCall): Result | undefined {
		try {
			return this.#log.apply(call, at);
		} catch (error) {
			if (error instanceof DamagedRoom) {
				return failed(`The message could not be stored: ${error.message}`, 'not_applied');
			}
			throw error;
		}
	}

	#beginTidying(call: WriterCall, at: number): void {
		if (call[0] === 'sweep') {
			this.#ids.forget(this.#time.oldRows);
			if (this.#ailment === 'uncertain') {
				this.#endedSweeps.push(failed(this.#reason, 'not_applied'));
			} else {
				this.#log.housekeeping.sweep(at);
			}
		} else if (call[0] === 'clear') {
			this.#log.housekeeping.trim();
		}
	}

	#read(call: WriterCall): Result {
		if (call[0] === 'records' && this.#ailment === 'uncertain') {
			// Rooms are known as they were; of records nobody knows which are stored.
			return failed(this.#reason, 'not_applied');
		}
		try {
			return this.#log.read(call);
		} catch (error) {
			return failed(`Stored messages cannot be read: ${reasonOf(error)}`, 'not_applied');
		}
	}

	#transact<Value>(work: () => Value): Value {
		let isCommitting = false;
		let value: Value;
		try {
			this.#begin.run();
			value = work();
			this.#log.flush();
			isCommitting = true;
			this.#commit.run();
		} catch (error) {
			throw this.#rollBack(error, isCommitting);
		}
		this.#log.committed();
		if (this.#isFailing) {
			this.#isFailing = false;
			this.#notice('Messages can be stored again');
		}
		return value;
	}

	#rollBack(error: unknown, isCommitting: boolean): WriteFailure {
		const reason = reasonOf(error);
		const code = sqliteCode(error);
		let isRolledBack = true;
		try {
			// A full disk or an I/O error has often rolled back already.
			if (this.#owned.database.isTransaction) {
				this.#owned.database.exec('ROLLBACK');
			}
		} catch {
			isRolledBack = false;
		}
		const { heads, records } = this.#log.rolledBack();
		// A COMMIT that failed for want of space has written no commit record. Any other may have.
		const isUnknown = isCommitting && code !== resultCodes.full && code !== resultCodes.busy;
		if (isUnknown || !isRolledBack) {
			for (const [room, head] of heads) {
				this.#certainHeads.set(room, head);
			}
			this.#openRecords = records;
			this.#ail('uncertain', `Nothing can be stored until the disk is well again: ${reason}`);
		} else if (code === resultCodes.full) {
			this.#reserve.giveUp();
			this.#ail('full', `Messages cannot be stored: ${reason}`);
		} else if (isOfTheData(code)) {
			this.#tellOnce(`Some messages cannot be stored: ${reason}`);
		} else if (!this.#isFailing) {
			this.#isFailing = true;
			this.#notice(`Messages cannot be stored: ${reason}`);
		}
		return new WriteFailure({
			result: failed(`The message could not be stored: ${reason}`, isUnknown ? 'unknown' : 'not_applied'),
			isOfTheData: !isUnknown && isRolledBack && isOfTheData(code),
		});
	}

	#tellOnce(text: string): void {
		if (!this.#told.has(text)) {
			this.#told.add(text);
			this.#notice(text);
		}
	}

	#ail(ailment: Ailment, reason: string): void {
		if (this.#ailment === undefined && !this.#isFailing) {
			this.#notice(reason);
		}
		this.#isFailing = false;
		this.#ailment = ailment;
		this.#reason = reason;
	}
}

const written: ReadonlySet<WriterCall[0]> = new Set(['append', 'clear', 'saveCursors', 'putRecords']);

function writes(call: WriterCall): boolean {
	return written.has(call[0]);
}

/** How many messages were stored. */
function countNew(results: readonly (Result | undefined)[]): number {
	let stored = 0;
	for (const result of results) {
		for (const [fate] of result?.[0] === 'append' ? result[2] : []) {
			stored += fate === 'stored' ? 1 : 0;
		}
	}
	return stored;
}
