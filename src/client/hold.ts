import type { Message } from '../protocol/frames.ts';
import { Ascending } from './ascending.ts';

/** Held messages may have this many UTF-16 units of content in all. */
const maxUnits = 4 * 1024 * 1024;

/** Early messages of a room by number, bounded in count and size. */
export class Hold {
	readonly #messages = new Map<number, Message>();
	readonly #numbers = new Ascending<number>((a, b) => a - b);
	/** Those that name the one before them, by that one's number. */
	readonly #linked = new Ascending<Message>((a, b) => prevOf(a) - prevOf(b) || a.sequence - b.sequence);
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
		return this.#numbers.first ?? Infinity;
	}

	/** -Infinity when it is empty. */
	get highest(): number {
		return this.#numbers.last ?? -Infinity;
	}

	/** Ascending. */
	numbers(): readonly number[] {
		return this.#numbers.list();
	}

	has(sequence: number): boolean {
		return this.#messages.has(sequence);
	}

	/**
	 * Keeps a message whose number is not held yet. When that is too much, the highest go: the lowest are the next to be
	 * shown, and the others can be asked for again. False when some went.
	 */
	add(message: Message): boolean {
		this.#messages.set(message.sequence, message);
		this.#numbers.add(message.sequence);
		if (message.prev !== undefined) {
			this.#linked.add(message);
		}
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
			this.#numbers.remove(sequence);
			if (message.prev !== undefined) {
				this.#linked.remove(message);
			}
			this.#units -= message.content.length;
		}
		return message;
	}

	/**
	 * The number of one that can follow `position`, below which none is held: the next one, or one of a filtered
	 * subscription, which names the one before it because the numbers between need not come.
	 */
	after(position: number): number | undefined {
		if (this.#messages.has(position + 1)) {
			return position + 1;
		}
		const linked = this.#linked.first;
		return linked !== undefined && prevOf(linked) <= position ? linked.sequence : undefined;
	}

	clear(): void {
		this.#messages.clear();
		this.#numbers.clear();
		this.#linked.clear();
		this.#units = 0;
	}
}

function prevOf({ prev = 0 }: Message): number {
	return prev;
}
