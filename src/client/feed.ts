import type { Message } from '../protocol/frames.ts';
import { NatterError } from './errors.ts';

/** How many messages wait for a slow loop. */
const maxWaiting = 10_000;

/**
 * The messages of a client as async iterators, any number of them at once. Each gets what comes after it was asked for,
 * ends with the client, and throws when its loop is so slow that more than 10,000 messages wait for it.
 */
export class Feed implements AsyncIterable<Message> {
	readonly #readers = new Set<Reader>();
	#isOver = false;

	push(message: Message): void {
		for (const reader of this.#readers) {
			reader.push(message);
		}
	}

	/** Ends every iterator once it has given what waits. */
	end(): void {
		this.#isOver = true;
		for (const reader of this.#readers) {
			reader.end();
		}
		this.#readers.clear();
	}

	[Symbol.asyncIterator](): AsyncIterableIterator<Message> {
		const reader = new Reader(() => this.#readers.delete(reader));
		if (this.#isOver) {
			reader.end();
		} else {
			this.#readers.add(reader);
		}
		return reader;
	}
}

type Step = IteratorResult<Message, undefined>;

class Reader implements AsyncIterableIterator<Message> {
	readonly #onDone: () => void;
	#waiting: Message[] = [];
	/** Calls of `next` that came before their messages. Never both these and `#waiting`. */
	#asking: PromiseWithResolvers<Step>[] = [];
	#state: 'open' | 'overrun' | 'done' = 'open';

	constructor(onDone: () => void) {
		this.#onDone = onDone;
	}

	push(message: Message): void {
		const asking = this.#asking.shift();
		if (asking !== undefined) {
			asking.resolve({ done: false, value: message });
		} else if (this.#waiting.length < maxWaiting) {
			this.#waiting.push(message);
		} else {
			this.#state = 'overrun';
			this.#onDone();
		}
	}

	end(): void {
		if (this.#state === 'open') {
			this.#state = 'done';
		}
		for (const asking of this.#asking.splice(0)) {
			asking.resolve({ done: true, value: undefined });
		}
	}

	next(): Promise<Step> {
		const message = this.#waiting.shift();
		if (message !== undefined) {
			return Promise.resolve({ done: false, value: message });
		}
		switch (this.#state) {
			case 'open': {
				const asking = Promise.withResolvers<Step>();
				this.#asking.push(asking);
				return asking.promise;
			}
			case 'overrun':
				this.#state = 'done';
				return Promise.reject(
					new NatterError('limit_exceeded', `Expected at most ${maxWaiting} messages to wait for the loop`),
				);
			case 'done':
				return Promise.resolve({ done: true, value: undefined });
		}
	}

	return(): Promise<Step> {
		this.#waiting = [];
		this.#state = 'done';
		this.#onDone();
		this.end();
		return Promise.resolve({ done: true, value: undefined });
	}

	[Symbol.asyncIterator](): this {
		return this;
	}
}
