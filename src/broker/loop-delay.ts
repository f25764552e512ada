/** How long things that are due wait for the event loop: what the work of one turn costs everybody else. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** In ms. */
export interface Delays {
	readonly p50: number;
	readonly p99: number;
	readonly max: number;
}

export class LoopDelay {
	/** Looks a few times a second: often enough for what somebody would notice, and no work for an idle computer. */
	readonly #histogram = monitorEventLoopDelay({ resolution: everyMs });
	#last: Delays | undefined;
	#timer: NodeJS.Timeout | undefined;

	/** Measures from now on, and does not keep the process alive. */
	start(): void {
		this.#histogram.enable();
		this.#timer = setInterval(() => {
			this.#last = this.#sinceTheMinute;
			this.#histogram.reset();
		}, 60_000).unref();
	}

	stop(): void {
		this.#histogram.disable();
		clearInterval(this.#timer);
	}

	/** Those of the last whole minute; in the first one, those so far. */
	get delays(): Delays {
		return this.#last ?? this.#sinceTheMinute;
	}

	get #sinceTheMinute(): Delays {
		const { count } = this.#histogram;
		// What is measured are the times from look to look.
		const late = (ns: number) => (count === 0 ? 0 : Math.max(0, Math.round(ns / 1e5 - 10 * everyMs) / 10));
		return {
			p50: late(this.#histogram.percentile(50)),
			p99: late(this.#histogram.percentile(99)),
			max: late(this.#histogram.max),
		};
	}
}

const everyMs = 100;
