/**
 * What `natter tail` prints of a room while it follows it. The pipe that reads it may be slower than the room: what waits
 * for it is bounded, and the rest is read from the log again.
 */
import type { RoomItem } from '../client/client.ts';
import type { Printing } from './kept-messages.ts';

/** How many items wait. */
const maxWaiting = 5000;

type Item = Extract<RoomItem, { kind: 'message' | 'lost' | 'epoch' }>;

/** What is to be printed or told next. `overrun`: first what the log has after the last number that was. */
type Next = Item | { readonly kind: 'overrun' };

interface Following extends Printing {
	/** Tells that numbers start over after this one. */
	restart(after: number): void;
	/** Prints what the log has after a number, and resolves to the last one that was printed or passed. */
	readOn(after: number): Promise<number>;
}

/** Prints what comes, after the number `last` and each message once, until nothing more does. */
export async function printComing(backlog: Backlog, last: number, following: Following): Promise<void> {
	let passed = last;
	for (let next = await backlog.next(); next !== undefined; next = await backlog.next()) {
		switch (next.kind) {
			case 'message':
				// Some of what waits was read from the log already.
				if (next.message.sequence > passed) {
					passed = next.message.sequence;
					await following.print([next.message]);
				}
				break;
			case 'lost':
				if (next.to > passed) {
					following.complain({ from: Math.max(next.from, passed + 1), to: next.to, reason: next.reason });
					passed = next.to;
				}
				break;
			case 'epoch':
				following.restart(next.sequence);
				passed = Math.min(passed, next.sequence);
				break;
			case 'overrun':
				passed = await following.readOn(passed);
				break;
		}
	}
}

/** What waits to be printed, in order. What does not fit is dropped, and an `overrun` stands in its place. */
export class Backlog {
	#waiting: Next[] = [];
	#asking: PromiseWithResolvers<Next | undefined> | undefined;
	#isOver = false;

	push(items: readonly RoomItem[]): void {
		for (const item of items) {
			if (item.kind === 'message' || item.kind === 'lost' || item.kind === 'epoch') {
				this.#put(item);
			}
		}
	}

	/** Nothing more comes. */
	end(): void {
		this.#isOver = true;
		this.#asking?.resolve(undefined);
	}

	/** The next one, when there is one; `undefined` after the last. To be called again only when it has resolved. */
	next(): Promise<Next | undefined> {
		const next = this.#waiting.shift();
		if (next !== undefined || this.#isOver) {
			return Promise.resolve(next);
		}
		this.#asking = Promise.withResolvers();
		return this.#asking.promise;
	}

	#put(item: Item): void {
		if (this.#asking !== undefined) {
			this.#asking.resolve(item);
			this.#asking = undefined;
			return;
		}
		if (this.#waiting.length >= maxWaiting) {
			// From where numbers started over the log has to be read again; of several such places, from the lowest.
			const restarts = this.#waiting.filter((waiting) => waiting.kind === 'epoch');
			const lowest = restarts.toSorted((one, other) => one.sequence - other.sequence).slice(0, 1);
			this.#waiting = [...lowest, { kind: 'overrun' }];
		}
		this.#waiting.push(item);
	}
}
