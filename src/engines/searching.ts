import { readSought, type Sought, says } from '../protocol/words.ts';
import type { SearchQuery, StoredEntry } from './engine.ts';
import type { FoundRow } from './page.ts';

export interface Searched {
	readonly entries: readonly StoredEntry[];
	readonly from: number;
	readonly complete: boolean;
}

/** What is sought in a room, and between which numbers, both included. */
export interface Search {
	readonly sought: Sought;
	readonly lowest: number;
	readonly highest: number;
}

/** What looking at a row takes beside its text, in the same measure. */
const rowUnits = 100;

/** What a query means in a room as it is; `undefined` when there is nothing to look at. */
export function searchOf(
	{ text, before = Number.POSITIVE_INFINITY }: SearchQuery,
	{ head, oldest }: { readonly head: number; readonly oldest: number },
): Search | undefined {
	const sought = readSought(text);
	const highest = Math.min(Math.ceil(before) - 1, head);
	return sought === undefined || highest < oldest ? undefined : { sought, lowest: oldest, highest };
}

/**
 * Takes those rows, which come in descending order, that say what is sought, until `limit` or `maxBytes` is reached, or
 * so many UTF-16 units of text were looked at. It pulls no row more than it needs; one that is out of order is left out.
 */
export function fillSearch(rows: Iterable<FoundRow>, search: Search, query: SearchQuery, units: number): Searched {
	return finished(searchSteps(rows, search, query, { units, stepUnits: units }));
}

/** What a search in steps comes to, without a stop. */
export function finished(steps: Generator<undefined, Searched>): Searched {
	for (;;) {
		const step = steps.next();
		if (step.done === true) {
			return step.value;
		}
	}
}

/** The same, stopping for a moment whenever about `stepUnits` more were looked at. */
export function* searchSteps(
	rows: Iterable<FoundRow>,
	{ sought, lowest, highest }: Search,
	{ limit, maxBytes = Number.POSITIVE_INFINITY }: SearchQuery,
	{ units, stepUnits }: { readonly units: number; readonly stepUnits: number },
): Generator<undefined, Searched> {
	const entries: StoredEntry[] = [];
	let from = highest + 1;
	let bytes = 0;
	let looked = 0;
	let stop = stepUnits;
	for (const { sequence, text } of rows) {
		if (sequence >= from) {
			continue;
		}
		if (text !== undefined && says(String(JSON.parse(text).content), sought)) {
			bytes += Buffer.byteLength(text);
			if (entries.length >= limit || (bytes > maxBytes && entries.length > 0)) {
				return { entries, from, complete: false };
			}
			entries.push({ sequence, text });
		}
		from = sequence;
		looked += rowUnits + (text?.length ?? 0);
		if (looked >= units && from > lowest) {
			return { entries, from, complete: false };
		}
		if (looked >= stop) {
			stop = looked + stepUnits;
			yield;
		}
	}
	return { entries, from: lowest, complete: true };
}
