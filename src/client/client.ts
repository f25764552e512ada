/**
 * What a program sees of natter's client: the `Client` that `connect` returns, its events and its values.
 *
 * Times are ms since 1970 by this computer's clock, but go on when it is set back; `Message.timestamp` is the broker's.
 */
import type { AdminOrder } from '../protocol/admin.ts';
import type { Filter } from '../protocol/filter.ts';
import type { Durability, GapReason, Message, PresenceState, Tags } from '../protocol/frames.ts';

export interface Client extends AsyncDisposable {
	/** The state of the link to the broker, also told by the event `status`. */
	readonly status: LinkStatus;
	/** The name under which the broker knows this client; until it answered, the one that was asked for. */
	readonly nick: string;
	/** Who the broker says this client is; `undefined` until it has, and on a base broker, which knows nobody. */
	readonly user: User | undefined;
	/**
	 * How others see this client: `connecting` while it dials or waits for its welcome, `offline` while it waits to dial or is
	 * closed, else what was said last with `setPresence`.
	 */
	readonly presence: OwnPresence;
	/** The address that is dialled, without its fragment and with any token hidden. */
	readonly url: string;
	/** Publishes that no broker has numbered yet, in the order they were made. */
	readonly unsent: readonly Unsent[];
	/**
	 * Every message of every joined room, each once, per room in the broker's order. Iteration begins with what comes
	 * after it was asked for, and ends when the client is closed. At most 10,000 messages wait for a slow loop; then the
	 * iteration throws a `NatterError` with the code `limit_exceeded`.
	 */
	readonly messages: AsyncIterable<Message>;

	on<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this;
	off<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this;
	once<Name extends keyof ClientEvents>(name: Name, listener: ClientEvents[Name]): this;

	/**
	 * Follows a room from now on, over every reconnect. Resolves when the broker has subscribed this client to it; waits
	 * for the link when there is none. Rejects with the broker's code when the room is refused.
	 *
	 * Of a room that is followed already it changes the filter, which is always that of the last call: it goes on where it
	 * is, by that filter or without one.
	 */
	join(room: string, options?: JoinOptions): Promise<RoomStatus>;
	/** Stops following a room. */
	leave(room: string): Promise<void>;
	/** The rooms that are followed, or are to be as soon as there is a link, in the order in which they were joined. */
	readonly joined: readonly string[];
	/** Where a joined room stands. */
	room(room: string): RoomStatus | undefined;

	/**
	 * Says something in a room. Resolves when the broker has numbered and kept it; waits in the outbox, in order, while
	 * there is no link. Rejects with the broker's code when it is refused, `closed` when the client is closed first.
	 * `@bob` is a direct message to him: its place is that of the copy in one's own inbox, and 0 in the epoch `hidden` for
	 * somebody without a key, who has none. On a base broker it resolves when the message comes back, which is all such a broker says.
	 */
	publish(room: string, content: string, options?: PublishOptions): Promise<Published>;
	/** Drops an unsent publish; its promise rejects with `closed`, `not_applied`. False when it may already be out. */
	discard(cid: string): boolean;

	/** A page of a room's log. It does not touch the order of `messages`. */
	history(room: string, query?: HistoryQuery): Promise<HistoryPage>;
	/**
	 * Messages of a room's whole log that say what is sought, newest first: all words, whatever their case and accents, the
	 * last also as the beginning of a word. A page may be short or empty and yet not be the last: the search goes on with
	 * `before: page.from` until one is `complete`. Rejects with `empty` when there is no word in it, with `unsupported` where
	 * the broker is a base broker or older than searching.
	 */
	search(room: string, text: string, query?: SearchQuery): Promise<FoundPage>;
	/** Who is in a room. */
	members(room: string): Promise<readonly Member[]>;
	/** Rooms of the broker by name, at most 500 that begin with `prefix`. */
	rooms(prefix?: string): Promise<readonly RoomInfo[]>;

	/**
	 * Has an owner's or admin's order carried out; members may set the topic of a room that they are in. Resolves when it is
	 * done and stored. Rejects with `forbidden` when this user may not, with `unknown_user` when nobody is meant, and with
	 * the outcome `unknown` when the link was lost before the answer: it is not given a second time.
	 */
	admin(order: Exclude<AdminOrder, { readonly op: 'list' }>): Promise<void>;
	/**
	 * Bans and mutes of a room and those of all rooms, the newest first, at most 500; without a room all there are. For
	 * owners and admins.
	 */
	restrictions(room?: string): Promise<readonly Restriction[]>;

