/**
 * The state file of a person and the runs of natter that share it: opened whole or set aside, never trusted half.
 *
 * All opening is done by one process at a time, under the lock of `opening.lock`. Each run then holds the lock of a file
 * of its own for as long as it lives: the system takes it back however the process ends. So a run whose lock is free, or
 * has no file, is over. SQLite keeps these locks, as BEGIN EXCLUSIVE on databases that stay empty.
 */
import { randomBytes } from 'node:crypto';
import {
	accessSync,
	closeSync,
	constants,
	existsSync,
	openSync,
	readdirSync,
	renameSync,
	rmSync,
	statSync,
} from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { makeDirectory } from '../sqlite/directory.ts';
import { loadSqlite, reasonOf, resultCodes, sqliteCode } from '../sqlite/node-sqlite.ts';

/** In the directory of the state. */
export const stateFileName = 'state.db';

const schemaVersion = 1;

/**
 * `outbox.place` is the order in which lines were made. There is no index: the table holds what waits to be sent, and what
 * an index says could disagree with it. Each `crc` covers the other columns of its row, save `place`.
 */
const tables = [
	'CREATE TABLE device (id TEXT NOT NULL, crc INTEGER NOT NULL)',
	`CREATE TABLE outbox (
		place INTEGER PRIMARY KEY, broker TEXT NOT NULL, nick TEXT NOT NULL, run TEXT NOT NULL, body TEXT NOT NULL,
		crc INTEGER NOT NULL
	)`,
	`CREATE TABLE position (
		broker TEXT NOT NULL, nick TEXT NOT NULL, room TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
		saved INTEGER NOT NULL, crc INTEGER NOT NULL,
		PRIMARY KEY (broker, nick, room)
	) WITHOUT ROWID`,
	`CREATE TABLE draft (
		broker TEXT NOT NULL, nick TEXT NOT NULL, room TEXT NOT NULL, run TEXT NOT NULL, body TEXT NOT NULL,
		saved INTEGER NOT NULL, crc INTEGER NOT NULL,
		PRIMARY KEY (broker, nick, room, run)
	) WITHOUT ROWID`,
];

/** How long another process is waited for while the file is opened or closed, in ms. It opens or writes for a few. */
const patienceMs = 2000;
/** How long it is waited for in between, where the whole chat waits along: what was not written can be written later. */
const chatPatienceMs = 50;

/** The opened state file of one run. */
export interface StateFile {
	readonly database: DatabaseSync;
	readonly path: string;
	/** The name of this run. */
	readonly run: string;
	/** What is written from now on is written now or never: another process may be waited for longer. */
	insist(): void;
	/** Whether its name still stands for it: what is written to a file that was removed is gone with this process. */
	isThere(): boolean;
	/** Closes the file and says that the run is over. */
	close(): void;
}

/** The state cannot be kept on disk. The message is one line for people. */
export class StateFileError extends Error {
	override readonly name = 'StateFileError';
}

export interface OpeningOptions {
	/** Made when there is none. */
	readonly directory: string;
	/** ms since 1970 */
	readonly now: number;
	/** Something that a person should know, in one line. */
	readonly onNotice: (text: string) => void;
}

/**
 * Opens the state file and has `begin` read it, while nobody else opens it. `isLive` tells whether a run is under way. When
 * the file is damaged or of another version, it is set aside and `begin` gets a new one.
 *
 * @throws StateFileError when the directory cannot be used.
 */
export function openStateFile<Begun>(
	options: OpeningOptions,
	begin: (file: StateFile, isLive: (run: string) => boolean) => Begun,
): Begun {
	const { directory } = options;
	try {
		makeDirectory(directory);
		const opening = lock(join(directory, 'opening.lock'), patienceMs);
		if (opening === undefined) {
			throw new StateFileError(`Another natter is busy with ${directory}`);
		}
		try {
			return openAlone(options, begin);
		} finally {
			opening.close();
		}
	} catch (error) {
		throw error instanceof StateFileError ? error : new StateFileError(`Cannot use ${directory}: ${reasonOf(error)}`);
	}
}

/** Whether the error says that the file itself is wrong, rather than that it cannot be reached or written now. */
export function isDamage(error: unknown, path: string): boolean {
	switch (sqliteCode(error)) {
		case resultCodes.busy:
		case resultCodes.perm:
		case resultCodes.full:
		case resultCodes.cantOpen:
			return false;
		case resultCodes.ioError:
			return error instanceof Error && 'errcode' in error && error.errcode === shortRead;
		case resultCodes.readonly:
			// A damaged header can say that a file which may be written may not.
			return isWritable(path);
		case undefined:
			return !(error instanceof Error && 'errno' in error);
		default:
			return true;
	}
}

/** SQLITE_IOERR_SHORT_READ: the file ends where a page should be. */
const shortRead = 522;

