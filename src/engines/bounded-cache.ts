/** A map that keeps only so many values: those that were put there last. */
export class BoundedCache<Key, Value> {
	readonly #size: number;
	readonly #values = new Map<Key, Value>();

	constructor(size: number) {
		this.#size = size;
	}

	get(key: Key): Value | undefined {
		return this.#values.get(key);
	}

	set(key: Key, value: Value): void {
		this.#values.delete(key);
		this.#values.set(key, value);
		if (this.#values.size > this.#size) {
			for (const oldest of this.#values.keys()) {
				this.#values.delete(oldest);
				break;
			}
		}
	}

	delete(key: Key): void {
		this.#values.delete(key);
	}
}
