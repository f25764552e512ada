import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth, clean, drawable } from '../../src/protocol/text.ts';
import type { Line, Row, State } from '../../src/tui/model.ts';
import { defaultPreferences } from '../../src/tui/preferences.ts';
import { screen } from '../../src/tui/selectors.ts';
import { marks } from '../../src/tui/text/marks.ts';
import { blocksOf, piecesOf } from '../../src/tui/text/markup.ts';
import { hostileString } from '../helpers/hostile-strings.ts';
import { paneLines, pending, room, said, state, status, textOf } from './states.ts';

/** The lines of the pane in so many columns, without the rule of the day. */
function lines(columns: number, rows: readonly Row[], more: Partial<State> = {}): Line[] {
	const general = room('general', { rows, status: status(40), older: 'unknown' });
	const view = { sidebar: 'hidden', numbers: false } as const;
	const whole = state({ rooms: [general], size: { columns, rows: 30 }, view, ...more });
	const active = whole.rooms[0];
	const all = active === undefined ? [] : paneLines(whole, active);
	return all
		.filter(({ key, line }) => key.startsWith('said') && !(key === 'said-1' && line === 0))
		.map(({ spans }) => spans);
}

const shown = (columns: number, rows: readonly Row[], more: Partial<State> = {}) =>
	`\n${lines(columns, rows, more)
		.map((line) => textOf(line).trimEnd())
		.join('\n')}\n`;

/** What of a line is in a look of its own. */
const styled = (line: Line | undefined) =>
	line
		?.filter(({ text, style }) => text.trim() !== '' && style !== 'plain')
		.map(({ text, style }) => `${style.replace(/-\d+/u, '')}: ${text.trim()}`);

describe('a message', () => {
	const code =
		'it is in:\n```ts\nif (ready) {\n    start({ port: 8080, host: "127.0.0.1" });\n}\n```\nline 2 **of** it';

	it('has a bar before its code, under which long lines go on', () => {
		const rows = [said(1, '10:00', 'jo', code)];
		expect(shown(60, rows)).toMatchInlineSnapshot(`
			"
			 10:00 jo    it is in:
			             ┆ if (ready) {
			             ┆     start({ port: 8080, host: "127.0.0.1" });
			             ┆ }
			             line 2 of it
			"
		`);
		expect(shown(40, rows)).toMatchInlineSnapshot(`
			"
			 10:00 jo   it is in:
			            ┆ if (ready) {
			            ┆     start({ port: 8080,
			            ┆ host: "127.0.0.1" });
			            ┆ }
			            line 2 of it
			"
		`);
		expect(shown(20, rows)).toMatchInlineSnapshot(`
			"
			 jo   it is in:
			      ┆ if (ready) {
			      ┆     start({
			      ┆ port: 8080,
			      ┆ host:
			      ┆ "127.0.0.1"
			      ┆ });
			      ┆ }
			      line 2 of it
			"
		`);
	});

	it('may be code alone, with its number, marks and what is said about it around', () => {
		const rows = [
			said(1, '10:00', 'jo', '```\na\n```'),
			said(2, '10:01', 'sam', '```\nb\n```', { writtenAt: Date.parse('2026-11-23T09:00:00Z') }),
			said(3, '10:02', 'jo', '/me ```c```'),
		];
		expect(shown(60, rows, { view: { sidebar: 'hidden', numbers: true } })).toMatchInlineSnapshot(`
			"
			 10:00 jo    #1
			             ┆ a
			 10:01 sam   #2
			             ┆ b
			             (written 09:00)                              ✓
			 10:02     * #3 jo
			             ┆ c
			"
		`);
	});

	it('shows its markup as looks, in lines that wrap and in what somebody does', () => {
		const rows = [
			said(1, '10:00', 'jo', 'a **bold thing** and *another* ~~x~~ `npm i`'),
			said(2, '10:01', 'jo', '/me _waves_ at @Sam'),
		];
		const [first, second, third] = lines(40, rows);
		expect([first, second, third].map(styled)).toEqual([
			['time: 10:00', 'nick: jo', 'bold: bold thing', 'italic: another', 'struck: x'],
			['code: `npm i`'],
			['time: 10:01', 'dim: *', 'nick: jo', 'italic: waves', 'mention: @Sam'],
		]);
	});

	it('has what names me stand out, also in code and in an address', () => {
		const preferences = { ...defaultPreferences, highlight: ['canary'] };
		const rows = [said(1, '10:00', 'jo', '@sam: `sam` **the Canary** https://a.example/sam/x same')];
		expect(lines(100, rows, { preferences }).map(styled)).toEqual([
			[
				...['time: 10:00', 'nick: jo', 'mention: @sam', 'code: `', 'mention: sam', 'code: `'],
				...['bold: the', 'mention: Canary', 'link: https://a.example/', 'mention: sam', 'link: /x'],
			],
		]);
	});

	it('has addresses that open, also where they are broken, unless I want none', () => {
		const address = `https://a.example/${'b'.repeat(60)}`;
		const rows = [said(1, '10:00', 'jo', `see ${address}.`)];
		const targets = (more: Partial<State> = {}) =>
			lines(40, rows, more).map((line) => line.flatMap(({ target }) => target ?? []));
		expect(targets()).toEqual([[address], [address], [address]]);
		expect(targets({ preferences: { ...defaultPreferences, links: false } }).flat()).toEqual([]);
	});

	it('opens no address that is drawn otherwise than it was written', () => {
		const opens = (content: string) =>
			lines(100, [said(1, '10:00', 'jo', content)])[0]?.flatMap(({ target }) => target ?? []);
		expect(opens('https://a.example/\u00e9')).toEqual(['https://a.example/%C3%A9']);
		expect(opens('https://a.example/e\u0301')).toEqual([]);
	});

	it('is drawn anew when what names me changes', () => {
		const rows = [said(1, '10:00', 'jo', 'sam or eve')];
		expect(styled(lines(60, rows)[0])?.at(-1)).toBe('mention: sam');
		expect(styled(lines(60, rows, { nick: 'eve' })[0])?.at(-1)).toBe('mention: eve');
	});

	it('of mine is marked up while it waits', () => {
		const general = room('general', { pending: [pending('10:12', '**now** ```x```')] });
		const pane = screen(state({ rooms: [general], size: { columns: 60, rows: 12 } })).pane;
		expect(styled(pane.at(-1))).toEqual(['time: 10:12', 'me: sam', 'bold: now', 'code: ```x```', 'dim: ~']);
	});
});

