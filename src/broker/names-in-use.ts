import { Groups } from './groups.ts';
import { lookalikeKeys } from './lookalikes.ts';

interface Holder {
	/** The keys of the names that it uses. Nobody else changes them. */
	lookalikes: readonly string[];
}

/** Which names connections go by: each is theirs only as long as its owner, or the lack of one, is what it was. */
export class NamesInUse<Named extends Holder> {
	readonly #holders = new Groups<Named>();

	/** Notes the names that a holder uses now, and no others. */
	set(holder: Named, names: readonly string[]): void {
		this.delete(holder);
		holder.lookalikes = [...new Set(names.flatMap(lookalikeKeys))];
		for (const lookalike of holder.lookalikes) {
			this.#holders.add(lookalike, holder);
		}
	}

	/** Whoever goes by a name with this key. */
	holders(lookalike: string): readonly Named[] {
		return this.#holders.of(lookalike);
	}

	/** The holder is gone. */
	delete(holder: Named): void {
		for (const lookalike of holder.lookalikes) {
			this.#holders.delete(lookalike, holder);
		}
		holder.lookalikes = none;
	}
}

const none: readonly string[] = [];
