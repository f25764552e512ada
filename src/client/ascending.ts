/** Items in the order of their keys, of which no two may be the same. Finding one takes few steps however many there are. */
export class Ascending<Item> {
	readonly #items: Item[] = [];
	readonly #compare: (a: Item, b: Item) => number;

	/** `compare` is below zero when `a` comes first, and zero for the same item alone. */
	constructor(compare: (a: Item, b: Item) => number) {
		this.#compare = compare;
	}

	get first(): Item | undefined {
		return this.#items[0];
	}

	get last(): Item | undefined {
		return this.#items.at(-1);
	}

	list(): readonly Item[] {
		return [...this.#items];
	}

	add(item: Item): void {
		this.#items.splice(this.#placeOf(item), 0, item);
	}

	/** Forgets an item that is here. */
	remove(item: Item): void {
		this.#items.splice(this.#placeOf(item), 1);
	}

	clear(): void {
		this.#items.length = 0;
	}

	/** How many come before it. */
	#placeOf(item: Item): number {
		let from = 0;
		let to = this.#items.length;
		while (from < to) {
			const middle = (from + to) >> 1;
			if (this.#compare(this.#items[middle] as Item, item) < 0) {
				from = middle + 1;
			} else {
				to = middle;
			}
		}
		return from;
	}
}
