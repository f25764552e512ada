import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matches } from '../../src/tui/text/fuzzy.ts';

const found = (typed: string, ...texts: string[]) => matches(typed, texts, (text) => text).map((one) => one.candidate);
const places = (typed: string, text: string) => matches(typed, [text], (one) => one).map((one) => [...one.places]);

const word = fc.string({ unit: fc.constantFrom(...'abc'), minLength: 1, maxLength: 4 });

describe('a fuzzy search', () => {
	it('puts a beginning before beginnings of words before letters anywhere, however long the texts are', () => {
		fc.assert(
			fc.property(word, word, word, (typed, more, other) => {
				const beginning = `${typed}${more}-${other.repeat(9)}`;
				const words = `x-${typed}`;
				const scattered = `x${[...typed].join('x')}x`;
				expect(found(typed, scattered, words, beginning)).toEqual([beginning, words, scattered]);
			}),
		);
	});

	it('finds what has all that was typed in its order, and nothing else', () => {
		fc.assert(
			fc.property(word, fc.string({ unit: fc.constantFrom(...'abcx'), maxLength: 12 }), (typed, text) => {
				const pattern = new RegExp([...typed].join('.*'), 'u');
				expect(found(typed, text)).toEqual(pattern.test(text) ? [text] : []);
			}),
		);
	});

	it('keeps the order of equals, and of all when nothing is typed', () => {
		expect(found('a', 'ab', 'ac', 'ad')).toEqual(['ab', 'ac', 'ad']);
		expect(found(' ', 'z', 'a')).toEqual(['z', 'a']);
	});

	it('disregards case, accents and width', () => {
		expect(found('cafe', 'Café', 'ＣＡＦＥ')).toHaveLength(2);
		expect(found('日', '日本', '本日')).toEqual(['日本', '本日']);
	});

	it('takes initials for beginnings of words', () => {
		expect(found('gt', 'grant', 'germanTeam', 'german-team')).toEqual(['germanTeam', 'german-team', 'grant']);
	});

	it('puts what was typed in full first', () => {
		expect(found('den', 'denmark', 'den')).toEqual(['den', 'denmark']);
	});

	it('says where the letters are', () => {
		expect(places('gn', 'general')).toEqual([[0, 2]]);
		expect(places('fa', '👩 family')).toEqual([[3, 4]]);
	});
});
