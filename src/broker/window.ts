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
	last: number;
	bytes: number;
}

/** What one subscription has been sent and has not acknowledged. */
export class Unacked {
	readonly #window: Window;
	/** In ascending order; of at most as many messages as the window takes. */
	readonly #sent: Sent[] = [];

	constructor(window: Window) {
		this.#window = window;
	}

	/** Notes that the messages `first` to `last` are sent. */
	add(first: number, last: number, bytes: number): void {
		this.#window.take(last - first + 1, bytes);
		const newest = this.#sent.at(-1);
		if (newest !== undefined && newest.last + 1 === first && last - newest.first < coarseMessages) {
			newest.last = last;
			newest.bytes += bytes;
		} else {
			this.#sent.push({ first, last, bytes });
		}
	}

	/** Frees everything up to a number; bytes of messages that were noted together are freed in proportion. */
	ack(sequence: number): void {
		for (let oldest = this.#sent[0]; oldest !== undefined && oldest.first <= sequence; oldest = this.#sent[0]) {
			const messages = Math.min(oldest.last, sequence) - oldest.first + 1;
			const bytes = Math.ceil((oldest.bytes * messages) / (oldest.last - oldest.first + 1));
			this.#window.free(messages, bytes);
			oldest.first += messages;
			oldest.bytes -= bytes;
			if (oldest.first > oldest.last) {
				this.#sent.shift();
			}
		}
	}

	/** Frees everything. */
	clear(): void {
		this.ack(Number.POSITIVE_INFINITY);
	}
}

/** Messages that are noted together at most: about as many as one acknowledgement covers. */
const coarseMessages = 64;
