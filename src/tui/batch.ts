/**
 * What came in rooms since it was last taken in, as few events: to decide about a hundred messages at once costs hardly more
 * than about one.
 */
import type { RoomItem, RoomStatus } from '../client/client.ts';
import type { Unstamped } from './model.ts';

export interface Batch {
	/** Keeps an event; `false` for one that is to be taken in at once, behind what is kept. */
	readonly add: (event: Unstamped) => boolean;
	/** What is kept, of each room in its order; from then on it is not. */
	readonly take: () => readonly Unstamped[];
	readonly isEmpty: () => boolean;
}

/**
 * Of one room, so that a key press never waits for more to be taken in: a millisecond's worth. Of more the most would be kept
 * for long enough to be collected at a higher price.
 */
const mostItems = 250;

/** Of one room: what it was like before the items, and what it is like since. */
interface News {
	readonly before: RoomStatus | undefined;
	readonly items: RoomItem[];
	status: RoomStatus | undefined;
}

export function createBatch(): Batch {
	let rooms = new Map<string, News>();
	return {
		add: (event) => {
			if (event.type === 'items') {
				const known = rooms.get(event.room);
				if ((known?.items.length ?? 0) + event.items.length > mostItems) {
					return false;
				}
				if (known !== undefined && known.items.length > 0) {
					known.items.push(...event.items);
				} else {
					rooms.set(event.room, { before: known?.status, items: [...event.items], status: undefined });
				}
				return true;
			}
			// A gap is to be seen, however soon it is closed.
			if (event.type === 'room' && event.status.gap === undefined) {
				const { status } = event;
				const known = rooms.get(status.room);
				if (known === undefined) {
					rooms.set(status.room, { before: undefined, items: [], status });
				} else {
					known.status = status;
				}
				return true;
			}
			return false;
		},
		isEmpty: () => rooms.size === 0,
		take: () => {
			const taken = rooms;
			rooms = new Map();
			return Array.from(taken, ([room, { before, items, status }]): readonly Unstamped[] => [
				...(before === undefined ? [] : [{ type: 'room', status: before } as const]),
				...(items.length === 0 ? [] : [{ type: 'items', room, items } as const]),
				...(status === undefined ? [] : [{ type: 'room', status } as const]),
			]).flat();
		},
	};
}
