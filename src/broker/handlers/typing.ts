import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';
import { subjectsOf } from '../subject.ts';
import { hearingRoom } from './room-name.ts';

/** Tells who would read it that somebody is typing. Nobody is told why that is not heard: it might tell who is there. */
export function typing(connection: Connection, frame: ClientFrames['typing']): void {
	const { hub, user, presence } = connection;
	const name = presence.state === 'invisible' ? undefined : hearingRoom(connection, frame);
	const room = name === undefined ? undefined : hub.rooms.get(name);
	if (
		room === undefined ||
		hub.directory.restriction(room.name, () => subjectsOf(connection, user.id), ['ban', 'mute'])
	) {
		return;
	}
	const { id, verified, key, inbox } = user;
	room.tellTyping({
		...{ userId: id, state: frame.state, verified },
		...(key !== undefined && { key }),
		...(inbox !== undefined && !connection.subscriptions.has(room.name) && { from: inbox }),
	});
}
