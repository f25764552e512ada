/**
 * How often one client may send what.
 */
import type { FromClient } from '../protocol/frames.ts';
import type { Limits } from '../protocol/limits.ts';
import { TokenBucket } from './rate.ts';

/** Times are ms of a clock that never steps back. */
export class Quota {
	readonly #limits: Limits;
	readonly #frames: TokenBucket;
	readonly #badFrames: TokenBucket;
	#publishes: TokenBucket;

	constructor(limits: Limits) {
		this.#limits = limits;
		this.#frames = new TokenBucket({ perSecond: limits.framesPerSecond, burst: limits.framesBurst });
		this.#badFrames = new TokenBucket({
			perSecond: limits.badFramesPerMinute / 60,
			burst: limits.badFramesPerMinute,
		});
		this.#publishes = this.#publishRate('base');
	}

	/** The client speaks for somebody of this role from now on. */
	as(role: string): void {
		this.#publishes = this.#publishRate(role);
	}

	/** 0 when a frame may be handled now, else in how many ms. A program on this computer publishes as it likes. */
	waitMs(type: FromClient['type'], at: number, isLoopback: boolean): number {
		if (type !== 'publish') {
			return this.#frames.take(at);
		}
		return isLoopback ? 0 : this.#frames.take(at) || this.#publishes.take(at);
	}

	/** Whether one more bad frame may be forgiven. */
	forgives(at: number): boolean {
		return this.#badFrames.take(at) === 0;
	}

	#publishRate(role: string): TokenBucket {
		const limits = this.#limits;
		return new TokenBucket(
			role === 'guest' || role === 'base'
				? { perSecond: limits.guestPublishPerSecond, burst: limits.guestPublishBurst }
				: { perSecond: limits.publishPerSecond, burst: limits.publishBurst },
		);
	}
}
