import { describe, expect, it } from 'vitest';
import { changes, type Frame, frameOf } from '../../src/tui/frame.ts';
import { screen } from '../../src/tui/selectors.ts';
import { span } from '../../src/tui/text/spans.ts';
import { darkTheme } from '../../src/tui/theme.ts';
import { bareTheme, otherRooms, release, state } from './states.ts';

const view = screen(
	state({ rooms: [release(), ...otherRooms], draft: 'rolling out', size: { columns: 80, rows: 24 } }),
);
const small = screen(state({ rooms: [release()], size: { columns: 30, rows: 7 } }));

describe('a frame', () => {
	it('has as many rows as the terminal', () => {
		expect(frameOf(view, bareTheme).rows).toHaveLength(24);
		expect(frameOf(small, bareTheme).rows).toHaveLength(7);
	});

	it('has tabs, topic and rule above', () => {
		expect(frameOf(view, bareTheme).rows.slice(0, 3)).toEqual([
			' [1 #general]  2 #deploys 3   3 #random   4 @maya 1!   sam @ ws://10.0.0.7:8080 ',
			' Release 2.4 freeze is Thursday. Staging is green.                #411 in order ',
			'───────────────────────────────────────────────────────────────────┬────────────',
		]);
	});

	it('has the sidebar in its column beside the messages, where there is one', () => {
		const rows = frameOf(view, bareTheme).rows.slice(3, 3 + view.pane.length);
		expect(rows.map((row) => row.split('\x1b[68G')[1]?.trimEnd()).slice(0, 3)).toEqual(['│ here 6', '│ +ana', '│ +jo']);
		expect(frameOf(small, bareTheme).rows.join('')).not.toContain('\x1b');
	});

	it('has rule, status, input and hints below', () => {
		expect(
			frameOf(view, bareTheme)
				.rows.slice(-4)
				.map((row) => row.trimEnd()),
		).toEqual([
			'───────────────────────────────────────────────────────────────────┴────────────',
			' ✓ live 12ms │ not encrypted                   2 rooms unread, 1 mention: Alt+A',
			' #general > rolling out',
			' Enter send  ^J newline  ^N/^P room  PgUp scroll                        F1 help',
		]);
	});

	it('is in the colours of its theme', () => {
		const red = { ...small, pane: [[span('bad', 'error'), span(' plain')], ...small.pane.slice(1)] };
		expect(frameOf(red, darkTheme).rows[1]).toBe('\x1b[1m\x1b[31mbad\x1b[39m\x1b[22m plain');
	});
});

describe('the changes between frames', () => {
	const frame = (rows: readonly string[], cursor = { x: 1, y: 1 }, columns = 10): Frame => ({ columns, rows, cursor });
	const begin = '\x1b[?2026h\x1b[?25l\x1b[?7l';
	const end = '\x1b[?7h\x1b[?2026l';
	const place = '\x1b[2;2H\x1b[?25h';

	it('are nothing where nothing changed', () => {
		expect(changes(frame(['a', 'b']), frame(['a', 'b']))).toBe('');
	});

	it('are the rows that changed, each erased and written whole, and the cursor', () => {
		const before = frame(['a', 'b', 'c']);
		expect(changes(before, frame(['a', 'B', 'c']))).toBe(`${begin}\x1b[2;1H\x1b[KB${place}${end}`);
		expect(changes(before, frame(['A', 'b', 'C'], { x: 4, y: 2 }))).toBe(
			`${begin}\x1b[1;1H\x1b[KA\x1b[3;1H\x1b[KC\x1b[3;5H\x1b[?25h${end}`,
		);
	});

	it('are the cursor alone where that alone moved', () => {
		expect(changes(frame(['a', 'b'], { x: 0, y: 0 }), frame(['a', 'b']))).toBe(place);
		expect(changes(frame(['a', 'b'], { x: 1, y: 0 }), frame(['a', 'b']))).toBe(place);
	});

	it.each([
		['there was no frame before', undefined],
		['there were fewer rows', frame(['a'])],
		['rows were longer', frame(['a', 'b'], { x: 1, y: 1 }, 11)],
	])('are everything, and nothing below it, where %s', (_, before) => {
		expect(changes(before, frame(['a', 'b']))).toBe(`${begin}\x1b[1;1H\x1b[Ka\x1b[2;1H\x1b[Jb${place}${end}`);
	});
});
