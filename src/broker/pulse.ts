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
	/** Bytes that have left, and bytes that wait. */
	readonly sent: number;
	readonly unsent: number;
	/** Whether a sign of life would be seen: without that nobody is taken for dead. */
	readonly isHeard: boolean;
}

/** `ping`: ask for a sign of life. The others are reasons to give the line up. */
export type Verdict = 'well' | 'ping' | 'no pong' | 'no progress' | 'backlog';

/** Times are ms of a clock that never steps back. */
export class Pulse {
	readonly #options: PulseOptions;
	#pingedAt: number;
	#awaitsSign = false;
	#sent = 0;
	#unsent = 0;
	#progressAt: number;

	constructor(options: PulseOptions, at: number) {
		this.#options = options;
		this.#pingedAt = at;
		this.#progressAt = at;
	}

	/** A sign of life was asked for and has not come. Only who reads from the line can see one. */
	get awaitsSign(): boolean {
		return this.#awaitsSign;
	}

	/** When there is something to judge at the latest, of a line in which nothing waits. */
	get dueAt(): number {
		const { pingMs, pongMs } = this.#options;
		// The sign that is awaited may come, and then the next one is due.
		return this.#pingedAt + (this.#awaitsSign ? Math.min(pingMs, pongMs) : pingMs);
	}

	/** Notes a sign of life: whatever came. */
	alive(): void {
		this.#awaitsSign = false;
	}

	/** Judges the line. To be called often while something waits in it, else when it is due. */
	check(at: number, { sent, unsent, isHeard }: LineState): Verdict {
		if (unsent > maxBacklog) {
			return 'backlog';
		}
		const hasMoved = sent !== this.#sent;
		if (this.#awaitsSign && hasMoved && this.#unsent > 0) {
			// The ping may still be on its way behind what waited, and the other end takes that.
			this.#pingedAt = at;
		}
		const hadNothing = this.#unsent === 0;
		this.#sent = sent;
		this.#unsent = unsent;
		if (unsent === 0 || hadNothing || hasMoved) {
			this.#progressAt = at;
		} else if (at - this.#progressAt >= noProgressMs) {
			return 'no progress';
		}
		if (!isHeard) {
			this.#awaitsSign = false;
		}
		if (this.#awaitsSign) {
			return at - this.#pingedAt >= this.#options.pongMs ? 'no pong' : 'well';
		}
		if (at - this.#pingedAt >= this.#options.pingMs) {
			this.#pingedAt = at;
			this.#awaitsSign = true;
			return 'ping';
		}
		return 'well';
	}
}

/** More unsent bytes than this are not kept for anybody. */
const maxBacklog = 4 * 1024 * 1024;
/** Who takes nothing of what waits for this long is given up. */
const noProgressMs = 60_000;
