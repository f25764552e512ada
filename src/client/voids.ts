import type { Void } from './log-page.ts';

/** Ranges that are kept: a page of the log can have one between any two of its messages. */
const maxVoids = 512;

/** Numbers that are known to be gone, until the room's position has passed them. */
export class Voids {
	#ranges: Void[] = [];

	get isEmpty(): boolean {
		return this.#ranges.length === 0;
	}

	get ranges(): readonly Void[] {
		return this.#ranges;
	}

	/**
	 * What was said first of a number holds. When that is too many, the range that begins highest goes: the lowest is the next
	 * to be passed, and what there is of the other can be asked for when its turn comes.
	 */
	add(range: Void): void {
		if (range.to < range.from) {
			return;
		}
		this.#ranges.push(range);
		if (this.#ranges.length > maxVoids) {
			const highest = Math.max(...this.#ranges.map(({ from }) => from));
			this.#ranges.splice(
				this.#ranges.findLastIndex(({ from }) => from === highest),
				1,
			);
		}
	}

	/** The range with this number. */
	at(sequence: number): Void | undefined {
		return this.#ranges.find(({ from, to }) => from <= sequence && sequence <= to);
	}

	/** Forgets what lies up to `position`. */
	passed(position: number): void {
		if (this.#ranges.length > 0) {
			this.#ranges = this.#ranges.filter(({ to }) => to > position);
		}
	}

	clear(): void {
		this.#ranges = [];
	}
}
