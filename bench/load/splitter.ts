/**
 * Splits what a socket brings into frames by their heads alone: the bodies of messages are counted and skipped, not
 * looked at. Knows no protocol; a framing does.
 */

/** The head of one frame, as a framing found it. */
export interface Head {
	/** Bytes before the body. */
	length: number;
	/** Bytes of the body. */
	size: number;
	/** What the body is, as the framing names it: an opcode or a packet type. */
	kind: number;
	isMessage: boolean;
}

export interface Framing {
	/**
	 * Reads the head that begins at `at`. False when so few bytes are there that it cannot be told: then it is asked again
	 * with more. It may look at up to `peek` bytes of the body, where the body has them.
	 */
	read(bytes: Buffer, at: number, end: number, head: Head): boolean;
}

/** Hears of the frames that are not skipped. `body` is valid during the call alone. */
export type Hear = (body: Buffer, head: Head) => void;

export class Splitter {
	/** How many messages have begun to be skipped or were heard. */
	messages = 0;
	/** Bytes of these, heads included. */
	messageBytes = 0;
	/** Whether messages are heard as well; other frames always are. */
	hearsMessages: boolean;
	readonly #framing: Framing;
	readonly #hear: Hear;
	readonly #head: Head = { length: 0, size: 0, kind: 0, isMessage: false };
	/** What is left to skip of a message. */
	#skip = 0;
	/** The beginning of a frame that is not whole, or whose head is not. */
	#partial: Buffer = empty;

	constructor(framing: Framing, hear: Hear, { hearsMessages }: { readonly hearsMessages: boolean }) {
		this.#framing = framing;
		this.#hear = hear;
		this.hearsMessages = hearsMessages;
	}

	/** Takes the first `end` bytes of `bytes`, which may be used again afterwards. */
	feed(bytes: Buffer, end: number): void {
		let at = 0;
		if (this.#skip > 0) {
			at = Math.min(this.#skip, end);
			this.#skip -= at;
		} else if (this.#partial.length > 0) {
			const joined = Buffer.concat([this.#partial, bytes.subarray(0, end)]);
			this.#partial = empty;
			this.#split(joined, 0, joined.length);
			return;
		}
		this.#split(bytes, at, end);
	}

	#split(bytes: Buffer, start: number, end: number): void {
		const head = this.#head;
		let at = start;
		while (at < end) {
			if (!this.#framing.read(bytes, at, end, head)) {
				break;
			}
			const next = at + head.length + head.size;
			if (head.isMessage) {
				if (this.hearsMessages && next > end) {
					break;
				}
				this.messages += 1;
				this.messageBytes += head.length + head.size;
				if (this.hearsMessages) {
					this.#hear(bytes.subarray(at + head.length, next), head);
				} else if (next > end) {
					this.#skip = next - end;
					return;
				}
			} else if (next > end) {
				break;
			} else {
				this.#hear(bytes.subarray(at + head.length, next), head);
			}
			at = next;
		}
		this.#partial = at < end ? Buffer.from(bytes.subarray(at, end)) : empty;
	}
}

const empty = Buffer.alloc(0);
