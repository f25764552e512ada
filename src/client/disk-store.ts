/**
 * What a person has not sent, where they stood and what they were typing, on disk: it survives the end of the process,
 * however it comes. Several runs of one person may have it open at once; each has its own unsent lines and drafts, and those
 * of a run that is over go to the next one that opens it.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Position } from '../protocol/frames.ts';
import { cleanLine } from '../protocol/text.ts';
import { reasonOf } from '../sqlite/node-sqlite.ts';
import { beginRun, checksum, type Found, type Owner, type Waiting } from './disk-store-beginning.ts';
import { isDamage, openStateFile, type StateFile, StateFileError, stateFileName } from './disk-store-file.ts';
import type { ClientStore, StoredParcel } from './store.ts';

/** How long positions and drafts may wait to be written together, in ms; a write that failed is tried again as often. */
const lazyMs = 1000;

const inMemoryOnly = 'Unsent lines and drafts are kept in memory only';

export interface DiskStore extends ClientStore {
	/** What was typed in each room and not sent, by this run, or by runs that were over when it began. */
	readonly drafts: ReadonlyMap<string, string>;
	/** Where this person stood in each room, as `position` tells it. */
	readonly positions: ReadonlyMap<string, Position>;
	/** Keeps what is typed in a room; an empty text ends it. Written with the next line, or within a second. */
	saveDraft(room: string, text: string): void;
	/** The unsent lines of this run that are on disk, in order. It still tells after `close`. */
	readonly kept: readonly StoredParcel[];
	/** Those that are not, because they could not be written. It still tells after `close`. */
	readonly unkept: readonly StoredParcel[];
}

export interface DiskStoreOptions {
	/** Made, for its owner alone, when there is none. */
	readonly directory: string;
	/** Which broker it is: host, port and path. */
	readonly broker: string;
	/** The name that is asked for there. */
	readonly nick: string;
	/** Something that a person should know, in one line. May be called before this returns. */
	readonly onNotice: (text: string, level: 'info' | 'warning') => void;
	/** ms since 1970. @default Date.now */
	readonly now?: () => number;
}

/** Opens the store. It never fails: when nothing can be kept on disk it says so once and keeps it in memory. */
export function openDiskStore(options: DiskStoreOptions): DiskStore {
	const { directory, onNotice, now = Date.now } = options;
	const warn = (text: string) => onNotice(text, 'warning');
	const owner = { broker: options.broker.toWellFormed(), nick: options.nick.toWellFormed() };
	try {
		return openStateFile({ directory, now: now(), onNotice: warn }, (file, isLive) => {
			const { damaged, others, ...found } = beginRun(file, { ...owner, isLive, now: now() });
			if (damaged > 0) {
				const entries = damaged === 1 ? '1 entry' : `${damaged} entries`;
				warn(`${entries} of ${file.path} could not be read and ${damaged === 1 ? 'was' : 'were'} dropped`);
			}
			if (others.length > 0) {
				onNotice(waitingText(others), 'info');
			}
			return new StateOnDisk({ file, ...owner, onNotice, now, ...found });
		});
	} catch (error) {
		if (!(error instanceof StateFileError)) {
			throw error;
		}
		const earlier = existsSync(join(directory, stateFileName))
			? '; those of earlier runs stay on disk and are not sent in this run'
			: '';
		warn(`${error.message}. ${inMemoryOnly}${earlier}`);
		const nothing = { parcels: [], positions: new Map(), drafts: new Map() };
		return new StateOnDisk({ file: undefined, ...owner, onNotice, now, device: randomUUID(), ...nothing });
	}
}

/** Who has most lines comes first; one line is enough for all. */
function waitingText(others: readonly Waiting[]): string {
	const [first, ...rest] = others
		.toSorted((one, other) => other.count - one.count)
		.map(({ count, broker, nick }) => {
			const [lines, wait, them] = count === 1 ? ['line', 'waits', 'it'] : ['lines', 'wait', 'them'];
			const how = `start natter there as ${cleanLine(nick)} to send ${them}`;
			return `${count} ${lines} ${wait} for ${cleanLine(broker)} (${how})`;
		});
	return rest.length === 0
		? `${first}`
		: `${first}, and more for ${rest.length} other ${rest.length === 1 ? 'start' : 'starts'}`;
}

