import type { Connection } from '../connection.ts';
import type { Request } from '../refusal.ts';
import { restrictionText } from '../restrictions.ts';
import { subjectOf } from '../subject.ts';

/** Whether a client may not read a room; then the request was refused. A base client is known by the name it last said. */
export function isBanned(connection: Connection, request: Request, room: string): boolean {
	const subject = subjectOf(connection, connection.saidName);
	const ban = connection.hub.directory.restriction(room, subject, ['ban']);
	if (ban !== undefined) {
		connection.refuse(request, 'banned', restrictionText(ban));
	}
	return ban !== undefined;
}
