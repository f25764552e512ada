import { cleanRoom, isInbox } from '../../protocol/names.ts';
import type { Connection } from '../connection.ts';
import type { Request } from '../refusal.ts';

/** The room that a request names, or `undefined` after the request was refused. */
export function roomName(connection: Connection, request: Request & { readonly room: string }): string | undefined {
	const cleaned = cleanRoom(request.room, connection.hub.settings.limits);
	if (!cleaned.ok) {
		connection.refuse(request, cleaned.code, cleaned.detail, { outcome: 'not_applied' });
		return undefined;
	}
	if (isInbox(cleaned.text)) {
		connection.refuse(request, 'forbidden', 'This broker has no inboxes', { outcome: 'not_applied' });
		return undefined;
	}
	return cleaned.text;
}
