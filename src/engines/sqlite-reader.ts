/**
 * Reads pages beside the writer: it sees what is committed, never keeps a transaction open, and never checkpoints.
 */
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { reasonOf } from '../sqlite/node-sqlite.ts';
import type { Cursor, Gone, RangeQuery, RoomsPage, RoomsQuery } from './engine.ts';
import { type FoundRow, fillPage } from './page.ts';
import { checksumOf, openForReading } from './sqlite-database.ts';
import type { JoinedPage, ReaderCall, Result } from './sqlite-wire.ts';

export class SqliteReader {
	readonly #database: DatabaseSync;
	readonly #epoch: string;
	readonly #notice: (text: string) => void;
	/** Damaged messages that the operator has been told of. */
	readonly #reported = new Set<string>();
	readonly #room: StatementSync;
	readonly #messages: { readonly asc: StatementSync; readonly desc: StatementSync };
	readonly #rooms: StatementSync;
	readonly #cursors: StatementSync;

	constructor(directory: string, notice: (text: string) => void) {
		const { database, epoch } = openForReading(directory);
		this.#database = database;
		this.#epoch = epoch;
		this.#notice = notice;
		this.#room = database.prepare('SELECT key, epoch, head, floor FROM room WHERE name = ?');
		const messages = `SELECT seq, crc, body FROM msg
			WHERE room = ? AND seq > ? AND seq < ? AND body IS NOT NULL AND (expires IS NULL OR expires > ?) ORDER BY seq`;
		this.#messages = { asc: database.prepare(`${messages} ASC`), desc: database.prepare(`${messages} DESC`) };
		this.#rooms = database.prepare(
			'SELECT name, head, ts FROM room WHERE name >= ? AND name > ? ORDER BY name LIMIT ?',
		);
		this.#cursors = database.prepare(
			'SELECT device, room, epoch, seq FROM cursor WHERE user = ?1 AND device = coalesce(?2, device)',
		);
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
					return ['cursors', this.#listCursors(call[1], call[2])];
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
			const room = this.#room.get(name);
			if (room === undefined) {
				return {
					epoch: this.#epoch,
					head: 0,
					oldest: 1,
					edge: 'trimmed',
					sequences: [],
					lines: '',
					complete: true,
					gone: [],
				};
			}
			const head = Math.min(Number(room['head']), highest);
			const floor = Number(room['floor']);
			const { after = 0, before = Number.POSITIVE_INFINITY, order = 'asc' } = query;
			const key = Number(room['key']);
			const bounds: SQLInputValue[] = [key, Math.max(after, floor - 1), Math.min(before, head + 1), at];
			const found = this.#messages[order].iterate(...bounds) as Iterable<Record<string, unknown>>;
			const standing = { head, oldest: Math.min(floor, head + 1), edge: 'trimmed' } as const;
			const { entries, complete, gone } = fillPage(checked(found, key), query, standing);
			this.#report(name, gone);
			return {
				epoch: String(room['epoch']),
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
		const damaged = gone.filter(({ reason }) => reason === 'damaged').flatMap(({ from, to }) => span(from, to));
		const news = damaged.filter((sequence) => !this.#reported.has(`${sequence} ${name}`));
		if (news.length > 0) {
			for (const sequence of news) {
				this.#reported.add(`${sequence} ${name}`);
			}
			this.#notice(`Stored messages of room ${JSON.stringify(name)} are damaged: ${news.join(', ')}`);
		}
	}

	#listRooms({ prefix = '', after = '', limit }: RoomsQuery): RoomsPage {
		const rows = this.#rooms.all(prefix, after, limit + 1);
		const rooms = rows
			.map((row) => ({ room: String(row['name']), head: Number(row['head']), lastActivity: Number(row['ts']) }))
			.filter(({ room }) => room.startsWith(prefix));
		return { rooms: rooms.slice(0, limit), more: rooms.length > limit };
	}

	#listCursors(user: string, device: string | undefined): readonly Cursor[] {
		return this.#cursors.all(user, device ?? null).map((row) => ({
			user,
			device: String(row['device']),
			room: String(row['room']),
			epoch: String(row['epoch']),
			sequence: Number(row['seq']),
		}));
	}
}

function span(from: number, to: number): number[] {
	return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

function* checked(rows: Iterable<Record<string, unknown>>, roomKey: number): Generator<FoundRow> {
	for (const { seq, crc, body } of rows) {
		const sequence = Number(seq);
		const sound = typeof body === 'string' && checksumOf(roomKey, sequence, body) === crc;
		yield { sequence, text: sound ? body : undefined };
	}
}
