import { describe, expect, it } from 'vitest';
import { readTheme, styleTexts } from '../../src/tui/looks.ts';
import type { Line, Style } from '../../src/tui/model.ts';
import { span } from '../../src/tui/text/spans.ts';
import { darkTheme, lightTheme, monoTheme, paint, type Theme, themeOf } from '../../src/tui/theme.ts';
import { begun, play, sending, told } from './happenings.ts';

const line = [span('a', 'dim'), span('b'), span('c', 'error'), span('d', 'nick-3'), span('', 'good')];
const nicks = Array.from({ length: 10 }, (_, number) => `nick-${number}` as const);
const styles = [...Object.keys(styleTexts), ...nicks] as Style[];

/** The colour of the text, if any. */
function inkOf(theme: Theme, style: Style) {
	return theme.pair(style)?.on.find((code) => (Number(code) >= 30 && Number(code) < 98) || /^38;/u.test(String(code)));
}

/** As xterm shows it: of 0..255, or of one of the 16. */
function rgbOf(code: number | string): readonly number[] {
	const number = Number(/^38;5;(\d+)$/u.exec(String(code))?.[1] ?? Number.NaN);
	if (Number.isNaN(number)) {
		throw new Error(`${code} is as the terminal has it`);
	}
	if (number >= 232) {
		return [0, 0, 0].map(() => 8 + (number - 232) * 10);
	}
	const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
	return [Math.floor((number - 16) / 36), Math.floor((number - 16) / 6) % 6, (number - 16) % 6].map(level);
}

/** By WCAG 2. */
function contrastToWhite(code: number | string): number {
	const [red = 0, green = 0, blue = 0] = rgbOf(code).map((part) =>
		part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
	);
	return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}

describe('a theme', () => {
	it('ends every look that it begins', () => {
		expect(paint(line, darkTheme)).toBe('\x1b[2ma\x1b[22mb\x1b[1m\x1b[31mc\x1b[39m\x1b[22m\x1b[35md\x1b[39m');
		expect(paint(line, lightTheme)).toBe(
			'\x1b[2ma\x1b[22mb\x1b[1m\x1b[38;5;124mc\x1b[39m\x1b[22m\x1b[38;5;90md\x1b[39m',
		);
	});

	it('without colour has weights alone', () => {
		expect(paint(line, monoTheme)).toBe('\x1b[2ma\x1b[22mb\x1b[1mc\x1b[22md');
		expect(styles.map((style) => inkOf(monoTheme, style)).filter((ink) => ink !== undefined)).toEqual([]);
	});

	it('makes links of addresses where there are colours', () => {
		const address: Line = [{ text: 'x', style: 'link', target: 'https://a.example/' }, span('y')];
		const painted = '\x1b]8;id=t0whxi;https://a.example/\x07\x1b[4mx\x1b[24m\x1b]8;;\x07y';
		expect([darkTheme, lightTheme].map((theme) => paint(address, theme))).toEqual([painted, painted]);
		expect(paint(address, monoTheme)).toBe('\x1b[4mx\x1b[24my');
		const mine = readTheme('mine', { base: 'mono' });
		expect(mine.ok && paint(address, mine.theme)).toBe('\x1b[4mx\x1b[24my');
	});

	it('gives every nick a colour, and the same nick the same', () => {
		for (const theme of [darkTheme, lightTheme]) {
			expect(new Set(nicks.map((nick) => inkOf(theme, nick))).size).toBe(nicks.length);
			for (let number = 0; number < 40; number++) {
				expect(theme.pair(`nick-${number}`)).toBe(theme.pair(`nick-${number + 10}`));
			}
		}
	});

	it('for light terminals has no colour that is hard to read on white', () => {
		const inks = styles.map((style) => inkOf(lightTheme, style)).filter((ink) => ink !== undefined);
		expect(inks.length).toBeGreaterThan(nicks.length);
		expect(inks.filter((ink) => contrastToWhite(ink) < 4.5)).toEqual([]);
	});
});

describe("a theme of one's own", () => {
	it('says of some styles what they look like, and leaves the rest to another theme', () => {
		const read = readTheme('mine', {
			base: 'light',
			mention: 'bold bright-red on #000000',
			error: 'plain',
			gap: '208',
			nicks: ['Blue', 'reverse 20'],
		});
		const theme = read.ok ? read.theme : undefined;
		expect(theme?.name).toBe('mine');
		expect(theme?.pair('mention')).toEqual({ on: [1, 91, '48;2;0;0;0'], off: [49, 39, 22] });
		expect(theme?.pair('error')).toEqual({ on: [], off: [] });
		expect(theme?.pair('gap')).toEqual({ on: ['38;5;208'], off: [39] });
		expect(theme?.pair('lost')).toEqual(lightTheme.pair('lost'));
		expect([theme?.pair('nick-2'), theme?.pair('nick-3')]).toEqual([
			{ on: [34], off: [39] },
			{ on: [7, '38;5;20'], off: [39, 27] },
		]);
	});

	it.each([
		['dark', {}, '', 'natter has a theme of this name; call it otherwise'],
		['mine', { base: 'darkest' }, 'base', 'expected dark, light, mono'],
		[
			'mine',
			{ mension: 'bold' },
			'mension',
			expect.stringMatching(/^there is no such style; there are base, nicks, plain/),
		],
		['mine', { gap: 'bold purple' }, 'gap', expect.stringMatching(/^expected a look such as/)],
		['mine', { gap: '256' }, 'gap', expect.stringMatching(/^expected a look/)],
		['mine', { gap: '' }, 'gap', expect.stringMatching(/^expected a look/)],
		['mine', { gap: 'red on' }, 'gap', expect.stringMatching(/^expected a look/)],
		['mine', { gap: ['red'] }, 'gap', expect.stringMatching(/^expected a look/)],
		['mine', { nicks: ['red', '#12345'] }, 'nicks[1]', expect.stringMatching(/^expected a look/)],
	])('%s %j is refused, with its field', (name, written, field, detail) => {
		expect(readTheme(name, written)).toEqual({ ok: false, field, detail });
	});
});

describe('which theme the screen has', () => {
	const mine = readTheme('mine', { me: 'red' });
	const themes = mine.ok ? [mine.theme] : [];
	const { preferences } = begun();

	it('is by itself the one for the background that the terminal tells', () => {
		expect(themeOf(begun())).toBe(darkTheme);
		expect(themeOf(play(begun(), { type: 'background', background: 'light' }).state)).toBe(lightTheme);
		const chosen = begun({ preferences: { ...preferences, theme: 'dark' } });
		expect(themeOf(play(chosen, { type: 'background', background: 'light' }).state)).toBe(darkTheme);
	});

	it('is changed at once by /theme, which also tells what there is', () => {
		const before = begun({ preferences: { ...preferences, themes } });
		const listed = play(before, ...sending('/theme')).state;
		expect(told(listed).at(-1)).toBe('Themes: auto (now), dark, light, mono, mine');
		const after = play(before, ...sending('/theme mine')).state;
		expect(themeOf(after)).toBe(themes[0]);
		expect(told(play(after, ...sending('/theme pink')).state).at(-1)).toBe(
			'There is no theme pink; there are auto, dark, light, mono, mine (now)',
		);
	});
});
