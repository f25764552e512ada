/**
 * What follows at once for those who are connected when a record changes: whoever is banned is out, whoever may not speak
 * is told so, and readers of a room hear what it is about. It is done from the records, so that it is the same whoever put
 * them, on whichever node.
 */
import type { RecordChange } from '../engines/engine.ts';
import { everywhere, parseRestrictionKey } from '../engines/records.ts';
import { closeCodes } from '../protocol/limits.ts';
import { typedName } from '../protocol/typed-name.ts';
import type { Connection, User } from './connection.ts';
import type { Hub } from './hub.ts';
import { type KeptRestriction, readTopic, restrictionText, roomTitle } from './restrictions.ts';
import type { Room } from './room.ts';
import { areAlike, isName, nameSubjects, subjectsOf, userSubjects } from './subject.ts';
import type { Subscription } from './subscription.ts';

export function enforce(hub: Hub, changes: readonly RecordChange[]): void {
	/** A restriction of a name may be two records. */
	const told = new Set<string>();
	for (const { kind, key, value } of changes) {
		switch (kind) {
			case 'ban':
			case 'mute':
				restrict(hub, { kind, key, told });
				break;
			case 'topic':
				tellTopic(hub, key, value);
				break;
		}
	}
}

/** The subscriptions of somebody, in one room or everywhere. */
export function subscriptionsOf(hub: Hub, subjects: readonly string[], room: string): readonly Subscription<Room>[] {
	return connectionsOf(hub, subjects).flatMap((connection) =>
		[...connection.subscriptions.values()].filter(
			(subscription) =>
				(room === everywhere || subscription.room.name === room) &&
				areAlike(subjectsOf(connection, subscription.userId), subjects),
		),
	);
}

/** The open connections that speak for somebody: a base client may speak for several. */
export function connectionsOf(hub: Hub, subjects: readonly string[]): readonly Connection[] {
	return [...new Set(subjects.flatMap((subject) => connectionsOfOne(hub, subject)))];
}

function connectionsOfOne(hub: Hub, subject: string): readonly Connection[] {
	if (!isName(subject)) {
		return hub.connectionsOf(subject);
	}
	return hub.names.holders(subject.slice(1)).filter((connection) => {
		const names = connection.protocol === 'base' ? connection.names : [connection.user.id];
		return (
			!connection.ended &&
			connection.user.key === undefined &&
			names.some((name) => nameSubjects(name).includes(subject))
		);
	});
}

/** Puts somebody out of a room, or off the broker; they are told the reason first, where they can understand it. */
export function expel(
	hub: Hub,
	{ subjects, room }: { readonly subjects: readonly string[]; readonly room: string },
	{ reason, text }: { readonly reason: 'kicked' | 'banned'; readonly text: string },
): void {
	if (room === everywhere) {
		for (const connection of connectionsOf(hub, subjects)) {
			connection.end(closeCodes[reason], closeReason(text));
		}
		return;
	}
	for (const connection of connectionsOf(hub, subjects)) {
		const subscription = connection.subscriptions.get(room);
		if (subscription !== undefined && areAlike(subjectsOf(connection, subscription.userId), subjects)) {
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

interface Changed {
	readonly kind: 'ban' | 'mute';
	/** Of the record. */
	readonly key: string;
	/** What was told to whom. */
	readonly told: Set<string>;
}

function restrict(hub: Hub, { kind, key, told }: Changed): void {
	const about = parseRestrictionKey(key);
	if (about === undefined) {
		return;
	}
	const [room, subject] = about;
	// What has ended by itself meanwhile, or is about an owner, has no effect.
	const found = hub.directory.restrictionAt(kind, room, subject);
	const isInForce = hub.directory.restriction(room, () => [subject], [kind]) !== undefined;
	if (found !== undefined && isInForce && kind === 'ban') {
		expel(hub, { subjects: [subject], room }, { reason: 'banned', text: restrictionText(found) });
		// Whoever lost the connection might have come back, and may not any more.
		const isMeant = (user: User) => areAlike(userSubjects(user), [subject]);
		hub.sessions.expel(isMeant, room === everywhere ? undefined : room);
	} else if (found === undefined || isInForce) {
		tellRestricted(hub, { kind, room, subject, told }, found);
	}
}

function tellRestricted(
	hub: Hub,
	{ kind, room, subject, told }: Pick<KeptRestriction, 'kind' | 'room' | 'subject'> & Pick<Changed, 'told'>,
	found: KeptRestriction | undefined,
): void {
	const title = room === everywhere ? '' : roomTitle(room);
	const lifted =
		kind === 'ban'
			? `You may come back${title && ` to ${title}: /join ${typedName(room)}`}`
			: `You may speak again${title && ` in ${title}`}`;
	const text = found === undefined ? lifted : restrictionText(found);
	for (const connection of connectionsOf(hub, [subject])) {
		const line = JSON.stringify([connection.id, room, text]);
		if (connection.protocol === 'v1' && !told.has(line)) {
			told.add(line);
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
