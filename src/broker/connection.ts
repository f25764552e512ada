/**
 * One client's line: which protocol it speaks, who it is, which rooms it reads, and when it ends.
 */
import { EngineError } from '../engines/engine.ts';
import { Few } from '../engines/few.ts';
import { decodeFromClient, encode } from '../protocol/codec.ts';
import type { ClientFrames, FromBroker, Position } from '../protocol/frames.ts';
import { closeCodes, type ErrorCode, mayReconnect } from '../protocol/limits.ts';
import { cleanLine } from '../protocol/text.ts';
import { type Credential, stranger } from './access.ts';
import { admit, enterInSilence } from './admission.ts';
import type { UpgradeRequest } from './authenticate.ts';
import { baseName, isProvenAs, unmarked } from './base-name.ts';
import { Confirmations } from './confirmations.ts';
import type { Role } from './directory.ts';
import type { Governor } from './governor.ts';
import type { Hub, Kept } from './hub.ts';
import { Intake, type IntakeOwner } from './intake.ts';
import type { Challenge } from './login.ts';
import { type Lookalikes, noLookalikes } from './names-in-use.ts';
import type { Settings } from './options.ts';
import type { Visit } from './presence.ts';
import { Pulse, type PulseOptions } from './pulse.ts';
import { Quota, type Rates, ratesOf } from './quota.ts';
import { baseRefusal, type Refused, type Request, refusal } from './refusal.ts';
import type { Room } from './room.ts';
import type { Begun, Holder } from './sessions.ts';
import type { Reader, Subscription } from './subscription.ts';
import type { Timed } from './timetable.ts';
import { type Credit, Window } from './window.ts';
import type { Wire } from './wire.ts';

/** Who a connection speaks for. */
export interface User {
	readonly id: string;
	/** They have proven to own `key`, and it owns the nick. */
	readonly verified: boolean;
	readonly role: Role;
	readonly key?: string;
	/** The room that is theirs alone. */
	readonly inbox?: string;
}

/** How a user is on a connection. */
export interface Manner {
	/** What the client said. */
	readonly presence: { readonly state: Visit['state']; readonly status?: string };
	/** When the user last did something, in ms of a clock that never steps back. */
	readonly activeAt: number;
}

export interface LineOptions {
	/** The client has asked for v1 before its first frame. */
	readonly offersV1: boolean;
	readonly credential?: Credential;
	readonly request?: UpgradeRequest;
	/** From where it came, where that counts for limits. */
	readonly address?: string;
}

/** Begins the name of the one device that base clients are whom the embedder vouches for. */
const vouchedDevice = 'base:';
/** How long a client that has a user's token may say nothing until it is taken for one that came back, in ms. */
const silenceMs = 1000;
/** A user who does nothing for this long is shown as away. */
const idleMs = 300_000;

/** What most clients have in common is one object for all of them. */
const online: Manner['presence'] = Object.freeze({ state: 'online' });
const nobody: User = Object.freeze({ id: '', verified: false, role: 'base' });

/**
 * The part of `pingMs` after which a sign of life is asked for: time is looked at only once a second and presence is
 * collected, and yet whoever falls silent is to be gone from view after `pingMs + pongMs`.
 */
const asksEarly = 0.9;

/** What all connections of a broker go by. */
export interface Shared {
	readonly rates: Rates;
	readonly pulse: PulseOptions;
	readonly window: Credit;
}

export function sharedBy({ limits, pingMs, pongMs }: Settings): Shared {
	return {
		rates: ratesOf(limits),
		pulse: { pingMs: asksEarly * pingMs, pongMs },
		window: { messages: limits.windowMessages, bytes: limits.windowBytes },
	};
}