	/**
	 * Makes a token by which a client that cannot prove a key comes in as this user: `ws://nick:token@host`. The broker tells
	 * it once. Rejects with `forbidden` for a guest, and with `limit_exceeded` when there are too many.
	 */
	createToken(): Promise<string>;
	/** Ends all of them, and the connections that came with one. Resolves to how many there were. */
	revokeTokens(): Promise<number>;

	/**
	 * Tells others whether this person is here, with a word on it of at most 128 characters. It is told again after every
	 * reconnect. A broker takes a person who says nothing for five minutes to be away; `online` said again is a sign of life.
	 */
	setPresence(state: 'online' | 'away', status?: string): void;
	/**
	 * Tells others in a room that this person is typing, or has stopped; `@bob` tells him alone. To be called at each change of
	 * what is typed: others are told every few seconds at most, what is published or not repeated ends it, and nothing is told
	 * where it cannot be heard. A base broker knows nothing of it.
	 */
	setTyping(room: string, isTyping: boolean): void;
	/** Comes back under another name. Resolves to the name that the broker gave. */
	setNick(nick: string): Promise<string>;
	/**
	 * Dials at once: when waiting, anew when the link seems stuck, and after a broker did not want this client back. What
	 * the store has is sent then, although its promises were rejected with `closed`, `unknown`.
	 */
	reconnect(): void;
	/** The last receive events of a room, oldest first, at most 200: the proof of its order. */
	receipts(room: string): readonly Receipt[];
	/** Says bye, closes the link, rejects what is unsettled with `closed`. Calling it again changes nothing. */
	close(): Promise<void>;
}

export interface ClientEvents {
	/** The link changed its state, or its round trip was measured. */
	status: (status: LinkStatus) => void;
	/** What a room shows next, in order: one event for a whole burst. */
	items: (room: string, items: readonly RoomItem[]) => void;
	/** A room's standing changed: joined, position moved, a gap opened or closed, refused. */
	room: (status: RoomStatus) => void;
	/** Someone came, left or changed in a room. */
	presence: (change: PresenceChange) => void;
	/** Someone is typing in a room, or has stopped without saying anything. */
	typing: (typing: Typing) => void;
	/** Who is in a room, whole: after each subscribe, and when a crowd has become small enough to be told by name. */
	members: (room: string, members: readonly Member[]) => void;
	/** A publish was numbered. */
	published: (published: Published) => void;
	/** A publish was refused for good. */
	refused: (refused: Refused) => void;
	/** Something a person should know: a notice or an error of the broker, a frame that could not be read. */
	notice: (notice: Notice) => void;
}

export type LinkStatus =
	/** Dialling, or waiting for `welcome` or what only a base broker says. `offlineSince` is absent at the very first attempt. */
	| { readonly state: 'connecting'; readonly attempt: number; readonly offlineSince?: number }
	| {
			readonly state: 'online';
			readonly since: number;
			/** `base`: the broker gives no acknowledgements, and history only as its newest messages. */
			readonly protocol: 'v1' | 'base';
			/** Of the last ping. */
			readonly roundTripMs?: number;
			/** Nothing has come from the broker since then, for 3 s or more, although it owes an answer. */
			readonly unansweredSince?: number;
	  }
	/** No link. The next attempt is at `retryAt`. */
	| {
			readonly state: 'waiting';
			readonly attempt: number;
			readonly offlineSince: number;
			readonly retryAt: number;
			readonly cause: Cause;
	  }
	/** Closed by this program, or by a broker that does not want it back. */
	| { readonly state: 'closed'; readonly cause?: Cause };

/** Why there is no link. */
export interface Cause {
	/** In words a person understands: `nobody is listening there`. */
	readonly text: string;
	/** As the system or the broker calls it: `ECONNREFUSED`, `1012`. */
	readonly code: string;
	/** The fingerprints of the broker's key before and now, with the code `broker key changed`. */
	readonly keys?: { readonly known: string; readonly shown: string };
}

/** Who a client is to its broker. */
export interface User {
	/** The name that others see. */
	readonly id: string;
	/** The broker has proof that it owns the nick. */
	readonly verified: boolean;
	/** `owner`, `admin`, `member`, `guest` or `base`; others may come. */
	readonly role: string;
	/** The public key that it has proven. */
	readonly key?: string;
	/**
	 * The room that this user alone may read, and follows by itself: what others say to them, and copies of what they say to
	 * others. `conversationOf` tells with whom.
	 */
	readonly inbox?: string;
}

