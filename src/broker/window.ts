/**
 * How much a reader is sent beyond what it has acknowledged. What does not fit is not queued: it is read from the log
 * when an acknowledgement has made room. (A kernel takes megabytes for a reader that takes nothing, so that what has left
 * this process says little.)
 */
export interface Credit {
	readonly messages: number;
	/** Bytes of `message` frames. */
	readonly bytes: number;
}

/** What one connection may still be sent, over all its rooms. A message that is larger than the window goes alone. */
export class Window {
	readonly #limit: Credit;
	#messages = 0;
	#bytes = 0;
	#full = false;
	/** Something was freed since the last look at the time. */
	#moved = false;
	/** ms of a clock that never steps back: the last look at which the window was not full, or something had moved. */
	#wellAt: number;

	constructor(limit: Credit, at: number) {
		this.#limit = limit;
		this.#wellAt = at;
	}

	/** Whether something did not fit, and nothing was freed since: until then it is not worth to read more of the log. */
	get full(): boolean {
		return this.#full;
	}

	/** What fits now. */
	get left(): Credit {
		return {
			messages: Math.max(0, this.#limit.messages - this.#messages),
			bytes: Math.max(0, this.#limit.bytes - this.#bytes),
		};
	}

	/** Whether this much may be sent now. */
	fits(messages: number, bytes: number): boolean {
		return (
			this.#messages + messages <= this.#limit.messages &&
			(this.#bytes + bytes <= this.#limit.bytes || (this.#messages === 0 && messages === 1))
		);
	}

	/** Notes that something is sent. */
	take(messages: number, bytes: number): void {
		this.#messages += messages;
		this.#bytes += bytes;
	}

	/** Notes that something was not sent because it does not fit. An empty window is not full: no acknowledgement would come. */
	refuse(): void {
		this.#full = this.#messages > 0;
	}

	/** Notes that something that was sent counts no more. */
	free(messages: number, bytes: number): void {
		this.#messages -= messages;
		this.#bytes -= bytes;
		this.#full = false;
		this.#moved = true;
	}

	/**
	 * Whether the window has been full for 60 s without an acknowledgement. To be called often; `isHeard` says whether
	 * acknowledgements would be heard: without that nobody is to blame.
	 */
	isStalled(at: number, isHeard: boolean): boolean {
		if (!this.#full || this.#moved || !isHeard) {
			this.#moved = false;
			this.#wellAt = at;
		}
		return at - this.#wellAt >= noAckMs;
	}
}

const noAckMs = 60_000;

/** Consecutive messages that were sent. */
interface Sent {
	first: number;
	/** Bytes of each, from `first` on. Never empty. */
	readonly sizes: number[];
}

/** What one subscription has been sent and has not acknowledged. */
export class Unacked {
	readonly #window: Window;
	/** In ascending order; of at most as many messages as the window takes. */
	readonly #sent: Sent[] = [];

	constructor(window: Window) {
		this.#window = window;
	}

	/** Notes that messages are sent, `first` and those right after it, each of so many bytes. */
	add(first: number, sizes: readonly number[]): void {
		this.#window.take(sizes.length, sum(sizes));
		const newest = this.#sent.at(-1);
		if (newest !== undefined && newest.first + newest.sizes.length === first) {
			newest.sizes.push(...sizes);
		} else {
			this.#sent.push({ first, sizes: [...sizes] });
		}
	}

	/** Frees everything up to a number. */
	ack(sequence: number): void {
		for (let oldest = this.#sent[0]; oldest !== undefined && oldest.first <= sequence; oldest = this.#sent[0]) {
			const sizes = oldest.sizes.splice(0, sequence - oldest.first + 1);
			this.#window.free(sizes.length, sum(sizes));
			oldest.first += sizes.length;
			if (oldest.sizes.length === 0) {
				this.#sent.shift();
			}
		}
	}

	/** Frees everything. */
	clear(): void {
		this.ack(Number.POSITIVE_INFINITY);
	}
}

function sum(sizes: readonly number[]): number {
	return sizes.reduce((all, size) => all + size, 0);
}
