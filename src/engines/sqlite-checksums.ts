/**
 * What tells a stored row from one with a flipped bit, which SQLite itself would serve as it is.
 */
import type { StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { FoundRow } from './page.ts';

/** A row as SQLite gives it. */
export type Row = Record<string, unknown>;

/** A message's row but for its text. */
export interface PlaceColumns {
	readonly room: number;
	readonly seq: number;
	readonly id: string;
	readonly ts: number;
	readonly expires: number | null;
	readonly digest: number;
}

/** What `msg.place_crc` holds: everything but the text, so that it is still true when the text is gone. */
export function placeChecksum({ room, seq, id, ts, expires, digest }: PlaceColumns): number {
	return crc32(`${room} ${seq} ${ts} ${expires} ${digest} ${id}`);
}

/** What `msg.text_crc` holds. It depends on the place, so that a text never passes for another message's. */
export function textChecksum(text: string, placeCrc: number): number {
	return crc32(text, placeCrc);
}

interface SoundPlace extends PlaceColumns {
	readonly crc: number;
}

/** The place of a message, when its row is what was stored; for a row with the columns of `placeColumns`. */
export function soundPlace(row: Row): SoundPlace | undefined {
	const { id, expires } = row;
	const crc = Number(row['place_crc']);
	const place = {
		room: Number(row['room']),
		seq: Number(row['seq']),
		id: String(id),
		ts: Number(row['ts']),
		expires: expires === null ? null : Number(expires),
		digest: Number(row['digest']),
	};
	return placeChecksum(place) === crc ? { ...place, crc } : undefined;
}

/** The same for who looks for messages of one room: a flipped bit in an index leads to sound rows of other rooms. */
export function soundPlaceIn(key: number, row: Row): SoundPlace | undefined {
	const place = soundPlace(row);
	return place?.room === key ? place : undefined;
}

/** The text of a message whose place has the checksum `crc`, when it is there and what was stored. */
export function soundText({ text_crc, body }: Row, crc: number): string | undefined {
	return typeof body === 'string' && textChecksum(body, crc) === Number(text_crc) ? body : undefined;
}

/**
 * A message of a room as its readers find it at that time; `undefined` when its row is not what was stored there, as its
 * number cannot be trusted either. For a row with the columns of `messageColumns`.
 */
export function foundRow(row: Row, key: number, at: number): FoundRow | undefined {
	const place = soundPlaceIn(key, row);
	if (place === undefined) {
		return undefined;
	}
	const { seq: sequence, expires, crc } = place;
	// A sweep took the text by a clock that may have been set back since.
	if (expires !== null && (expires <= at || row['body'] === null)) {
		return { sequence, text: undefined };
	}
	const text = soundText(row, crc);
	return text === undefined ? undefined : { sequence, text };
}

export const placeColumns = 'room, seq, id, ts, expires, digest, place_crc';

export const messageColumns = `${placeColumns}, text_crc, body`;

/** Keys of messages' rows from here on are those of rows with a flipped bit. */
export const unlikelyRow = 2 ** 48;

/** What the `crc` of any other row holds: its values in the order of its columns. */
export function rowChecksum(...values: readonly (string | number | null)[]): number {
	return crc32(JSON.stringify(values));
}

/**
 * What `read` gets from the statement. A flipped bit can make an integer too large for a number, which node:sqlite
 * refuses to read; then it is read again with big integers, so `read` has to turn every integer to a number itself.
 */
export function readTolerantly<Value>(statement: StatementSync, read: () => Value): Value {
	try {
		return read();
	} catch (error) {
		if (!(error instanceof RangeError)) {
			throw error;
		}
		statement.setReadBigInts(true);
		try {
			return read();
		} finally {
			statement.setReadBigInts(false);
		}
	}
}
