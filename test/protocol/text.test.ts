import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { clean, cleanContent, cleanLine, drawable, graphemes } from '../../src/protocol/text.ts';
import { hostileString } from '../helpers/hostile-strings.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

const emoji = String.raw`\p{RGI_Emoji}`;

function cleaned(text: string): string {
	const result = cleanContent(text, defaultLimits);
	return result.ok ? result.text : result.code;
}

describe('content', () => {
	test('is kept as it is when it is plain, indentation and inner blank lines included', () => {
		const code = '    if (a) {\n\n        b();\n    }';
		expect(cleaned(code)).toBe(code);
	});

	test.each([
		['every kind of line end becomes LF', 'a\r\nb\rc\vd\fe\x85f\u2028g\u2029h\ni', 'a\nb\nc\nd\ne\nf\ng\nh\ni'],
		['LF before CR is two line ends', 'a\n\rb', 'a\n\nb'],
		['a tab becomes four spaces', '\tif\tx', '    if    x'],
		['leading blank lines and trailing white space go', '\n \t\n  a\n b \n\n ', '  a\n b'],
		['C0 controls become their pictures', 'a\0b\x07c\x08d\x1b[31me\x1f', 'a␀b␇c␈d␛[31me␟'],
		['DEL becomes its picture', 'a\x7fb', 'a␡b'],
		['C1 controls become replacement characters', 'a\x80b\x9b31mc\x9f', 'a�b�31mc�'],
		['lone surrogates become replacement characters', '\ud800a\udfff\ud83d', '�a��'],
		['bidi controls go', 'a\u202eb\u2066c\u2069d\u061ce\u200ff', 'abcdef'],
		['zero-width and invisible characters go', 'a\u200bb\u2060c\ufeffd\u00ade\u034ff\u180eg\u2064h', 'abcdefgh'],
		['fillers and blanks go', 'a\u115fb\u1160c\u3164d\uffa0e\u2800f', 'abcdef'],
		['private use goes', 'a\ue000b\u{f0000}c\u{10fffd}d', 'abcd'],
		['noncharacters go', 'a\ufdd0b\uffffc\u{1fffe}d', 'abcd'],
		['tags go where they make no flag', 'a\u{e0061}b🏴\u{e0067}\u{e007f}c', 'ab🏴c'],
		[
			'a flag of tags stays',
			'🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
			'🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
		],
		['emoji stay whole', '👨‍👩‍👧‍👦 👍🏽 ❤️ 🇩🇪 1️⃣ 🏳️‍🌈 👁️‍🗨️', '👨‍👩‍👧‍👦 👍🏽 ❤️ 🇩🇪 1️⃣ 🏳️‍🌈 👁️‍🗨️'],
		['an emoji that was sent without its selectors gets them', '🏳‍🌈 1⃣', '🏳️‍🌈 1️⃣'],
		['emoji that do not exist fall into their parts', '👩‍👩‍👩‍👩 🚀‍a', '👩👩👩👩 🚀a'],
		['a joiner goes outside of emoji and scripts that join', 'a\u200db\u200cc', 'abc'],
		['a selector goes outside of emoji', 'a\ufe0fb\ufe0e1\ufe0f', 'ab1'],
		['half a flag becomes its letter', '🇽🇽 🇩', 'XX D'],
		['a skin tone by itself becomes a replacement character', 'a🏽', 'a�'],
		['Persian keeps its non-joiner, once', 'می‌‌خواهم', 'می‌خواهم'],
		['Bengali and Malayalam keep their joiners', 'র‍্য ന്‍', 'র‍্য ന്‍'],
		['a Han variant keeps its selector', '葛\u{e0100}a\u{e0100}', '葛\u{e0100}a'],
		['four marks stay on a letter and no more', `e${'\u0301'.repeat(9)}`, `e${'\u0301'.repeat(4)}`],
		['a mark without a letter goes', '\u0301a\n\u0301\u200cb', 'a\nb'],
		['a mark on an emoji goes, and a letter that would join it', '👍\u0301\u0301 🏳️‍🌈\u0e33\u0e49', '👍 🏳️‍🌈'],
		['decomposed letters are not composed', 'e\u0301', 'e\u0301'],
		[
			'letters of the world stay',
			'ß привет שָׁלוֹם مَرْحَبًا नमस्ते ไทย 日本語 한국어',
			'ß привет שָׁלוֹם مَرْحَبًا नमस्ते ไทย 日本語 한국어',
		],
	])('%s', (_, text, expected) => {
		expect(cleaned(text)).toBe(expected);
	});

	test.each([
		'',
		' \n\t ',
		'\u3000\u00a0',
		'\u200b\u2060',
		'\u3164',
		'\u0301',
		'\u2800\n\u115f',
		'\u202e\u202c',
		' \u0301',
	])('is refused as empty when nothing visible is left of %j', (text) => {
		expect(cleanContent(text, defaultLimits)).toMatchObject({ ok: false, code: 'empty' });
	});

	test('is measured in bytes of UTF-8', () => {
		const limits = { contentBytes: 6, contentLines: 1 };
		expect(cleanContent('日本', limits)).toEqual({ ok: true, text: '日本' });
		expect(cleanContent('日本a', limits)).toEqual({
			ok: false,
			code: 'too_large',
			detail: 'Expected at most 6 bytes of content',
		});
	});

	test('is refused as too large by its raw bytes, even when cleaning would remove them', () => {
		expect(cleanContent(`a${'\u200b'.repeat(3000)}`, defaultLimits)).toMatchObject({ code: 'too_large' });
	});

	test('is refused as too large when cleaning makes it so', () => {
		expect(cleanContent('\t'.repeat(3000).concat('a'), defaultLimits)).toMatchObject({ code: 'too_large' });
	});

	test('may have as many lines as the limit says, and not one more', () => {
		const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index}`).join('\r\n');
		expect(cleanContent(lines(100), defaultLimits)).toMatchObject({ ok: true });
		expect(cleanContent(lines(101), defaultLimits)).toEqual({
			ok: false,
			code: 'limit_exceeded',
			detail: 'Expected at most 100 lines, got 101',
		});
	});

	test('cleaned once is clean', () => {
		fc.assert(
			fc.property(hostileString, (text) => {
				const once = cleaned(text);
				expect(cleaned(once)).toBe(once);
				expect(clean(clean(text))).toBe(clean(text));
			}),
			{ numRuns: 10_000 },
		);
	});

	test('of any kind comes out well-formed, without controls, with at most four marks to a grapheme', () => {
		fc.assert(
			fc.property(hostileString, (text) => {
				const result = clean(text);
				expect(result.isWellFormed()).toBe(true);
				expect(result).not.toMatch(/(?!\n)\p{Cc}|\p{Co}|\p{Noncharacter_Code_Point}|\p{Bidi_Control}/u);
				for (const grapheme of graphemes(result)) {
					expect(grapheme.match(/\p{M}/gu)?.length ?? 0).toBeLessThanOrEqual(4);
				}
			}),
			{ numRuns: 10_000 },
		);
	});

	test('keeps no selector or joiner outside of emoji and scripts that need them', () => {
		fc.assert(
			fc.property(hostileString, (text) => {
				const rest = clean(text)
					.replace(new RegExp(emoji, 'gv'), '')
					.replace(/(?<=\p{Unified_Ideograph})[\u{e0100}-\u{e01ef}]/gu, '')
					.replace(/(?<=\p{scx=Mong})[\u180b-\u180f]/gu, '')
					.replace(/(?<=(?![\p{scx=Latn}\p{scx=Grek}\p{scx=Cyrl}\p{scx=Han}])\p{L}|\p{M})[\u200c\u200d]/gu, '');
				expect(rest).not.toMatch(/\p{Default_Ignorable_Code_Point}/u);
			}),
			{ numRuns: 5000 },
		);
	});

	test('is cleaned in linear time, whatever it is made of', () => {
		// Each of these is long enough that a quadratic step would take minutes.
		for (const unit of [
			'\u0301',
			'\u200b',
			'\u200d',
			'क्',
			'🇽',
			'👩\u200d',
			'\x1b[',
			' \n',
			'1\u20e3',
			'é ',
			'a\u0301',
			'\u200c🏽',
		]) {
			const long = clean(`é${unit.repeat(50_000)}`);
			expect(typeof long).toBe('string');
			expect(typeof drawable(long)).toBe('string');
		}
	});
});

describe('a line', () => {
	test('has its line ends replaced by a space and its edges trimmed', () => {
		expect(cleanLine(' a\r\n\nb\u2028c\x1b[31m ')).toBe('a b c␛[31m');
	});

	test('is cut with an ellipsis when it has more code points than asked for', () => {
		expect(cleanLine('abcdef', 6)).toBe('abcdef');
		expect(cleanLine('abcdefg', 6)).toBe('abcde…');
		expect(cleanLine('ab cdefg', 4)).toBe('ab…');
		expect(cleanLine('👨‍👩‍👧‍👦👍🏽x', 8)).toBe('👨‍👩‍👧‍👦…');
	});

	test('never fails, never exceeds its length and stays as it is when cleaned again', () => {
		fc.assert(
			fc.property(hostileString, fc.integer({ min: 1, max: 40 }), (text, maxCodePoints) => {
				const line = cleanLine(text, maxCodePoints);
				expect(Array.from(line).length).toBeLessThanOrEqual(maxCodePoints);
				expect(line).not.toContain('\n');
				expect(cleanLine(line, maxCodePoints)).toBe(line);
			}),
			{ numRuns: 5000 },
		);
	});

	test('is as cheap for a megabyte as for what fits', () => {
		expect(cleanLine('\u200d'.repeat(1024 * 1024).concat('a'), 20)).toBe('');
		expect(cleanLine('é'.repeat(1024 * 1024), 20)).toBe(`${'é'.repeat(19)}…`);
	});
});
