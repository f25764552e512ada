/**
 * When to ask for what is missing in a room, how, and when to give up. It knows time, not numbers.
 *
 *   nothing missing --missing--> grace --> asked --answered without help, or not at all--> asked again ...
 *         ^------- any progress of the room starts this over -------'        '--> given up after `giveUpMs`
 */
export interface RepairOptions {
	/** How long to wait until the broker is asked, in ms. */
	readonly graceMs: number;
	/** How long a gap may stay open, in ms. */
	readonly giveUpMs: number;
}

export class Repair {
	readonly #options: RepairOptions;
	/** How long an answer may take, so that there are a few tries before giving up. */
	readonly #answerMs: number;
	/** When something was seen to be missing, or the room last made progress since; `undefined` when nothing is. */
	#since: number | undefined;
	#nextAskAt = 0;
	#firstAskedAt: number | undefined;
	#askedAt: number | undefined;
	#awaiting = false;
	#failures = 0;
	#hasOverflowed = false;

	constructor(options: RepairOptions) {
		this.#options = options;
		this.#answerMs = Math.max(1000, Math.min(10_000, (options.giveUpMs - options.graceMs) / 4));
	}

	/** When the broker was last asked about the present gap. */
	get askedAt(): number | undefined {
		return this.#askedAt;
	}

	get wakeAt(): number | undefined {
		return this.#since === undefined ? undefined : Math.min(this.#nextAskAt, this.#giveUpAt);
	}

	/** The room does, or does not, lack something now. */
	watch(isMissing: boolean, at: number): void {
		if (!isMissing) {
			this.rest();
		} else if (this.#since === undefined) {
			this.#open(at);
		}
	}

	/** The room made progress: what is missing now, if anything, is another gap. */
	moved(at: number): void {
		if (this.#since !== undefined) {
			this.#open(at);
		}
	}

	/** Nothing is to be asked, or nobody can be. */
	rest(): void {
		this.#since = undefined;
		this.#firstAskedAt = undefined;
		this.#askedAt = undefined;
		this.#hasOverflowed = false;
	}

	/** The answer did not help. */
	failed(at: number): void {
		if (this.#awaiting) {
			this.#awaiting = false;
			this.#failures += 1;
			this.#nextAskAt = at + Math.min(this.#answerMs, 1000);
		}
	}

	/** Asks without waiting for the grace period. */
	hurry(at: number): void {
		this.#nextAskAt = Math.min(this.#nextAskAt, at);
	}

	/** More was early than can be held. */
	overflowed(at: number): void {
		if (!this.#hasOverflowed) {
			this.#hasOverflowed = true;
			this.#failures = mostFailures;
			this.#nextAskAt = at;
		}
	}

	due(at: number): 'history' | 'subscribe' | 'give up' | undefined {
		if (this.#since === undefined) {
			return undefined;
		}
		if (at - Math.min(this.#nextAskAt, this.#giveUpAt) > this.#answerMs) {
			// Nobody looked for that long: this computer slept, or its clock leapt. Then no answer was missing either.
			this.#open(at);
			this.#nextAskAt = at;
		}
		if (at >= this.#giveUpAt) {
			return 'give up';
		}
		if (at < this.#nextAskAt) {
			return undefined;
		}
		if (this.#awaiting) {
			this.#failures += 1;
		}
		const asksAnew = this.#failures >= mostFailures;
		if (asksAnew) {
			this.#failures = 0;
		}
		this.#awaiting = true;
		this.#askedAt = at;
		this.#firstAskedAt ??= at;
		this.#nextAskAt = at + this.#answerMs;
		return asksAnew ? 'subscribe' : 'history';
	}

	#open(at: number): void {
		this.#since = at;
		this.#nextAskAt = at + this.#options.graceMs;
		this.#firstAskedAt = undefined;
		this.#askedAt = undefined;
		this.#awaiting = false;
		this.#failures = 0;
		this.#hasOverflowed = false;
	}

	/** Counted from the first question. */
	get #giveUpAt(): number {
		const { giveUpMs, graceMs } = this.#options;
		return this.#firstAskedAt === undefined ? Infinity : this.#firstAskedAt + Math.max(0, giveUpMs - graceMs);
	}
}

const mostFailures = 2;
