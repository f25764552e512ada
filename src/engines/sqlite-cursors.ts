import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BoundedCache } from './bounded-cache.ts';
import { type Cursor, cursorDevices } from './engine.ts';
import { type Row, readTolerantly, rowChecksum } from './sqlite-checksums.ts';
import { SqliteWalk } from './sqlite-walk.ts';

const columns = 'user, device, room, epoch, seq, ts, crc';

/** Users of whom the operator is not told again. */
const toldUsers = 1000;

/** A stored cursor, and when it was saved; `undefined` when it is not what was stored. */
function soundCursor(row: Row): (Cursor & { readonly timestamp: number }) | undefined {
	const [user, device, room, epoch] = [
		String(row['user']),
		String(row['device']),
		String(row['room']),
		String(row['epoch']),
	];
	const [sequence, timestamp] = [Number(row['seq']), Number(row['ts'])];
	const crc = rowChecksum(user, device, room, epoch, sequence, timestamp);
	return crc === Number(row['crc']) ? { user, device, room, epoch, sequence, timestamp } : undefined;
}

/** A place in the order of the table. */
type CursorKey = readonly [user: string, room: string, device: string];

function keyOf(row: Row): CursorKey {
	return [String(row['user']), String(row['room']), String(row['device'])];
}

/** Writes positions of readers; every call runs in the caller's transaction. */
export class CursorWriter {
	readonly #find: StatementSync;
	readonly #count: StatementSync;
	readonly #makeRoom: StatementSync;
	readonly #save: StatementSync;
	readonly #walk: SqliteWalk<CursorKey>;
	readonly #remove: StatementSync;

	constructor(database: DatabaseSync) {
		this.#find = database.prepare(`SELECT ${columns} FROM cursor WHERE user = ? AND device = ? AND room = ?`);
		this.#count = database.prepare('SELECT count(*) AS devices FROM cursor WHERE user = ? AND room = ?');
		this.#makeRoom = database.prepare(
			`DELETE FROM cursor WHERE user = ?1 AND room = ?2 AND device IN
			(SELECT device FROM cursor WHERE user = ?1 AND room = ?2 ORDER BY ts DESC LIMIT -1 OFFSET ?3)`,
		);
		this.#save = database.prepare(`INSERT OR REPLACE INTO cursor (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`);
		const next = `SELECT ${columns} FROM cursor WHERE (user, room, device) > (?, ?, ?) ORDER BY user, room, device LIMIT ?`;
		this.#walk = new SqliteWalk(database.prepare(next), ['', '', ''], keyOf);
		this.#remove = database.prepare('DELETE FROM cursor WHERE user = ? AND room = ? AND device = ?');
	}

	/** A position never goes back within its epoch. */
	save(cursor: Cursor, at: number): void {
		// SQLite would store half a surrogate pair as something else than what the checksum is made of.
		const [user, device, room] = [cursor.user.toWellFormed(), cursor.device.toWellFormed(), cursor.room.toWellFormed()];
		const { epoch, sequence } = cursor;
		const row = readTolerantly(this.#find, () => this.#find.get(user, device, room));
		const stored = row && soundCursor(row);
		if (row === undefined && Number(this.#count.get(user, room)?.['devices']) >= cursorDevices) {
			this.#makeRoom.run(user, room, cursorDevices - 1);
		}
		const furthest = stored?.epoch === epoch ? Math.max(stored.sequence, sequence) : sequence;
		this.#save.run(user, device, room, epoch, furthest, at, rowChecksum(user, device, room, epoch, furthest, at));
	}

	/**
	 * Looks at the next so many cursors, round and round, and removes those not saved since `before`, and damaged ones.
	 * Returns how many it removed.
	 */
	forget(before: number, count: number): number {
		let removed = 0;
		for (const row of this.#walk.step(count)) {
			const cursor = soundCursor(row);
			if (cursor === undefined || cursor.timestamp <= before) {
				removed += Number(this.#remove.run(...keyOf(row)).changes);
			}
		}
		return removed;
	}
}

/** Reads them. */
export class CursorReader {
	readonly #notice: (text: string) => void;
	readonly #list: StatementSync;
	readonly #told = new BoundedCache<string, true>(toldUsers);

	constructor(database: DatabaseSync, notice: (text: string) => void) {
		this.#notice = notice;
		this.#list = database.prepare(`SELECT ${columns} FROM cursor WHERE user = ? AND room = ?`);
	}

	/** Those of a user in a room. A damaged one is left out. */
	of(user: string, room: string): readonly Cursor[] {
		const rows: Row[] = readTolerantly(this.#list, () => this.#list.all(user, room));
		const sound = rows.map(soundCursor).filter((cursor) => cursor !== undefined);
		if (sound.length < rows.length && this.#told.get(user) === undefined) {
			this.#told.set(user, true);
			this.#notice(`Stored positions of ${JSON.stringify(user)} are damaged, and are left out`);
		}
		return sound.map(({ timestamp: _, ...cursor }) => cursor);
	}
}
