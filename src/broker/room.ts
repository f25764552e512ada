/**
 * One room while somebody on this node reads it: it follows the engine, hands each append to its readers, and tells them
 * who comes and goes. It is opened by its first holder and closed by its last; after that another is made in its place,
 * so that the end of one and the start of the next cannot mix.
 */
import type { Engine, Entry, Following, Located, Page, RangeQuery, RoomState } from '../engines/engine.ts';
import { Few } from '../engines/few.ts';
import type { Filter } from '../protocol/filter.ts';
import type { BrokerFrames, Message, Position } from '../protocol/frames.ts';
import { TypingPace } from '../protocol/typing.ts';
import type { Behind, CatchUp } from './catch-up.ts';
import type { Dispatch } from './dispatch.ts';
import { FanOut, type Said } from './fan-out.ts';
import { type FilterStream, FilterStreams } from './filter-streams.ts';
import { Pace } from './pace.ts';
import { Attendance, type Count, Roster, type Stay, type Visit } from './presence.ts';
import type { PresenceFrames, ReadRoom, Subscription } from './subscription.ts';
import type { Surroundings } from './surroundings.ts';

/** What all rooms of a node go by. */
export interface RoomOptions {
	readonly engine: Engine;
	readonly surroundings: Surroundings;
	readonly dispatch: Dispatch;
	readonly catchUp: CatchUp;
	/** How long what is said may wait for more, in ms, while there is much. */
	readonly flushWindowMs: number;
	/** How long presence changes are collected, in ms. */
	readonly presenceMs: number;
	/** Members up to which each change is told by name. */
	readonly presenceFull: number;
	/** How far two words on one person's typing are apart, in ms. */
	readonly typingMs: number;
	/** Told when an engine could not be told of a member. */
	readonly onPresenceError: (room: string, error: unknown) => void;
}

type Typing = Omit<BrokerFrames['typing'], 'type' | 'room'>;

/** What somebody has said that is not stored yet. */
interface Saying {
	messages: number;
	/** Their last word on typing more. */
	typing: Typing | undefined;
}

export class Room implements ReadRoom {
	readonly name: string;
	/** Settles when the room is followed, and rejects with an `EngineError` when it cannot be. */
	readonly ready: Promise<void>;
	/** What names it to those who may read it, made when it is first told. */
	token: string | undefined;
	/** How many subscriptions and requests need the room open. */
	holders = 0;
	/** Of storing what is said by clients of this node. */
	readonly pace: Pace;
	readonly #options: RoomOptions;
	readonly #fanOut: FanOut<Subscription>;
	/** Made for the first reader with a filter. */
	#streams: FilterStreams | undefined;
	readonly #attendance = new Attendance<Stay>();
	readonly #roster: Roster;
	/** Made when somebody types. */
	#typing: TypingPace | undefined;
	/** By user. */
	readonly #saying = new Few<string, Saying>();
	#epoch = '';
	/** Up to where the room was cleared while it was open. */
	#cleared: Position | undefined;
	#closed = false;
	/** The last time that was told with presence. */
	#stamped = 0;
	/** Presence changes are being collected. */
	#collecting = false;
	/** What the engine tells, as long as it does. */
	#following: Following | undefined;
	#stopMembers: (() => void) | undefined;
	/** The last thing the engine was told about members: later ones wait for nothing, but `settled` waits for it. */
	#telling: Promise<void> = Promise.resolve();

