import { everywhere } from '../../engines/records.ts';
import type { Decoded } from '../../protocol/codec.ts';
import type { ClientFrames, FromClient } from '../../protocol/frames.ts';
import { closeCodes, protocolVersion } from '../../protocol/limits.ts';
import type { Connection, User } from '../connection.ts';
import { closeReason } from '../enforcement.ts';
import { type Challenge, type LoginRefusal, prove } from '../login.ts';
import { restrictionText } from '../restrictions.ts';
import { nameSubject } from '../subject.ts';
import { version } from '../version.ts';

/** Lets a v1 client in as a guest; one that says a key has to prove it first. */
export function hello(connection: Connection, frame: ClientFrames['hello']): void {
	const { hub } = connection;
	if (frame.v !== protocolVersion) {
		connection.refuse({}, 'unsupported_version', `Expected protocol version ${protocolVersion}, got ${frame.v}`);
		connection.end(closeCodes.version, 'unsupported version');
		return;
	}
	if (frame.key === undefined) {
		const id = hub.directory.guestNick(frame.user ?? '');
		hub.borrowed.set(connection, [id]);
		welcome(connection, frame, { id, verified: false, role: 'guest' });
		return;
	}
	const { surroundings } = hub;
	const challenged = hub.login.challenge(frame, { nonce: surroundings.randomId(), at: surroundings.elapsed() });
	if (challenged.ok) {
		connection.challenge = challenged.challenge;
		connection.tell(challenged.frame);
	} else {
		refuseLogin(connection, challenged);
	}
}

/** Lets a client in that proves its key, under the nick that it asked for or one like it. It has one attempt. */
export async function auth(connection: Connection, challenge: Challenge, answer: Decoded<FromClient>): Promise<void> {
	const { hub } = connection;
	if (!answer.ok || answer.frame.type !== 'auth') {
		// A client that had given up waiting may have sent some before the challenge reached it.
		const request = answer.ok ? answer.frame : answer;
		connection.refuseFrame({
			...request,
			code: 'auth_required',
			detail: 'Expected auth as the answer to the challenge',
		});
		return;
	}
	const proven = prove(challenge, answer.frame, hub.surroundings.elapsed());
	if (!proven.ok) {
		refuseLogin(connection, proven);
		return;
	}
	if (isBanned(connection, challenge.transcript.clientKey)) {
		return;
	}
	try {
		const { key, nick, inbox, role } = await hub.directory.claim(
			challenge.transcript.clientKey,
			challenge.hello.user ?? '',
		);
		if (!connection.ended) {
			connection.challenge = undefined;
			welcome(connection, challenge.hello, { id: nick, verified: true, role, key, inbox });
		}
	} catch (error) {
		connection.fail(error);
	}
}

function refuseLogin(connection: Connection, { detail, isFinal }: LoginRefusal): void {
	connection.hub.settings.log('warn', 'login', { connection: connection.id, detail });
	connection.refuse({}, 'auth_failed', detail);
	connection.end(isFinal ? closeCodes.authFailed : closeCodes.noPong, detail.slice(0, 120));
}

/** Refuses whoever may not be here at all. */
function isBanned(connection: Connection, subject: string): boolean {
	const ban = connection.hub.directory.restriction(everywhere, subject, ['ban']);
	if (ban !== undefined) {
		const text = restrictionText(ban);
		connection.refuse({}, 'banned', text);
		connection.end(closeCodes.banned, closeReason(text));
	}
	return ban !== undefined;
}

function welcome(connection: Connection, frame: ClientFrames['hello'], user: User): void {
	// Whoever was banned while their nick was being claimed was nobody yet that could have been put out.
	if (isBanned(connection, user.key ?? nameSubject(user.id))) {
		return;
	}
	const { hub } = connection;
	const { engine, limits, node, pingMs, pongMs } = hub.settings;
	connection.welcome(user, frame.device);
	if (frame.presence !== undefined) {
		connection.presence = { state: frame.presence };
	}
	const session = frame.session ?? hub.surroundings.randomId();
	hub.sessions.get(session)?.end(closeCodes.superseded, 'replaced by a newer connection of this session');
	hub.sessions.set(session, connection);
	connection.session = session;
	connection.tell({
		type: 'welcome',
		v: protocolVersion,
		server: { name: 'natter', version },
		node,
		connection: connection.id,
		session,
		sessionTtlMs: 0,
		user: connection.user,
		time: hub.surroundings.now(),
		durability: engine.durability,
		limits: { ...limits },
		heartbeat: { intervalMs: pingMs, timeoutMs: pongMs },
		resumed: false,
	});
}
