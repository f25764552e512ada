/**
 * How often something may happen.
 */
export interface Rate {
	readonly perSecond: number;
	/** How many may come at once after silence. */
	readonly burst: number;
}

/**
 * A token bucket that holds one number: `burst` tokens when full, filled at `perSecond`. Times are ms of a clock that
 * begins at 0 and never steps back.
 */
export class TokenBucket {
	readonly #rate: Rate;
	/** When the bucket will be full again; as far ahead as there are tokens missing. */
	#fullAt = 0;

	constructor(rate: Rate) {
		this.#rate = rate;
	}

	/** Takes one token and returns 0; without one, takes nothing and returns how many ms from now there will be one. */
	take(at: number): number {
		const tokenMs = 1000 / this.#rate.perSecond;
		const fullAt = Math.max(this.#fullAt, at) + tokenMs;
		const waitMs = Math.ceil(fullAt - at - this.#rate.burst * tokenMs - rounding);
		if (waitMs > 0) {
			return waitMs;
		}
		this.#fullAt = fullAt;
		return 0;
	}
}

/** Sums of fractions may be this much off, in ms. */
const rounding = 1e-3;
