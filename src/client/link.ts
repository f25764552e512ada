/**
 * The one connection to the broker: when to dial, whom it has on the line, when it is dead.
 *
 *              +------------------------- lost, refused ------------------------+
 *              v                                                                |
 *   idle --> dialling --opened--> greeting --welcome, or none came--> online ---+--> waiting --retryAt--> dialling
 *                                                                               '--> closed, for good
 *
 * That no welcome came in time is no proof of a base broker: it may be on its way. So the client speaks as a base client
 * then, but the broker is only taken for one when it has answered as one; until then nobody is told that it is online.
 */
import type { BrokerFrames } from '../protocol/frames.ts';
import { closeCodes, defaultLimits, mayReconnect, protocolVersion } from '../protocol/limits.ts';
import { healthyMs, maxAskedMs, overloadedMs, retryDelayMs } from './backoff.ts';
import { noAnswer, stoppedAnswering } from './cause.ts';
import type { Cause, LinkStatus, User } from './client.ts';
import { safeName, safeUser } from './incoming.ts';
import { noProof, Proof, type ProofOptions } from './proof.ts';
import type { LinkEnd, Moment, Output } from './step.ts';

export interface LinkOptions {
	readonly welcomeMs: number;
	readonly requestMs: number;
	readonly pingMs: number;
	readonly program: { readonly name: string; readonly version: string };
	/** By which a broker knows that a new connection replaces an older one. */
	readonly session: string;
	/** Under which the broker keeps cursors. */
	readonly device?: string;
	/** No person sits at it. */
	readonly bot: boolean;
	/** How this end proves who it is; without it, it does not. */
	readonly proof?: ProofOptions;
}

/** What the rest of the core is told. */
export interface LinkListener {
	tell(output: Output): void;
	/** Requests can be sent, from now on in this protocol. It may be told again with `v1` when a welcome came late. */
	onOnline(at: number): void;
	onOffline(at: number): void;
	/** There will be no further attempt; without an end because this side closed it. */
	onClosed(end?: LinkEnd): void;
	/** When the broker was sent the first thing that it has yet to answer, pings aside; `Infinity` when there is none. */
	owedSince(): number;
	/** How the user wants to be seen. */
	presence(): { readonly presence: 'online' | 'away'; readonly status?: string };
}

type State =
	| { readonly name: 'idle' }
	| { readonly name: 'dialling'; readonly since: number }
	| { readonly name: 'greeting'; readonly since: number }
	| {
			readonly name: 'online';
			readonly since: number;
			readonly protocol: 'v1' | 'base';
			/** Nothing but the lack of a welcome speaks for this protocol. */
			readonly isGuess: boolean;
			readonly roundTripMs?: number;
			readonly unansweredSince?: number;
	  }
	| { readonly name: 'waiting'; readonly retryAt: number; readonly cause: Cause }
	| { readonly name: 'closed'; readonly cause?: Cause };

export class Link {
	readonly #options: LinkOptions;
	readonly #listener: LinkListener;
	#state: State = { name: 'idle' };
	/** The name that is asked for. */
	#wanted: string;
	#nick: string;
	/** What others called this user until it was to be called otherwise; until it is. */
	#former: string | undefined;
	#frameBytes = defaultLimits.frameBytes;
	#typingMs: number | undefined;
	/** Counts dials, so that what an earlier one still says is ignored. */
	#number = 0;
	/** Attempts in a row that failed or did not last. */
	#failures = 0;
	#offlineSince: number | undefined;
	/** A broker that does not know the subprotocol may still know `hello`. */
	#offersSubprotocol = true;
	#mustStayAwayMs = 0;
	/** When the ping was sent since which nothing was heard. */
	#silentSince: number | undefined;
	#heardAt = Number.NEGATIVE_INFINITY;
	/** When it is looked whether an answer is late; `undefined` while nothing was sent since it was clear that none is owed. */
	#lookAt: number | undefined;
	/** When the ping was sent whose round trip is being measured. */
	#pingedAt: number | undefined;
	#nextPingAt = Infinity;
	#renames = 0;
	/** Of the present dial. */
	#proof: Proof | undefined;
	/** The broker's key, once it has proven it. */
	#pin: string | undefined;
	#user: User | undefined;

	constructor(nick: string, options: LinkOptions, listener: LinkListener) {
		this.#wanted = nick;
		this.#nick = nick;
		this.#options = options;
		this.#listener = listener;
		this.#pin = options.proof?.pin;
	}

	/** Who the broker says this is. */
	get user(): User | undefined {
		return this.#user;
	}

	get number(): number {
		return this.#number;
	}

	get nick(): string {
		return this.#nick;
	}

	get askedNick(): string {
		return this.#wanted;
	}

