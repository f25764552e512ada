/**
 * The client's core: everything that it decides, and nothing that it does. `step` takes what happened and answers with
 * what to do; the same inputs give the same outputs. Time, ids and chance come with the inputs.
 */
import type { BrokerFrames, FromBroker, FromClient } from '../protocol/frames.ts';
import { closeCodes } from '../protocol/limits.ts';
import { isInbox } from '../protocol/names.ts';
import { TypingPace } from '../protocol/typing.ts';
import { Causal } from './causal.ts';
import type { LinkStatus, Member, Notice, OwnPresence, Receipt, RoomItem, RoomStatus, Unsent, User } from './client.ts';
import { conversationOf } from './conversation.ts';
import type { NatterErrorCode } from './errors.ts';
import { safePresence, safeText, safeTyping } from './incoming.ts';
import { Link } from './link.ts';
import { Notices } from './notices.ts';
import type { Settings } from './options.ts';
import type { ProofOptions } from './proof.ts';
import { Publishing } from './publishing.ts';
import { Renaming } from './renaming.ts';
import { Requests } from './requests.ts';
import type { Desk, Failure, Happening, Input, LinkEnd, Output } from './step.ts';
import type { StoredParcel } from './store.ts';
import { Strays } from './strays.ts';
import { Subscription } from './subscription.ts';

export interface SessionOptions extends Omit<Settings, 'key' | 'knownBrokers'> {
	/** How this end proves who it is. @default it does not: a guest */
	readonly proof?: ProofOptions;
	/** By which a broker knows that a new connection replaces an older one. At most 100 characters. */
	readonly session: string;
	/** By which a broker knows what this run of the client says, in its order: another one for each session. */
	readonly producer: string;
	/** What the store gave for adoption: it is said before anything new. Absent when there is no store. */
	readonly adopted?: readonly StoredParcel[];
}

export interface Session {
	/** When a `tick` is wanted, unless another input comes before. */
	readonly wakeAt: number | undefined;
	readonly status: LinkStatus;
	readonly nick: string;
	readonly user: User | undefined;
	readonly presence: OwnPresence;
	readonly unsent: readonly Unsent[];
	/** The rooms that are followed, or are to be as soon as there is a link. */
	readonly joined: readonly string[];
	room(room: string): RoomStatus | undefined;
	receipts(room: string): readonly Receipt[];
	/** Whether `discard` would drop the publish with this cid: it waits, and was never handed to a link. */
	canDiscard(cid: string): boolean;
	step(input: Input): readonly Output[];
}

export function createSession(options: SessionOptions): Session {
	return new Core(options);
}

class Core implements Session, Desk {
	readonly #options: SessionOptions;
	readonly #link: Link;
	readonly #publishing: Publishing;
	readonly #requests: Requests;
	readonly #rooms = new Map<string, Subscription>();
	readonly #causal: Causal | undefined;
	readonly #strays: Strays;
	#outputs: Output[] = [];
	#now = 0;
	#chance = 0;
	#refs = 0;
	#isClosed = false;
	/** The last one that was told of. */
	#inbox: string | undefined;
	/** What others are told about this person, once it was said. */
	#presence: { readonly state: 'online' | 'away'; readonly status?: string } | undefined;
	/** What the broker was told of it on the present link. */
	#saidPresence: { readonly state: 'online' | 'away'; readonly status?: string } | undefined;
	/** Of the present link. */
	#typing: TypingPace | undefined;
	readonly #renaming: Renaming;
	readonly #notices = new Notices((output) => this.tell(output));

