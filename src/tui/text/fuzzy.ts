/**
 * Finds what is meant by a few of its letters.
 *
 * fuzzysort finds the letters, without regard to case, accents and width. Which match is better is decided here: to its
 * scores a short text is better than one that was used a moment ago.
 */
import fuzzysort, { type Prepared } from 'fuzzysort';

/** What one search can be over, several times: preparing a text takes much longer than searching it. */
const mostPrepared = 4096;

const known = new Map<string, Prepared>();

export interface Match<T> {
	readonly candidate: T;
	/** UTF-16 places in the text that was searched. */
	readonly places: ReadonlySet<number>;
}

/** How the letters stand in it: they are all of it, its beginning, beginnings of words of it, or anywhere in this order. */
const ranks = ['whole', 'beginning', 'words', 'scattered'] as const;

type Rank = (typeof ranks)[number];

/** Those that have what is typed, the best first; among equals, and those that begin alike are equal, the order stays. All of them when nothing is typed. */
export function matches<T>(typed: string, candidates: readonly T[], textOf: (candidate: T) => string): Match<T>[] {
	if (typed.trim() === '') {
		return candidates.map((candidate) => ({ candidate, places: new Set<number>() }));
	}
	return candidates
		.flatMap((candidate) => {
			const text = textOf(candidate);
			const found = fuzzysort.single(typed, prepared(text));
			if (found === null) {
				return [];
			}
			const { indexes, score } = found;
			const rank = rankOf(text, indexes);
			return [{ candidate, places: new Set(indexes), rank, score: rank === 'scattered' ? score : 1 }];
		})
		.toSorted((one, other) => ranks.indexOf(one.rank) - ranks.indexOf(other.rank) || other.score - one.score);
}

function prepared(text: string): Prepared {
	const before = known.get(text);
	if (before !== undefined) {
		return before;
	}
	if (known.size >= mostPrepared) {
		known.clear();
	}
	const fresh = fuzzysort.prepare(text);
	known.set(text, fresh);
	return fresh;
}

function rankOf(text: string, places: readonly number[]): Rank {
	const starts = places.filter((place, index) => index === 0 || place !== (places[index - 1] ?? 0) + 1);
	if (starts.length === 1 && starts[0] === 0) {
		return places.length === text.length ? 'whole' : 'beginning';
	}
	return starts.every((place) => isWordStart(text, place)) ? 'words' : 'scattered';
}

/** After no letter and no digit, or a capital after a small one. */
function isWordStart(text: string, place: number): boolean {
	const before = text.slice(0, place);
	return !/[\p{L}\p{N}\p{M}]$/u.test(before) || (/\p{Ll}$/u.test(before) && /^\p{Lu}/u.test(text.slice(place)));
}
