import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';
import { isForeignInbox, roomName } from './room-name.ts';
import { keepRooms } from './subscribe.ts';

/** Ends a subscription. A base client hears nothing of it. */
export function unsubscribe(connection: Connection, frame: ClientFrames['unsubscribe']): void | Promise<void> {
	if (isForeignInbox(connection, frame)) {
		return;
	}
	const room = roomName(connection, frame);
	if (room === undefined) {
		return;
	}
	const subscription = connection.subscriptions.get(room);
	if (subscription !== undefined) {
		connection.leave(subscription);
	}
	if (connection.protocol === 'base') {
		return keepRooms(connection);
	}
	if (subscription === undefined) {
		connection.refuse(frame, 'not_subscribed', 'Expected a room that is subscribed to');
		return;
	}
	connection.tell({
		type: 'unsubscribed',
		room,
		...(frame.ref !== undefined && { ref: frame.ref }),
		reason: 'client',
	});
}
