/**
 * What follows at once for those who are connected when a record changes: whoever is banned is out, whoever may not speak
 * is told so, and readers of a room hear what it is about. It is done from the records, so that it is the same whoever put
 * them, on whichever node.
 */
import type { RecordChange } from '../engines/engine.ts';
import { everywhere, parseRestrictionKey } from '../engines/records.ts';
import { closeCodes } from '../protocol/limits.ts';
import type { Connection, User } from './connection.ts';
import type { Hub } from './hub.ts';
import { type KeptRestriction, readTopic, restrictionText } from './restrictions.ts';
import type { Room } from './room.ts';
import { isName, nameSubject, subjectOf } from './subject.ts';
import type { Subscription } from './subscription.ts';

export function enforce(hub: Hub, changes: readonly RecordChange[]): void {
	for (const { kind, key, value } of changes) {
		switch (kind) {
			case 'ban':
			case 'mute':
				restrict(hub, kind, key);
				break;
			case 'topic':
				tellTopic(hub, key, value);
				break;
		}
	}
}

/** The subscriptions of a subject, in one room or everywhere. */
export function subscriptionsOf(hub: Hub, subject: string, room: string): readonly Subscription<Room>[] {
	return connectionsOf(hub, subject).flatMap((connection) =>
		[...connection.subscriptions.values()].filter(
			(subscription) =>
				(room === everywhere || subscription.room.name === room) &&
				subjectOf(connection, subscription.userId) === subject,
		),
	);
}

/** The open connections that speak for a subject: a base client may speak for several. */
export function connectionsOf(hub: Hub, subject: string): readonly Connection[] {
	if (!isName(subject)) {
		return [...hub.connections].filter(({ user, ended }) => !ended && user.key === subject);
	}
	return hub.names.holders(subject.slice(1)).filter((connection) => {
		const names = connection.protocol === 'base' ? connection.names : [connection.user.id];
		return (
			!connection.ended && connection.user.key === undefined && names.some((name) => nameSubject(name) === subject)
		);
	});
}

/**
 * Puts somebody out of a room, or off the broker; they are told the reason first, where they can understand it. Whoever
 * lost the connection, and could still have come back, is out as well.
 */
export function expel(
	hub: Hub,
	{ subject, room }: { readonly subject: string; readonly room: string },
	{ reason, text }: { readonly reason: 'kicked' | 'banned'; readonly text: string },
): void {
	const isMeant = (user: User) => (user.key ?? nameSubject(user.id)) === subject;
	if (room === everywhere) {
		for (const connection of connectionsOf(hub, subject)) {
			connection.end(closeCodes[reason], closeReason(text));
		}
		hub.sessions.expel(isMeant);
		return;
	}
	hub.sessions.expel(isMeant, room);
	for (const connection of connectionsOf(hub, subject)) {
		const subscription = connection.subscriptions.get(room);
		if (subscription !== undefined && subjectOf(connection, subscription.userId) === subject) {
			connection.leave(subscription);
			if (connection.protocol === 'v1') {
				connection.tell({ type: 'notice', room, level: 'warning', text });
				connection.tell({ type: 'unsubscribed', room, reason });
			}
		}
	}
}

/** A close frame has room for 123 bytes of it. */
export function closeReason(text: string): string {
	const bytes = Buffer.from(text);
	return bytes.length <= 120
		? text
		: `${bytes
				.subarray(0, 117)
				.toString()
				.replace(/\ufffd+$/u, '')}...`;
}

function restrict(hub: Hub, kind: 'ban' | 'mute', key: string): void {
	const about = parseRestrictionKey(key);
	if (about === undefined) {
		return;
	}
	const [room, subject] = about;
	// What has ended by itself meanwhile, or is about an owner, has no effect.
	const found = hub.directory.restrictionAt(kind, room, subject);
	const isInForce = hub.directory.restriction(room, subject, [kind]) !== undefined;
	if (found !== undefined && isInForce && kind === 'ban') {
		expel(hub, { subject, room }, { reason: 'banned', text: restrictionText(found) });
	} else if (found === undefined || isInForce) {
		tellRestricted(hub, { kind, room, subject }, found);
	}
}

function tellRestricted(
	hub: Hub,
	{ kind, room, subject }: Pick<KeptRestriction, 'kind' | 'room' | 'subject'>,
	found: KeptRestriction | undefined,
): void {
	const place = room === everywhere ? '' : ` in ${room}`;
	const lifted = kind === 'ban' ? `You may come back${place && ` to ${room}`}` : `You may speak again${place}`;
	const text = found === undefined ? lifted : restrictionText(found);
	for (const connection of connectionsOf(hub, subject)) {
		if (connection.protocol === 'v1') {
			const level = found === undefined ? 'info' : 'warning';
			connection.tell({ type: 'notice', ...(connection.subscriptions.has(room) && { room }), level, text });
		}
	}
}

function tellTopic(hub: Hub, room: string, value: string | null): void {
	const { topic, by } = readTopic(value ?? undefined) ?? { topic: '' };
	for (const { reader } of hub.rooms.get(room)?.readers ?? []) {
		if (reader.protocol === 'v1') {
			reader.tell({ type: 'topic', room, topic, ...(by !== undefined && { by }) });
		}
	}
}
