import type { RangeQuery, StoredEntry } from './engine.ts';

/** A stored message as it was found: without a text it is damaged. */
export interface FoundRow {
	readonly sequence: number;
	readonly text: string | undefined;
}

export interface FilledPage {
	readonly entries: readonly StoredEntry[];
	readonly complete: boolean;
	readonly damaged: readonly number[];
}

/**
 * Takes rows, which come in the query's order, until `limit` or `maxBytes` is reached. It stops pulling at the first row
 * that does not fit. Damaged rows count for neither bound, so a page that is not complete always has an entry.
 */
export function fillPage(
	rows: Iterable<FoundRow>,
	{ limit, maxBytes = Number.POSITIVE_INFINITY, order = 'asc' }: RangeQuery,
): FilledPage {
	const entries: StoredEntry[] = [];
	const damaged: number[] = [];
	let bytes = 0;
	let complete = true;
	for (const { sequence, text } of rows) {
		bytes += text === undefined ? 0 : Buffer.byteLength(text);
		if (entries.length >= limit || (bytes > maxBytes && entries.length > 0)) {
			complete = false;
			break;
		}
		if (text === undefined) {
			damaged.push(sequence);
		} else {
			entries.push({ sequence, text });
		}
	}
	if (order === 'desc') {
		entries.reverse();
		damaged.reverse();
	}
	return { entries, complete, damaged };
}
