/**
 * Where rooms' logs live, and how a broker hears of what other brokers append to them.
 *
 * The promise, proved for every engine by one suite:
 * - Per room and epoch the committed numbers are 1, 2, 3 ... without a hole, and one number has one content for ever.
 * - `append` resolves only when the messages have reached `durability`; nothing is seen by `follow` or `range` earlier.
 * - An `id` is stored once per room (remembered for `dedupeMs`, however the wall clock steps): appending it again returns the first place.
 * - Drafts of one producer are stored in the order of their `pseq` alone, without a hole, also over a restart.
 * - A follower gets every message after the head it was given, each once, in order, whichever node appended it; one that
 *   was removed or damaged before it could be told is left out.
 * - A draft whose author is banned or muted, by a record that was stored before it, is not stored: nothing slips past that
 *   was on its way meanwhile. A draft that was stored earlier stays, and its repeat is told its place.
 * - Records are changed all or none, as durably as messages.
 * - Trimming, expiry and `clear` move `oldest`; numbers and epoch never start again because of them.
 * - Every promise either resolves or rejects with an `EngineError`; after `close` it rejects with `unavailable`.
 *   (A room name, id or record that is not well-formed Unicode is misuse, and rejects with a `TypeError`; so is a
 *   restriction whose value is no JSON object.)
 *
 * Everything is asynchronous and takes batches, so that an engine may be a worker thread or a cluster of machines.
 */
import type { Durability, GapReason, Message, Position, PresenceState } from '../protocol/frames.ts';

export interface Engine extends AsyncDisposable {
	/** What an append has reached when it resolves. */
	readonly durability: Durability;

	/**
	 * Numbers the drafts in their order and stores them. Calls for one room are applied in the order they were made; an
	 * engine may commit several calls, also of several rooms, together. Resolves to one outcome per draft, in order.
	 */
	append(room: string, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]>;

	/**
	 * Calls `listener` with each batch committed to the room from now on, by any node. Resolves to the room's state at
	 * the moment from which the listener sees everything: its first entry has the number `head + 1`.
	 * The listener is never called before the promise has resolved and its first `then` has run.
	 */
	follow(room: string, listener: FollowListener): Promise<Following>;

	/** A page of a room's log. A room that was never written to is an empty page with head 0. */
	range(room: string, query: RangeQuery): Promise<Page>;

	/**
	 * Messages of a room that say what is sought, newest first, of those that `range` would serve. What a match is says
	 * `protocol/words.ts`. It takes a moment and no longer: a page may end before it is full, even empty, and the search
	 * goes on below its `from`.
	 */
	search(room: string, query: SearchQuery): Promise<SearchPage>;

	/** Where a room stands. A room that was never written to has head 0 and oldest 1. */
	state(room: string): Promise<RoomState>;

	/** What a position that somebody has, of any epoch, means in the room as it is now. */
	locate(room: string, position: Position): Promise<Located>;

	/** Rooms that hold or held a message, by name in code point order. */
	rooms(query: RoomsQuery): Promise<RoomsPage>;

	/**
	 * Forgets all messages of a room: `oldest` becomes `head + 1`. Numbers go on. Resolves to `undefined`, with nothing
	 * forgotten, when a record is not as expected; calls are applied in the order they were made, also among `putRecords`.
	 */
	clear(room: string, provided?: readonly RecordGuard[]): Promise<RoomState | undefined>;

	/**
	 * Removes what retention no longer keeps, in small steps. The broker calls it now and then. Called while one is under
	 * way, it may be that one.
	 */
	sweep(): Promise<void>;

	/**
	 * Stores positions of readers, one for each user, device and room. Within an epoch a position never goes back; one of
	 * another epoch replaces it. A user has at most `cursorDevices` in a room: those not saved for longest go.
	 */
	saveCursors(cursors: readonly Cursor[]): Promise<void>;

	/** The stored positions of a user's devices in a room. One not saved for `cursorTtlMs` may be gone. */
	cursors(user: string, room: string): Promise<readonly Cursor[]>;

	/**
	 * Stores small facts, such as who owns a nick: all changes, or none when a record is not as one of them expects. Resolves
	 * to whether they were made. Calls are applied in the order they were made, also among appends.
	 */
	putRecords(changes: readonly RecordChange[]): Promise<boolean>;

	/** All records of a kind, by key, as committed. One that is damaged is left out, and restricts nobody. */
	records(kind: string): Promise<ReadonlyMap<string, string>>;

