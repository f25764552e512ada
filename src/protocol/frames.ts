/**
 * Every frame of natter.v1 as two tagged unions, FromClient and FromBroker.
 *
 * One schema per frame gives both the type and the run-time check. Unknown fields are dropped, so that a later version
 * may add some; sizes that depend on a broker's limits are checked by the broker, which can name the limit.
 */
import * as v from 'valibot';
import { errorCodes } from './limits.ts';

const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
// The last instant that a Date can hold; beyond it, formatting throws.
const instant = v.pipe(finite, v.minValue(0), v.maxValue(8_640_000_000_000_000));
// A timer that is asked to wait longer than this fires at once, so a longer time is read as this one (24 days).
const longestDuration = 2 ** 31 - 1;
const duration = v.pipe(
	finite,
	v.minValue(0),
	v.transform((ms) => Math.min(ms, longestDuration)),
);
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(128));
const ref = v.optional(v.pipe(v.string(), v.maxLength(64)));
const epoch = word;
const position = v.object({ epoch, sequence: count });
/** Names with a meaning of their own in JavaScript. Reading leaves them out, so saying them is refused, by the codec. */
export const reservedNames = ['__proto__', 'constructor', 'prototype'] as const;
const tags = v.record(
	v.pipe(v.string(), v.notValues<string, typeof reservedNames>(reservedNames)),
	v.union([v.string(), finite, v.boolean()]),
);
/** Where a message's author had come in other rooms. How many there may be, and of which size, the broker checks. */
const causes = v.array(v.object({ token: v.string(), epoch, sequence: count }));
const presenceState = v.picklist(['online', 'away', 'offline']);
const typingState = v.picklist(['typing', 'stopped']);
/** `damaged`: what is stored there failed its checksum. A reason that a later version may have is read as `trimmed`. */
const gapReason = v.fallback(v.picklist(['trimmed', 'expired', 'cleared', 'slow', 'damaged']), 'trimmed');
const gone = v.object({ from: count, to: count, reason: gapReason });
const durability = v.picklist(['memory', 'fsync', 'replicated']);

const adminOps = ['clear_history', 'kick', 'ban', 'unban', 'mute', 'unmute', 'topic', 'grant', 'list'] as const;

/** The time of a message in ms since 1970. A base broker may say it as an ISO 8601 string; that is read as well. */
const timestamp = v.union([
	instant,
	v.pipe(
		v.string(),
		v.maxLength(64),
		v.transform((text) => Date.parse(text)),
		instant,
	),
]);

const messageFields = {
	id: v.string(),
	room: v.string(),
	sender: v.string(),
	content: v.string(),
	sequence: count,
	timestamp,
	cid: v.optional(v.string()),
	/** Whether the sender has proven to own `key`, and it owned the nick then. */
	verified: v.optional(v.boolean()),
	/** The sender's public key. */
	key: v.optional(word),
	/** A program said it, by its own word. */
	bot: v.optional(v.boolean()),
	tags: v.optional(tags),
	replyTo: v.optional(count),
	after: v.optional(causes),
	/** The inbox that a direct message is for. Its sender's copy has it too. */
	to: v.optional(v.string()),
	/** The inbox of who sent a direct message: where an answer goes. Absent when they have none. */
	from: v.optional(v.string()),
	expiresAt: v.optional(instant),
	prev: v.optional(count),
};

const listedMessage = v.object(messageFields);

