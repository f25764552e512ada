import type { SQLInputValue, StatementSync } from 'node:sqlite';
import { type Row, readTolerantly } from './sqlite-checksums.ts';

/** Goes round and round through a table in the order of its key, some rows at a time. */
export class SqliteWalk<Key extends readonly SQLInputValue[]> {
	readonly #next: StatementSync;
	readonly #beforeAll: Key;
	readonly #keyOf: (row: Row) => Key;
	#last: Key;

	/** `next` takes a key and a count, and gives so many rows after that key. `beforeAll` is a key below all others. */
	constructor(next: StatementSync, beforeAll: Key, keyOf: (row: Row) => Key) {
		this.#next = next;
		this.#beforeAll = beforeAll;
		this.#keyOf = keyOf;
		this.#last = beforeAll;
	}

	/** The next `count` rows, or fewer where the table ends: the call after that begins anew. */
	step(count: number): readonly Row[] {
		const rows: Row[] = readTolerantly(this.#next, () => this.#next.all(...this.#last, count));
		const last = rows.length < count ? undefined : rows.at(-1);
		this.#last = last === undefined ? this.#beforeAll : this.#keyOf(last);
		return rows;
	}
}
