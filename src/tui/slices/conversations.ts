/**
 * Direct messages: all of them come in one room, the inbox, and each person has a tab. The numbers and the standing of
 * such a tab are those of the inbox.
 */
import type { Member, Published, Refused, RoomItem, RoomStatus } from '../../client/client.ts';
import { conversationOf } from '../../client/conversation.ts';
import type { Message } from '../../protocol/frames.ts';
import { isInbox } from '../../protocol/names.ts';
import { cleanLine } from '../../protocol/text.ts';
import { typedName } from '../../protocol/typed-name.ts';
import type { Room, Row, State } from '../model.ts';
import { type Moment, roomNamed, tell, withRoom } from '../step.ts';
import { withDraft } from './composer.ts';
import { everyRow } from './numbers.ts';
import { withoutMarks, withReadMark } from './read-marks.ts';
import { switchedTo, withNewRoom, withoutRoom } from './rooms.ts';
import { type Reader, received, settledOlder, withUnnumbered } from './transcript.ts';

/** Tabs that open by themselves; more people than this share one. */
const mostOpened = 50;
/** No nick is empty, so that nobody's tab is called so. */
const crowd = '@~';

/** Whether a tab is a conversation with one person. To a base broker `@bob` is a room like others. */
export function isConversation({ link }: Pick<State, 'link'>, name: string): boolean {
	return isInbox(name) && !(link.state === 'online' && link.protocol === 'base');
}

/** Whether a tab is the one that several people share. */
export function isShared(name: string): boolean {
	return name === crowd;
}

/** Who a conversation is with, as they are called in words. */
export function peerOf(name: string): string {
	return name.slice(1);
}

/** Whom a conversation is with, as rooms say it that both are in; `undefined` of rooms, and where none does. */
export function peerIn(state: Pick<State, 'rooms' | 'link'>, { name }: Room): Member | undefined {
	if (!isConversation(state, name)) {
		return undefined;
	}
	for (const { members, membersKnown } of state.rooms) {
		const peer = membersKnown ? members.get(peerOf(name)) : undefined;
		if (peer !== undefined) {
			return peer;
		}
	}
	return undefined;
}

/** Whether somebody without a key is in it, so that no answer reaches them. */
export function isWithGuest(name: string): boolean {
	return name.startsWith('@~');
}

/** The conversation of this name, or one whose name differs in case alone. */
export function conversationNamed(state: Pick<State, 'rooms'>, name: string): Room | undefined {
	const wanted = name.toLowerCase();
	return roomNamed(state, name) ?? state.rooms.find((room) => room.name.toLowerCase() === wanted);
}

/** The conversation with whom this key is of, whatever they are called in it. */
export function conversationWith({ rooms }: Pick<State, 'rooms'>, key: string | undefined): Room | undefined {
	const isTheirs = (row: Row) => row.kind === 'said' && !row.mine && row.by === key;
	return key === undefined
		? undefined
		: rooms.find((room) => isInbox(room.name) && room.name !== crowd && everyRow(room).some(isTheirs));
}

/**
 * The tab that was opened for somebody to whom nothing can be said goes when its only line is refused: that one is shown on
 * the screen from which it came, and is in the input again when nothing else is. `undefined` when the tab is to stay.
 */
export function withoutVainTab(state: State, refused: Refused, moment: Moment): State | undefined {
	const { room: name, cid, text, code } = refused;
	const room = roomNamed(state, name);
	const [line, ...more] = room?.pending ?? [];
	const isVain = line?.cid === cid && more.length === 0 && room?.rows.every(({ kind }) => kind !== 'said') === true;
	const isTyped = name === state.active ? state.composer.text !== '' : room?.draft !== '';
	if (code !== 'forbidden' || !isConversation(state, name) || !isVain || isTyped || state.rooms.length === 1) {
		return undefined;
	}
	const left = withoutRoom(state, name);
	const isFree = name === state.active && left.composer.text === '';
	const lost = isFree ? '' : `\n${cleanLine(line.content)}`;
	const said = tell(left, moment, { level: 'error', text: `Not said to ${cleanLine(name)}: ${text}${lost}` });
	const typed = `/msg ${typedName(peerOf(name))} ${line.content}`;
	return isFree ? { ...said, composer: withDraft(said.composer, typed) } : said;
}

