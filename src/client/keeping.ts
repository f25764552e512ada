/** What the store has to know of the outbox: each publish before its first departure, and its end. Pure. */
import type { Parcel } from './outbox.ts';
import type { Output } from './step.ts';
import type { StoredParcel } from './store.ts';

export class Keeping {
	readonly #tell: (output: Output) => void;
	/** What the store has of each. */
	readonly #kept = new Map<string, Pick<StoredParcel, 'nick' | 'sent'>>();
	/** Not stored yet: most leave in the very step in which they were made, and are then stored once. */
	readonly #fresh = new Map<string, Parcel>();

	constructor(tell: (output: Output) => void) {
		this.#tell = tell;
	}

	adopted({ cid, nick, sent }: StoredParcel): void {
		this.#kept.set(cid, { nick, sent });
	}

	made(parcel: Parcel): void {
		this.#fresh.set(parcel.cid, parcel);
	}

	/** It is about to be sent under this name. */
	leaves(parcel: Parcel, nick: string): void {
		const kept = this.#kept.get(parcel.cid);
		if (kept?.sent !== true || kept.nick !== nick) {
			this.#keep(parcel, nick, true);
		}
	}

	/** Stores what was made and could not leave. */
	keepFresh(nick: string): void {
		for (const parcel of this.#fresh.values()) {
			this.#keep(parcel, nick, false);
		}
	}

	over(cid: string): void {
		this.#fresh.delete(cid);
		if (this.#kept.delete(cid)) {
			this.#tell({ type: 'forget', cid });
		}
	}

	#keep({ id: _, ...parcel }: Parcel, nick: string, sent: boolean): void {
		this.#fresh.delete(parcel.cid);
		this.#kept.set(parcel.cid, { nick, sent });
		this.#tell({ type: 'keep', parcel: { ...parcel, nick, sent } });
	}
}
