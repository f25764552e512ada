import type { BrokerFrames, FromClient } from '../protocol/frames.ts';
import { type ErrorCode, isRetryable } from '../protocol/limits.ts';

/** What a refusal has to repeat of the request, so that the client can tell which one it was. */
export interface Request {
	readonly type?: FromClient['type'];
	readonly ref?: string | undefined;
	readonly room?: string | undefined;
	readonly cid?: string | undefined;
}

/** Why and with what effect a request is refused. */
export interface Refused {
	readonly code: ErrorCode;
	/** For people. */
	readonly detail: string;
	readonly outcome?: 'not_applied' | 'unknown';
	readonly retryAfterMs?: number;
	/** With `out_of_order`: the `pseq` that would be taken. */
	readonly expected?: number;
}

/** A refusal for a v1 client. */
export function refusal({ ref, room, cid }: Request, { code, detail, ...more }: Refused): BrokerFrames['error'] {
	return {
		type: 'error',
		error: detail,
		code,
		...(ref !== undefined && { ref }),
		...(room !== undefined && room.length <= 128 && { room }),
		...(cid !== undefined && { cid }),
		retryable: isRetryable(code),
		...more,
	};
}

/** A refusal in the words of a base broker, which has only these; trouble that is ours is not called the client's. */
export function baseRefusal({ code, detail }: Refused): BrokerFrames['error'] {
	return { type: 'error', error: isRetryable(code) ? detail : 'Invalid message format', code };
}
