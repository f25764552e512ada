/** natter/protocol: what is said on the wire, for those who write a client, a broker or a tool of their own. */
export { type Decoded, decodeFromBroker, decodeFromClient, encode, type Refusal } from './codec.ts';
export {
	type Comparison,
	type Filter,
	type FilterField,
	type ReadFilter,
	readFilter,
	type Scalar,
} from './filter.ts';
export type {
	BrokerFrames,
	ClientFrames,
	Durability,
	FromBroker,
	FromClient,
	GapReason,
	Message,
	Position,
	PresenceState,
	Tags,
} from './frames.ts';
export {
	fingerprintOf,
	isSigned,
	publicKeyOf,
	type Role,
	readPublicKey,
	signTranscript,
	type Transcript,
} from './identity.ts';
export {
	baseFrameBytes,
	closeCodes,
	defaultLimits,
	defaultPort,
	type ErrorCode,
	errorCodes,
	isRetryable,
	type Limits,
	mayReconnect,
	protocolVersion,
	subprotocol,
} from './limits.ts';
export { compileFilter, type Matches } from './matching.ts';
export {
	type Cleaned,
	cellWidth,
	clean,
	cleanContent,
	cleanLine,
	cleanNick,
	cleanRoom,
	drawable,
	graphemes,
	isInbox,
	suggestNick,
} from './text.ts';
