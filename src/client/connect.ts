/**
 * The client's shell: one socket, one timer set to the core's `wakeAt`, and the events and promises of a `Client`.
 */
import { type KeyObject, randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { AdminOrder } from '../protocol/admin.ts';
import type { Message } from '../protocol/frames.ts';
import { publicKeyOf, signTranscript } from '../protocol/identity.ts';
import { requireNode } from '../protocol/node-version.ts';
import { type Address, parseAddress } from './address.ts';
import { checkHistory, checkJoin, checkOrder, checkPublish, checkSearch } from './arguments.ts';
import type {
	Client,
	ClientEvents,
	FoundPage,
	HistoryPage,
	HistoryQuery,
	JoinOptions,
	LinkStatus,
	Member,
	OwnPresence,
	Published,
	PublishOptions,
	Receipt,
	Restriction,
	RoomInfo,
	RoomItem,
	RoomStatus,
	SearchQuery,
	Unsent,
	User,
} from './client.ts';
import { NatterError } from './errors.ts';
import { Feed } from './feed.ts';
import { Kept } from './kept.ts';
import { Line } from './line.ts';
import { type ClientOptions, isRoomName, refusal, resolveOptions, type Settings } from './options.ts';
import type { Identity } from './proof.ts';
import { createSession, type Session } from './session.ts';
import { steadyClock } from './steady-clock.ts';
import type { Happening, Output, Result } from './step.ts';
import type { ClientStore } from './store.ts';

/**
 * Connects to a broker and stays connected: it dials until it gets through, again after every loss, and gives every
 * message of the joined rooms once and in order. Returns at once; network trouble is told by the event `status`.
 *
 * @param url `ws://host:port`, `wss://host`, or a bare `host` or `host:port`. Rooms in its fragment (`#general,ops`) are
 * joined as well; an access token is given as `?token=`.
 * @throws {NatterError} `invalid_argument` when the address or an option cannot be meant.
 */
export function connect(url: string, options: ClientOptions): Client {
	requireNode();
	const address = parseAddress(url);
	const settings = resolveOptions(options, { name: 'natter', version });
	const { store } = options;
	const unfit = address.rooms.find((room) => !isRoomName(room));
	if (unfit !== undefined) {
		throw refusal('url', 'an address with room names in its fragment', unfit);
	}
	const rooms = new Set([...settings.rooms, ...address.rooms.map((room) => room.normalize('NFC'))]);
	return new SocketClient(address, { ...settings, rooms: [...rooms] }, store);
}

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

type Waiter = { readonly resolve: (value: never) => void; readonly reject: (error: NatterError) => void };
/** An output that is told to the program rather than done. */
type News = Exclude<Output, { type: 'dial' | 'send' | 'probe' | 'hangUp' | 'inbox' | 'pin' | 'keep' | 'forget' }>;

class SocketClient implements Client {
	readonly url: string;
	readonly #dialled: string;
	readonly #pin: (brokerKey: string) => void;
	readonly #session: Session;
	readonly #emitter = new EventEmitter();
	readonly #feed = new Feed();
	readonly #kept: Kept | undefined;
	readonly #isCausal: boolean;
	readonly #waiters = new Map<number, Waiter>();
	#ids = 0;
	#line: Line | undefined;
	#timer: NodeJS.Timeout | undefined;
	#timerAt = Number.POSITIVE_INFINITY;
	/** What is told at the end of this turn of the event loop, so that a burst is one event. */
	#news: News[] = [];
	#closing: Promise<void> | undefined;

	constructor(address: Address, { key, knownBrokers, ...settings }: Settings, store: ClientStore | undefined) {
		const { dialled, shown, authority } = address;
		this.#dialled = dialled;
		this.url = shown;
		this.#pin = (brokerKey) => knownBrokers?.add(authority, brokerKey);
		this.#isCausal = settings.causal;
		this.#kept =
			store && new Kept(store, (text) => this.#tellLater({ type: 'notice', notice: { level: 'warning', text } }));
		const device = settings.device ?? this.#kept?.device;
		this.#session = createSession({
			...settings,
			...{ session: randomUUID(), producer: randomUUID() },
			...(device !== undefined && { device }),
			...(key !== undefined && { proof: { identity: identityOf(key), authority, pin: knownBrokers?.find(authority) } }),
			...(this.#kept !== undefined && { adopted: this.#kept.adopt() }),
		});
		for (const room of settings.rooms) {
			// A refusal is told by the event `room`.
			this.join(room).catch(() => {});
		}
		this.#step({ type: 'start' });
	}

	get status(): LinkStatus {
		return this.#session.status;
	}

	get nick(): string {
		return this.#session.nick;
	}

	get user(): User | undefined {
		return this.#session.user;
	}

	get presence(): OwnPresence {
		return this.#session.presence;
	}

	get unsent(): readonly Unsent[] {
		return this.#session.unsent;
	}

	get messages(): AsyncIterable<Message> {
		return this.#feed;
	}

	on<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
		this.#emitter.on(name, listener);
		return this;
	}

	off<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
		this.#emitter.off(name, listener);
		return this;
	}

	once<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this {
		this.#emitter.once(name, listener);
		return this;
	}

	async join(room: string, options: JoinOptions = {}): Promise<RoomStatus> {
		const name = roomOf(room);
		const checked = checkJoin(options);
		const goesOn = checked.history === undefined && checked.after === undefined && !this.#session.joined.includes(name);
		const from = goesOn ? this.#kept?.from(name) : undefined;
		return this.#ask((id) => ({ type: 'join', id, room: name, options: checked, from }));
	}

	async leave(room: string): Promise<void> {
		const name = roomOf(room);
		return this.#ask((id) => ({ type: 'leave', id, room: name }));
	}

	get joined(): readonly string[] {
		return this.#session.joined;
	}

	room(room: string): RoomStatus | undefined {
		return this.#session.room(roomOf(room));
	}

	async publish(room: string, content: string, options: PublishOptions = {}): Promise<Published> {
		const name = roomOf(room);
		checkPublish(content, options);
		const { cid = randomUUID(), ...rest } = options;
		return this.#ask((id) => ({ type: 'publish', id, room: name, content, cid, options: rest }));
	}

	discard(cid: string): boolean {
		// Asked first: the step may settle others as well.
		const isDiscarded = this.#session.canDiscard(cid);
		this.#step({ type: 'discard', cid });
		return isDiscarded;
	}

	async history(room: string, query: HistoryQuery = {}): Promise<HistoryPage> {
		const request = { kind: 'history', room: roomOf(room), query: checkHistory(query) } as const;
		return this.#ask((id) => ({ type: 'request', id, request }));
	}

	async search(room: string, text: string, query: SearchQuery = {}): Promise<FoundPage> {
		const request = { kind: 'search', room: roomOf(room), ...checkSearch(text, query) } as const;
		return this.#ask((id) => ({ type: 'request', id, request }));
	}

	async members(room: string): Promise<readonly Member[]> {
		const request = { kind: 'members', room: roomOf(room) } as const;
		return this.#ask((id) => ({ type: 'request', id, request }));
	}

	async rooms(prefix?: string): Promise<readonly RoomInfo[]> {
		if (prefix !== undefined && (typeof prefix !== 'string' || prefix.length > 128)) {
			throw refusal('prefix', 'a string of at most 128 characters', prefix);
		}
		const request = { kind: 'rooms', ...(prefix !== undefined && { prefix }) } as const;
		return this.#ask((id) => ({ type: 'request', id, request }));
	}

	async createToken(): Promise<string> {
		return this.#ask((id) => ({ type: 'request', id, request: { kind: 'token', revoke: false } }));
	}

	async revokeTokens(): Promise<number> {
		return this.#ask((id) => ({ type: 'request', id, request: { kind: 'token', revoke: true } }));
	}

	async admin(order: AdminOrder): Promise<void> {
		const request = { kind: 'admin', order: checkOrder(order) } as const;
		return this.#ask((id) => ({ type: 'request', id, request }));
	}

	async restrictions(room?: string): Promise<readonly Restriction[]> {
		const order = { op: 'list', ...(room !== undefined && { room: roomOf(room) }) } as const;
		return this.#ask((id) => ({ type: 'request', id, request: { kind: 'admin', order } }));
	}

	setPresence(state: 'online' | 'away', status?: string): void {
		if (state !== 'online' && state !== 'away') {
			throw refusal('state', "'online' or 'away'", state);
		}
		if (status !== undefined && (typeof status !== 'string' || status.length > 128)) {
			throw refusal('status', 'a string of at most 128 characters', status);
		}
		this.#step({ type: 'presence', state, ...(status !== undefined && { status }) });
	}

	setTyping(room: string, isTyping: boolean): void {
		const name = roomOf(room);
		if (typeof isTyping !== 'boolean') {
			throw refusal('isTyping', 'a boolean', isTyping);
		}
		this.#step({ type: 'typing', room: name, isTyping });
	}

	async setNick(nick: string): Promise<string> {
		if (typeof nick !== 'string' || nick.trim() === '' || nick.length > 256) {
			throw refusal('nick', 'a name of 1..256 characters', nick);
		}
		return this.#ask((id) => ({ type: 'rename', id, nick: nick.normalize('NFC') }));
	}

	reconnect(): void {
		this.#step({ type: 'reconnect' });
	}

	receipts(room: string): readonly Receipt[] {
		return this.#session.receipts(roomOf(room));
	}

	close(): Promise<void> {
		this.#closing ??= this.#close();
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	async #close(): Promise<void> {
		const line = this.#line;
		this.#step({ type: 'close' });
		await line?.closed;
		await new Promise((resolve) => setImmediate(resolve));
		this.#kept?.close();
		this.#feed.end();
	}

	/** Gives the core a question. Its answer settles the promise. */
	#ask<Value>(question: (id: number) => Happening): Promise<Value> {
		this.#ids += 1;
		const id = this.#ids;
		return new Promise<Value>((resolve, reject) => {
			this.#waiters.set(id, { resolve, reject });
			this.#step(question(id));
		});
	}

	#step(happening: Happening): void {
		const outputs = this.#session.step({ ...happening, at: steadyClock.now(), chance: Math.random() });
		for (const output of outputs) {
			this.#do(output);
		}
		this.#setTimer();
	}

	#setTimer(): void {
		const { wakeAt } = this.#session;
		// With every message it is wanted a little later. One that is too early costs a step, and setting it anew costs more.
		if (wakeAt !== undefined && wakeAt >= this.#timerAt) {
			return;
		}
		clearTimeout(this.#timer);
		this.#timerAt = wakeAt ?? Number.POSITIVE_INFINITY;
		if (wakeAt !== undefined) {
			const waitMs = Math.min(Math.max(0, Math.ceil(wakeAt - steadyClock.now())), longestTimeoutMs);
			this.#timer = setTimeout(() => {
				this.#timerAt = Number.POSITIVE_INFINITY;
				this.#step({ type: 'tick' });
			}, waitMs);
		}
	}

	#do(output: Output): void {
		switch (output.type) {
			case 'dial':
				this.#line = new Line({
					url: this.#dialled,
					link: output.link,
					offerSubprotocol: output.offerSubprotocol,
					onHappening: (happening) => this.#step(happening),
				});
				break;
			case 'send':
				this.#line?.send(output.frame);
				break;
			case 'probe':
				this.#line?.probe();
				break;
			case 'hangUp':
				this.#line?.hangUp(output.abrupt);
				break;
			case 'inbox':
				// A refusal is told by the event `room`.
				this.join(output.room).catch(() => {});
				break;
			case 'pin':
				this.#pin(output.key);
				break;
			case 'keep':
				this.#kept?.keep(output.parcel);
				break;
			case 'forget':
				this.#kept?.forget(output.cid);
				break;
			default:
				this.#tellLater(output);
		}
	}

	#tellLater(news: News): void {
		if (this.#news.length === 0) {
			setImmediate(() => this.#tellAll());
		}
		this.#news.push(news);
	}

	#tellAll(): void {
		for (const news of joined(this.#news.splice(0), this.#isCausal)) {
			this.#tell(news);
		}
	}

	#tell(news: News): void {
		switch (news.type) {
			case 'deliver':
				this.#kept?.delivered(news.room, news.items);
				this.#emit('items', news.room, news.items);
				for (const item of news.items) {
					if (item.kind === 'message') {
						this.#feed.push(item.message);
					}
				}
				break;
			case 'status':
				this.#emit('status', news.status);
				break;
			case 'room':
				this.#kept?.standing(news.status);
				this.#emit('room', news.status);
				break;
			case 'presence':
				this.#emit('presence', news.change);
				break;
			case 'typing':
				this.#emit('typing', news.typing);
				break;
			case 'members':
				this.#emit('members', news.room, news.members);
				break;
			case 'published':
				this.#emit('published', news.published);
				break;
			case 'refused':
				this.#emit('refused', news.refused);
				break;
			case 'notice':
				this.#emit('notice', news.notice);
				break;
			case 'settle':
				this.#settle(news.id, news.result);
				break;
		}
	}

	/** A listener that throws must not keep others from what they are owed: its error surfaces as an uncaught one. */
	#emit<Name extends keyof ClientEvents>(name: Name, ...values: Parameters<ClientEvents[Name]>): void {
		try {
			this.#emitter.emit(name, ...values);
		} catch (error) {
			queueMicrotask(() => {
				throw error;
			});
		}
	}

	#settle(id: number, result: Result): void {
		const waiter = this.#waiters.get(id);
		this.#waiters.delete(id);
		if (result.ok) {
			waiter?.resolve(result.value as never);
		} else {
			const { code, text, ...rest } = result.failure;
			waiter?.reject(new NatterError(code, text, rest));
		}
	}
}

