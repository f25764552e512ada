/**
 * How long things that are due wait for the event loop: what the work of one turn costs everybody else. Pure: somebody looks
 * at the time again and again, and how much later a look comes than it was due is what everything waited.
 */

/** In ms. */
export interface Delays {
	readonly p50: number;
	readonly p99: number;
	readonly max: number;
}

/** How often to look, in ms: often enough for what somebody would notice, and hardly any work for an idle computer. */
export const lookEveryMs = 100;

const minuteMs = 60_000;

/** There are not more looks in a minute, and fewer by what the loop was late. */
const remembered = minuteMs / lookEveryMs;

/** Late by so much is worth a word, in ms, and not more often than this. */
const stallMs = 1000;
const tellEveryMs = 10_000;

export class LoopDelay {
	/** How late each was, in ms; the next one takes the place of the oldest. */
	readonly #looks = new Float64Array(remembered);
	/** When each came. */
	readonly #times = new Float64Array(remembered);
	#count = 0;
	#dueAt: number;
	/** The longest that is to be told, in ms. */
	#untoldMs = 0;
	#toldAt = Number.NEGATIVE_INFINITY;

	/** `at` is when the first look is waited for, in ms of a clock that never steps back, as are those of the looks. */
	constructor(at: number) {
		this.#dueAt = at + lookEveryMs;
	}

	/** A look. Returns what is to be told, in ms: how late it is, or the latest since something was told. */
	look(at: number): number | undefined {
		const lateMs = Math.max(0, at - this.#dueAt);
		this.#looks[this.#count % remembered] = lateMs;
		this.#times[this.#count % remembered] = at;
		this.#count += 1;
		this.#dueAt = at + lookEveryMs;
		if (lateMs >= stallMs) {
			this.#untoldMs = Math.max(this.#untoldMs, lateMs);
		}
		if (this.#untoldMs === 0 || at - this.#toldAt < tellEveryMs) {
			return undefined;
		}
		const told = Math.round(this.#untoldMs);
		this.#untoldMs = 0;
		this.#toldAt = at;
		return told;
	}

	/** Those of the minute before the last look; `undefined` before the first look. */
	get delays(): Delays | undefined {
		const from = this.#dueAt - lookEveryMs - minuteMs;
		const isRecent = (_: number, index: number) => (this.#times[index] ?? 0) > from;
		const looks = this.#looks.slice(0, this.#count).filter(isRecent).sort();
		const rank = (part: number) => Math.round((looks[Math.ceil(part * looks.length) - 1] ?? 0) * 10) / 10;
		return looks.length === 0 ? undefined : { p50: rank(0.5), p99: rank(0.99), max: rank(1) };
	}
}
