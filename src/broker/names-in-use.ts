import { lookalikeKeys } from './lookalikes.ts';

/** Which names connections go by: each is theirs only as long as its owner, or the lack of one, is what it was. */
export class NamesInUse<Holder> {
	readonly #holders = new Map<string, Set<Holder>>();
	readonly #held = new Map<Holder, ReadonlySet<string>>();

	/** Notes the names that a holder uses now, and no others. */
	set(holder: Holder, names: readonly string[]): void {
		this.delete(holder);
		const held = new Set(names.flatMap(lookalikeKeys));
		this.#held.set(holder, held);
		for (const lookalike of held) {
			const holders = this.#holders.get(lookalike) ?? new Set();
			this.#holders.set(lookalike, holders.add(holder));
		}
	}

	/** Whoever goes by a name with this key. */
	holders(lookalike: string): readonly Holder[] {
		return [...(this.#holders.get(lookalike) ?? [])];
	}

	/** The holder is gone. */
	delete(holder: Holder): void {
		for (const lookalike of this.#held.get(holder) ?? []) {
			const holders = this.#holders.get(lookalike);
			holders?.delete(holder);
			if (holders?.size === 0) {
				this.#holders.delete(lookalike);
			}
		}
		this.#held.delete(holder);
	}
}