	constructor(name: string, options: RoomOptions) {
		this.name = name;
		this.#options = options;
		const { surroundings, dispatch, flushWindowMs: windowMs } = options;
		this.#fanOut = new FanOut({ surroundings, dispatch, windowMs });
		this.pace = new Pace(windowMs, this.#fanOut.readers);
		this.#roster = new Roster({ full: options.presenceFull });
		this.ready = this.#open();
	}

	get epoch(): string {
		return this.#epoch;
	}

	get passed(): number {
		return this.#fanOut.passed;
	}

	/** Settles when as much was handed to the readers that more may be said; `undefined` when it may now. */
	get keepingUp(): Promise<void> | undefined {
		return this.#fanOut.keepingUp;
	}

	/** How many users are in the room, on all nodes. */
	get online(): number {
		return this.#roster.size;
	}

	get readers(): ReadonlySet<Subscription> {
		return this.#fanOut.readers;
	}

	range(query: RangeQuery): Promise<Page> {
		return this.#options.engine.range(this.name, query);
	}

	/** Has a reader who is behind read on when it is its turn. */
	readOn(reader: Behind): void {
		this.#options.catchUp.readOn(this, reader);
	}

	/** The room was cleared up to a position: of that its readers are given nothing any more, also when it was read already. */
	clear(upTo: Position): void {
		this.#cleared = upTo;
	}

	wasClearedSince({ epoch, oldest }: RoomState): boolean {
		return this.#cleared?.epoch === epoch && oldest <= this.#cleared.sequence;
	}

	/** Where the room stands; its head is never below what its readers were given. */
	async standing(): Promise<RoomState> {
		const state = await this.#options.engine.state(this.name);
		return state.epoch === this.#epoch ? { ...state, head: Math.max(state.head, this.passed) } : state;
	}

	/** What a position means now; one that a reader was given here is kept, however old the answer of the engine is. */
	async locate(position: Position): Promise<Located> {
		const located = await this.#options.engine.locate(this.name, position);
		if (located.epoch !== this.#epoch) {
			return located;
		}
		const head = Math.max(located.head, this.passed);
		return located.relation === 'rewound' && position.epoch === this.#epoch && position.sequence <= head
			? { ...located, head, relation: 'kept', sequence: position.sequence }
			: { ...located, head };
	}

	/** Offers the subscription everything that is appended from now on. */
	add(subscription: Subscription): void {
		this.#fanOut.enter(subscription);
	}

	/** What all those read whose filter is the same. */
	stream(filter: Filter): FilterStream {
		this.#streams ??= new FilterStreams(this.#options.surroundings);
		return this.#streams.of(filter);
	}

	/** Notes how a subscription's user is in the room now. Returns on how many connections of this node the user is. */
	attend({ stay }: Subscription, userId: string, visit: Visit): number {
		if (stay.userId !== userId) {
			this.forget(stay);
			stay.userId = userId;
		}
		this.#attendance.set(userId, stay, visit);
		this.#announce(userId);
		return this.#attendance.connections(userId);
	}

	/** Ends a subscription. Its user is still there, until `forget` is told of the stay. */
	remove(subscription: Subscription): void {
		subscription.end();
		this.#fanOut.leave(subscription);
	}

	/** The user leaves at once, when this was the last connection. */
	forget(stay: Stay): void {
		if (stay.userId !== '') {
			this.#attendance.delete(stay.userId, stay);
			this.#announce(stay.userId);
			stay.userId = '';
		}
	}

	/**
	 * Those who are here: everyone, unless more are here than are told by name, then at most 1000. Who is told of later has
	 * a later time than `asOf`.
	 */
	members(): Pick<BrokerFrames['members'], 'members' | 'asOf'> {
		const members = this.#roster.list(Math.max(maxListed, this.#options.presenceFull));
		return {
			members: members.map(({ userId, state, verified, since, status, bot }) => ({
				...{ userId, state, verified, since },
				...(status !== undefined && { status }),
				...(bot !== undefined && { bot }),
			})),
			asOf: this.stamp(),
		};
	}

	/** What a reader is told who hears of numbers only: how many are here. */
	get count(): Count {
		return this.#roster.count;
	}

	/** Whether more are here than are told by name. */
	get crowded(): boolean {
		return this.#roster.crowded;
	}

	/**
	 * Tells that somebody is typing or has stopped, unless it is told already or too soon. In a crowd nobody is told. It
	 * comes after what they said before, which readers would take for the end of it.
	 */
	tellTyping(typing: Typing): void {
		const { userId, state } = typing;
		const saying = this.#saying.get(userId);
		if (saying !== undefined) {
			saying.typing = typing;
			return;
		}
		this.#typing ??= new TypingPace(this.#options.typingMs);
		if (this.crowded || !this.#typing.takes(userId, state, this.#options.surroundings.elapsed())) {
			return;
		}
		const text = JSON.stringify({ type: 'typing', room: this.name, ...typing });
		this.#fanOut.tell((subscription) => {
			if (subscription.hearsTypingOf(userId)) {
				subscription.reader.send(text);
			}
		});
	}

	/** Somebody says what they were typing. `said` is called as often as this, when it is stored or refused. */
	says(userId: string): void {
		const saying = this.#saying.get(userId) ?? { messages: 0, typing: undefined };
		saying.messages += 1;
		saying.typing = undefined;
		this.#saying.set(userId, saying);
		this.#typing?.spoke(userId);
	}

	said(userId: string): void {
		const saying = this.#saying.get(userId);
		if (saying === undefined) {
			return;
		}
		saying.messages -= 1;
		if (saying.messages > 0) {
			return;
		}
		if (saying.typing === undefined) {
			this.#saying.delete(userId);
		} else {
			// Until then this room is told what was stored.
			this.#options.surroundings.soon(() => this.#tellAfterwards(userId, saying));
		}
	}

	/** The time for what is told of presence: later than all that was told before, also when the clock was set back. */
	stamp(): number {
		this.#stamped = Math.max(this.#stamped + 1, this.#options.surroundings.now());
		return this.#stamped;
	}

	/** Gives the readers what waits. */
	flush(): void {
		this.#fanOut.flush();
	}

	/** Settles when the engine knows of everyone who came and left so far. */
	async settled(): Promise<void> {
		await this.#telling;
	}

	/** Stops following. There are no readers any more. */
	close(): void {
		this.#closed = true;
		this.#following?.stop();
		this.#following = undefined;
		this.#stopMembers?.();
		this.#stopMembers = undefined;
	}

	async #open(): Promise<void> {
		const { engine } = this.#options;
		try {
			const following = await engine.follow(this.name, (entries, epoch) => this.#appended(entries, epoch));
			this.#following = following;
			this.#epoch = following.epoch;
			this.#fanOut.start(following.head);
			this.#stopMembers = await engine.followMembers(this.name, (userId, entries) => {
				this.#roster.change(userId, entries);
				this.#tellSoon();
			});
			this.#roster.load(await engine.members(this.name));
		} catch (error) {
			this.close();
			throw error;
		}
		if (this.#closed) {
			this.close();
		}
	}

	/** Tells each of those who read now something, behind all that was said before. */
	tell(give: (reader: Subscription) => void): void {
		this.#fanOut.tell(give);
	}

	#appended(entries: readonly Entry[], epoch: string): void {
		const [first] = entries;
		if (first === undefined) {
			return;
		}
		const before = first.message.sequence - 1;
		if (epoch !== this.#epoch || before < this.#fanOut.head) {
			const isOtherLog = epoch !== this.#epoch;
			this.#fanOut.flush();
			this.#epoch = epoch;
			this.#fanOut.start(before);
			this.#streams?.restart();
			for (const reader of this.#fanOut.readers) {
				if (isOtherLog) {
					reader.move(epoch, before);
				} else {
					reader.reset(epoch, before);
				}
			}
		}
		this.#offer(entries.map(({ message, text }) => ({ sequence: message.sequence, message, text })));
	}

	/** Nobody is to speak before they came: news of that does not wait any longer, but goes between what was said. */
	#offer(said: readonly (Said & { readonly message: Message })[]): void {
		const first = this.#collecting ? said.findIndex(({ message }) => this.#roster.isUntold(message.sender)) : -1;
		if (first === -1) {
			this.#fanOut.add(said);
			return;
		}
		this.#fanOut.add(said.slice(0, first));
		this.#tellNews();
		this.#fanOut.add(said.slice(first));
	}

	#announce(userId: string): void {
		const { engine, onPresenceError } = this.#options;
		const told = engine
			.setMember(this.name, userId, this.#attendance.entry(userId))
			.catch((error: unknown) => onPresenceError(this.name, error));
		const before = this.#telling;
		this.#telling = told.then(() => before);
	}

	/** Unless they have said it meanwhile, or say it now. */
	#tellAfterwards(userId: string, saying: Saying): void {
		const { messages, typing } = saying;
		if (messages === 0 && typing !== undefined && this.#saying.get(userId) === saying) {
			this.#saying.delete(userId);
			this.tellTyping(typing);
		}
	}

	#tellSoon(): void {
		if (!this.#collecting) {
			this.#collecting = true;
			const { presenceMs, surroundings } = this.#options;
			surroundings.after(Math.min(presenceMs * this.#roster.pace, Math.max(presenceMs, rarestNewsMs)), () => {
				this.#collecting = false;
				this.#tellNews();
			});
		}
	}

	/** Whoever has left has said before what waits. */
	#tellNews(): void {
		const { changes, count, crowded, cleared } = this.#roster.news();
		const timestamp = this.stamp();
		const counted = count && JSON.stringify({ type: 'presence_count', room: this.name, ...count });
		const texts = changes.map((change) => JSON.stringify({ type: 'presence', ...change, timestamp, room: this.name }));
		const listed = cleared && JSON.stringify({ type: 'members', room: this.name, ...this.members() });
		const frames: PresenceFrames = { changes, texts, counted, listed, crowded };
		this.#fanOut.tell((reader) => {
			for (const text of reader.hears(frames)) {
				reader.reader.send(text);
			}
		});
	}
}

/** The most that news of a crowded room wait, in ms. */
const rarestNewsMs = 30_000;
/** Of a crowded room no more are listed. */
const maxListed = 1000;