interface Parts extends Omit<Found, 'damaged' | 'others'>, Owner {
	/** Absent: nothing can be kept on disk. */
	readonly file: StateFile | undefined;
	readonly onNotice: DiskStoreOptions['onNotice'];
	readonly now: () => number;
}

class StateOnDisk implements DiskStore {
	readonly device: string;
	readonly #owner: Owner;
	readonly #onNotice: DiskStoreOptions['onNotice'];
	readonly #now: () => number;
	#file: StateFile | undefined;
	readonly #adopted: readonly StoredParcel[];
	/** Every unsent line of this run, in order. */
	readonly #lines: Map<string, StoredParcel>;
	/** Where each unsent line of this run is on disk. */
	readonly #places: Map<string, number>;
	readonly #positions: Map<string, Position>;
	readonly #drafts: Map<string, string>;
	/** What is not written yet. A line that is `undefined` is to be forgotten. */
	readonly #newParcels = new Map<string, StoredParcel | undefined>();
	readonly #newPositions = new Map<string, { readonly position: Position; readonly isStepBack: boolean }>();
	readonly #newDrafts = new Map<string, string>();
	#timer: NodeJS.Timeout | undefined;
	/** The last try failed, and that was told. Only the timer tries again: a try may wait, and everything waits with it. */
	#isFailing = false;

	constructor({ file, broker, nick, onNotice, now, device, parcels, positions, drafts }: Parts) {
		this.#file = file;
		this.#owner = { broker, nick };
		this.#onNotice = onNotice;
		this.#now = now;
		this.device = device;
		this.#adopted = parcels.map(([, parcel]) => parcel);
		this.#lines = new Map(parcels.map(([, parcel]) => [parcel.cid, parcel]));
		this.#places = new Map(parcels.map(([place, { cid }]) => [cid, place]));
		this.#positions = positions;
		this.#drafts = drafts;
	}

	adopt(): readonly StoredParcel[] {
		return this.#adopted;
	}

