import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { placesOf, readSought, type Sought, says, soughtTerms, termsOf, wordsOf } from '../../src/protocol/words.ts';

/** What `query` finds in `text`: the parts of the text, or nothing. */
function found(text: string, query: string): readonly string[] {
	return placesOf(text, sought(query)).map(({ from, to }) => text.slice(from, to));
}

function sought(query: string): Sought {
	const read = readSought(query);
	if (read === undefined) {
		throw new Error(`Expected a word in ${JSON.stringify(query)}`);
	}
	return read;
}

describe('a text says what is sought', () => {
	test.each([
		['whatever the case', 'Release 2.4 FREEZE', 'freeze', ['FREEZE']],
		['whatever the accents, composed or not', 'Wörld wo\u0308rld', 'WORLD', ['Wörld', 'wo\u0308rld']],
		['with an accent in the search alone', 'el nino', 'niño', ['nino']],
		['with letters that have another case form', 'STRASSE straße', 'Straße', ['STRASSE', 'straße']],
		['with either small sigma', 'ΛΟΓΟΣ λόγος', 'λογοσ', ['ΛΟΓΟΣ', 'λόγος']],
		['with dotted and dotless i', 'İstanbul', 'istanbul', ['İstanbul']],
		['in any order', 'the old pool is gone', 'gone pool', ['pool', 'gone']],
		['with the last word as a beginning', 'deploys deploy deployment', 'deploy', ['deploys', 'deploy', 'deployment']],
		['with all that is written in one piece in a row', 'v2.4.0-rc3 and v2 4', 'v2.4.0', ['v2.4.0']],
		['beside punctuation', '"quoted"? (yes!)', 'quoted yes', ['quoted', 'yes']],
		['with a part of a Chinese sentence', '我们明天发布新版本', '发布', ['发布']],
		['with one Chinese character', '我们明天发布', '天', ['天']],
		['with kana, whose voicing marks count', 'かき がき', 'がき', ['がき']],
		['with halfwidth kana', 'ﾃﾞｰﾀ', 'データ', ['ﾃﾞｰﾀ']],
		['with a Korean word inside a longer one', '오늘 학교에서 봐', '학교', ['학교']],
		['with a Thai word inside a sentence', 'สวัสดีครับ', 'ดี', ['ดี']],
		['with an emoji', 'shipped 🎉🎉', '🎉', ['🎉🎉']],
		['without the vowels of Hebrew and Arabic', 'שָׁלוֹם مُحَمَّد', 'שלום محمد', ['שָׁלוֹם', 'مُحَمَّد']],
		['with vowel signs that are letters elsewhere', 'हिन्दी', 'हिन्दी', ['हिन्दी']],
	])('%s', (_, text, query, parts) => {
		expect(found(text, query)).toEqual(parts);
		expect(says(text, sought(query))).toBe(true);
	});

	test.each([
		['another word', 'deploy', 'rollback'],
		['one of two words', 'old pool', 'old bucket'],
		['a word that is only the beginning of one, before the last', 'deployment done', 'deploy done'],
		['the middle of a word', 'redeploy', 'deploy'],
		['what is written in one piece, but not in a row', '0.4.2', '2.4'],
		['characters of another order', '布发', '发布'],
		['kana with another voicing mark', 'かき', 'がき'],
		['the same consonant with another vowel sign', 'कि', 'की'],
	])('but not %s', (_, text, query) => {
		expect(says(text, sought(query))).toBe(false);
	});
});

test.each(['', '  ', '?!', '"* ^ ( ) -', '\0'])('there is nothing to be found by %j', (text) => {
	expect(readSought(text)).toBeUndefined();
});

// Few different characters, so that searches find something.
const piece = fc.constantFrom(
	...['a', 'B', 'ab', 'é', 'e\u0301', 'ß', '1', '½', ' ', ' ', '.', '-', '"', '*', '\0', '漢', '字', 'が', 'か', 'ｶﾞ'],
	...['ดี', 'ด', '학', '\u1112\u1161\u11a8', '🎉', '👍🏽', '\u0301', '\ud800', 'क', 'कि', 'א', 'אָ', 'İ', 'ς', '\n'],
);
const texts = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));

