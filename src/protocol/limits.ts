/**
 * Numbers and words that both ends of the wire agree on: the version, sizes, rates, error codes and close codes.
 */

/** The protocol version that `hello` and `welcome` carry. */
export const protocolVersion = 1;

/** The WebSocket subprotocol that a natter client offers. */
export const subprotocol = 'natter.v1';

/** The port that broker and client use when none is named. */
export const defaultPort = 8080;

/**
 * What a broker allows. It is told to every client in `welcome.limits`, and every member is an option of `createBroker`.
 * Sizes are bytes of UTF-8 unless the name says otherwise; rates are frames per second with a burst on top.
 */
export interface Limits {
	/** Largest frame that is accepted from a client, in bytes. @default 65536 */
	readonly frameBytes: number;
	/** Largest message content, in bytes. @default 8192 */
	readonly contentBytes: number;
	/** Most lines in one message. @default 100 */
	readonly contentLines: number;
	/** Longest room name, in code points. @default 64 */
	readonly roomCodePoints: number;
	/** Longest room name, in bytes. @default 128 */
	readonly roomBytes: number;
	/** Longest nick, in code points. @default 32 */
	readonly nickCodePoints: number;
	/** Widest nick, in terminal cells. @default 24 */
	readonly nickCells: number;
	/** Most rooms that one connection may be subscribed to. @default 64 */
	readonly roomsPerConnection: number;
	/** Most tags on one message. @default 16 */
	readonly tags: number;
	/** Longest tag key, in bytes. @default 64 */
	readonly tagKeyBytes: number;
	/** Longest tag value when it is a string, in bytes. @default 256 */
	readonly tagValueBytes: number;
	/** Most messages in one `history` frame. @default 500 */
	readonly historyMessages: number;
	/** Most bytes of messages in one `history` frame. @default 262144 */
	readonly historyBytes: number;
	/** Most messages in a `history` frame for a base client. @default 100 */
	readonly baseHistoryMessages: number;
	/** Publishes per second, per connection. @default 10 */
	readonly publishPerSecond: number;
	/** Publishes that may come at once after silence. @default 30 */
	readonly publishBurst: number;
	/** Publishes per second of a guest or base client off loopback. @default 2 */
	readonly guestPublishPerSecond: number;
	/** Publishes that a guest or base client off loopback may send at once. @default 10 */
	readonly guestPublishBurst: number;
	/** Frames of any type per second, per connection. @default 100 */
	readonly framesPerSecond: number;
	/** Frames of any type that may come at once after silence. @default 200 */
	readonly framesBurst: number;
	/** Malformed frames per minute; one more closes the connection with 4500. @default 10 */
	readonly badFramesPerMinute: number;
	/** Time from the open socket to the first frame, in ms. @default 10000 */
	readonly handshakeMs: number;
	/** Most connections on one broker. @default 10000 */
	readonly connections: number;
	/** Most connections from one address; loopback is exempt. @default 32 */
	readonly connectionsPerAddress: number;
	/** Most connections of one user with a key; loopback is exempt. @default 8 */
	readonly connectionsPerKey: number;
	/** Keys that are seen for the first time, per minute and address; loopback is exempt. @default 20 */
	readonly newKeysPerMinute: number;
	/** Messages that a connection is sent beyond those that its client acknowledged. @default 512 */
	readonly windowMessages: number;
	/** Bytes of messages that a connection is sent beyond those that its client acknowledged. @default 262144 */
	readonly windowBytes: number;
	/** Bytes that may wait in all lines together before each reader is held shorter. @default 67108864 */
	readonly unsentBytes: number;
	/** Members online in a room up to which each change is told by name. @default 200 */
	readonly presenceFull: number;
	/** Time between two words that a room is told of one person's typing, in ms; each holds for twice as long. @default 3000 */
	readonly typingMs: number;
	/** New connections per second, per address; loopback is exempt. @default 5 */
	readonly connectsPerSecond: number;
	/** New connections that may come from one address at once after silence. @default 50 */
	readonly connectsBurst: number;
	/** Wrong tokens per minute, per address, until none is looked at from there. @default 10 */
	readonly failedLoginsPerMinute: number;
}

/** The limits of a broker that was told nothing else. */
export const defaultLimits: Limits = Object.freeze({
	frameBytes: 64 * 1024,
	contentBytes: 8 * 1024,
	contentLines: 100,
	roomCodePoints: 64,
	roomBytes: 128,
	nickCodePoints: 32,
	nickCells: 24,
	roomsPerConnection: 64,
	tags: 16,
	tagKeyBytes: 64,
	tagValueBytes: 256,
	historyMessages: 500,
	historyBytes: 256 * 1024,
	baseHistoryMessages: 100,
	publishPerSecond: 10,
	publishBurst: 30,
	guestPublishPerSecond: 2,
	guestPublishBurst: 10,
	framesPerSecond: 100,
	framesBurst: 200,
	badFramesPerMinute: 10,
	handshakeMs: 10_000,
	connections: 10_000,
	connectionsPerAddress: 32,
	connectionsPerKey: 8,
	newKeysPerMinute: 20,
	windowMessages: 512,
	windowBytes: 256 * 1024,
	unsentBytes: 64 * 1024 * 1024,
	presenceFull: 200,
	typingMs: 3000,
	connectsPerSecond: 5,
	connectsBurst: 50,
	failedLoginsPerMinute: 10,
});

/** How many places in other rooms a message may come after. */
export const mostCauses = 8;
/** The longest token of a room in such a place, in bytes. */
export const roomTokenBytes = 64;

/** A base client closes a connection on frames above 1 MiB, so no frame to it may reach this many bytes. */
export const baseFrameBytes = 900 * 1024;

/** Why a request was refused. Stable: programs may compare them. */
export const errorCodes = [
	'bad_frame',
	'too_large',
	'unknown_type',
	'hello_required',
	'unsupported_version',
	'auth_required',
	'auth_failed',
	'identity_mismatch',
	'forbidden',
	'banned',
	'muted',
	'unknown_user',
	'not_subscribed',
	'bad_room',
	'bad_filter',
	'empty',
	'limit_exceeded',
	'rate_limited',
	'duplicate_conflict',
	'out_of_order',
	'position_invalid',
	'unavailable',
	'timeout',
	'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

const retryableCodes: ReadonlySet<ErrorCode> = new Set([
	'rate_limited',
	'unavailable',
	'timeout',
	'internal',
	'out_of_order',
]);

/** Whether the same request may succeed later without being changed. */
export function isRetryable(code: ErrorCode): boolean {
	return retryableCodes.has(code);
}

/** WebSocket close codes. 4000-4499 ask the client to come back, 4500-4999 ask it not to. */
export const closeCodes = Object.freeze({
	tooLarge: 1009,
	internal: 1011,
	restart: 1012,
	overloaded: 1013,
	superseded: 4400,
	noPong: 4408,
	slow: 4409,
	positionLost: 4410,
	badFrames: 4500,
	authFailed: 4501,
	authRequired: 4502,
	banned: 4503,
	kicked: 4504,
	tooManyConnections: 4505,
	version: 4506,
});

/** Whether a client that was closed with `code` should dial again. */
export function mayReconnect(code: number): boolean {
	return code < 4500 || code > 4999;
}
