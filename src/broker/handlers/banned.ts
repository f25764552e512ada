import type { Connection } from '../connection.ts';
import type { Request } from '../refusal.ts';
import { restrictionText } from '../restrictions.ts';
import { subjectsOf } from '../subject.ts';

/** Whether a client may not read a room; then the request was refused. A base client is known by the name it last said. */
export function isBanned(connection: Connection, request: Request, room: string): boolean {
	const ban = connection.hub.directory.restriction(room, () => subjectsOf(connection, connection.saidName), ['ban']);
	if (ban !== undefined) {
		connection.refuse(request, 'banned', restrictionText(ban));
	}
	return ban !== undefined;
}
