/**
 * A map that mostly has one entry, or none: with so few it is no more than this object, a fifth of what a `Map` takes.
 * Its entries are in the order in which they were set.
 */
export class Few<Key, Value extends object> {
	#key: Key | undefined;
	#value: Value | undefined;
	/** All entries, since there were two. */
	#all: Map<Key, Value> | undefined;

	get size(): number {
		return this.#all?.size ?? (this.#value === undefined ? 0 : 1);
	}

	get(key: Key): Value | undefined {
		if (this.#all !== undefined) {
			return this.#all.get(key);
		}
		return this.#key === key ? this.#value : undefined;
	}

	has(key: Key): boolean {
		return this.get(key) !== undefined;
	}

	set(key: Key, value: Value): void {
		if (this.#all !== undefined) {
			this.#all.set(key, value);
		} else if (this.#value === undefined || this.#key === key) {
			this.#key = key;
			this.#value = value;
		} else {
			this.#all = new Map<Key, Value>([[this.#key as Key, this.#value]]).set(key, value);
			this.#key = undefined;
			this.#value = undefined;
		}
	}

	delete(key: Key): void {
		if (this.#all !== undefined) {
			this.#all.delete(key);
		} else if (this.#key === key) {
			this.#key = undefined;
			this.#value = undefined;
		}
	}

	clear(): void {
		this.#key = undefined;
		this.#value = undefined;
		this.#all = undefined;
	}

	/** While they are gone through, entries may be set and deleted. */
	entries(): Iterable<readonly [Key, Value]> {
		return this.#all ?? (this.#value === undefined ? [] : [[this.#key as Key, this.#value] as const]);
	}

	/** The same. */
	values(): Iterable<Value> {
		return this.#all?.values() ?? (this.#value === undefined ? [] : [this.#value]);
	}
}
