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
import type { Quota } from './quota.ts';

export class Admission {
	readonly #connection: Connection;
	readonly #quota: Quota;
	/** The client has asked for v1 before its first frame. */
	readonly #offersV1: boolean;

	constructor(connection: Connection, quota: Quota, { offersV1 }: { readonly offersV1: boolean }) {
		this.#connection = connection;
		this.#quota = quota;
		this.#offersV1 = offersV1;
	}

	/** Handles or refuses what came. The next frame waits for the promise, when there is one. */
	handle(decoded: Decoded<FromClient>): void | Promise<void> {
		const { ready } = this.#connection.hub.directory;
		return ready === undefined ? this.#handle(decoded) : ready.then(() => this.#handle(decoded));
	}

	#handle(decoded: Decoded<FromClient>): void | Promise<void> {
		const connection = this.#connection;
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
			if (this.#offersV1) {
				const detail = decoded.ok ? '' : `. ${decoded.detail}`;
				connection.refuse({}, 'hello_required', `Expected hello as the first frame${detail}`);
				return connection.end(closeCodes.badFrames, 'hello required');
			}
			if (!connection.hub.settings.base) {
				connection.refuse({}, 'auth_required', 'Expected hello as the first frame: base clients are not let in here');
				return connection.end(closeCodes.authRequired, 'hello required');
			}
			return this.#becomeBase(decoded);
		}
		return this.#take(decoded);
	}

	/** At once for a stranger: whoever is somebody may have to be asked about. */
	#becomeBase(decoded: Decoded<FromClient>): void | Promise<void> {
		const connection = this.#connection;
		if (isStranger(connection)) {
			connection.becomeBase(undefined);
			return this.#take(decoded);
		}
		return this.#enterBase(decoded);
	}

	/** Takes a client that has said nothing for one of the base protocol. The next frame waits for the promise. */
	enterInSilence(): Promise<void> {
		return this.#enterBase(undefined);
	}

	async #enterBase(decoded: Decoded<FromClient> | undefined): Promise<void> {
		const connection = this.#connection;
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
			await (decoded && this.#take(decoded));
		} else {
			connection.refuse({}, 'auth_failed', entering.detail);
			connection.end(closeCodes.authFailed, entering.detail.slice(0, 120));
		}
	}

	#take(decoded: Decoded<FromClient>): void | Promise<void> {
		const connection = this.#connection;
		if (!decoded.ok) {
			return connection.refuseFrame(decoded);
		}
		const { frame } = decoded;
		const waitMs = this.#waitMs(frame);
		if (waitMs === 0) {
			return this.#dispatch(frame);
		}
		if (connection.protocol === 'base') {
			return this.#dispatchLater(frame, waitMs);
		}
		const outcome = frame.type === 'publish' ? { outcome: 'not_applied' as const } : {};
		const [code, detail] = this.#isTooMuch(frame)
			? (['unavailable', 'The broker has too much to send just now'] as const)
			: (['rate_limited', `Expected fewer frames; retry in ${waitMs} ms`] as const);
		return connection.refuse(frame, code, detail, { ...outcome, retryAfterMs: waitMs });
	}

	#dispatch(frame: FromClient): void | Promise<void> {
		const connection = this.#connection;
		if (deeds[connection.protocol].has(frame.type)) {
			connection.active();
		}
		const handled = dispatch(connection.protocol === 'base' ? baseHandlers : v1Handlers, connection, frame);
		if (handled === 'unknown') {
			return connection.refuseFrame({ code: 'unknown_type', detail: `Unexpected frame of type ${frame.type}` });
		}
		return handled;
	}

	/** Before its time the frame of a base client is not refused, for it could not tell: its line is just not read on. */
	async #dispatchLater(frame: FromClient, waitMs: number): Promise<void> {
		const { hub } = this.#connection;
		for (let ms = waitMs; ms > 0 && !hub.draining; ms = this.#waitMs(frame)) {
			await new Promise<void>((resolve) => hub.surroundings.after(ms, resolve));
		}
		if (!this.#connection.ended) {
			await this.#dispatch(frame);
		}
	}

	/** 0 when the frame may be handled now, else in how many ms. */
	#waitMs(frame: FromClient): number {
		const { hub, wire, subscriptions } = this.#connection;
		if (this.#isTooMuch(frame)) {
			return overloadMs;
		}
		// Acknowledgements that free something come as often as messages went out.
		const isDue = frame.type === 'ack' && subscriptions.get(frame.room)?.awaits(frame);
		return isDue ? 0 : this.#quota.waitMs(frame.type, hub.surroundings.elapsed(), wire.loopback);
	}

	#isTooMuch({ type }: FromClient): boolean {
		return type === 'publish' && this.#connection.governor.isOverloaded;
	}
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

/** When a publish may be tried again while all lines together hold too much, in ms. */
const overloadMs = 1000;
