/**
 * What the terminal rings and notifies for: what is said to me while I do not look, once for all that comes together.
 */
import type { RoomItem } from '../../client/client.ts';
import { cleanLine } from '../../protocol/text.ts';
import type { Alert, Effect, Event, Room, Row, State } from '../model.ts';
import { counted, roomTitle } from '../reports.ts';
import { roomNamed, type Step, step } from '../step.ts';
import { attentionOf } from './activity.ts';
import { isConversation, peerOf } from './conversations.ts';
import { isOfOthers } from './divider.ts';
import { isAttended } from './view.ts';

/** How long after it rang the terminal is quiet, in ms: what comes meanwhile is told together then. */
const quietMs = 5000;

/** How long more is waited for of what was missed, in ms: all rooms are told of together. */
const gatherMs = 2000;

const longestText = 160;

/** When what waits is told; `undefined` when nothing does, or the terminal is another's until it is given back. */
export function alertAt({ alerts, isLent }: Pick<State, 'alerts' | 'isLent'>): number | undefined {
	return isLent === true ? undefined : alerts?.dueAt;
}

/** Before what is on screen counts as read: takes in what an event brought, and tells what is due. */
export function settledAlerts(before: State, after: State, event: Event): Step {
	const fresh = event.type === 'items' ? freshAlerts(before, after, event.items, event.room) : [];
	const { alerts: earlier } = after;
	const knownDueAt = alertAt(after);
	if (fresh.length === 0 && (knownDueAt === undefined || after.now < knownDueAt)) {
		return step(after);
	}
	const held = fresh.reduce(withAlert, earlier?.held ?? []);
	const { quietUntil = 0 } = earlier ?? {};
	const isGathering = fresh.some(({ isMissed }) => isMissed);
	const dueAt =
		fresh.length === 0
			? after.now
			: Math.max(quietUntil, isGathering ? after.now + gatherMs : after.now, earlier?.dueAt ?? 0);
	if (after.now < dueAt || after.isLent === true) {
		return step({ ...after, alerts: { quietUntil, held, dueAt } });
	}
	const due = held.filter((alert) => isWanted(after, alert));
	if (due.length === 0) {
		return step({ ...after, alerts: { quietUntil, held: [] } });
	}
	const { bell, notifications } = after.preferences;
	const effects: Effect[] = [
		...(bell ? [{ type: 'bell' } as const] : []),
		...(notifications ? [{ type: 'notify', ...textOf(after, due) } as const] : []),
	];
	return step({ ...after, alerts: { quietUntil: after.now + quietMs, held: [] } }, ...effects);
}

function freshAlerts(before: State, after: State, items: readonly RoomItem[], source: string): readonly Alert[] {
	const isIn = (room: Room) =>
		room.name === source || (source === after.user?.inbox && isConversation(after, room.name));
	const rooms = after.rooms.filter((room) => isIn(room) && mayRing(after, room));
	if (rooms.length === 0) {
		return [];
	}
	const came = new Map(
		items.flatMap((item) => (item.kind === 'message' ? [[item.message.sequence, item] as const] : [])),
	);
	return rooms.flatMap((room) => {
		const earlier = roomNamed(before, room.name);
		if (room === earlier) {
			return [];
		}
		return unreadRows(room).flatMap((row): Alert[] => {
			const item = came.get(row.sequence);
			const isMissed = item?.old === true;
			// What an earlier run had not read is no news, and neither is what was said before a room was joined.
			const isNews = item !== undefined && (!isMissed || (item.unseen !== true && after.lostAt !== undefined));
			if (!isNews || !isWorth(after, room, row) || earlier?.rows.some(({ key }) => key === row.key) === true) {
				return [];
			}
			const { sender, content, mention } = row;
			return [{ room: room.name, sender, content, count: 1, mentions: mention ? 1 : 0, isMissed }];
		});
	});
}

type Said = Extract<Row, { kind: 'said' }>;

/** What others said from the first unread message on. */
function unreadRows({ rows, firstUnread }: Room): readonly Said[] {
	const start = firstUnread === undefined ? -1 : rows.findLastIndex(({ key }) => key === firstUnread.key);
	return start === -1 ? [] : rows.slice(start).filter(isOfOthers);
}

/** Whether anything in this room may ring now: nothing in one that is looked at. */
function mayRing(state: State, room: Room): boolean {
	const isSeen = room.name === state.active && isAttended(state);
	return !isSeen && room.isMuted !== true && attentionOf(state, room) !== 'none';
}

function isWorth(state: State, room: Room, { mention }: Said): boolean {
	return mention || attentionOf(state, room) === 'all';
}

/** Whether what waits is still unread and still to be told. */
function isWanted(state: State, alert: Alert): boolean {
	const room = roomNamed(state, alert.room);
	return room !== undefined && room.unread > 0 && mayRing(state, room);
}

/** One for each room, however much comes. */
function withAlert(held: readonly Alert[], alert: Alert): readonly Alert[] {
	const index = held.findIndex(({ room }) => room === alert.room);
	const known = held[index];
	return known === undefined
		? [...held, alert]
		: held.with(index, {
				...alert,
				count: known.count + alert.count,
				mentions: known.mentions + alert.mentions,
				isMissed: known.isMissed && alert.isMissed,
			});
}

function textOf(state: State, alerts: readonly Alert[]): { readonly title: string; readonly text: string } {
	const [only, ...others] = alerts;
	if (only !== undefined && others.length === 0 && only.count === 1) {
		const sender = cleanLine(only.sender, 40);
		const title = isConversation(state, only.room) ? sender : `${sender} in ${roomTitle(only.room)}`;
		return { title: cleanLine(title, 80), text: cleanLine(only.content, longestText) };
	}
	const missed = alerts.every(({ isMissed }) => isMissed) ? 'While there was no link - ' : '';
	return {
		title: 'natter',
		text: cleanLine(missed + alerts.map((alert) => summaryOf(state, alert)).join('; '), longestText),
	};
}

function summaryOf(state: State, { room, count, mentions }: Alert): string {
	if (isConversation(state, room)) {
		return `${peerOf(room)}: ${counted(count, 'message', 'messages')}`;
	}
	const named = counted(mentions, 'mention', 'mentions');
	return `${roomTitle(room)}: ${mentions === count ? named : `${counted(count, 'message', 'messages')}${mentions === 0 ? '' : `, ${named}`}`}`;
}