	/**
	 * Calls `listener` with the changes that any node makes from now on, in their order, before the promise of `putRecords`
	 * settles there. A record whose change has the outcome `unknown` is told as it is when that is known. What `records`
	 * resolves to afterwards holds what was told before, and nothing that is told later. Resolves to the function that stops
	 * it.
	 */
	followRecords(listener: RecordListener): Promise<() => void>;

	/** Tells all nodes how this node sees a user in a room; `null` when this node no longer has the user there. */
	setMember(room: string, userId: string, entry: MemberEntry | null): Promise<void>;

	/** Every user in a room with one entry per node that has them. */
	members(room: string): Promise<ReadonlyMap<string, readonly MemberEntry[]>>;

	/** Calls `listener` whenever a user's entries in the room change, on any node. Resolves to the function that stops it. */
	followMembers(room: string, listener: MemberListener): Promise<() => void>;

	/** Finishes what was begun, frees everything. Calling it again changes nothing. */
	close(): Promise<void>;
}

/** A message before it has a number. `id` decides whether two drafts are the same message. */
export type Draft = Omit<Message, 'room' | 'sequence' | 'timestamp' | 'prev'> & {
	/** Whose it is and which one. It is not stored with the message. */
	readonly origin?: Origin;
	/**
	 * Whom `ban` and `mute` records restrict; several when a record about any of them does. Without one nothing does. It is
	 * not stored with the message.
	 */
	readonly author?: Author;
};

export type Author = string | readonly string[];

/**
 * A draft's place in what one producer says in one room. `pseq` is 1 for the first, and the next is stored only when it
 * is one more than the last: so of several that are under way none passes one that was refused.
 */
export interface Origin {
	readonly producer: string;
	readonly pseq: number;
}

/** A committed message, and the very text that readers get: one `message` frame. */
export interface Entry {
	readonly message: Message;
	readonly text: string;
}

export type AppendOutcome =
	| {
			readonly ok: true;
			readonly sequence: number;
			readonly epoch: string;
			/** ms since 1970 by the engine's clock; never smaller than that of the message before it in the room. */
			readonly timestamp: number;
			/** The id was known: this is where it was stored the first time. */
			readonly duplicate: boolean;
	  }
	| {
			readonly ok: false;
			/** The id is known with another content. */
			readonly code: 'duplicate_conflict';
	  }
	| {
			readonly ok: false;
			/** The id is not known, and `pseq` is not the one that its producer has to store next. */
			readonly code: 'out_of_order';
			/** That one; 1 for a producer that is not known (any more, after `dedupeMs` without a draft). */
			readonly expected: number;
	  }
	| ({ readonly ok: false } & Restriction);

/** Why an author may not speak. */
export interface Restriction {
	readonly code: 'banned' | 'muted';
	/** ms since 1970; absent when it does not end by itself. */
	readonly until?: number;
}

/**
 * A record as it is to be. The kinds `ban` and `mute` are known to engines: their key is `restrictionKey(room, author)`, and
 * their value a JSON object whose `until` says when it ends, in ms since 1970; it does not end when that is no number.
 */
export interface RecordChange {
	/** Well-formed Unicode, like `key` and `value`. */
	readonly kind: string;
	readonly key: string;
	/** `null` removes it. */
	readonly value: string | null;
	/** What it has to be until then, `null` for none. @default whatever it is */
	readonly expected?: string | null;
}

/** What a record has to be, `null` for none, for something else to be done. */
export type RecordGuard = Pick<RecordChange, 'kind' | 'key'> & Required<Pick<RecordChange, 'expected'>>;

export type RecordListener = (changes: readonly RecordChange[]) => void;

/**
 * Entries in ascending order, in the epoch that they were appended in. A number is missing only when its message cannot be
 * read any more, of which `range` tells the reason.
 */
export type FollowListener = (entries: readonly Entry[], epoch: string) => void;

export interface RoomState {
	readonly epoch: string;
	/** The last number given, 0 before the first message. */
	readonly head: number;
	/** The lowest number that is still kept, `head + 1` when nothing is. */
	readonly oldest: number;
	/** Why `oldest` is where it is: what removed the messages last that lay below it. */
	readonly edge: Extract<GapReason, 'trimmed' | 'expired' | 'cleared'>;
}

export interface Located extends RoomState {
	/**
	 * `kept`: the room has every message up to `sequence` that the position stands for. `rewound`: only those up to
	 * `sequence`; the later ones were lost. `unknown`: nothing can be said, and `sequence` is the head.
	 */
	readonly relation: 'kept' | 'rewound' | 'unknown';
	/** In the room's present epoch. */
	readonly sequence: number;
}

export interface Following extends RoomState {
	/** The listener is not called again after this returns. */
	stop(): void;
}

