/**
 * The way of a frame from the line to its handler: which protocol the client speaks, and whether its frame may be handled
 * now.
 */
import type { Decoded } from '../protocol/codec.ts';
import type { FromClient } from '../protocol/frames.ts';
import { closeCodes } from '../protocol/limits.ts';
import type { Connection } from './connection.ts';
import { enter, isStranger } from './enter.ts';
import { auth, hello } from './handlers/hello.ts';
import { restoreRooms } from './handlers/subscribe.ts';
import { baseHandlers, dispatch, v1Handlers } from './handlers/table.ts';

/** Handles or refuses what came. The next frame waits for the promise, when there is one. */
export function admit(connection: Connection, decoded: Decoded<FromClient>): void | Promise<void> {
	const { ready } = connection.hub.directory;
	return ready === undefined ? admitNow(connection, decoded) : ready.then(() => admitNow(connection, decoded));
}

/** Takes a client that has said nothing for one of the base protocol. The next frame waits for the promise. */
export function enterInSilence(connection: Connection): Promise<void> {
	return enterBase(connection, undefined);
}

function admitNow(connection: Connection, decoded: Decoded<FromClient>): void | Promise<void> {
	if (connection.ended) {
		return;
	}
	if (connection.protocol === 'unknown') {
		if (connection.challenge !== undefined) {
			return auth(connection, connection.challenge, decoded);
		}
		if (decoded.ok && decoded.frame.type === 'hello') {
			return hello(connection, decoded.frame);
		}
		if (connection.offersV1) {
			const detail = decoded.ok ? '' : `. ${decoded.detail}`;
			connection.refuse({}, 'hello_required', `Expected hello as the first frame${detail}`);
			return connection.end(closeCodes.badFrames, 'hello required');
		}
		if (!connection.hub.settings.base) {
			connection.refuse({}, 'auth_required', 'Expected hello as the first frame: base clients are not let in here');
			return connection.end(closeCodes.authRequired, 'hello required');
		}
		return becomeBase(connection, decoded);
	}
	return take(connection, decoded);
}

/** At once for a stranger: whoever is somebody may have to be asked about. */
function becomeBase(connection: Connection, decoded: Decoded<FromClient>): void | Promise<void> {
	if (isStranger(connection)) {
		connection.becomeBase(undefined);
		return take(connection, decoded);
	}
	return enterBase(connection, decoded);
}

async function enterBase(connection: Connection, decoded: Decoded<FromClient> | undefined): Promise<void> {
	const entering = await enter(connection);
	if (connection.ended) {
		return;
	}
	if (entering.ok) {
		connection.becomeBase(entering.user);
		// One that has just started joins a room first; one that came back believes that it is in its rooms.
		if (entering.user !== undefined && !(decoded?.ok && decoded.frame.type === 'subscribe')) {
			await restoreRooms(connection);
		}
		await (decoded && take(connection, decoded));
	} else {
		connection.refuse({}, 'auth_failed', entering.detail);
		connection.end(closeCodes.authFailed, entering.detail.slice(0, 120));
	}
}

function take(connection: Connection, decoded: Decoded<FromClient>): void | Promise<void> {
	if (!decoded.ok) {
		return connection.refuseFrame(decoded);
	}
	const { frame } = decoded;
	const waitMs = waitMsOf(connection, frame);
	if (waitMs === 0) {
		return handle(connection, frame);
	}
	if (connection.protocol === 'base') {
		return handleLater(connection, frame, waitMs);
	}
	const outcome = frame.type === 'publish' ? { outcome: 'not_applied' as const } : {};
	const [code, detail] = isTooMuch(connection, frame)
		? (['unavailable', 'The broker has too much to send just now'] as const)
		: (['rate_limited', `Expected fewer frames; retry in ${waitMs} ms`] as const);
	return connection.refuse(frame, code, detail, { ...outcome, retryAfterMs: waitMs });
}

function handle(connection: Connection, frame: FromClient): void | Promise<void> {
	if (deeds[connection.protocol].has(frame.type)) {
		connection.active();
	}
	if (!unhurried.has(frame.type)) {
		connection.hub.gathering.hasten(connection);
	}
	const handled = dispatch(connection.protocol === 'base' ? baseHandlers : v1Handlers, connection, frame);
	if (handled === 'unknown') {
		return connection.refuseFrame({ code: 'unknown_type', detail: `Unexpected frame of type ${frame.type}` });
	}
	return handled;
}

/** Before its time the frame of a base client is not refused, for it could not tell: its line is just not read on. */
async function handleLater(connection: Connection, frame: FromClient, waitMs: number): Promise<void> {
	const { hub } = connection;
	for (let ms = waitMs; ms > 0 && !hub.draining; ms = waitMsOf(connection, frame)) {
		await new Promise<void>((resolve) => hub.surroundings.after(ms, resolve));
	}
	if (!connection.ended) {
		await handle(connection, frame);
	}
}

/** 0 when the frame may be handled now, else in how many ms. */
function waitMsOf(connection: Connection, frame: FromClient): number {
	const { hub, quota, wire, subscriptions } = connection;
	if (isTooMuch(connection, frame)) {
		return overloadMs;
	}
	// Acknowledgements that free something come as often as messages went out.
	const isDue = frame.type === 'ack' && subscriptions.get(frame.room)?.awaits(frame);
	return isDue ? 0 : quota.waitMs(frame.type, hub.surroundings.elapsed(), wire.loopback);
}

function isTooMuch({ governor }: Connection, { type }: FromClient): boolean {
	return type === 'publish' && governor.isOverloaded;
}

/**
 * What a person does. The rest a program also does by itself: it acknowledges, asks for what is missing, and is back in its
 * rooms after a reconnect. A program that knows better when its user is idle says so by `presence`.
 */
const deeds: Readonly<Record<Connection['protocol'], ReadonlySet<FromClient['type']>>> = {
	unknown: new Set(),
	base: new Set(['subscribe', 'unsubscribe', 'publish']),
	v1: new Set(['publish', 'presence', 'typing']),
};

/** What may be handled before what the client has said is stored. */
const unhurried: ReadonlySet<FromClient['type']> = new Set(['publish', 'ack', 'ping', 'typing', 'presence']);

/** When a publish may be tried again while all lines together hold too much, in ms. */
const overloadMs = 1000;
