/** Rooms as a journal makes them: the product's own `MemoryRoom`, told of one change after the other. */
import type {
	AppendOutcome,
	Cursor,
	Entry,
	Located,
	RecordChange,
	Retention,
	RoomState,
} from '../../src/engines/engine.ts';
import { MemoryRoom } from '../../src/engines/memory-room.ts';
import { Records } from '../../src/engines/records.ts';
import type { Position } from '../../src/protocol/frames.ts';
import type { Beginning, Change } from './disk.ts';

/** A new entry of a room, and when it was numbered by the clock that never steps. */
interface Added {
	readonly room: string;
	readonly entry: Entry;
	readonly elapsed: number;
}

/** What came of some changes: an outcome for each append, what is new, and which changes of records were made. */
export interface Applied {
	readonly outcomes: readonly AppendOutcome[];
	readonly entries: readonly Added[];
	readonly made: readonly (readonly RecordChange[])[];
}

export class JournaledRooms {
	readonly #retention: Required<Retention>;
	readonly byName = new Map<string, MemoryRoom>();
	readonly cursors = new Map<string, Cursor>();
	readonly records = new Records();
	/** The epochs up to the present one. */
	readonly epochs: Beginning[] = [];

	constructor(retention: Required<Retention>) {
		this.#retention = retention;
	}

	get epoch(): string {
		return this.epochs.at(-1)?.epoch ?? '';
	}

	get heads(): Readonly<Record<string, number>> {
		return Object.fromEntries([...this.byName].map(([name, { head }]) => [name, head]));
	}

	state(name: string): RoomState {
		const { head = 0, oldest = 1, edge = 'trimmed' } = this.byName.get(name) ?? {};
		return { epoch: this.epoch, head, oldest, edge };
	}

	#apply(change: Change): {
		readonly outcome?: AppendOutcome;
		readonly entry?: Entry;
		readonly made?: readonly RecordChange[];
	} {
		switch (change.type) {
			case 'append': {
				const room = this.byName.get(change.room) ?? new MemoryRoom(change.room, this.#retention);
				const restriction = this.records.restriction(change.room, change.draft.author, change.at);
				const applied = room.append(change.draft, this.epoch, change.at, change.elapsed, restriction);
				if (applied.entry !== undefined) {
					this.byName.set(change.room, room);
				}
				return applied;
			}
			case 'clear':
				if (!this.records.isAsExpected(change.provided)) {
					return {};
				}
				this.byName.get(change.room)?.clear();
				return { made: [] };
			case 'sweep':
				for (const room of this.byName.values()) {
					room.sweep(change.at, change.elapsed);
				}
				return {};
			case 'cursors':
				for (const cursor of change.cursors) {
					this.cursors.set(JSON.stringify([cursor.user, cursor.device, cursor.room]), cursor);
				}
				return {};
			case 'records':
				if (!this.records.isAsExpected(change.changes)) {
					return {};
				}
				this.records.apply(change.changes);
				return { made: change.changes };
			case 'epoch':
				this.epochs.push(change);
				return {};
		}
	}

	/** Makes the changes in their order. */
	apply(changes: readonly Change[]): Applied {
		const outcomes: AppendOutcome[] = [];
		const entries: Added[] = [];
		const allMade: (readonly RecordChange[])[] = [];
		for (const change of changes) {
			const { outcome, entry, made } = this.#apply(change);
			if (made !== undefined) {
				allMade.push(made);
			}
			if (outcome !== undefined) {
				outcomes.push(outcome);
			}
			if (change.type === 'append' && entry !== undefined) {
				entries.push({ room: change.room, entry, elapsed: change.elapsed });
			}
		}
		return { outcomes, entries, made: allMade };
	}

	/** What a position of any epoch means now. */
	locate(name: string, { epoch, sequence }: Position): Located {
		const state = this.state(name);
		let bound = state.head;
		for (const passed of this.epochs.toReversed()) {
			if (passed.epoch === epoch) {
				return sequence > bound
					? { ...state, relation: 'rewound', sequence: bound }
					: { ...state, relation: 'kept', sequence };
			}
			if (passed.isForgotten) {
				break;
			}
			bound = Math.min(bound, passed.heads[name] ?? 0);
		}
		return { ...state, relation: 'unknown', sequence: state.head };
	}
}
