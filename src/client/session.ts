/**
 * The client's core: everything that it decides, and nothing that it does. `step` takes what happened and answers with
 * what to do; the same inputs give the same outputs. Time, ids and chance come with the inputs.
 */
import { encode } from '../protocol/codec.ts';
import type { BrokerFrames, ClientFrames, FromBroker, FromClient } from '../protocol/frames.ts';
import { closeCodes } from '../protocol/limits.ts';
import { cleanContent } from '../protocol/text.ts';
import type { LinkStatus, Member, Notice, Receipt, RoomStatus, Unsent } from './client.ts';
import type { NatterErrorCode } from './errors.ts';
import { safeMembers, safeMessage, safePresence, safeText } from './incoming.ts';
import { Link } from './link.ts';
import type { Settings } from './options.ts';
import { Outbox, type Parcel } from './outbox.ts';
import { Requests, unsupported } from './requests.ts';
import type { Desk, Failure, Happening, Input, LinkEnd, Output } from './step.ts';
import { Subscription } from './subscription.ts';

export interface SessionOptions extends Settings {
	/** By which a broker knows that a new connection replaces an older one. At most 100 characters. */
	readonly session: string;
}

export interface Session {
	/** When a `tick` is wanted, unless another input comes before. */
	readonly wakeAt: number | undefined;
	readonly status: LinkStatus;
	readonly nick: string;
	readonly unsent: readonly Unsent[];
	/** The rooms that are followed, or are to be as soon as there is a link. */
	readonly joined: readonly string[];
	room(room: string): RoomStatus | undefined;
	receipts(room: string): readonly Receipt[];
	step(input: Input): readonly Output[];
}

export function createSession(options: SessionOptions): Session {
	return new Core(options);
}

/** Refusals of a publish after which it is tried again; what else a broker says is final. */
const triedAgain: ReadonlySet<NatterErrorCode> = new Set(['rate_limited', 'unavailable', 'timeout', 'out_of_order']);
const retryMs = 1000;
const mostRetryMs = 60_000;
/** Notices that a broker can cause within ten seconds. */
const mostNotices = 20;
const noticesMs = 10_000;

class Core implements Session, Desk {
	readonly #options: SessionOptions;
	readonly #link: Link;
	readonly #outbox: Outbox;
	readonly #requests: Requests;
	readonly #rooms = new Map<string, Subscription>();
	#outputs: Output[] = [];
	#now = 0;
	#refs = 0;
	#isClosed = false;
	/** What others are told about this person, once it was said. */
	#presence: { readonly state: 'online' | 'away'; readonly status?: string } | undefined;
	/** Another name was asked for; nothing new is published until it was given, or a repeat would look like another's. */
	#renaming: { readonly nick: string; readonly since: number; isUnderWay: boolean } | undefined;
	#renamers: number[] = [];
	#notices = { since: 0, count: 0 };