export interface RangeQuery {
	/** Only numbers above this. @default 0 */
	readonly after?: number;
	/** Only numbers below this. @default above the head */
	readonly before?: number;
	/** At most this many messages. */
	readonly limit: number;
	/** At most this many bytes of text, but at least one message. @default Infinity */
	readonly maxBytes?: number;
	/** Which end of the range is taken when not all fits: the low one ('asc') or the high one ('desc'). @default 'asc' */
	readonly order?: 'asc' | 'desc';
}

export interface Page extends RoomState {
	/** Always ascending, whatever `order` was. */
	readonly entries: readonly StoredEntry[];
	/** Whether every kept message of the asked range is in `entries`. */
	readonly complete: boolean;
	/**
	 * Numbers of the asked range that will never be served, ascending: with `entries` they cover the range without a hole.
	 * When the page is not complete, they cover it from its lower end to the last entry (with 'desc', from the first entry
	 * to its upper end).
	 */
	readonly gone: readonly Gone[];
}

/** Numbers that hold nothing that could be read, both ends included. */
export interface Gone {
	readonly from: number;
	readonly to: number;
	readonly reason: GapReason;
}

/** A stored message as readers get it. The text is parsed only by whoever needs to look inside. */
export interface StoredEntry {
	readonly sequence: number;
	/** One `message` frame. */
	readonly text: string;
}

export interface SearchQuery {
	/** What is sought. Without a word in it, nothing says it. */
	readonly text: string;
	/** Only numbers below this. @default above the head */
	readonly before?: number;
	/** At most this many messages. */
	readonly limit: number;
	/** At most this many bytes of text, but at least one message. @default Infinity */
	readonly maxBytes?: number;
}

export interface SearchPage extends RoomState {
	/** Always descending. */
	readonly entries: readonly StoredEntry[];
	/** Every message that says it, from this number on and below `before`, is in `entries`. */
	readonly from: number;
	/** Whether nothing that is kept lies below `from`. When not, `from` is below `before`, unless `limit` is 0. */
	readonly complete: boolean;
}

export interface RoomsQuery {
	/** Only names that begin with this. */
	readonly prefix?: string;
	/** Only names above this one in code point order: the last name of the page before. */
	readonly after?: string;
	readonly limit: number;
}

export interface RoomsPage {
	readonly rooms: readonly { readonly room: string; readonly head: number; readonly lastActivity: number }[];
	/** Whether more rooms follow the last one. */
	readonly more: boolean;
}

export interface Cursor {
	readonly user: string;
	readonly device: string;
	readonly room: string;
	readonly epoch: string;
	readonly sequence: number;
}

/** How one node sees a user in a room. */
export interface MemberEntry {
	readonly state: Exclude<PresenceState, 'offline'>;
	readonly connections: number;
	readonly verified: boolean;
	/** ms since 1970 at which the user came to the room on that node. */
	readonly since: number;
	readonly status?: string;
	/** All of these connections are of programs. */
	readonly bot?: true;
	/** What they were called until they came. */
	readonly was?: string;
}

export type MemberListener = (userId: string, entries: readonly MemberEntry[]) => void;

/**
 * How much of each room is kept. What is over either bound is trimmed, oldest first; what was stored under wider ones, by
 * the next `sweep`.
 */
export interface Retention {
	/** Messages kept per room. @default 10000 */
	readonly historySize?: number;
	/** How long a message is kept, in ms. @default 30 days */
	readonly historyTtlMs?: number;
}

export const defaultRetention: Required<Retention> = { historySize: 10_000, historyTtlMs: 30 * 24 * 3_600_000 };

/**
 * How long an `id` is remembered at least, in ms, whether or not its message is still kept. Only the time counts that an
 * engine runs: no clock says how long it was closed, or whether it was set right since.
 */
export const dedupeMs = 24 * 3_600_000;

/** How long a position of a reader is kept that is not saved again, in ms. */
export const cursorTtlMs = 90 * 24 * 3_600_000;

/** Devices of one user whose positions in one room are kept. */
export const cursorDevices = 32;

/** An engine could not do what was asked. Whether an append was stored is unknown unless `outcome` says so. */
export class EngineError extends Error {
	override readonly name = 'EngineError';
	readonly code: 'unavailable' | 'locked' | 'unwritable';
	readonly outcome: 'not_applied' | 'unknown';

	constructor(
		code: EngineError['code'],
		message: string,
		options: { readonly outcome?: EngineError['outcome']; readonly cause?: unknown } = {},
	) {
		super(message, { cause: options.cause });
		this.code = code;
		this.outcome = options.outcome ?? 'unknown';
	}
}
