/**
 * Misbehaves on purpose: turns a stream of messages in order into one with faults, so that a person can see what a client
 * does about them. A fault depends on the seed and the message's number alone.
 */
import type { ChaosOptions } from './options.ts';

type Fault = ChaosOptions['faults'][number];

interface Held<Item> {
	readonly item: Item;
	/** How many more messages pass before it. */
	behind: number;
	/** When it goes out at the latest. */
	readonly until: number;
}

/** The faults of one reader of one room. It holds at most 32 messages, each for at most 1 s. */
export class ChaosStream<Item> {
	readonly #faults: readonly Fault[];
	readonly #seed: number;
	#held: Held<Item>[] = [];

	constructor({ faults, seed }: { readonly faults: readonly Fault[]; readonly seed: number }) {
		this.#faults = faults;
		this.#seed = seed;
	}

	/** Takes the next message, at `at` ms, and returns what goes out now, in that order. */
	pass(sequence: number, item: Item, at: number): readonly Item[] {
		const [now, held] = this.#misplace(sequence, item, at);
		for (const earlier of this.#held) {
			earlier.behind -= 1;
		}
		const out = [...now, ...this.#release((earlier) => earlier.behind <= 0 || earlier.until <= at)];
		if (held !== undefined) {
			this.#held.push(held);
		}
		return out;
	}

	/** Returns the held messages whose time has come. */
	due(at: number): readonly Item[] {
		return this.#release(({ until }) => until <= at);
	}

	/** Drops what is held. */
	forget(): void {
		this.#held = [];
	}

	/** When `due` has something next; `undefined` when nothing is held. */
	get wakeAt(): number | undefined {
		return this.#held.length === 0 ? undefined : Math.min(...this.#held.map(({ until }) => until));
	}

	#misplace(sequence: number, item: Item, at: number): readonly [readonly Item[], Held<Item>?] {
		const chance = (salt: number) => fraction(this.#seed, sequence, salt);
		const fault = this.#faults[Math.floor(chance(1) * this.#faults.length)];
		if (chance(0) >= faultyShare || fault === undefined) {
			return [[item]];
		}
		if (fault === 'drop') {
			return [[]];
		}
		if (this.#held.length >= maxHeld) {
			return [[item]];
		}
		const behind = 1 + Math.floor(chance(2) * 3);
		switch (fault) {
			case 'reorder':
				return [[], { item, behind, until: at + maxHoldMs }];
			case 'dup':
				return [[item], { item, behind, until: at + maxHoldMs }];
			case 'delay':
				return [[], { item, behind: Number.POSITIVE_INFINITY, until: at + maxHoldMs * (0.3 + 0.7 * chance(3)) }];
		}
	}

	#release(isDue: (held: Held<Item>) => boolean): Item[] {
		const out = this.#held.filter(isDue).map(({ item }) => item);
		this.#held = this.#held.filter((held) => !isDue(held));
		return out;
	}
}

/** How long the answer to a client that asks for what comes after `sequence` is put off, in ms: 0.6 to 1.8 s. */
export function answerDelayMs({ seed }: { readonly seed: number }, sequence: number): number {
	return 600 + Math.floor(1200 * fraction(seed, sequence, 4));
}

/** The part of all messages that a fault befalls: enough to be seen within a few lines of talk. */
const faultyShare = 0.3;
const maxHeld = 32;
const maxHoldMs = 1000;

/** A number in [0, 1) that looks random and depends on its arguments alone. */
function fraction(seed: number, sequence: number, salt: number): number {
	let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(sequence + 0x7f4a7c15, 0xc2b2ae35);
	bits = Math.imul(bits ^ (bits >>> 16) ^ Math.imul(salt + 1, 0x27d4eb2f), 0x85ebca6b);
	bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
	return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