export class Connection implements Reader, Holder, IntakeOwner, Timed {
	readonly hub: Hub;
	readonly wire: Wire;
	readonly id: string;
	/** Who somebody said to be when the connection was opened. */
	readonly credential: Credential;
	/** How they came, until the embedder has decided who they are. */
	request: UpgradeRequest | undefined;
	readonly address: string | undefined;
	/** By room. */
	readonly subscriptions = new Few<string, Subscription<Room>>();
	/** What the client speaks: decided by its first frame, for the life of the connection. */
	protocol: 'unknown' | 'base' | 'v1' = 'unknown';
	/** Who a v1 client is. A base client says with each frame who it is. */
	user: User = nobody;
	/** What a base client last called itself. */
	saidName = '';
	/** What the client said of itself; what others see is `visit`. */
	presence: Manner['presence'] = online;
	session: string | undefined;
	/** The client has said that no person sits at it. */
	isBot = false;
	/** What the client has to answer before it is let in. */
	challenge: Challenge | undefined;
	/** Which of the user's devices this is. */
	device: string | undefined;
	/** What may be sent ahead of acknowledgements; a base client sends none. */
	window: Window | undefined;
	/** Of the hub's names in use. */
	lookalikes: Lookalikes = noLookalikes;
	/** Whether the hub's next tick looks at it. Nobody but the hub changes it. */
	isStirred = false;
	/** Of the hub's timetable. */
	dueAt = 0;
	place = -1;
	/** What the user was called on the connection before. Only those are told who saw them leave under it. */
	#was: string | undefined;
	/** The client has asked for v1 before its first frame. */
	readonly offersV1: boolean;
	readonly quota: Quota;
	readonly #openedAt: number;
	readonly #intake: Intake;
	/** Of a base client whose user is known: what it has is remembered. */
	#confirmations: Confirmations | undefined;
	#ended = false;
	/** The line is closed. */
	#isGone = false;
	#paused = false;
	readonly #pulse: Pulse;
	#activeAt: number;
	#idle = false;
	/** The last sign of life. */
	#heardAt: number;

	constructor(hub: Hub, wire: Wire, { offersV1, credential = stranger, request, address }: LineOptions) {
		const at = hub.elapsed;
		this.hub = hub;
		this.wire = wire;
		this.credential = credential;
		this.request = request;
		this.address = address;
		this.id = hub.surroundings.randomId();
		this.offersV1 = offersV1;
		this.quota = new Quota(hub.shared.rates);
		this.#openedAt = at;
		this.#intake = new Intake(this);
		this.#pulse = new Pulse(hub.shared.pulse, at);
		this.#activeAt = at;
		this.#heardAt = at;
	}

	get ended(): boolean {
		return this.#ended;
	}

	get governor(): Governor {
		return this.hub.governor;
	}

	/** The names that a base client goes by, without the mark of one that is another's. */
	get names(): readonly string[] {
		return [...new Set([...this.subscriptions.values()].map(({ userId }) => unmarked(userId)))];
	}

	/** By which the broker knows the user over all connections; a guest, by the nick that it goes by now. */
	get account(): string {
		return this.user.key ?? `~${this.user.id}`;
	}

	/** How others see this connection under a name that it goes by. */
	visitAs(name: string): Visit {
		const { state, status } = this.presence;
		return {
			state: state === 'online' && this.#idle ? 'away' : state,
			verified: isProvenAs(this, name),
			since: this.hub.surroundings.now(),
			...(this.isBot && { bot: true }),
			...(this.#was !== undefined && { was: this.#was }),
			...(status !== undefined && { status }),
		};
	}

	/** Handles one frame of the client. The next one waits for the promise, when there is one. */
	handle(text: string): void | Promise<void> {
		return admit(this, decodeFromClient(text));
	}

	/** Whether the client has to read before more of what it asks is handled. */
	get isHeldUp(): boolean {
		return this.wire.unsent > this.governor.allowance;
	}

	/** Whether a frame may not get lost when the broker stops. */
	isUrgent(text: string): boolean {
		const decoded = decodeFromClient(text);
		return decoded.ok && decoded.frame.type === 'publish';
	}

	/** Work for the client was begun that the broker finishes before it stops. */
	begun(): void {
		this.hub.begun();
	}

	finished(): void {
		this.hub.finished();
	}

	/** Takes a text frame from the client. */
	receive(text: string): void {
		if (!this.#ended) {
			this.#alive();
			this.#intake.receive(text);
		}
	}

	/** Takes a binary frame, which no client has reason to send. */
	receiveBinary(): void {
		if (!this.#ended) {
			this.#alive();
			this.#intake.guard(() =>
				this.refuseFrame({ code: 'bad_frame', detail: 'Expected a text frame, got a binary one' }),
			);
			this.balance();
		}
	}

	/** Takes the client's answer to a ping, and what that carried. */
	receivePong(mark = ''): void {
		this.#alive();
		for (const [room, position] of this.#confirmations?.ponged(mark) ?? []) {
			this.remember(room, position);
		}
		this.balance();
	}

	/** The line takes more. */
	drained(): void {
		this.#resume();
		this.#intake.work();
	}

