/**
 * Puts the chunks that come from a keyboard together: what is the beginning of a sequence waits for its rest, and a lone Esc
 * for a moment.
 */
import { flushKeys, type Input, isFlushable, readKeys } from './keys.ts';

/** How long a lone Esc is waited on, in ms: the rest of a key's sequence may come in the next chunk. */
const escapeMs = 25;

export interface KeyReader {
	readonly read: (chunk: Buffer | string) => void;
	/** What is pending is dropped. */
	readonly close: () => void;
}

/** Gives `take` what was read, and the bytes that it was read from. */
export function keyReader(take: (inputs: readonly Input[], bytes: string) => void): KeyReader {
	let pending = '';
	let flush: NodeJS.Timeout | undefined;
	return {
		read: (chunk) => {
			clearTimeout(flush);
			const bytes = pending + chunk.toString();
			const reading = readKeys('', bytes);
			pending = reading.pending;
			if (isFlushable(pending)) {
				flush = setTimeout(() => {
					const rest = pending;
					pending = '';
					take(flushKeys(rest), rest);
				}, escapeMs);
			}
			take(reading.inputs, bytes.slice(0, bytes.length - pending.length));
		},
		close: () => clearTimeout(flush),
	};
}
