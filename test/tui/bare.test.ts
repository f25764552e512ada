import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellWidth } from '../../src/protocol/text.ts';
import { bareLines } from '../../src/tui/lines/bare.ts';
import { anyState } from './arbitrary-state.ts';
import { begun, did, messages, play, room as roomOf, sending } from './happenings.ts';
import { at, pending, room, row, said, state } from './states.ts';

const lines = (more: Parameters<typeof room>[1], rows = 29, columns = 100) =>
	bareLines(state({ rooms: [room('general', more)], size: { columns, rows: rows + 1 } }), rows);

describe('the bare lines', () => {
	it('are messages with time and nick, as they were typed, and what natter said', () => {
		expect(
			lines({
				rows: [
					said(1, '09:58', 'maya', '**morning**  _all_'),
					row({ kind: 'traffic', at: at('10:00'), joined: ['ana'], left: [] }),
					said(2, '10:02', 'jo', '/me looks'),
					said(3, '10:03', 'ci', '```\n  if (a) {\n```'),
					row({ kind: 'lost', from: 4, to: 6, reason: 'timeout' }),
					row({ kind: 'told', at: at('10:04'), level: 'info', text: 'Others type:\nnpx natter' }),
					said(7, '10:05', 'sam', 'mine'),
				],
				pending: [pending('10:12', 'promoting'), pending('10:12', 'never', 'You are muted')],
			}),
		).toEqual([
			'09:58 maya: **morning**  _all_',
			'10:02 * jo looks',
			'10:03 ci:',
			'```',
			'  if (a) {',
			'```',
			'#4-#6 are missing here',
			'Others type:',
			'npx natter',
			'10:05 sam: mine',
			'10:12 sam (not sent yet): promoting',
			'10:12 sam (refused): never',
		]);
	});

	it('end where the window ends', () => {
		const rows = Array.from({ length: 9 }, (_, index) => said(index + 1, '09:00', 'jo', `${index + 1}`));
		const scroll = { key: 'said-4', line: 0 };
		expect(lines({ rows, scroll, pending: [pending('10:00', 'later')] }, 2)).toEqual(['09:00 jo: 3', '09:00 jo: 4']);
	});

	it('are of what is read far above the newest, while that is read', () => {
		const rows = [said(1, '09:00', 'jo', 'far'), said(2, '09:00', 'jo', 'further down')];
		const reading = { rows, from: 1, to: 2, older: 'all' as const, newer: 'unknown' as const };
		const shown = { rows: [said(90, '10:00', 'jo', 'new')], reading, pending: [pending('10:00', 'later')] };
		expect(lines({ ...shown, scroll: { key: 'said-2', line: 0 } })).toEqual([
			'09:00 jo: far',
			'09:00 jo: further down',
		]);
		expect(lines({ ...shown, scroll: { key: 'said-1', line: 0 } })).toEqual(['09:00 jo: far']);
	});

	it('are whole, and one that is too long for the screen is cut at its end', () => {
		const long = said(2, '09:00', 'jo', 'x'.repeat(100));
		expect(lines({ rows: [said(1, '09:00', 'jo', 'short'), long] }, 6, 20)).toEqual([`09:00 jo: ${'x'.repeat(100)}`]);
		expect(lines({ rows: [long] }, 2, 20)).toEqual([`09:00 jo: ${'x'.repeat(30)}`]);
		expect(lines({ rows: [said(1, '09:00', 'jo', '日本語')] }, 1, 15)).toEqual(['09:00 jo: 日本']);
	});

	it('count a wide character as two rows of a screen that has one column', () => {
		const wide = said(1, '09:00', 'jo', '日本');
		expect(lines({ rows: [wide] }, 14, 1)).toEqual(['09:00 jo: 日本']);
		expect(lines({ rows: [wide] }, 13, 1)).toEqual(['09:00 jo: 日']);
		expect(lines({ rows: [wide] }, 11, 1)).toEqual(['09:00 jo: ']);
	});

	it('fit the screen in any state, and hold nothing that a terminal takes for more than text', () => {
		fc.assert(
			fc.property(anyState, fc.integer({ min: 1, max: 40 }), (any, rows) => {
				// No terminal has a wide character in a single column.
				fc.pre(any.size.columns > 1);
				const shown = bareLines(any, rows);
				const least = shown.reduce((sum, line) => sum + Math.max(1, Math.ceil(cellWidth(line) / any.size.columns)), 0);
				expect(least).toBeLessThanOrEqual(rows);
				// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
				expect(shown.join('')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/u);
			}),
		);
	});
});

describe('the bare view', () => {
	const bare = () => play(begun(), messages(1, 2), did('bare'));

	it('is shown once, by key or command', () => {
		const shown = { type: 'show-bare', lines: expect.arrayContaining(['12:00 maya: m2']), hint: expect.any(String) };
		expect(bare().effects).toEqual([shown]);
		expect(play(begun(), messages(1, 2), ...sending('/bare')).effects).toEqual([shown]);
	});

	it.each([
		[{ type: 'typed', text: 'x' } as const],
		[{ type: 'pasted', text: 'x' } as const],
		[did('escape')],
		[did('interrupt')],
		[did('next-room')],
	])('goes with any key, which does nothing else: %j', (event) => {
		const before = play(begun({ rooms: ['general', 'ops'] }), { type: 'typed', text: 'draft' }).state;
		const { state: after, effects } = play(before, did('bare'), event);
		expect(effects).toEqual([{ type: 'redraw' }]);
		expect(after).toEqual(before);
	});

	it('goes when the window has another size', () => {
		const { state: after, effects } = play(bare().state, { type: 'resized', size: { columns: 60, rows: 20 } });
		expect(after.view.bare).toBeUndefined();
		expect(effects).toEqual([]);
	});

	it('leaves unread what comes meanwhile, until it goes', () => {
		const { state: during } = play(bare().state, messages(3, 2));
		expect(roomOf(during).unread).toBe(2);
		expect(roomOf(play(during, did('escape')).state).unread).toBe(0);
	});
});
