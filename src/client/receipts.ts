import type { Receipt } from './client.ts';

/** The last receive events of a room, oldest first: the proof of its order. */
export class Receipts {
	/** A ring: once full, `#next` is the oldest and the next to be replaced. */
	readonly #ring: Receipt[] = [];
	readonly #limit: number;
	#next = 0;

	constructor(limit = 200) {
		this.#limit = limit;
	}

	add(at: number, sequence: number, what: Receipt['what']): void {
		this.#ring[this.#next] = { at, sequence, what };
		this.#next = (this.#next + 1) % this.#limit;
	}

	/** Notes a range; of a long one only its beginning, so that it does not push out everything else. */
	addRange(at: number, from: number, to: number, what: Receipt['what']): void {
		const end = Math.min(to, from + rangeLimit - 1);
		for (let sequence = from; sequence <= end; sequence++) {
			this.add(at, sequence, what);
		}
	}

	/** Forgets numbers above this one: they are given anew, to other messages. */
	forgetAbove(sequence: number): void {
		const kept = this.list().filter((receipt) => receipt.sequence <= sequence);
		this.#ring.splice(0, this.#ring.length, ...kept);
		this.#next = kept.length % this.#limit;
	}

	list(): readonly Receipt[] {
		return this.#ring.length < this.#limit
			? [...this.#ring]
			: [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
	}
}

const rangeLimit = 32;
