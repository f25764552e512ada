import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { cellWidth, clean, cleanLine, drawable, graphemes } from '../../src/protocol/text.ts';
import { hostileClasses, hostileString } from '../helpers/hostile-strings.ts';
import { watchedTerminal } from '../helpers/watched-terminal.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

const { terminal, write } = watchedTerminal({ columns: 600, rows: 40 });
const small = watchedTerminal({ columns: 80, rows: 2 });

/** Indic vowel signs that have a cell of their own; this terminal draws them in the cell of their letter. */
function vowelSigns(text: string): number {
	return text.match(/\p{Mc}/gu)?.length ?? 0;
}

function expectColumn(column: number, text: string): void {
	const width = cellWidth(text);
	expect(column, JSON.stringify(text)).toBeLessThanOrEqual(width);
	expect(column, JSON.stringify(text)).toBeGreaterThanOrEqual(width - vowelSigns(text));
}

test('the watched terminal tells of everything that a text may not do', async () => {
	const attacks = [
		'\x07',
		'\x1b]0;t\x07',
		'\x1b[c',
		'\x1b[31m',
		'\x1bP$qm\x1b\\',
		'\x1b]52;c;aGk=\x07',
		'\x1bc',
		'\x1b]2;t\x9c',
	];
	const written = await Promise.all(attacks.map((attack) => write(attack)));
	expect(written.map(({ events }) => events)).toEqual([
		['bell'],
		['OSC 0', 'title'],
		['CSI c', 'report'],
		['CSI m'],
		['DCS q', 'report', 'ESC \\'],
		['OSC 52'],
		['ESC c'],
		['OSC 2', 'title'],
	]);
});

describe('written to a terminal', () => {
	test('hostile text does nothing but show characters, and the cursor stands where the text ends', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(hostileString, { minLength: 100, maxLength: 100 }), async (texts) => {
				const drawn = texts.map((text) => drawable(clean(text)));
				for (const [index, { events, row, column }] of (await Promise.all(drawn.map(write))).entries()) {
					const lines = (drawn[index] ?? '').split('\n');
					expect(events).toEqual([]);
					expect(row).toBe(lines.length - 1);
					expectColumn(column, lines.at(-1) ?? '');
				}
			}),
			{ numRuns: 100 },
		);
	});

	test('a hostile line stays on its line', async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(hostileString, { minLength: 100, maxLength: 100 }), async (texts) => {
				const lines = texts.map((text) => cleanLine(text));
				for (const [index, { events, row, column }] of (await Promise.all(lines.map(write))).entries()) {
					expect({ events, row }).toEqual({ events: [], row: 0 });
					expectColumn(column, lines[index] ?? '');
				}
			}),
			{ numRuns: 20 },
		);
	});

	test('no cell has another style than the default', async () => {
		await fc.assert(
			fc.asyncProperty(hostileString, async (text) => {
				const { row, column } = await write(drawable(clean(text)));
				for (let y = 0; y <= row; y++) {
					for (let x = 0; x <= column; x++) {
						const cell = terminal.buffer.active.getLine(y)?.getCell(x);
						expect(cell?.isAttributeDefault()).toBe(true);
					}
				}
			}),
			{ numRuns: 300 },
		);
	});
});

describe('a grapheme', () => {
	test.each(Object.entries(hostileClasses))(
		'of hostile class %s takes the cells that are counted for it',
		async (_, texts) => {
			await fc.assert(
				fc.asyncProperty(fc.array(texts, { minLength: 50, maxLength: 50 }), async (batch) => {
					const drawn = batch.flatMap((text) => graphemes(drawable(clean(text)).replaceAll('\n', '')));
					for (const [index, { column }] of (await Promise.all(drawn.map(small.write))).entries()) {
						expectColumn(column, drawn[index] ?? '');
					}
				}),
				{ numRuns: 10 },
			);
		},
	);

	test.each([
		['字', 2],
		['か', 2],
		['\u304b\u3099', 2],
		['ｶ', 1],
		['ｶ\uff9e', 2],
		['Ａ', 2],
		['한', 2],
		['\u1112\u1161\u11ab', 2],
		['\u1112', 2],
		['\u1161', 2],
		['👍', 2],
		['👍🏽', 2],
		['👨‍👩‍👧‍👦', 2],
		['🏳‍🌈', 2],
		['🫱🏻‍🫲🏿', 2],
		['🥹', 2],
		['🫠', 2],
		['☰', 2],
		['🇩🇪', 2],
		['🇽🇽', 2],
		['🏴󠁧󠁢󠁥󠁮󠁧󠁿', 2],
		['1️⃣', 2],
		['1⃣', 2],
		['❤', 1],
		['❤\ufe0e', 1],
		['❤\ufe0f', 2],
		['⌚', 2],
		['⌚\ufe0e', 2],
		['©', 1],
		['©️', 2],
		['e\u0301', 1],
		[`e${'\u0301'.repeat(20)}`, 1],
		['क', 1],
		['कि', 2],
		['कु', 1],
		['क्ष', 2],
		['กำ', 2],
		['กี่', 1],
		['ب', 1],
		['بَّ', 1],
		['שָׁ', 1],
		['…', 1],
		['─', 1],
		['␛', 1],
		['\u00a0', 1],
	])('%s takes %i cells', async (text, cells) => {
		const drawn = drawable(clean(text));
		expect(cellWidth(drawn)).toBe(cells);
		expectColumn((await small.write(drawn)).column, drawn);
	});
});
