/** What a broker says, made safe to keep and to show: every text cleaned, every size bounded. */
import type { BrokerFrames, Cause, Message, Tags } from '../protocol/frames.ts';
import { defaultLimits, mostCauses, roomTokenBytes } from '../protocol/limits.ts';
import { cleanContent, cleanLine } from '../protocol/text.ts';
import type { Member, PresenceChange, Restriction, RoomInfo, Typing, User } from './client.ts';

/** What stands where a message's content cannot be shown. The message keeps its number, so that order stays whole. */
export const unreadable = '[unreadable message]';

/** Content up to this size is shown, whatever the broker's own limit is. */
const shownContent = { contentBytes: 64 * 1024, contentLines: 1000 };
/** The latest time that a `Date` can hold. */
const latest = 8.64e15;
const maxMembers = 10_000;
const maxRooms = 500;
const maxRestrictions = 500;

export function safeMessage(message: Message, room: string): Message {
	const { id, sender, content, sequence, timestamp, cid, verified, key, bot, tags, replyTo, after, to, from } = message;
	const { expiresAt, prev } = message;
	const shown = cleanContent(content, shownContent);
	return {
		id: id.slice(0, 128),
		room,
		sender: safeName(sender),
		content: shown.ok ? shown.text : unreadable,
		sequence,
		timestamp: Math.min(timestamp, latest),
		...(cid !== undefined && { cid: cid.slice(0, 128) }),
		...(verified !== undefined && { verified }),
		...(key !== undefined && { key: key.slice(0, 128) }),
		...(bot === true && { bot }),
		...(tags !== undefined && { tags: safeTags(tags) }),
		...(replyTo !== undefined && { replyTo }),
		...(after !== undefined && { after: safeCauses(after) }),
		...(to !== undefined && { to: safeRoom(to) }),
		...(from !== undefined && { from: safeRoom(from) }),
		...(expiresAt !== undefined && { expiresAt: Math.min(expiresAt, latest) }),
		...(prev !== undefined && { prev }),
	};
}

/** Ascending, each number once. */
export function safeMessages(messages: readonly Message[], room: string): readonly Message[] {
	const byNumber = new Map<number, Message>();
	for (const message of messages.slice(-defaultLimits.historyMessages)) {
		if (message.room === room && message.sequence > 0 && !byNumber.has(message.sequence)) {
			byNumber.set(message.sequence, safeMessage(message, room));
		}
	}
	return [...byNumber.values()].sort((a, b) => a.sequence - b.sequence);
}

export function safeName(name: string): string {
	return cleanLine(name, defaultLimits.nickCodePoints) || '?';
}

function safeRoom(room: string): string {
	return cleanLine(room, defaultLimits.roomCodePoints) || '?';
}

/** A key is only compared with others, and shown by its fingerprint. */
export function safeUser({ id, verified, role, key, inbox }: BrokerFrames['welcome']['user']): User {
	return {
		id: safeName(id),
		verified,
		role: cleanLine(role, 32),
		...(key !== undefined && { key }),
		...(inbox !== undefined && { inbox: safeRoom(inbox) }),
	};
}

export function safeText(text: string): string {
	return cleanLine(text, 256);
}

export function safePresence(frame: BrokerFrames['presence'], room: string | undefined): PresenceChange {
	return {
		...(room !== undefined && { room }),
		userId: safeName(frame.userId),
		action: frame.action,
		state: frame.state ?? (frame.action === 'leave' ? 'offline' : 'online'),
		...(frame.status !== undefined && { status: cleanLine(frame.status, 128) }),
		...(frame.connections !== undefined && { connections: frame.connections }),
		...(frame.verified !== undefined && { verified: frame.verified }),
		...(frame.bot === true && { bot: frame.bot }),
		...(frame.was !== undefined && frame.action === 'join' && { was: safeName(frame.was) }),
		timestamp: Math.min(frame.timestamp, latest),
	};
}

export function safeTyping(
	{ userId, state, verified, key }: BrokerFrames['typing'],
	{ room, until }: { readonly room: string; readonly until: number },
): Typing {
	return {
		room: safeRoom(room),
		userId: safeName(userId),
		...(state === 'typing' && { until }),
		...(verified !== undefined && { verified }),
		...(key !== undefined && { key: key.slice(0, 128) }),
	};
}

export function safeMembers(members: BrokerFrames['members']['members']): readonly Member[] {
	return members.slice(0, maxMembers).map(({ userId, state, verified, since, status, bot }) => ({
		userId: safeName(userId),
		state,
		verified,
		since: Math.min(since, latest),
		...(status !== undefined && { status: cleanLine(status, 128) }),
		...(bot === true && { bot }),
	}));
}

export function safeRooms(rooms: BrokerFrames['rooms']['rooms']): readonly RoomInfo[] {
	return rooms.slice(0, maxRooms).map(({ room, online, head, lastActivity, topic }) => ({
		room: cleanLine(room, 128),
		online,
		head,
		...(lastActivity !== undefined && { lastActivity: Math.min(lastActivity, latest) }),
		...(topic !== undefined && { topic: safeText(topic) }),
	}));
}

export function safeRestrictions(restrictions: BrokerFrames['restrictions']['restrictions']): readonly Restriction[] {
	return restrictions.slice(0, maxRestrictions).map(({ kind, userId, room, by, at, until, reason }) => ({
		...{ kind, userId: safeName(userId), by: safeName(by), at: Math.min(at, latest) },
		...(room !== undefined && { room: cleanLine(room, 128) }),
		...(until !== undefined && { until: Math.min(until, latest) }),
		...(reason !== undefined && { reason: safeText(reason) }),
	}));
}

function safeTags(tags: Tags): Tags {
	const entries = Object.entries(tags)
		.slice(0, defaultLimits.tags)
		.map(([key, value]) => [cleanLine(key, 64), typeof value === 'string' ? cleanLine(value, 256) : value] as const);
	return Object.fromEntries(entries);
}

/** A token that is too long is none that this client was told. */
function safeCauses(after: readonly Cause[]): Cause[] {
	return after.slice(0, mostCauses).filter(({ token }) => token.length <= roomTokenBytes);
}

/** By which others name a room, if it is one that they may say. */
export function safeToken(token: string | undefined): string | undefined {
	return token !== undefined && Buffer.byteLength(token) <= roomTokenBytes ? token : undefined;
}
