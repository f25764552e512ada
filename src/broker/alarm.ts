/**
 * One timer for something that is due at a time that changes. When that moves later, or nothing is due any more, the
 * timer is left as it is: to look once for nothing costs less than to set one each time.
 */
import type { Surroundings } from './surroundings.ts';

export class Alarm {
	readonly #surroundings: Pick<Surroundings, 'elapsed' | 'after'>;
	readonly #ring: () => void;
	/** When the timer is up, if there is one. */
	#dueAt = Number.POSITIVE_INFINITY;
	#cancel: (() => void) | undefined;

	/** `ring` has to look whether something is due. */
	constructor(surroundings: Pick<Surroundings, 'elapsed' | 'after'>, ring: () => void) {
		this.#surroundings = surroundings;
		this.#ring = ring;
	}

	/** Rings once by then. A timer may be up early, by as much as the turn had lasted in which it was set. */
	set(at: number): void {
		if (at < this.#dueAt) {
			this.#cancel?.();
			this.#dueAt = at;
			this.#cancel = this.#surroundings.after(Math.max(0, at - this.#surroundings.elapsed()), this.#up);
		}
	}

	readonly #up = (): void => {
		this.#dueAt = Number.POSITIVE_INFINITY;
		this.#cancel = undefined;
		this.#ring();
	};
}

/** A timer is no more exact, in ms. */
export const soonMs = 0.5;
