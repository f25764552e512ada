/**
 * What goes into the client's core and what comes out of it: plain values. The shell, or a simulator, carries them.
 */

import type { AdminOrder } from '../protocol/admin.ts';
import type { Refusal } from '../protocol/codec.ts';
import type { BrokerFrames, FromBroker, FromClient, Position } from '../protocol/frames.ts';
import type {
	Cause,
	HistoryQuery,
	JoinOptions,
	LinkStatus,
	Member,
	Notice,
	PresenceChange,
	Published,
	PublishOptions,
	Refused,
	RoomItem,
	RoomStatus,
	SearchQuery,
	Typing,
	User,
} from './client.ts';
import type { NatterErrorCode } from './errors.ts';
import type { StoredParcel } from './store.ts';

/** Something that happened, and when. */
export type Input = Moment & Happening;

export interface Moment {
	/** ms since 1970. A smaller one than before counts as the one before. */
	readonly at: number;
	/** A number in [0, 1): the jitter of a wait that may have to be chosen now. */
	readonly chance: number;
}

/** `link` is the number of the dial it belongs to: what still comes from an earlier link is ignored. */
export type Happening =
	| { readonly type: 'start' }
	/** `nonce`: what nobody can guess, made for this link. */
	| { readonly type: 'opened'; readonly link: number; readonly nonce: string }
	| ({ readonly type: 'closed'; readonly link: number } & LinkEnd)
	| { readonly type: 'frame'; readonly link: number; readonly frame: FromBroker }
	/** Messages that came at one time, in the order in which they came: the same as a `frame` with each, at less cost. */
	| { readonly type: 'messages'; readonly link: number; readonly frames: readonly BrokerFrames['message'][] }
	/** A frame came that could not be read. */
	| { readonly type: 'garbled'; readonly link: number; readonly refusal: Pick<Refusal, 'code' | 'detail'> }
	/** The WebSocket pong to a `probe`. */
	| { readonly type: 'echo'; readonly link: number }
	| { readonly type: 'tick' }
	| {
			readonly type: 'join';
			readonly id: number;
			readonly room: string;
			readonly options: JoinOptions;
			/** Where an earlier run stood: it goes on there, with the wanted history before it. */
			readonly from?: Position | undefined;
	  }
	| { readonly type: 'leave'; readonly id: number; readonly room: string }
	| {
			readonly type: 'publish';
			readonly id: number;
			readonly room: string;
			readonly content: string;
			readonly cid: string;
			readonly options: Omit<PublishOptions, 'cid'>;
	  }
	| { readonly type: 'discard'; readonly cid: string }
	| { readonly type: 'request'; readonly id: number; readonly request: Request }
	| { readonly type: 'presence'; readonly state: 'online' | 'away'; readonly status?: string }
	| { readonly type: 'typing'; readonly room: string; readonly isTyping: boolean }
	| { readonly type: 'rename'; readonly id: number; readonly nick: string }
	| { readonly type: 'reconnect' }
	| { readonly type: 'close' };

/** How a link ended, or why there was none. */
export interface LinkEnd {
	readonly cause: Cause;
	/** The close code of the WebSocket, when it was open. */
	readonly closeCode?: number;
	/** The HTTP status with which the upgrade was refused. */
	readonly httpStatus?: number;
	/** How long the broker asks to stay away, in ms. */
	readonly retryAfterMs?: number;
	/** This end does not want to dial again. */
	readonly isFinal?: boolean;
	/** The other side does not know the subprotocol that was offered. */
	readonly subprotocolRefused?: boolean;
}

/** A question to the broker that is answered once. */
export type Request =
	| { readonly kind: 'history'; readonly room: string; readonly query: HistoryQuery }
	| { readonly kind: 'search'; readonly room: string; readonly text: string; readonly query: SearchQuery }
	| { readonly kind: 'members'; readonly room: string }
	/** Asked once: on a later link it might do what was not meant any more. */
	| { readonly kind: 'admin'; readonly order: AdminOrder }
	| { readonly kind: 'rooms'; readonly prefix?: string }
	| { readonly kind: 'token'; readonly revoke: boolean };

/** Something to do, or to tell. */
export type Output =
	| { readonly type: 'dial'; readonly link: number; readonly offerSubprotocol: boolean }
	| { readonly type: 'send'; readonly link: number; readonly frame: FromClient }
	/** Send a WebSocket ping, for brokers whose protocol has none. */
	| { readonly type: 'probe'; readonly link: number }
	/** `abrupt`: the other side does not answer, so do not wait for it. Nothing that comes from this link counts any more. */
	| { readonly type: 'hangUp'; readonly link: number; readonly abrupt: boolean }
	| { readonly type: 'deliver'; readonly room: string; readonly items: readonly RoomItem[] }
	| { readonly type: 'status'; readonly status: LinkStatus }
	| { readonly type: 'room'; readonly status: RoomStatus }
	| { readonly type: 'presence'; readonly change: PresenceChange }
	| { readonly type: 'typing'; readonly typing: Typing }
	| { readonly type: 'members'; readonly room: string; readonly members: readonly Member[] }
	| { readonly type: 'published'; readonly published: Published }
	| { readonly type: 'refused'; readonly refused: Refused }
	| { readonly type: 'notice'; readonly notice: Notice }
	/** This user has an inbox, which is to be joined. Told once for each. */
	| { readonly type: 'inbox'; readonly room: string }
	/** Remember that the broker which is dialled has this key. */
	| { readonly type: 'pin'; readonly key: string }
	/** Have the store keep this, before anything that comes after it is done. */
	| { readonly type: 'keep'; readonly parcel: StoredParcel }
	| { readonly type: 'forget'; readonly cid: string }
	/** The answer to the input with this `id`: exactly one for each. */
	| { readonly type: 'settle'; readonly id: number; readonly result: Result };

export type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly failure: Failure };

/** What a `NatterError` is made of. */
export interface Failure {
	readonly code: NatterErrorCode;
	readonly text: string;
	readonly outcome?: 'not_applied' | 'unknown';
	readonly retryAfterMs?: number;
}

/** What the parts of the core do with the link, and tell to the outside. */
export interface Desk {
	/** How the broker speaks; `undefined` while there is no link. */
	readonly protocol: 'v1' | 'base' | undefined;
	/** The protocol is `base` because no welcome came in time: nothing may be refused or sent bare for that alone. */
	readonly isGuess: boolean;
	/** The name under which the broker knows this client. */
	readonly nick: string;
	/** The name that was asked for; the broker makes the same one of it each time. */
	readonly askedNick: string;
	/** Who the broker says this client is. */
	readonly user: User | undefined;
	/** The largest frame that the broker takes, in bytes. */
	readonly frameBytes: number;
	nextRef(): string;
	send(frame: FromClient): void;
	tell(output: Output): void;
}
