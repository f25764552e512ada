/**
 * The numbers that one run of a client gives to what it says in one room: `pseq` 1, 2, 3 ... in the order of the first
 * departure. The broker stores only the one after the last it stored. A publish keeps its number for every try, since it
 * may have been stored under it: a number too low lets the broker take one of the next ones instead, a number too high
 * is only refused.
 *
 * A broker that expects another number than it gets knows something else of the producer: it has forgotten it, or one of
 * its publishes, or has an older log, and may come to know again what it knew; of the two inboxes of a direct message one
 * may have what the other has not. No number is right for all of that, and one that was given anew may be taken for
 * another. So there another series begins, under the name of a producer that no log knows.
 */
export class Numbering {
	#next = 1;
	#highest = 0;
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

	/** Begins another series, whose first `count` numbers are taken. */
	restart(count: number): void {
		this.#series += 1;
		this.#next = 1 + count;
		this.#highest = count;
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
