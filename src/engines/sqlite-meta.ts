/**
 * What holds for a whole database, and the two ways in which everything is read and written around it.
 */
import { randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { rowChecksum } from './sqlite-checksums.ts';

/**
 * `epoch`: that of rooms which are written to for the first time. `instance`: the database's latest opening. `running`:
 * see sqlite-running-time.ts.
 */
export type MetaName = 'epoch' | 'instance' | 'running';

/** `undefined` when it is not there, or damaged. */
export function readMeta(database: DatabaseSync, name: MetaName): string | undefined {
	const row = database.prepare('SELECT value, crc FROM meta WHERE name = ?').get(name);
	const value = row?.['value'];
	return typeof value === 'string' && rowChecksum(name, value) === row?.['crc'] ? value : undefined;
}

/** To be called inside a transaction. */
export function writeMeta(database: DatabaseSync, name: MetaName, value: string): void {
	database
		.prepare('INSERT OR REPLACE INTO meta (name, value, crc) VALUES (?, ?, ?)')
		.run(name, value, rowChecksum(name, value));
}

/** An epoch, or the name of one opening of a database: no two are the same. */
export function newName(): string {
	return randomBytes(9).toString('base64url');
}

/** Carries out all of `work`, or nothing. */
export function inTransaction<Value>(database: DatabaseSync, work: () => Value): Value {
	database.exec('BEGIN IMMEDIATE');
	try {
		const value = work();
		database.exec('COMMIT');
		return value;
	} catch (error) {
		if (database.isTransaction) {
			database.exec('ROLLBACK');
		}
		throw error;
	}
}
