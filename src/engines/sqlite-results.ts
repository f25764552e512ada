/**
 * What the SQLite threads' results are to those who called.
 */
import { type AppendOutcome, EngineError, type Entry, type Page } from './engine.ts';
import type { JoinedPage, Place, Result } from './sqlite-wire.ts';

/** Results of one kind. */
export type Of<Kind extends Result[0]> = Extract<Result, readonly [Kind, ...unknown[]]>;

export function outcomeOf([fate, sequence, timestamp]: Place, epoch: string): AppendOutcome {
	switch (fate) {
		case 'conflict':
			return { ok: false, code: 'duplicate_conflict' };
		case 'out_of_order':
			return { ok: false, code: 'out_of_order', expected: sequence };
		case 'banned':
		case 'muted':
			return { ok: false, code: fate, ...(sequence !== Number.POSITIVE_INFINITY && { until: sequence }) };
		case 'stored':
		case 'duplicate':
			return { ok: true, sequence, epoch, timestamp, duplicate: fate === 'duplicate' };
	}
}

export function split({ sequences, lines, ...page }: JoinedPage): Page {
	const texts = lines.split('\n');
	return {
		...page,
		entries: sequences.map((sequence, index) => ({ sequence, text: texts[index] ?? '' })),
	};
}

export function failed(reason: string): Of<'failed'> {
	return ['failed', `The storage thread ended: ${reason}`, 'unknown'];
}

export function errorOf([, message, outcome]: Of<'failed'>): EngineError {
	return new EngineError('unavailable', message, { outcome });
}

/** A stored `message` frame with the message that it holds. */
export function entryOf(text: string): Entry {
	const { type: _, ...message } = JSON.parse(text);
	return { message, text };
}
