/** natter/client: talking to a broker, as a library. */
export type { Durability, GapReason, Message, Position, PresenceState, Tags } from '../protocol/frames.ts';
export type { ErrorCode } from '../protocol/limits.ts';
export type {
	Cause,
	Client,
	ClientEvents,
	Gap,
	HistoryPage,
	HistoryQuery,
	JoinOptions,
	LinkStatus,
	Member,
	Notice,
	PresenceChange,
	Published,
	PublishOptions,
	Receipt,
	Refused,
	RoomInfo,
	RoomItem,
	RoomStatus,
	Unsent,
	User,
} from './client.ts';
export { connect } from './connect.ts';
export { conversationOf } from './conversation.ts';
export { NatterError, type NatterErrorCode } from './errors.ts';
export type { ClientOptions, KnownBrokers } from './options.ts';
export type { ClientStore, StoredParcel } from './store.ts';
