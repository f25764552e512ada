/**
 * Puts the chunks that come from a keyboard together: what is the beginning of a sequence waits for its rest, a lone Esc for
 * a moment, a paste for as long as more of it comes.
 */
import { awaited, flushKeys, type Input, type Pending, type Reading, readKeys } from './keys.ts';

/** How long the rest is waited for, in ms. That of a key's sequence may come in the next chunk. */
const patienceMs = { key: 25, rest: 1000 };

export interface KeyReader {
	readonly read: (chunk: Buffer | string) => void;
	/** What is pending is dropped. */
	readonly close: () => void;
}

/** Gives `take` what was read, and the bytes that it was read from. */
export function keyReader(take: (inputs: readonly Input[], bytes: string) => void): KeyReader {
	let pending: Pending = '';
	let flush: NodeJS.Timeout | undefined;
	const took = (reading: Reading) => {
		pending = reading.pending;
		const what = awaited(pending);
		if (what !== 'nothing') {
			flush = setTimeout(() => took(flushKeys(pending)), patienceMs[what]);
		}
		take(reading.inputs, reading.bytes);
	};
	return {
		read: (chunk) => {
			clearTimeout(flush);
			took(readKeys(pending, chunk.toString()));
		},
		close: () => clearTimeout(flush),
	};
}
