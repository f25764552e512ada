import type { RoomState } from '../../engines/engine.ts';
import { type Filter, readFilter } from '../../protocol/filter.ts';
import type { ClientFrames } from '../../protocol/frames.ts';
import { isInbox } from '../../protocol/names.ts';
import { baseName, unmarked } from '../base-name.ts';
import { ChaosStream } from '../chaos.ts';
import type { Connection } from '../connection.ts';
import { type From, placeOf } from '../place.ts';
import type { Room } from '../room.ts';
import { subjectsOf } from '../subject.ts';
import { Subscription } from '../subscription.ts';
import { isBanned } from './banned.ts';
import { isForeignInbox, roomName } from './room-name.ts';

/** Begins to read a room, or begins anew at another place. */
export async function subscribe(connection: Connection, frame: ClientFrames['subscribe']): Promise<void> {
	await begin(connection, frame, connection.protocol === 'v1');
	await keepRooms(connection);
}

/** Has a base client that came back read the rooms again that its user's last one read, from where that one was. */
export async function restoreRooms(connection: Connection): Promise<void> {
	for (const { room, userId } of connection.hub.directory.baseRooms(connection.device ?? '')) {
		await begin(connection, { type: 'subscribe', room, userId }, true);
	}
}

/** Remembers which rooms a base client reads whose user is known. */
export async function keepRooms(connection: Connection): Promise<void> {
	const { hub, protocol, device, subscriptions } = connection;
	if (protocol === 'base' && device !== undefined && !connection.ended) {
		const rooms = [...subscriptions.values()].map(({ room, userId }) => ({
			room: room.name,
			userId: unmarked(userId),
		}));
		try {
			await hub.directory.setBaseRooms(device, rooms);
		} catch (error) {
			hub.settings.log('warn', 'engine', { error: String(error) });
		}
	}
}

/** `goesOn`: from where the user's device was, if that is known. */
async function begin(connection: Connection, frame: ClientFrames['subscribe'], goesOn: boolean): Promise<void> {
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
	if (connection.protocol === 'base') {
		connection.saidName = frame.userId;
	}
	if (isBanned(connection, frame, name)) {
		return;
	}
	const isFiltered = connection.protocol === 'v1' && frame.filter !== undefined;
	const read = isFiltered ? readFilter(frame.filter) : undefined;
	if (read?.ok === false) {
		connection.refuse(frame, 'bad_filter', read.detail);
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
		const from = goesOn ? await fromOf(connection, frame, room) : undefined;
		const standing = from?.located ?? (await room.standing());
		// Who was banned meanwhile was not here to be put out.
		if (!connection.ended && !isBanned(connection, frame, name)) {
			start(connection, frame, { room, standing, userId, from, filter: read?.filter });
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
	readonly filter: Filter | undefined;
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
	{ room, standing, userId, from, filter }: Start,
): void {
	const subscription = connection.subscriptions.get(room.name) ?? join(connection, room);
	subscription.presence = connection.protocol === 'base' ? 'full' : (frame.presence ?? 'full');
	const visit = connection.visitAs(userId);
	const connections = room.attend(subscription, userId, visit);
	if (connection.protocol === 'base') {
		connection.hub.names.set(connection, connection.names);
	}
	if (subscription.presence !== 'off') {
		const { state, status, bot } = visit;
		connection.tell({
			type: 'presence',
			userId,
			action: 'join',
			timestamp: room.stamp(),
			room: room.name,
			state: state === 'away' ? 'away' : 'online',
			connections,
			...(bot !== undefined && { bot }),
			...(status !== undefined && { status }),
		});
		// Who hears of numbers only would not know them until somebody comes or goes.
		if (connection.protocol === 'v1' && (subscription.presence === 'count' || room.crowded)) {
			connection.tell({ type: 'presence_count', room: room.name, ...room.count });
		}
	}
	const { epoch, head, oldest } = standing;
	const { ref, history } = frame;
	const { hub } = connection;
	const topic = connection.protocol === 'v1' ? hub.directory.topic(room.name)?.topic : undefined;
	const place = placeOf({ from, history: connection.protocol === 'base' ? 0 : history }, standing);
	connection.tell({
		type: 'subscribed',
		room: room.name,
		...(ref !== undefined && { ref }),
		epoch,
		head,
		oldest,
		...place,
		canPublish: !isInbox(room.name) && !isMuted(connection, room.name, userId),
		...(topic !== undefined && { topic }),
		// Where somebody stands in their inbox is nobody's to wait for, and would tell all how much they are written.
		...(!isInbox(room.name) && { token: hub.tokenOf(room) }),
	});
	if (place.recovered !== 'full' && place.recovered !== 'partial') {
		connection.remember(room.name, { epoch, sequence: place.sequence });
	}
	subscription.filter(filter && room.stream(filter));
	subscription.align(epoch, place.sequence, head);
}

/** How many rooms a client reads. Its inbox is not one of those that it chose. */
function roomsOf({ subscriptions, user }: Connection): number {
	const hasInbox = user.inbox !== undefined && subscriptions.has(user.inbox);
	return subscriptions.size - (hasInbox ? 1 : 0);
}

function isMuted(connection: Connection, room: string, userId: string): boolean {
	return connection.hub.directory.restriction(room, () => subjectsOf(connection, userId), ['mute']) !== undefined;
}

/** A v1 client is who it said hello as; a base client is whoever it says. */
function readerName(connection: Connection, frame: ClientFrames['subscribe']): string | undefined {
	if (connection.protocol === 'v1') {
		return connection.user.id;
	}
	const name = baseName(connection, frame.userId);
	if (!name.ok) {
		connection.refuse(frame, name.code, name.detail);
		return undefined;
	}
	return name.text;
}

function join(connection: Connection, room: Room): Subscription<Room> {
	const { hub, protocol } = connection;
	const { chaos } = hub.settings;
	const kept = connection.claim(room.name);
	const subscription = new Subscription({
		room: hub.hold(room.name),
		...(kept !== undefined && { stay: kept.stay }),
		reader: connection,
		presence: 'full',
		surroundings: hub.surroundings,
		...(chaos !== undefined && protocol === 'v1' && { chaos: new ChaosStream(chaos) }),
	});
	if (kept !== undefined) {
		hub.release(kept.room);
	}
	connection.subscriptions.set(room.name, subscription);
	room.add(subscription);
	return subscription;
}
