import type { GapReason } from '../protocol/frames.ts';
import type { Gone, RangeQuery, RoomState, StoredEntry } from './engine.ts';

/** A stored message as it was found; without a text it is past its own time. */
export interface FoundRow {
	readonly sequence: number;
	readonly text: string | undefined;
}

export interface FilledPage {
	readonly entries: readonly StoredEntry[];
	readonly complete: boolean;
	readonly gone: readonly Gone[];
}

/** Where the room stands, and what it means when a number from `oldest` on has no row at all. */
export interface Standing extends Omit<RoomState, 'epoch'> {
	readonly absent: GapReason;
}

/**
 * Takes rows, which come in the query's order, until `limit` or `maxBytes` is reached, and names every number of the
 * range that it passed without a text: as far as its last entry, or to the range's end when the page is complete. It
 * stops pulling at the first text that does not fit. A row that is out of order is left out.
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
	{ head, oldest, edge, absent }: Standing,
): FilledPage {
	const lowest = Math.max(0, Math.floor(after)) + 1;
	const highest = Math.min(Math.ceil(before) - 1, head);
	const isRising = order === 'asc';
	const entries: StoredEntry[] = [];
	const missed = new MissedRanges(isRising);
	/** What was missed since the last entry. */
	let since: Gone[] = [];
	/** The first number, in the page's direction, that nothing is known of yet. */
	let next = isRising ? lowest : highest;
	let bytes = 0;
	let complete = true;

	/** Notes everything from `next` up to, and without, `sequence`: below the oldest the edge says why. */
	const missUntil = (sequence: number): void => {
		const [from, to] = isRising ? [next, sequence - 1] : [sequence + 1, next];
		const below: Gone = { from, to: Math.min(to, oldest - 1), reason: edge };
		const above: Gone = { from: Math.max(from, oldest), to, reason: absent };
		since.push(...(isRising ? [below, above] : [above, below]));
	};

	for (const { sequence, text } of rows) {
		if (isRising ? sequence < next : sequence > next) {
			continue;
		}
		if (text !== undefined) {
			bytes += Buffer.byteLength(text);
			if (entries.length >= limit || (bytes > maxBytes && entries.length > 0)) {
				complete = false;
				break;
			}
		}
		if (sequence !== next) {
			missUntil(sequence);
		}
		next = sequence + (isRising ? 1 : -1);
		if (text === undefined) {
			since.push({ from: sequence, to: sequence, reason: 'expired' });
		} else {
			missed.add(since);
			since = [];
			entries.push({ sequence, text });
		}
	}
	if (complete) {
		missUntil(isRising ? highest + 1 : lowest - 1);
		missed.add(since);
	}
	return { entries: isRising ? entries : entries.reverse(), complete, gone: missed.ascending() };
}

/** Ranges in a page's direction; neighbours with one reason are one range. */
class MissedRanges {
	readonly #isRising: boolean;
	readonly #ranges: Gone[] = [];

	constructor(isRising: boolean) {
		this.#isRising = isRising;
	}

	add(ranges: readonly Gone[]): void {
		for (const { from, to, reason } of ranges) {
			const last = this.#ranges.at(-1);
			const touches = this.#isRising ? last?.to === from - 1 : last?.from === to + 1;
			if (from > to) {
				continue;
			}
			if (last?.reason === reason && touches) {
				this.#ranges.pop();
				this.#ranges.push({ from: Math.min(last.from, from), to: Math.max(last.to, to), reason });
			} else {
				this.#ranges.push({ from, to, reason });
			}
		}
	}

	ascending(): readonly Gone[] {
		return this.#isRising ? this.#ranges : this.#ranges.reverse();
	}
}
