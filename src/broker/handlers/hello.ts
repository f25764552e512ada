import type { ClientFrames } from '../../protocol/frames.ts';
import { closeCodes, protocolVersion } from '../../protocol/limits.ts';
import { cleanNick, suggestNick } from '../../protocol/names.ts';
import type { Connection } from '../connection.ts';
import { version } from '../version.ts';

/** Lets a v1 client in as a guest under the nick that it asked for, or under one like it. */
export function hello(connection: Connection, frame: ClientFrames['hello']): void {
	const { hub } = connection;
	const { engine, limits, node, pingMs, pongMs } = hub.settings;
	if (frame.v !== protocolVersion) {
		connection.refuse({}, 'unsupported_version', `Expected protocol version ${protocolVersion}, got ${frame.v}`);
		connection.end(closeCodes.version, 'unsupported version');
		return;
	}
	const asked = frame.user ?? '';
	const nick = cleanNick(asked, limits);
	const id = nick.ok ? nick.text : suggestNick(asked);
	connection.welcome({ id, verified: false, role: 'guest' }, frame.device);
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
