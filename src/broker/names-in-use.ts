import { Groups } from './groups.ts';
import { lookalikeKeys } from './lookalikes.ts';

/** Most names have one. */
export type Lookalikes = string | readonly string[];

interface Holder {
	/** The keys of the names that it uses. Nobody else changes them. */
	lookalikes: Lookalikes;
}

/** Which names connections go by: each is theirs only as long as its owner, or the lack of one, is what it was. */
export class NamesInUse<Named extends Holder> {
	readonly #holders = new Groups<Named>();

	/** Notes the names that a holder uses now, and no others. */
	set(holder: Named, names: readonly string[]): void {
		this.delete(holder);
		const [name = ''] = names;
		const keys = names.length === 1 ? lookalikeKeys(name) : [...new Set(names.flatMap(lookalikeKeys))];
		holder.lookalikes = keys.length === 1 ? (keys[0] as string) : keys;
		for (const lookalike of keys) {
			this.#holders.add(lookalike, holder);
		}
	}

	/** Whoever goes by a name with this key. */
	holders(lookalike: string): readonly Named[] {
		return this.#holders.of(lookalike);
	}

	/** The holder is gone. */
	delete(holder: Named): void {
		const { lookalikes } = holder;
		for (const lookalike of typeof lookalikes === 'string' ? [lookalikes] : lookalikes) {
			this.#holders.delete(lookalike, holder);
		}
		holder.lookalikes = noLookalikes;
	}
}

/** Of whoever has no name. */
export const noLookalikes: Lookalikes = [];
