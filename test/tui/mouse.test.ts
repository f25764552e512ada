import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bindings, eventsOf } from '../../src/tui/keymap.ts';
import { readKeys } from '../../src/tui/keys.ts';
import type { State } from '../../src/tui/model.ts';
import { defaultPreferences } from '../../src/tui/preferences.ts';
import { screen } from '../../src/tui/selectors.ts';
import { anyState } from './arbitrary-state.ts';
import { begun, did, play, sending, told } from './happenings.ts';
import { flatRows, members, room, said, state as stateOf } from './states.ts';

const preferences = { ...defaultPreferences, mouse: true };
const there = (more: Parameters<typeof stateOf>[0] = {}) =>
	stateOf({
		preferences,
		rooms: [
			room('general', {
				members: members('sam', 'jo', { userId: 'Ann Lee', state: 'away' }),
				rows: Array.from({ length: 60 }, (_, index) => said(index + 1, '09:00', 'jo', `line ${index + 1}`)),
			}),
			room('random', { unread: 2 }),
			room('@maya'),
		],
		...more,
	});

/** Where the text stands that the pattern finds. */
function cellOf(state: State, pattern: RegExp): { x: number; y: number } {
	const rows = flatRows(screen(state));
	const y = rows.findIndex((row) => pattern.test(row));
	return { x: (pattern.exec(rows[y] ?? '')?.index ?? -1) + 1, y };
}
const click = (state: State, pattern: RegExp) =>
	play(state, { type: 'mouse', what: 'click', ...cellOf(state, pattern) });
const turn = (state: State, what: 'up' | 'down', x = 5, y = 10) => play(state, { type: 'mouse', what, x, y }).state;

describe('reports of the mouse', () => {
	const events = (chunk: string) => eventsOf(readKeys('', chunk).inputs, { bindings, chord: undefined, at: 0 }).events;

	it('are clicks and turns of the wheel, by cells counted from 0', () => {
		expect(events('\x1b[<0;1;1M\x1b[<0;1;1m')).toEqual([{ type: 'mouse', what: 'click', x: 0, y: 0 }]);
		expect(events('\x1b[<64;250;80M')).toEqual([{ type: 'mouse', what: 'up', x: 249, y: 79 }]);
		expect(events('\x1b[<65;3;2M')).toEqual([{ type: 'mouse', what: 'down', x: 2, y: 1 }]);
	});

	it('mean nothing of other buttons, with modifiers, or broken', () => {
		expect(events('\x1b[<1;1;1M\x1b[<2;1;1M\x1b[<4;1;1M\x1b[<35;1;1M\x1b[<0;1M\x1b[<M')).toEqual([]);
	});
});

describe('the mouse', () => {
	it('goes to the room whose tab is clicked', () => {
		expect(click(there(), /random 2/u).state.active).toBe('random');
		expect(click(there(), /@maya/u).state.active).toBe('@maya');
		expect(play(there(), { type: 'mouse', what: 'click', x: 0, y: 0 }).state.active).toBe('general');
	});

	it('goes to whichever tab is drawn, and opens the palette for those that are not', () => {
		const names = fc.subarray<string>(['a', 'deploys', '日本', 'random-things', 'x-ray', 'ops', 'general'], {
			minLength: 1,
		});
		fc.assert(
			fc.property(names, fc.integer({ min: 20, max: 110 }), fc.nat({ max: 109 }), (all, columns, x) => {
				const state = stateOf({ preferences, size: { columns, rows: 24 }, rooms: all.map((name) => room(name)) });
				const cells = [...(flatRows(screen(state))[0] ?? '')].flatMap((one) =>
					/\p{Lo}/u.test(one) ? [one, one] : [one],
				);
				const { state: after } = play(state, { type: 'mouse', what: 'click', x, y: 0 });
				const label = cells.join('').replace(/(\p{Lo})\1/gu, '$1');
				expect(label).toContain(`[${1 + all.indexOf(state.active)} #`);
				if (after.active !== state.active) {
					expect(label).toContain(` ${1 + all.indexOf(after.active)} #${after.active}`);
				}
				if (after.prompt !== undefined) {
					expect(label).toMatch(/ \+\d/u);
				}
			}),
		);
		const narrow = there({ size: { columns: 24, rows: 24 } });
		expect(click(narrow, /\+\d/u).state.prompt?.kind).toBe('jump');
	});

	it('puts the name that is clicked into the input, where the cursor is', () => {
		const clicked = (pattern: RegExp, draft = '') => click(there({ draft }), pattern).state.composer.text;
		expect(clicked(/\+jo/u, 'hi ')).toBe('hi @jo ');
		expect(clicked(/-Ann/u)).toBe('@Ann Lee ');
		expect(clicked(/\+sam/u)).toBe('');
		expect(clicked(/here \d/u)).toBe('');
	});

	it('scrolls three lines under the pointer, and nowhere else', () => {
		const up = turn(turn(there(), 'up'), 'up');
		expect(flatRows(screen(up)).some((row) => row.includes('line 54'))).toBe(true);
		expect(flatRows(screen(up)).some((row) => row.includes('line 55'))).toBe(false);
		expect(turn(up, 'down', 5, 10)).not.toBe(up);
		expect(turn(there(), 'up', 95, 10).rooms).toEqual(there().rooms);
		expect(turn(there(), 'up', 5, 29).rooms).toEqual(there().rooms);
	});

	it('scrolls a page, and moves through a list', () => {
		const { state: page } = play(there(), did('help'));
		expect(turn(page, 'down').view.overlay?.top).toBe(3);
		const { state: list } = play(there(), did('jump'));
		expect(turn(list, 'up').prompt?.choice).toBe(1);
	});

	it('goes to the newest when the label is clicked that says what is below', () => {
		const up = turn(there(), 'up');
		expect(click(up, /scrolled up/u).state.rooms[0]?.scroll).toBeUndefined();
		expect(play(there(), { type: 'mouse', what: 'click', ...cellOf(there(), /┴/u) }).state.rooms).toEqual(
			there().rooms,
		);
	});

	it('does nothing while it is off, and no cell of any screen is one too many', () => {
		const off = there({ preferences: defaultPreferences });
		expect(click(off, /random 2/u).state.active).toBe('general');
		const cell = fc.nat({ max: 300 });
		const what = fc.constantFrom('click' as const, 'up' as const, 'down' as const);
		fc.assert(
			fc.property(anyState, what, cell, cell, (any, kind, x, y) => {
				const event = { type: 'mouse', what: kind, x, y } as const;
				expect(() => screen(play({ ...any, preferences }, event).state)).not.toThrow();
			}),
		);
	});

	it('is turned on and off by /mouse, which says what that means', () => {
		const { state } = play(begun(), ...sending('/mouse on'));
		expect(state.preferences.mouse).toBe(true);
		expect(told(state)[0]).toMatch(/^The mouse is on: .*Shift/u);
		const { state: off } = play(state, ...sending('/mouse off'));
		expect(off.preferences.mouse).toBe(false);
		expect(told(play(off, ...sending('/mouse')).state).at(-1)).toBe(
			'The mouse is off: the terminal marks text with it',
		);
		expect(told(play(off, ...sending('/mouse maybe')).state).at(-1)).toMatch(/^Usage: \/mouse/u);
	});
});
