/**
 * The database file: how it is opened, what is in it, and who may have it open.
 */
import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { loadSqlite, reasonOf, resultCodes, sqliteCode } from '../sqlite/node-sqlite.ts';
import { EngineError } from './engine.ts';
import { openLineage, type Witness } from './sqlite-lineage.ts';
import { inTransaction, readMeta } from './sqlite-meta.ts';
import { repairRecords } from './sqlite-records.ts';
import { repairRooms } from './sqlite-repair.ts';
import { prepareSchema } from './sqlite-schema.ts';

/** The one connection that writes, and the lock that keeps other brokers out until `close` or the process's end. */
export interface OwnedDatabase {
	readonly directory: string;
	readonly database: DatabaseSync;
	/** The epoch of rooms that are written to for the first time. */
	readonly epoch: string;
	readonly witness: Witness;
	/** Another connection to the same database, under the same lock, to go on with; this one is closed then. */
	reopen(): OwnedDatabase;
	close(): void;
}

export interface OpeningOptions {
	readonly directory: string;
	/** Whether COMMIT waits for the disk. */
	readonly fsync: boolean;
	/** ms since 1970. */
	readonly at: number;
	/** Told of what was found to be damaged or lost, one line each. */
	readonly notice: (text: string) => void;
}

/** Takes the lock and opens the database, which it creates when there is none. Throws an `EngineError`. */
export function openForWriting({ directory, fsync, at, notice }: OpeningOptions): OwnedDatabase {
	// Made here rather than by SQLite, for the mode and for the system's own reason when it cannot be.
	for (const file of ['natter.db', 'lock.db']) {
		try {
			makeFile(join(directory, file));
		} catch (error) {
			throw unwritable(directory, error);
		}
	}
	const lock = new (loadSqlite().DatabaseSync)(join(directory, 'lock.db'));
	let database: DatabaseSync | undefined;
	try {
		lock.exec('BEGIN EXCLUSIVE');
		const opened = connect(directory, fsync);
		database = opened;
		prepareSchema(opened, directory, at);
		const isRepaired = inTransaction(opened, () => {
			repairRecords(opened, notice);
			return repairRooms(opened, notice);
		});
		const witness = openLineage(opened, directory, isRepaired, notice);
		return own(opened, { directory, fsync, lock, witness });
	} catch (error) {
		database?.close();
		lock.close();
		throw openingFailure(directory, error);
	}
}

/**
 * Makes a file for this user alone, unless there is one, and sees to it that it can be written. A file that is there is
 * not opened, because closing it would take back every lock that this process has on it, by whatever connection.
 */
export function makeFile(path: string): void {
	if (existsSync(path)) {
		accessSync(path, constants.R_OK | constants.W_OK);
	} else {
		closeSync(openSync(path, 'a', 0o600));
	}
}

interface Held {
	readonly directory: string;
	readonly fsync: boolean;
	readonly lock: DatabaseSync;
	readonly witness: Witness;
}

function own(database: DatabaseSync, held: Held): OwnedDatabase {
	const { directory, fsync, lock, witness } = held;
	return {
		directory,
		database,
		epoch: readEpoch(database),
		witness,
		reopen() {
			const another = own(connect(directory, fsync), held);
			database.close();
			return another;
		},
		close() {
			database.close();
			witness.close();
			lock.close();
		},
	};
}

function connect(directory: string, fsync: boolean): DatabaseSync {
	const database = new (loadSqlite().DatabaseSync)(join(directory, 'natter.db'));
	try {
		database.exec(`
			PRAGMA busy_timeout = 5000;
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = ${fsync ? 'FULL' : 'NORMAL'};
			PRAGMA wal_autocheckpoint = 2000;
			PRAGMA journal_size_limit = 67108864;
			PRAGMA cache_size = -16000;
			PRAGMA temp_store = MEMORY;
		`);
	} catch (error) {
		database.close();
		throw error;
	}
	return database;
}

/** A connection that only reads, on a database that `openForWriting` has open. */
export function openForReading(directory: string): { readonly database: DatabaseSync; readonly epoch: string } {
	const { DatabaseSync } = loadSqlite();
	const database = new DatabaseSync(join(directory, 'natter.db'), { readOnly: true });
	database.exec('PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY');
	return { database, epoch: readEpoch(database) };
}

/** What is thrown when files cannot be made or written in the directory. */
export function unwritable(directory: string, error: unknown): EngineError {
	return new EngineError('unwritable', `Cannot write to ${directory}: ${reasonOf(error)}`, { cause: error });
}

/** The epoch of rooms that nothing was written to yet. */
function readEpoch(database: DatabaseSync): string {
	const epoch = readMeta(database, 'epoch');
	if (epoch === undefined) {
		throw new Error('the epoch of new rooms is damaged');
	}
	return epoch;
}

function openingFailure(directory: string, error: unknown): EngineError {
	if (error instanceof EngineError) {
		return error;
	}
	switch (sqliteCode(error)) {
		case resultCodes.busy:
			return new EngineError('locked', `Another broker uses ${directory}`, { cause: error });
		case resultCodes.perm:
		case resultCodes.readonly:
		case resultCodes.full:
		case resultCodes.cantOpen:
			return unwritable(directory, error);
		default:
			return new EngineError('unavailable', `Cannot open ${join(directory, 'natter.db')}: ${reasonOf(error)}`, {
				cause: error,
			});
	}
}
