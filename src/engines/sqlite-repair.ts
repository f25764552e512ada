/**
 * What is mended when a database is opened: rooms whose rows are not what was stored. SQLite serves flipped bits as
 * they are, so each row is looked at, and found again by its name as the writer would.
 */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { placeColumns, type Row, readTolerantly, soundPlaceIn, soundText } from './sqlite-checksums.ts';
import { forgetAncestors } from './sqlite-lineage.ts';
import { newName, readMeta, writeMeta } from './sqlite-meta.ts';
import { insertRoom, type RoomRow, roomColumns, soundRoom, unlikelyKey } from './sqlite-rooms.ts';

/**
 * Rebuilds damaged rooms from their messages. Numbers that were given in one may be given again to others, so it goes on
 * under a new epoch that has nothing to do with the old one; and so do rooms that cannot be found any more, should they
 * be written to again. Returns whether there were any. To be called inside a transaction.
 */
export function repairRooms(database: DatabaseSync, notice: (text: string) => void): boolean {
	const rows = readRows(database, `SELECT ${roomColumns} FROM room NOT INDEXED`);
	const sound = new Map<number, RoomRow>();
	const unsound: Row[] = [];
	for (const row of rows) {
		const room = soundRoom(row);
		if (room === undefined) {
			unsound.push(row);
		} else {
			sound.set(room.key, room);
		}
	}
	const orphans = keysOfMessages(database).filter((key) => !sound.has(key));
	const isWhole = unsound.length === 0 && orphans.length === 0 && areFound(database, sound);
	if (readMeta(database, 'epoch') === undefined || !isWhole) {
		writeMeta(database, 'epoch', newName());
	}
	if (isWhole) {
		return false;
	}
	const names = new Set([...sound.values()].map(({ name }) => name));
	const rebuilt: RoomRow[] = [];
	for (const key of new Set([...orphans, ...unsound.map((row) => Number(row['key']))])) {
		const stored = unsound.find((row) => Number(row['key']) === key);
		const room = key < unlikelyKey ? rebuild(database, key, stored) : undefined;
		if (room !== undefined && !names.has(room.name)) {
			names.add(room.name);
			rebuilt.push(room);
		}
	}
	// Without a condition nothing is looked up in what may be damaged.
	database.exec('DELETE FROM room');
	for (const room of [...sound.values(), ...rebuilt]) {
		insertRoom(database, room);
	}
	for (const { key, name } of rebuilt) {
		forgetAncestors(database, key);
		notice(`What was known of room ${JSON.stringify(name)} was damaged; its messages go on under a new epoch`);
	}
	if (rebuilt.length < unsound.length || rebuilt.length === 0) {
		notice('The list of rooms was damaged; rooms that are not found any more begin again under a new epoch');
	}
	return true;
}

/** Whether the index of names leads to every room, and to nothing else. */
function areFound(database: DatabaseSync, sound: ReadonlyMap<number, RoomRow>): boolean {
	const byName = database.prepare(`SELECT ${roomColumns} FROM room WHERE name = ?`);
	for (const { key, name } of sound.values()) {
		const row = readTolerantly(byName, () => byName.get(name));
		if (row === undefined || soundRoom(row)?.key !== key) {
			return false;
		}
	}
	const indexed = database.prepare(
		"SELECT count(*) AS count FROM room INDEXED BY sqlite_autoindex_room_1 WHERE name >= ''",
	);
	return Number(indexed.get()?.['count']) === sound.size;
}

/** Keys of rooms that have rows in `msg`. */
function keysOfMessages(database: DatabaseSync): number[] {
	const next = database.prepare('SELECT room FROM msg WHERE room > ? AND room < ? ORDER BY room LIMIT 1');
	const keys: number[] = [];
	for (let key = 0; ; ) {
		const found = Number(next.get(key, unlikelyKey)?.['room'] ?? 0);
		if (!(found > key)) {
			return keys;
		}
		keys.push(found);
		key = found;
	}
}

/** A room as its messages, and what is plausible of its row, say that it is. */
function rebuild(database: DatabaseSync, key: number, stored: Row | undefined): RoomRow | undefined {
	let head: number | undefined;
	let timestamp = 0;
	let name: string | undefined;
	let lowest: number | undefined;
	const messages = `SELECT ${placeColumns}, text_crc, body FROM msg WHERE room = ? ORDER BY seq DESC`;
	for (const row of readRows(database, messages, key)) {
		const place = soundPlaceIn(key, row);
		if (place === undefined) {
			continue;
		}
		head ??= place.seq;
		timestamp = Math.max(timestamp, place.ts);
		const text = soundText(row, place.crc);
		if (text !== undefined) {
			name ??= String(JSON.parse(text).room);
			lowest = place.seq;
		}
	}
	name ??= stored?.['name'] === undefined ? undefined : String(stored['name']);
	if (name === undefined) {
		return undefined;
	}
	const claimed = Number(stored?.['head']);
	head ??= Number.isSafeInteger(claimed) && claimed >= 0 && claimed < unlikelyKey ? claimed : 0;
	const floor = Number(stored?.['floor']);
	// One of two equal values is not the damaged one.
	const isFloorSound = floor === Number(stored?.['trimmed']) && floor >= 1 && floor <= head + 1;
	const from = isFloorSound ? floor : (lowest ?? head + 1);
	const edge = stored?.['edge'];
	return {
		...{ key, name, epoch: newName(), head, floor: from, trimmed: from, timestamp },
		edge: edge === 'expired' || edge === 'cleared' ? edge : 'trimmed',
	};
}

function readRows(database: DatabaseSync, sql: string, ...values: readonly SQLInputValue[]): readonly Row[] {
	const statement = database.prepare(sql);
	return readTolerantly(statement, () => statement.all(...values));
}
