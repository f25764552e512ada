/**
 * How much may wait in all lines together until readers take it: above a limit each reader may keep less waiting, and
 * above twice that nobody new is let in and nothing is published.
 */
export interface Backlog {
	/** Bytes that wait in all lines. */
	readonly unsent: number;
	/** Lines in which something waits. */
	readonly lines: number;
}

/**
 * Adding up all lines costs more than a message may cost. So it is done now and then, what is written meanwhile is taken
 * to wait, and only when that sum would have an effect are the lines added up again.
 */
export class Governor {
	readonly #limit: number;
	readonly #addUp: () => Backlog;
	/** Never below the true sum, save for the few bytes of pings and closes. */
	#estimate = 0;
	/** The estimate at which the lines are added up again. */
	#checkAt: number;
	/** Nothing was written since the lines were added up. */
	#isExact = true;
	#allowance = maxUnsent;

	constructor(limit: number, addUp: () => Backlog) {
		this.#limit = limit;
		this.#checkAt = limit;
		this.#addUp = addUp;
	}

	/** A reader in whose line more bytes wait than this gets nothing live, and no request of its client is handled. */
	get allowance(): number {
		return this.#allowance;
	}

	/** Whether new connections and publishes are to be refused. An overload is seen to end at the next `measure`. */
	get isOverloaded(): boolean {
		if (this.#estimate > 2 * this.#limit && !this.#isExact) {
			this.measure();
		}
		return this.#estimate > 2 * this.#limit;
	}

	/** Notes that bytes were written to a line, which has them already. */
	wrote(bytes: number): void {
		this.#isExact = false;
		this.#estimate += bytes;
		if (this.#estimate > this.#checkAt) {
			this.measure();
		}
	}

	/** Adds up all lines. To be called often. */
	measure(): void {
		const { unsent, lines } = this.#addUp();
		this.#estimate = unsent;
		this.#isExact = true;
		this.#checkAt = Math.max(this.#limit, unsent + this.#limit / 16);
		this.#allowance =
			unsent <= this.#limit ? maxUnsent : Math.min(maxUnsent, Math.max(minUnsent, Math.floor(this.#limit / lines)));
	}
}

const maxUnsent = 1024 * 1024;
/** Less would not be one write of a page. */
const minUnsent = 16 * 1024;