	/** The largest frame that the broker takes, in bytes. */
	get frameBytes(): number {
		return this.#frameBytes;
	}

	/** How far two words on one person's typing are apart, in ms; `undefined` where nobody is told of typing. */
	get typingMs(): number | undefined {
		return this.protocol === 'v1' ? this.#typingMs : undefined;
	}

	get protocol(): 'v1' | 'base' | undefined {
		return this.#state.name === 'online' ? this.#state.protocol : undefined;
	}

	/** A welcome may still come. */
	get isGuess(): boolean {
		return this.#state.name === 'online' && this.#state.isGuess;
	}

	get isClosed(): boolean {
		return this.#state.name === 'closed';
	}

	get status(): LinkStatus {
		return this.#describe();
	}

	/** When something has to happen unless the other side does something. */
	get wakeAt(): number | undefined {
		return this.#deadline();
	}

	start(at: number): void {
		if (this.#state.name === 'idle') {
			this.#dial(at);
		}
	}

	tick({ at, chance }: Moment): void {
		const { wakeAt } = this;
		if (wakeAt === undefined || at < wakeAt) {
			return;
		}
		switch (this.#state.name) {
			case 'dialling':
				this.#hangUp(true);
				this.ended({ cause: noAnswer }, { at, chance });
				break;
			case 'greeting':
				if (this.#isSurelyV1) {
					this.#hangUp(true);
					this.ended({ cause: noAnswer }, { at, chance });
				} else {
					this.#becomeBase(true, at);
				}
				break;
			case 'online':
				if (at >= this.#nextPingAt) {
					this.#ping({ at, chance });
				} else {
					this.#lookForAnswer(this.#state, at);
				}
				break;
			case 'waiting':
				this.#dial(at);
				break;
			case 'idle':
			case 'closed':
				break;
		}
	}

