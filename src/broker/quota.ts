/**
 * How often one client may send what.
 */
import type { FromClient } from '../protocol/frames.ts';
import type { Limits } from '../protocol/limits.ts';
import { type Rate, TokenBucket } from './rate.ts';

/** The rates of all clients of a broker. */
export interface Rates {
	readonly frames: Rate;
	readonly badFrames: Rate;
	/** Of who has shown who they are, and of the others. */
	readonly publishes: Rate;
	readonly guestPublishes: Rate;
}

export function ratesOf(limits: Limits): Rates {
	return {
		frames: { perSecond: limits.framesPerSecond, burst: limits.framesBurst },
		badFrames: { perSecond: limits.badFramesPerMinute / 60, burst: limits.badFramesPerMinute },
		publishes: { perSecond: limits.publishPerSecond, burst: limits.publishBurst },
		guestPublishes: { perSecond: limits.guestPublishPerSecond, burst: limits.guestPublishBurst },
	};
}

/** Times are ms of a clock that never steps back. Most clients never publish, and send no bad frame. */
export class Quota {
	readonly #rates: Rates;
	readonly #frames: TokenBucket;
	#badFrames: TokenBucket | undefined;
	#publishes: TokenBucket | undefined;
	#role = 'base';

	constructor(rates: Rates) {
		this.#rates = rates;
		this.#frames = new TokenBucket(rates.frames);
	}

	/** The client speaks for somebody of this role from now on. */
	as(role: string): void {
		this.#role = role;
		this.#publishes = undefined;
	}

	/** 0 when a frame may be handled now, else in how many ms. A program on this computer publishes as it likes. */
	waitMs(type: FromClient['type'], at: number, isLoopback: boolean): number {
		if (type !== 'publish') {
			return this.#frames.take(at);
		}
		return isLoopback ? 0 : this.#frames.take(at) || this.#publishBucket().take(at);
	}

	/** Whether one more bad frame may be forgiven. */
	forgives(at: number): boolean {
		this.#badFrames ??= new TokenBucket(this.#rates.badFrames);
		return this.#badFrames.take(at) === 0;
	}

	#publishBucket(): TokenBucket {
		const isGuest = this.#role === 'guest' || this.#role === 'base';
		this.#publishes ??= new TokenBucket(isGuest ? this.#rates.guestPublishes : this.#rates.publishes);
		return this.#publishes;
	}
}
