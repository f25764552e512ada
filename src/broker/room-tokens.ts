/**
 * By which readers of a room know it in what is said in other rooms: they are told its token, and nobody can tell its name
 * from that. The same secret gives the same tokens, on every node and after a restart.
 */
import { createHmac, hkdfSync, type KeyObject } from 'node:crypto';

export class RoomTokens {
	readonly #secret: string;

	constructor(secret: string) {
		this.#secret = secret;
	}

	/** 22 characters. */
	of(room: string): string {
		return createHmac('sha256', this.#secret).update(`natter/room/${room}`).digest('base64url').slice(0, 22);
	}
}

/** The secret of a broker that was given none: it lasts as long as the broker's key, and tells nothing of that. */
export function secretFrom(key: KeyObject): string {
	const bytes = key.export({ type: 'pkcs8', format: 'der' });
	return Buffer.from(hkdfSync('sha256', bytes, '', 'natter/room-tokens/v1', 32)).toString('base64url');
}
