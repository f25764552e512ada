import { Groups } from './groups.ts';
import { lookalikeKeys } from './lookalikes.ts';

/** Which names connections go by: each is theirs only as long as its owner, or the lack of one, is what it was. */
export class NamesInUse<Holder extends object> {
	readonly #holders = new Groups<Holder>();
	readonly #held = new Map<Holder, readonly string[]>();

	/** Notes the names that a holder uses now, and no others. */
	set(holder: Holder, names: readonly string[]): void {
		this.delete(holder);
		const held = [...new Set(names.flatMap(lookalikeKeys))];
		this.#held.set(holder, held);
		for (const lookalike of held) {
			this.#holders.add(lookalike, holder);
		}
	}

	/** Whoever goes by a name with this key. */
	holders(lookalike: string): readonly Holder[] {
		return this.#holders.of(lookalike);
	}

	/** The holder is gone. */
	delete(holder: Holder): void {
		for (const lookalike of this.#held.get(holder) ?? []) {
			this.#holders.delete(lookalike, holder);
		}
		this.#held.delete(holder);
	}
}
