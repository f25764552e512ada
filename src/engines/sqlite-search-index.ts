/**
 * Which messages have which words, in a file of its own beside the log: whatever becomes of it, nothing of the log is
 * lost, no acknowledgement waits for it, and it is made anew when it cannot be what it should be. It only says where to
 * look; whoever asks it has to read the message itself.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { type Sought, soughtTerms, termsOf } from '../protocol/words.ts';
import { loadSqlite } from '../sqlite/node-sqlite.ts';
import { makeFile } from './sqlite-database.ts';
import { inTransaction } from './sqlite-meta.ts';

/** The file's name in the directory of the log. */
export const searchFile = 'search.db';

const schemaVersion = 1;

/**
 * A word's row is its message's room and number in one: so a search in a room is one range of rows, newest first when it
 * goes down. `words` holds no text and no places of words, but the rows of beginnings of up to three letters: without them
 * a search for one letter would collect half of all messages before it gave the first. Terms are made by `words.ts`, so
 * its tokenizer has only to split them at the spaces, which `ascii` does.
 *
 * `progress`: the last row of the log whose words are here, and that row's checksum, which tells a log that is not the one
 * that was indexed. `room`: numbers of a room below `floor` are not here any more. `passing`: messages here that have a
 * time to go of their own.
 */
const schema = `
	CREATE VIRTUAL TABLE words USING fts5(
		terms, content = '', contentless_delete = 1, detail = none, prefix = '1 2 3', tokenize = 'ascii'
	);
	CREATE TABLE progress (key INTEGER PRIMARY KEY, row INTEGER NOT NULL, crc INTEGER NOT NULL);
	CREATE TABLE room (key INTEGER PRIMARY KEY, floor INTEGER NOT NULL);
	CREATE TABLE passing (expires INTEGER, room INTEGER, seq INTEGER, PRIMARY KEY (expires, room, seq)) WITHOUT ROWID;
	PRAGMA user_version = ${schemaVersion};
`;

/** Terms that are looked up at most: the rest is left to whoever reads the message. */
const lookedUp = 32;

/** Pages that one step of a purge writes: some 10 ms. */
const purgedPages = 200;

/** How far the index has come in the log. */
export interface Progress {
	readonly row: number;
	readonly crc: number;
}

export interface IndexedMessage {
	/** The room's key. */
	readonly room: number;
	readonly seq: number;
	readonly expires: number | null;
	readonly content: string;
}

export class SearchIndex {
	readonly #database: DatabaseSync;
	readonly #find: StatementSync;
	readonly #insert: StatementSync;
	readonly #insertRoom: StatementSync;
	readonly #insertPassing: StatementSync;
	readonly #setProgress: StatementSync;
	readonly #rooms: StatementSync;
	readonly #remove: StatementSync;
	readonly #setFloor: StatementSync;
	readonly #passed: StatementSync;
	readonly #removePassing: StatementSync;
	readonly #merge: StatementSync;
	#progress: Progress;

