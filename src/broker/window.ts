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
	/** Something was freed, or the window was empty, since the last look at the time. */
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

	/** Whether nothing is sent that was not acknowledged. */
	get isEmpty(): boolean {
		return this.#messages === 0;
	}

	/** Notes that something is sent. */
	take(messages: number, bytes: number): void {
		this.#moved ||= this.isEmpty;
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
	 * Whether the window has been full for 60 s without an acknowledgement. To be called often while it is not empty; `isHeard` says whether
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

/**
 * The numbers and sizes of messages that are sent together, ascending and never empty: all that is kept of them for those
 * who have not acknowledged them, and kept once however many these are.
 */
export class Portion {
	/** How many bytes the first ones are together: one of them, two of them ... */
	readonly #sums: readonly number[];
	/** The first of consecutive ones, or all of them. */
	readonly #numbers: number | readonly number[];

	/** `sizes` are the bytes of each; `numbers` is the first of consecutive numbers, or all of them. */
	constructor(numbers: number | readonly number[], sizes: readonly number[]) {
		let bytes = 0;
		this.#sums = sizes.map((size) => {
			bytes += size;
			return bytes;
		});
		this.#numbers = numbers;
	}

	get messages(): number {
		return this.#sums.length;
	}

	get bytes(): number {
		return this.bytesOf(this.messages);
	}

	/** How many of them have a number up to this one. */
	upTo(sequence: number): number {
		const numbers = this.#numbers;
		if (typeof numbers === 'number') {
			return Math.min(this.messages, Math.max(0, sequence - numbers + 1));
		}
		let [low, high] = [0, this.messages];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((numbers[middle] ?? 0) <= sequence) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}
		return low;
	}

	/** How many bytes the first so many are. */
	bytesOf(messages: number): number {
		return this.#sums[messages - 1] ?? 0;
	}
}

/** What one subscription has been sent and has not acknowledged. */
export class Unacked {
	readonly #window: Window;
	/** In ascending order; of at most as many messages as the window takes. */
	readonly #sent: Portion[] = [];
	/** How many messages of the first of them are acknowledged: never all. */
	#acked = 0;

	constructor(window: Window) {
		this.#window = window;
	}

	/** Notes that messages are sent, whose numbers are above all that were sent before. */
	add(portion: Portion): void {
		this.#window.take(portion.messages, portion.bytes);
		this.#sent.push(portion);
	}

	/** Frees everything up to a number. */
	ack(sequence: number): void {
		let whole = 0;
		for (const portion of this.#sent) {
			const messages = portion.upTo(sequence);
			if (messages > this.#acked) {
				this.#window.free(messages - this.#acked, portion.bytesOf(messages) - portion.bytesOf(this.#acked));
				this.#acked = messages;
			}
			if (messages < portion.messages) {
				break;
			}
			this.#acked = 0;
			whole += 1;
		}
		this.#sent.splice(0, whole);
	}

	/** Frees everything. */
	clear(): void {
		this.ack(Number.POSITIVE_INFINITY);
	}
}
