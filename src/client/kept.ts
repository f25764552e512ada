/** A `ClientStore` that cannot break the client: what it throws is told once, and the client goes on in memory. */
import { cleanLine } from '../protocol/text.ts';
import type { RoomItem, RoomStatus } from './client.ts';
import type { ClientStore, StoredParcel } from './store.ts';

export class Kept {
	readonly #store: ClientStore;
	readonly #onTrouble: (text: string) => void;
	#isInTrouble = false;
	/** Where a room was when it was joined in this run: until it has come there again, nothing new is known. */
	readonly #floors = new Map<string, { readonly epoch: string; readonly sequence: number }>();

	/** `onTrouble` is told at most once, in words for people; maybe before this returns. */
	constructor(store: ClientStore, onTrouble: (text: string) => void) {
		this.#store = store;
		this.#onTrouble = onTrouble;
	}

	get device(): string | undefined {
		return this.#try(() => this.#store.device);
	}

	adopt(): readonly StoredParcel[] {
		return this.#try(() => this.#store.adopt()) ?? [];
	}

	keep(parcel: StoredParcel): void {
		this.#try(() => this.#store.keep(parcel));
	}

	forget(cid: string): void {
		this.#try(() => this.#store.forget(cid));
	}

	/** Where the room is to go on that is joined now. */
	from(room: string): { readonly epoch: string; readonly sequence: number } | undefined {
		const position = this.#try(() => this.#store.position(room));
		if (position !== undefined) {
			this.#floors.set(room, position);
		}
		return position;
	}

	/** Numbers that start over may be lower than those of before. */
	delivered(room: string, items: readonly RoomItem[]): void {
		if (items.some(({ kind }) => kind === 'epoch')) {
			this.#floors.delete(room);
		}
	}

	standing({ room, epoch, position }: RoomStatus): void {
		const floor = this.#floors.get(room);
		if (epoch === undefined || (floor?.epoch === epoch && position <= floor.sequence)) {
			return;
		}
		this.#floors.delete(room);
		this.#try(() => this.#store.savePosition(room, { epoch, sequence: position }));
	}

	close(): void {
		this.#try(() => this.#store.close());
	}

	#try<Value>(act: () => Value): Value | undefined {
		try {
			return act();
		} catch (error) {
			if (!this.#isInTrouble) {
				this.#isInTrouble = true;
				const reason = cleanLine(error instanceof Error ? error.message : String(error), 200);
				this.#onTrouble(`What is not sent yet is kept in memory only: ${reason}`);
			}
			return undefined;
		}
	}
}
