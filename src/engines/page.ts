import type { Gone, RangeQuery, RoomState, StoredEntry } from './engine.ts';

/** A stored message as it was found: without a text it is damaged. */
export interface FoundRow {
	readonly sequence: number;
	readonly text: string | undefined;
}

export interface FilledPage {
	readonly entries: readonly StoredEntry[];
	readonly complete: boolean;
	readonly gone: readonly Gone[];
}

/**
 * Takes rows, which come in the query's order, until `limit` or `maxBytes` is reached, and names every number of the
 * range that it passed without finding a text. It stops pulling at the first row that does not fit. Damaged rows count
 * for neither bound, so a page that is not complete always has an entry.
 */
export function fillPage(
	rows: Iterable<FoundRow>,
	{
		after = 0,
		before = Number.POSITIVE_INFINITY,
		limit,
		maxBytes = Number.POSITIVE_INFINITY,
		order = 'asc',
	}: RangeQuery,
	{ head, oldest, edge }: Omit<RoomState, 'epoch'>,
): FilledPage {
	const entries: StoredEntry[] = [];
	const gone: Gone[] = [];
	const lowest = Math.max(0, Math.floor(after)) + 1;
	const highest = Math.min(Math.ceil(before) - 1, head);
	const isRising = order === 'asc';
	/** The first number, in the page's direction, that nothing is known of yet. */
	let next = isRising ? lowest : highest;
	let bytes = 0;
	let complete = true;

	const missed = (from: number, to: number, reason: Gone['reason']): void => {
		const last = gone.at(-1);
		if (from > to) {
			return;
		}
		if (last?.reason === reason && (isRising ? last.to + 1 === from : last.from - 1 === to)) {
			gone.splice(-1, 1, { from: Math.min(last.from, from), to: Math.max(last.to, to), reason });
		} else {
			gone.push({ from, to, reason });
		}
	};
	/** Everything from `next` up to, and without, `sequence`: below the oldest the edge says why, above it ran out. */
	const missedUntil = (sequence: number): void => {
		if (isRising) {
			missed(next, Math.min(sequence, oldest) - 1, edge);
			missed(Math.max(next, oldest), sequence - 1, 'expired');
		} else {
			missed(Math.max(sequence + 1, oldest), next, 'expired');
			missed(sequence + 1, Math.min(next, oldest - 1), edge);
		}
	};

	for (const { sequence, text } of rows) {
		bytes += text === undefined ? 0 : Buffer.byteLength(text);
		if (entries.length >= limit || (bytes > maxBytes && entries.length > 0)) {
			complete = false;
			break;
		}
		missedUntil(sequence);
		next = sequence + (isRising ? 1 : -1);
		if (text === undefined) {
			missed(sequence, sequence, 'damaged');
		} else {
			entries.push({ sequence, text });
		}
	}
	if (complete) {
		missedUntil(isRising ? highest + 1 : lowest - 1);
	}
	if (!isRising) {
		entries.reverse();
		gone.reverse();
	}
	return { entries, complete, gone };
}
