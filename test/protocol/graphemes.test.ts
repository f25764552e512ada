import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test, vi } from 'vitest';
import { isSettled } from '../../src/protocol/graphemes.ts';
import { cellWidth, clean, drawable, graphemes } from '../../src/protocol/text.ts';
import { hostileString } from '../helpers/hostile-strings.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

const segmenter = new Intl.Segmenter();

function segments(text: string): string[] {
	return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function* codePoints(): Generator<string> {
	for (let code = 0; code <= 0x10ffff; code++) {
		if (code < 0xd800 || code > 0xdfff) {
			yield String.fromCodePoint(code);
		}
	}
}

describe('settled text', () => {
	const settled = Array.from(codePoints()).filter(isSettled);

	test('is what most people write', () => {
		for (const text of [
			'hello, world!',
			'grüße',
			'привет',
			'γειά',
			'日本語かなカナ、。',
			'한국어',
			'┌─┐',
			'a\nb',
			'“quoted” – €5',
			'✓ live',
		]) {
			expect(isSettled(text), text).toBe(true);
		}
		for (const text of ['\t', '\r', '\x7f', '👍', 'e\u0301', '\u00ad', '\u200b', 'नम', '\ud800', '１\ufe0f']) {
			expect(isSettled(text), text).toBe(false);
		}
	});

	test('is clean, drawable and one grapheme per unit, with the width that Ink counts', () => {
		expect(settled.length).toBeGreaterThan(34_000);
		expect(
			settled.filter((text) => /\p{M}|\p{Cf}|\p{Default_Ignorable_Code_Point}|\p{Cn}|(?!\n)\p{Cc}/u.test(text)),
		).toEqual([]);
		expect(settled.filter((text) => text.normalize('NFC') !== text)).toEqual([]);
		expect(settled.filter((text) => cellWidth(text) !== stringWidth(text))).toEqual([]);
		// Beside a unit that is not settled the long way is taken; it leaves the settled one alone.
		expect(settled.filter((text) => text !== '\n' && clean(`${text}\u0301`) !== `${text}\u0301`)).toEqual([]);
	});

	test('does not join with what stands beside it', () => {
		fc.assert(
			fc.property(fc.array(fc.constantFrom(...settled), { maxLength: 20 }), (units) => {
				const text = units.join('');
				expect(graphemes(text)).toEqual(units);
				expect(segments(text)).toEqual(units);
				expect(cellWidth(text)).toBe(stringWidth(text));
			}),
			{ numRuns: 2000 },
		);
	});
});

describe('graphemes', () => {
	test('are those of Unicode, and nothing is lost', () => {
		fc.assert(
			fc.property(fc.oneof(hostileString, hostileString.map(clean)), (text) => {
				expect(graphemes(text)).toEqual(segments(text));
			}),
			{ numRuns: 2000 },
		);
	});

	test('have the widths that their line has', () => {
		fc.assert(
			fc.property(hostileString, (text) => {
				for (const line of drawable(clean(text)).split('\n')) {
					const widths = graphemes(line).map(cellWidth);
					expect(widths.reduce((sum, width) => sum + width, 0)).toBe(cellWidth(line));
					expect(widths.every((width) => width > 0)).toBe(true);
				}
			}),
			{ numRuns: 2000 },
		);
	});
});

describe('the drawable form', () => {
	test('of most text is the text itself', () => {
		for (const text of [
			'hello',
			'привет',
			'नमस',
			'日本',
			'한글',
			'👍🏽 👨‍👩‍👧‍👦 ❤️ 🇩🇪',
			'a\n  b',
			'مرحبا می‌خواهم',
			'ไทย',
		]) {
			expect(drawable(text)).toBe(text);
		}
	});

	test.each([
		['composes letters and syllables', 'e\u0301 \u1112\u1161\u11ab か\u3099', 'é 한 が'],
		['shows jamo that make no syllable as letters', '\u1100\u1100\u1161 \u11a8', 'ㄱ가 ㄱ'],
		['composes halfwidth kana with their voiced marks', 'ｶﾞﾊﾟ ｱﾞ ﾞ', 'ガパ ｱ゛ ゛'],
		['parts conjuncts', 'क्षा', 'क्\u200cषा'],
		['parts Thai AM from its mark', 'น้ำ ำ', 'น้ํา ◌ํา'],
		['asks for two cells where tables differ', '🥹 ☰', '🥹\ufe0f ☰\ufe0f'],
		['replaces what is not assigned', 'a\u0378', 'a\ufffd'],
		['replaces signs that reach over the next ones', '\u06dd12', '\ufffd12'],
		['leaves out marks that are too new', 'a\u{1e08f}b', 'ab'],
	])('%s', (_, text, expected) => {
		expect(drawable(text)).toBe(expected);
	});

	test('has no drawable form but itself', () => {
		fc.assert(
			fc.property(hostileString.map(clean), (text) => {
				expect(drawable(drawable(text))).toBe(drawable(text));
			}),
			{ numRuns: 5000 },
		);
	});

	test('has as many lines', () => {
		fc.assert(
			fc.property(hostileString.map(clean), (text) => {
				expect(drawable(text).split('\n')).toHaveLength(text.split('\n').length);
			}),
			{ numRuns: 1000 },
		);
	});
});
