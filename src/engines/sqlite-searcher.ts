/**
 * Searches beside the writer and the reader: in the index as far as that goes, and in what the index does not know yet by
 * reading it, so that what is found never depends on how far the index is.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { reasonOf } from '../sqlite/node-sqlite.ts';
import type { SearchPage, SearchQuery } from './engine.ts';
import type { FoundRow } from './page.ts';
import { fillSearch, type Search, searchOf } from './searching.ts';
import {
	foundRow,
	messageColumns,
	type Row,
	readTolerantly,
	soundPlace,
	soundText,
	unlikelyRow,
} from './sqlite-checksums.ts';
import { openForReading } from './sqlite-database.ts';
import { type RoomRow, readRoom, roomColumns, soundRoom } from './sqlite-rooms.ts';
import { type IndexedMessage, removeSearchIndex, SearchIndex } from './sqlite-search-index.ts';
import type { Result, SearcherCall } from './sqlite-wire.ts';

/** How much text one call looks at, in UTF-16 units: some 50 ms, so that others who search do not wait for long. */
const searchUnits = 512 * 1024;
/** Rows that are read at once where the index does not help. */
const scanRows = 100;
/** Rows that one step indexes, and numbers that one step forgets: some 20 ms. */
const stepRows = 1000;
/** Text that one step indexes, in UTF-16 units. */
const stepUnits = 512 * 1024;
/** Rows that a search leaves to the next: an index of many small pieces is slower. */
const fewRows = 500;

/** What the index says cannot be read. */
class DamagedIndex extends Error {
	override readonly name = 'DamagedIndex';
}

export class SqliteSearcher {
	readonly #directory: string;
	readonly #database: DatabaseSync;
	readonly #epoch: string;
	readonly #notice: (text: string) => void;
	readonly #room: StatementSync;
	readonly #roomByKey: StatementSync;
	readonly #scan: StatementSync;
	readonly #message: StatementSync;
	readonly #rows: StatementSync;
	readonly #row: StatementSync;
	/** None when it cannot be kept: then everything is read. */
	#index: SearchIndex | undefined;
	/** What is to be done to the index. A value says that what retention asks for is done. */
	#steps: Iterator<'swept' | undefined> | undefined;
	/** What the operator need not be told again. */
	#told = '';

