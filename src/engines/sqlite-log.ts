/**
 * What the calls of a writer do to the tables of one connection. Nothing here begins or ends a transaction.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Retention } from './engine.ts';
import { joinFrame } from './frame-text.ts';
import type { RecentIds } from './recent-ids.ts';
import {
	placeChecksum,
	placeColumns,
	type Row,
	readTolerantly,
	soundPlace,
	soundPlaceIn,
	soundText,
	textChecksum,
	unlikelyRow,
} from './sqlite-checksums.ts';
import { CursorWriter } from './sqlite-cursors.ts';
import { Housekeeping } from './sqlite-housekeeping.ts';
import { Ancestors } from './sqlite-lineage.ts';
import { ProducerTable } from './sqlite-producers.ts';
import { type RecordKey, RecordTable } from './sqlite-records.ts';
import { type RoomRow, RoomTable, raiseFloor } from './sqlite-rooms.ts';
import type { RunningTime } from './sqlite-running-time.ts';
import type { DraftRow, Place, Recovered, Removed, Result, WriterCall } from './sqlite-wire.ts';

/** Rows below the floor that a room may have before an append takes some of their texts along. */
const trimBacklog = 64;
/** Most rows that one transaction removes beside its appends, so that no acknowledgement waits for long. */
const trimRows = 500;

export interface LogOptions {
	readonly database: DatabaseSync;
	/** The epoch of rooms that are written to for the first time. */
	readonly epoch: string;
	readonly retention: Required<Retention>;
	/** Where ids are, by this connection and those before it. */
	readonly ids: RecentIds;
	readonly time: RunningTime;
	/** No row gets a key below this one. */
	readonly firstRow: number;
	readonly notice: (text: string) => void;
}

export class SqliteLog {
	readonly housekeeping: Housekeeping;
	readonly #database: DatabaseSync;
	readonly #historySize: number;
	readonly #ids: RecentIds;
	readonly #time: RunningTime;
	readonly #rooms: RoomTable;
	readonly #producers: ProducerTable;
	readonly #cursors: CursorWriter;
	readonly #records: RecordTable;
	readonly #ancestors: Ancestors;
	readonly #insert: StatementSync;
	readonly #place: StatementSync;
	/**
	 * The next row's key. Never used again while this process lives, whatever is rolled back or deleted, and never one below
	 * a mark: it would pass for old.
	 */
	#next: number;

