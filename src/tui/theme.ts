/**
 * Turns styled text into text with colour codes. The codes are our own, not chalk's: chalk does not read NO_COLOR, and its
 * one global level cannot differ between a screen and its tests. On dark terminals only the 16 colours that people choose for
 * theirs are used. On light ones most of these are too pale to read as they come, so that darker ones of the 256 are.
 */
import type { Line, State, Style } from './model.ts';
import { hashOf } from './text/hash.ts';
import { inAscii } from './text/marks.ts';

export interface Theme {
	readonly name: string;
	/** Addresses can be clicked on, for who wants that. */
	readonly links: boolean;
	/** Natter's own signs are ASCII. @default false */
	readonly ascii?: boolean;
	/** The code pair of a style; none when it looks like the rest. */
	pair(style: Style): Pair | undefined;
}

/** The parameters of the sequences that begin and end a look. */
export interface Pair {
	readonly on: readonly Parameter[];
	readonly off: readonly Parameter[];
}

/** One that consists of several is a text, such as `38;5;88`. */
type Parameter = number | string;

const bold: Pair = { on: [1], off: [22] };
const dim: Pair = { on: [2], off: [22] };
const italic: Pair = { on: [3], off: [23] };
const boldItalic: Pair = { on: [1, 3], off: [23, 22] };
const underlined: Pair = { on: [4], off: [24] };
const struck: Pair = { on: [9], off: [29] };
const nickColours = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];

/** Colours of the 256, dark enough for white paper: red, green, brown, blue, purple, teal and shades of them. */
const darkNickColours = [24, 22, 94, 90, 18, 88, 58, 54, 23, 130].map((number) => `38;5;${number}`);

function coloured(colour: Parameter, ...others: readonly Pair[]): Pair {
	return { on: [...others.flatMap(({ on }) => on), colour], off: [39, ...others.flatMap(({ off }) => off)] };
}

/** A style that is no nick's. */
export type NamedStyle = Exclude<Style, `nick-${number}`>;

const colours: Partial<Record<NamedStyle, Pair>> = {
	dim,
	rule: dim,
	time: dim,
	me: bold,
	mention: coloured(33, bold),
	gap: coloured(33),
	lost: coloured(31),
	resumed: coloured(36),
	good: coloured(32),
	error: coloured(31, bold),
	'tab-active': bold,
	'tab-unread': coloured(36),
	hint: dim,
	link: underlined,
	bold,
	italic,
	'bold-italic': boldItalic,
	struck,
	code: coloured(36),
	quote: dim,
	found: coloured(33, underlined),
};

const weights: Partial<Record<NamedStyle, Pair>> = {
	dim,
	rule: dim,
	time: dim,
	me: bold,
	mention: bold,
	lost: bold,
	error: bold,
	'tab-active': bold,
	hint: dim,
	link: underlined,
	bold,
	italic,
	'bold-italic': boldItalic,
	struck,
	quote: dim,
	found: underlined,
};

const dark: Looks = { styles: colours, nicks: nickColours.map((colour) => coloured(colour)) };

const light: Looks = {
	styles: {
		...colours,
		mention: coloured('38;5;124', bold),
		gap: coloured('38;5;94'),
		found: coloured('38;5;94', underlined),
		lost: coloured('38;5;124'),
		resumed: coloured('38;5;24'),
		good: coloured('38;5;22'),
		error: coloured('38;5;124', bold),
		'tab-unread': coloured('38;5;24'),
		code: coloured('38;5;24'),
	},
	nicks: darkNickColours.map((colour) => coloured(colour)),
};

/** Weights and underlines alone. */
const mono: Looks = { styles: weights, nicks: [], links: false };

/** What a theme is made of. */
export interface Looks {
	/** A style that is not there looks like the rest. */
	readonly styles: Partial<Readonly<Record<NamedStyle, Pair>>>;
	/** Of which each nick has one. Empty: nicks look like the rest. */
	readonly nicks: readonly Pair[];
	/** @default true */
	readonly links?: boolean;
}

export const looksOf = { dark, light, mono } as const;

export function makeTheme(name: string, { styles, nicks, links = true }: Looks): Theme {
	return {
		name,
		links,
		pair: (style) => {
			const number = nickNumber(style);
			return Number.isNaN(number) ? styles[style as NamedStyle] : nicks[number % nicks.length];
		},
	};
}

export const darkTheme = makeTheme('dark', dark);
export const lightTheme = makeTheme('light', light);
export const monoTheme = makeTheme('mono', mono);

/** By which the background of the terminal says what is used, as far as it is known. */
export const autoTheme = 'auto';

/** The theme of this name among those that come with natter, and a person's own. */
function themeNamed(own: readonly Theme[], name: string): Theme | undefined {
	return [darkTheme, lightTheme, monoTheme, ...own].find((theme) => theme.name === name);
}

export function themeNames(own: readonly Theme[]): readonly string[] {
	return [autoTheme, darkTheme.name, lightTheme.name, monoTheme.name, ...own.map(({ name }) => name)];
}

/** What the screen is drawn with now. */
export function themeOf({ preferences: { theme, themes, ascii }, background }: State): Theme {
	const byBackground = background === 'light' ? lightTheme : darkTheme;
	const chosen = theme === autoTheme ? byBackground : (themeNamed(themes, theme) ?? byBackground);
	return ascii ? asciiOf(chosen) : chosen;
}

function asciiOf(theme: Theme): Theme {
	const known = asciiThemes.get(theme) ?? { ...theme, ascii: true };
	asciiThemes.set(theme, known);
	return known;
}

const asciiThemes = new WeakMap<Theme, Theme>();

/** A line as text for the terminal. The same line and theme give the same string. */
export function paint(line: Line, theme: Theme): string {
	let known = painted.get(theme);
	if (known === undefined) {
		known = new WeakMap();
		painted.set(theme, known);
	}
	let text = known.get(line);
	if (text === undefined) {
		text = line
			.map(({ text: own, style, target, isSign }) => {
				const shown = isSign === true && theme.ascii === true ? inAscii(own) : own;
				return linked(wear(shown, theme.pair(style)), theme.links ? target : undefined);
			})
			.join('');
		known.set(line, text);
	}
	return text;
}

const painted = new WeakMap<Theme, WeakMap<Line, string>>();

function wear(text: string, pair: Pair | undefined): string {
	return pair === undefined || text === '' ? text : `${codes(pair.on)}${text}${codes(pair.off)}`;
}

/** The parts of an address that is broken over lines have one id, so that they are one link. */
function linked(text: string, target: string | undefined): string {
	return target === undefined ? text : `\x1b]8;id=${hashOf(target).toString(36)};${target}\x07${text}\x1b]8;;\x07`;
}

function codes(parameters: readonly Parameter[]): string {
	return parameters.map((parameter) => `\x1b[${parameter}m`).join('');
}

function nickNumber(style: Style): number {
	return style.startsWith('nick-') ? Number(style.slice(5)) : Number.NaN;
}
