/**
 * What others say cannot attack the terminal: strings of every hostile class in every place where the screen shows text
 * from elsewhere, drawn with the themes into a terminal that tells what it is made to do.
 */
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { cellWidth, graphemes } from '../../src/protocol/text.ts';
import { frameOf } from '../../src/tui/frame.ts';
import { partsOf } from '../../src/tui/lines/sizes.ts';
import { statusLine, topicLine } from '../../src/tui/lines/status.ts';
import { tabs } from '../../src/tui/lines/tabs.ts';
import type { Line, Room, Row, Screen, State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { emptyComposer, inserted } from '../../src/tui/slices/composer.ts';
import { darkTheme, lightTheme, monoTheme, paint, type Theme } from '../../src/tui/theme.ts';
import { hostileString } from '../helpers/hostile-strings.ts';
import { type HeadlessTerminal, openTerminal } from '../helpers/terminal.ts';
import { at, members, paneLines, pending, room, row, said, state, status, textOf } from './states.ts';

const count = Number(process.env['NATTER_HOSTILE_STRINGS'] ?? 10_000);
const seed = Number(process.env['NATTER_HOSTILE_SEED'] ?? Date.now() % 2 ** 31);
console.log(`${count} hostile strings from NATTER_HOSTILE_SEED=${seed}`);

const strings = fc.sample(hostileString, { numRuns: count, seed });
/** Each slot gets one string of so many, so that every string is drawn, most of them in two slots. */
const shares = 8;
const size = { columns: 80, rows: 60 };
const benign = 'an ordinary text';

/** A place for text from elsewhere, and the parts of the screen that it may change. */
interface Slot {
	readonly name: string;
	readonly put: (text: string) => State;
	/** Of that state what is drawn of the slot: cheaper than the whole screen. */
	readonly lines: (of: State) => readonly Line[];
	readonly changes: readonly (keyof Screen)[];
}

const active = (of: State) => of.rooms[0] as Room;
const pane = (of: State) => paneLines(of, active(of)).map(({ spans }) => spans);
const inRoom = (more: Partial<Room>) => state({ size, rooms: [room('general', { status: status(40), ...more })] });
const rows = (...all: readonly Row[]) => inRoom({ rows: all });
const linesOf: Record<string, (of: State) => readonly Line[]> = {
	pane,
	topic: (of) => [topicLine(of, active(of))],
	status: (of) => [statusLine(of, active(of), partsOf(of))],
	tabs: (of) => [tabs(of)],
	sidebar: (of) => (screen({ ...of, size: { columns: 100, rows: 10 } }).sidebar ?? []).slice(0, 3),
};

function slot(name: string, where: keyof typeof linesOf, put: Slot['put'], ...changes: (keyof Screen)[]): Slot {
	return { name, put, lines: linesOf[where] ?? pane, changes };
}

const slots: readonly Slot[] = [
	slot('content', 'pane', (text) => rows(said(7, '10:00', 'jo', text)), 'pane'),
	slot('marked content', 'pane', (text) => rows(said(7, '10:00', 'jo', `/me **${text}** \`${text}\``)), 'pane'),
	slot('code', 'pane', (text) => rows(said(7, '10:00', 'jo', `\`\`\`\n${text}\n\`\`\``)), 'pane'),
	slot('address', 'pane', (text) => rows(said(7, '10:00', 'jo', `https://a.example/${text} http://${text}`)), 'pane'),
	slot('nick', 'pane', (text) => rows(said(7, '10:00', text, 'hi'), said(8, '10:01', text, '/me waves')), 'pane'),
	slot(
		'answered message',
		'pane',
		(text) => rows(said(7, '10:00', text, text), said(8, '10:01', 'jo', 'yes', { replyTo: 7 })),
		'pane',
	),
	slot('error', 'pane', (text) => rows(row({ kind: 'told', at: at('10:00'), level: 'error', text })), 'pane'),
	slot(
		'names and reasons',
		'pane',
		(text) =>
			inRoom({
				rows: [
					row({ kind: 'traffic', at: at('10:00'), joined: [text, 'ana'], left: [text] }),
					row({ kind: 'cleared', upTo: 3, by: text }),
				],
				pending: [pending('10:12', text, text)],
			}),
		'pane',
	),
	slot('room', 'tabs', (text) => state({ size, rooms: [room('general'), room(text), room(`@${text}`)] }), 'tabs'),
	slot('topic', 'topic', (text) => inRoom({ topic: text }), 'topic'),
	slot(
		'filter',
		'topic',
		(text) => inRoom({ where: { text, filter: { field: 'verified', op: 'eq', value: true } } }),
		'topic',
	),
	slot(
		'status',
		'status',
		(text) => {
			const cause = { text, code: text };
			const link = { state: 'waiting', attempt: 2, offlineSince: at('10:11'), retryAt: at('10:13'), cause } as const;
			return { ...inRoom({}), link };
		},
		'status',
	),
	slot(
		'who types',
		'status',
		(text) => inRoom({ typing: [{ room: 'general', userId: text, until: at('10:13') }] }),
		'status',
	),
	slot(
		'away text',
		'sidebar',
		(text) =>
			inRoom({ members: members({ userId: text, state: 'online' }, { userId: 'kim', state: 'away', status: text }) }),
		'sidebar',
	),
];

/** What I type myself is drawn sign by sign, as it comes. */
const draft = slot(
	'draft',
	'pane',
	(text) => ({ ...inRoom({}), composer: inserted(emptyComposer, text) }),
	...(['input', 'pane', 'sidebar'] as const),
);

function shared(one: Slot, index: number) {
	return { ...one, texts: strings.filter((_, place) => (place + index) % shares === 0) };
}

const themes = [darkTheme, lightTheme, monoTheme];
const opened: HeadlessTerminal[] = [];
afterAll(() => {
	for (const terminal of opened) {
		terminal.close();
	}
});

function open(columns: number, height: number): HeadlessTerminal {
	const terminal = openTerminal(columns, height);
	opened.push(terminal);
	return terminal;
}

/** A sign and what it looks like. */
type Sign = readonly [text: string, ...looks: (boolean | number | undefined)[]];

// A blank shows only what is behind or below it; joiners are in the cells of what they join.
const invisible = /\p{Default_Ignorable_Code_Point}/gu;

/** What a line is to look like, sign by sign, with blanks for the rest of the row. */
function expected(line: Line, theme: Theme, columns: number): Sign[] {
	const signs: Sign[] = [];
	let column = 0;
	let place = 0;
	const styles = line.flatMap((span) => Array.from({ length: span.text.length }, () => span));
	for (const grapheme of graphemes(textOf(line))) {
		const { style = 'plain', target } = styles[place] ?? {};
		const on = theme.pair(style)?.on ?? [];
		const has = (code: number) => on.includes(code);
		const colour = on.map(colourOf).find((one) => one !== undefined);
		const isLink = target !== undefined && theme.links;
		if (cellWidth(grapheme) > 0) {
			signs.push(sign(grapheme, has(1), has(2), has(3), has(4) || isLink, has(9), has(7), colour));
		}
		column += cellWidth(grapheme);
		place += grapheme.length;
	}
	const blank = sign(' ', false, false, false, false, false, false, undefined);
	return [...signs, ...Array.from({ length: columns - column }, () => blank)];
}

function colourOf(code: number | string): number | undefined {
	const [, indexed] = /^38;5;(\d+)$/u.exec(String(code)) ?? [];
	const number = Number(code);
	return indexed !== undefined
		? Number(indexed)
		: number >= 30 && number < 38
			? number - 30
			: number >= 90 && number < 98
				? number - 82
				: undefined;
}

function sign(
	text: string,
	bold: boolean,
	dim: boolean,
	italic: boolean,
	...more: (boolean | number | undefined)[]
): Sign {
	const [underline, struck, inverse, colour] = more;
	return text.trim() === ''
		? [' ', inverse]
		: [text.replace(invisible, ''), bold, dim, italic, underline, struck, inverse, colour];
}

function shownOn(terminal: HeadlessTerminal): readonly Sign[][] {
	return terminal
		.cells()
		.map((cells) =>
			cells.map(({ text, bold, dim, italic, underline, struck, inverse, colour }) =>
				sign(text, bold, dim, italic, underline, struck, inverse, colour),
			),
		);
}

/** Indic vowel signs with a cell of their own: this terminal draws them within their letter's cell. */
function hasVowelSign(line: Line): boolean {
	return /\p{Mc}/u.test(textOf(line));
}

const ownLink = /^(?:|id=[\da-z]+);(?:https?:\/\/[\x21-\x7e]+)?$/u;

describe('hostile text', () => {
	it.each(slots.map(shared))(
		'as $name shows itself in its cells, in the looks of the theme, and does nothing else',
		{
			timeout: 120_000,
		},
		async ({ put, lines, texts }) => {
			const terminal = open(size.columns, size.rows);
			let frame: Line[] = [];
			let frames = 0;
			const check = async () => {
				const theme = themes[frames++ % themes.length] ?? darkTheme;
				const drawn = frame.map((line) => paint(line, theme));
				await terminal.show({ columns: size.columns, rows: drawn, cursor: { x: 0, y: 0 } });
				const shown = shownOn(terminal);
				for (const [index, line] of frame.entries()) {
					const [seen, meant] = [shown[index] ?? [], expected(line, theme, size.columns)];
					if (hasVowelSign(line)) {
						expect(seen.length).toBeGreaterThanOrEqual(meant.length);
					} else if (!isSame(seen, meant)) {
						console.log(JSON.stringify(textOf(line)), JSON.stringify(seen.map(([t]) => t).join('')));
						expect(seen).toEqual(meant);
					}
				}
				expect(terminal.happened()).toEqual([]);
			};
			for (const text of texts) {
				const drawn = lines(put(text));
				if (frame.length + drawn.length > size.rows) {
					await check();
					frame = [];
				}
				frame = [...frame, ...drawn].slice(-size.rows);
			}
			await check();
			expect(terminal.links().filter((link) => !ownLink.test(link))).toEqual([]);
		},
	);

	it.each([...slots, draft])(
		'as $name leaves the rest of the screen as it is',
		{ timeout: 60_000 },
		async ({ put, changes }) => {
			const terminal = open(100, 30);
			const show = async (text: string) => {
				const view = screen({ ...put(text), size: { columns: 100, rows: 30 } });
				await terminal.show(frameOf(view, darkTheme));
				return { view, rest: unchanged(shownOn(terminal), view, changes) };
			};
			const { rest: before } = await show(benign);
			for (const text of strings.slice(0, Math.ceil(count / 400))) {
				const { view, rest } = await show(text);
				if (!view.pane.some(hasVowelSign)) {
					expect(rest).toEqual(before);
				}
			}
			expect(terminal.happened()).toEqual([]);
		},
	);
});

function isSame(seen: readonly Sign[], meant: readonly Sign[]): boolean {
	return (
		seen.length === meant.length &&
		seen.every(
			(one, index) => one.length === meant[index]?.length && one.every((part, at) => part === meant[index]?.[at]),
		)
	);
}

/** The signs of those parts of the screen that may not change; of the pane's rows apart from the sidebar's beside them. */
function unchanged(shown: readonly Sign[][], view: Screen, changes: readonly (keyof Screen)[]): readonly unknown[] {
	const heightOf = (part: 'tabs' | 'topic' | 'upperRule' | 'lowerRule' | 'status' | 'hint') =>
		[part, view[part] === undefined ? 0 : 1] as const;
	const heights = [
		...[heightOf('tabs'), heightOf('topic'), heightOf('upperRule'), ['pane', view.pane.length] as const],
		...[heightOf('lowerRule'), heightOf('status'), ['input', view.input.length] as const, heightOf('hint')],
	];
	const width = view.size.columns - view.sidebarWidth;
	let from = 0;
	return heights.flatMap(([part, height]) => {
		const signs = shown.slice(from, from + height);
		from += height;
		const own = part === 'pane' ? signs.map((row) => row.slice(0, width)) : signs;
		const beside =
			part === 'pane' && !changes.includes('sidebar') ? signs.map((row) => row.slice(-view.sidebarWidth)) : [];
		return [part, changes.includes(part) ? [] : own, beside];
	});
}