export const clientSchemas = {
	hello: v.object({
		type: v.literal('hello'),
		v: finite,
		client: v.optional(
			v.object({ name: v.pipe(v.string(), v.maxLength(64)), version: v.pipe(v.string(), v.maxLength(64)) }),
		),
		user: v.optional(v.string()),
		/** The client's public key, which the broker then asks it to prove. */
		key: v.optional(word),
		/** What nobody can guess, used once. */
		nonce: v.optional(word),
		/** Where the client dialled: `host:port`. */
		authority: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(300))),
		session: v.optional(word),
		device: v.optional(word),
		/** What this user was called until now, by this client. */
		was: v.optional(v.string()),
		/** No person sits at this client. */
		bot: v.optional(v.boolean()),
		presence: v.optional(v.picklist(['online', 'away', 'invisible'])),
		status: v.optional(v.pipe(v.string(), v.maxLength(128))),
	}),
	auth: v.object({ type: v.literal('auth'), sig: v.pipe(v.string(), v.maxLength(128)) }),
	subscribe: v.object({
		type: v.literal('subscribe'),
		room: v.string(),
		userId: v.string(),
		ref,
		since: v.optional(position),
		history: v.optional(v.pipe(count, v.maxValue(500))),
		// Whoever reads it says what is wrong with it: filter.ts.
		filter: v.optional(v.unknown()),
		presence: v.optional(v.picklist(['full', 'count', 'off'])),
	}),
	unsubscribe: v.object({ type: v.literal('unsubscribe'), room: v.string(), ref }),
	publish: v.pipe(
		v.object({
			type: v.literal('publish'),
			room: v.string(),
			sender: v.string(),
			content: v.string(),
			ref,
			cid: v.optional(word),
			producer: v.optional(word),
			pseq: v.optional(v.pipe(count, v.minValue(1))),
			tags: v.optional(tags),
			replyTo: v.optional(count),
			after: v.optional(causes),
			// Some thirty years: the time of expiry has to be an instant.
			ttlMs: v.optional(v.pipe(count, v.minValue(1), v.maxValue(1_000_000_000_000))),
		}),
		v.check(
			({ producer, pseq }) => (producer === undefined) === (pseq === undefined),
			'Expected producer and pseq together, got one of them',
		),
	),
	get_history: v.object({
		type: v.literal('get_history'),
		room: v.string(),
		ref,
		epoch: v.optional(epoch),
		after: v.optional(count),
		before: v.optional(count),
		limit: v.optional(v.pipe(count, v.minValue(1), v.maxValue(500))),
		order: v.optional(v.picklist(['asc', 'desc'])),
	}),
	/** Asks for messages that say what is sought, newest first; `words.ts` tells what that means. */
	search: v.object({
		type: v.literal('search'),
		room: v.string(),
		text: v.pipe(v.string(), v.maxLength(256)),
		ref,
		epoch: v.optional(epoch),
		before: v.optional(count),
		limit: v.optional(v.pipe(count, v.minValue(1), v.maxValue(500))),
	}),
	ack: v.object({ type: v.literal('ack'), room: v.string(), epoch, sequence: count }),
	presence: v.object({
		type: v.literal('presence'),
		ref,
		state: v.picklist(['online', 'away', 'invisible']),
		status: v.optional(v.pipe(v.string(), v.maxLength(128))),
	}),
	/** No request: whoever may not say it here is not told so. */
	typing: v.object({ type: v.literal('typing'), room: v.string(), state: typingState }),
	members: v.object({ type: v.literal('members'), room: v.string(), ref }),
	rooms: v.object({
		type: v.literal('rooms'),
		ref,
		prefix: v.optional(v.pipe(v.string(), v.maxLength(128))),
		cursor: v.optional(v.pipe(v.string(), v.maxLength(256))),
	}),
	/** Asks for a token that stands for the user, or that all of them end. */
	token: v.object({ type: v.literal('token'), ref, revoke: v.optional(v.boolean()) }),
	admin: v.object({
		type: v.literal('admin'),
		ref,
		op: v.picklist(adminOps),
		/** Absent: all rooms. */
		room: v.optional(v.pipe(v.string(), v.maxLength(256))),
		/** A nick, also one that its owner does not use now; with `~` before it, a guest or base client of that name. */
		userId: v.optional(v.pipe(v.string(), v.maxLength(256))),
		/** How long it holds. Absent: until it is lifted. */
		durationMs: v.optional(v.pipe(count, v.minValue(1), v.maxValue(1_000_000_000_000))),
		reason: v.optional(v.pipe(v.string(), v.maxLength(1024))),
		topic: v.optional(v.pipe(v.string(), v.maxLength(1024))),
		role: v.optional(v.picklist(['admin', 'member'])),
	}),
	ping: v.object({ type: v.literal('ping'), t: v.optional(finite) }),
	bye: v.object({ type: v.literal('bye') }),
} as const;

const limitsField = v.record(v.string(), finite);

