/**
 * Reads pages beside the writer: it sees what is committed, never keeps a transaction open, and never checkpoints.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { reasonOf } from '../sqlite/node-sqlite.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { Gone, RangeQuery, RoomsPage, RoomsQuery } from './engine.ts';
import { type FoundRow, fillPage } from './page.ts';
import { foundRow, messageColumns, type Row, readTolerantly } from './sqlite-checksums.ts';
import { CursorReader } from './sqlite-cursors.ts';
import { openForReading } from './sqlite-database.ts';
import { readRoom, roomColumns } from './sqlite-rooms.ts';
import type { JoinedPage, ReaderCall, Result } from './sqlite-wire.ts';

/**
 * Messages of a room of whose damage the operator is told once: a reader could otherwise have the same damage told in ever
 * other pieces, by the bounds of its requests.
 */
const reportBlock = 1000;
const reportedBlocks = 10_000;

export class SqliteReader {
	readonly #database: DatabaseSync;
	readonly #epoch: string;
	readonly #notice: (text: string) => void;
	/** Blocks of rooms of which the operator has been told that something in them is damaged. */
	readonly #reported = new BoundedCache<string, true>(reportedBlocks);
	readonly #room: StatementSync;
	readonly #messages: { readonly asc: StatementSync; readonly desc: StatementSync };
	readonly #rooms: StatementSync;
	readonly #cursors: CursorReader;

	constructor(directory: string, notice: (text: string) => void) {
		const { database, epoch } = openForReading(directory);
		this.#database = database;
		this.#epoch = epoch;
		this.#notice = notice;
		this.#room = database.prepare(`SELECT ${roomColumns} FROM room WHERE name = ?`);
		const messages = `SELECT ${messageColumns} FROM msg WHERE room = ? AND seq > ? AND seq < ? ORDER BY seq`;
		this.#messages = { asc: database.prepare(`${messages} ASC`), desc: database.prepare(`${messages} DESC`) };
		this.#rooms = database.prepare(
			'SELECT name, head, ts FROM room WHERE name >= ? AND name > ? ORDER BY name LIMIT ?',
		);
		this.#cursors = new CursorReader(database, notice);
	}

	/** Answers a call; whatever goes wrong is its result. */
	answer(call: ReaderCall, at: number): Result {
		try {
			switch (call[0]) {
				case 'range':
					return ['range', this.#range(call[1], call[2], call[3], at)];
				case 'rooms':
					return ['rooms', this.#listRooms(call[1])];
				case 'cursors':
					return ['cursors', this.#cursors.of(call[1], call[2])];
				case 'open':
				case 'close':
					return ['done'];
			}
		} catch (error) {
			return ['failed', `Stored messages cannot be read: ${reasonOf(error)}`, 'not_applied'];
		}
	}

	close(): void {
		this.#database.close();
	}

	#range(name: string, query: RangeQuery, highest: number, at: number): JoinedPage {
		// The room's row and its messages have to be of one moment.
		this.#database.exec('BEGIN');
		try {
			const room = readRoom(this.#room, name);
			const stored = room?.head ?? 0;
			const head = Math.min(stored, highest);
			const oldest = Math.min(room?.floor ?? 1, head + 1);
			const standing = { head, oldest, edge: room?.edge ?? 'trimmed' } as const;
			const statement = this.#messages[query.order ?? 'asc'];
			const { after = 0, before = Number.POSITIVE_INFINITY } = query;
			const key = room?.key ?? 0;
			const bounds = [key, Math.max(after, oldest - 1), Math.min(before, head + 1)];
			const { entries, complete, gone } = readTolerantly(statement, () =>
				fillPage(checked(statement.iterate(...bounds), key, at), query, { ...standing, absent: 'damaged' }),
			);
			this.#report(name, gone);
			return {
				epoch: room?.epoch ?? this.#epoch,
				...standing,
				sequences: entries.map(({ sequence }) => sequence),
				lines: entries.map(({ text }) => text).join('\n'),
				complete,
				gone,
			};
		} finally {
			this.#database.exec('COMMIT');
		}
	}

	#report(name: string, gone: readonly Gone[]): void {
		const blockOf = (sequence: number) => `${Math.floor((sequence - 1) / reportBlock)} ${name}`;
		const isNews = (sequence: number) => this.#reported.get(blockOf(sequence)) === undefined;
		const news = gone.filter(({ from, to, reason }) => reason === 'damaged' && (isNews(from) || isNews(to)));
		for (const { from, to } of news) {
			this.#reported.set(blockOf(from), true);
			this.#reported.set(blockOf(to), true);
		}
		if (news.length > 0) {
			const ranges = news.map(({ from, to }) => (from === to ? `${from}` : `${from}-${to}`)).join(', ');
			this.#notice(`Stored messages of room ${JSON.stringify(name)} are damaged: ${ranges}`);
		}
	}

	#listRooms({ prefix = '', after = '', limit }: RoomsQuery): RoomsPage {
		const rows = this.#rooms.all(prefix, after, limit + 1);
		const rooms = rows
			.map((row) => ({ room: String(row['name']), head: Number(row['head']), lastActivity: Number(row['ts']) }))
			.filter(({ room }) => room.startsWith(prefix));
		return { rooms: rooms.slice(0, limit), more: rooms.length > limit };
	}
}

/** Rows that are what was stored in that room; those that are not are left out. */
function* checked(rows: Iterable<Row>, key: number, at: number): Generator<FoundRow> {
	for (const row of rows) {
		const found = foundRow(row, key, at);
		if (found !== undefined) {
			yield found;
		}
	}
}
