/**
 * Retention, in pieces that are small enough to run between two commits without an acknowledgement waiting for them.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { cursorTtlMs, dedupeMs, type Retention } from './engine.ts';
import { placeColumns, type Row, readTolerantly, soundPlace } from './sqlite-checksums.ts';
import type { CursorWriter } from './sqlite-cursors.ts';
import type { ProducerTable } from './sqlite-producers.ts';
import { type RoomRow, type RoomTable, raiseFloor } from './sqlite-rooms.ts';
import type { RunningTime } from './sqlite-running-time.ts';

/**
 * Steps for which a sweep looks whether a position or a producer is to be forgotten: nearly 3 million rows of each a day
 * with a sweep a minute. An index by time would find them at once, but make each that is saved cost half as much again.
 */
const lookSteps = 4;

interface Task {
	readonly steps: Iterator<void>;
	readonly isSweep: boolean;
}

export interface HousekeptTables {
	readonly rooms: RoomTable;
	readonly producers: ProducerTable;
	readonly cursors: CursorWriter;
	readonly time: RunningTime;
}

/** All of its methods but `due`, `sweep`, `trim`, `expiredAt`, `committed` and `abandon` are to be called inside a transaction. */
export class Housekeeping {
	readonly #rooms: RoomTable;
	readonly #producers: ProducerTable;
	readonly #cursors: CursorWriter;
	readonly #time: RunningTime;
	readonly #database: DatabaseSync;
	readonly #retention: Required<Retention>;
	readonly #stepRows: number;
	readonly #sizes: StatementSync;
	readonly #expired: StatementSync;
	readonly #walk: StatementSync;
	readonly #from: StatementSync;
	readonly #deleteRow: StatementSync;
	readonly #emptyRow: StatementSync;
	readonly #deleteRange: StatementSync;
	readonly #emptyRange: StatementSync;
	readonly #tasks: Task[] = [];
	/** Keys of rooms with texts below their floor. */
	readonly #backlog: Set<number>;
	/** Rooms up to this key hold no more messages than they may; from there on appends see to it. */
	#fitted = 0;
	/** Rows up to this one have been looked at when they were past the TTL. */
	#aged = 0;
	/** The first of them that was passed because it was from the future, and when the oldest such one is past the TTL. */
	#ahead: { readonly row: number; readonly due: number } | undefined;
	/** Rows up to this one have been looked at when their ids were no longer to be remembered. */
	#forgotten = 0;
	#expiredAt: number | undefined;

