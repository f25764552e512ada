/**
 * The numbers that one run of a client gives to what it says in one room: `pseq` 1, 2, 3 ... in the order of the first
 * departure. The broker stores only the one after the last it stored. A publish keeps its number for every try, since it
 * may have been stored under it: a number too low lets the broker take one of the next ones instead, a number too high
 * is only refused.
 *
 * A broker that expects a number which was stored already has forgotten the producer, or has an older log. It may come to
 * know again what it knew, with yet another log, and take a number that was given anew for the one of before. And one that
 * expects a number above the one that it refuses has stored that, but has forgotten the publish itself: of the two inboxes
 * of a direct message the other may never have had it, and would expect it still. So there another series begins, under
 * the name of a producer that no log knows.
 */
export class Numbering {
	#next = 1;
	#highest = 0;
	/** The highest of the series that is known to be stored. */
	#stored = 0;
	#series = 0;

	/** Tells those apart that are counted from 1. */
	get series(): number {
		return this.#series;
	}

	take(): number {
		const pseq = this.#next;
		this.#next += 1;
		this.#highest = Math.max(this.#highest, pseq);
		return pseq;
	}

	/** A broker says that it has stored this one. */
	stored(pseq: number): void {
		this.#stored = Math.max(this.#stored, pseq);
	}

	/** Numbers `count` publishes anew, as a broker expects `pseq` in place of `refused`. Gives the first of their numbers. */
	restart(pseq: number, refused: number, count: number): number {
		const isStored = pseq <= this.#stored || pseq > refused;
		if (isStored) {
			this.#series += 1;
			this.#stored = 0;
			this.#highest = 0;
		}
		const first = isStored ? 1 : pseq;
		this.#next = first + count;
		this.#highest = Math.max(this.#highest, this.#next - 1);
		return first;
	}

	/** One of those given out was certainly not stored and never will be: all after it move down. */
	close(): void {
		this.#next -= 1;
	}

	/** Whether a broker can expect this number next. */
	canBeExpected(pseq: number): boolean {
		return pseq >= 1 && pseq <= this.#highest + 1;
	}
}
