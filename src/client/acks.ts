/**
 * When to tell the broker how far this client has come in a room, on one subscription: after so many messages, so much
 * text, or so long. The broker sends only so much beyond the last word, and remembers it for the next run. Pure.
 */

/** Whichever comes first. Lost numbers count as messages. */
const everyMessages = 64;
const everyUnits = 32 * 1024;
const everyMs = 1000;

export class Acks {
	/** The last number acknowledged, or where the subscription began. */
	#acked = 0;
	/** The highest number that the subscription itself has told of: the broker takes no word for more. */
	#told = 0;
	#position = 0;
	/** UTF-16 units of content since the last word. */
	#units = 0;
	/** Since when there is something to acknowledge. */
	#since: number | undefined;

	/** The broker goes on after `sequence`. */
	begin(sequence: number): void {
		this.#acked = sequence;
		this.#told = sequence;
		this.#position = sequence;
		this.#units = 0;
		this.#since = undefined;
	}

	/** The subscription sent the message with this number, or passed over it. */
	heard(sequence: number): void {
		this.#told = Math.max(this.#told, sequence);
	}

	/** The room has come to `position`; `units` is the content given since the last call. */
	moved(position: number, units: number, at: number): void {
		this.#position = position;
		this.#units += units;
		if (this.#ready > this.#acked) {
			this.#since ??= at;
		}
	}

	/** The number to acknowledge now. It counts as acknowledged from here on. */
	due(at: number): number | undefined {
		const ready = this.#ready;
		if (this.#since === undefined) {
			return undefined;
		}
		const isMuch = ready - this.#acked >= everyMessages || this.#units >= everyUnits;
		if (!isMuch && at < this.#since + everyMs) {
			return undefined;
		}
		this.#acked = ready;
		this.#units = 0;
		this.#since = undefined;
		return ready;
	}

	get wakeAt(): number | undefined {
		return this.#since === undefined ? undefined : this.#since + everyMs;
	}

	get #ready(): number {
		return Math.min(this.#position, this.#told);
	}
}
