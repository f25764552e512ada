/**
 * How often it is said that somebody is typing: both ends keep this pace, the client by room, the broker by person. There
 * is no timer: what was said lapses by itself, and is forgotten when something else is said. Times are ms of a clock that
 * never steps back.
 */
import type { TypingState } from './frames.ts';

interface Pace {
	/** From when on it is as if nothing had been said: so far ahead as there were words lately. */
	clearAt: number;
	/** Until when the last word holds, if that was `typing`. */
	holdsUntil: number;
}

/** Words that may come at once: that somebody types, has stopped, and types again. */
const burst = 3;

export class TypingPace {
	readonly #everyMs: number;
	/** Those of whom something was said lately, the one of whom that is longest ago first. */
	readonly #paces = new Map<string, Pace>();

	/** `everyMs`: how far two words on one of them are apart, on average; each holds for twice as long. */
	constructor(everyMs: number) {
		this.#everyMs = everyMs;
	}

	/** How many are remembered. */
	get size(): number {
		return this.#paces.size;
	}

	/** Whether this is to be said now: it is news, or will not be known for long any more, and there were not too many words. */
	takes(who: string, state: TypingState, at: number): boolean {
		this.#sweep(at);
		const known = this.#paces.get(who) ?? { clearAt: at, holdsUntil: at };
		const isDue = state === 'typing' ? at >= known.holdsUntil - this.#everyMs : at < known.holdsUntil;
		const clearAt = Math.max(known.clearAt, at) + this.#everyMs;
		if (!isDue || clearAt - at > burst * this.#everyMs) {
			return false;
		}
		this.#paces.delete(who);
		this.#paces.set(who, { clearAt, holdsUntil: state === 'typing' ? at + 2 * this.#everyMs : at });
		return true;
	}

	/** They have said what they typed: nobody has to be told that they stopped. */
	spoke(who: string): void {
		const pace = this.#paces.get(who);
		if (pace !== undefined) {
			pace.holdsUntil = Number.NEGATIVE_INFINITY;
		}
	}

	#sweep(at: number): void {
		for (const [who, { clearAt, holdsUntil }] of this.#paces) {
			if (at < clearAt || at < holdsUntil) {
				break;
			}
			this.#paces.delete(who);
		}
	}
}