function openAlone<Begun>(
	options: OpeningOptions,
	begin: (file: StateFile, isLive: (run: string) => boolean) => Begun,
): Begun {
	const { directory, onNotice } = options;
	const live = liveRuns(directory);
	const path = join(directory, stateFileName);
	const run = randomBytes(8).toString('hex');
	const runPath = join(directory, `run-${run}.lock`);
	const runLock = lock(runPath, 0);
	const end = () => {
		runLock?.close();
		rmSync(runPath, { force: true });
	};
	const attempt = (): Begun => {
		const database = openDatabase(path);
		try {
			const close = () => {
				database.close();
				end();
			};
			const { dev, ino } = statSync(path);
			const isThere = () => {
				const now = statSync(path, { throwIfNoEntry: false });
				return now?.dev === dev && now.ino === ino;
			};
			const insist = () => waitUpTo(database, patienceMs);
			const begun = begin({ database, path, run, insist, isThere, close }, (other) => live.has(other));
			waitUpTo(database, chatPatienceMs);
			return begun;
		} catch (error) {
			database.close();
			throw error;
		}
	};
	try {
		try {
			return attempt();
		} catch (error) {
			if (!isDamage(error, path)) {
				throw error;
			}
			// SQLite removes the files of the name that it opened: they must not be another's meanwhile.
			if (live.size > 0) {
				throw new StateFileError(`${path} is damaged, and another natter still has it open`);
			}
			const why = error instanceof ForeignVersion ? 'was written by another version of natter' : 'is damaged';
			const aside = setAside(path, options.now);
			onNotice(`${path} ${why}. Lines not sent and drafts may be in it; it was set aside as ${aside}`);
			return attempt();
		}
	} catch (error) {
		end();
		throw error;
	}
}

class ForeignVersion extends Error {}

function openDatabase(path: string): DatabaseSync {
	create(path);
	const { DatabaseSync } = loadSqlite();
	const database = new DatabaseSync(path);
	try {
		waitUpTo(database, patienceMs);
		database.exec(`
			PRAGMA journal_mode = WAL;
			PRAGMA synchronous = NORMAL;
			PRAGMA temp_store = MEMORY;
		`);
		checkSchema(database);
		return database;
	} catch (error) {
		database.close();
		throw error;
	}
}

/** Has SQLite wait so long for another process before it says that the file is busy. */
function waitUpTo(database: DatabaseSync, ms: number): void {
	database.exec(`PRAGMA busy_timeout = ${ms}`);
}

/** Makes the tables in an empty file. Throws when others are there, or when the file is not whole. */
function checkSchema(database: DatabaseSync): void {
	const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
	const present = database.prepare('SELECT sql FROM sqlite_schema ORDER BY rowid').all();
	if (present.length === 0) {
		database.exec(`BEGIN IMMEDIATE; ${tables.join(';')}; PRAGMA user_version = ${schemaVersion}; COMMIT`);
		return;
	}
	if (version !== schemaVersion) {
		throw new ForeignVersion(`Its version is ${version}`);
	}
	// A changed name or type may be valid, but then what is written does not come back.
	const isOurs = present.length === tables.length && present.every(({ sql }, index) => sql === tables[index]);
	const verdict = isOurs ? database.prepare('PRAGMA quick_check(1)').get()?.['quick_check'] : 'other tables';
	if (verdict !== 'ok') {
		throw new Error(String(verdict));
	}
}

/** Moves the file out of the way and answers with its new name. The log first: it must never meet the new file. */
function setAside(path: string, now: number): string {
	const time = new Date(now).toISOString().replace(/[:.]/gu, '-');
	let name = `${path}.damaged-${time}`;
	for (let more = 2; existsSync(name); more++) {
		name = `${path}.damaged-${time}-${more}`;
	}
	for (const suffix of ['-wal', '-shm', '']) {
		if (existsSync(path + suffix)) {
			renameSync(path + suffix, name + suffix);
		}
	}
	return name;
}

/** The runs that are under way. The files of those that are over are removed. */
function liveRuns(directory: string): ReadonlySet<string> {
	const live = new Set<string>();
	for (const name of readdirSync(directory)) {
		const run = /^run-([0-9a-f]{16})\.lock$/u.exec(name)?.[1];
		if (run !== undefined) {
			const free = lock(join(directory, name), 0);
			if (free === undefined) {
				live.add(run);
			} else {
				free.close();
				rmSync(join(directory, name), { force: true });
			}
		}
	}
	return live;
}

/** Takes the lock of a file for this process; `undefined` when another has it for longer than `waitMs`. */
function lock(path: string, waitMs: number): DatabaseSync | undefined {
	create(path);
	const { DatabaseSync } = loadSqlite();
	const database = new DatabaseSync(path);
	try {
		database.exec(`PRAGMA busy_timeout = ${waitMs}; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE`);
		return database;
	} catch (error) {
		database.close();
		switch (sqliteCode(error)) {
			case resultCodes.busy:
				return undefined;
			case resultCodes.notADatabase:
				// Nobody holds it, or it would be busy; nothing is ever written to it, so this is not ours.
				rmSync(path);
				return lock(path, waitMs);
			default:
				throw error;
		}
	}
}

/**
 * Makes a file that only its owner may read, unless there is one: SQLite would leave that to the umask. A file that is
 * there is not opened, because closing it would take back the locks that this process has on it.
 */
function create(path: string): void {
	if (!existsSync(path)) {
		closeSync(openSync(path, 'a', 0o600));
	}
}

function isWritable(path: string): boolean {
	try {
		accessSync(path, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}