	constructor(database: DatabaseSync, tables: HousekeptTables, retention: Required<Retention>, stepRows: number) {
		this.#rooms = tables.rooms;
		this.#producers = tables.producers;
		this.#cursors = tables.cursors;
		this.#time = tables.time;
		this.#database = database;
		this.#retention = retention;
		this.#stepRows = stepRows;
		this.#sizes = database.prepare('SELECT key, head, floor FROM room WHERE key > ? ORDER BY key LIMIT ?');
		this.#expired = database.prepare(
			`SELECT g, ${placeColumns} FROM msg
			WHERE expires IS NOT NULL AND body IS NOT NULL AND expires <= ? ORDER BY expires LIMIT ?`,
		);
		this.#walk = database.prepare(`SELECT g, ${placeColumns} FROM msg WHERE g > ? ORDER BY g LIMIT ?`);
		this.#from = database.prepare(
			'SELECT seq, body IS NULL AS empty FROM msg WHERE room = ? AND seq >= ? ORDER BY seq',
		);
		this.#deleteRow = database.prepare('DELETE FROM msg WHERE g = ?');
		this.#emptyRow = database.prepare('UPDATE msg SET body = NULL WHERE g = ?');
		this.#deleteRange = database.prepare('DELETE FROM msg WHERE room = ? AND seq >= ? AND seq < ? AND g < ?');
		this.#emptyRange = database.prepare(
			'UPDATE msg SET body = NULL WHERE room = ? AND seq >= ? AND seq < ? AND body IS NOT NULL',
		);
		const untrimmed = database.prepare('SELECT key FROM room WHERE trimmed < floor');
		this.#backlog = new Set(readTolerantly(untrimmed, () => untrimmed.all()).map(({ key }) => Number(key)));
	}

	/** Whether `step` has something to do. */
	get due(): boolean {
		return this.#tasks.length > 0;
	}

	/** Makes everything due that retention asks for at this time. */
	sweep(at: number): void {
		this.#tasks.push({ steps: this.#sweepSteps(at), isSweep: true });
	}

	/** Makes it due that texts below the rooms' floors go. */
	trim(): void {
		this.#tasks.push({ steps: this.#trimSteps(), isSweep: false });
	}

	/** The last step has taken texts that were past their own time at this one. */
	get expiredAt(): number | undefined {
		return this.#expiredAt;
	}

	/** Goes on with the oldest task. Returns whether a sweep ended with it. */
	step(): boolean {
		this.#expiredAt = undefined;
		const task = this.#tasks[0];
		if (task === undefined || task.steps.next().done !== true) {
			return false;
		}
		this.#tasks.shift();
		return task.isSweep;
	}

	/** Gives the oldest task up, because its step was not committed. Returns whether it was a sweep. */
	abandon(): boolean {
		this.#fitted = 0;
		this.#aged = 0;
		this.#ahead = undefined;
		this.#forgotten = 0;
		return this.#tasks.shift()?.isSweep ?? false;
	}

	/** Takes note of what the transaction did to the rooms that it edited. */
	committed(): void {
		for (const { key, trimmed, floor } of this.#rooms.edited()) {
			if (trimmed < floor) {
				this.#backlog.add(key);
			} else {
				this.#backlog.delete(key);
			}
		}
	}

	/** Takes texts below the room's floor, of at most `budget` numbers. Returns how many it went through. */
	trimRoom(room: RoomRow, budget: number): number {
		const from = room.trimmed;
		const to = Math.min(room.floor, from + budget);
		this.#deleteRange.run(room.key, from, to, this.#time.oldRows);
		this.#emptyRange.run(room.key, from, to);
		room.trimmed = to;
		return to - from;
	}

	*#sweepSteps(at: number): Generator<void> {
		this.#time.save(this.#database);
		yield;
		while (this.#fit()) {
			yield;
		}
		yield;
		while (this.#expire(at)) {
			yield;
		}
		if (this.#ahead !== undefined && this.#ahead.due <= at) {
			this.#aged = this.#ahead.row - 1;
			this.#ahead = undefined;
		}
		while (this.#age(at)) {
			yield;
		}
		// What `age` left below the floors is in the backlog once it is committed.
		yield;
		yield* this.#trimSteps();
		while (this.#forget()) {
			yield;
		}
		yield;
		yield* this.#lookAtSome((rows) => this.#producers.forget(this.#time.passed - dedupeMs, rows));
		yield;
		yield* this.#lookAtSome((rows) => this.#cursors.forget(at - cursorTtlMs, rows));
	}

	/** Goes on where the last sweep stopped in a table of which few rows go, and further as long as it finds any. */
	*#lookAtSome(forget: (rows: number) => number): Generator<void> {
		for (let step = 1; forget(this.#stepRows) > 0 || step < lookSteps; step += 1) {
			yield;
		}
	}

	*#trimSteps(): Generator<void> {
		while (this.#trimBacklog()) {
			yield;
		}
	}

	/**
	 * Raises floors of rooms that may hold fewer messages than when they were written to. Returns whether there may be
	 * more, as the other steps do.
	 */
	#fit(): boolean {
		const { historySize } = this.#retention;
		const rows: Row[] = readTolerantly(this.#sizes, () => this.#sizes.all(this.#fitted, this.#stepRows));
		for (const { key, head, floor } of rows) {
			this.#fitted = Number(key);
			const isOver = Number(head) - historySize + 1 > Number(floor);
			const room = isOver ? this.#rooms.editByKey(Number(key)) : undefined;
			if (room !== undefined) {
				raiseFloor(room, room.head - historySize + 1, 'trimmed');
			}
		}
		return rows.length === this.#stepRows;
	}

	/** Takes messages that are past their own time. */
	#expire(at: number): boolean {
		const found: Row[] = readTolerantly(this.#expired, () => this.#expired.all(at, this.#stepRows));
		// A row that is damaged may have another time, or be another message's.
		const rows = found.filter((row) => soundPlace(row) !== undefined);
		for (const { g } of rows) {
			this.#emptyRow.run(Number(g));
			this.#expiredAt = at;
		}
		for (const key of new Set(rows.map(({ room }) => Number(room)))) {
			this.#raiseFloor(key, 0);
		}
		return found.length === this.#stepRows && rows.length > 0;
	}

	/** Raises floors above messages that are past the TTL. */
	#age(at: number): boolean {
		const { historyTtlMs } = this.#retention;
		const rows = this.#rowsAfter(this.#aged);
		const floors = new Map<number, number>();
		let more = rows.length === this.#stepRows;
		for (const row of rows) {
			const g = Number(row['g']);
			const place = soundPlace(row);
			// A row from the future is one of a clock that was wrong, then or now: it must not keep those behind it.
			if (place !== undefined && place.ts > at) {
				const due = place.ts + historyTtlMs;
				this.#ahead = { row: this.#ahead?.row ?? g, due: Math.min(this.#ahead?.due ?? due, due) };
			} else if (place !== undefined && place.ts > at - historyTtlMs) {
				more = false;
				break;
			} else if (place !== undefined) {
				floors.set(place.room, place.seq + 1);
			}
			this.#aged = g;
		}
		for (const [key, floor] of floors) {
			this.#raiseFloor(key, floor);
		}
		return more;
	}

	#rowsAfter(g: number): readonly Row[] {
		return readTolerantly(this.#walk, () => this.#walk.all(g, this.#stepRows));
	}

	#trimBacklog(): boolean {
		let budget = this.#stepRows;
		for (const key of this.#backlog) {
			const room = this.#rooms.editByKey(key);
			if (room !== undefined) {
				budget -= this.trimRoom(room, budget);
			}
			if (budget <= 0) {
				return true;
			}
		}
		return false;
	}

	/** Takes the rows that stayed for their id alone, when it need not be remembered any more. */
	#forget(): boolean {
		const rows = this.#rowsAfter(this.#forgotten);
		for (const { g, room, seq } of rows) {
			if (Number(g) >= this.#time.oldRows) {
				return false;
			}
			this.#forgotten = Number(g);
			// A room that is damaged does not say truly how far its texts are gone.
			if (Number(seq) < (this.#rooms.findByKey(Number(room))?.trimmed ?? 0)) {
				this.#deleteRow.run(Number(g));
			}
		}
		return rows.length === this.#stepRows;
	}

	/** Raises the room's floor at least to `floor`, and on over messages that lost their text; a damaged one has no row. */
	#raiseFloor(key: number, floor: number): void {
		const room = this.#rooms.editByKey(key);
		if (room !== undefined) {
			let next = Math.max(room.floor, floor);
			for (const { seq, empty } of this.#from.iterate(key, next) as Iterable<Row>) {
				if (Number(seq) !== next || Number(empty) !== 1) {
					break;
				}
				next += 1;
			}
			raiseFloor(room, next, 'expired');
		}
	}
}
