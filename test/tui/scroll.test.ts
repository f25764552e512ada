import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { type Pane, scrolled } from '../../src/tui/slices/scroll.ts';
import { begun, did, items, message, messages, play, room, sending } from './happenings.ts';
import { room as anyRoom, paneLines } from './states.ts';

// Seconds each on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const text = (line: readonly { text: string }[] | undefined) =>
	(line ?? [])
		.map((span) => span.text)
		.join('')
		.trim();
const pane = (state: State) => screen(state).pane.map(text);
const lastLine = (state: State) => pane(state).at(-1);
const withoutHeading = (line: string) => line.replace(/^\d\d:\d\d \w+ +/u, '');
const full = () => play(begun(), messages(101, 100)).state;

const keys: readonly Unstamped[] = (
	['page-up', 'page-down', 'line-up', 'line-down', 'oldest', 'newest', 'escape', 'start', 'end'] as const
).map(did);

describe('scrolling', () => {
	it('shows the newest line until it is scrolled, a page less two lines at a time', () => {
		const state = full();
		expect(room(state).scroll).toBeUndefined();
		const rows = pane(state).length;
		const up = play(state, did('page-up')).state;
		expect(pane(up).slice(-2)).toEqual(pane(state).slice(0, 2).map(withoutHeading));
		expect(pane(up)).toHaveLength(rows);
		expect(pane(play(up, did('page-down')).state)).toEqual(pane(state));
	});

	it('says whose the first line is, wherever that stands', () => {
		expect(pane(full())[0]).toMatch(/^12:00 maya +m\d+$/);
		expect(pane(play(full(), did('line-up')).state).filter((line) => line.startsWith('12:00'))).toHaveLength(1);
	});

	it('moves by three lines', () => {
		const up = play(full(), did('line-up'), did('line-up')).state;
		expect(lastLine(up)).toMatch(/m194$/);
		expect(lastLine(play(up, did('line-down')).state)).toMatch(/m197$/);
	});

	it('moves by a page or by so many lines with /up and /down, and takes nothing else', () => {
		const state = full();
		const up = play(state, ...sending('/up')).state;
		expect(pane(up)).toEqual(pane(play(state, did('page-up')).state));
		expect(pane(play(up, ...sending('/down')).state)).toEqual(pane(state));
		const some = play(state, ...sending('/up 5')).state;
		expect(lastLine(some)).toMatch(/m195$/);
		expect(lastLine(play(some, ...sending('/down 2')).state)).toMatch(/m197$/);
		for (const wrong of ['/up 0', '/down -1', '/up x']) {
			expect(lastLine(play(state, ...sending(wrong)).state)).toMatch(/^! Usage: \/(up|down) \[LINES\]/);
		}
	});

	it('goes to either end, and stops there', () => {
		const whole = play(begun(), messages(1, 100)).state;
		const oldest = play(whole, did('oldest')).state;
		expect(play(oldest, did('page-up')).state.rooms).toBe(oldest.rooms);
		expect(pane(oldest).join('\n')).toMatch(/You are sam/);
		const newest = play(oldest, did('newest')).state;
		expect(room(newest).scroll).toBeUndefined();
		expect(play(newest, did('page-down')).state.rooms).toBe(newest.rooms);
	});

	it('is left by Esc or End on an empty line, not while something is typed', () => {
		const up = play(full(), did('page-up')).state;
		expect(room(play(up, did('escape')).state).scroll).toBeUndefined();
		expect(room(play(up, did('end')).state).scroll).toBeUndefined();
		const typing = play(up, { type: 'typed', text: 'x' }, did('escape'), did('end')).state;
		expect(room(typing).scroll).toEqual(room(up).scroll);
	});

	it('ends where I say something', () => {
		expect(room(play(full(), did('page-up'), ...sending('here')).state).scroll).toBeUndefined();
	});

	it('does nothing in a room that fits the screen', () => {
		const { state } = play(begun(), messages(1, 3));
		for (const key of keys) {
			expect(room(play(state, key).state).scroll).toBeUndefined();
		}
	});

	it('never moves what is being read: new messages are counted below', () => {
		const arrivals = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 6 });
		const moves = fc.array(fc.constantFrom(...keys), { minLength: 1, maxLength: 6 });
		fc.assert(
			fc.property(moves, arrivals, (pressed, counts) => {
				let { state } = play(full(), ...pressed);
				const before = { pane: pane(state), below: room(state).below, scroll: room(state).scroll };
				let next = 201;
				for (const count of counts) {
					state = play(state, messages(next, count)).state;
					next += count;
				}
				if (before.scroll === undefined) {
					expect(lastLine(state)).toMatch(new RegExp(`m${next - 1}$`));
					expect(room(state)).toMatchObject({ below: 0, unread: 0 });
				} else {
					expect(pane(state)).toEqual(before.pane);
					expect(room(state)).toMatchObject({
						below: before.below + next - 201,
						scroll: before.scroll,
						unread: next - 201,
					});
				}
			}),
		);
	});

	it('never moves what is being read when older messages load above it', () => {
		const asked = play(full(), did('oldest')).state;
		const page = Array.from({ length: 100 }, (_, index) => message(1 + index).message);
		const { state } = play(asked, {
			type: 'older',
			room: 'general',
			page: { room: 'general', messages: page, complete: true },
			asked: 'scroll',
		});
		expect(lastLine(state)).toBe(lastLine(asked));
		expect(room(state).scroll).toEqual(room(asked).scroll);
		expect(pane(play(state, did('oldest')).state).join('\n')).toMatch(/ m1$/m);
	});

	it('hangs on a row of the room, never on a line that may be gone with the next message', () => {
		const moves = fc.array(fc.constantFrom(...keys), { minLength: 1, maxLength: 12 });
		fc.assert(
			fc.property(moves, (pressed) => {
				const waiting = play(full(), ...Array.from({ length: 4 }, (_, n) => sending(`waiting ${n}`)).flat()).state;
				const { scroll, rows } = room(play(waiting, ...pressed).state);
				expect(scroll === undefined || rows.some(({ key }) => key === scroll.key)).toBe(true);
			}),
		);
	});

	it('keeps its place when the window is made narrower and wider', () => {
		const long = items(
			...Array.from({ length: 60 }, (_, n) =>
				message(n + 1, { content: `m${n + 1} ${'word '.repeat(40)}end${n + 1}` }),
			),
		);
		const up = play(begun(), long, did('page-up'), did('page-up')).state;
		const anchor = room(up).scroll;
		const { state } = play(
			up,
			{ type: 'resized', size: { columns: 200, rows: 24 } },
			{ type: 'resized', size: { columns: 80, rows: 24 } },
		);
		expect(room(state).scroll).toEqual(anchor);
		const wide = play(up, { type: 'resized', size: { columns: 200, rows: 24 } }, did('line-up')).state;
		const lines = paneLines(wide, room(wide));
		const now = lines.findIndex(({ key, line }) => key === room(wide).scroll?.key && line === room(wide).scroll?.line);
		expect(now).toBeGreaterThan(0);
	});
});