	/** Opens what is there; throws when that is not an index of this version. */
	constructor(directory: string) {
		makeFile(join(directory, searchFile));
		const database = new (loadSqlite().DatabaseSync)(join(directory, searchFile));
		this.#database = database;
		try {
			database.exec(`
				PRAGMA journal_mode = WAL;
				PRAGMA synchronous = NORMAL;
				PRAGMA journal_size_limit = 16777216;
				PRAGMA cache_size = -8000;
				PRAGMA temp_store = MEMORY;
				PRAGMA secure_delete = ON;
			`);
			prepareSchema(database);
			const among = 'rowid >= ((? << 32) | ?) AND rowid < ((? << 32) | ?)';
			this.#find = database.prepare(
				`SELECT rowid & 4294967295 AS seq FROM words WHERE words MATCH ? AND ${among} ORDER BY rowid DESC`,
			);
			this.#insert = database.prepare('INSERT OR REPLACE INTO words (rowid, terms) VALUES ((? << 32) | ?, ?)');
			this.#insertRoom = database.prepare('INSERT OR IGNORE INTO room VALUES (?, ?)');
			this.#insertPassing = database.prepare('INSERT OR IGNORE INTO passing VALUES (?, ?, ?)');
			this.#setProgress = database.prepare('INSERT OR REPLACE INTO progress VALUES (1, ?, ?)');
			this.#rooms = database.prepare('SELECT key, floor FROM room WHERE key > ? ORDER BY key LIMIT ?');
			this.#remove = database.prepare(`DELETE FROM words WHERE ${among}`);
			this.#setFloor = database.prepare('UPDATE room SET floor = ? WHERE key = ?');
			this.#passed = database.prepare(
				'SELECT expires, room, seq FROM passing WHERE expires <= ? ORDER BY expires LIMIT ?',
			);
			this.#removePassing = database.prepare('DELETE FROM passing WHERE expires = ? AND room = ? AND seq = ?');
			this.#merge = database.prepare("INSERT INTO words (words, rank) VALUES ('merge', ?)");
			const found = database.prepare('SELECT row, crc FROM progress').get();
			this.#progress = { row: Number(found?.['row'] ?? 0), crc: Number(found?.['crc'] ?? 0) };
		} catch (error) {
			database.close();
			throw error;
		}
	}

	/** The last row of the log whose words are here. */
	get progress(): Progress {
		return this.#progress;
	}

	/** Numbers in a room from `highest` down to `lowest`, among them all of messages that say what is sought. */
	*find(room: number, lowest: number, highest: number, sought: Sought): Generator<number> {
		const terms = soughtTerms(sought).slice(0, lookedUp);
		// Terms are letters, digits and emoji: nothing in them means anything to FTS5.
		const match = terms.map(({ term, isBeginning }) => `"${term}"${isBeginning ? '*' : ''}`).join(' AND ');
		for (const { seq } of this.#find.iterate(match, room, lowest, room, highest + 1)) {
			yield Number(seq);
		}
	}

	/** Takes in the log's next rows, up to `progress`. */
	add(messages: readonly IndexedMessage[], progress: Progress): void {
		// FTS5 has to write what it has collected whenever a row is not above the one before it.
		const inOrder = messages.toSorted((one, other) => one.room - other.room || one.seq - other.seq);
		inTransaction(this.#database, () => {
			for (const { room, seq, expires, content } of inOrder) {
				this.#insert.run(room, seq, [...termsOf(content)].join(' '));
				this.#insertRoom.run(room, seq);
				if (expires !== null) {
					this.#insertPassing.run(expires, room, seq);
				}
			}
			this.#setProgress.run(progress.row, progress.crc);
		});
		this.#progress = progress;
	}

	/** Rooms that the index knows, after that key. */
	rooms(after: number, count: number): readonly { readonly key: number; readonly floor: number }[] {
		return this.#rooms.all(after, count).map(({ key, floor }) => ({ key: Number(key), floor: Number(floor) }));
	}

	/** Forgets a room's numbers from the index's floor up to, and without, `floor`. */
	raiseFloor(room: number, from: number, floor: number): void {
		inTransaction(this.#database, () => {
			this.#remove.run(room, from, room, floor);
			this.#setFloor.run(floor, room);
		});
	}

	/** Forgets some messages that are past their own time. Returns how many. */
	expire(at: number, count: number): number {
		const passed = this.#passed.all(at, count);
		inTransaction(this.#database, () => {
			for (const row of passed) {
				const [expires, room, seq] = [Number(row['expires']), Number(row['room']), Number(row['seq'])];
				this.#remove.run(room, seq, room, seq + 1);
				this.#removePassing.run(expires, room, seq);
			}
		});
		return passed.length;
	}

	/** Takes what was forgotten out of the file, piece by piece: until then FTS5 only passes it over. */
	*purge(): Generator<undefined> {
		// A negative number begins an optimization of all that is there, which others go on with.
		for (let pages = -purgedPages, before = -2; this.#changes() - before > 1; pages = purgedPages) {
			before = this.#changes();
			this.#merge.run(pages);
			yield undefined;
		}
		this.#database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
	}

	#changes(): number {
		return Number(this.#database.prepare('SELECT total_changes() AS count').get()?.['count']);
	}

	close(): void {
		this.#database.close();
	}
}

/** Makes way for an index that is made anew. */
export function removeSearchIndex(directory: string): void {
	for (const suffix of ['', '-wal', '-shm']) {
		rmSync(join(directory, searchFile + suffix), { force: true });
	}
}

function prepareSchema(database: DatabaseSync): void {
	const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
	if (version === 0) {
		inTransaction(database, () => database.exec(schema));
	} else if (version !== schemaVersion) {
		throw new Error(`its format is ${version}, this version's ${schemaVersion}`);
	}
}