	constructor(options: SessionOptions) {
		this.#options = options;
		this.#requests = new Requests(this, options.requestMs, (room) => this.#seen(room));
		this.#link = new Link(options.nick, options, {
			tell: (output) => this.tell(output),
			onOnline: (at) => this.#onOnline(at),
			onOffline: (at) => this.#onOffline(at),
			onClosed: (end) => this.#onClosed(end),
			owedSince: () => Math.min(this.#publishing.owedSince ?? Infinity, this.#requests.owedSince ?? Infinity),
			presence: () => this.#greetingPresence(),
		});
		this.#causal = options.causal ? new Causal(options) : undefined;
		this.#publishing = new Publishing(this, options, { rooms: this.#rooms, causal: this.#causal });
		this.#strays = new Strays(this, options.requestMs);
		this.#renaming = new Renaming({
			requestMs: options.requestMs,
			tell: (output) => this.tell(output),
			begin: (nick, at) => this.#link.rename(nick, at),
		});
	}

	get protocol(): 'v1' | 'base' | undefined {
		return this.#link.protocol;
	}

	get isGuess(): boolean {
		return this.#link.isGuess;
	}

	get status(): LinkStatus {
		return this.#link.status;
	}

	get nick(): string {
		return this.#link.nick;
	}

	get user(): User | undefined {
		return this.#link.user;
	}

	get askedNick(): string {
		return this.#link.askedNick;
	}

	get frameBytes(): number {
		return this.#link.frameBytes;
	}

	get presence(): OwnPresence {
		const { state } = this.status;
		if (state !== 'online') {
			return { state: state === 'connecting' ? state : 'offline' };
		}
		return this.#presence ?? { state: 'online' };
	}

	get unsent(): readonly Unsent[] {
		return this.#publishing.unsent;
	}

	get wakeAt(): number | undefined {
		let wakeAt = Math.min(this.#link.wakeAt ?? Infinity, this.#requests.wakeAt ?? Infinity);
		wakeAt = Math.min(wakeAt, this.#causal?.wakeAt ?? Infinity);
		if (this.protocol !== undefined) {
			wakeAt = Math.min(wakeAt, this.#publishing.wakeAt ?? Infinity, this.#renaming.wakeAt ?? Infinity);
			wakeAt = Math.min(wakeAt, this.#strays.wakeAt ?? Infinity);
			for (const room of this.#rooms.values()) {
				wakeAt = Math.min(wakeAt, room.wakeAt ?? Infinity);
			}
		}
		return wakeAt === Infinity ? undefined : wakeAt;
	}

	get joined(): readonly string[] {
		return [...this.#rooms.values()].filter(({ isWanted }) => isWanted).map(({ room }) => room);
	}

	room(room: string): RoomStatus | undefined {
		return this.#rooms.get(room)?.status;
	}

	receipts(room: string): readonly Receipt[] {
		return this.#rooms.get(room)?.receipts() ?? [];
	}

	canDiscard(cid: string): boolean {
		return this.#publishing.canDiscard(cid);
	}

	step(input: Input): readonly Output[] {
		const at = Math.max(this.#now, input.at);
		this.#now = at;
		this.#chance = input.chance;
		this.#happened({ ...input, at });
		if ((this.wakeAt ?? Infinity) <= at) {
			this.#tick({ at, chance: input.chance });
		}
		if (this.#causal === undefined) {
			for (const [name, room] of this.#rooms) {
				const items = room.drain();
				this.#deliver(name, items);
				room.acknowledge(items, at);
			}
		} else {
			this.#deliverCausally(this.#causal, at);
		}
		// Only after what was delivered: it may have been the answer to what would be sent again.
		this.#renaming.proceed(this.#publishing.hasSent, at);
		const { lets } = this.#renaming;
		if (this.protocol !== undefined && lets !== 'nothing') {
			this.#publishing.send(at, { onlySent: lets === 'sent' });
		}
		this.#publishing.keep();
		for (const [name, room] of this.#rooms) {
			const status = room.news();
			if (status !== undefined) {
				this.tell({ type: 'room', status });
			}
			if (room.isOver) {
				this.#rooms.delete(name);
				this.#causal?.forget(name);
			}
		}
		return this.#outputs.splice(0);
	}

	#deliver(room: string, items: readonly RoomItem[]): void {
		const wanted = this.#rooms.get(room)?.wanted(items) ?? items;
		if (wanted.length > 0) {
			this.tell({ type: 'deliver', room, items: wanted });
		}
		if (items.length > 0) {
			this.#publishing.delivered(room, items);
		}
	}

	/** Gives what waits for nothing in other rooms. */
	#deliverCausally(causal: Causal, at: number): void {
		for (const room of this.#rooms.values()) {
			room.pass(causal, at);
		}
		const given = causal.release(at);
		for (const { room, items } of given) {
			this.#deliver(room, items);
		}
		for (const [name, room] of this.#rooms) {
			room.acknowledge(
				given.flatMap((delivery) => (delivery.room === name ? delivery.items : [])),
				at,
			);
		}
	}

	nextRef(): string {
		this.#refs += 1;
		return `r${this.#refs}`;
	}

	send(frame: FromClient): void {
		this.#link.asked(this.#now);
		this.tell({ type: 'send', link: this.#link.number, frame });
	}

	tell(output: Output): void {
		this.#outputs.push(output);
	}

	#happened(input: Happening & { readonly at: number; readonly chance: number }): void {
		const { at, chance } = input;
		if (this.#isClosed || ('link' in input && input.link !== this.#link.number)) {
			this.#refuseWhenClosed(input);
			return;
		}
		switch (input.type) {
			case 'start':
				this.#link.start(at);
				break;
			case 'opened':
				this.#link.opened(input.nonce, at);
				break;
			case 'closed':
				this.#link.ended(input, { at, chance });
				break;
			case 'frame':
				this.#link.heard(at);
				this.#frame(input.frame, at);
				break;
			case 'messages':
				this.#link.heard(at);
				for (const frame of input.frames) {
					this.#frame(frame, at);
				}
				break;
			case 'garbled':
				this.#link.heard(at);
				if (input.refusal.code !== 'unknown_type') {
					this.#notice({
						level: 'warning',
						text: `The broker sent what cannot be read: ${safeText(input.refusal.detail)}`,
					});
				}
				break;
			case 'echo':
				this.#link.heard(at);
				this.#link.ponged(undefined, at);
				break;
			case 'tick':
				break;
			case 'join':
				this.#join(input, at);
				break;
			case 'leave':
				this.#leave(input, at);
				break;
			case 'publish':
				if (this.#link.isClosed) {
					this.#refuse(input.id, { ...noLink, outcome: 'not_applied' });
				} else {
					this.#typing?.spoke(input.room);
					this.#publishing.add(input, at);
				}
				break;
			case 'discard':
				this.#publishing.discard(input.cid);
				break;
			case 'request':
				if (this.#link.isClosed) {
					this.#refuse(input.id, noLink);
				} else {
					this.#requests.add(input.id, input.request, at);
				}
				break;
			case 'presence':
				this.#presence = { state: input.state, ...(input.status !== undefined && { status: input.status }) };
				this.#tellPresence();
				break;
			case 'typing':
				this.#tellTyping(input, at);
				break;
			case 'rename':
				if (this.#link.isClosed) {
					this.#refuse(input.id, noLink);
				} else {
					this.#renaming.ask(input.id, input.nick, this.protocol === undefined ? undefined : at);
				}
				break;
			case 'reconnect':
				this.#link.redial(at);
				break;
			case 'close':
				this.#isClosed = true;
				this.#causal?.close();
				this.#link.close(at);
				break;
		}
	}

	/** After the end every question still gets its answer. */
	#refuseWhenClosed(input: Happening): void {
		if ('id' in input && this.#isClosed) {
			this.#refuse(input.id, closedHere);
		}
	}

	#tick(moment: { readonly at: number; readonly chance: number }): void {
		const { at } = moment;
		this.#link.tick(moment);
		this.#requests.tick(at);
		if (this.protocol === undefined) {
			return;
		}
		for (const room of this.#rooms.values()) {
			room.tick(at);
		}
		this.#strays.tick(at);
		this.#publishing.tick(at);
	}

	#onOnline(at: number): void {
		const { typingMs } = this.#link;
		// A little more rarely than the broker takes it, so that none comes too soon.
		this.#typing = typingMs === undefined ? undefined : new TypingPace(1.25 * typingMs);
		// It was said with hello, unless it has changed since.
		if (this.#saidPresence !== this.#presence) {
			this.#tellPresence();
		}
		this.#tellInbox();
		for (const room of this.#rooms.values()) {
			room.online(at);
		}
		this.#requests.online();
		this.#renaming.online(this.nick, at);
	}

	#onOffline(at: number): void {
		this.#typing = undefined;
		this.#publishing.offline();
		this.#renaming.offline();
		this.#strays.offline();
		for (const room of this.#rooms.values()) {
			room.offline(at);
		}
	}

	#onClosed(end?: LinkEnd): void {
		const failure = end === undefined ? closedHere : closedThere(end);
		if (end === undefined) {
			this.#publishing.close(failure);
		} else {
			this.#publishing.rest(failure);
		}
		for (const room of this.#rooms.values()) {
			room.close(failure);
		}
		this.#requests.close(failure);
		this.#renaming.close(failure);
	}

	#join({ id, room, options, from }: Extract<Happening, { type: 'join' }>, at: number): void {
		if (this.#link.isClosed) {
			this.#refuse(id, noLink);
			return;
		}
		this.#strays.wanted(room);
		const known = this.#rooms.get(room);
		if (known !== undefined && known.phase !== 'left') {
			known.join(id, options.filter, at);
			return;
		}
		known?.close(noLink);
		const { history = this.#options.history, after, filter } = options;
		const subscription = new Subscription(this, {
			...this.#options,
			...{ room, history, after, from, filter, causalOrder: this.#causal },
		});
		this.#rooms.set(room, subscription);
		subscription.join(id, filter, at);
		subscription.online(at);
	}

	#leave({ id, room }: Extract<Happening, { type: 'leave' }>, at: number): void {
		const subscription = this.#rooms.get(room);
		if (subscription === undefined) {
			this.tell({ type: 'settle', id, result: { ok: true, value: undefined } });
		} else {
			subscription.leave(id, at);
		}
	}

	#frame(frame: FromBroker, at: number): void {
		const room = 'room' in frame && frame.room !== undefined ? this.#rooms.get(frame.room) : undefined;
		if (this.isGuess && isBaseAnswer(frame)) {
			this.#link.proveBase({ at, chance: this.#chance });
			this.#requests.proved();
		}
		switch (frame.type) {
			case 'challenge':
				this.#link.challenged(frame, { at, chance: this.#chance });
				break;
			case 'welcome':
				this.#link.welcomed(frame, { at, chance: this.#chance });
				break;
			case 'subscribed':
				room?.subscribed(frame, at);
				break;
			case 'unsubscribed':
				room?.unsubscribed(frame);
				break;
			case 'message':
				if (room?.isExpected) {
					room.message(frame, at);
				} else {
					this.#strays.heard(frame.room, at);
				}
				break;
			case 'published': {
				this.#publishing.published(frame);
				// Of a direct message, the number is that of the own copy.
				const holder = isInbox(frame.room) ? this.#ownInbox() : room;
				holder?.reveal(frame.epoch, frame.sequence, at);
				break;
			}
			case 'history':
				room?.history(frame, at);
				this.#requests.history(frame);
				break;
			case 'found':
				this.#requests.found(frame);
				break;
			case 'gap':
				room?.gap(frame, at);
				break;
			case 'rewind':
				room?.relocated(frame.epoch, frame.to, 'rewind', at);
				break;
			case 'reset':
				room?.relocated(frame.epoch, frame.sequence, 'reset', at);
				break;
			case 'position':
				room?.position(frame, at);
				break;
			case 'cleared':
				room?.cleared(frame, at);
				break;
			case 'presence':
				this.#presenceChanged(frame);
				break;
			case 'typing':
				this.#heardTyping(frame, at);
				break;
			case 'members':
				room?.members(frame);
				this.#requests.members(frame, room?.known);
				break;
			case 'presence_count':
				room?.counted(frame);
				break;
			case 'rooms':
				this.#requests.rooms(frame);
				break;
			case 'token':
				this.#requests.token(frame);
				break;
			case 'pong':
				this.#link.ponged(frame.t, at);
				this.#heads(frame, at);
				break;
			case 'draining':
				this.#link.draining(frame.reconnectAfterMs);
				this.#notice({ level: 'info', code: 'draining', text: `The broker is going away: ${safeText(frame.reason)}` });
				break;
			case 'notice':
				this.#notice({ level: frame.level, text: safeText(frame.text) }, frame.room);
				break;
			case 'error':
				this.#error(frame, at);
				break;
			case 'topic':
				room?.retitled(frame.topic);
				break;
			case 'restrictions':
				this.#requests.restrictions(frame);
				break;
			case 'ok':
				this.#requests.done(frame.ref);
				break;
		}
	}

	#heads({ t, heads }: BrokerFrames['pong'], at: number): void {
		for (const { room, epoch, sequence } of heads ?? []) {
			this.#rooms.get(room)?.sent(epoch, sequence, at);
		}
		if (heads === undefined || t === undefined || this.protocol !== 'v1') {
			return;
		}
		const named = new Set(heads.map(({ room }) => room));
		for (const [name, room] of this.#rooms) {
			if (!named.has(name)) {
				room.unnamed(t, at);
			}
		}
	}

	#tellInbox(): void {
		const inbox = this.user?.inbox;
		if (inbox !== undefined && inbox !== this.#inbox && this.#options.inbox) {
			this.#inbox = inbox;
			this.tell({ type: 'inbox', room: inbox });
		}
	}

	#ownInbox(): Subscription | undefined {
		const inbox = this.user?.inbox;
		return inbox === undefined ? undefined : this.#rooms.get(inbox);
	}

	#presenceChanged(frame: BrokerFrames['presence']): void {
		const named = frame.room === undefined ? undefined : this.#rooms.get(frame.room);
		const [sole] = this.#rooms.size === 1 ? this.#rooms.values() : [];
		const room = frame.room === undefined ? sole : named;
		if (room !== undefined) {
			room.presence(frame);
		} else if (frame.room === undefined) {
			this.tell({ type: 'presence', change: safePresence(frame, undefined) });
		}
	}

	#tellTyping({ room, isTyping }: Extract<Happening, { type: 'typing' }>, at: number): void {
		const state = isTyping ? 'typing' : 'stopped';
		const isHeard = isInbox(room) ? room !== this.user?.inbox : this.#rooms.get(room)?.phase === 'live';
		if (isHeard && this.#typing?.takes(room, state, at)) {
			this.send({ type: 'typing', room, state });
		}
	}

	#heardTyping(frame: BrokerFrames['typing'], at: number): void {
		const { typingMs } = this.#link;
		if (typingMs !== undefined && this.#rooms.has(frame.room)) {
			const conversation = conversationOf({ ...frame, sender: frame.userId }, this.user?.inbox);
			const room = conversation ?? frame.room;
			this.tell({ type: 'typing', typing: safeTyping(frame, { room, until: at + 2 * typingMs }) });
		}
	}

	#error(frame: BrokerFrames['error'], at: number): void {
		if (frame.code === undefined && this.protocol === undefined) {
			// A base broker that does not know `hello` says so.
			this.#link.proveBase({ at, chance: this.#chance });
			return;
		}
		const failure: Failure = {
			code: frame.code ?? 'internal',
			text: safeText(frame.error),
			...(frame.outcome !== undefined && { outcome: frame.outcome }),
			...(frame.retryAfterMs !== undefined && { retryAfterMs: frame.retryAfterMs }),
		};
		// A broker that waits for `auth` says so of all that was sent before it.
		const isEarly = this.isGuess && frame.code === 'auth_required';
		if (!isEarly && !this.#isAnswer(frame, failure, at)) {
			const code = frame.code === undefined ? undefined : { code: frame.code };
			this.#notice({ level: 'error', text: failure.text, ...code }, frame.room);
		}
	}

	/** Takes an error as the answer to what was asked. False when it answers nothing. */
	#isAnswer(frame: BrokerFrames['error'], failure: Failure, at: number): boolean {
		// Nothing has gone out under a ref or cid by which a base broker could say what it means.
		if (this.protocol === 'base') {
			return false;
		}
		const isAboutAck = frame.ref === undefined && frame.room !== undefined && frame.code === 'position_invalid';
		return (
			isAboutAck ||
			this.#publishing.failed(frame, failure, at) ||
			[...this.#rooms.values()].some((room) => room.failed(frame.ref, failure, at)) ||
			this.#strays.failed(frame.ref, failure, at) ||
			this.#requests.failed(frame.ref, failure)
		);
	}

	#refuse(id: number, failure: Failure): void {
		this.tell({ type: 'settle', id, result: { ok: false, failure } });
	}

	#tellPresence(): void {
		if (this.#presence !== undefined && this.protocol === 'v1') {
			this.#saidPresence = this.#presence;
			this.send({ type: 'presence', ref: this.nextRef(), ...this.#presence });
		}
	}

	#greetingPresence(): { readonly presence: 'online' | 'away'; readonly status?: string } {
		this.#saidPresence = this.#presence;
		const { state = 'online', status } = this.#presence ?? {};
		return { presence: state, ...(status !== undefined && { status }) };
	}

	#seen(room: string): readonly Member[] {
		return this.#rooms.get(room)?.roster.list() ?? [];
	}

	#notice(notice: Omit<Notice, 'room'>, room?: string): void {
		const isKnown = room !== undefined && this.#rooms.has(room);
		this.#notices.pass(isKnown ? { ...notice, room } : notice, this.#now);
	}
}

const closedHere: Failure = { code: 'closed', text: 'The client was closed' };
const noLink: Failure = { code: 'closed', text: 'The broker does not want this client back' };

/** Whether only a base broker says this to a client that has said hello. */
function isBaseAnswer(frame: FromBroker): boolean {
	switch (frame.type) {
		case 'subscribed':
		case 'history':
			return frame.epoch === undefined;
		case 'error':
			return frame.code === undefined;
		default:
			return false;
	}
}

const endCodes: ReadonlyMap<number | undefined, NatterErrorCode> = new Map<number | undefined, NatterErrorCode>([
	[closeCodes.authFailed, 'auth_failed'],
	[closeCodes.authRequired, 'auth_required'],
	[closeCodes.banned, 'banned'],
	[closeCodes.version, 'unsupported_version'],
]);

function closedThere({ cause, closeCode, httpStatus }: LinkEnd): Failure {
	const code = endCodes.get(closeCode) ?? (httpStatus === 401 ? 'auth_failed' : 'closed');
	return { code, text: `The broker does not want this client back: ${cause.text}` };
}
