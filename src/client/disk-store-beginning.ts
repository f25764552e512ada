/**
 * How a run begins with the state file: whose rows are in it, which of them can be trusted, and what is left over from runs
 * that are over.
 */
import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import type { Position } from '../protocol/frames.ts';
import type { StateFile } from './disk-store-file.ts';
import type { StoredParcel } from './store.ts';

/** Positions and drafts of rooms that were not touched for longer than this are dropped, in ms. */
const forgottenMs = 365 * 24 * 3_600_000;

/** Whose state it is. */
export interface Owner {
	/** Host, port and path. */
	readonly broker: string;
	readonly nick: string;
}

/** What a run begins with. */
export interface Found {
	readonly device: string;
	/** In the order in which they were made. */
	readonly parcels: readonly (readonly [place: number, parcel: StoredParcel])[];
	readonly positions: Map<string, Position>;
	readonly drafts: Map<string, string>;
	/** Rows that were not what had been written, and are gone now. */
	readonly damaged: number;
	/** Lines that wait for other owners, and belong to no run that is under way. */
	readonly others: readonly Waiting[];
}

/** How many lines wait for an owner. */
export interface Waiting extends Owner {
	readonly count: number;
}

/** Reads what there is of the owner, and takes over the lines of runs that are over, in one transaction. */
export function beginRun(
	{ database, run }: StateFile,
	{ broker, nick, isLive, now }: Owner & { isLive: (run: string) => boolean; now: number },
): Found {
	let damaged = 0;
	const sound = <Row extends Record<string, unknown>>(row: Row, ...columns: readonly unknown[]): boolean => {
		const isSound = row['crc'] === checksum(...columns);
		damaged += isSound ? 0 : 1;
		return isSound;
	};
	const isMine = (row: Record<string, unknown>) => row['broker'] === broker && row['nick'] === nick;
	const parcels: [number, StoredParcel][] = [];
	const positions = new Map<string, Position>();
	const drafts = new Map<string, string>();
	const others = new Map<string, Waiting>();
	database.exec('BEGIN IMMEDIATE');

	const adopt = database.prepare('UPDATE outbox SET run = ?, crc = ? WHERE place = ?');
	const dropLine = database.prepare('DELETE FROM outbox WHERE place = ?');
	const known = new Set<string>();
	for (const row of database.prepare('SELECT * FROM outbox ORDER BY place').all()) {
		const { place, run: before, body } = row as { place: number; run: string; body: string };
		if (!sound(row, row['broker'], row['nick'], before, body)) {
			dropLine.run(place);
		} else if (isMine(row) && !isLive(before)) {
			const parcel = JSON.parse(body) as StoredParcel;
			if (known.has(parcel.cid)) {
				dropLine.run(place);
			} else {
				known.add(parcel.cid);
				parcels.push([place, parcel]);
				adopt.run(run, checksum(broker, nick, run, body), place);
			}
		} else if (!isLive(before)) {
			const owner = { broker: String(row['broker']), nick: String(row['nick']) };
			const key = JSON.stringify(owner);
			others.set(key, { ...owner, count: (others.get(key)?.count ?? 0) + 1 });
		}
	}
	const isTooOld = (saved: number) => saved < now - forgottenMs;
	const dropPosition = database.prepare('DELETE FROM position WHERE broker = ? AND nick = ? AND room = ?');
	for (const row of database.prepare('SELECT * FROM position').all()) {
		const { room, epoch, seq, saved } = row as { room: string; epoch: string; seq: number; saved: number };
		if (!sound(row, row['broker'], row['nick'], room, epoch, seq, saved) || isTooOld(saved)) {
			dropPosition.run(row['broker'] ?? null, row['nick'] ?? null, room);
		} else if (isMine(row)) {
			positions.set(room, { epoch, sequence: seq });
		}
	}
	const dropDraft = database.prepare('DELETE FROM draft WHERE broker = ? AND nick = ? AND room = ? AND run = ?');
	const adoptDraft = database.prepare(
		'UPDATE draft SET run = ?, crc = ? WHERE broker = ? AND nick = ? AND room = ? AND run = ?',
	);
	// Of several runs that are over the newest draft comes first; the next run to begin gets the one before.
	for (const row of database.prepare('SELECT * FROM draft ORDER BY saved DESC').all()) {
		const { room, run: before, body, saved } = row as { room: string; run: string; body: string; saved: number };
		if (!sound(row, row['broker'], row['nick'], room, before, body, saved) || isTooOld(saved)) {
			dropDraft.run(row['broker'] ?? null, row['nick'] ?? null, room, before);
		} else if (isMine(row) && !isLive(before) && !drafts.has(room)) {
			drafts.set(room, JSON.parse(body) as string);
			adoptDraft.run(run, checksum(broker, nick, room, run, body, saved), broker, nick, room, before);
		}
	}
	const device = ownDevice(database, sound);
	database.exec('COMMIT');
	return { device, parcels, positions, drafts, damaged, others: [...others.values()] };
}

function ownDevice(
	database: DatabaseSync,
	sound: (row: Record<string, unknown>, ...columns: readonly unknown[]) => boolean,
): string {
	const row = database.prepare('SELECT * FROM device').get();
	if (row !== undefined && sound(row, row['id'])) {
		return String(row['id']);
	}
	const id = randomUUID();
	database.exec('DELETE FROM device');
	database.prepare('INSERT INTO device (id, crc) VALUES (?, ?)').run(id, checksum(id));
	return id;
}

/** What the `crc` of a row is, from its other columns. */
export function checksum(...columns: readonly unknown[]): number {
	return crc32(JSON.stringify(columns));
}