function identityOf(key: KeyObject): Identity {
	return { key: publicKeyOf(key), sign: (transcript) => signTranscript(key, 'client', transcript) };
}

const longestTimeoutMs = 2 ** 31 - 1;

function roomOf(room: string): string {
	if (!isRoomName(room)) {
		throw refusal('room', 'a room name of 1..256 characters', room);
	}
	return room.normalize('NFC');
}

/**
 * The same news with the items of each room in one piece, and of each room only its last status. With `isCausal` what comes
 * after something in another room stays after it.
 */
function joined(news: readonly News[], isCausal: boolean): readonly News[] {
	const items = new Map<string, RoomItem[]>();
	const lastStatus = new Map<string, News>();
	const result: News[] = [];
	for (const one of news) {
		if (one.type === 'room') {
			lastStatus.set(one.status.room, one);
		}
	}
	for (const one of news) {
		if (one.type === 'deliver') {
			if (isCausal && one.items.some((item) => item.kind === 'message' && item.message.after !== undefined)) {
				items.clear();
			}
			const known = items.get(one.room);
			if (known === undefined) {
				const first = [...one.items];
				items.set(one.room, first);
				result.push({ ...one, items: first });
			} else {
				known.push(...one.items);
			}
		} else if (one.type !== 'room' || lastStatus.get(one.status.room) === one) {
			result.push(one);
		}
	}
	return result;
}
