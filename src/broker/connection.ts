/**
 * One client's line: which protocol it speaks, who it is, which rooms it reads. Frames are handled one after the other in
 * the order they came; only publishes do not wait for the one before to be stored.
 */
import { EngineError } from '../engines/engine.ts';
import { type Decoded, decodeFromClient, encode, type Refusal } from '../protocol/codec.ts';
import type { FromBroker, FromClient } from '../protocol/frames.ts';
import { closeCodes, type ErrorCode } from '../protocol/limits.ts';
import { hello } from './handlers/hello.ts';
import { baseHandlers, dispatch, v1Handlers } from './handlers/table.ts';
import type { Hub } from './hub.ts';
import type { Visit } from './presence.ts';
import { Pulse } from './pulse.ts';
import { TokenBucket } from './rate.ts';
import { baseRefusal, type Refused, type Request, refusal } from './refusal.ts';
import type { Room } from './room.ts';
import { maxUnsent, type Reader, type Subscription } from './subscription.ts';
import type { Wire } from './wire.ts';

/** Who a connection speaks for. */
export interface User {
	readonly id: string;
	readonly verified: boolean;
	readonly role: string;
}

/** Most frames that wait to be handled until the line is not read any more. */
const maxWaiting = 64;
/** Most publishes of one connection that are being stored at once. */
const maxInFlight = 256;
/** Without a frame for this long a user is shown as away. */
const idleMs = 300_000;

export class Connection implements Reader {
	readonly hub: Hub;
	readonly wire: Wire;
	readonly id: string;
	readonly subscriptions = new Map<string, Subscription<Room>>();
	/** What the client speaks: decided by its first frame, for the life of the connection. */
	protocol: 'unknown' | 'base' | 'v1' = 'unknown';
	/** Who a v1 client is. A base client says with each frame who it is. */
	user: User = { id: '', verified: false, role: 'base' };
	/** What the client said of itself; what others see is `visit`. */
	presence: { readonly state: Visit['state']; readonly status?: string } = { state: 'online' };
	session: string | undefined;
	readonly #offersV1: boolean;
	readonly #openedAt: number;
	readonly #frames: TokenBucket;
	readonly #badFrames: TokenBucket;
	#publishes: TokenBucket;
	/** Frames that were read and are not handled. */
	#waiting: string[] = [];
	/** A frame is being handled that the next one has to wait for. */
	#busy = false;
	/** Publishes that are being stored. */
	#inFlight = 0;
	#ended = false;
	#paused = false;
	readonly #pulse: Pulse;
	#activeAt: number;
	#idle = false;