	constructor(directory: string, notice: (text: string) => void) {
		this.#directory = directory;
		this.#notice = notice;
		const { database, epoch } = openForReading(directory);
		this.#database = database;
		this.#epoch = epoch;
		this.#room = database.prepare(`SELECT ${roomColumns} FROM room WHERE name = ?`);
		this.#roomByKey = database.prepare(`SELECT ${roomColumns} FROM room WHERE key = ?`);
		this.#scan = database.prepare(
			`SELECT g, ${messageColumns} FROM msg WHERE room = ? AND seq >= ? AND seq <= ? ORDER BY seq DESC LIMIT ?`,
		);
		this.#message = database.prepare(`SELECT ${messageColumns} FROM msg WHERE room = ? AND seq = ?`);
		this.#rows = database.prepare(`SELECT g, ${messageColumns} FROM msg WHERE g > ? AND g < ? ORDER BY g LIMIT ?`);
		this.#row = database.prepare('SELECT place_crc FROM msg WHERE g = ?');
		this.#openIndex();
	}

	/** Answers a call; whatever goes wrong is its result. */
	answer(call: SearcherCall, at: number): Result {
		try {
			switch (call[0]) {
				case 'search': {
					const page = this.#search(call[1], call[2], call[3], at);
					this.#steps ??= this.#indexing(fewRows);
					return ['search', page];
				}
				case 'tidy':
					this.#steps = this.#housekeeping(at);
					return ['done'];
				case 'close':
					return ['done'];
			}
		} catch (error) {
			return ['failed', `Stored messages cannot be searched: ${reasonOf(error)}`, 'not_applied'];
		}
	}

	/** Whether `tidy` has something to do. */
	get untidy(): boolean {
		return this.#steps !== undefined;
	}

	/** Does a small piece of the work on the index. Returns whether a `tidy` call has what retention asks for with it. */
	tidy(): boolean {
		const steps = this.#steps;
		try {
			const step = steps?.next();
			if (step?.done !== false) {
				this.#steps = undefined;
			}
			return step?.value === 'swept';
		} catch (error) {
			// Without it everything is found as well, more slowly. The next call of `tidy` begins anew.
			this.#steps = undefined;
			this.#tellOnce(`The index for searching cannot be kept just now: ${reasonOf(error)}`);
			return true;
		}
	}

	close(): void {
		this.#index?.close();
		this.#database.close();
	}

	#search(name: string, query: SearchQuery, highest: number, at: number): SearchPage {
		// The room's row and its messages have to be of one moment.
		this.#database.exec('BEGIN');
		try {
			const room = readRoom(this.#room, name);
			const head = Math.min(room?.head ?? 0, highest);
			const oldest = Math.min(room?.floor ?? 1, head + 1);
			const state = { epoch: room?.epoch ?? this.#epoch, head, oldest, edge: room?.edge ?? 'trimmed' } as const;
			const search = searchOf(query, state);
			if (room === undefined || search === undefined) {
				return { ...state, entries: [], from: oldest, complete: true };
			}
			const fill = () => fillSearch(this.#found(room, search, at), search, query, searchUnits);
			try {
				return { ...state, ...fill() };
			} catch (error) {
				if (!(error instanceof DamagedIndex)) {
					throw error;
				}
				this.#renewIndex(error.message);
				return { ...state, ...fill() };
			}
		} finally {
			this.#database.exec('COMMIT');
		}
	}

	/** Messages that may say what is sought, in descending order. */
	*#found(room: RoomRow, { lowest, highest, sought }: Search, at: number): Generator<FoundRow> {
		const index = this.#index;
		let next = highest;
		for (let isKnown = false; !isKnown && next >= lowest; ) {
			const rows: Row[] = readTolerantly(this.#scan, () => this.#scan.all(room.key, lowest, next, scanRows));
			if (rows.length === 0) {
				return;
			}
			for (const row of rows) {
				if (index !== undefined && Number(row['g']) <= index.progress.row) {
					isKnown = true;
					break;
				}
				const found = foundRow(row, room.key, at);
				if (found !== undefined) {
					yield found;
				}
				// A damaged row may say any number.
				next = Math.min(next, Number(row['seq'])) - 1;
			}
		}
		for (const seq of index === undefined ? [] : numbersIn(index.find(room.key, lowest, next, sought))) {
			const row = readTolerantly(this.#message, () => this.#message.get(room.key, seq));
			const found = row && foundRow(row, room.key, at);
			if (found !== undefined) {
				yield found;
			}
		}
	}

	/** Forgets what retention no longer keeps, then takes in what is new. */
	*#housekeeping(at: number): Generator<'swept' | undefined> {
		while ((this.#index?.expire(at, stepRows) ?? 0) === stepRows) {
			yield undefined;
		}
		yield undefined;
		let isCleared = false;
		for (let after = 0, rooms = this.#roomsAfter(after); rooms.length > 0; rooms = this.#roomsAfter(after)) {
			for (const { key, floor } of rooms) {
				after = key;
				const row = readTolerantly(this.#roomByKey, () => this.#roomByKey.get(key));
				const room = row && soundRoom(row);
				const kept = room?.floor ?? floor;
				isCleared ||= kept > floor && room?.edge === 'cleared';
				for (let from = floor; from < kept; from += stepRows) {
					this.#index?.raiseFloor(key, from, Math.min(kept, from + stepRows));
					yield undefined;
				}
			}
			yield undefined;
		}
		if (isCleared && this.#index !== undefined) {
			yield* this.#index.purge();
		}
		yield 'swept';
		yield* this.#indexing(1);
	}

	#roomsAfter(key: number) {
		return this.#index?.rooms(key, stepRows) ?? [];
	}

	/** Takes in what the log has beyond the index, for as long as that is at least so many rows. */
	*#indexing(least: number): Generator<undefined> {
		for (;;) {
			const index = this.#index;
			const after = index?.progress.row ?? 0;
			const found: Row[] = readTolerantly(this.#rows, () => this.#rows.all(after, unlikelyRow, stepRows));
			const rows = firstOf(found);
			const last = rows.at(-1);
			if (index === undefined || last === undefined || found.length < least) {
				return;
			}
			index.add(rows.flatMap(indexed), { row: Number(last['g']), crc: Number(last['place_crc']) });
			yield undefined;
		}
	}

	#openIndex(): void {
		try {
			this.#index = this.#openFitting();
		} catch (error) {
			this.#renewIndex(reasonOf(error));
		}
	}

	/** The index that is there. Throws when it is not one of this log as it is now. */
	#openFitting(): SearchIndex {
		const index = new SearchIndex(this.#directory);
		const { row, crc } = index.progress;
		const found = readTolerantly(this.#row, () => this.#row.get(row));
		if (row > 0 && Number(found?.['place_crc']) !== crc) {
			index.close();
			throw new Error('it is of another log');
		}
		return index;
	}

	#renewIndex(reason: string): void {
		this.#index?.close();
		this.#index = undefined;
		try {
			removeSearchIndex(this.#directory);
			this.#index = new SearchIndex(this.#directory);
			this.#tellOnce(`The index for searching is made anew: ${reason}`);
		} catch (error) {
			this.#tellOnce(`Searching goes without an index: ${reasonOf(error)}`);
		}
	}

	#tellOnce(text: string): void {
		if (this.#told !== text) {
			this.#told = text;
			this.#notice(text);
		}
	}
}

/** The numbers, or a `DamagedIndex` when the index cannot be read. */
function* numbersIn(found: Iterable<number>): Generator<number> {
	try {
		yield* found;
	} catch (error) {
		throw new DamagedIndex(reasonOf(error));
	}
}

/** The first rows, as many as have the text of one step, but at least one. */
function firstOf(rows: readonly Row[]): readonly Row[] {
	let units = 0;
	const over = rows.findIndex((row, index) => {
		units += String(row['body']).length;
		return index > 0 && units > stepUnits;
	});
	return over < 0 ? rows : rows.slice(0, over);
}

/** A row as the index takes it, unless there is nothing in it to be found. */
function indexed(row: Row): readonly IndexedMessage[] {
	const place = soundPlace(row);
	const text = place && soundText(row, place.crc);
	if (place === undefined || text === undefined) {
		return [];
	}
	const { room, seq, expires } = place;
	return [{ room, seq, expires, content: String(JSON.parse(text).content) }];
}
