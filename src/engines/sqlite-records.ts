import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Author, RecordChange, Restriction } from './engine.ts';
import { Records, restricts } from './records.ts';
import { type Row, readTolerantly, rowChecksum } from './sqlite-checksums.ts';

/** Which record. */
export type RecordKey = Pick<RecordChange, 'kind' | 'key'>;

type StoredRecord = RecordKey & { readonly value: string };

const columns = 'kind, key, value, crc';

/** A stored record; `undefined` when it is not what was stored. */
function soundRecord(row: Row): StoredRecord | undefined {
	const record = { kind: String(row['kind']), key: String(row['key']), value: String(row['value']) };
	return recordChecksum(record) === Number(row['crc']) ? record : undefined;
}

function recordChecksum({ kind, key, value }: StoredRecord): number {
	return rowChecksum(kind, key, value);
}

/**
 * The `record` table, and what restricts authors in memory. What a transaction changes is there at once, for the appends
 * behind it; `rolledBack` takes it back.
 */
export class RecordTable {
	readonly #notice: (text: string) => void;
	readonly #find: StatementSync;
	readonly #list: StatementSync;
	readonly #save: StatementSync;
	readonly #remove: StatementSync;
	readonly #restrictions = new Records();
	/** What this transaction asked to change, in order, with what restricted until then. */
	readonly #before: RecordChange[] = [];
	/** Kinds of whose damage the operator is not told again. */
	readonly #told = new Set<string>();

	constructor(database: DatabaseSync, notice: (text: string) => void) {
		this.#notice = notice;
		this.#find = database.prepare(`SELECT ${columns} FROM record WHERE kind = ? AND key = ?`);
		this.#list = database.prepare(`SELECT ${columns} FROM record WHERE kind = ?`);
		this.#save = database.prepare(`INSERT OR REPLACE INTO record (${columns}) VALUES (?, ?, ?, ?)`);
		this.#remove = database.prepare('DELETE FROM record WHERE kind = ? AND key = ?');
		for (const kind of ['ban', 'mute']) {
			this.#restrictions.apply([...this.list(kind)].map(([key, value]) => ({ kind, key, value })));
		}
	}

	/** Makes all changes, or none when a record is not as expected; whether it did. To be called inside a transaction. */
	put(changes: readonly RecordChange[]): boolean {
		if (!this.areAsExpected(changes)) {
			return false;
		}
		for (const { kind, key, value } of changes) {
			this.#before.push({ kind, key, value: this.#restrictions.get(kind, key) ?? null });
			if (value === null) {
				this.#remove.run(kind, key);
			} else {
				this.#save.run(kind, key, value, recordChecksum({ kind, key, value }));
			}
		}
		this.#restrictions.apply(changes.filter(({ kind }) => restricts(kind)));
		return true;
	}

	/** Whether every record is as it is expected. */
	areAsExpected(changes: readonly Omit<RecordChange, 'value'>[]): boolean {
		return changes.every(({ expected, ...which }) => expected === undefined || expected === this.get(which));
	}

	/** The value, `null` when there is none, or it is damaged: what cannot be read is not there. */
	get({ kind, key }: RecordKey): string | null {
		const row = readTolerantly(this.#find, () => this.#find.get(kind, key));
		return (row && soundRecord(row)?.value) ?? null;
	}

	list(kind: string): ReadonlyMap<string, string> {
		const rows: Row[] = readTolerantly(this.#list, () => this.#list.all(kind));
		const sound = rows.map(soundRecord).filter((record) => record !== undefined);
		if (sound.length < rows.length && !this.#told.has(kind)) {
			this.#told.add(kind);
			this.#notice(`Stored records of the kind ${JSON.stringify(kind)} are damaged, and are left out`);
		}
		return new Map(sound.map(({ key, value }) => [key, value]));
	}

	/** What keeps an author from speaking in a room at `now`, in ms since 1970. */
	restriction(room: string, author: Author | null, now: number): Restriction | undefined {
		return author === null ? undefined : this.#restrictions.restriction(room, author, now);
	}

	committed(): void {
		this.#before.length = 0;
	}

	/** Returns which records the transaction asked to change. */
	rolledBack(): readonly RecordKey[] {
		const before = this.#before.splice(0);
		this.#restrictions.apply(before.filter(({ kind }) => restricts(kind)).toReversed());
		return before.map(({ kind, key }) => ({ kind, key }));
	}
}

/**
 * Removes records that are not what was stored: a key with a flipped bit is in the way of those that are looked up beside
 * it. A ban that is damaged ends with that. It may have become another person's, who must not be silenced by a bit, and to
 * refuse all messages instead would let one bit stop every room; so the operator is told, who can put it again. To be
 * called inside a transaction, when the database is opened.
 */
export function repairRecords(database: DatabaseSync, notice: (text: string) => void): void {
	const all = database.prepare(`SELECT ${columns} FROM record`);
	const rows: Row[] = readTolerantly(all, () => all.all());
	const sound = rows.map(soundRecord).filter((record) => record !== undefined);
	if (sound.length === rows.length) {
		return;
	}
	// Without a condition nothing is looked up in what is damaged.
	database.exec('DELETE FROM record');
	const save = database.prepare(`INSERT OR REPLACE INTO record (${columns}) VALUES (?, ?, ?, ?)`);
	for (const record of sound) {
		save.run(record.kind, record.key, record.value, recordChecksum(record));
	}
	for (const row of rows.filter((row) => soundRecord(row) === undefined)) {
		const name = JSON.stringify([String(row['kind']), String(row['key'])]);
		notice(`A stored record was damaged, and is not there any more: ${name}`);
	}
}