export const brokerSchemas = {
	challenge: v.object({
		type: v.literal('challenge'),
		key: word,
		nonce: word,
		sig: v.pipe(v.string(), v.maxLength(128)),
		expiresInMs: duration,
	}),
	welcome: v.object({
		type: v.literal('welcome'),
		v: finite,
		server: v.object({ name: v.string(), version: v.string() }),
		node: v.string(),
		connection: v.string(),
		session: v.string(),
		sessionTtlMs: duration,
		user: v.object({
			id: v.string(),
			verified: v.boolean(),
			role: v.string(),
			/** The public key that was proven. */
			key: v.optional(word),
			/** The room that this user alone may read. */
			inbox: v.optional(v.string()),
		}),
		time: instant,
		durability,
		limits: limitsField,
		heartbeat: v.object({ intervalMs: duration, timeoutMs: duration }),
		resumed: v.boolean(),
	}),
	subscribed: v.object({
		type: v.literal('subscribed'),
		room: v.string(),
		sequence: count,
		ref,
		epoch: v.optional(epoch),
		head: v.optional(count),
		oldest: v.optional(count),
		recovered: v.optional(v.picklist(['new', 'full', 'partial', 'rewound', 'none'])),
		gap: v.optional(gone),
		rewind: v.optional(v.object({ to: count, lost: count })),
		canPublish: v.optional(v.boolean()),
		token: v.optional(v.string()),
		topic: v.optional(v.string()),
	}),
	unsubscribed: v.object({
		type: v.literal('unsubscribed'),
		room: v.string(),
		ref,
		reason: v.picklist(['client', 'kicked', 'banned']),
	}),
	message: v.object({ type: v.literal('message'), ...messageFields }),
	published: v.object({
		type: v.literal('published'),
		ref,
		cid: v.string(),
		room: v.string(),
		id: v.string(),
		sequence: count,
		epoch,
		timestamp: instant,
		duplicate: v.boolean(),
		durability,
	}),
	history: v.object({
		type: v.literal('history'),
		room: v.string(),
		messages: v.array(listedMessage),
		ref,
		epoch: v.optional(epoch),
		head: v.optional(count),
		oldest: v.optional(count),
		complete: v.optional(v.boolean()),
		gap: v.optional(gone),
		gaps: v.optional(v.array(gone)),
	}),
	found: v.object({
		type: v.literal('found'),
		room: v.string(),
		messages: v.array(listedMessage),
		ref,
		epoch,
		/** Everything that says it, from this number on and below the `before` that was asked for, is in `messages`. */
		from: count,
		complete: v.boolean(),
	}),
	gap: v.object({
		type: v.literal('gap'),
		room: v.string(),
		epoch,
		from: count,
		to: count,
		reason: gapReason,
	}),
	rewind: v.object({ type: v.literal('rewind'), room: v.string(), epoch, to: count, lost: count }),
	reset: v.object({ type: v.literal('reset'), room: v.string(), epoch, sequence: count }),
	position: v.object({
		type: v.literal('position'),
		room: v.string(),
		epoch,
		sequence: count,
		/** Nothing after this number and up to `sequence` is for this reader. */
		prev: v.optional(count),
	}),
	presence: v.object({
		type: v.literal('presence'),
		userId: v.string(),
		action: v.picklist(['join', 'leave', 'update']),
		timestamp,
		room: v.optional(v.string()),
		state: v.optional(presenceState),
		connections: v.optional(count),
		/** Whether all of these connections have proven to own the name. */
		verified: v.optional(v.boolean()),
		/** Whether all of them are of programs. */
		bot: v.optional(v.boolean()),
		/** With `join`: who left under this name and comes under another one. */
		was: v.optional(v.string()),
		status: v.optional(v.string()),
	}),
	/** `typing` holds for twice `limits.typingMs`, unless it is said again. */
	typing: v.object({
		type: v.literal('typing'),
		room: v.string(),
		userId: v.string(),
		state: typingState,
		verified: v.optional(v.boolean()),
		/** The public key that they have proven. */
		key: v.optional(word),
		/** In an inbox, theirs: it tells with whom the conversation is. Absent when they have none. */
		from: v.optional(v.string()),
	}),
	presence_count: v.object({ type: v.literal('presence_count'), room: v.string(), online: count, away: count }),
	members: v.object({
		type: v.literal('members'),
		room: v.string(),
		ref,
		members: v.array(
			v.object({
				userId: v.string(),
				state: presenceState,
				verified: v.boolean(),
				since: instant,
				status: v.optional(v.string()),
				bot: v.optional(v.boolean()),
			}),
		),
		asOf: instant,
	}),
	rooms: v.object({
		type: v.literal('rooms'),
		ref,
		rooms: v.array(
			v.object({
				room: v.string(),
				online: count,
				head: count,
				lastActivity: v.optional(instant),
				topic: v.optional(v.string()),
			}),
		),
		cursor: v.optional(v.string()),
	}),
	cleared: v.object({
		type: v.literal('cleared'),
		room: v.string(),
		epoch,
		upTo: count,
		by: v.optional(v.string()),
	}),
	/** What the room is about; nothing in particular when it is empty. */
	topic: v.object({
		type: v.literal('topic'),
		room: v.string(),
		topic: v.string(),
		by: v.optional(v.string()),
	}),
	restrictions: v.object({
		type: v.literal('restrictions'),
		ref,
		restrictions: v.array(
			v.object({
				kind: v.picklist(['ban', 'mute']),
				userId: v.string(),
				/** Absent: all rooms. */
				room: v.optional(v.string()),
				by: v.string(),
				at: instant,
				until: v.optional(instant),
				reason: v.optional(v.string()),
			}),
		),
		total: count,
	}),
	notice: v.object({
		type: v.literal('notice'),
		room: v.optional(v.string()),
		level: v.picklist(['info', 'warning', 'error']),
		text: v.string(),
	}),
	token: v.object({
		type: v.literal('token'),
		ref,
		token: v.optional(v.string()),
		/** How many were ended. */
		revoked: v.optional(count),
	}),
	draining: v.object({ type: v.literal('draining'), reconnectAfterMs: duration, reason: v.string() }),
	ok: v.object({ type: v.literal('ok'), ref }),
	error: v.object({
		type: v.literal('error'),
		error: v.string(),
		// A code that a later version may have is read as one that says nothing in particular.
		code: v.optional(v.fallback(v.picklist(errorCodes), 'internal')),
		ref,
		room: v.optional(v.string()),
		cid: v.optional(v.string()),
		retryable: v.optional(v.boolean()),
		outcome: v.optional(v.picklist(['not_applied', 'unknown'])),
		retryAfterMs: v.optional(duration),
		/** With `out_of_order`: the `pseq` that the broker takes next of this producer in this room. */
		expected: v.optional(count),
	}),
	pong: v.object({
		type: v.literal('pong'),
		t: v.optional(finite),
		heads: v.optional(v.array(v.object({ room: v.string(), epoch, sequence: count }))),
	}),
} as const;

