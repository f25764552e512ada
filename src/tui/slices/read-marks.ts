/**
 * Up to where conversations and rooms were read, over this run and earlier ones. The client knows how far it was given
 * them, which is not how far they were read.
 */
import type { RoomItem } from '../../client/client.ts';
import type { Position } from '../../protocol/frames.ts';
import { isInbox } from '../../protocol/names.ts';
import type { Effect, Room, State } from '../model.ts';
import { roomNamed, type Step, step } from '../step.ts';

/**
 * The name under which it is kept how far something was read. That of a room is the name of no room, for under its own the
 * client keeps its own place.
 */
function markName(room: string): string {
	return isInbox(room) ? room : `#${room}`;
}

/** Whether what is kept under this name is how far something was read. */
export function isMarkName(name: string): boolean {
	return isInbox(name) || name.startsWith('#');
}

/** What was old before this run began is unread when it is above where an earlier run had read this conversation or room. */
export function withReadMark(
	state: Pick<State, 'readTo' | 'inboxStatus' | 'rooms'>,
	name: string,
	item: Extract<RoomItem, { kind: 'message' }>,
): Extract<RoomItem, { kind: 'message' }> {
	if (!item.old) {
		return item;
	}
	const mark = state.readTo?.get(markName(name));
	const epoch = isInbox(name) ? state.inboxStatus?.epoch : roomNamed(state, name)?.status?.epoch;
	if (mark === undefined || (epoch !== undefined && epoch !== mark.epoch)) {
		return item;
	}
	const { unseen: _, ...rest } = item;
	return item.message.sequence > mark.sequence ? { ...rest, unseen: true } : rest;
}

/** The items of a room, those marked that an earlier run had not read, and the state when the numbers start over in them. */
export function markedItems(
	state: State,
	name: string,
	items: readonly RoomItem[],
): { readonly state: State; readonly items: readonly RoomItem[] } {
	let next = state;
	const marked = items.map((item) => {
		if (item.kind === 'epoch') {
			next = withoutMarks(next, (kept) => kept === markName(name));
		}
		return item.kind === 'message' ? withReadMark(next, name, item) : item;
	});
	return { state: next, items: marked };
}

/** Nothing is known any more of how far these were read. */
export function withoutMarks(state: State, isGone: (name: string) => boolean): State {
	const { readTo } = state;
	const left = readTo && new Map([...readTo].filter(([name]) => !isGone(name)));
	return left === undefined || left.size === readTo?.size ? state : { ...state, readTo: left };
}

/** Knows how far everything was read now, and keeps it beyond this process. */
export function settledMarks(before: State, after: State): Step {
	if (before.rooms === after.rooms && before.inboxStatus === after.inboxStatus && before.user === after.user) {
		return step(after);
	}
	const effects = after.rooms.flatMap((room): Extract<Effect, { type: 'save-read' }>[] => {
		const isSame =
			room === roomNamed(before, room.name) && before.inboxStatus === after.inboxStatus && before.user === after.user;
		const position = isSame ? undefined : readUpTo(after, room);
		const name = markName(room.name);
		const known = after.readTo?.get(name);
		return position === undefined || (known?.epoch === position.epoch && known.sequence === position.sequence)
			? []
			: [{ type: 'save-read', room: name, position }];
	});
	if (effects.length === 0) {
		return step(after);
	}
	const readTo = new Map([...(after.readTo ?? []), ...effects.map(({ room, position }) => [room, position] as const)]);
	return step({ ...after, readTo }, ...effects);
}

/** The number below the first that is unread, or the last of all; `undefined` where that says nothing. */
function readUpTo(
	{ user, inboxStatus }: State,
	{ name, status, rows, firstUnread, epochs = 0 }: Room,
): Position | undefined {
	// What is said to oneself is kept under the name of the inbox, where the client keeps its own place.
	const epoch = !isInbox(name)
		? status?.phase === 'live'
			? status.epoch
			: undefined
		: user?.inbox === undefined || user.inbox === name
			? undefined
			: inboxStatus?.epoch;
	if (epoch === undefined) {
		return undefined;
	}
	if (firstUnread !== undefined) {
		return firstUnread.key.startsWith(`${epochs}:`) ? { epoch, sequence: firstUnread.sequence - 1 } : undefined;
	}
	const last = rows.findLast(({ kind }) => kind === 'said' || kind === 'epoch');
	return last?.kind === 'said' ? { epoch, sequence: last.sequence } : undefined;
}
