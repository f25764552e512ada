import { everywhere } from '../../engines/records.ts';
import type { Decoded } from '../../protocol/codec.ts';
import type { ClientFrames, FromClient } from '../../protocol/frames.ts';
import { closeCodes, protocolVersion } from '../../protocol/limits.ts';
import type { Connection, User } from '../connection.ts';
import { closeReason } from '../enforcement.ts';
import { enter, isStranger } from '../enter.ts';
import { type Challenge, type LoginRefusal, prove } from '../login.ts';
import { restrictionText } from '../restrictions.ts';
import { userSubjects } from '../subject.ts';

/** Lets a v1 client in as a guest; one that says a key has to prove it first. */
export function hello(connection: Connection, frame: ClientFrames['hello']): void | Promise<void> {
	const { hub } = connection;
	if (frame.v !== protocolVersion) {
		connection.refuse({}, 'unsupported_version', `Expected protocol version ${protocolVersion}, got ${frame.v}`);
		connection.end(closeCodes.version, 'unsupported version');
		return;
	}
	if (frame.key === undefined) {
		return isStranger(connection) ? greet(connection, frame, undefined) : letIn(connection, frame);
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
	await letIn(connection, challenge.hello, challenge.transcript.clientKey);
}

/** `key` is the one that the client has proven to own. */
async function letIn(connection: Connection, frame: ClientFrames['hello'], key?: string): Promise<void> {
	const { user } = frame;
	if (key !== undefined && isBanned(connection, () => [key])) {
		return;
	}
	try {
		const entering = await enter(connection, {
			...(user !== undefined && { user }),
			...(key !== undefined && { key }),
		});
		if (connection.ended) {
			return;
		}
		if (!entering.ok) {
			const { detail, retryAfterMs } = entering;
			if (retryAfterMs === undefined) {
				refuseLogin(connection, { detail, isFinal: true });
			} else {
				connection.refuse({}, 'rate_limited', detail, { retryAfterMs });
				connection.end(closeCodes.overloaded, detail);
			}
			return;
		}
		connection.challenge = undefined;
		greet(connection, frame, entering.user);
	} catch (error) {
		connection.fail(error);
	}
}

/** Lets somebody in, or nobody in particular. */
function greet(connection: Connection, frame: ClientFrames['hello'], user: User | undefined): void {
	if (user !== undefined) {
		welcome(connection, frame, user);
		return;
	}
	const id = connection.hub.directory.guestNick(frame.user ?? '', frame.session ?? connection.id);
	welcome(connection, frame, { id, verified: false, role: 'guest' });
}

function refuseLogin(connection: Connection, { detail, isFinal }: Omit<LoginRefusal, 'ok'>): void {
	connection.hub.settings.log('warn', 'login', { connection: connection.id, detail });
	connection.refuse({}, 'auth_failed', detail);
	connection.end(isFinal ? closeCodes.authFailed : closeCodes.noPong, detail.slice(0, 120));
}

/** Refuses whoever may not be here at all. */
function isBanned(connection: Connection, subjectsOf: () => readonly string[]): boolean {
	const ban = connection.hub.directory.restriction(everywhere, subjectsOf, ['ban']);
	if (ban !== undefined) {
		const text = restrictionText(ban);
		connection.refuse({}, 'banned', text);
		connection.end(closeCodes.banned, closeReason(text));
	}
	return ban !== undefined;
}

function welcome(connection: Connection, frame: ClientFrames['hello'], user: User): void {
	// Whoever was banned while their nick was being claimed was nobody yet that could have been put out.
	if (isBanned(connection, () => userSubjects(user))) {
		return;
	}
	const { hub } = connection;
	connection.welcome(user, frame);
	hub.names.set(connection, [user.id]);
	// Only now, for it ends an older connection of the same session.
	const { id: session, resumed } = connection.beginSession(frame);
	const { connectionsPerKey } = hub.settings.limits;
	if (user.key !== undefined && !connection.wire.loopback && hub.connectionsOf(user.key).length > connectionsPerKey) {
		const text = `Expected at most ${connectionsPerKey} connections of one user; close some`;
		connection.refuse({}, 'limit_exceeded', text);
		connection.end(closeCodes.tooManyConnections, text);
		return;
	}
	const time = hub.surroundings.now();
	connection.send(hub.welcome.to({ connection: connection.id, session, user: connection.user, time, resumed }));
}