describe('in any width', () => {
	const content = fc.oneof(
		fc
			.array(
				fc.oneof(
					...[hostileString, fc.string({ unit: 'grapheme', maxLength: 20 }), fc.webUrl()],
					fc.constantFrom(
						'```',
						'\n```\n',
						'**',
						'*',
						'`',
						'~~',
						'\n',
						' ',
						'日本語のテキスト',
						'👩‍👩‍👧‍👦',
						'🇩🇪',
						'שָׁלוֹם',
						'word',
					),
				),
				{ maxLength: 12 },
			)
			.map((parts) => parts.join('')),
		hostileString,
	);
	const width = fc.oneof(fc.integer({ min: 20, max: 250 }), fc.constantFrom(20, 39, 40, 59, 60, 79, 80, 100));
	/** What of a text is seen, without blanks: they may go where a line ends. */
	const ink = (text: string) => text.replace(/[\s\u200c]/gu, '');
	const seen = (text: string) => {
		const drawn = drawable(clean(text));
		return ink(
			blocksOf(drawn)
				.flatMap(({ kind, start, end }) => {
					const part = drawn.slice(start, end);
					return kind === 'code' ? [part] : piecesOf(part).map((piece) => part.slice(piece.start, piece.end));
				})
				.join(''),
		);
	};

	it('a message loses nothing, reaches over no edge and has its text in one column', () => {
		fc.assert(
			fc.property(content, width, fc.boolean(), (text, columns, mine) => {
				const rows = [said(1, '10:00', mine ? 'sam' : 'jo', `x${text}`)];
				const drawn = lines(columns, rows);
				const column = 1 + (columns >= 40 ? 6 : 0) + 4 + (columns >= 60 ? 2 : 1);
				let shown = '';
				for (const [index, line] of drawn.entries()) {
					const whole = textOf(line);
					expect(cellWidth(whole)).toBeLessThanOrEqual(columns);
					const head = index === 0 ? `${columns >= 40 ? ' 10:00 ' : ' '}${mine ? 'sam ' : 'jo  '}` : '';
					expect(whole.slice(0, column)).toBe(head.padEnd(column));
					shown += whole.slice(column).replace(line.some(({ style }) => style === 'rule') ? marks.code : '', '');
				}
				const content = mine ? shown.replace(new RegExp(`\\s*${marks.numbered}$`, 'u'), '') : shown;
				expect(ink(content)).toBe(seen(`x${text}`));
			}),
			{ numRuns: 500 },
		);
	});
});
