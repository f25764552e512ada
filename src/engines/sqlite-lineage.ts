/**
 * How a database that was replaced by an older copy of itself is noticed, and what positions of the time that was lost
 * mean from then on.
 *
 * A small file beside the database is its witness: which file the database was, which of its openings was the latest,
 * and how many messages it had stored. The database says the latter two as well. The witness is written after each of
 * the database's own commits, so it is never ahead of a database that was not set back, and before anybody is told of the
 * commit, so it is never behind what was acknowledged, whenever a process is killed.
 */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Position } from '../protocol/frames.ts';
import type { Located, RoomState } from './engine.ts';
import { located } from './located.ts';
import { type Row, readTolerantly, rowChecksum } from './sqlite-checksums.ts';
import { inTransaction, newName, readMeta, writeMeta } from './sqlite-meta.ts';
import { roomChecksum, roomColumns, soundRoom } from './sqlite-rooms.ts';

/** Earlier epochs that a room remembers. */
const generations = 16;

interface Testimony {
	/** The database's inode, and when it was made ('0' when the file system does not tell). */
	readonly inode: string;
	readonly made: string;
	/** The latest opening; two while one follows the other. */
	readonly instances: readonly string[];
	/** Messages that were ever stored. */
	readonly stored: number;
}

/** Length of the witness in bytes: it is overwritten in one piece. */
const testimonyBytes = 256;

export interface Witness {
	/** Notes that so many messages were ever stored, all of them committed. Throws when the file cannot be written. */
	testify(stored: number): void;
	close(): void;
}

/** How many messages were ever stored. */
export function countStored(database: DatabaseSync): number {
	return Number(database.prepare('SELECT coalesce(sum(head), 0) AS stored FROM room').get()?.['stored']);
}

/**
 * Compares the database with its witness, and gives every room a new epoch when the database was set back. To be called
 * once for each opening, with rooms that are sound; `isRepaired` when some had to be rebuilt, with heads that are guesses.
 */
export function openLineage(
	database: DatabaseSync,
	directory: string,
	isRepaired: boolean,
	notice: (text: string) => void,
): Witness {
	const { ino, birthtimeNs, ctimeNs } = statSync(join(directory, 'natter.db'), { bigint: true });
	const file = { inode: `${ino}`, made: birthtimeNs === ctimeNs ? '0' : `${birthtimeNs}` };
	const isWitnessed = database.prepare("SELECT 1 FROM meta WHERE name = 'instance'").get() !== undefined;
	const path = join(directory, 'witness');
	const last = isWitnessed ? readTestimony(path) : undefined;
	const instance = readMeta(database, 'instance');
	const stored = countStored(database);
	const isSetBack =
		isWitnessed &&
		(last === undefined ||
			instance === undefined ||
			!last.instances.includes(instance) ||
			(stored < last.stored && !isRepaired) ||
			!isSameFile(file, last));

	const descriptor = openSync(path, 'a+', 0o600);
	closeSync(descriptor);
	const witness = openSync(path, 'r+');
	const witnessOf = (instances: readonly string[]): ((stored: number) => void) => {
		const testimony = testimonies({ ...file, instances });
		return (count) => {
			writeSync(witness, testimony(count), 0, testimonyBytes, 0);
		};
	};
	const next = newName();
	if (instance !== undefined && !isSetBack) {
		witnessOf([instance, next])(stored);
		fsyncSync(witness);
	}
	inTransaction(database, () => {
		if (isSetBack) {
			beginLineage(database);
		}
		writeMeta(database, 'instance', next);
	});
	const testify = witnessOf([next]);
	testify(stored);
	if (isSetBack) {
		notice('The database is an older copy; its rooms go on under new epochs, and readers are told what was lost');
	}
	return { testify, close: () => closeSync(witness) };
}

/**
 * What is written for each number of messages that were ever stored, good until it is asked for the next. It is written
 * with every commit, so nothing is written anew but the number and the checksum, at places of their own, and no text made.
 */
function testimonies(constant: Omit<Testimony, 'stored'>): (stored: number) => Buffer {
	const start = JSON.stringify({ ...constant, stored: 0 }).slice(0, -'0}'.length);
	const bytes = Buffer.alloc(testimonyBytes, ' ');
	const numberAt = bytes.write(start);
	const checksumAt = numberAt + numberWidth + bytes.write('}\t', numberAt + numberWidth);
	// What goes into `rowChecksum`, cut before the number.
	const startChecksum = crc32(JSON.stringify([start]).slice(0, -'"]'.length));
	const rest = Buffer.from('}"]'.padStart(numberWidth + '}"]'.length));
	return (stored) => {
		writeNumber(bytes, numberAt, stored);
		writeNumber(rest, 0, stored);
		writeNumber(bytes, checksumAt, crc32(rest, startChecksum));
		return bytes;
	};
}

