/**
 * Themes that people write for themselves: for a style a look in words, such as `bold yellow` or `#ffffff on blue`.
 */
import { autoTheme, type Looks, looksOf, makeTheme, type NamedStyle, type Pair, type Theme } from './theme.ts';

/** What each style is for. A theme names some of them. */
export const styleTexts: Readonly<Record<NamedStyle, string>> = {
	plain: 'all else',
	dim: 'what is less important',
	rule: 'lines between the panes',
	time: 'times of messages',
	me: 'my nick, and names of keys and commands',
	mention: 'what names me',
	gap: 'what is waited for',
	lost: 'what is lost',
	resumed: 'what was missed',
	good: 'what went well',
	error: 'what went wrong',
	tab: 'rooms',
	'tab-active': 'the room on screen, and headings',
	'tab-unread': 'rooms with something new',
	input: 'what is typed',
	hint: 'what keys do',
	link: 'addresses, and keys in hints',
	bold: '`**bold**`',
	italic: '`*italic*` and `_italic_`',
	'bold-italic': '`***both***`',
	struck: '`~~struck~~`',
	code: 'code, between backticks or fences',
	quote: 'what a message answers',
	found: 'what was looked for, in what was found',
};

/** By which a theme gives the looks among which nicks are shared out. */
const nicksField = 'nicks';

/** By which a theme says what it is like where it says nothing. */
const baseField = 'base';

type ReadTheme =
	| { readonly ok: true; readonly theme: Theme }
	/** `field` is the path below the theme, such as `nicks[1]`. */
	| { readonly ok: false; readonly field: string; readonly detail: string };

/** Reads a theme of a person's own. */
export function readTheme(name: string, written: Readonly<Record<string, string | readonly string[]>>): ReadTheme {
	if ([autoTheme, ...Object.keys(looksOf)].includes(name)) {
		return { ok: false, field: '', detail: 'natter has a theme of this name; call it otherwise' };
	}
	const { [baseField]: base = 'dark', [nicksField]: nicks, ...styles } = written;
	const below: Looks | undefined = looksOf[base as keyof typeof looksOf];
	if (below === undefined) {
		return { ok: false, field: baseField, detail: `expected ${Object.keys(looksOf).join(', ')}` };
	}
	const ownStyles: Partial<Record<NamedStyle, Pair>> = {};
	for (const [style, look] of Object.entries(styles)) {
		if (!isStyle(style)) {
			const known = [baseField, nicksField, ...Object.keys(styleTexts)].join(', ');
			return { ok: false, field: style, detail: `there is no such style; there are ${known}` };
		}
		const pair = typeof look === 'string' ? readLook(look) : undefined;
		if (pair === undefined) {
			return { ok: false, field: style, detail: lookDetail };
		}
		ownStyles[style] = pair;
	}
	const ownNicks: Pair[] = [];
	for (const [index, look] of (nicks === undefined ? [] : [nicks].flat()).entries()) {
		const pair = readLook(look);
		if (pair === undefined) {
			return { ok: false, field: `${nicksField}[${index}]`, detail: lookDetail };
		}
		ownNicks.push(pair);
	}
	const looks = {
		...below,
		styles: { ...below.styles, ...ownStyles },
		nicks: nicks === undefined ? below.nicks : ownNicks,
	};
	return { ok: true, theme: makeTheme(name, looks) };
}

function isStyle(name: string): name is NamedStyle {
	return Object.hasOwn(styleTexts, name);
}

const lookDetail = 'expected a look such as "bold yellow", "dim", "208", "#ff8800 on black" or "plain"';

const weights: Readonly<Record<string, readonly [on: number, off: number]>> = {
	bold: [1, 22],
	dim: [2, 22],
	italic: [3, 23],
	underline: [4, 24],
	reverse: [7, 27],
	strike: [9, 29],
};

const colourNames = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Weights and a colour in any order, `on` before the colour behind the text; `plain` alone for none of them. */
function readLook(written: string): Pair | undefined {
	const words = written.trim().toLowerCase().split(/\s+/u);
	if (words.length === 1 && words[0] === 'plain') {
		return { on: [], off: [] };
	}
	const pairs: Pair[] = [];
	for (let index = 0; index < words.length; index++) {
		const isBehind = words[index] === 'on';
		const word = words[isBehind ? ++index : index] ?? '';
		const weight = isBehind ? undefined : weights[word];
		const colour = readColour(word, isBehind);
		if (weight !== undefined) {
			pairs.push({ on: [weight[0]], off: [weight[1]] });
		} else if (colour !== undefined) {
			pairs.push({ on: [colour], off: [isBehind ? 49 : 39] });
		} else {
			return undefined;
		}
	}
	return { on: pairs.flatMap(({ on }) => on), off: pairs.toReversed().flatMap(({ off }) => off) };
}

function readColour(word: string, isBehind: boolean): number | string | undefined {
	const [, bright, name] = /^(bright-)?(.+)$/u.exec(word) ?? [];
	const place = colourNames.indexOf(name ?? '');
	if (place !== -1) {
		return (bright === undefined ? 30 : 90) + place + (isBehind ? 10 : 0);
	}
	if (/^\d{1,3}$/u.test(word) && Number(word) < 256) {
		return `${isBehind ? 48 : 38};5;${word}`;
	}
	const [, red, green, blue] = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/u.exec(word) ?? [];
	const parts = [red, green, blue].map((part) => Number.parseInt(part ?? '', 16));
	return red === undefined ? undefined : `${isBehind ? 48 : 38};2;${parts.join(';')}`;
}