/** Takes in what the client gave of the inbox, in its order, each message in its tab. */
export function withDirect(state: State, items: readonly RoomItem[], reader: Reader, moment: Moment): State {
	let next = state;
	for (const [index, item] of items.entries()) {
		// Rows of one decision are told apart by the decision's name.
		const part = { ...moment, id: `${moment.id}.${index}` };
		next = item.kind === 'message' ? withMessage(next, item, reader, part) : withNews(next, item, reader, part);
	}
	return next;
}

/** The inbox stands here now, and so do all conversations. */
export function withInboxStatus(state: State, status: RoomStatus): State {
	const rooms = state.rooms.map((room) => (isInbox(room.name) ? settledOlder({ ...withoutAway(room), status }) : room));
	return { ...state, rooms, inboxStatus: status };
}

/** A tab for a conversation, unless there is one. */
export function withConversation(state: State, name: string): State {
	if (roomNamed(state, name) !== undefined) {
		return state;
	}
	const { inboxStatus, inboxCatchesUp } = state;
	return withRoom(withNewRoom(state, name), name, (room) => ({
		...room,
		...(inboxStatus !== undefined && { status: inboxStatus }),
		...(inboxCatchesUp === true && { catchesUp: true as const }),
	}));
}

/** Who has no inbox is not told where a message of theirs is: it stands here as having arrived. */
export function withArrived(state: State, { room: name, cid }: Published, reader: Reader, at: number): State {
	return withRoom(state, name, (room) => withUnnumbered(room, cid, reader, at));
}

function withMessage(
	state: State,
	item: Extract<RoomItem, { kind: 'message' }>,
	reader: Reader,
	moment: Moment,
): State {
	const name = conversationOf(item.message, reader.inbox);
	if (name === undefined || reader.ignores?.(item.message) === true) {
		return state;
	}
	const opened = opening(withRightName(state, name, item.message), name);
	const marked = withReadMark(state, opened.name, item);
	return withRoom(opened.state, opened.name, (room) => settledOlder(received(room, [marked], reader, moment)));
}

function opening(state: State, name: string): { readonly state: State; readonly name: string } {
	const open = state.rooms.filter((room) => isInbox(room.name)).length;
	const isFull = roomNamed(state, name) === undefined && open >= mostOpened;
	const tab = isFull ? crowd : name;
	return { state: withConversation(state, tab), name: tab };
}

/** A line of mine may have been written to another name of the same person: its tab becomes that of the conversation. */
function withRightName(state: State, name: string, { cid }: Message): State {
	const other = state.rooms.find(
		(room) => room.name !== name && isInbox(room.name) && room.pending.some((line) => line.cid === cid),
	);
	if (cid === undefined || other === undefined) {
		return state;
	}
	if (roomNamed(state, name) === undefined) {
		const rooms = state.rooms.map((room) => (room === other ? { ...room, name } : room));
		const renamed = (one: string | undefined) => (one === other.name ? name : one);
		const { previous, ...rest } = state;
		const before = renamed(previous);
		return { ...rest, rooms, active: renamed(state.active) ?? name, ...(before !== undefined && { previous: before }) };
	}
	const moved = withRoom(state, name, (room) => ({ ...room, pending: [...room.pending, ...other.pending] }));
	return withoutRoom(moved.active === other.name ? switchedTo(moved, name) : moved, other.name);
}

/** What is no message is of the inbox as a whole: it stands in every conversation, or on screen when there is none. */
function withNews(state: State, item: Exclude<RoomItem, { kind: 'message' }>, reader: Reader, moment: Moment): State {
	const { inboxCatchesUp: _, ...rest } = item.kind === 'epoch' ? withoutMarks(state, isInbox) : state;
	const next: State = item.kind === 'resumed' ? { ...rest, inboxCatchesUp: true } : item.kind === 'lost' ? state : rest;
	// How many were missed is not how many were missed of this person; they are unread in their tabs.
	const told: RoomItem = item.kind === 'resumed' ? { ...item, awayMs: 0 } : item;
	if (item.kind === 'lost' && !next.rooms.some(({ name }) => isInbox(name))) {
		const numbers = item.from === item.to ? `#${item.from}` : `#${item.from}-#${item.to}`;
		return tell(next, moment, { level: 'warning', text: `${numbers} of your inbox cannot be had: ${item.reason}` });
	}
	const rooms = next.rooms.map((room) =>
		isInbox(room.name) ? settledOlder(received(room, [told], reader, moment)) : room,
	);
	return { ...next, rooms };
}

function withoutAway(room: Room): Room {
	const { awaySince: _, ...rest } = room;
	return rest;
}
