/**
 * How a database of version 1 becomes one of today. Version 1 had one checksum for a message's place and text,
 * deleted rows that had expired, and did not know why a floor was where it was.
 */
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { placeChecksum, type Row, rowChecksum, textChecksum } from './sqlite-checksums.ts';
import { writeMeta } from './sqlite-meta.ts';

const tables = ['meta', 'room', 'msg', 'cursor'];

/** Makes way for the tables of today. */
export function setFirstVersionAside(database: DatabaseSync): void {
	database.exec('DROP INDEX msg_expires');
	for (const table of tables) {
		database.exec(`ALTER TABLE ${table} RENAME TO old_${table}`);
	}
}

/** Fills the tables of today and drops those of version 1. */
export function moveFirstVersion(database: DatabaseSync, at: number): void {
	writeMeta(
		database,
		'epoch',
		String(database.prepare("SELECT value FROM old_meta WHERE name = 'epoch'").get()?.['value']),
	);
	moveRooms(database);
	moveMessages(database);
	moveCursors(database, at);
	for (const table of tables) {
		database.exec(`DROP TABLE old_${table}`);
	}
}

function moveRooms(database: DatabaseSync): void {
	const insert = database.prepare('INSERT INTO room VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
	for (const room of database.prepare('SELECT * FROM old_room').iterate() as Iterable<Row>) {
		const { key, name, epoch, head, floor, trimmed, ts } = room;
		const values = [
			...([Number(key), String(name), String(epoch)] as const),
			...([Number(head), Number(floor), 'trimmed', Number(trimmed), Number(ts)] as const),
		] as const;
		insert.run(...values, rowChecksum(...values));
	}
}

/** Rows that had lost their text above the floor, or are not there any more, are now rows that have expired. */
function moveMessages(database: DatabaseSync): void {
	const insert = database.prepare('INSERT INTO msg VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
	const messages = database.prepare('SELECT * FROM old_msg WHERE room = ? ORDER BY seq');
	let placeholder = 0;
	for (const { key, floor, head } of database.prepare('SELECT key, floor, head FROM room').all()) {
		const room = Number(key);
		let next = Number(floor);
		const fillUntil = (sequence: number): void => {
			for (; next < sequence; next += 1) {
				placeholder -= 1;
				const place = { room, seq: next, id: '', ts: 0, expires: 0, digest: 0 };
				insert.run(placeholder, room, next, '', 0, 0, 0, placeChecksum(place), 0, null);
			}
		};
		for (const row of messages.iterate(room) as Iterable<Row>) {
			const seq = Number(row['seq']);
			fillUntil(seq);
			next = Math.max(next, seq + 1);
			const text = typeof row['body'] === 'string' ? row['body'] : null;
			const ts = Number(row['ts']);
			const given = row['expires'] === null ? null : Number(row['expires']);
			const expires = text === null && seq >= Number(floor) ? ts : given;
			const place = { room, seq, id: String(row['id']), ts, expires, digest: Number(row['digest']) };
			const crc = placeChecksum(place);
			const sound = text !== null && crc32(text, (Math.imul(room, 0x9e3779b1) + seq) >>> 0) === row['crc'];
			// A text that was damaged before stays so.
			const textCrc = sound ? textChecksum(text, crc) : -1;
			insert.run(Number(row['g']), room, seq, place.id, ts, expires, place.digest, crc, textCrc, text);
		}
		fillUntil(Number(head) + 1);
	}
}

function moveCursors(database: DatabaseSync, at: number): void {
	const insert = database.prepare('INSERT INTO cursor VALUES (?, ?, ?, ?, ?, ?, ?)');
	for (const { user, device, room, epoch, seq } of database.prepare('SELECT * FROM old_cursor').all()) {
		const values = [String(user), String(device), String(room), String(epoch), Number(seq), at] as const;
		insert.run(...values, rowChecksum(...values));
	}
}
