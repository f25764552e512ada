/**
 * How long ago rows were stored, at least, whatever the wall clock says: it steps, and nobody knows how long a database
 * lay closed. What counts is the time that the engine ran, so that a day is never shorter than a day.
 */
import type { DatabaseSync } from 'node:sqlite';
import { dedupeMs } from './engine.ts';
import { readMeta, writeMeta } from './sqlite-meta.ts';

/** Rows below `row` had been stored when the engine had run for `time`. */
export interface Mark {
	readonly time: number;
	readonly row: number;
}

/** Time between two marks: ids are remembered for up to that much longer. */
const markMs = 6 * 3_600_000;

export class RunningTime {
	/** What earlier runs had come to. A run that is killed loses what it has not saved. */
	readonly #before: number;
	readonly #started: number;
	#passed: number;
	/** Ascending. The first may be the only one that is older than a day. */
	#marks: readonly Mark[];

	/** `elapsed` is a time in ms by a clock that never steps; only differences count. */
	constructor(database: DatabaseSync, elapsed: number) {
		const stored = readMeta(database, 'running');
		const { passed, marks }: { passed: number; marks: readonly Mark[] } =
			stored === undefined ? { passed: 0, marks: [] } : JSON.parse(stored);
		this.#before = passed;
		this.#started = elapsed;
		this.#passed = passed;
		this.#marks = marks;
	}

	/** ms for which the database has been open, in this run and earlier ones. Never goes back while the process lives. */
	get passed(): number {
		return this.#passed;
	}

	get marks(): readonly Mark[] {
		return this.#marks;
	}

	/** Rows below this one were stored more than `dedupeMs` ago. */
	get oldRows(): number {
		return this.#marks.findLast(({ time }) => time <= this.#passed - dedupeMs)?.row ?? 0;
	}

	/** Notes that it is later, and that the next row has that key. Returns whether a mark was made before it. */
	pass(elapsed: number, nextRow: number): boolean {
		const known = this.#passed;
		this.#passed = Math.max(known, this.#before + Math.floor(elapsed - this.#started));
		const last = this.#marks.at(-1);
		const isDue = this.#passed - (last?.time ?? 0) >= markMs && nextRow > (last?.row ?? 1);
		if (isDue) {
			const { oldRows } = this;
			// All those rows were there when it was looked at the clock the last time.
			this.#marks = [...this.#marks.filter(({ row }) => row >= oldRows), { time: known, row: nextRow }];
		}
		return isDue;
	}

	/** To be called inside a transaction. */
	save(database: DatabaseSync): void {
		writeMeta(database, 'running', JSON.stringify({ passed: this.#passed, marks: this.#marks }));
	}
}