	constructor({ database, epoch, retention, ids, time, firstRow, notice }: LogOptions) {
		this.#database = database;
		this.#historySize = retention.historySize;
		this.#ids = ids;
		this.#time = time;
		this.#rooms = new RoomTable(database, epoch, notice);
		this.#producers = new ProducerTable(database, notice);
		this.#cursors = new CursorWriter(database);
		this.#records = new RecordTable(database, notice);
		this.#ancestors = new Ancestors(database);
		const tables = { rooms: this.#rooms, producers: this.#producers, cursors: this.#cursors, time };
		this.housekeeping = new Housekeeping(database, tables, retention, trimRows);
		this.#insert = database.prepare(
			`INSERT INTO msg (g, room, seq, id, ts, expires, digest, place_crc, text_crc, body)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		);
		this.#place = database.prepare(`SELECT ${placeColumns} FROM msg WHERE g = ? AND room = ? AND id = ?`);
		const newest = database.prepare('SELECT max(g) AS g FROM msg WHERE g < ?').get(unlikelyRow)?.['g'];
		this.#next = Math.max(firstRow, Number(newest ?? 0) + 1, time.marks.at(-1)?.row ?? 0);
	}

	get nextRow(): number {
		return this.#next;
	}

	/**
	 * Does what a call that writes asks for; its result when that is not what it reads afterwards. Throws a `DamagedRoom`
	 * before anything is written for it.
	 */
	apply(call: WriterCall, at: number): Result | undefined {
		switch (call[0]) {
			case 'append':
				return this.#append(call[1], call[2], at);
			case 'clear': {
				if (!this.#records.areAsExpected(call[2] ?? [])) {
					return ['putRecords', false];
				}
				const room = this.#rooms.edit(call[1]);
				if (room !== undefined) {
					raiseFloor(room, room.head + 1, 'cleared');
				}
				return undefined;
			}
			case 'saveCursors':
				for (const cursor of call[1]) {
					this.#cursors.save(cursor, at);
				}
				return undefined;
			case 'putRecords':
				return ['putRecords', this.#records.put(call[1])];
			case 'state':
			case 'locate':
			case 'records':
			case 'above':
			case 'sweep':
			case 'close':
				return undefined;
		}
	}

	/** What this transaction has removed from rooms, unless all that it did are calls. */
	removed(): Removed {
		return { floors: this.#rooms.raised(), expiredAt: this.housekeeping.expiredAt };
	}

	/** What a call that wrote, or only reads, is told by what was committed. */
	read(call: WriterCall): Result {
		switch (call[0]) {
			case 'state':
			case 'clear':
				return ['state', this.#rooms.state(call[1])];
			case 'locate': {
				const key = this.#rooms.find(call[1])?.key ?? 0;
				return ['located', this.#ancestors.locate(key, this.#rooms.state(call[1]), call[2])];
			}
			case 'records':
				return ['records', this.#records.list(call[1])];
			case 'above':
				return ['recovered', this.above(call[1], call[2])];
			default:
				return ['done'];
		}
	}

	/** Full rooms lose about as many texts as they gain: done here, it needs no commit of its own. */
	trimSome(): void {
		let budget = trimRows;
		for (const room of this.#rooms.edited()) {
			if (budget > 0 && room.floor - room.trimmed >= trimBacklog) {
				budget -= this.housekeeping.trimRoom(room, budget);
			}
		}
	}

	/** Writes what the transaction has changed; the last thing before COMMIT. */
	flush(): void {
		this.#rooms.flush();
		this.#producers.flush();
	}

	committed(): void {
		this.housekeeping.committed();
		this.#rooms.committed();
		this.#producers.committed();
		this.#records.committed();
	}

	/** Returns the heads that the rooms of the transaction had before it, and which records it was to change. */
	rolledBack(): { readonly heads: ReadonlyMap<string, number>; readonly records: readonly RecordKey[] } {
		this.#producers.rolledBack();
		return { heads: this.#rooms.rolledBack(), records: this.#records.rolledBack() };
	}

	/**
	 * What rooms hold above these numbers, but for what is damaged, or was trimmed at once: the log says so. And how these
	 * records are.
	 */
	above(heads: ReadonlyMap<string, number>, records: readonly RecordKey[]): Recovered {
		const rows = this.#database.prepare(
			`SELECT ${placeColumns}, text_crc, body FROM msg WHERE room = ? AND seq > ? AND seq <= ? ORDER BY seq`,
		);
		const rooms = [...heads].flatMap(([name, head]) => {
			const room = this.#rooms.find(name);
			if (room === undefined || room.head <= head) {
				return [];
			}
			const found: Row[] = readTolerantly(rows, () => rows.all(room.key, head, room.head));
			const texts = found.map((row) => {
				const place = soundPlaceIn(room.key, row);
				return place && soundText(row, place.crc);
			});
			return [{ room: name, epoch: room.epoch, texts: texts.filter((text) => text !== undefined) }];
		});
		return { rooms, records: records.map(({ kind, key }) => ({ kind, key, value: this.#records.get({ kind, key }) })) };
	}

	#append(name: string, drafts: readonly DraftRow[], at: number): Result {
		let room = this.#rooms.edit(name);
		const places: Place[] = [];
		for (const draft of drafts) {
			const place = room && this.#known(room, draft);
			if (place !== undefined) {
				places.push(place);
				continue;
			}
			const [, , , , , producer, pseq, author] = draft;
			const restriction = this.#records.restriction(name, author, at);
			if (restriction !== undefined) {
				places.push([restriction.code, restriction.until ?? Number.POSITIVE_INFINITY, 0]);
				continue;
			}
			const expected = producer === null ? pseq : this.#expected(room, producer);
			if (pseq !== expected) {
				places.push(['out_of_order', expected, 0]);
				continue;
			}
			room ??= this.#rooms.editOrCreate(name);
			places.push(this.#store(room, draft, at));
		}
		return ['append', room?.epoch ?? this.#rooms.state(name).epoch, places];
	}

	/** The place of a draft whose id is known. Its producer goes on when it was the next one. */
	#known(room: RoomRow, [id, , , digest, , producer, pseq]: DraftRow): Place | undefined {
		const known = this.#ids.find(room.key, id, (row) => this.#placeOf(row, room.key, id));
		if (known === undefined) {
			return undefined;
		}
		if (known.digest !== digest) {
			return ['conflict', known.seq, known.ts];
		}
		if (producer !== null && pseq === this.#expected(room, producer)) {
			this.#producers.advance(room.key, producer, pseq, this.#time.passed);
		}
		return ['duplicate', known.seq, known.ts];
	}

	#placeOf(row: number, room: number, id: string) {
		const found = readTolerantly(this.#place, () => this.#place.get(row, room, id));
		// What is damaged is not served, so storing it again is not storing it twice.
		return found && soundPlace(found);
	}

	#expected(room: RoomRow | undefined, producer: string): number {
		return (room === undefined ? 0 : this.#producers.last(room.key, producer)) + 1;
	}

	#store(room: RoomRow, [id, before, after, digest, expires, producer, pseq]: DraftRow, at: number): Place {
		const row = this.#next;
		const seq = room.head + 1;
		const ts = Math.max(room.timestamp, at);
		const text = joinFrame(before, after, seq, ts);
		const placeCrc = placeChecksum({ room: room.key, seq, id, ts, expires, digest });
		this.#insert.run(row, room.key, seq, id, ts, expires, digest, placeCrc, textChecksum(text, placeCrc), text);
		this.#ids.add(room.key, id, row);
		this.#next += 1;
		if (producer !== null) {
			this.#producers.advance(room.key, producer, pseq, this.#time.passed);
		}
		room.head = seq;
		room.timestamp = ts;
		raiseFloor(room, seq - this.#historySize + 1, 'trimmed');
		return ['stored', seq, ts];
	}
}
