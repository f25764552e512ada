import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { frameOf } from '../../src/tui/frame.ts';
import type { Screen, State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { darkTheme } from '../../src/tui/theme.ts';
import { type HeadlessTerminal, openTerminal } from '../helpers/terminal.ts';
import { anyState } from './arbitrary-state.ts';
import { flatRows, gap, otherRooms, picture, release, room, said, state, status } from './states.ts';

// Seconds each on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

let terminal: HeadlessTerminal | undefined;
afterEach(() => {
	terminal?.close();
	terminal = undefined;
});

function open(columns: number, rows: number): HeadlessTerminal {
	terminal = openTerminal(columns, rows);
	return terminal;
}

const frame = (view: Screen) => frameOf(view, darkTheme);
const shown = (on: HeadlessTerminal) => `\n${on.lines().join('\n')}\n`;
const sizes = [
	[120, 40],
	[100, 30],
	[80, 24],
	[60, 18],
	[40, 10],
] as const;

const chat = (columns: number, rows: number, more: Partial<State> = {}) =>
	state({ rooms: [release(), ...otherRooms], draft: 'rolling out 25% now', size: { columns, rows }, ...more });

describe('the screen in a terminal', () => {
	it.each(sizes)('at %ix%i shows every cell of it, and the cursor in the input', async (columns, rows) => {
		const on = open(columns, rows);
		const view = screen(chat(columns, rows));
		await on.show(frame(view));
		expect(shown(on)).toBe(picture(view));
		expect(on.cursor()).toEqual(view.cursor);
	});

	it('leaves no junk when it is resized', async () => {
		const on = open(120, 40);
		await on.show(frame(screen(chat(120, 40))));
		for (const [columns, rows] of [
			...sizes,
			...sizes.toReversed(),
			[100, 12],
			[50, 40],
			[12, 3],
			[1, 1],
			[100, 30],
		] as const) {
			on.resize(columns, rows);
			const view = screen(chat(columns, rows));
			await on.show(frame(view));
			expect(shown(on)).toBe(picture(view));
			expect(on.cursor()).toEqual(view.cursor);
		}
	});

	it('appends and scrolls without leaving anything behind', async () => {
		const on = open(80, 24);
		let rows = [said(1, '10:00', 'jo', '日本語 👩‍👩‍👧‍👦 e\u0301 🇩🇪 wide')];
		for (let sequence = 2; sequence < 40; sequence++) {
			rows = [
				...rows,
				said(sequence, '10:00', sequence % 2 ? 'jo' : '日本', `line ${sequence} ${'👍🏽'.repeat(sequence % 5)}`),
			];
			const view = screen(chat(80, 24, { rooms: [room('general', { rows, status: status(sequence) })] }));
			await on.show(frame(view));
			expect(shown(on)).toBe(picture(view));
		}
	});

	it('shows a gap in three places and closes it in one paint', async () => {
		const on = open(100, 30);
		const rows = [said(39, '10:08', 'maya', '2.4.0-rc2'), said(40, '10:09', 'maya', '2.4.0-rc3')];
		const held = room('general', { rows, status: status(40, { gap: gap() }) });
		await on.show(frame(screen(chat(100, 30, { rooms: [held] }))));
		expect(on.lines()[0]).toContain('[1 #general ~3]');
		expect(on.lines()[25]).toContain('~ gap: 3 messages buffered, waiting for #41 - asked broker 0.8s ago ~');
		expect(on.lines()[27]).toContain('~ gap 1 in #general: holding #42-#44 for #41 │ /gap show');
		const all = [41, 42, 43, 44].map((sequence) => said(sequence, '10:10', 'jo', `line ${sequence}`));
		const before = on.written().length;
		await on.show(
			frame(screen(chat(100, 30, { rooms: [room('general', { rows: [...rows, ...all], status: status(44) })] }))),
		);
		expect(on.lines().join('\n')).not.toMatch(/gap|~3/u);
		expect(on.lines()[22]).toContain('10:10 jo    line 41');
		expect(on.lines()[25]).toContain('line 44');
		expect(on.written().slice(before).split('\x1b[?2026h')).toHaveLength(2);
	});

	it('gives nicks, marks and states their looks', async () => {
		const on = open(100, 30);
		await on.show(frame(screen(chat(100, 30))));
		const look = (row: string, column: number) => {
			const { text, bold, dim, colour } =
				on.cells()[on.lines().findIndex((line) => line.includes(row))]?.[column] ?? {};
			return { text, bold, dim, colour };
		};
		expect(look('#general]', 2)).toEqual({ text: '1', bold: true, dim: false, colour: undefined });
		expect(look('old pool, ignore it', 82)).toEqual({ text: '✓', bold: false, dim: false, colour: 2 });
		expect(look('can you promote', 0)).toEqual({ text: '>', bold: true, dim: false, colour: 3 });
		expect(look('┬', 0)).toEqual({ text: '─', bold: false, dim: true, colour: undefined });
	});

	it('shows any state, hostile text included, in the cells that were computed', { timeout: 60_000 }, async () => {
		await fc.assert(
			fc.asyncProperty(anyState, async (any) => {
				const on = openTerminal(any.size.columns, any.size.rows);
				try {
					const view = screen(any);
					// Vowel signs with a cell of their own: some terminals draw them within their letter's cell.
					fc.pre(!flatRows(view).some((row) => /\p{Mc}/u.test(row)));
					await on.show(frame(view));
					expect(on.cursor()).toEqual(view.cursor);
					const borders = on.cells().map((cells) => columnOf(cells, any.size.columns - view.sidebarWidth));
					if (view.sidebar !== undefined && view.upperRule !== undefined) {
						const top = view.topic === undefined ? 1 : 2;
						expect(borders[top]).toBe('┬');
						expect(borders.slice(top + 1, top + 1 + view.pane.length)).toEqual(view.pane.map(() => '│'));
						expect(borders[top + 1 + view.pane.length]).toBe('┴');
					}
				} finally {
					on.close();
				}
			}),
			{ numRuns: 40 },
		);
	});
});

function columnOf(cells: ReturnType<HeadlessTerminal['cells']>[number], column: number): string | undefined {
	let at = 0;
	for (const cell of cells) {
		if (at === column) {
			return cell.text;
		}
		at += cell.width;
	}
	return undefined;
}
