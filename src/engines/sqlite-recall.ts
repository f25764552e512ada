import type { DatabaseSync } from 'node:sqlite';
import type { RecentIds } from './recent-ids.ts';
import { readTolerantly, unlikelyRow } from './sqlite-checksums.ts';
import type { RunningTime } from './sqlite-running-time.ts';

/** Rows that are looked at in one step: some 10 ms. */
const stepRows = 10_000;

/** A row as an array: a million of them cost a third of what objects would. */
type IdRow = readonly [g: unknown, room: unknown, id: unknown];

/**
 * Reads which ids rows have that may have been stored in the last day, some at a time: about a second for a million, in
 * which nobody but the first append has to wait.
 */
export class Recall {
	readonly #ids: RecentIds;
	/** The first row of each slice of ids that is not read yet, and the end of the last. */
	readonly #bounds: number[];
	/** The next row to look at. */
	#next: number | undefined;

	constructor(ids: RecentIds, { marks, oldRows }: RunningTime) {
		this.#ids = ids;
		this.#bounds = [oldRows, ...marks.map(({ row }) => row).filter((row) => row > oldRows), unlikelyRow];
	}

	/** Reads the next rows. Returns whether there may be more. */
	step(database: DatabaseSync): boolean {
		const [first = unlikelyRow, end] = this.#bounds;
		if (end === undefined) {
			return false;
		}
		if (this.#next === undefined) {
			this.#ids.cut();
			this.#next = first;
		}
		const select = database.prepare('SELECT g, room, id FROM msg WHERE g >= ? AND g < ? ORDER BY g LIMIT ?');
		select.setReturnArrays(true);
		const rows = readTolerantly(select, () => select.all(this.#next ?? first, end, stepRows)) as unknown as IdRow[];
		for (const [g, room, id] of rows) {
			this.#ids.add(Number(room), String(id), Number(g));
		}
		if (rows.length === stepRows) {
			this.#next = Number(rows.at(-1)?.[0]) + 1;
		} else {
			this.#bounds.shift();
			this.#next = undefined;
		}
		return true;
	}
}
