import { lookalikeKeys } from './lookalikes.ts';

/**
 * Which names connections go by: each is theirs only as long as its owner, or the lack of one, is what it was. Most
 * connections go by one name that nobody else goes by, so that a key has one holder, or a set of several.
 */
export class NamesInUse<Holder extends object> {
	readonly #holders = new Map<string, Holder | Set<Holder>>();
	readonly #held = new Map<Holder, readonly string[]>();

	/** Notes the names that a holder uses now, and no others. */
	set(holder: Holder, names: readonly string[]): void {
		this.delete(holder);
		const [first] = names;
		const held =
			names.length === 1 && first !== undefined ? lookalikeKeys(first) : [...new Set(names.flatMap(lookalikeKeys))];
		this.#held.set(holder, held);
		for (const lookalike of held) {
			this.#holders.set(lookalike, withHolder(this.#holders.get(lookalike), holder));
		}
	}

	/** Whoever goes by a name with this key. */
	holders(lookalike: string): readonly Holder[] {
		const holders = this.#holders.get(lookalike);
		if (holders === undefined) {
			return [];
		}
		return holders instanceof Set ? [...holders] : [holders];
	}

	/** The holder is gone. */
	delete(holder: Holder): void {
		for (const lookalike of this.#held.get(holder) ?? []) {
			const holders = this.#holders.get(lookalike);
			if (holders instanceof Set && holders.size > 1) {
				holders.delete(holder);
			} else {
				this.#holders.delete(lookalike);
			}
		}
		this.#held.delete(holder);
	}
}

function withHolder<Holder>(holders: Holder | Set<Holder> | undefined, holder: Holder): Holder | Set<Holder> {
	if (holders === undefined) {
		return holder;
	}
	return holders instanceof Set ? holders.add(holder) : new Set([holders, holder]);
}
