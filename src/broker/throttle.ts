/** How often something may happen for each of many, who come and go. Times are ms of a clock that never steps back. */
import type { Rate } from './rate.ts';

/** Of more than these at once the longest known are forgotten; whoever has so many addresses is not held up by this. */
const mostKeys = 20_000;

export class Throttle {
	readonly #tokenMs: number;
	readonly #roomMs: number;
	/** When each is as if it had never done anything. Those who are that already may be in it until the next sweep. */
	readonly #clearAt = new Map<string, number>();

	constructor({ perSecond, burst }: Rate) {
		this.#tokenMs = 1000 / perSecond;
		this.#roomMs = burst * this.#tokenMs;
	}

	/** 0 when it may happen now, else in how many ms. */
	waitMs(key: string, at: number): number {
		const clearAt = Math.max(this.#clearAt.get(key) ?? at, at);
		return Math.max(0, Math.ceil(clearAt + this.#tokenMs - at - this.#roomMs - rounding));
	}

	/** It happened, if it may: otherwise it does not count. Returns the same as `waitMs` did before. */
	take(key: string, at: number): number {
		const waitMs = this.waitMs(key, at);
		if (waitMs === 0) {
			const clearAt = Math.max(this.#clearAt.get(key) ?? at, at) + this.#tokenMs;
			this.#clearAt.delete(key);
			this.#clearAt.set(key, clearAt);
			this.#sweep(at);
		}
		return waitMs;
	}

	#sweep(at: number): void {
		if (this.#clearAt.size <= mostKeys) {
			return;
		}
		for (const [key, clearAt] of this.#clearAt) {
			if (clearAt <= at) {
				this.#clearAt.delete(key);
			}
		}
		// Most of them have just come: half go, so that this is not done for each.
		for (const key of this.#clearAt.keys()) {
			if (this.#clearAt.size <= mostKeys / 2) {
				break;
			}
			this.#clearAt.delete(key);
		}
	}
}

/** Sums of fractions may be this much off, in ms. */
const rounding = 1e-3;
