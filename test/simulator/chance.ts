/**
 * Streams of chance, each named by the seed and what it is for: what is drawn for one purpose does not depend on how much
 * was drawn for another, so that a scenario with an action less stays much the same.
 */
export class Chance {
	#state: number;

	constructor(...name: readonly (string | number)[]) {
		let hash = 0x811c9dc5;
		for (const part of name) {
			for (const character of `${part}/`) {
				hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
			}
		}
		this.#state = mix(hash);
	}

	/** A number in [0, 1): mulberry32. */
	next(): number {
		this.#state = (this.#state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	}

	/** True with this chance. */
	is(chance: number): boolean {
		return this.next() < chance;
	}

	/** A whole number, both ends included. */
	whole(least: number, most: number): number {
		return least + Math.floor(this.next() * (most - least + 1));
	}

	/** A number whose logarithm is spread evenly: small ones are as likely as large ones. */
	scale(least: number, most: number): number {
		return Math.round(least * (most / least) ** this.next());
	}

	pick<Value>(values: readonly [Value, ...Value[]]): Value {
		return values[this.whole(0, values.length - 1)] ?? values[0];
	}

	/** One of the keys; each as likely as its weight says. */
	weighted<Key extends string>(weights: Readonly<Record<Key, number>>): Key {
		const entries = Object.entries(weights) as [Key, number][];
		let left = this.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
		for (const [key, weight] of entries) {
			left -= weight;
			if (left < 0) {
				return key;
			}
		}
		throw new Error('Expected weights above 0');
	}
}

function mix(bits: number): number {
	let mixed = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
	mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
	return mixed ^ (mixed >>> 16);
}