	constructor(options: SessionOptions) {
		this.#options = options;
		this.#outbox = new Outbox(options);
		this.#requests = new Requests(this, options.requestMs, (room) => this.#seen(room));
		this.#link = new Link(options.nick, options, {
			tell: (output) => this.tell(output),
			onOnline: (at) => this.#onOnline(at),
			onOffline: (at) => this.#onOffline(at),
			onClosed: (end) => this.#onClosed(end),
			presence: () => this.#presence?.state ?? 'online',
		});
	}

	get protocol(): 'v1' | 'base' | undefined {
		return this.#link.protocol;
	}

	get status(): LinkStatus {
		return this.#link.status;
	}

	get nick(): string {
		return this.#link.nick;
	}

	get unsent(): readonly Unsent[] {
		return this.#outbox.list();
	}

	get wakeAt(): number | undefined {
		let wakeAt = Math.min(this.#link.wakeAt ?? Infinity, this.#requests.wakeAt ?? Infinity);
		if (this.protocol !== undefined) {
			wakeAt = Math.min(
				wakeAt,
				this.#renaming === undefined
					? (this.#outbox.wakeAt ?? Infinity)
					: this.#renaming.since + this.#options.requestMs,
			);
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

	step(input: Input): readonly Output[] {
		const at = Math.max(this.#now, input.at);
		this.#now = at;
		this.#happened({ ...input, at });
		if ((this.wakeAt ?? Infinity) <= at) {
			this.#tick({ at, chance: input.chance });
		}
		this.#renameWhenQuiet(at);
		while (this.#pump(at)) {
			// Whatever could not go has made place for the next.
		}
		for (const [name, room] of this.#rooms) {
			const items = room.drain();
			if (items.length > 0) {
				this.tell({ type: 'deliver', room: name, items });
			}
			const status = room.news();
			if (status !== undefined) {
				this.tell({ type: 'room', status });
			}
			if (room.isOver) {
				this.#rooms.delete(name);
			}
		}
		return this.#outputs.splice(0);
	}

	nextRef(): string {
		this.#refs += 1;
		return `r${this.#refs}`;
	}

	send(frame: FromClient): void {
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
				this.#link.opened(at);
				break;
			case 'closed':
				this.#link.ended(input, { at, chance });
				break;
			case 'frame':
				this.#link.heard();
				this.#frame(input.frame, at);
				break;
			case 'garbled':
				this.#link.heard();
				if (input.refusal.code !== 'unknown_type') {
					this.#notice({
						level: 'warning',
						text: `The broker sent what cannot be read: ${safeText(input.refusal.detail)}`,
					});
				}
				break;
			case 'echo':
				this.#link.heard();
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
				this.#publish(input, at);
				break;
			case 'discard':
				this.#discard(input.cid);
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
			case 'rename':
				this.#rename(input, at);
				break;
			case 'reconnect':
				this.#link.redial(at);
				break;
			case 'close':
				this.#isClosed = true;
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
		for (const parcel of this.#outbox.overdue(at)) {
			this.#reject(parcel, {
				code: 'timeout',
				text: `Expected the message to come back within ${this.#options.requestMs} ms, and it did not`,
				outcome: 'unknown',
			});
		}
	}

	#onOnline(at: number): void {
		this.#tellPresence();
		for (const room of this.#rooms.values()) {
			room.online(at);
		}
		this.#requests.online();
		if (this.#renaming?.isUnderWay === true) {
			this.#renaming = undefined;
		}
		if (this.#renaming === undefined) {
			for (const id of this.#renamers.splice(0)) {
				this.tell({ type: 'settle', id, result: { ok: true, value: this.nick } });
			}
		}
	}

	#onOffline(at: number): void {
		this.#outbox.linkLost();
		for (const room of this.#rooms.values()) {
			room.offline(at);
		}
	}

	#onClosed(end?: LinkEnd): void {
		const failure = end === undefined ? closedHere : closedThere(end);
		for (const { parcel, sent } of this.#outbox.empty()) {
			this.#refuse(parcel.id, { ...failure, outcome: sent ? 'unknown' : 'not_applied' });
		}
		for (const room of this.#rooms.values()) {
			room.close(failure);
		}
		this.#requests.close(failure);
		this.#renaming = undefined;
		for (const id of this.#renamers.splice(0)) {
			this.#refuse(id, failure);
		}
	}

	#join({ id, room, options }: Extract<Happening, { type: 'join' }>, at: number): void {
		if (this.#link.isClosed) {
			this.#refuse(id, noLink);
			return;
		}
		const known = this.#rooms.get(room);
		if (known !== undefined && known.phase !== 'left') {
			known.join(id, at);
			return;
		}
		known?.close(noLink);
		const { history = this.#options.history, after } = options;
		const subscription = new Subscription(this, { ...this.#options, room, history, after });
		this.#rooms.set(room, subscription);
		subscription.join(id, at);
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

	#publish({ id, room, content, cid, options }: Extract<Happening, { type: 'publish' }>, at: number): void {
		if (this.#link.isClosed) {
			this.#refuse(id, { ...noLink, outcome: 'not_applied' });
			return;
		}
		const { tags, replyTo, ttlMs } = options;
		const added = this.#outbox.add({
			...{ id, room, content, cid, writtenAt: at },
			...(tags !== undefined && { tags }),
			...(replyTo !== undefined && { replyTo }),
			...(ttlMs !== undefined && { ttlMs }),
		});
		switch (added) {
			case 'added':
				break;
			case 'full': {
				const text = `Expected at most ${this.#options.maxQueued} unsent messages`;
				this.#refuse(id, { code: 'limit_exceeded', text, outcome: 'not_applied' });
				break;
			}
			case 'repeated': {
				const text = 'Expected a cid that no unsent message has';
				this.#refuse(id, { code: 'duplicate_conflict', text, outcome: 'not_applied' });
				break;
			}
		}
	}

	#discard(cid: string): void {
		const parcel = this.#outbox.discard(cid);
		if (parcel !== undefined) {
			this.#refuse(parcel.id, { code: 'closed', text: 'The message was discarded', outcome: 'not_applied' });
		}
	}

	#rename({ id, nick }: Extract<Happening, { type: 'rename' }>, at: number): void {
		if (this.#link.isClosed) {
			this.#refuse(id, noLink);
			return;
		}
		this.#renamers.push(id);
		this.#renaming = { nick, since: at, isUnderWay: false };
	}

	/** A repeat under another name would be another message, so what is under way is waited for. */
	#renameWhenQuiet(at: number): void {
		const renaming = this.#renaming;
		if (renaming === undefined || renaming.isUnderWay) {
			return;
		}
		const isLate = at >= renaming.since + this.#options.requestMs;
		if (this.protocol === undefined || this.#outbox.inFlight === 0 || isLate) {
			renaming.isUnderWay = true;
			this.#link.rename(renaming.nick, at);
		}
	}

	/** Sends what may leave now. True when some of it was refused on the spot. */
	#pump(at: number): boolean {
		const { protocol } = this;
		if (protocol === undefined || this.#renaming !== undefined) {
			return false;
		}
		const parcels = this.#outbox.depart(at, {
			bare: protocol === 'base',
			isOpen: (room) => this.#rooms.get(room)?.takesPublishes ?? true,
		});
		let hasRefused = false;
		for (const parcel of parcels) {
			const frame = this.#frameOf(parcel);
			const failure = this.#localRefusal(parcel, frame);
			if (failure === undefined) {
				this.send(frame);
			} else {
				hasRefused = true;
				this.#reject(parcel, failure);
			}
		}
		return hasRefused;
	}

	#frameOf({ id, room, content, cid, tags, replyTo, ttlMs }: Parcel): ClientFrames['publish'] {
		const base = { type: 'publish', room, sender: this.nick, content } as const;
		return this.protocol === 'base'
			? base
			: {
					...{ ...base, ref: `${publishRef}${id}`, cid },
					...(tags !== undefined && { tags }),
					...(replyTo !== undefined && { replyTo }),
					...(ttlMs !== undefined && { ttlMs }),
				};
	}

	/** Why a publish cannot go to this broker at all. */
	#localRefusal({ room, tags, replyTo, ttlMs }: Parcel, frame: ClientFrames['publish']): Failure | undefined {
		const { frameBytes } = this.#link;
		if (exceeds(frame, frameBytes)) {
			const text = `Expected at most ${frameBytes} bytes with everything around it`;
			return { code: 'too_large', text, outcome: 'not_applied' };
		}
		if (this.protocol === 'base') {
			if (tags !== undefined || replyTo !== undefined || ttlMs !== undefined) {
				return unsupported;
			}
			if (this.#rooms.get(room)?.isConfirmed !== true) {
				const text = `Expected ${room} to be joined: this broker acknowledges a message only by sending it back`;
				return { code: 'not_subscribed', text, outcome: 'not_applied' };
			}
		}
		return undefined;
	}

	#frame(frame: FromBroker, at: number): void {
		const room = 'room' in frame && frame.room !== undefined ? this.#rooms.get(frame.room) : undefined;
		switch (frame.type) {
			case 'welcome':
				this.#link.welcomed(frame, at);
				break;
			case 'subscribed':
				room?.subscribed(frame, at);
				break;
			case 'unsubscribed':
				room?.unsubscribed(frame);
				break;
			case 'message':
				this.#recognise(frame);
				room?.message(frame, at);
				break;
			case 'published':
				this.#published(frame);
				room?.reveal(frame.epoch, frame.sequence, at);
				break;
			case 'history':
				room?.history(frame, at);
				this.#requests.history(frame);
				break;
			case 'gap':
				room?.gap(frame, at);
				break;
			case 'rewind':
				room?.relocated(frame.epoch, frame.to, at);
				break;
			case 'reset':
				room?.relocated(frame.epoch, frame.sequence, at);
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
			case 'members':
				this.#requests.members(frame);
				if (room !== undefined) {
					this.tell({ type: 'members', room: frame.room, members: safeMembers(frame.members) });
				}
				break;
			case 'rooms':
				this.#requests.rooms(frame);
				break;
			case 'pong':
				this.#link.ponged(frame.t, at);
				for (const { room: name, epoch, sequence } of frame.heads ?? []) {
					this.#rooms.get(name)?.reveal(epoch, sequence, at);
				}
				break;
			case 'draining':
				this.#link.draining(frame.reconnectAfterMs);
				this.#notice({ level: 'info', text: `The broker says: ${safeText(frame.reason)}` });
				break;
			case 'notice':
				this.#notice({ level: frame.level, text: safeText(frame.text) }, frame.room);
				break;
			case 'error':
				this.#error(frame, at);
				break;
			case 'presence_count':
			case 'ok':
				break;
		}
	}

	#published(frame: BrokerFrames['published']): void {
		const { room, cid, id, sequence, epoch, timestamp, duplicate, durability } = frame;
		if (this.#outbox.get(cid)?.room === room) {
			this.#accepted({ room, cid, id: id.slice(0, 128), sequence, epoch, timestamp, duplicate, durability });
		}
	}

	#accepted(published: Extract<Output, { type: 'published' }>['published']): void {
		const parcel = this.#outbox.remove(published.cid);
		if (parcel !== undefined) {
			this.tell({ type: 'published', published });
			this.tell({ type: 'settle', id: parcel.id, result: { ok: true, value: published } });
		}
	}

	/** On a base broker an own message that comes back is its acknowledgement. */
	#recognise(frame: BrokerFrames['message']): void {
		if (frame.sender !== this.nick) {
			return;
		}
		const parcel = this.#outbox.recognise(frame.room, (content) => isSameText(content, frame.content));
		if (parcel !== undefined) {
			const { room, cid } = parcel;
			const { id, sequence, timestamp } = safeMessage(frame, room);
			this.#accepted({ room, cid, id, sequence, epoch: '', timestamp, duplicate: false, durability: 'memory' });
		}
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

	#error(frame: BrokerFrames['error'], at: number): void {
		if (frame.code === undefined && this.protocol === undefined) {
			// A base broker that does not know `hello` says so.
			this.#link.becomeBase(at);
			return;
		}
		const failure: Failure = {
			code: frame.code ?? 'internal',
			text: safeText(frame.error),
			...(frame.outcome !== undefined && { outcome: frame.outcome }),
			...(frame.retryAfterMs !== undefined && { retryAfterMs: frame.retryAfterMs }),
		};
		const parcel = this.#parcelOf(frame);
		if (parcel !== undefined) {
			this.#publishFailed(parcel, failure, at);
			return;
		}
		for (const room of this.#rooms.values()) {
			if (room.failed(frame.ref, failure, at)) {
				return;
			}
		}
		if (!this.#requests.failed(frame.ref, failure)) {
			const code = frame.code === undefined ? undefined : { code: frame.code };
			this.#notice({ level: 'error', text: failure.text, ...code }, frame.room);
		}
	}

	#parcelOf({ ref, cid, room }: BrokerFrames['error']): Parcel | undefined {
		if (ref?.startsWith(publishRef) === true) {
			return this.#outbox.underWay(Number(ref.slice(publishRef.length)));
		}
		const parcel = cid === undefined ? undefined : this.#outbox.get(cid);
		return parcel !== undefined && (room === undefined || room === parcel.room) ? parcel : undefined;
	}

	#publishFailed(parcel: Parcel, failure: Failure, at: number): void {
		if (!triedAgain.has(failure.code)) {
			this.#reject(parcel, failure);
			return;
		}
		const waitMs = Math.min(failure.retryAfterMs ?? retryMs, mostRetryMs);
		const outcome = failure.outcome ?? (failure.code === 'rate_limited' ? 'not_applied' : 'unknown');
		this.#outbox.postpone(parcel.cid, at + waitMs, outcome);
	}

	/** Tells that a publish was refused for good. */
	#reject({ id, cid, room }: Parcel, failure: Failure): void {
		this.#outbox.remove(cid);
		this.tell({ type: 'refused', refused: { room, cid, code: failure.code, text: failure.text } });
		this.#refuse(id, failure);
	}

	#refuse(id: number, failure: Failure): void {
		this.tell({ type: 'settle', id, result: { ok: false, failure } });
	}

	#tellPresence(): void {
		if (this.#presence !== undefined && this.protocol === 'v1') {
			this.send({ type: 'presence', ref: this.nextRef(), ...this.#presence });
		}
	}

	#seen(room: string): readonly Member[] {
		return this.#rooms.get(room)?.roster.list() ?? [];
	}

	/** Passes on what a broker caused, but not more of it than a person can read. */
	#notice(notice: Omit<Notice, 'room'>, room?: string): void {
		if (this.#now - this.#notices.since >= noticesMs) {
			this.#notices = { since: this.#now, count: 0 };
		}
		this.#notices.count += 1;
		if (this.#notices.count <= mostNotices) {
			const isKnown = room !== undefined && this.#rooms.has(room);
			this.tell({ type: 'notice', notice: isKnown ? { ...notice, room } : notice });
		}
	}
}

/** A publish's `ref` is this and the id of its input. */
const publishRef = 'p';

const closedHere: Failure = { code: 'closed', text: 'The client was closed' };
const noLink: Failure = { code: 'closed', text: 'The broker does not want this client back' };

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

/** Whether a frame is larger than the broker takes, which would cost the connection. */
function exceeds(frame: ClientFrames['publish'], frameBytes: number): boolean {
	// No character takes more than six bytes of JSON, so that most frames need not be encoded to know.
	const isSurelySmall = frame.content.length * 6 + 2048 <= frameBytes && frame.tags === undefined;
	return !isSurelySmall && Buffer.byteLength(encode(frame)) > frameBytes;
}

function isSameText(mine: string, theirs: string): boolean {
	return mine === theirs || cleaned(mine) === cleaned(theirs);
}

function cleaned(content: string): string {
	const result = cleanContent(content, { contentBytes: Infinity, contentLines: Infinity });
	return result.ok ? result.text : content;
}
