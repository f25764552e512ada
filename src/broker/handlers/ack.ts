import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';
import { roomName } from './room-name.ts';

/** Notes what the client has of a room: it may be sent more, and its device goes on from there another time. */
export function ack(connection: Connection, frame: ClientFrames['ack']): void {
	const room = roomName(connection, frame);
	if (room === undefined) {
		return;
	}
	const subscription = connection.subscriptions.get(room);
	if (subscription === undefined) {
		connection.refuse(frame, 'not_subscribed', 'Expected a room that is subscribed to');
		return;
	}
	const { position, epoch } = subscription;
	switch (subscription.ack(frame)) {
		case 'moved':
			connection.remember(room, frame);
			break;
		case 'known':
			break;
		case 'invalid':
			connection.refuse(frame, 'position_invalid', `Expected a position in epoch ${epoch}, going on up to ${position}`);
			break;
	}
}
