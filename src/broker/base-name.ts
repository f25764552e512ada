import type { Cleaned } from '../protocol/cleaning.ts';
import { cleanNick } from '../protocol/names.ts';
import type { Connection } from './connection.ts';

/**
 * Under which name others see who a base client says it is: that name, and with `~` before it while it belongs to a key
 * that the client has not proven. Refuses what is no nick.
 */
export function baseName({ hub, account }: Connection, name: string): Cleaned {
	const nick = cleanNick(name, hub.settings.limits);
	if (!nick.ok) {
		return nick;
	}
	const owner = hub.directory.ownerOf(nick.text);
	return owner === undefined || owner === account ? nick : { ok: true, text: `~${nick.text}` };
}

/** Whether a connection has shown to be the owner of the name that it goes by. A base client says with each frame which. */
export function isProvenAs({ hub, protocol, user }: Connection, name: string): boolean {
	return user.verified && (protocol !== 'base' || hub.directory.ownerOf(name) === user.key);
}

/** The name as the client says it. */
export function unmarked(name: string): string {
	return name.replace(/^~/, '');
}
