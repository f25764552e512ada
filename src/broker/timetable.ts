/**
 * Who is to be looked at when, soonest first: a binary heap whose members know their place in it, so that whoever goes
 * leaves nothing behind. Pure.
 */
export interface Timed {
	/** When the time of this one comes, as long as it is in a timetable. */
	dueAt: number;
	/** Where it is in a timetable; -1 in none. Nobody else changes it. */
	place: number;
}

export class Timetable<Item extends Timed> {
	/** None is due before the one above it, which is at half its place. */
	readonly #heap: Item[] = [];

	get size(): number {
		return this.#heap.length;
	}

	/** Puts somebody in, or says another time for them. */
	set(item: Item, dueAt: number): void {
		if (item.place === -1) {
			item.dueAt = dueAt;
			this.#put(item, this.#heap.length);
			this.#rise(item);
			return;
		}
		const isLater = dueAt > item.dueAt;
		item.dueAt = dueAt;
		if (isLater) {
			this.#sink(item);
		} else {
			this.#rise(item);
		}
	}

	/** Takes somebody out, if they are in. */
	delete(item: Item): void {
		const { place } = item;
		if (place === -1) {
			return;
		}
		item.place = -1;
		const last = this.#heap.pop();
		if (last !== undefined && last !== item) {
			this.#put(last, place);
			this.#sink(last);
			this.#rise(last);
		}
	}

	/** Takes out the one whose time came first; `undefined` when nobody's has come. */
	take(at: number): Item | undefined {
		const [first] = this.#heap;
		if (first === undefined || first.dueAt > at) {
			return undefined;
		}
		this.delete(first);
		return first;
	}

	#rise(item: Item): void {
		for (let above = this.#above(item); above !== undefined && above.dueAt > item.dueAt; above = this.#above(item)) {
			this.#swap(item, above);
		}
	}

	#sink(item: Item): void {
		for (let below = this.#below(item); below !== undefined && below.dueAt < item.dueAt; below = this.#below(item)) {
			this.#swap(item, below);
		}
	}

	#above({ place }: Item): Item | undefined {
		return place === 0 ? undefined : this.#heap[(place - 1) >> 1];
	}

	/** The sooner of the two below. */
	#below({ place }: Item): Item | undefined {
		const one = this.#heap[2 * place + 1];
		const other = this.#heap[2 * place + 2];
		return one !== undefined && other !== undefined && other.dueAt < one.dueAt ? other : one;
	}

	#swap(one: Item, other: Item): void {
		const { place } = one;
		this.#put(one, other.place);
		this.#put(other, place);
	}

	#put(item: Item, place: number): void {
		item.place = place;
		this.#heap[place] = item;
	}
}
