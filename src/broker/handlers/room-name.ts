import { cleanRoom, isInbox } from '../../protocol/names.ts';
import type { Connection } from '../connection.ts';
import type { Request } from '../refusal.ts';

type RoomRequest = Request & { readonly room: string };

/**
 * The room that a request names, for whatever may be done in a room: a handler that knows nothing of inboxes is right to
 * use this. `undefined` after the request was refused, as it is for everybody's inbox but the client's own.
 */
export function roomName(connection: Connection, request: RoomRequest): string | undefined {
	const name = cleaned(connection, request);
	if (name === undefined || !isInbox(name)) {
		return name;
	}
	const inbox = ownInbox(connection, name);
	if (inbox === undefined) {
		// In one text for all, whether somebody owns the nick or not.
		connection.refuse(request, 'forbidden', 'Only its owner reads an inbox', { outcome: 'not_applied' });
	}
	return inbox;
}

/** Whether a base client names an inbox: it may write there, and finds it empty. */
export function isForeignInbox(connection: Connection, { room }: RoomRequest): boolean {
	const name = cleanRoom(room, connection.hub.settings.limits);
	return connection.protocol === 'base' && name.ok && isInbox(name.text) && !ownInbox(connection, name.text);
}

/** Where a message goes. */
export interface Destination {
	/** Whose log it is appended to. */
	readonly room: string;
	/** The same as the client calls it. */
	readonly said: string;
	/** It is somebody's inbox, and the message is for them alone. */
	readonly isInbox: boolean;
}

/** Where a request to publish says that the message is to go. `undefined` after it was refused. */
export function destination(connection: Connection, request: RoomRequest): Destination | undefined {
	const said = cleaned(connection, request);
	if (said === undefined || !isInbox(said)) {
		return said === undefined ? undefined : { room: said, said, isInbox: false };
	}
	const nick = said.slice(1);
	const { owner, room } = inboxOf(connection, nick);
	if (room === undefined) {
		const known = `nobody called ${nick} who has a key is known here (a typing error?)`;
		const detail = `${known}. Who has no key has no inbox: ask them to come back with a key`;
		connection.refuse(request, 'forbidden', detail, { outcome: 'not_applied' });
		return undefined;
	}
	if (owner === connection.user.key) {
		const detail = `Expected somebody else: ${nick} is you. For notes to yourself, use a room that only you know of`;
		connection.refuse(request, 'forbidden', detail, { outcome: 'not_applied' });
		return undefined;
	}
	return { room, said, isInbox: true };
}

/** Whose room somebody is heard in who types there; `undefined` where nobody hears them, without a word. */
export function hearingRoom(connection: Connection, { room }: { readonly room: string }): string | undefined {
	const name = cleanRoom(room, connection.hub.settings.limits);
	if (!name.ok || !isInbox(name.text)) {
		return name.ok && connection.subscriptions.has(name.text) ? name.text : undefined;
	}
	const { owner, room: inbox } = inboxOf(connection, name.text.slice(1));
	return owner === connection.user.key ? undefined : inbox;
}

/** Who owns a nick, and the room that is theirs alone. */
function inboxOf(
	{ hub: { directory } }: Connection,
	nick: string,
): { readonly owner: string | undefined; readonly room: string | undefined } {
	const owner = directory.ownerOf(nick);
	return { owner, room: owner === undefined ? undefined : directory.person(owner)?.inbox };
}

function cleaned(connection: Connection, request: RoomRequest): string | undefined {
	if (connection.hub.rooms.has(request.room)) {
		// Nothing but a clean name is open.
		return request.room;
	}
	const name = cleanRoom(request.room, connection.hub.settings.limits);
	if (!name.ok) {
		connection.refuse(request, name.code, name.detail, { outcome: 'not_applied' });
		return undefined;
	}
	return name.text;
}

/** The room of an inbox that is the client's own, under whichever of its nicks it names it. */
function ownInbox({ hub, user }: Connection, name: string): string | undefined {
	const isOwn = user.key !== undefined && hub.directory.ownerOf(name.slice(1)) === user.key;
	return isOwn ? user.inbox : undefined;
}
