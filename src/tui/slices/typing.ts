/**
 * Who is typing in a room, and what others are told of my typing. Each word on somebody lapses by itself, and ends when they
 * say something, go, or stop.
 */
import type { RoomItem, Typing } from '../../client/client.ts';
import { conversationOf } from '../../client/conversation.ts';
import type { Effect, Event, Room, State } from '../model.ts';
import { roomNamed, withRoom } from '../step.ts';
import { ignoring } from './ignored.ts';

/** Of more people at once nobody wants to know. */
const mostTyping = 50;

/** Somebody types or stops, unless it is me elsewhere or somebody whom I do not read. */
export function withTyping(state: State, typing: Typing): State {
	const { userId, key, until } = typing;
	const isMine = key === undefined ? userId === state.nick : key === state.user?.key;
	const isIgnored = ignoring(state.ignored ?? [])({ sender: userId, ...(key !== undefined && { key }) });
	if (until === undefined) {
		return withoutTypists(state, typing.room, [userId]);
	}
	if (isMine || isIgnored) {
		return state;
	}
	return withRoom(state, typing.room, (room) => {
		const others = (room.typing ?? []).filter((one) => one.userId !== userId);
		return { ...room, typing: [...others, typing].slice(-mostTyping) };
	});
}

/** Whoever has said something types no longer what was meant. */
export function withSpoken(state: State, room: string, items: readonly RoomItem[]): State {
	if (state.rooms.every(({ typing }) => typing === undefined)) {
		return state;
	}
	const inbox = state.user?.inbox;
	let next = state;
	for (const item of items) {
		if (item.kind === 'message') {
			const { message } = item;
			next = withoutTypists(next, conversationOf({ ...message, room }, inbox) ?? room, [message.sender]);
		}
	}
	return next;
}

/** People who are not in the room type nothing there. */
export function withoutTypists(state: State, room: string, names: readonly string[]): State {
	return roomNamed(state, room)?.typing === undefined
		? state
		: withRoom(state, room, (old) => onlyTyping(old, ({ userId }) => !names.includes(userId)));
}

/** Nobody types whose time is over, and without a link nobody at all. */
export function settledTyping(state: State): State {
	if (state.rooms.every(({ typing }) => typing === undefined)) {
		return state;
	}
	const isOnline = state.link.state === 'online';
	const rooms = state.rooms.map((room) => onlyTyping(room, ({ until = 0 }) => isOnline && until > state.now));
	return rooms.every((room, index) => room === state.rooms[index]) ? state : { ...state, rooms };
}

/** When the first of those who type in the room on screen will be taken to have stopped, in ms since 1970. */
export function typingLapsesAt(state: State): number | undefined {
	const { typing = [] } = roomNamed(state, state.active) ?? {};
	return typing.reduce<number | undefined>((first, { until = 0 }) => Math.min(first ?? until, until), undefined);
}

/** What others are told of what a key did to the input: only text that would be said is typing. */
export function typingToSay(before: State, after: State, event: Event, effects: readonly Effect[]): readonly Effect[] {
	if (!after.preferences.typing || !isKey(event)) {
		return [];
	}
	const room = before.active;
	const was = isSaying(before.composer.text);
	const isHere = after.active === room;
	if (isHere && before.composer.text !== after.composer.text && isSaying(after.composer.text)) {
		return [{ type: 'say-typing', room, isTyping: true }];
	}
	const isOver = was && !(isHere && isSaying(after.composer.text));
	// What was typed is said now, which ends it for others.
	return isOver && !effects.some(({ type }) => type === 'publish')
		? [{ type: 'say-typing', room, isTyping: false }]
		: [];
}

/** A key was pressed, whatever it does. */
export function isKey({ type: what }: Event): boolean {
	return (
		what === 'did' ||
		what === 'picked-room' ||
		what === 'typed' ||
		what === 'pasted' ||
		what === 'entered' ||
		what === 'mouse'
	);
}

function isSaying(text: string): boolean {
	return text.trim() !== '' && (!text.startsWith('/') || text.startsWith('//'));
}

function onlyTyping(room: Room, isTyping: (typing: Typing) => boolean): Room {
	const { typing, ...rest } = room;
	const left = typing?.filter(isTyping) ?? [];
	return left.length === (typing?.length ?? 0) ? room : left.length === 0 ? rest : { ...rest, typing: left };
}
