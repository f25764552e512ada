/**
 * Where the ids are that are still to be known: about 16 bytes of memory for each.
 *
 * An index on ids would be written to at a random place for each message, which costs a writer three times as much as
 * all the rest. This is only a hint: it names rows that may hold an id, and whoever asks looks at the row. So it may
 * name rows that were never committed, and needs no undoing.
 */

export class RecentIds {
	readonly #seed: number;
	/** In the order of their rows. Ids are forgotten by the slice. */
	#slices: Slice[] = [];
	#newestRow = 0;

	/** `seed` is any 32-bit number that strangers do not know: they may choose ids. */
	constructor(seed: number) {
		this.#seed = seed;
	}

	/** Notes that a row holds an id; all rows that are known are within 2^32 of each other. Rows come in their order. */
	add(roomKey: number, id: string, row: number): void {
		const slice = this.#slices.at(-1) ?? this.cut();
		slice.table.add(this.#hash(roomKey, id), row % 2 ** 32);
		slice.newestRow = row;
		this.#newestRow = row;
	}

	/** Begins a new slice. */
	cut(): Slice {
		const slice = { table: new RowTable(), newestRow: 0 };
		this.#slices.push(slice);
		return slice;
	}

	/** The first value that `look` finds in a row that may hold the id. */
	find<Value>(roomKey: number, id: string, look: (row: number) => Value | undefined): Value | undefined {
		const hash = this.#hash(roomKey, id);
		for (const { table } of this.#slices) {
			const found = table.find(hash, (low) => {
				const row = this.#newestRow - ((((this.#newestRow - low) % 2 ** 32) + 2 ** 32) % 2 ** 32);
				return look(row);
			});
			if (found !== undefined) {
				return found;
			}
		}
		return undefined;
	}

	/** Forgets the slices all of whose rows are below this one. */
	forget(before: number): void {
		this.#slices = this.#slices.filter(({ newestRow }) => newestRow >= before);
	}

	#hash(roomKey: number, id: string): number {
		let hash = this.#seed ^ Math.imul(roomKey, 0x9e3779b1);
		for (let index = 0; index < id.length; index += 1) {
			hash = Math.imul(hash ^ id.charCodeAt(index), 0x5bd1e995);
			hash ^= hash >>> 15;
		}
		hash = Math.imul(hash ^ (hash >>> 13), 0x85ebca6b);
		return (hash ^ (hash >>> 16)) >>> 0;
	}
}

interface Slice {
	readonly table: RowTable;
	newestRow: number;
}

/** A hash table from 32-bit hashes to 32-bit rows, with linear probing; a hash may have several rows. */
class RowTable {
	/** Pairs of hash and row. A hash of 0 marks a free place, and is kept as 1. */
	#pairs = new Uint32Array(2 * 1024);
	#size = 0;

	add(hash: number, row: number): void {
		if (this.#size >= this.#pairs.length * 0.35) {
			this.#grow();
		}
		this.#put(hash || 1, row);
		this.#size += 1;
	}

	find<Value>(hash: number, look: (row: number) => Value | undefined): Value | undefined {
		const pairs = this.#pairs;
		const last = pairs.length - 1;
		const sought = hash || 1;
		for (let place = this.#placeOf(sought); pairs[place] !== 0; place = (place + 2) & last) {
			if (pairs[place] === sought) {
				const found = look(pairs[place + 1] ?? 0);
				if (found !== undefined) {
					return found;
				}
			}
		}
		return undefined;
	}

	#put(hash: number, row: number): void {
		const pairs = this.#pairs;
		const last = pairs.length - 1;
		let place = this.#placeOf(hash);
		while (pairs[place] !== 0) {
			place = (place + 2) & last;
		}
		pairs[place] = hash;
		pairs[place + 1] = row;
	}

	/** The length is a power of two, so that a bit mask does what would take a division. */
	#placeOf(hash: number): number {
		return (hash << 1) & (this.#pairs.length - 1);
	}

	#grow(): void {
		const old = this.#pairs;
		this.#pairs = new Uint32Array(old.length * 2);
		for (let place = 0; place < old.length; place += 2) {
			const hash = old[place] ?? 0;
			if (hash !== 0) {
				this.#put(hash, old[place + 1] ?? 0);
			}
		}
	}
}
