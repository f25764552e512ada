/**
 * A disk that holds one journal: records that were written, of which only those that were fsynced are sure to survive.
 * What it does at a crash is its own choice, within what real disks do.
 */
import { crc32 } from 'node:zlib';
import type { Cursor, Draft, RecordChange, RecordGuard } from '../../src/engines/engine.ts';
import type { Chance } from './chance.ts';

/** The broker's wall clock, and its clock that never steps. */
export interface Times {
	readonly at: number;
	readonly elapsed: number;
}

/** An epoch, and up to which numbers it is the same log as the one before. */
export interface Beginning {
	readonly epoch: string;
	readonly heads: Readonly<Record<string, number>>;
	/** It was begun without a word of the one before. */
	readonly isForgotten: boolean;
}

/** One change to the rooms, as it is done again at each start. */
export type Change =
	| ({ readonly type: 'append'; readonly room: string; readonly draft: Draft } & Times)
	| { readonly type: 'clear'; readonly room: string; readonly provided: readonly RecordGuard[] }
	| ({ readonly type: 'sweep' } & Times)
	| { readonly type: 'cursors'; readonly cursors: readonly Cursor[] }
	| { readonly type: 'records'; readonly changes: readonly RecordChange[] }
	/** From here on numbers belong to this epoch; up to `heads` they are those of the epoch before. */
	| ({ readonly type: 'epoch' } & Beginning);

export class Disk {
	/** Text of a record: its checksum, a blank, JSON of its changes. */
	#records: string[] = [];
	/** How many of them were fsynced. */
	#synced = 0;
	/** Nothing more can be written. */
	isFull = false;
	/** The next fsync fails. */
	failsNextSync = false;

	/** One record is one transaction: it is read whole or not at all. False when there is no space, nor one kept aside. */
	write(changes: readonly Change[], { isReserved = false } = {}): boolean {
		if (this.isFull && !isReserved) {
			return false;
		}
		const json = JSON.stringify(changes);
		this.#records.push(`${crc32(json)} ${json}`);
		return true;
	}

	/** False when it failed: then nothing is known of what was written since the last one. */
	sync(): boolean {
		if (this.failsNextSync) {
			this.failsNextSync = false;
			return false;
		}
		this.#synced = this.#records.length;
		return true;
	}

	/** The machine stops: of what was not fsynced any part may be left, the last record of it cut in two. True when so. */
	crash(chance: Chance): boolean {
		const unsynced = this.#records.splice(this.#synced);
		const survivors = unsynced.slice(0, chance.whole(0, unsynced.length));
		const torn = survivors.at(-1);
		const isTorn = torn !== undefined && chance.is(0.6);
		if (isTorn) {
			survivors.splice(-1, 1, torn.slice(0, chance.whole(0, torn.length - 1)));
		}
		this.#records.push(...survivors);
		return isTorn;
	}

	/** Reads the journal as far as it is whole, and cuts off the rest. What was read is durable afterwards. */
	read(): readonly Change[] {
		const changes: Change[] = [];
		let whole = 0;
		for (const record of this.#records) {
			const json = record.slice(record.indexOf(' ') + 1);
			if (record !== `${crc32(json)} ${json}`) {
				break;
			}
			changes.push(...(JSON.parse(json) as Change[]));
			whole += 1;
		}
		this.#records.length = whole;
		this.#synced = whole;
		return changes;
	}

	/** A copy of what is safe on the disk now. */
	copy(): readonly string[] {
		return this.#records.slice(0, this.#synced);
	}

	/** Puts a copy in the place of what is there. */
	restore(copy: readonly string[]): void {
		this.#records = [...copy];
		this.#synced = copy.length;
	}
}
