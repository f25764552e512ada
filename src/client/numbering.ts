/**
 * The numbers that one run of a client gives to what it says in one room: `pseq` 1, 2, 3 ... in the order of the first
 * departure. The broker stores only the one after the last it stored. A publish keeps its number for every try, since it
 * may have been stored under it: a number too low lets the broker take one of the next ones instead, a number too high
 * is only refused.
 */
export class Numbering {
	#next = 1;
	#highest = 0;

	take(): number {
		const pseq = this.#next;
		this.#next += 1;
		this.#highest = Math.max(this.#highest, pseq);
		return pseq;
	}

	/** Numbers `count` publishes anew from `first` on. */
	restart(first: number, count: number): void {
		this.#next = first + count;
		this.#highest = Math.max(this.#highest, this.#next - 1);
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
