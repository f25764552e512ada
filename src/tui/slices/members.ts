/**
 * Who is in a room, and the rows that say who came and went.
 */
import type { Member, PresenceChange } from '../../client/client.ts';
import { memberOf } from '../../client/roster.ts';
import { markedName, unmarkedName } from '../../protocol/marked-name.ts';
import type { Renamed, Room, Row, State } from '../model.ts';
import { type Moment, rowKey } from '../step.ts';

type Traffic = Extract<Row, { kind: 'traffic' }>;

/** People of a room who are known by name; of more only the number is kept. */
const mostMembers = 1000;

/** Names of each kind that a row of comings and goings keeps: by them who came and went counts once. More are only counted. */
const mostNames = mostMembers;

/** Who is there, told whole: nobody counts as having come or gone. */
export function withMembers(room: Room, members: readonly Member[]): Room {
	const here = members.filter(({ state }) => state !== 'offline');
	const named = here.slice(0, mostMembers).map((member) => [member.userId, member] as const);
	return { ...room, members: new Map(named), unnamed: here.length - named.length, membersKnown: true };
}

/** Takes in changes, in their order; those of other rooms are ignored. */
export function withPresence(state: State, changes: readonly PresenceChange[], moment: Moment): State {
	const rooms = state.rooms.map((room) => {
		const own = changes.filter((change) => concerns(change, room, state));
		return own.length === 0 ? room : withChanges(room, own, [state.nick, ...(state.formerNicks ?? [])], moment);
	});
	const next = rooms.some((room, index) => room !== state.rooms[index]) ? { ...state, rooms } : state;
	return withFormerNicks(next, changes);
}

/** A name that I had and somebody else takes now is theirs. */
function withFormerNicks(state: State, changes: readonly PresenceChange[]): State {
	const { formerNicks = [] } = state;
	const left = formerNicks.filter(
		(name) => !changes.some(({ userId, action }) => action === 'join' && userId === name),
	);
	return left.length === formerNicks.length ? state : { ...state, formerNicks: left };
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

/** Someone who came or went. */
interface Passage {
	/** As it is shown. */
	readonly name: string;
	readonly gone: boolean;
	/** What they were called when they left. */
	readonly was?: string;
}

function withChanges(room: Room, changes: readonly PresenceChange[], mine: readonly string[], moment: Moment): Room {
	const { until = 0, people } = room.returning ?? {};
	const passages: Passage[] = [];
	let { members, unnamed = 0 } = room;
	// Copied once for all changes, and only if there is one.
	let own: Map<string, Member> | undefined;
	const writable = () => {
		own ??= new Map(members);
		members = own;
		return own;
	};
	for (const change of changes) {
		const { userId, action } = change;
		const gone = action === 'leave' || change.state === 'offline';
		const known = members.get(userId);
		const isUnnamed = known === undefined && unnamed > 0 && action !== 'join';
		const wasHere = known !== undefined || isUnnamed;
		const returns = moment.at < until && people?.has(userId) === true;
		if (gone) {
			if (!wasHere || (returns && until === Number.POSITIVE_INFINITY)) {
				continue;
			}
			if (isUnnamed) {
				unnamed -= 1;
			} else {
				writable().delete(userId);
			}
		} else if (known !== undefined || members.size < mostMembers) {
			writable().set(userId, memberOf(change, known));
			unnamed -= isUnnamed ? 1 : 0;
		} else {
			unnamed += wasHere ? 0 : 1;
		}
		const isMine = mine.includes(userId) && (gone || userId === mine[0]);
		if (room.membersKnown && !isMine && (gone || !(wasHere || returns))) {
			const { verified = known?.verified, was } = change;
			passages.push({ name: markedName({ sender: userId, verified }), gone, ...(was !== undefined && { was }) });
		}
	}
	if (members === room.members && unnamed === (room.unnamed ?? 0) && passages.length === 0) {
		return room;
	}
	const rows = passages.length === 0 ? room.rows : withTraffic(room.rows, passages, moment);
	return { ...room, members, unnamed, rows };
}

/** Among whom somebody is listed; a program is one, whether it calls itself away or not. */
export function placeOf({ state, bot }: Member): 'here' | 'away' | 'bot' {
	return bot === true ? 'bot' : state === 'away' ? 'away' : 'here';
}

/** The name of somebody as it is shown: with a `~` while they have not proven to own it. */
export function memberName({ userId, verified }: Pick<Member, 'userId' | 'verified'>): string {
	return markedName({ sender: userId, verified });
}

/** What somebody who is meant by this name is called on screen, as far as they are on it. */
export function shownName({ rooms }: State, name: string): string {
	const wanted = unmarkedName(name).toLowerCase();
	const isMeant = ({ userId }: Member) => userId.toLowerCase() === wanted;
	const known = rooms.flatMap(({ members }) => [...members.values()].filter(isMeant));
	return known.some(({ verified }) => verified === false) ? `~${unmarkedName(name)}` : name;
}

/** One row for all who come and go while nothing else happens; each person is named in it once, as they did last. */
function withTraffic(rows: readonly Row[], passages: readonly Passage[], moment: Moment): readonly Row[] {
	const last = rows.at(-1);
	const row: Traffic | undefined = last?.kind === 'traffic' ? last : undefined;
	const joined = new Set(row?.joined);
	const left = new Set(row?.left);
	let renamed = row?.renamed ?? [];
	const more = { joined: 0, left: 0, ...row?.more };
	for (const { name, gone, was } of passages) {
		joined.delete(name);
		if (was !== undefined && !gone && (left.delete(was) || hasLeft(rows, was))) {
			renamed = withRenamed(renamed, was, name);
			continue;
		}
		left.delete(name);
		const [names, kind] = gone ? ([left, 'left'] as const) : ([joined, 'joined'] as const);
		if (names.size < mostNames) {
			names.add(name);
		} else {
			more[kind]++;
		}
	}
	if (joined.size + left.size + renamed.length + more.joined + more.left === 0) {
		// Somebody is called again what they were.
		return row === undefined ? rows : rows.slice(0, -1);
	}
	const { renamed: _, ...rest }: Partial<Traffic> = row ?? {};
	const next: Traffic = {
		...{ kind: 'traffic', key: rowKey(moment, rows.length), at: moment.time, ...rest },
		...{ joined: [...joined], left: [...left] },
		...(renamed.length > 0 && { renamed }),
		...(more.joined + more.left > 0 && { more }),
	};
	return row === undefined ? [...rows, next] : rows.with(-1, next);
}

/** Rows in which somebody has to have left to be who comes under another name. */
const renamingRows = 50;

function hasLeft(rows: readonly Row[], name: string): boolean {
	return rows.slice(-renamingRows).some((row) => row.kind === 'traffic' && row.left.includes(name));
}

/** Each person once: from what they were called first to what they are called now. */
function withRenamed(renamed: readonly Renamed[], was: string, name: string): readonly Renamed[] {
	const first = renamed.find(({ to }) => to === was)?.from ?? was;
	const others = renamed.filter(({ to }) => to !== was);
	return first === name ? others : [...others, { from: first, to: name }].slice(-mostNames);
}