describe('a step', () => {
	/** A pane of blocks with so many lines each; the middle ones are rows. */
	const paneOf = (heights: readonly number[], height: number) => {
		const asked = new Set<number>();
		const pane: Pane = {
			blocks: {
				count: heights.length,
				lines: (index) => {
					asked.add(index);
					return Array.from({ length: heights[index] ?? 0 }, (_, line) => ({ key: `${index}`, line, spans: [] }));
				},
				find: Number,
				headed: () => [],
				isRow: (index) => index > 0 && index < heights.length - 1,
			},
			height,
		};
		return { pane, asked };
	};

	it('moves over the lines of a pane as if they were one list', () => {
		const heights = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 3, maxLength: 30 });
		const steps = fc.array(
			fc.oneof(fc.integer({ min: -40, max: 40 }), fc.constantFrom(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)),
			{ maxLength: 8 },
		);
		fc.assert(
			fc.property(heights, fc.integer({ min: 1, max: 20 }), steps, (all, height, moves) => {
				const { pane } = paneOf(all, height);
				const lines = all.flatMap((count, block) => Array.from({ length: count }, (_, line) => ({ block, line })));
				let shown = anyRoom('general');
				for (const by of moves.filter((move) => move !== 0)) {
					const { scroll } = shown;
					const at = lines.findIndex(({ block, line }) => `${block}` === scroll?.key && line === scroll.line);
					const newest = lines.length - 1;
					const wanted = Math.max(Math.min(height - 1, newest), (scroll === undefined ? newest : at) + by);
					const isRow = (place: number) => pane.blocks.isRow(lines[place]?.block ?? 0);
					let hanging = Math.min(wanted, newest);
					while (by < 0 && hanging >= 0 && !isRow(hanging)) {
						hanging--;
					}
					hanging = hanging < 0 ? Math.min(wanted, newest) : hanging;
					while (hanging < newest && !isRow(hanging)) {
						hanging++;
					}
					const expected = wanted >= newest || hanging >= newest ? undefined : lines[hanging];
					shown = scrolled(shown, pane, by);
					expect(shown.scroll).toEqual(expected && { key: `${expected.block}`, line: expected.line });
				}
			}),
		);
	});

	it('looks at as many rows as it moves over and the screen has, however many there are', () => {
		const { pane, asked } = paneOf(new Array(100_000).fill(1), 30);
		const middle = { ...anyRoom('general'), scroll: { key: '50000', line: 0 } };
		for (const by of [-28, 28, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]) {
			asked.clear();
			scrolled(middle, pane, by);
			expect(asked.size).toBeLessThan(70);
		}
	});
});
