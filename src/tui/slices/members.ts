/**
 * Who is in a room, and the rows that say who came and went.
 */
import type { Member, PresenceChange } from '../../client/client.ts';
import type { Room, Row, State } from '../model.ts';
import { type Moment, rowKey } from '../step.ts';

type Traffic = Extract<Row, { kind: 'traffic' }>;

/** Who is there, told whole: nobody counts as having come or gone. */
export function withMembers(room: Room, members: readonly Member[]): Room {
	const here = members.filter(({ state }) => state !== 'offline');
	return { ...room, members: new Map(here.map((member) => [member.userId, member])), membersKnown: true };
}

/** Takes in changes, in their order; those of other rooms are ignored. */
export function withPresence(state: State, changes: readonly PresenceChange[], moment: Moment): State {
	const rooms = state.rooms.map((room) =>
		changes
			.filter((change) => concerns(change, room, state))
			.reduce((before, change) => withChange(before, change, state.nick, moment), room),
	);
	return rooms.some((room, index) => room !== state.rooms[index]) ? { ...state, rooms } : state;
}

/** Nobody knows who is there. */
export function withUnknownMembers(state: State): State {
	if (!state.rooms.some(({ membersKnown }) => membersKnown)) {
		return state;
	}
	return { ...state, rooms: state.rooms.map((room) => (room.membersKnown ? { ...room, membersKnown: false } : room)) };
}

/** A broker that does not name the room can only mean the one that there is, or someone who is known to be in it. */
function concerns(change: PresenceChange, room: Room, { rooms }: State): boolean {
	return change.room === undefined ? rooms.length === 1 || room.members.has(change.userId) : change.room === room.name;
}

function withChange(room: Room, change: PresenceChange, nick: string, moment: Moment): Room {
	const { userId } = change;
	const known = room.members.get(userId);
	const gone = change.action === 'leave' || change.state === 'offline';
	const { until = 0, people } = room.returning ?? {};
	const returns = moment.at < until && people?.has(userId) === true;
	if (gone && (known === undefined || (returns && until === Number.POSITIVE_INFINITY))) {
		return room;
	}
	const members = new Map(room.members);
	if (gone) {
		members.delete(userId);
	} else {
		members.set(userId, {
			userId,
			state: change.state,
			verified: known?.verified ?? false,
			since: known?.since ?? change.timestamp,
			...(change.status !== undefined && { status: change.status }),
		});
	}
	const silent = !room.membersKnown || userId === nick || (!gone && (known !== undefined || returns));
	return silent ? { ...room, members } : { ...room, members, rows: withTraffic(room.rows, userId, gone, moment) };
}

/** One row for all who come and go while nothing else happens; each person is in it once, as they did last. */
function withTraffic(rows: readonly Row[], userId: string, gone: boolean, moment: Moment): readonly Row[] {
	const last = rows.at(-1);
	const folds = last?.kind === 'traffic';
	const row: Traffic = folds
		? last
		: { kind: 'traffic', key: rowKey(moment, rows.length), at: moment.time, joined: [], left: [] };
	const joined = row.joined.filter((other) => other !== userId);
	const left = row.left.filter((other) => other !== userId);
	const next = gone ? { ...row, joined, left: [...left, userId] } : { ...row, joined: [...joined, userId], left };
	return folds ? rows.with(-1, next) : [...rows, next];
}