	get kept(): readonly StoredParcel[] {
		return [...this.#lines.values()].filter(({ cid }) => this.#places.has(cid));
	}

	get unkept(): readonly StoredParcel[] {
		return [...this.#lines.values()].filter(({ cid }) => !this.#places.has(cid));
	}

	get drafts(): ReadonlyMap<string, string> {
		return this.#drafts;
	}

	keep(parcel: StoredParcel): void {
		this.#lines.set(parcel.cid, parcel);
		this.#newParcels.set(parcel.cid, parcel);
		this.#writeNow();
	}

	forget(cid: string): void {
		this.#lines.delete(cid);
		if (this.#places.has(cid)) {
			this.#newParcels.set(cid, undefined);
			this.#writeNow();
		} else {
			this.#newParcels.delete(cid);
		}
	}

	get positions(): ReadonlyMap<string, Position> {
		return this.#positions;
	}

	position(room: string): Position | undefined {
		return this.#positions.get(room.toWellFormed());
	}

	savePosition(room: string, { epoch, sequence }: Position): void {
		const name = room.toWellFormed();
		const position = { epoch: epoch.toWellFormed(), sequence };
		const before = this.#positions.get(name);
		// Only who has been further and was set back knows that a lower number is the newer one.
		const isStepBack = before?.epoch === position.epoch && sequence < before.sequence;
		const wasStepBack = this.#newPositions.get(name)?.isStepBack ?? false;
		this.#positions.set(name, position);
		this.#newPositions.set(name, { position, isStepBack: isStepBack || wasStepBack });
		this.#writeSoon();
	}

	saveDraft(room: string, text: string): void {
		const name = room.toWellFormed();
		if (text === '') {
			this.#drafts.delete(name);
		} else {
			this.#drafts.set(name, text);
		}
		this.#newDrafts.set(name, text);
		this.#writeSoon();
	}

	close(): void {
		this.#file?.insist();
		this.#write();
		clearTimeout(this.#timer);
		this.#timer = undefined;
		this.#file?.close();
		this.#file = undefined;
	}

	#writeNow(): void {
		if (this.#isFailing) {
			this.#writeSoon();
		} else {
			this.#write();
		}
	}

	#writeSoon(): void {
		if (this.#file !== undefined) {
			this.#timer ??= setTimeout(() => {
				this.#timer = undefined;
				this.#write();
			}, lazyMs).unref();
		}
	}

	/** Writes all that is new in one transaction, or says once that it cannot and keeps it for the next try. */
	#write(): void {
		const file = this.#file;
		if (file !== undefined && !file.isThere()) {
			this.#onNotice(`${file.path} was removed. ${inMemoryOnly}`, 'warning');
			this.#giveUp(file);
			return;
		}
		if (file === undefined || this.#newParcels.size + this.#newPositions.size + this.#newDrafts.size === 0) {
			return;
		}
		try {
			const places = this.#writeTo(file);
			for (const [cid, place] of places) {
				if (place === undefined) {
					this.#places.delete(cid);
				} else {
					this.#places.set(cid, place);
				}
			}
			this.#newParcels.clear();
			this.#newPositions.clear();
			this.#newDrafts.clear();
			if (this.#isFailing) {
				this.#isFailing = false;
				this.#onNotice(`${file.path} can be written again: unsent lines and drafts are on disk`, 'info');
			}
		} catch (error) {
			this.#failed(file, error);
		}
	}

	/** Answers with the places that lines have got, and lost. */
	#writeTo({ database, run }: StateFile): ReadonlyMap<string, number | undefined> {
		const { broker, nick } = this.#owner;
		const places = new Map<string, number | undefined>();
		const saved = Math.trunc(this.#now());
		database.exec('BEGIN IMMEDIATE');
		for (const [cid, parcel] of this.#newParcels) {
			const place = this.#places.get(cid);
			if (parcel === undefined) {
				database.prepare('DELETE FROM outbox WHERE place = ?').run(place ?? null);
				places.set(cid, undefined);
				continue;
			}
			// Under the name that it is said by: after /nick another than this run began with.
			const speaker = parcel.nick.toWellFormed();
			const body = JSON.stringify(parcel);
			const crc = checksum(broker, speaker, run, body);
			if (place === undefined) {
				const insert = database.prepare('INSERT INTO outbox (broker, nick, run, body, crc) VALUES (?, ?, ?, ?, ?)');
				places.set(cid, Number(insert.run(broker, speaker, run, body, crc).lastInsertRowid));
			} else {
				database
					.prepare('UPDATE outbox SET nick = ?, body = ?, crc = ? WHERE place = ?')
					.run(speaker, body, crc, place);
			}
		}
		const key = [broker, nick] as const;
		for (const [room, { position, isStepBack }] of this.#newPositions) {
			const { epoch, sequence } = position;
			const crc = checksum(...key, room, epoch, sequence, saved);
			// Another run of the same person may be further.
			database
				.prepare(
					`INSERT INTO position VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
					SET epoch = excluded.epoch, seq = excluded.seq, saved = excluded.saved, crc = excluded.crc
					WHERE ? OR position.epoch <> excluded.epoch OR position.seq <= excluded.seq`,
				)
				.run(...key, room, epoch, sequence, saved, crc, Number(isStepBack));
		}
		for (const [room, text] of this.#newDrafts) {
			if (text === '') {
				database
					.prepare('DELETE FROM draft WHERE broker = ? AND nick = ? AND room = ? AND run = ?')
					.run(...key, room, run);
			} else {
				const body = JSON.stringify(text);
				const crc = checksum(...key, room, run, body, saved);
				database
					.prepare('INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?, ?, ?, ?)')
					.run(...key, room, run, body, saved, crc);
			}
		}
		database.exec('COMMIT');
		return places;
	}

	#failed(file: StateFile, error: unknown): void {
		try {
			file.database.exec('ROLLBACK');
		} catch {
			// A full disk has rolled it back already.
		}
		const isOver = isDamage(error, file.path);
		if (!this.#isFailing || isOver) {
			this.#isFailing = true;
			this.#onNotice(
				`Cannot write ${file.path}: ${reasonOf(error)}. ` +
					`${inMemoryOnly}${isOver ? '' : ' until it can be written again'}`,
				'warning',
			);
		}
		if (isOver) {
			this.#giveUp(file);
		} else {
			this.#writeSoon();
		}
	}

	#giveUp(file: StateFile): void {
		this.#file = undefined;
		this.#places.clear();
		file.close();
	}
}
