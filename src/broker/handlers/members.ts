import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';
import { isBanned } from './banned.ts';
import { roomName } from './room-name.ts';

/** Answers with those who are in a room: at most 1000 of a crowded room, those who are online first. */
export async function members(connection: Connection, frame: ClientFrames['members']): Promise<void> {
	const { hub } = connection;
	const name = roomName(connection, frame);
	if (name === undefined) {
		return;
	}
	const room = hub.hold(name);
	try {
		await room.ready;
		if (connection.ended || isBanned(connection, frame, name)) {
			return;
		}
		connection.tell({
			type: 'members',
			room: name,
			...(frame.ref !== undefined && { ref: frame.ref }),
			...room.members(),
		});
	} catch (error) {
		connection.refuseUnavailable(frame, error);
	} finally {
		hub.release(room);
	}
}
