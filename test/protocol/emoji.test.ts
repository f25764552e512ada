/** Emoji are told from what only looks like them as Unicode's own list would tell them, but without asking it each time. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { clean } from '../../src/protocol/text.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

const emoji = String.raw`\p{RGI_Emoji}`;
const isEmoji = new RegExp(`^${emoji}$`, 'v');
const tones = ['\u{1f3fb}', '\u{1f3fd}', '\u{1f3ff}'];

function those(property: RegExp): string[] {
	return Array.from({ length: 0x20000 }, (_, code) => String.fromCodePoint(code)).filter((text) => property.test(text));
}

const pictures = those(/\p{Extended_Pictographic}/u);

/** What the emoji of several are made of, and what is not. */
const piece = fc.oneof(fc.constantFrom(...'👩👨🧑👧👦❤💋🏳🏴☠🌈⚧♀♂🦰🤝👁🗨🚀'), fc.constantFrom(...pictures));
const chain = fc
	.array(fc.tuple(piece, fc.constantFrom('', '', '', '\ufe0f', ...tones)), { minLength: 2, maxLength: 6 })
	.map((pieces) => pieces.map((parts) => parts.join('')).join('\u200d'));

describe('emoji', () => {
	test('of one character, with a skin tone and of two flag letters stay if they exist', () => {
		const letters = those(/\p{Regional_Indicator}/u);
		const candidates = [
			...pictures.flatMap((picture) => [picture, `${picture}\ufe0f`, ...tones.map((tone) => picture + tone)]),
			...letters.flatMap((first) => letters.map((second) => first + second)),
		];
		const existing = candidates.filter((text) => isEmoji.test(text));
		expect(existing.length).toBeGreaterThan(1900);
		expect(existing.filter((text) => clean(text) !== text)).toEqual([]);
	});

	test('that are joined stay if the whole exists, and else fall into the longest parts that do', () => {
		let whole = 0;
		fc.assert(
			fc.property(chain, (text) => {
				const expected = fullChain(text);
				whole += expected.includes('\u200d') ? 1 : 0;
				expect(clean(text)).toBe(expected);
			}),
			{ numRuns: 5000 },
		);
		expect(whole).toBeGreaterThan(50);
	});
});

const partOfChain = new RegExp(String.raw`(\p{Emoji_Modifier})|(${emoji})|[\u200d\ufe0f]`, 'gv');

/** The same in as few words as possible. */
function fullChain(text: string): string {
	const full = text
		.replaceAll('\ufe0f', '')
		.replace(/(?!\p{Emoji_Presentation})\p{Extended_Pictographic}(?!\p{Emoji_Modifier})/gu, '$&\ufe0f');
	return isEmoji.test(full)
		? full
		: text.replace(partOfChain, (_, tone?: string, emoji?: string) => (tone === undefined ? (emoji ?? '') : '\ufffd'));
}
