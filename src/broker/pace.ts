/**
 * How often something is done for the readers of a room: at once after silence, and once in a window while there is much,
 * since it costs about the same for one message and for many. Pure.
 */
import { soonMs } from './alarm.ts';

export class Pace {
	readonly #windowMs: number;
	readonly #readers: { readonly size: number };
	/** When the window ends. */
	#opensAt = 0;
	#doneAt = Number.NEGATIVE_INFINITY;

	/** `windowMs` is how long messages for a hundred readers or more may wait for others; those for fewer less, in proportion. */
	constructor(windowMs: number, readers: { readonly size: number }) {
		this.#windowMs = windowMs;
		this.#readers = readers;
	}

	/** How long what comes now has to wait, in ms; 0 when the window ends about now. */
	waitMs(at: number): number {
		const waitMs = this.#opensAt - at;
		return waitMs > soonMs ? waitMs : 0;
	}

	/**
	 * Notes that it was done for so many messages. Another window begins, unless to wait is of no use: one message waited
	 * alone, or came as late as a window ends. Windows of the same length end at the same time, so that who reads several
	 * busy rooms gets what they said in one write.
	 */
	done(at: number, messages: number, hasWaited: boolean): void {
		const ownMs = this.#windowMs * Math.min(1, this.#readers.size / manyReaders);
		const isAlone = messages === 1 && (hasWaited || at - this.#doneAt >= ownMs - soonMs);
		this.#opensAt = isAlone || ownMs < shortestMs ? 0 : (Math.floor((at + soonMs) / ownMs) + 1) * ownMs;
		this.#doneAt = at;
	}
}

/** For so many readers the whole window is worth waiting. */
const manyReaders = 100;
/** A timer cannot wait for less, in ms. */
const shortestMs = 1;
