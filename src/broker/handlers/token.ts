import type { ClientFrames } from '../../protocol/frames.ts';
import { closeCodes } from '../../protocol/limits.ts';
import type { Connection } from '../connection.ts';

/**
 * Makes a token that stands for the user where a client cannot prove a key (`ws://nick:token@host`), told once and kept as
 * its SHA-256; or ends all of them, and the connections that came with one.
 */
export async function token(connection: Connection, { ref, revoke }: ClientFrames['token']): Promise<void> {
	const { hub, user } = connection;
	const { directory, surroundings } = hub;
	if (user.key === undefined) {
		connection.refuse({ ref }, 'forbidden', 'Expected a user who has proven a key: a guest has nothing to stand for');
		return;
	}
	const answer = { type: 'token', ...(ref !== undefined && { ref }) } as const;
	try {
		if (revoke === true) {
			const revoked = await directory.revokeTokens(user.key);
			connection.tell({ ...answer, revoked });
			for (const other of hub.connections) {
				if (other.credential.key === user.key) {
					other.end(closeCodes.authFailed, 'the token was revoked');
				}
			}
			return;
		}
		const made = surroundings.randomId();
		const outcome = await directory.addToken(user.key, made);
		switch (outcome) {
			case 'added':
				connection.tell({ ...answer, token: made });
				break;
			case 'too many':
				connection.refuse(
					{ ref },
					'limit_exceeded',
					'Expected fewer tokens: revoke them all and make those that are needed',
				);
				break;
			case 'stale':
				connection.refuse({ ref }, 'unavailable', 'All tokens were revoked just now; ask again', {
					outcome: 'not_applied',
				});
				break;
		}
	} catch (error) {
		connection.refuseUnavailable({ ref }, error);
	}
}
