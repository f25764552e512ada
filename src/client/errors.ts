import type { ErrorCode } from '../protocol/limits.ts';

/** What a `NatterError` may be about: a refusal of the broker, or something that happened on this side. */
export type NatterErrorCode = ErrorCode | 'closed' | 'invalid_argument' | 'unsupported';

/**
 * The one error that the client library rejects and throws with. `code` is stable; the message is for people.
 */
export class NatterError extends Error {
	override readonly name = 'NatterError';
	/** `closed`: the client was closed first. `unsupported`: a base broker cannot do this. The rest is the broker's. */
	readonly code: NatterErrorCode;
	/** For a publish: whether the broker may have stored it. `not_applied` means that it certainly did not. */
	readonly outcome: 'not_applied' | 'unknown';
	/** How long the broker asks to wait before trying again, in ms. */
	readonly retryAfterMs: number | undefined;

	constructor(
		code: NatterErrorCode,
		message: string,
		options: {
			readonly outcome?: 'not_applied' | 'unknown';
			readonly retryAfterMs?: number;
			readonly cause?: unknown;
		} = {},
	) {
		super(message, { cause: options.cause });
		this.code = code;
		this.outcome = options.outcome ?? 'unknown';
		this.retryAfterMs = options.retryAfterMs;
	}
}
