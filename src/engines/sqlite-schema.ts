/**
 * What is in the database file.
 */
import type { DatabaseSync } from 'node:sqlite';
import { EngineError } from './engine.ts';
import { inTransaction, newName, writeMeta } from './sqlite-meta.ts';
import { moveFirstVersion, setFirstVersionAside } from './sqlite-migration.ts';

const schemaVersion = 3;

/**
 * `msg` is in the order of arrival, `g`; a key of (room, seq) would scatter the writes of a thousand rooms. A row below
 * its room's floor, or past its own time, has lost its text but stays for as long as its id is remembered; from the
 * floor on no row is ever deleted, so that a missing one is known to be damaged. There is no index on ids: see
 * recent-ids.ts.
 * `room.trimmed` is at most `floor`: rows below it have lost their text. Head, floor and epoch stand here, so that
 * nothing that removes messages can make numbers start again.
 * `ancestor` says up to which number an earlier epoch of a room is the same log (null: unknown); room 0 stands for all
 * rooms that were not there yet.
 */
const tablesOfSecondVersion = [
	`CREATE TABLE meta (name TEXT PRIMARY KEY, value, crc INTEGER NOT NULL) WITHOUT ROWID`,
	`CREATE TABLE room (
	key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, head INTEGER NOT NULL,
	floor INTEGER NOT NULL, edge TEXT NOT NULL, trimmed INTEGER NOT NULL, ts INTEGER NOT NULL, crc INTEGER NOT NULL
)`,
	`CREATE TABLE msg (
	g INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
	expires INTEGER, digest INTEGER NOT NULL, place_crc INTEGER NOT NULL, text_crc INTEGER NOT NULL, body TEXT,
	UNIQUE (room, seq)
)`,
	`CREATE INDEX msg_expires ON msg (expires) WHERE expires IS NOT NULL AND body IS NOT NULL`,
	`CREATE TABLE cursor (
	user TEXT NOT NULL, device TEXT NOT NULL, room TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
	ts INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (user, room, device)
) WITHOUT ROWID`,
	`CREATE TABLE producer (
	room INTEGER NOT NULL, name TEXT NOT NULL, pseq INTEGER NOT NULL, ts INTEGER NOT NULL, crc INTEGER NOT NULL,
	PRIMARY KEY (room, name)
) WITHOUT ROWID`,
	`CREATE TABLE ancestor (
	room INTEGER NOT NULL, epoch TEXT NOT NULL, generation INTEGER NOT NULL, kept INTEGER, crc INTEGER NOT NULL,
	PRIMARY KEY (room, epoch)
) WITHOUT ROWID`,
];

const recordTable = `CREATE TABLE record (
	kind TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (kind, key)
) WITHOUT ROWID`;

const tables = [...tablesOfSecondVersion, recordTable];

/** How a database was found. */
export type Found = 'new' | 'migrated' | 'known';

/**
 * Brings the database to this version's schema, in one transaction. Throws an `EngineError` when it is not one of ours.
 */
export function prepareSchema(database: DatabaseSync, directory: string, at: number): Found {
	const version = database.prepare('PRAGMA user_version').get()?.['user_version'];
	switch (version) {
		case 0:
			inTransaction(database, () => {
				createTables(database);
				writeMeta(database, 'epoch', newName());
			});
			return 'new';
		case 1:
			inTransaction(database, () => {
				setFirstVersionAside(database);
				createTables(database);
				moveFirstVersion(database, at);
			});
			return 'migrated';
		case 2:
			checkLayout(database, directory, tablesOfSecondVersion);
			inTransaction(database, () => {
				database.exec(`${recordTable}; PRAGMA user_version = ${schemaVersion}`);
			});
			return 'migrated';
		case schemaVersion:
			checkLayout(database, directory, tables);
			return 'known';
		default:
			throw new EngineError(
				'unavailable',
				`${directory} was written by another version of natter (its format is ${version}, this one's ${schemaVersion})`,
			);
	}
}

function createTables(database: DatabaseSync): void {
	for (const table of tables) {
		database.exec(table);
	}
	database.exec(`PRAGMA user_version = ${schemaVersion}`);
}

/** A flipped bit in the text of the schema could give columns another meaning, and one in the header all texts. */
function checkLayout(database: DatabaseSync, directory: string, expected: readonly string[]): void {
	const stored = database
		.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql')
		.all()
		.map((row) => row['sql']);
	const encoding = database.prepare('PRAGMA encoding').get()?.['encoding'];
	if (encoding !== 'UTF-8' || JSON.stringify(stored) !== JSON.stringify(expected.toSorted())) {
		throw new EngineError('unavailable', `The database in ${directory} is damaged: its layout is not natter's`);
	}
}
