/** What the store has to know of the outbox: each publish before its first departure, and its end. Pure. */
import type { Parcel } from './outbox.ts';
import type { Output } from './step.ts';
import type { StoredParcel } from './store.ts';

export class Keeping {
	readonly #tell: (output: Output) => void;
	/** What the store has of each. */
	readonly #kept = new Map<string, Pick<StoredParcel, 'nick' | 'sent' | 'bareAfter'>>();
	/** Not stored yet: most leave in the very step in which they were made, and are then stored once. */
	readonly #fresh = new Map<string, Parcel>();

	constructor(tell: (output: Output) => void) {
		this.#tell = tell;
	}

	adopted(stored: StoredParcel): void {
		this.#kept.set(stored.cid, stored);
	}

	made(parcel: Parcel): void {
		this.#fresh.set(parcel.cid, parcel);
	}

	/** It is about to be sent under this name. `bareAfter` is where its room stood when it first left bare, if it ever did. */
	leaves(parcel: Parcel, nick: string, bareAfter: number | undefined): void {
		const kept = this.#kept.get(parcel.cid);
		if (kept?.sent !== true || kept.nick !== nick || kept.bareAfter !== bareAfter) {
			this.#keep(parcel, { nick, sent: true, ...(bareAfter !== undefined && { bareAfter }) });
		}
	}

	/** Stores what was made and could not leave. */
	keepFresh(nick: string): void {
		for (const parcel of this.#fresh.values()) {
			this.#keep(parcel, { nick, sent: false });
		}
	}

	over(cid: string): void {
		this.#fresh.delete(cid);
		if (this.#kept.delete(cid)) {
			this.#tell({ type: 'forget', cid });
		}
	}

	#keep({ id: _, ...parcel }: Parcel, state: Pick<StoredParcel, 'nick' | 'sent' | 'bareAfter'>): void {
		this.#fresh.delete(parcel.cid);
		this.#kept.set(parcel.cid, state);
		this.#tell({ type: 'keep', parcel: { ...parcel, ...state } });
	}
}
