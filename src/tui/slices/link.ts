/**
 * The link to the broker, and the name under which it knows me.
 */
import type { LinkStatus } from '../../client/client.ts';
import { isInbox } from '../../protocol/names.ts';
import { greetedAnew, notHad } from '../greeting.ts';
import type { Room, State } from '../model.ts';
import { type Moment, tell } from '../step.ts';
import { withLocalTimes } from '../text/dates.ts';
import { withUnknownMembers } from './members.ts';

/** How long the link may be gone before the screen makes much of it, in ms: a broker that restarts is back sooner. */
const calmMs = 5000;

/** How long after the link is back others may take to come back too, in ms. */
const returnMs = 30_000;

/** A difference in round trips that nobody feels. */
const leastMs = 20;

/** Names that I had whose going may still be told. */
const mostFormer = 10;

/** Until when a link that was there is gone only for a moment, ms since 1970; `undefined` when it is not, or for longer. */
export function brieflyUntil({ link, lostAt, now }: Pick<State, 'link' | 'lostAt' | 'now'>): number | undefined {
	const isComing = link.state === 'waiting' || link.state === 'connecting';
	return isComing && lostAt !== undefined && isBrief(now - lostAt) ? lostAt + calmMs : undefined;
}

/** Whether a link that was gone for so long was gone only for a moment. */
export function isBrief(ms: number): boolean {
	return ms < calmMs;
}

/** The broker restarts: that people lose it one after the other is no news. */
export function withLinkAboutToGo(state: State): State {
	return { ...state, rooms: state.rooms.map((room) => withReturning(room, state.now)) };
}

/** Whether the broker can keep messages is open again. */
export function notRefusing(state: State): State {
	const { isRefusing, ...rest } = state;
	return isRefusing === undefined ? state : rest;
}

/** Without a link, after a moment, nobody knows who is there. */
export function settledLink(state: State): State {
	return state.link.state === 'online' || brieflyUntil(state) !== undefined ? state : withUnknownMembers(state);
}

/**
 * The link as it is told, with the round trip that is shown already where the new one takes hardly longer or shorter: nobody
 * need see it flicker.
 */
function settledStatus(shown: LinkStatus, told: LinkStatus): LinkStatus {
	if (shown.state !== 'online' || told.state !== 'online') {
		return told;
	}
	const { roundTripMs: before } = shown;
	const { roundTripMs: now } = told;
	if (before === undefined || now === undefined || Math.abs(now - before) > Math.max(leastMs, before / 2)) {
		return told;
	}
	return { ...told, roundTripMs: before };
}

/** The link changed, or I am called otherwise. */
export function withLink(state: State, told: LinkStatus, nick: string, moment: Moment): State {
	const status = settledStatus(state.link, told);
	const lost = state.link.state === 'online' && status.state !== 'online';
	const found = state.link.state !== 'online' && status.state === 'online';
	const linked: State = {
		...(lost ? notRefusing(state) : state),
		link: status,
		...(lost && {
			lostAt: sinceWhen(status) ?? moment.at,
			rooms: state.rooms.map((room) => withLinkLost(room, moment.at)),
		}),
		...(found && { rooms: state.rooms.map((room) => withLinkFound(room, moment.at)) }),
	};
	const said =
		status.state === 'closed' && status.cause !== undefined
			? tell(linked, moment, {
					level: 'error',
					text: closedText(state, withLocalTimes(status.cause.text, moment.time)),
				})
			: linked;
	return found ? withOwnName(said, nick, state.lostAt === undefined, moment) : withNick(said, nick, moment);
}

/** Why there is no link and none is looked for. It may be that there never was one. */
function closedText({ link }: State, cause: string): string {
	const what = link.state === 'online' ? 'The broker closed the link' : 'There is no link';
	return `${what}: ${cause}\nEnter on an empty line, or /reconnect, dials again.`;
}

/** There is a link, on which I am called so. It is the answer to /nick, or to the name that was asked for at the start. */
function withOwnName(state: State, nick: string, isFirst: boolean, moment: Moment): State {
	// A name that was refused before may be free by now.
	const { wantedNick = state.deniedNick === nick ? nick : state.nick, ...rest } = state;
	const denied = nick === wantedNick ? {} : { deniedNick: wantedNick };
	const named = renamed({ ...rest, ...denied }, nick);
	const greeted = isFirst ? greetedAnew(named, wantedNick) : undefined;
	if (greeted !== undefined) {
		return greeted;
	}
	if (nick === wantedNick) {
		return nick === state.nick ? named : tell(named, moment, { text: `You are ${nick} now` });
	}
	const still = nick === state.nick ? 'still ' : '';
	const text = `${notHad(wantedNick)}, so you are ${still}${nick} (change: /nick NAME)`;
	return tell(named, moment, { text });
}

export function withNick(state: State, nick: string, moment: Moment): State {
	return nick === state.nick ? state : tell(renamed(state, nick), moment, { text: `You are ${nick} now` });
}

/** /nick was typed. Whether the name is to be had turns out with the next link. */
export function withWantedNick(state: State, wantedNick: string): State {
	return { ...state, wantedNick };
}

/** The name that /nick asked for cannot be asked for. */
export function withoutWantedNick(state: State): State {
	const { wantedNick, ...rest } = state;
	return wantedNick === undefined ? state : rest;
}

/** I am called otherwise: that who I was goes is no news. */
function renamed(state: State, nick: string): State {
	if (nick === state.nick) {
		return state;
	}
	const { formerNicks = [] } = state;
	return {
		...state,
		nick,
		formerNicks: [...formerNicks.filter((name) => name !== nick), state.nick].slice(-mostFormer),
	};
}

function sinceWhen(status: LinkStatus): number | undefined {
	return 'offlineSince' in status ? status.offlineSince : undefined;
}

function withLinkLost(room: Room, at: number): Room {
	// A conversation is not followed by itself, and nobody is in it.
	return isInbox(room.name) ? room : { ...withReturning(room, at), awaySince: room.awaySince ?? at };
}

function withReturning(room: Room, at: number): Room {
	const { until = 0, people: earlier = [] } = room.returning ?? {};
	const people = new Set([...(at < until ? earlier : []), ...room.members.keys()]);
	return { ...room, returning: { until: Number.POSITIVE_INFINITY, people } };
}

function withLinkFound(room: Room, at: number): Room {
	return room.returning === undefined ? room : { ...room, returning: { ...room.returning, until: at + returnMs } };
}