test('an index with the terms of texts finds every text that says what is sought', () => {
	fc.assert(
		fc.property(texts, fc.array(piece, { minLength: 1, maxLength: 5 }), (text, pieces) => {
			const read = readSought(pieces.join(''));
			if (read !== undefined && says(text, read)) {
				const terms = [...termsOf(text)];
				for (const { term, isBeginning } of soughtTerms(read)) {
					expect(terms.some((one) => (isBeginning ? one.startsWith(term) : one === term))).toBe(true);
				}
			}
		}),
		{ numRuns: 5000 },
	);
});

test('a text says every part of itself that begins and ends with a word', () => {
	fc.assert(
		fc.property(texts, fc.nat(), fc.nat(), (text, one, other) => {
			const words = wordsOf(text);
			const [first, last] = [one, other]
				.map((at) => words[at % words.length])
				.toSorted((a, b) => (a?.from ?? 0) - (b?.from ?? 0));
			if (first !== undefined && last !== undefined) {
				const part = text.slice(first.from, last.to);
				const read = sought(part);
				expect(says(text, read)).toBe(true);
				for (const { from, to } of placesOf(text, read)) {
					expect(wordsOf(text.slice(from, to)).length).toBeGreaterThan(0);
				}
			}
		}),
		{ numRuns: 3000 },
	);
});

test('what a text does not say as a whole stands in it as far as it says it', () => {
	expect(found('the old pool', 'pool of old water')).toEqual(['old', 'pool']);
	expect(found('v2.4', '2.4')).toEqual([]);
});

test('places are in order, do not touch, and are there when the text says it', () => {
	fc.assert(
		fc.property(texts, texts, (text, query) => {
			const read = readSought(query);
			if (read !== undefined) {
				const places = placesOf(text, read);
				expect(places.length > 0 || !says(text, read)).toBe(true);
				expect(places.every(({ from, to }, index) => from < to && from > (places[index - 1]?.to ?? -1))).toBe(true);
			}
		}),
		{ numRuns: 3000 },
	);
});

test('what is typed several times is sought once, and as the beginning of a word where it stands last', () => {
	const texts = (query: string) => sought(query).phrases.map((words) => words.map(({ text }) => text).join('-'));
	expect(texts('a '.repeat(127))).toEqual(['a', 'a']);
	expect(texts('A-b c á-B c d a-b')).toEqual(['a-b', 'c', 'd', 'a-b']);
	expect(says('ab', sought('a a'))).toBe(false);
});

/** Word by word and phrase by phrase, as slowly as it can be done. */
function slowly(text: string, query: string) {
	const words = wordsOf(text);
	const phrases = query
		.split(/\s+/u)
		.map(wordsOf)
		.filter((phrase) => phrase.length > 0);
	const hits = phrases.map((phrase, index) =>
		words.flatMap(({ from }, at) => {
			const isThere = phrase.every((word, offset) => {
				const said = words[at + offset]?.text ?? '';
				const isBeginning = index === phrases.length - 1 && offset === phrase.length - 1;
				return isBeginning ? said.startsWith(word.text) : said === word.text;
			});
			return isThere ? [{ from, to: words[at + phrase.length - 1]?.to ?? 0 }] : [];
		}),
	);
	const covered = new Set(
		hits.flat().flatMap(({ from, to }) => Array.from({ length: to - from }, (_, at) => from + at)),
	);
	return { says: hits.every((places) => places.length > 0), covered: [...covered].sort((one, other) => one - other) };
}

test('a text says what every phrase, looked for by itself, is found in, and there', () => {
	const few = fc.array(fc.constantFrom('a', 'b', 'ab', '-', ' ', ' ', '漢', '字'), { maxLength: 14 });
	fc.assert(
		fc.property(few, few, (text, query) => {
			const [said, typed] = [text.join(''), query.join('')];
			const read = readSought(typed);
			if (read !== undefined) {
				const covered = placesOf(said, read).flatMap(({ from, to }) =>
					Array.from({ length: to - from }, (_, at) => from + at),
				);
				expect({ says: says(said, read), covered }).toEqual(slowly(said, typed));
			}
		}),
		{ numRuns: 5000 },
	);
});

test('terms hold nothing that an index could take for something else, and are not longer than it takes', () => {
	fc.assert(
		fc.property(fc.oneof(texts, fc.string({ unit: 'binary' })), (text) => {
			for (const term of termsOf(text)) {
				expect(term).toMatch(/^[\p{L}\p{N}\p{M}\p{Extended_Pictographic}]+$/u);
				expect(term).not.toMatch(/[A-Z]/);
			}
		}),
	);
	expect([...termsOf('x'.repeat(1000))]).toEqual(['x'.repeat(64)]);
});
