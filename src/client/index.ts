/** natter/client: talking to a broker, as a library. */
export type { AdminOrder } from '../protocol/admin.ts';
export type { Comparison, Filter, FilterField, Scalar } from '../protocol/filter.ts';
export type { Durability, GapReason, Message, Position, PresenceState, Tags } from '../protocol/frames.ts';
export type { ErrorCode } from '../protocol/limits.ts';
export type {
	Cause,
	Client,
	ClientEvents,
	Count,
	FoundPage,
	Gap,
	HistoryPage,
	HistoryQuery,
	JoinOptions,
	LinkStatus,
	Member,
	Notice,
	OwnPresence,
	PresenceChange,
	Published,
	PublishOptions,
	Receipt,
	Refused,
	Restriction,
	RoomInfo,
	RoomItem,
	RoomStatus,
	SearchQuery,
	Typing,
	Unsent,
	User,
} from './client.ts';
export { connect } from './connect.ts';
export { conversationOf } from './conversation.ts';
export { NatterError, type NatterErrorCode } from './errors.ts';
export type { ClientOptions, KnownBrokers } from './options.ts';
export type { ClientStore, StoredParcel } from './store.ts';
