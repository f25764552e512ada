import type { Message } from '../protocol/frames.ts';

/** Held messages may have this many UTF-16 units of content in all. */
const maxUnits = 4 * 1024 * 1024;

/** Early messages of a room by number, bounded in count and size. */
export class Hold {
	readonly #messages = new Map<number, Message>();
	readonly #limit: number;
	#units = 0;

	constructor(limit: number) {
		this.#limit = limit;
	}

	get size(): number {
		return this.#messages.size;
	}

	/** Infinity when it is empty. */
	get lowest(): number {
		return Math.min(...this.#messages.keys());
	}

	/** -Infinity when it is empty. */
	get highest(): number {
		return Math.max(...this.#messages.keys());
	}

	/** Ascending. */
	numbers(): readonly number[] {
		return [...this.#messages.keys()].sort((a, b) => a - b);
	}

	has(sequence: number): boolean {
		return this.#messages.has(sequence);
	}

	/**
	 * Keeps a message. When that is too much, the highest go: the lowest are the next to be shown, and the others can be
	 * asked for again. False when some went.
	 */
	add(message: Message): boolean {
		this.#messages.set(message.sequence, message);
		this.#units += message.content.length;
		let fits = true;
		while (this.#messages.size > this.#limit || this.#units > maxUnits) {
			this.take(this.highest);
			fits = false;
		}
		return fits;
	}

	/** Gives the message with this number away. */
	take(sequence: number): Message | undefined {
		const message = this.#messages.get(sequence);
		if (message !== undefined) {
			this.#messages.delete(sequence);
			this.#units -= message.content.length;
		}
		return message;
	}

	/**
	 * The number of one that can follow `position`: the next one, or one of a filtered subscription, which names the one
	 * before it because the numbers between need not come.
	 */
	after(position: number): number | undefined {
		if (this.#messages.has(position + 1)) {
			return position + 1;
		}
		for (const { sequence, prev } of this.#messages.values()) {
			if (prev !== undefined && prev <= position && sequence > position) {
				return sequence;
			}
		}
		return undefined;
	}

	clear(): void {
		this.#messages.clear();
		this.#units = 0;
	}
}
