/** A store in memory: what one run leaves there, the next one finds. */
import type { ClientStore, StoredParcel } from '../../src/client/store.ts';
import type { Position } from '../../src/protocol/frames.ts';

export class MemoryStore implements ClientStore {
	readonly device = 'laptop';
	readonly parcels = new Map<string, StoredParcel>();
	readonly positions = new Map<string, Position>();
	isClosed = false;

	adopt(): readonly StoredParcel[] {
		return [...this.parcels.values()];
	}

	keep(parcel: StoredParcel): void {
		this.parcels.set(parcel.cid, parcel);
	}

	forget(cid: string): void {
		this.parcels.delete(cid);
	}

	position(room: string): Position | undefined {
		return this.positions.get(room);
	}

	savePosition(room: string, position: Position): void {
		this.positions.set(room, position);
	}

	close(): void {
		this.isClosed = true;
	}
}
