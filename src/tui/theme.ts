/**
 * Turns styled text into text with colour codes. The codes are our own, not chalk's: chalk does not read NO_COLOR, and its
 * one global level cannot differ between a screen and its tests. Only the 16 colours that people choose for their terminal
 * are used, so that a screen fits a light terminal as well as a dark one.
 */
import type { Line, Style } from './model.ts';

export interface Theme {
	readonly name: 'colour' | 'mono' | 'bare';
	/** The code pair of a style; none when it looks like the rest. */
	pair(style: Style): Pair | undefined;
}

/** The parameters of the sequences that begin and end a look. */
interface Pair {
	readonly on: readonly number[];
	readonly off: readonly number[];
}

const bold: Pair = { on: [1], off: [22] };
const dim: Pair = { on: [2], off: [22] };
const underlined: Pair = { on: [4], off: [24] };
const nickColours = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];

function coloured(colour: number, ...others: readonly Pair[]): Pair {
	return { on: [...others.flatMap(({ on }) => on), colour], off: [39, ...others.flatMap(({ off }) => off)] };
}

type NamedStyle = Exclude<Style, `nick-${number}`>;

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
};

/** Colours, weights and underlines. */
export const colourTheme: Theme = {
	name: 'colour',
	pair: (style) => {
		const colour = nickColours[nickNumber(style) % nickColours.length];
		return colour === undefined ? colours[style as NamedStyle] : coloured(colour);
	},
};

/** Weights and underlines alone. */
export const monoTheme: Theme = {
	name: 'mono',
	pair: (style) => (Number.isNaN(nickNumber(style)) ? weights[style as NamedStyle] : undefined),
};

/** Text alone. */
export const bareTheme: Theme = { name: 'bare', pair: () => undefined };

/** The theme for these environment variables: no colour with NO_COLOR (https://no-color.org), no codes on a dumb terminal. */
export function themeFor(env: Readonly<Record<string, string | undefined>>): Theme {
	if (env['TERM'] === 'dumb') {
		return bareTheme;
	}
	return env['NO_COLOR'] === undefined || env['NO_COLOR'] === '' ? colourTheme : monoTheme;
}

/** A line as text for the terminal. The same line and theme give the same string. */
export function paint(line: Line, theme: Theme): string {
	let known = painted.get(theme);
	if (known === undefined) {
		known = new WeakMap();
		painted.set(theme, known);
	}
	let text = known.get(line);
	if (text === undefined) {
		text = line.map((span) => wear(span.text, theme.pair(span.style))).join('');
		known.set(line, text);
	}
	return text;
}

const painted = new WeakMap<Theme, WeakMap<Line, string>>();

function wear(text: string, pair: Pair | undefined): string {
	return pair === undefined || text === '' ? text : `${codes(pair.on)}${text}${codes(pair.off)}`;
}

// One sequence for each parameter: Ink's tokenizer takes them apart that way.
function codes(parameters: readonly number[]): string {
	return parameters.map((parameter) => `\x1b[${parameter}m`).join('');
}

function nickNumber(style: Style): number {
	return style.startsWith('nick-') ? Number(style.slice(5)) : Number.NaN;
}
