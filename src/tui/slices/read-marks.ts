/**
 * Up to where conversations were read. The client knows how far the inbox has come, which is not how far it was read.
 */
import type { RoomItem } from '../../client/client.ts';
import { isInbox } from '../../protocol/names.ts';
import type { Effect, Room, State } from '../model.ts';

/** What was old before this run began is unread when it is above where an earlier run had read this conversation. */
export function withReadMark(
	{ readTo, inboxStatus }: Pick<State, 'readTo' | 'inboxStatus'>,
	name: string,
	item: Extract<RoomItem, { kind: 'message' }>,
): Extract<RoomItem, { kind: 'message' }> {
	const mark = readTo?.get(name);
	const epoch = inboxStatus?.epoch;
	if (!item.old || mark === undefined || (epoch !== undefined && epoch !== mark.epoch)) {
		return item;
	}
	const { unseen: _, ...rest } = item;
	return item.message.sequence > mark.sequence ? { ...rest, unseen: true } : rest;
}

/** What is to survive this process of how far conversations were read. */
export function marksToSave(before: State, after: State): readonly Effect[] {
	const inbox = after.user?.inbox;
	const epoch = after.inboxStatus?.epoch;
	const isNamed = epoch === before.inboxStatus?.epoch;
	if (inbox === undefined || epoch === undefined || (before.rooms === after.rooms && isNamed)) {
		return [];
	}
	return after.rooms.flatMap((room): Effect[] => {
		// What is said to oneself is kept under the name of the inbox, where the client keeps its own place.
		if (!isInbox(room.name) || room.name === inbox) {
			return [];
		}
		const earlier = before.rooms.find(({ name }) => name === room.name);
		const sequence = room === earlier && isNamed ? undefined : readUpTo(room);
		const isKnown = isNamed && earlier !== undefined && readUpTo(earlier) === sequence;
		return sequence === undefined || isKnown
			? []
			: [{ type: 'save-read', room: room.name, position: { epoch, sequence } }];
	});
}

/** The number below the first that is unread, or the last of all; `undefined` without any. */
function readUpTo({ rows, unread }: Room): number | undefined {
	let left = unread;
	for (let index = rows.length - 1; index >= 0; index--) {
		const row = rows[index];
		if (row?.kind === 'epoch') {
			return undefined;
		}
		if (row?.kind !== 'said') {
			continue;
		}
		if (left === 0) {
			return row.sequence;
		}
		left -= row.mine ? 0 : 1;
		if (left === 0) {
			return row.sequence - 1;
		}
	}
	return undefined;
}
