import type { RoomState } from '../../engines/engine.ts';
import type { ClientFrames } from '../../protocol/frames.ts';
import { cleanNick, isInbox } from '../../protocol/names.ts';
import { ChaosStream } from '../chaos.ts';
import type { Connection } from '../connection.ts';
import { type From, placeOf } from '../place.ts';
import type { Room } from '../room.ts';
import { Subscription } from '../subscription.ts';
import { isForeignInbox, roomName } from './room-name.ts';

/** Begins to read a room, or begins anew at another place. */
export async function subscribe(connection: Connection, frame: ClientFrames['subscribe']): Promise<void> {
	const { hub } = connection;
	if (isForeignInbox(connection, frame)) {
		// It may write there, and a base client writes only where it is.
		connection.tell({ type: 'subscribed', room: frame.room, sequence: 0 });
		return;
	}
	const name = roomName(connection, frame);
	if (name === undefined) {
		return;
	}
	const userId = readerName(connection, frame);
	if (userId === undefined) {
		return;
	}
	const known = connection.subscriptions.get(name);
	const { roomsPerConnection } = hub.settings.limits;
	if (known === undefined && !isInbox(name) && roomsOf(connection) >= roomsPerConnection) {
		connection.refuse(frame, 'limit_exceeded', `Expected at most ${roomsPerConnection} rooms`);
		return;
	}
	const room = hub.hold(name);
	try {
		await room.ready;
		const from = connection.protocol === 'v1' ? await fromOf(connection, frame, room) : undefined;
		const standing = from?.located ?? (await room.standing());
		if (!connection.ended) {
			start(connection, frame, { room, standing, userId, from });
		}
	} catch (error) {
		connection.refuseUnavailable(frame, error);
	} finally {
		hub.release(room);
	}
}

interface Start {
	readonly room: Room;
	readonly standing: RoomState;
	readonly userId: string;
	readonly from: From | undefined;
}

/** Where the reader is: what its client says, else what is remembered of its device. */
async function fromOf(
	{ hub, account, device }: Connection,
	{ since }: ClientFrames['subscribe'],
	room: Room,
): Promise<From | undefined> {
	const position =
		since ??
		(device === undefined ? undefined : await hub.cursors.find({ user: account, device, room: room.name }, room.epoch));
	return position && { sequence: position.sequence, isOwn: since !== undefined, located: await room.locate(position) };
}

function start(
	connection: Connection,
	frame: ClientFrames['subscribe'],
	{ room, standing, userId, from }: Start,
): void {
	const subscription = connection.subscriptions.get(room.name) ?? join(connection, room);
	subscription.presence = connection.protocol === 'base' ? 'full' : (frame.presence ?? 'full');
	const connections = room.attend(subscription, userId, connection.visit);
	if (subscription.presence !== 'off') {
		connection.tell({
			type: 'presence',
			userId,
			action: 'join',
			timestamp: connection.hub.surroundings.now(),
			room: room.name,
			state: connection.visit.state === 'away' ? 'away' : 'online',
			connections,
		});
	}
	const { epoch, head, oldest } = standing;
	const { ref, history } = frame;
	const place = placeOf(connection.protocol === 'base' ? {} : { from, history }, standing);
	connection.tell({
		type: 'subscribed',
		room: room.name,
		...(ref !== undefined && { ref }),
		epoch,
		head,
		oldest,
		...place,
		canPublish: !isInbox(room.name),
	});
	if (place.recovered !== 'full' && place.recovered !== 'partial') {
		connection.remember(room.name, { epoch, sequence: place.sequence });
	}
	subscription.align(epoch, place.sequence);
}

/** How many rooms a client reads. Its inbox is not one of those that it chose. */
function roomsOf({ subscriptions, user }: Connection): number {
	const hasInbox = user.inbox !== undefined && subscriptions.has(user.inbox);
	return subscriptions.size - (hasInbox ? 1 : 0);
}

/** A v1 client is who it said hello as; a base client is whoever it says. */
function readerName(connection: Connection, frame: ClientFrames['subscribe']): string | undefined {
	if (connection.protocol === 'v1') {
		return connection.user.id;
	}
	const nick = cleanNick(frame.userId, connection.hub.settings.limits);
	if (!nick.ok) {
		connection.refuse(frame, nick.code, nick.detail);
		return undefined;
	}
	return nick.text;
}

function join(connection: Connection, room: Room): Subscription<Room> {
	const { hub, protocol } = connection;
	const { chaos } = hub.settings;
	const subscription = new Subscription({
		room: hub.hold(room.name),
		reader: connection,
		presence: 'full',
		surroundings: hub.surroundings,
		...(chaos !== undefined && protocol === 'v1' && { chaos: new ChaosStream(chaos) }),
	});
	connection.subscriptions.set(room.name, subscription);
	room.add(subscription);
	return subscription;
}
