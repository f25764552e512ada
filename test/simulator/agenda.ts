/** Virtual time: what is to happen when. Things of one moment happen in the order in which they were planned. */
interface Event {
	readonly at: number;
	readonly order: number;
	readonly run: () => void;
}

export class Agenda {
	/** ms since the beginning. */
	now = 0;
	/** A heap, the next event first. */
	readonly #heap: Event[] = [];
	#order = 0;

	/** When the next event is due. */
	get nextAt(): number | undefined {
		return this.#heap[0]?.at;
	}

	/** Plans something. The returned function prevents it. */
	after(ms: number, run: () => void): () => void {
		let isCancelled = false;
		this.#order += 1;
		const event: Event = {
			at: this.now + Math.max(0, ms),
			order: this.#order,
			run: () => {
				if (!isCancelled) {
					run();
				}
			},
		};
		this.#push(event);
		return () => {
			isCancelled = true;
		};
	}

	/** Runs the next event. */
	step(): void {
		const event = this.#pop();
		if (event !== undefined) {
			this.now = Math.max(this.now, event.at);
			event.run();
		}
	}

	#push(event: Event): void {
		const heap = this.#heap;
		let index = heap.length;
		heap.push(event);
		while (index > 0) {
			const parent = (index - 1) >> 1;
			const above = heap[parent];
			if (above === undefined || isBefore(above, event)) {
				break;
			}
			heap[index] = above;
			index = parent;
		}
		heap[index] = event;
	}

	#pop(): Event | undefined {
		const heap = this.#heap;
		const first = heap[0];
		const last = heap.pop();
		if (last === undefined || first === undefined || heap.length === 0) {
			return first;
		}
		let index = 0;
		for (;;) {
			const left = heap[2 * index + 1];
			const right = heap[2 * index + 2];
			const isRight = left !== undefined && right !== undefined && isBefore(right, left);
			const child = isRight ? right : left;
			if (child === undefined || isBefore(last, child)) {
				break;
			}
			heap[index] = child;
			index = 2 * index + (isRight ? 2 : 1);
		}
		heap[index] = last;
		return first;
	}
}

function isBefore(one: Event, other: Event): boolean {
	return one.at < other.at || (one.at === other.at && one.order < other.order);
}
