/**
 * Whether the other end of a line is alive and takes what it is given.
 */
export interface PulseOptions {
	/** How often a sign of life is asked for, in ms. */
	readonly pingMs: number;
	/** How long it may take, in ms. */
	readonly pongMs: number;
}

/** How a line is doing. */
export interface LineState {
	/** Nothing is read from it now, so that no sign of life could be seen. */
	readonly paused: boolean;
	/** Bytes that have left, and bytes that wait. */
	readonly sent: number;
	readonly unsent: number;
}

/** `ping`: ask for a sign of life. The others are reasons to give the line up. */
export type Verdict = 'well' | 'ping' | 'no pong' | 'no progress' | 'backlog';

/** Times are ms of a clock that never steps back. */
export class Pulse {
	readonly #options: PulseOptions;
	#pingedAt: number;
	#awaitsPong = false;
	#sent = 0;
	#progressAt: number;

	constructor(options: PulseOptions, at: number) {
		this.#options = options;
		this.#pingedAt = at;
		this.#progressAt = at;
	}

	/** Notes a sign of life. */
	pong(): void {
		this.#awaitsPong = false;
	}

	/** Judges the line. To be called often. */
	check(at: number, { paused, sent, unsent }: LineState): Verdict {
		if (unsent > maxBacklog) {
			return 'backlog';
		}
		if (unsent === 0 || sent !== this.#sent) {
			this.#sent = sent;
			this.#progressAt = at;
		} else if (at - this.#progressAt >= noProgressMs) {
			return 'no progress';
		}
		if (paused) {
			this.#awaitsPong = false;
			this.#pingedAt = at;
		} else if (this.#awaitsPong) {
			return at - this.#pingedAt >= this.#options.pongMs ? 'no pong' : 'well';
		} else if (at - this.#pingedAt >= this.#options.pingMs) {
			this.#pingedAt = at;
			this.#awaitsPong = true;
			return 'ping';
		}
		return 'well';
	}
}

/** More unsent bytes than this are not kept for anybody. */
const maxBacklog = 4 * 1024 * 1024;
/** Who takes nothing of what waits for this long is given up. */
const noProgressMs = 60_000;
