import type { Surroundings } from '../../src/broker/surroundings.ts';

/** An event loop whose time passes when the test says so, and while something is done that takes time. */
export class Loop implements Pick<Surroundings, 'elapsed' | 'after' | 'soon'> {
	at = 0;
	/** Turns that ended. */
	turns = 0;
	/** The longest of them, in ms. */
	longest = 0;
	/** By how much timers are up early, in ms. */
	earlyMs = 0;
	/** Timers that were set. */
	timersSet = 0;
	#timers: { readonly at: number; readonly run: () => void }[] = [];
	#soon: (() => void)[] = [];

	elapsed(): number {
		return this.at;
	}

	after(ms: number, run: () => void): () => void {
		const timer = { at: this.at + Math.max(0.1, ms - this.earlyMs), run };
		this.timersSet += 1;
		this.#timers.push(timer);
		return () => {
			this.#timers = this.#timers.filter((other) => other !== timer);
		};
	}

	soon(run: () => void): void {
		this.#soon.push(run);
	}

	/** How many are still to be up. */
	get timers(): number {
		return this.#timers.length;
	}

	get isIdle(): boolean {
		return this.#soon.length === 0;
	}

	endTurn(): void {
		const began = this.at;
		this.turns += 1;
		for (const run of this.#soon.splice(0)) {
			run();
		}
		this.longest = Math.max(this.longest, this.at - began);
	}

	/** Goes on until then, and ends the turns that timers begin. */
	until(at: number): void {
		for (;;) {
			while (!this.isIdle) {
				this.endTurn();
			}
			const next = this.#timers.toSorted((one, other) => one.at - other.at)[0];
			if (next === undefined || next.at > at) {
				this.at = Math.max(this.at, at);
				return;
			}
			this.#timers = this.#timers.filter((timer) => timer !== next);
			this.at = Math.max(this.at, next.at);
			next.run();
		}
	}
}
