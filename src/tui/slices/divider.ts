/**
 * Where one stopped reading: what is unread in a room, and the line that stands above it. The line goes along with what
 * comes while nobody reads, and is frozen from when it is read until the room is left.
 */
import { isInbox } from '../../protocol/names.ts';
import type { Divider, Room, Row, State } from '../model.ts';
import { activeRoom, roomNamed, withRoom } from '../step.ts';
import { epochStart } from './numbers.ts';
import { isAttended } from './view.ts';

/** Whether what comes in a room now is read as it comes. */
function isRead(state: State, room: Room): boolean {
	return (
		room.name === state.active &&
		room.scroll === undefined &&
		state.view.overlay === undefined &&
		state.prompt?.looksAt === undefined &&
		state.view.bare === undefined &&
		isAttended(state) &&
		room.isHeld !== true
	);
}

/** Every room has its divider where it belongs after what has happened. */
export function settledDividers(before: State, after: State): State {
	if (before.rooms === after.rooms && before.active === after.active) {
		return after;
	}
	const rooms = after.rooms.map((room) =>
		room === roomNamed(before, room.name) && room.name !== before.active ? room : settled(after, room),
	);
	return rooms.some((room, index) => room !== after.rooms[index]) ? { ...after, rooms } : after;
}

function settled(state: State, room: Room): Room {
	if (room.name !== state.active) {
		const { isHeld, ...left } = room;
		return withDivider(isHeld === undefined ? room : left, liveDivider(room));
	}
	const live = liveDivider(room);
	if (live === undefined || isRead(state, room)) {
		return room;
	}
	// What is on screen and not at the newest is being read: its divider stays.
	const isFrozen = isAttended(state) && room.divider !== undefined && room.divider.key !== live.key;
	return isFrozen ? room : withDivider(room, live);
}

function liveDivider({ firstUnread, unread }: Room): Divider | undefined {
	return firstUnread === undefined ? undefined : { ...firstUnread, count: unread };
}

function withDivider(room: Room, divider: Divider | undefined): Room {
	const { divider: before, ...rest } = room;
	const isSame = before?.key === divider?.key && before?.count === divider?.count;
	return isSame ? room : divider === undefined ? rest : { ...rest, divider };
}

/** The room on screen counts as read while its newest row is visible. */
export function settledUnread(state: State): State {
	const room = activeRoom(state);
	if (!isRead(state, room) || (room.unread === 0 && room.mentions === 0)) {
		return state;
	}
	return withRoom(state, room.name, ({ firstUnread: _, ...read }) => ({ ...read, unread: 0, mentions: 0 }));
}

/**
 * Everything that others said from this number on is unread, and stays so until the room is left. `undefined` when they
 * said nothing from there on.
 */
export function markedUnread(room: Room, from: number): Room | undefined {
	const start = firstRow(room.rows, from);
	const unread = start === -1 ? [] : room.rows.slice(start).filter(isOfOthers);
	const [first] = unread;
	if (first === undefined) {
		return undefined;
	}
	const firstUnread = { key: first.key, sequence: first.sequence };
	return {
		...room,
		firstUnread,
		isHeld: true,
		unread: unread.length,
		mentions: unread.filter((row) => isForMe(room, row)).length,
		divider: { ...firstUnread, count: unread.length },
	};
}

/** What is unread is told without these messages, which are about to go. */
export function uncounted(room: Room, isGone: (row: Said) => boolean): Room {
	const { firstUnread, divider, ...rest } = room;
	const unread = room.rows.slice(indexOf(room.rows, firstUnread?.key)).filter(isOfOthers);
	const lost = unread.filter(isGone);
	const first = unread.find((row) => !isGone(row));
	const below = room.rows.slice(indexOf(room.rows, divider?.key)).filter(isOfOthers).slice(0, divider?.count);
	const [firstBelow, ...more] = below.filter((row) => !isGone(row));
	return {
		...rest,
		unread: room.unread - lost.length,
		mentions: room.mentions - lost.filter((row) => isForMe(room, row)).length,
		...(first !== undefined && { firstUnread: { key: first.key, sequence: first.sequence } }),
		...(firstBelow !== undefined && {
			divider: { key: firstBelow.key, sequence: firstBelow.sequence, count: more.length + 1 },
		}),
	};
}

type Said = Extract<Row, { kind: 'said' }>;

export function isOfOthers(row: Row): row is Said {
	return row.kind === 'said' && !row.mine;
}

/** What is said to me alone is for me, whether it names me or not. */
function isForMe({ name }: Room, { mention }: Said): boolean {
	return mention || isInbox(name);
}

/** The first row of the present numbers that is not below this one; -1 without any. */
function firstRow(rows: readonly Row[], from: number): number {
	const start = epochStart(rows);
	return rows.findIndex((row, index) => index >= start && row.kind === 'said' && row.sequence >= from);
}

function indexOf(rows: readonly Row[], key: string | undefined): number {
	const index = key === undefined ? -1 : rows.findIndex((row) => row.key === key);
	return index === -1 ? rows.length : index;
}
