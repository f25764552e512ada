/** A map that keeps so many of the values that were put there last, and at most as many older ones. */
export class BoundedCache<Key, Value> {
	readonly #size: number;
	#newer = new Map<Key, Value>();
	#older = new Map<Key, Value>();

	constructor(size: number) {
		this.#size = size;
	}

	get(key: Key): Value | undefined {
		return this.#newer.get(key) ?? this.#older.get(key);
	}

	set(key: Key, value: Value): void {
		// To put in order by deleting would cost a busy key more than all the rest.
		this.#newer.set(key, value);
		if (this.#newer.size === this.#size) {
			this.#older = this.#newer;
			this.#newer = new Map();
		}
	}

	delete(key: Key): void {
		this.#newer.delete(key);
		this.#older.delete(key);
	}
}