export interface JoinOptions {
	/** How many messages from before the join to deliver first, 0..500. @default the client's `history` */
	readonly history?: number;
	/** Instead of `history`: deliver everything that is kept after this number first. */
	readonly after?: number;
	/**
	 * Deliver only messages that match; `history` is then how many messages are looked at. All else holds as without it: in
	 * order, each once, and nothing that matches is missing unless an item names it. It is no access control. A base broker
	 * sends everything, and the choice is made here: a notice says so.
	 */
	readonly filter?: Filter;
}

export interface PublishOptions {
	/** The id by which the broker drops repeats, 1..128 characters. @default a random UUID */
	readonly cid?: string;
	readonly tags?: Tags;
	/** The number of the message in the same room that this one answers. */
	readonly replyTo?: number;
	/** How long the broker should keep it, in ms. @default as long as the room keeps everything */
	readonly ttlMs?: number;
}

export interface Published {
	readonly room: string;
	readonly cid: string;
	readonly id: string;
	readonly sequence: number;
	readonly epoch: string;
	readonly timestamp: number;
	/** The broker had it already: an earlier try had reached it. */
	readonly duplicate: boolean;
	readonly durability: Durability;
}

export interface Refused {
	readonly room: string;
	readonly cid: string;
	readonly code: string;
	readonly text: string;
	/** Whether the broker may have stored it. */
	readonly outcome?: 'not_applied' | 'unknown';
}

export interface Unsent {
	readonly room: string;
	readonly cid: string;
	readonly content: string;
	/** The number of the message that it answers. */
	readonly replyTo?: number;
	/** When `publish` was called. */
	readonly writtenAt: number;
	/** It was handed to a link and may have been numbered. */
	readonly sent: boolean;
}

/** What a room shows next. */
export type RoomItem =
	| {
			readonly kind: 'message';
			readonly message: Message;
			/** From before the join, or missed while away; `false` for one that came live. */
			readonly old: boolean;
			/** It is old, and came after what an earlier run with the same store was given last. */
			readonly unseen?: true;
			/**
			 * With `causal`: it stands too early. Its author had seen a message of another room that is followed here, and that has
			 * not come although this one waited for it.
			 */
			readonly late?: true;
	  }
	/** These numbers will never be shown. `timeout`: the gap stayed open too long. */
	| { readonly kind: 'lost'; readonly from: number; readonly to: number; readonly reason: GapReason | 'timeout' }
	/**
	 * The link is back: `missed` messages, `from`..`to`, follow, then `caught_up`. Not given when nothing was missed. With a
	 * filter it is known only that there are at most so many.
	 */
	| {
			readonly kind: 'resumed';
			readonly from: number;
			readonly to: number;
			readonly missed: number;
			readonly awayMs: number;
	  }
	/** Everything that was missed has been given. */
	| { readonly kind: 'caught_up'; readonly to: number }
	/**
	 * Numbers start over after `sequence`: those above it before and after this are not comparable. `lost`: the broker came
	 * back with an older log, and so many numbers that had been given are of messages that it no longer has.
	 */
	| { readonly kind: 'epoch'; readonly epoch: string; readonly sequence: number; readonly lost?: number }
	/** The log was cut: everything up to `upTo` is gone. */
	| { readonly kind: 'cleared'; readonly upTo: number; readonly by?: string };

export interface RoomStatus {
	readonly room: string;
	readonly phase: 'joining' | 'live' | 'refused' | 'left';
	/** Why it was refused or left, when `phase` says so: `kicked` or `banned` when an admin ended it. */
	readonly reason?: string;
	readonly epoch?: string;
	/** What messages have to match to be given. Absent when all are. */
	readonly filter?: Filter;
	/** The number after which this client began; all from `first` to `position` that are wanted were given, in order. */
	readonly first: number;
	/** The number of the last message given, or passed because it does not match. */
	readonly position: number;
	/** The highest number that the broker is known to have given. */
	readonly head: number;
	/** The lowest number that the broker still keeps, where it says so. */
	readonly oldest?: number;
	readonly canPublish: boolean;
	/** How many people are here, in a room with so many that the broker does not say who. Absent: events name them. */
	readonly count?: Count;
	/** What the room is about, where somebody has said so. */
	readonly topic?: string;
	/** What is missing between `position` and the lowest held message. Absent when nothing is held back. */
	readonly gap?: Gap;
	/** With `causal`: how many messages and other items are here and wait for one of another room. Absent when none do. */
	readonly waiting?: number;
}

/** How many people are in a room. */
export interface Count {
	readonly online: number;
	readonly away: number;
}

/** How this client's user is, as far as this client goes: their other clients count for others too. */
export interface OwnPresence {
	readonly state: 'connecting' | PresenceState;
	readonly status?: string;
}

