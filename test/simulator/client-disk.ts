import type { ClientStore, StoredParcel } from '../../src/client/store.ts';
import type { Position } from '../../src/protocol/frames.ts';
import type { Agenda } from './agenda.ts';

/** A client's store whose positions are written with the next line, or within a second, as on a real disk. */
export class ClientDisk implements ClientStore {
	readonly device: string;
	readonly #agenda: Agenda;
	readonly #parcels = new Map<string, StoredParcel>();
	readonly #positions = new Map<string, Position>();
	/** Told and not written yet. */
	readonly #unwritten = new Map<string, Position>();
	/** Under which name it is open. */
	nick = '';

	constructor(device: string, agenda: Agenda) {
		this.device = device;
		this.#agenda = agenda;
	}

	adopt(): readonly StoredParcel[] {
		return [...this.#parcels.values()].filter(({ nick }) => nick === this.nick);
	}

	keep(parcel: StoredParcel): void {
		this.#parcels.set(parcel.cid, parcel);
		this.#write();
	}

	forget(cid: string): void {
		this.#parcels.delete(cid);
		this.#write();
	}

	position(room: string): Position | undefined {
		return this.#unwritten.get(room) ?? this.#positions.get(room);
	}

	savePosition(room: string, position: Position): void {
		if (this.#unwritten.size === 0) {
			this.#agenda.after(1000, () => this.#write());
		}
		this.#unwritten.set(room, position);
	}

	/** The process is killed. */
	crash(): void {
		this.#unwritten.clear();
	}

	close(): void {}

	#write(): void {
		for (const [room, position] of this.#unwritten) {
			this.#positions.set(room, position);
		}
		this.#unwritten.clear();
	}
}