	constructor(hub: Hub, wire: Wire, { offersV1 }: { readonly offersV1: boolean }) {
		const { limits } = hub.settings;
		const at = hub.surroundings.elapsed();
		this.hub = hub;
		this.wire = wire;
		this.id = hub.surroundings.randomId();
		this.#offersV1 = offersV1;
		this.#openedAt = at;
		this.#pulse = new Pulse(hub.settings, at);
		this.#activeAt = at;
		this.#frames = new TokenBucket({ perSecond: limits.framesPerSecond, burst: limits.framesBurst });
		this.#badFrames = new TokenBucket({
			perSecond: limits.badFramesPerMinute / 60,
			burst: limits.badFramesPerMinute,
		});
		this.#publishes = this.#publishRate();
	}

	get ended(): boolean {
		return this.#ended;
	}

	/** How others see this connection. */
	get visit(): Visit {
		const { state, status } = this.presence;
		return {
			state: state === 'online' && this.#idle ? 'away' : state,
			verified: this.user.verified,
			since: this.hub.surroundings.now(),
			...(status !== undefined && { status }),
		};
	}

	/** Takes a text frame from the client. */
	receive(text: string): void {
		if (!this.#ended) {
			this.#waiting.push(text);
			this.#work();
		}
	}

	/** Takes a binary frame, which no client has reason to send. */
	receiveBinary(): void {
		if (!this.#ended) {
			this.#guard(() => this.refuseFrame({ code: 'bad_frame', detail: 'Expected a text frame, got a binary one' }));
		}
	}

	/** Takes the client's answer to a ping. */
	receivePong(): void {
		this.#pulse.pong();
	}

	/** The line takes more. */
	drained(): void {
		for (const subscription of this.subscriptions.values()) {
			subscription.resume();
		}
		this.#work();
	}

	/** The line is gone. */
	closed(): void {
		this.hub.connections.delete(this);
		this.#leaveAll();
	}

	tell(frame: FromBroker): void {
		this.wire.send(encode(frame));
	}

	/** Refuses a request, in the words of the client's protocol. */
	refuse(request: Request, code: ErrorCode, detail: string, more: Omit<Refused, 'code' | 'detail'> = {}): void {
		const refused = { code, detail, ...more };
		this.tell(this.protocol === 'base' ? baseRefusal(refused) : refusal(request, refused));
	}

	/** Refuses what is no frame of this protocol. Too many of them end the connection. */
	refuseFrame({ type, code, detail, ...request }: Refusal): void {
		this.refuse(request, code, detail, type === 'publish' ? { outcome: 'not_applied' } : {});
		if (this.#badFrames.take(this.hub.surroundings.elapsed()) > 0) {
			this.hub.settings.log('warn', 'bad frames', { connection: this.id });
			this.end(closeCodes.badFrames, 'too many bad frames');
		}
	}

	/** Refuses a request because the engine could not serve it. Throws what is not an engine's trouble. */
	refuseUnavailable(request: Request, error: unknown): void {
		if (!(error instanceof EngineError)) {
			throw error;
		}
		this.hub.settings.log('warn', 'engine', { code: error.code, error: error.message });
		this.refuse(request, 'unavailable', 'The store cannot be reached just now', {
			outcome: error.outcome,
			retryAfterMs: 1000,
		});
	}

	/** Makes this the connection of a user. */
	welcome(user: User): void {
		this.protocol = 'v1';
		this.user = user;
		this.#publishes = this.#publishRate();
	}

	/** Adds work of a publish that the next frame does not wait for. */
	storing(work: Promise<void>): void {
		this.#inFlight += 1;
		const done = () => {
			this.#inFlight -= 1;
			this.#work();
		};
		this.hub.track(
			work.then(done, (error: unknown) => {
				this.fail(error);
				done();
			}),
		);
	}

	/** Says to others how this user is now. */
	showPresence(): void {
		for (const subscription of this.subscriptions.values()) {
			subscription.room.attend(subscription, subscription.userId, this.visit);
		}
	}

	/** Ends a subscription. */
	leave(subscription: Subscription<Room>): void {
		this.subscriptions.delete(subscription.room.name);
		subscription.room.remove(subscription);
		this.hub.release(subscription.room);
	}

	/** Ends this connection because of trouble that is ours, and nothing else. */
	fail(error: unknown): void {
		if (this.#ended) {
			return;
		}
		if (error instanceof EngineError) {
			this.hub.settings.log('warn', 'engine', { code: error.code, error: error.message });
			this.end(closeCodes.overloaded, 'the store cannot be reached just now');
		} else {
			const fault = error instanceof Error ? (error.stack ?? error.message) : String(error);
			this.hub.settings.log('error', 'internal', { connection: this.id, error: fault });
			this.end(closeCodes.internal, 'internal error');
		}
	}

	/** Tells the others at once that the user left, and closes the line. */
	end(code: number, reason: string): void {
		if (!this.#ended) {
			this.#leaveAll();
			if (this.#paused) {
				this.wire.resume();
			}
			this.wire.close(code, reason);
		}
	}

	/** The broker stops: says so, and reads nothing more. What was read is finished. */
	drain(reconnectAfterMs: number): void {
		if (this.#ended) {
			return;
		}
		if (this.protocol === 'v1') {
			this.tell({ type: 'draining', reconnectAfterMs, reason: 'shutting down' });
		}
		this.#balance();
	}

	/** Looks at the time. */
	tick(at: number): void {
		if (this.#ended) {
			return;
		}
		const { limits } = this.hub.settings;
		if (this.protocol === 'unknown' && this.#offersV1 && at - this.#openedAt >= limits.handshakeMs) {
			this.refuse({}, 'hello_required', 'Expected hello in time');
			this.end(closeCodes.noPong, 'no hello in time');
			return;
		}
		this.#balance();
		this.#checkPulse(at);
		if (!this.#idle && at - this.#activeAt >= idleMs) {
			this.#idle = true;
			this.showPresence();
		}
	}

	#checkPulse(at: number): void {
		const { sent, unsent } = this.wire;
		const verdict = this.#pulse.check(at, { paused: this.#paused, sent, unsent });
		switch (verdict) {
			case 'well':
				break;
			case 'ping':
				this.wire.ping();
				break;
			case 'no pong':
				this.end(closeCodes.noPong, verdict);
				break;
			case 'no progress':
			case 'backlog':
				this.end(closeCodes.slow, `reads too slowly: ${verdict}`);
				break;
		}
	}

	/** Handles what waits, as far as it may be handled now. */
	#work(): void {
		while (!this.#busy && !this.#ended && this.#inFlight < maxInFlight && this.wire.unsent <= maxUnsent) {
			const text = this.#waiting.shift();
			if (text === undefined) {
				break;
			}
			this.#guard(() => this.#handle(decodeFromClient(text)));
		}
		this.#balance();
	}

	/** The one place where a handler's error is caught: it ends this connection and nothing else. */
	#guard(handle: () => void | Promise<void>): void {
		try {
			const work = handle();
			if (work === undefined) {
				return;
			}
			this.#busy = true;
			const done = () => {
				this.#busy = false;
				this.#work();
			};
			this.hub.track(
				work.then(done, (error: unknown) => {
					this.fail(error);
					done();
				}),
			);
		} catch (error) {
			this.fail(error);
		}
	}

	/** Reads from the line or not, so that what one client makes us hold is bounded. */
	#balance(): void {
		const pause =
			!this.#ended &&
			(this.hub.draining ||
				this.#waiting.length >= maxWaiting ||
				this.#inFlight >= maxInFlight ||
				this.wire.unsent > maxUnsent);
		if (pause !== this.#paused && !this.#ended) {
			this.#paused = pause;
			if (pause) {
				this.wire.pause();
			} else {
				this.wire.resume();
			}
		}
	}

	#handle(decoded: Decoded<FromClient>): void | Promise<void> {
		if (this.protocol === 'unknown') {
			if (decoded.ok && decoded.frame.type === 'hello') {
				return hello(this, decoded.frame);
			}
			if (this.#offersV1) {
				const detail = decoded.ok ? '' : `. ${decoded.detail}`;
				this.refuse({}, 'hello_required', `Expected hello as the first frame${detail}`);
				return this.end(closeCodes.badFrames, 'hello required');
			}
			this.protocol = 'base';
		}
		if (!decoded.ok) {
			return this.refuseFrame(decoded);
		}
		const { frame } = decoded;
		const waitMs = this.#overRate(frame);
		if (waitMs === 0) {
			return this.#dispatch(frame);
		}
		if (this.protocol === 'base') {
			return this.#dispatchLater(frame, waitMs);
		}
		const outcome = frame.type === 'publish' ? { outcome: 'not_applied' as const } : {};
		return this.refuse(frame, 'rate_limited', `Expected fewer frames; retry in ${waitMs} ms`, {
			...outcome,
			retryAfterMs: waitMs,
		});
	}

	#dispatch(frame: FromClient): void | Promise<void> {
		if (frame.type !== 'ping') {
			this.#activeAt = this.hub.surroundings.elapsed();
			if (this.#idle) {
				this.#idle = false;
				this.showPresence();
			}
		}
		const handled = dispatch(this.protocol === 'base' ? baseHandlers : v1Handlers, this, frame);
		if (handled === 'unknown') {
			return this.refuseFrame({ code: 'unknown_type', detail: `Unexpected frame of type ${frame.type}` });
		}
		return handled;
	}

	/** Over its rate a base client is not refused, for it could not tell: its line is just not read on. */
	async #dispatchLater(frame: FromClient, waitMs: number): Promise<void> {
		for (let ms = waitMs; ms > 0 && !this.hub.draining; ms = this.#overRate(frame)) {
			await new Promise<void>((resolve) => this.hub.surroundings.after(ms, resolve));
		}
		if (!this.#ended) {
			await this.#dispatch(frame);
		}
	}

	/** 0 when the frame may be handled now, else in how many ms. */
	#overRate({ type }: FromClient): number {
		const at = this.hub.surroundings.elapsed();
		if (type !== 'publish') {
			return this.#frames.take(at);
		}
		return this.wire.loopback ? 0 : this.#frames.take(at) || this.#publishes.take(at);
	}

	#publishRate(): TokenBucket {
		const { limits } = this.hub.settings;
		return new TokenBucket(
			this.user.role === 'guest' || this.user.role === 'base'
				? { perSecond: limits.guestPublishPerSecond, burst: limits.guestPublishBurst }
				: { perSecond: limits.publishPerSecond, burst: limits.publishBurst },
		);
	}

	/** A session's grace would begin here: for now whoever is gone has left. */
	#leaveAll(): void {
		this.#ended = true;
		this.#waiting = [];
		for (const subscription of [...this.subscriptions.values()]) {
			this.leave(subscription);
		}
		if (this.session !== undefined && this.hub.sessions.get(this.session) === this) {
			this.hub.sessions.delete(this.session);
		}
	}
}
