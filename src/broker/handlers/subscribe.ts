import type { RoomState } from '../../engines/engine.ts';
import type { BrokerFrames, ClientFrames } from '../../protocol/frames.ts';
import { cleanNick } from '../../protocol/names.ts';
import { ChaosStream } from '../chaos.ts';
import type { Connection } from '../connection.ts';
import type { Room } from '../room.ts';
import { Subscription } from '../subscription.ts';
import { roomName } from './room-name.ts';

/** Begins to read a room, or begins anew at another place. */
export async function subscribe(connection: Connection, frame: ClientFrames['subscribe']): Promise<void> {
	const { hub } = connection;
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
	if (known === undefined && connection.subscriptions.size >= roomsPerConnection) {
		connection.refuse(frame, 'limit_exceeded', `Expected at most ${roomsPerConnection} rooms`);
		return;
	}
	const room = hub.hold(name);
	try {
		await room.ready;
		const standing = await room.standing();
		if (!connection.ended) {
			start(connection, frame, { room, standing, userId });
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
}

function start(connection: Connection, frame: ClientFrames['subscribe'], { room, standing, userId }: Start): void {
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
	const { ref, since, history } = frame;
	const place =
		connection.protocol === 'base'
			? ({ sequence: head, recovered: 'new' } as const)
			: placeOf({ since, history }, standing);
	connection.tell({
		type: 'subscribed',
		room: room.name,
		...(ref !== undefined && { ref }),
		epoch,
		head,
		oldest,
		...place,
		canPublish: true,
	});
	subscription.align(epoch, place.sequence);
}

/** Where a reader begins: the next message it gets has the number `sequence + 1`. */
export function placeOf(
	{ since, history = 0 }: Pick<ClientFrames['subscribe'], 'since' | 'history'>,
	{ epoch, head, oldest }: RoomState,
): Pick<BrokerFrames['subscribed'], 'sequence' | 'recovered' | 'gap' | 'rewind'> {
	if (since?.epoch !== epoch) {
		const sequence = Math.max(oldest - 1, head - history);
		return { sequence, recovered: since === undefined ? 'new' : 'none' };
	}
	if (since.sequence > head) {
		return { sequence: head, recovered: 'rewound', rewind: { to: head, lost: since.sequence - head } };
	}
	if (since.sequence < oldest - 1) {
		const gap = { from: since.sequence + 1, to: oldest - 1, reason: 'trimmed' } as const;
		return { sequence: oldest - 1, recovered: 'partial', gap };
	}
	return { sequence: since.sequence, recovered: 'full' };
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
