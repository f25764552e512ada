/** The wall clock, made to never go back: after it was set back it goes on from where it was. */
export class SteadyClock {
	readonly #wall: () => number;
	#last: number;
	#at: number;

	constructor(wall: () => number = Date.now) {
		this.#wall = wall;
		this.#last = wall();
		this.#at = this.#last;
	}

	/** How far the wall clock was set back in all: it shows `now()` less this. */
	get setBackMs(): number {
		return this.#at - this.#last;
	}

	/** ms since 1970. */
	now(): number {
		const wall = this.#wall();
		this.#at += Math.max(0, wall - this.#last);
		this.#last = wall;
		return this.#at;
	}
}

/** The one that this process goes by: only times of the same clock can be compared. */
export const steadyClock = new SteadyClock();