	opened(nonce: string, at: number): void {
		if (this.#state.name !== 'dialling') {
			return;
		}
		this.#enter({ name: 'greeting', since: at });
		const { program, session, device, bot, proof } = this.#options;
		this.#proof = proof && new Proof({ ...proof, pin: this.#pin }, { nonce, nick: this.#wanted });
		this.#listener.tell({
			type: 'send',
			link: this.#number,
			frame: {
				type: 'hello',
				v: protocolVersion,
				client: { name: program.name.slice(0, 64), version: program.version.slice(0, 64) },
				user: this.#wanted,
				...this.#proof?.fields,
				session: this.#renames === 0 ? session : `${session}.${this.#renames}`,
				...(device !== undefined && { device }),
				...(this.#former !== undefined && { was: this.#former }),
				...(bot && { bot }),
				...this.#listener.presence(),
			},
		});
	}

	/** The broker proves itself, and asks for a proof. */
	challenged(frame: BrokerFrames['challenge'], moment: Moment): void {
		if (!this.#isGreeting || this.#proof === undefined) {
			return;
		}
		const answered = this.#proof.answer(frame);
		if (answered.ok) {
			this.#listener.tell({ type: 'send', link: this.#number, frame: { type: 'auth', sig: answered.sig } });
		} else {
			this.#giveUp(answered.cause, moment);
		}
	}

	welcomed(frame: BrokerFrames['welcome'], moment: Moment): void {
		const { at } = moment;
		if (!this.#isGreeting) {
			return;
		}
		if (this.#proof !== undefined) {
			const { brokerKey } = this.#proof;
			if (brokerKey === undefined) {
				this.#giveUp(noProof, moment);
				return;
			}
			if (this.#pin === undefined) {
				this.#pin = brokerKey;
				this.#listener.tell({ type: 'pin', key: brokerKey });
			}
		}
		this.#user = safeUser(frame.user);
		this.#nick = safeName(frame.user.id);
		this.#frameBytes = frame.limits['frameBytes'] ?? defaultLimits.frameBytes;
		this.#typingMs = typingMsOf(frame.limits['typingMs']);
		this.#former = undefined;
		this.#online('v1', false, at);
	}

	/** What came shows that no `welcome` will. */
	proveBase(moment: Moment): void {
		const { at } = moment;
		if (this.#isSurelyV1 && this.#isGreeting) {
			this.#giveUp(noProof, moment);
		} else if (this.#state.name === 'greeting') {
			this.#becomeBase(false, at);
		} else if (this.#state.name === 'online' && this.#state.isGuess) {
			this.#enter({ ...this.#state, isGuess: false, since: at });
			this.#offlineSince = undefined;
		}
	}

	/** The other side is sent something that it may have to answer. */
	asked(at: number): void {
		this.#lookAt ??= at + lateMs;
	}

	/** The other side said something, so it is alive. */
	heard(at: number): void {
		this.#silentSince = undefined;
		this.#heardAt = at;
		if (this.#state.name === 'online' && this.#state.unansweredSince !== undefined) {
			const { unansweredSince: _, ...answered } = this.#state;
			this.#enter(answered);
		}
	}

	/** The answer to a ping. `t` is when it was sent, where the answer says so. */
	ponged(t: number | undefined, at: number): void {
		if (this.#state.name === 'online' && this.#pingedAt !== undefined && (t ?? this.#pingedAt) === this.#pingedAt) {
			this.#enter({ ...this.#state, roundTripMs: Math.max(0, at - this.#pingedAt) });
			this.#pingedAt = undefined;
		}
	}

	/** The broker will stop, and says when it wants its clients back. */
	draining(reconnectAfterMs: number): void {
		this.#mustStayAwayMs = Math.min(reconnectAfterMs, maxAskedMs);
	}

	/** There is no link any more, or none came about. */
	ended(end: LinkEnd, moment: Moment): void {
		const { at, chance } = moment;
		const state = this.#state;
		if (state.name !== 'dialling' && state.name !== 'greeting' && state.name !== 'online') {
			return;
		}
		if (end.subprotocolRefused === true && this.#offersSubprotocol) {
			this.#offersSubprotocol = false;
			this.#dial(at);
			return;
		}
		if (state.name === 'dialling') {
			this.#offersSubprotocol = true;
		}
		const wasHealthy = state.name === 'online' && at - state.since >= healthyMs;
		const failures = wasHealthy ? 0 : this.#failures;
		const asked = Math.max(
			this.#mustStayAwayMs,
			Math.min(end.retryAfterMs ?? 0, maxAskedMs),
			end.closeCode === closeCodes.overloaded ? overloadedMs : 0,
		);
		const retryAt = at + retryDelayMs(failures, chance, asked);
		// A stop that was announced is no failure: a broker that is restarted now and then finds its clients back soon.
		const wasAnnounced = this.#mustStayAwayMs > 0;
		this.#failures = wasAnnounced ? failures : failures + 1;
		this.#mustStayAwayMs = 0;
		this.#drop(at);
		if (isFinal(end)) {
			this.#enter({ name: 'closed', cause: end.cause });
			this.#listener.onClosed(end);
		} else {
			this.#enter({ name: 'waiting', retryAt, cause: end.cause });
		}
	}

	/** Dials at once. A dial that has only just begun is left to it. */
	redial(at: number): void {
		const state = this.#state;
		const isFresh = (state.name === 'dialling' || state.name === 'greeting') && at - state.since < freshMs;
		if (state.name === 'idle' || isFresh) {
			return;
		}
		if (state.name !== 'waiting' && state.name !== 'closed') {
			this.#hangUp(true);
			this.#drop(at);
		}
		this.#dial(at);
	}

	/** Comes back as somebody else: at once when there is a link, with the next one otherwise. */
	rename(nick: string, at: number): void {
		if (this.#user !== undefined) {
			this.#former = this.#nick;
		}
		this.#wanted = nick;
		this.#renames += 1;
		const state = this.#state;
		if (state.name === 'online' || state.name === 'greeting') {
			this.#bye();
			this.#hangUp(false);
			this.#drop(at);
			this.#dial(at);
		}
	}

	close(at: number): void {
		const state = this.#state;
		if (state.name === 'dialling' || state.name === 'greeting' || state.name === 'online') {
			this.#bye();
			this.#hangUp(state.name === 'dialling');
			this.#drop(at);
		}
		this.#enter({ name: 'closed' });
		this.#listener.onClosed();
	}

	/** A welcome would be new: none has come on this dial. */
	get #isGreeting(): boolean {
		const state = this.#state;
		return state.name === 'greeting' || (state.name === 'online' && state.protocol === 'base');
	}

	/** The broker has proven itself, now or before: if it says nothing it is slow, and no base broker. */
	get #isSurelyV1(): boolean {
		return this.#pin !== undefined || this.#proof?.brokerKey !== undefined;
	}

	/** This broker is not talked to, now or later. */
	#giveUp(cause: Cause, moment: Moment): void {
		this.#hangUp(true);
		this.ended({ cause, isFinal: true }, moment);
	}

	#dial(at: number): void {
		this.#number += 1;
		this.#user = undefined;
		this.#enter({ name: 'dialling', since: at });
		this.#listener.tell({ type: 'dial', link: this.#number, offerSubprotocol: this.#offersSubprotocol });
	}

	#becomeBase(isGuess: boolean, at: number): void {
		this.#nick = this.#wanted;
		this.#frameBytes = defaultLimits.frameBytes;
		this.#online('base', isGuess, at);
	}

	#online(protocol: 'v1' | 'base', isGuess: boolean, at: number): void {
		this.#silentSince = undefined;
		this.#lookAt = undefined;
		this.#pingedAt = undefined;
		this.#nextPingAt = at;
		this.#enter({ name: 'online', since: at, protocol, isGuess });
		this.#listener.onOnline(at);
		if (!isGuess) {
			this.#offlineSince = undefined;
		}
	}

	#ping(moment: Moment): void {
		const { at } = moment;
		if (this.#silentSince !== undefined) {
			this.#hangUp(true);
			this.ended({ cause: stoppedAnswering }, moment);
			return;
		}
		this.#silentSince = at;
		this.#pingedAt = at;
		this.asked(at);
		this.#nextPingAt = at + this.#options.pingMs;
		this.#listener.tell(
			this.protocol === 'v1'
				? { type: 'send', link: this.#number, frame: { type: 'ping', t: at } }
				: { type: 'probe', link: this.#number },
		);
	}

	/** Whether the broker has been quiet for long although it owes an answer. */
	#lookForAnswer(state: Extract<State, { name: 'online' }>, at: number): void {
		const asked = state.protocol === 'v1' ? this.#listener.owedSince() : Infinity;
		const first = Math.min(asked, this.#silentSince ?? Infinity);
		const unansweredSince = Math.max(first, this.#heardAt);
		this.#lookAt = first === Infinity ? undefined : unansweredSince + lateMs;
		if (this.#lookAt !== undefined && at >= this.#lookAt) {
			this.#lookAt = undefined;
			this.#enter({ ...state, unansweredSince });
		}
	}

	#bye(): void {
		if (this.protocol === 'v1') {
			this.#listener.tell({ type: 'send', link: this.#number, frame: { type: 'bye' } });
		}
	}

	#hangUp(abrupt: boolean): void {
		this.#listener.tell({ type: 'hangUp', link: this.#number, abrupt });
	}

	/** From here on nothing that the present link says counts. */
	#drop(at: number): void {
		this.#number += 1;
		this.#silentSince = undefined;
		this.#lookAt = undefined;
		this.#pingedAt = undefined;
		this.#nextPingAt = Infinity;
		this.#offlineSince ??= at;
		this.#listener.onOffline(at);
	}

	#describe(): LinkStatus {
		const state = this.#state;
		const attempt = this.#failures + 1;
		switch (state.name) {
			case 'idle':
			case 'dialling':
			case 'greeting':
				return this.#connecting(attempt);
			case 'online': {
				const { since, protocol, isGuess, roundTripMs, unansweredSince } = state;
				if (isGuess) {
					return this.#connecting(attempt);
				}
				return {
					...{ state: 'online', since, protocol },
					...(roundTripMs !== undefined && { roundTripMs }),
					...(unansweredSince !== undefined && { unansweredSince }),
				};
			}
			case 'waiting': {
				const { retryAt, cause } = state;
				return { state: 'waiting', attempt, offlineSince: this.#offlineSince ?? retryAt, retryAt, cause };
			}
			case 'closed':
				return state.cause === undefined ? { state: 'closed' } : { state: 'closed', cause: state.cause };
		}
	}

	#connecting(attempt: number): LinkStatus {
		return this.#offlineSince === undefined
			? { state: 'connecting', attempt }
			: { state: 'connecting', attempt, offlineSince: this.#offlineSince };
	}

	#deadline(): number | undefined {
		const state = this.#state;
		switch (state.name) {
			case 'idle':
			case 'closed':
				return undefined;
			case 'dialling':
				return state.since + this.#options.requestMs;
			case 'greeting':
				return state.since + (this.#isSurelyV1 ? this.#options.requestMs : this.#options.welcomeMs);
			case 'online':
				return Math.min(this.#nextPingAt, this.#lookAt ?? Infinity);
			case 'waiting':
				return state.retryAt;
		}
	}

	#enter(state: State): void {
		this.#state = state;
		this.#listener.tell({ type: 'status', status: this.status });
	}
}

const freshMs = 1000;
/** How long a broker that is well may take to answer, in ms. */
const lateMs = 3000;

/** Whatever a broker says, others are told no more than twice a second, and nobody is said to type for minutes. */
function typingMsOf(ms: number | undefined): number | undefined {
	return ms === undefined ? undefined : Math.min(Math.max(ms, 500), 60_000);
}

/** Whether dialling again would only bring the same answer. */
function isFinal({ closeCode, httpStatus, isFinal: isDecided }: LinkEnd): boolean {
	return (
		isDecided === true ||
		(closeCode !== undefined && !mayReconnect(closeCode)) ||
		[401, 403, 426].includes(httpStatus ?? 0)
	);
}
