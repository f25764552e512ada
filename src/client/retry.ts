import { isRetryable } from '../protocol/limits.ts';
import { maxAskedMs } from './backoff.ts';
import type { Failure } from './step.ts';

/** For a broker that does not say how long to wait, in ms. */
const retryMs = 1000;

/** When the same may be asked again after this refusal; `undefined` when it would only be refused again. */
export function retryAt({ code, retryAfterMs = retryMs }: Failure, at: number): number | undefined {
	const mayRetry = code !== 'closed' && code !== 'invalid_argument' && code !== 'unsupported' && isRetryable(code);
	return mayRetry ? at + Math.min(retryAfterMs, maxAskedMs) : undefined;
}
