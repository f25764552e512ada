/**
 * Which rooms call for attention, how much each of them may, and the way from one to the next.
 */
import type { Attention, Room, State } from '../model.ts';
import { roomNamed, withRoom } from '../step.ts';
import { isConversation } from './conversations.ts';
import { switchedTo } from './rooms.ts';
import { noted } from './view.ts';

/** The more urgent comes first. */
const calls = ['mention', 'direct', 'unread'] as const;

type Call = (typeof calls)[number];

/** What a room rings and notifies for: all that is said in a conversation, unless I have said otherwise. */
export function attentionOf(state: Pick<State, 'link'>, room: Room): Attention {
	return room.attention ?? (isConversation(state, room.name) ? 'all' : 'mentions');
}

/** How many unread messages name me, in a room where that counts. */
export function mentionsOf({ attention, mentions }: Room): number {
	return attention === 'none' ? 0 : mentions;
}

/** How many unread messages of a room count: in one that is muted those that name me. */
export function unreadOf(room: Room): number {
	return room.isMuted === true ? mentionsOf(room) : room.unread;
}

function callOf(state: State, room: Room): Call | undefined {
	if (unreadOf(room) === 0) {
		return undefined;
	}
	return isConversation(state, room.name) ? 'direct' : mentionsOf(room) > 0 ? 'mention' : 'unread';
}

/**
 * The room that calls most, in tab order, none twice on one way round; after the last one the room from where the way began.
 */
export function atNextActivity(state: State): State {
	const { active, tour } = state;
	const visited = tour?.visited.at(-1) === active ? tour.visited : [];
	const from = visited.length > 0 ? (tour?.from ?? active) : active;
	const waiting = state.rooms.filter(({ name }) => name !== active && !visited.includes(name));
	const next = calls
		.map((call) => waiting.find((room) => callOf(state, room) === call))
		.find((room) => room !== undefined);
	if (next !== undefined) {
		return { ...switchedTo(state, next.name), tour: { from, visited: [...visited, next.name] } };
	}
	const { tour: _, ...rest } = state;
	return from === active || roomNamed(state, from) === undefined
		? noted(rest, 'Nothing is unread elsewhere')
		: switchedTo(rest, from);
}

/** Sets how much a room may ring for. */
export function withAttention(state: State, name: string, attention: Attention): State {
	return withRoom(state, name, (room) => ({ ...room, attention }));
}

/** A room that is muted calls for nothing but mentions, and rings for nothing. */
export function withMuteToggled(state: State, name: string): State {
	return withRoom(state, name, ({ isMuted, ...room }) => (isMuted === undefined ? { ...room, isMuted: true } : room));
}
