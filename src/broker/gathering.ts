/**
 * What several people say in busy rooms at nearly the same time is stored together: to store costs about the same for one
 * message and for many. None waits for longer than its readers would wait anyway, and none for others who do not come:
 * once all have spoken whose words were stored last, nobody is waited for, so that whoever says the next thing when the
 * one before is stored goes on as fast as without.
 */
import { Alarm, soonMs } from './alarm.ts';
import type { Pace } from './pace.ts';
import type { Surroundings } from './surroundings.ts';

interface Waiting {
	readonly pace: Pace | undefined;
	readonly store: () => void;
}

export class Gathering<Speaker> {
	readonly #surroundings: Pick<Surroundings, 'elapsed' | 'after'>;
	/** In the order in which they came. */
	#waiting: Waiting[] = [];
	/** Of whom these are. */
	#speakers = new Set<Speaker>();
	/** Of those whose words were stored last, who has not spoken since. */
	#awaited = new Set<Speaker>();
	/** When the first of the waiting may wait no longer. */
	#until = Number.POSITIVE_INFINITY;
	readonly #alarm: Alarm;
	#releasedAt = Number.NEGATIVE_INFINITY;

	constructor(surroundings: Pick<Surroundings, 'elapsed' | 'after'>) {
		this.#surroundings = surroundings;
		this.#alarm = new Alarm(surroundings, () => this.#look());
	}

	/** Calls `store` after those of all who came before: now, or together with others when the pace of its room allows. */
	add(speaker: Speaker, pace: Pace | undefined, store: () => void): void {
		const at = this.#surroundings.elapsed();
		const waitMs = pace?.waitMs(at) ?? 0;
		if (waitMs === 0 && this.#waiting.length === 0) {
			this.#storeAlone(speaker, pace, store, at);
			return;
		}
		this.#waiting.push({ pace, store });
		this.#speakers.add(speaker);
		this.#awaited.delete(speaker);
		// Those who come back soon wait for the answer.
		const isEarly = this.#waiting.length === 1 || waitMs > at - this.#releasedAt;
		if (waitMs === 0 || (this.#awaited.size === 0 && isEarly)) {
			this.release();
		} else if (at + waitMs < this.#until) {
			this.#until = at + waitMs;
			this.#alarm.set(this.#until);
		}
	}

	/** Something else comes from a speaker, which comes after what they have said. */
	hasten(speaker: Speaker): void {
		if (this.#speakers.has(speaker)) {
			this.release();
		}
	}

	/** The same when that is their end: nobody waits for them any more. */
	forget(speaker: Speaker): void {
		this.hasten(speaker);
		if (this.#awaited.delete(speaker) && this.#awaited.size === 0) {
			this.release();
		}
	}

	/** Has everything stored that waits. */
	release(): void {
		const waiting = this.#waiting;
		if (waiting.length === 0) {
			return;
		}
		const at = this.#surroundings.elapsed();
		const hasWaited = this.#until < Number.POSITIVE_INFINITY;
		const messages = new Map<Pace, number>();
		this.#waiting = [];
		this.#awaited = this.#speakers;
		this.#speakers = new Set();
		this.#until = Number.POSITIVE_INFINITY;
		this.#releasedAt = at;
		for (const { pace } of waiting) {
			if (pace !== undefined) {
				messages.set(pace, (messages.get(pace) ?? 0) + 1);
			}
		}
		for (const [pace, count] of messages) {
			pace.done(at, count, hasWaited);
		}
		for (const { store } of waiting) {
			store();
		}
	}

	/** What `release` does, where nothing else waits. */
	#storeAlone(speaker: Speaker, pace: Pace | undefined, store: () => void, at: number): void {
		this.#awaited.clear();
		this.#awaited.add(speaker);
		this.#releasedAt = at;
		pace?.done(at, 1, false);
		store();
	}

	#look(): void {
		const waitMs = this.#until - this.#surroundings.elapsed();
		if (waitMs <= soonMs) {
			this.release();
		} else if (waitMs < Number.POSITIVE_INFINITY) {
			this.#alarm.set(this.#until);
		}
	}
}
