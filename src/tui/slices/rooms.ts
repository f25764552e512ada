/**
 * The tabs: which rooms there are, in which order, which of them is on screen, and what is unread in them.
 */
import type { RoomStatus } from '../../client/client.ts';
import { cleanLine } from '../../protocol/text.ts';
import { typedName } from '../../protocol/typed-name.ts';
import { type Room, type State, visibleGap } from '../model.ts';
import { roomTitle } from '../reports.ts';
import { roomNamed, withRoom } from '../step.ts';
import { longestWhere } from '../where.ts';
import { withDraft } from './composer.ts';
import { bounded } from './reading.ts';
import { settledOlder } from './transcript.ts';

export function emptyRoom(name: string, draft = ''): Room {
	return {
		name,
		status: undefined,
		rows: [],
		pending: [],
		older: 'unknown',
		unread: 0,
		mentions: 0,
		members: new Map(),
		membersKnown: false,
		below: 0,
		draft,
	};
}

/** Adds a tab at the end, unless there is one. */
export function withNewRoom(state: State, name: string): State {
	return roomNamed(state, name) === undefined
		? { ...state, rooms: [...state.rooms, emptyRoom(name, state.drafts?.get(name))] }
		: state;
}

/** What is typed in a room and not sent. A line that Up brought back is not. */
export function draftIn(state: State, name: string): string {
	const { text, recall } = state.composer;
	return name === state.active
		? (recall?.draft.text ?? text)
		: (roomNamed(state, name)?.draft ?? state.drafts?.get(name) ?? '');
}

/** Puts a room on screen. What was typed stays with the room it was typed in. */
export function switchedTo(state: State, name: string): State {
	const next = roomNamed(state, name);
	if (next === undefined || name === state.active) {
		return state;
	}
	const left = withRoom(state, state.active, (room) =>
		room.draft === state.composer.text ? room : { ...room, draft: state.composer.text },
	);
	const visited = [state.active, ...(state.visited ?? []).filter((other) => other !== state.active)];
	return { ...left, active: name, previous: state.active, visited, composer: withDraft(state.composer, next.draft) };
}

/** The room so many tabs further, around the ends. */
export function switchedBy(state: State, distance: number): State {
	const index = state.rooms.findIndex(({ name }) => name === state.active) + distance;
	const next = state.rooms.at(index % state.rooms.length);
	return next === undefined ? state : switchedTo(state, next.name);
}

/** The room at this place, 1 for the first. */
export function switchedToPlace(state: State, place: number): State {
	const next = state.rooms[place - 1];
	return next === undefined ? state : switchedTo(state, next.name);
}

/** The tab on screen at this place, 1 for the first, or at the last. */
export function moved(state: State, place: number): State {
	const active = roomNamed(state, state.active);
	const others = state.rooms.filter((room) => room !== active);
	return active === undefined ? state : { ...state, rooms: others.toSpliced(place - 1, 0, active) };
}

/** The room that was on screen before. */
export function switchedBack(state: State): State {
	return state.previous === undefined ? state : switchedTo(state, state.previous);
}

/** Takes a tab away; the one before it comes on screen. The last one stays. */
export function withoutRoom(state: State, name: string): State {
	const index = state.rooms.findIndex((room) => room.name === name);
	if (index === -1 || state.rooms.length === 1) {
		return state;
	}
	const neighbour = state.rooms[index === 0 ? 1 : index - 1]?.name ?? state.active;
	const back =
		state.previous !== undefined && roomNamed(state, state.previous) !== undefined && state.previous !== name;
	const elsewhere = name === state.active ? switchedTo(state, back ? (state.previous ?? neighbour) : neighbour) : state;
	const rooms = elsewhere.rooms.filter((room) => room.name !== name);
	const drafts = new Map(state.drafts).set(name, draftIn(state, name));
	const { previous, ...others } = elsewhere;
	const rest = { ...others, drafts };
	return previous === undefined || previous === name ? { ...rest, rooms } : { ...rest, rooms, previous };
}

/** How one gets back into a room that one is not in any more; `undefined` of a room that one is in, or comes into. */
export function outText({ name, status, where }: Room): string | undefined {
	if (status?.phase !== 'left' && status?.phase !== 'refused') {
		return undefined;
	}
	const title = roomTitle(name);
	return status.reason === 'banned'
		? `you are banned from ${title}`
		: `you are not in ${title}; ${joinText(name, where)} brings you back`;
}

/** What is typed to join a room as it was joined: all of it, because another filter is what half of one is. */
export function joinText(name: string, where?: Room['where']): string {
	return `/join ${cleanLine(typedName(name))}${where === undefined ? '' : ` where ${cleanLine(where.text, longestWhere)}`}`;
}

/** The client said where a room stands; one that has no tab yet gets one. */
export function withStatus(state: State, status: RoomStatus): State {
	const gone = status.phase === 'left' || status.phase === 'refused';
	const known = gone ? state : withNewRoom(state, status.room);
	return withRoom(known, status.room, ({ topic: _, ...room }) => {
		// How many are here was just told; the same number again may be from before the link was lost.
		const isCounted = status.count !== undefined && status.count !== room.status?.count;
		return settledOlder({
			...room,
			// Who is in a room is told to those who are in it.
			...(gone && { members: new Map(), unnamed: 0 }),
			...(status.topic !== undefined && { topic: status.topic }),
			...{ status, membersKnown: !gone && (room.membersKnown || isCounted) },
		});
	});
}

/** Whether messages are being held back, and shown to be, in a room in which none were before. */
export function hasNewGap(before: State, after: State): boolean {
	return (
		before.rooms !== after.rooms &&
		after.rooms.some((room) => {
			const earlier = visibleGap(room) === undefined ? undefined : roomNamed(before, room.name);
			return earlier !== undefined && visibleGap(earlier) === undefined;
		})
	);
}

/** No room has more rows than it may, and no more is said in them. */
export function settledRows(state: State): State {
	const rooms = state.rooms.map((room) => bounded(room, room.name === state.active));
	return rooms.some((room, index) => room !== state.rooms[index]) ? { ...state, rooms } : state;
}