/** Messages that came early are held until the ones before them have come. */
export interface Gap {
	/** The missing numbers, both ends included. */
	readonly from: number;
	readonly to: number;
	/** How many messages wait, and the lowest and highest of them. */
	readonly held: number;
	readonly heldFrom: number;
	readonly heldTo: number;
	/** When the first early message came. */
	readonly since: number;
	/** When the broker was asked for the missing ones; absent within the grace period. */
	readonly askedAt?: number;
}

/** One thing that happened to a number of a room on its way here. */
export interface Receipt {
	readonly at: number;
	readonly sequence: number;
	/**
	 * `shown`: in its turn. `held`: it came early. `released`: its turn came after being held. `duplicate`: it was here
	 * already. `asked`: the broker was asked for it. `lost`: given up. With `causal` it may be given later than in its turn in
	 * the room: `RoomStatus.waiting` says how many wait for other rooms.
	 */
	readonly what: 'shown' | 'held' | 'released' | 'duplicate' | 'asked' | 'lost';
}

export interface HistoryQuery {
	/** Only numbers above this. */
	readonly after?: number;
	/** Only numbers below this. */
	readonly before?: number;
	/** 1..500. @default 100 */
	readonly limit?: number;
	/** Which end is taken when not all fits. @default 'desc' */
	readonly order?: 'asc' | 'desc';
}

export interface HistoryPage {
	readonly room: string;
	/** Ascending. */
	readonly messages: readonly Message[];
	readonly epoch?: string;
	readonly head?: number;
	/** The lowest number that the broker still keeps. */
	readonly oldest?: number;
	/** Numbers of the asked range that the broker says it does not have, and why. */
	readonly gaps?: readonly { readonly from: number; readonly to: number; readonly reason: GapReason }[];
	/** Whether every kept message of the asked range is there. */
	readonly complete: boolean;
}

export interface SearchQuery {
	/** Only numbers below this. */
	readonly before?: number;
	/** The epoch that `before` is of: with another one the search is refused with `position_invalid`. */
	readonly epoch?: string;
	/** 1..500. @default 50 */
	readonly limit?: number;
}

export interface FoundPage {
	readonly room: string;
	/** Descending. */
	readonly messages: readonly Message[];
	readonly epoch: string;
	/** All that says it, from this number on and below `before`, is in `messages`. */
	readonly from: number;
	/** Whether nothing that is kept lies below `from`. */
	readonly complete: boolean;
}

export interface Member {
	readonly userId: string;
	readonly state: PresenceState;
	/** Whether this person has proven to own the name. Absent where the broker does not say it. */
	readonly verified?: boolean;
	readonly since: number;
	readonly status?: string;
	/** A program, by its own word, and no person beside it. */
	readonly bot?: true;
}

export interface PresenceChange {
	/** Absent from a base broker that does not say it. */
	readonly room?: string;
	readonly userId: string;
	readonly action: 'join' | 'leave' | 'update';
	readonly state: PresenceState;
	readonly status?: string;
	/** On how many connections this person is here, where the broker says so. */
	readonly connections?: number;
	/** Whether this person has proven to own the name, where the broker says so. */
	readonly verified?: boolean;
	/** It is a program, by its own word, and no person beside it. */
	readonly bot?: true;
	/** With `join`: this is who left lately under that name. */
	readonly was?: string;
	readonly timestamp: number;
}

export interface Typing {
	/** The room; `@bob` for a direct message of his, under the name by which `publish` would answer. */
	readonly room: string;
	readonly userId: string;
	/** When it is over unless it is told again before. Absent: it is over now. A message of theirs ends it too. */
	readonly until?: number;
	/** Whether this person has proven to own the name, and with which key. */
	readonly verified?: boolean;
	readonly key?: string;
}

export interface RoomInfo {
	readonly room: string;
	readonly online: number;
	readonly head: number;
	readonly lastActivity?: number;
	readonly topic?: string;
}

/** What keeps somebody from reading (`ban`) or from speaking (`mute`). */
export interface Restriction {
	readonly kind: 'ban' | 'mute';
	/** What they were called then, with `~` before it for somebody without a key. */
	readonly userId: string;
	/** Absent: all rooms. */
	readonly room?: string;
	/** Who put it. */
	readonly by: string;
	readonly at: number;
	/** When it ends by itself. */
	readonly until?: number;
	readonly reason?: string;
}

export interface Notice {
	readonly level: 'info' | 'warning' | 'error';
	readonly text: string;
	/** `unavailable`: the broker cannot keep what is published now; told once until a publish is numbered. */
	readonly code?: string;
	readonly room?: string;
}
