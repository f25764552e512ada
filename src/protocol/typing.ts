/**
 * How often it is said that somebody is typing: both ends keep this pace, the client by room, the broker by person. There
 * is no timer: what was said lapses by itself, and is forgotten when something else is said. Times are ms of a clock that
 * never steps back.
 */
import type { TypingState } from './frames.ts';

interface Pace {
	/** From when on there may be another word. */
	mayAt: number;
	/** Until when the last word holds, if that was `typing`. */
	holdsUntil: number;
}

export class TypingPace {
	readonly #everyMs: number;
	/** Those of whom something was said lately, the one of whom that is longest ago first. */
	readonly #paces = new Map<string, Pace>();

	/** `everyMs`: how far two words of one are apart, on average; each holds for twice as long. */
	constructor(everyMs: number) {
		this.#everyMs = everyMs;
	}

	/** How many are remembered. */
	get size(): number {
		return this.#paces.size;
	}

	/** Whether this is to be said now: it is news, and not too soon. That somebody has stopped does not wait, but what follows does. */
	takes(who: string, state: TypingState, at: number): boolean {
		this.#sweep(at);
		const { mayAt, holdsUntil } = this.#paces.get(who) ?? { mayAt: at, holdsUntil: at };
		if (state === 'typing' ? at < mayAt : at >= holdsUntil) {
			return false;
		}
		this.#paces.delete(who);
		this.#paces.set(who, {
			mayAt: Math.max(mayAt, at) + this.#everyMs,
			holdsUntil: state === 'typing' ? at + 2 * this.#everyMs : at,
		});
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
		for (const [who, { mayAt, holdsUntil }] of this.#paces) {
			if (at < mayAt || at < holdsUntil) {
				break;
			}
			this.#paces.delete(who);
		}
	}
}