/** As wide as any number of messages. */
const numberWidth = 16;

/** Writes digits with spaces before them. */
function writeNumber(bytes: Buffer, at: number, value: number): void {
	let rest = value;
	for (let place = at + numberWidth - 1; place >= at; place -= 1) {
		bytes[place] = rest > 0 || place === at + numberWidth - 1 ? 0x30 + (rest % 10) : 0x20;
		rest = Math.floor(rest / 10);
	}
}

function isSameFile(one: Pick<Testimony, 'inode' | 'made'>, other: Pick<Testimony, 'inode' | 'made'>): boolean {
	return one.inode === other.inode && (one.made === other.made || one.made === '0' || other.made === '0');
}

/** `undefined` when there is none, or it is not what was written. */
function readTestimony(path: string): Testimony | undefined {
	try {
		const [text = '', crc] = readFileSync(path, 'utf8').trimEnd().split('\t');
		return rowChecksum(text) === Number(crc) ? JSON.parse(text) : undefined;
	} catch {
		return undefined;
	}
}

/** Gives all rooms a new epoch, and notes that each old one is the same log up to the room's head. */
function beginLineage(database: DatabaseSync): void {
	const epoch = newName();
	const generation = newestGeneration(database) + 1;
	const fresh = readMeta(database, 'epoch');
	if (fresh !== undefined) {
		saveAncestor(database, 0, fresh, generation, 0);
	}
	const update = database.prepare('UPDATE room SET epoch = ?, crc = ? WHERE key = ?');
	for (const row of database.prepare(`SELECT ${roomColumns} FROM room`).all()) {
		const room = soundRoom(row);
		if (room !== undefined) {
			saveAncestor(database, room.key, room.epoch, generation, room.head);
			update.run(epoch, roomChecksum({ ...room, epoch }), room.key);
		}
	}
	database.prepare('DELETE FROM ancestor WHERE generation <= ?').run(generation - generations);
	writeMeta(database, 'epoch', epoch);
}

/** Nothing is known any more of what a room's earlier epochs mean. To be called inside a transaction. */
export function forgetAncestors(database: DatabaseSync, room: number): void {
	const generation = newestGeneration(database);
	const epochs = database.prepare('SELECT epoch FROM ancestor WHERE room IN (0, ?)').all(room);
	for (const { epoch } of epochs) {
		saveAncestor(database, room, String(epoch), generation, null);
	}
}

function newestGeneration(database: DatabaseSync): number {
	return Number(database.prepare('SELECT coalesce(max(generation), 0) AS newest FROM ancestor').get()?.['newest']);
}

function saveAncestor(
	database: DatabaseSync,
	room: number,
	epoch: string,
	generation: number,
	kept: number | null,
): void {
	database
		.prepare('INSERT OR REPLACE INTO ancestor (room, epoch, generation, kept, crc) VALUES (?, ?, ?, ?, ?)')
		.run(room, epoch, generation, kept, rowChecksum(room, epoch, generation, kept));
}

/** What rooms remember of their earlier epochs. */
export class Ancestors {
	readonly #find: StatementSync;

	constructor(database: DatabaseSync) {
		this.#find = database.prepare(
			'SELECT room, epoch, generation, kept, crc FROM ancestor WHERE room = ? AND epoch = ?',
		);
	}

	/** What a position means in the room with that key (0: it was never written to) and state. */
	locate(key: number, state: RoomState, position: Position): Located {
		const { epoch, sequence } = position;
		const kept = epoch === state.epoch ? undefined : (this.#kept(key, epoch) ?? this.#kept(0, epoch));
		if (typeof kept !== 'number') {
			return located(state, position);
		}
		return sequence > kept
			? { ...state, relation: 'rewound', sequence: kept }
			: { ...state, relation: 'kept', sequence };
	}

	#kept(room: number, epoch: string): number | 'unknown' | undefined {
		const row: Row | undefined = readTolerantly(this.#find, () => this.#find.get(room, epoch));
		if (row === undefined) {
			return undefined;
		}
		const kept = row['kept'] === null ? null : Number(row['kept']);
		const crc = rowChecksum(Number(row['room']), String(row['epoch']), Number(row['generation']), kept);
		return crc === Number(row['crc']) && kept !== null ? kept : 'unknown';
	}
}