	/** The line is gone: with a close frame of the client, which has this code if it has one, or without. */
	closed(code?: number): void {
		if (!this.#ended) {
			this.#finish(isGoodbye(code) ? 'leaves' : { lostAt: this.hub.surroundings.elapsed() });
		}
		this.#isGone = true;
		this.hub.forget(this);
	}

	tell(frame: FromBroker): void {
		this.send(encode(frame));
	}

	/** Sends a frame that is encoded already. */
	send(text: string): void {
		this.wrote(this.wire.send(text));
	}

	/** Notes that bytes were written to the line, which has them already. */
	wrote(bytes: number): void {
		this.#stir();
		this.governor.wrote(bytes);
	}

	/** The other end asked for a sign of life, and was given one beside what goes through here. */
	pinged(): void {
		this.#stir();
	}

	/** The next tick looks here. */
	#stir(): void {
		if (!this.#isGone) {
			this.hub.stir(this);
		}
	}

	/** Refuses a request, in the words of the client's protocol. */
	refuse(request: Request, code: ErrorCode, detail: string, more: Omit<Refused, 'code' | 'detail'> = {}): void {
		const refused = { code, detail, ...more };
		this.tell(this.protocol === 'base' ? baseRefusal(refused) : refusal(request, refused));
	}

	/** Refuses what is no frame of this protocol, or none that may come now. Too many of them end the connection. */
	refuseFrame({
		type,
		code,
		detail,
		...request
	}: Request & { readonly code: ErrorCode; readonly detail: string }): void {
		this.refuse(request, code, detail, type === 'publish' ? { outcome: 'not_applied' } : {});
		if (!this.quota.forgives(this.hub.surroundings.elapsed())) {
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

	/** Makes this the connection of a user, on one of their devices if they name it. */
	welcome(user: User, { device, bot = false, was }: Pick<ClientFrames['hello'], 'device' | 'bot' | 'was'>): void {
		this.protocol = 'v1';
		this.user = user;
		this.hub.joined(this);
		this.request = undefined;
		this.device = device;
		this.isBot = bot;
		const owner = was === undefined || was === user.id ? undefined : this.hub.directory.ownerOf(was);
		this.#was = owner !== undefined && owner === user.key ? was : undefined;
		this.window = new Window(this.hub.shared.window, this.hub.elapsed);
		this.quota.as(user.role);
	}

	/** What the user may do has changed. */
	become(role: Role): void {
		if (role !== this.user.role) {
			this.user = { ...this.user, role };
			this.quota.as(role);
			if (this.protocol === 'v1') {
				this.tell({ type: 'notice', level: 'info', text: `You are ${roleTexts[role]} now` });
			}
		}
	}

	/** Makes this a connection of the base protocol, of a user if it has shown to be one's. */
	becomeBase(user: User | undefined): void {
		this.protocol = 'base';
		this.request = undefined;
		if (user !== undefined) {
			this.user = user;
			this.hub.joined(this);
			this.quota.as(user.role);
			this.device = this.credential.device ?? `${vouchedDevice}${user.key ?? ''}`;
			this.#confirmations = new Confirmations();
		}
	}

	/**
	 * Begins the session that the client asks for, or goes on with it if it is this user's. How the user wants to be seen is
	 * as before, unless `hello` says it.
	 */
	beginSession({ session, presence, status }: ClientFrames['hello']): Begun<Manner> {
		const begun = this.hub.sessions.begin(session, this.user, this);
		const { manner } = begun;
		this.session = begun.id;
		if (manner !== undefined) {
			// That a program dials again is nothing that its user does.
			this.#activeAt = manner.activeAt;
			this.#idle = !this.isBot && this.hub.surroundings.elapsed() - manner.activeAt >= idleMs;
			this.presence = manner.presence;
		}
		if (presence !== undefined) {
			this.present(presence, status);
		}
		return begun;
	}

	/** What is kept of the user's being in a room since the session's connection before this one, if anything. */
	claim(room: string): Kept | undefined {
		return this.session === undefined ? undefined : this.hub.sessions.claim(this.session, this, room);
	}

	/** As that of the intake. */
	storing(): (work: Promise<void>) => void {
		return this.#intake.storing();
	}

	/** Remembers where the user's device stands in a room. */
	remember(room: string, { epoch, sequence }: Position): void {
		const { account, device } = this;
		if (device !== undefined) {
			this.hub.cursors.note({ user: account, device, room, epoch, sequence });
		}
	}

	/** There is room in the window: subscriptions that waited for it go on, the one that was just served last. */
	freed(room: string): void {
		const served = this.subscriptions.get(room);
		if (served !== undefined) {
			this.subscriptions.delete(room);
			this.subscriptions.set(room, served);
		}
		this.#resume();
	}

	/** The user has done something: not only their program, by itself. */
	active(): void {
		this.#activeAt = this.hub.elapsed;
		if (this.#idle) {
			this.#idle = false;
			this.#stir();
			this.showPresence();
		}
	}

	/**
	 * A name that this client goes by may have another owner now. A base client is seen under another one from then on; a v1
	 * client comes back and is told one, after it was told what became of all that it has said under this one: a repeat by
	 * another name would be another message.
	 */
	checkName(): void {
		if (this.protocol === 'v1') {
			if (this.hub.directory.ownerOf(this.user.id) !== this.user.key) {
				this.#intake.retire(() => this.end(closeCodes.restart, 'your nick belongs to somebody else now'));
			}
			return;
		}
		for (const subscription of this.subscriptions.values()) {
			const name = baseName(this, unmarked(subscription.userId));
			if (name.ok && name.text !== subscription.userId) {
				subscription.room.attend(subscription, name.text, this.visitAs(name.text));
			}
		}
	}

	/** The client says how its user wants to be seen. */
	present(state: Visit['state'], status: string | undefined): void {
		this.presence = status === undefined ? { state } : { state, status: cleanLine(status, 128) };
	}

	/** Says to others how this user is now. */
	showPresence(): void {
		for (const subscription of this.subscriptions.values()) {
			subscription.room.attend(subscription, subscription.userId, this.visitAs(subscription.userId));
		}
	}

	/** Ends a subscription. */
	leave(subscription: Subscription<Room>): void {
		const { room, stay } = this.#part(subscription);
		room.forget(stay);
		this.hub.release(room);
		this.#resume();
	}

	/** A newer connection of the session has come. */
	supersede(): void {
		this.end(closeCodes.superseded, 'replaced by a newer connection of this session');
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

	/**
	 * Closes the line. A user who may come back stays for a while, counted from the last sign of life when that is what was
	 * missed: whoever died is not here for longer because it took long to notice.
	 */
	end(code: number, reason: string): void {
		if (!this.#ended) {
			const isSilent = code === closeCodes.noPong || code === closeCodes.slow;
			const lostAt = isSilent ? this.#heardAt : this.hub.surroundings.elapsed();
			this.#finish(isGoodbye(code) || !mayReconnect(code) ? 'leaves' : { lostAt });
			if (this.#paused) {
				this.wire.resume();
			}
			this.wire.close(code, reason);
			this.#stir();
		}
	}

	/**
	 * The broker stops: says so, and reads nothing more. What was read is finished, as far as the client takes the answers;
	 * what it said is stored in any case.
	 */
	drain(reconnectAfterMs: number): void {
		if (this.#ended) {
			return;
		}
		if (this.protocol === 'v1') {
			this.tell({ type: 'draining', reconnectAfterMs, reason: 'shutting down' });
		}
		this.#intake.hurry();
	}

	/**
	 * Looks at the time, and returns when to do so again at the latest; `at` itself for as soon as may be. Whatever could
	 * make it sooner calls `Hub.stir`.
	 */
	look(at: number): number {
		if (!this.#ended) {
			this.#look(at);
		}
		// Only what still waits in a line that is closing is of interest.
		return this.#ended ? (this.wire.unsent > 0 ? at : Number.POSITIVE_INFINITY) : this.#nextLook(at);
	}

	#nextLook(at: number): number {
		const isUnknown = this.protocol === 'unknown';
		const isWaiting = this.wire.unsent > 0 || !this.#intake.isEmpty || this.window?.isEmpty === false;
		if (isWaiting || (isUnknown && this.challenge !== undefined)) {
			return at;
		}
		let next = this.#pulse.dueAt;
		const sooner = (time: number) => (time > at ? Math.min(next, time) : next);
		if (isUnknown) {
			next = sooner(this.#openedAt + this.hub.settings.limits.handshakeMs);
			next = sooner(this.#openedAt + silenceMs);
		}
		return this.#idle || this.isBot ? next : sooner(this.#activeAt + idleMs);
	}

	#look(at: number): void {
		const { limits, base } = this.hub.settings;
		const mustLogIn = this.offersV1 || !base || this.challenge !== undefined;
		if (this.protocol === 'unknown' && mustLogIn && at - this.#openedAt >= limits.handshakeMs) {
			const awaited = this.challenge === undefined ? 'hello' : 'auth';
			this.refuse({}, `${awaited}_required`, `Expected ${awaited} in time`);
			this.end(closeCodes.noPong, `no ${awaited} in time`);
			return;
		}
		const isHeard = !this.#paused && this.#intake.isEmpty;
		if (this.window?.isStalled(at, isHeard)) {
			this.end(closeCodes.slow, 'reads too slowly: no acknowledgement');
		}
		if (!this.hub.draining) {
			this.#checkPulse(at);
			this.#enterInSilence(at);
			if (!this.#ended && this.#confirmations?.isDue(this.#sent())) {
				this.#ping();
			}
		}
		// What waited for other lines to take something may go on without its own having moved.
		this.drained();
		if (!this.#idle && !this.isBot && at - this.#activeAt >= idleMs) {
			this.#idle = true;
			this.showPresence();
		}
	}

	#checkPulse(at: number): void {
		const { sent, unsent } = this.wire;
		const verdict = this.#pulse.check(at, { sent, unsent, isHeard: !this.#intake.isOverfull });
		switch (verdict) {
			case 'well':
				break;
			case 'ping':
				this.#ping();
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

	#ping(): void {
		this.wire.ping(this.#confirmations?.pinged(this.#sent()) ?? '');
	}

	/** Up to where each room was sent. */
	#sent(): ReadonlyMap<string, Position> {
		const subscriptions = [...this.subscriptions.values()];
		return new Map(subscriptions.map(({ room, epoch, position }) => [room.name, { epoch, sequence: position }]));
	}

	/** A client that may be back, and says nothing because it believes that it is still in its rooms. */
	#enterInSilence(at: number): void {
		const isSilent = this.protocol === 'unknown' && this.challenge === undefined && this.#intake.isEmpty;
		if (isSilent && !this.offersV1 && this.credential.key !== undefined && at - this.#openedAt >= silenceMs) {
			this.#intake.guard(() => enterInSilence(this));
		}
	}

	/** Lets those subscriptions go on that wait for the line or the window. */
	#resume(): void {
		if (!this.#ended) {
			for (const subscription of this.subscriptions.values()) {
				subscription.resume();
			}
		}
	}

	/**
	 * Reads from the line or not, so that what one client makes us hold is bounded. While a sign of life is awaited the line
	 * is read until something comes: a peer that is gone is noticed also when it is not listened to. With what comes beside
	 * the signs of life this would go on without end, so it ends when the intake is overfull.
	 */
	balance(): void {
		if (this.#ended) {
			return;
		}
		const { isEmpty, isFull, isOverfull } = this.#intake;
		if (!isEmpty) {
			this.#stir();
		}
		const pause = this.hub.draining || isOverfull || (isFull && !this.#pulse.awaitsSign);
		if (pause !== this.#paused) {
			this.#paused = pause;
			if (pause) {
				this.wire.pause();
			} else {
				this.wire.resume();
			}
		}
	}

	#alive(): void {
		this.#heardAt = this.hub.elapsed;
		this.#pulse.alive();
	}

	/** Ends everything, and tells that the user left, or leaves that to the end of the time in which they may come back. */
	#finish(fate: 'leaves' | { readonly lostAt: number }): void {
		const { session, hub } = this;
		this.#ended = true;
		hub.gathering.forget(this);
		this.#intake.close();
		const subscriptions = [...this.subscriptions.values()];
		if (fate === 'leaves' || session === undefined) {
			for (const subscription of subscriptions) {
				this.leave(subscription);
			}
			if (session !== undefined) {
				hub.sessions.over(session, this);
			}
			return;
		}
		hub.sessions.lost(session, this, {
			kept: new Map(subscriptions.map((subscription) => [subscription.room.name, this.#part(subscription)])),
			manner: { presence: this.presence, activeAt: this.#activeAt },
			since: fate.lostAt,
		});
	}

	/** Ends a subscription; its user is still in the room, which is still held. */
	#part(subscription: Subscription<Room>): Kept {
		const { room, stay } = subscription;
		this.subscriptions.delete(room.name);
		room.remove(subscription);
		return { room, stay };
	}
}

/** Whether a close says that its sender goes, and not that something went wrong. 1005 stands for a close without a code. */
function isGoodbye(code: number | undefined): boolean {
	return code === 1000 || code === 1001 || code === 1005;
}

const roleTexts: Readonly<Record<Role, string>> = {
	owner: 'an owner of this broker',
	admin: 'an admin of this broker',
	member: 'no admin of this broker',
	guest: 'a guest',
	base: 'a guest',
};