type Output<Schemas extends Record<string, v.GenericSchema>> = {
	readonly [Type in keyof Schemas]: Readonly<v.InferOutput<Schemas[Type]>>;
};

/** The frames that a client sends, by `type`. */
export type ClientFrames = Output<typeof clientSchemas>;
/** Any frame that a client sends. */
export type FromClient = ClientFrames[keyof ClientFrames];

/** The frames that a broker sends, by `type`. */
export type BrokerFrames = Output<typeof brokerSchemas>;
/** Any frame that a broker sends. */
export type FromBroker = BrokerFrames[keyof BrokerFrames];

/** A numbered message as it stands in a room's log and in `history`. */
export type Message = Readonly<v.InferOutput<typeof listedMessage>>;
/** A place in a room's log: numbers are comparable only within one epoch. */
export type Position = Readonly<v.InferOutput<typeof position>>;
/** A place in another room that its author had seen. The room is named by a token that only its readers can tell. */
export type Cause = Readonly<v.InferOutput<typeof causes>[number]>;
/** What a message may be labelled with: at most `limits.tags` keys. */
export type Tags = Readonly<v.InferOutput<typeof tags>>;
/** How safe a message was when the broker acknowledged it. */
export type Durability = v.InferOutput<typeof durability>;
/** Why a range of numbers will never be sent. */
export type GapReason = v.InferOutput<typeof gapReason>;
/** What others see of a user. */
export type PresenceState = v.InferOutput<typeof presenceState>;
/** Whether somebody is typing, or has stopped without having said anything. */
export type TypingState = v.InferOutput<typeof typingState>;
