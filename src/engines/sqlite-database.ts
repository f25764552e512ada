/**
 * The database file: how it is opened, what is in it, and who may have it open.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { loadSqlite, reasonOf, resultCodes, sqliteCode } from '../sqlite/node-sqlite.ts';
import { EngineError } from './engine.ts';

const schemaVersion = 1;

/**
 * `msg` is in the order of arrival, `g`; a key of (room, seq) would scatter the writes of a thousand rooms. A row below
 * its room's floor, or past its own time, has lost its text but stays for as long as its id is remembered. There is no
 * index on ids: see recent-ids.ts.
 * `room.trimmed` is at most `floor`: rows below it have lost their text. Head, floor and epoch stand here, so that
 * nothing that removes messages can make numbers start again.
 */
const schema = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE room (
	key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
	head INTEGER NOT NULL, floor INTEGER NOT NULL, trimmed INTEGER NOT NULL, ts INTEGER NOT NULL
);
CREATE TABLE msg (
	g INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
	expires INTEGER, digest INTEGER NOT NULL, crc INTEGER NOT NULL, body TEXT,
	UNIQUE (room, seq)
);
CREATE INDEX msg_expires ON msg (expires) WHERE expires IS NOT NULL;
CREATE TABLE cursor (
	user TEXT NOT NULL, device TEXT NOT NULL, room TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
	PRIMARY KEY (user, device, room)
) WITHOUT ROWID;
`;

/** The one connection that writes, and the lock that keeps other brokers out until `close` or the process's end. */
export interface OwnedDatabase {
	readonly database: DatabaseSync;
	/** The epoch of rooms that are written to for the first time. */
	readonly epoch: string;
	close(): void;
}

/** Takes the lock and opens the database, which it creates when there is none. Throws an `EngineError`. */
export function openForWriting(directory: string, fsync: boolean): OwnedDatabase {
	const path = join(directory, 'natter.db');
	const lockPath = join(directory, 'lock.db');
	// Made here rather than by SQLite, for the mode and for the system's own reason when it cannot be.
	for (const file of [path, lockPath]) {
		try {
			closeSync(openSync(file, 'a', 0o600));
		} catch (error) {
			throw unwritable(directory, error);
		}
	}
	const sqlite = loadSqlite();
	const lock = new sqlite.DatabaseSync(lockPath);
	let database: DatabaseSync | undefined;
	try {
		lock.exec('BEGIN EXCLUSIVE');
		database = new sqlite.DatabaseSync(path);
		database.exec(`
			PRAGMA busy_timeout = 5000;
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = ${fsync ? 'FULL' : 'NORMAL'};
			PRAGMA wal_autocheckpoint = 2000;
			PRAGMA journal_size_limit = 67108864;
			PRAGMA cache_size = -16000;
			PRAGMA temp_store = MEMORY;
		`);
		const epoch = prepareSchema(database, directory);
		const opened = database;
		return {
			database,
			epoch,
			close() {
				opened.close();
				lock.close();
			},
		};
	} catch (error) {
		database?.close();
		lock.close();
		throw openingFailure(directory, error);
	}
}

/** A connection that only reads, on a database that `openForWriting` has open. */
export function openForReading(directory: string): { readonly database: DatabaseSync; readonly epoch: string } {
	const { DatabaseSync } = loadSqlite();
	const database = new DatabaseSync(join(directory, 'natter.db'), { readOnly: true });
	database.exec('PRAGMA busy_timeout = 5000; PRAGMA cache_size = -16000; PRAGMA temp_store = MEMORY');
	return { database, epoch: readEpoch(database) };
}

/** What `msg.crc` holds. It depends on the row's place too, so that a text never passes for another message's. */
export function checksumOf(roomKey: number, sequence: number, text: string): number {
	return crc32(text, (Math.imul(roomKey, 0x9e3779b1) + sequence) >>> 0);
}

/** What is thrown when files cannot be made or written in the directory. */
export function unwritable(directory: string, error: unknown): EngineError {
	return new EngineError('unwritable', `Cannot write to ${directory}: ${reasonOf(error)}`, { cause: error });
}

function prepareSchema(database: DatabaseSync, directory: string): string {
	const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
	if (version === 0) {
		database.exec('BEGIN IMMEDIATE');
		database.exec(schema);
		database.prepare('INSERT INTO meta (name, value) VALUES (?, ?)').run('epoch', randomBytes(9).toString('base64url'));
		database.exec(`PRAGMA user_version = ${schemaVersion}; COMMIT`);
	} else if (version !== schemaVersion) {
		throw new EngineError(
			'unavailable',
			`${directory} was written by another version of natter (its format is ${version}, this one's ${schemaVersion})`,
		);
	}
	return readEpoch(database);
}

function readEpoch(database: DatabaseSync): string {
	return String(database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get()?.['value']);
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
