import { describe, expect, it } from 'vitest';
import type { RoomItem } from '../../src/client/client.ts';
import { type Room, type State, shownRows, type Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, messages, play, room, rowsOf, sending, status } from './happenings.ts';
import { isLoad, type Log, logOf } from './model-log.ts';
import { textOf } from './states.ts';

/** Presses a key until the screen asks for something, and gives it that at once, as often as it takes. */
function pressUntil(
	state: State,
	log: Log,
	action: 'page-up' | 'page-down',
	isThere: (state: State) => boolean,
): State {
	let next = state;
	for (let presses = 0; !isThere(next) && presses < 2000; presses++) {
		const pressed = play(next, did(action));
		next = play(pressed.state, ...pressed.effects.filter(isLoad).map(log.answer)).state;
	}
	expect(isThere(next)).toBe(true);
	return next;
}

const isApart = (state: State) => room(state).reading !== undefined;
const isOne = (state: State) => room(state).reading === undefined;
const numbers = (state: State) =>
	shownRows(room(state)).flatMap((row): (number | string)[] =>
		row.kind === 'said' ? [row.sequence] : row.kind === 'epoch' ? ['epoch'] : [],
	);
const rising = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index);
const badge = (state: State) => textOf(screen(state).topic ?? []).trim();
const standing = (position: number): Unstamped => ({
	type: 'room',
	status: status({ epoch: 'e', position, head: position, oldest: 1 }),
});

describe('a room of long messages', { timeout: 60_000 }, () => {
	const long = (sequence: number) => message(sequence, { content: `${'x'.repeat(8000)} m${sequence}` });
	const said = (state: State) => rowsOf(state, 'said').reduce((sum, { content }) => sum + content.length, 0);
	const say = (state: State, from: number, count: number) =>
		rising(from, count).reduce((before, number) => play(before, items(long(number))).state, state);

	it('keeps the newest of them, fewer while it is not on screen', () => {
		const all = say(play(begun(), standing(0)).state, 1, 600);
		expect(said(all)).toBeLessThanOrEqual(4 * 1024 * 1024);
		expect(said(all)).toBeGreaterThan(2.9 * 1024 * 1024);
		expect(numbers(all)).toEqual(rising(601 - numbers(all).length, numbers(all).length));
		expect(room(all).older).toBe('unknown');

		const away = play(all, ...sending('/join other')).state;
		expect(away.active).toBe('other');
		expect(said(away)).toBeLessThanOrEqual(1024 * 1024);
		const later = say(away, 601, 100);
		expect(said(later)).toBeLessThanOrEqual(1024 * 1024);
		expect(numbers(later)).toEqual(rising(701 - numbers(later).length, numbers(later).length));
		expect(numbers(later).length).toBeGreaterThan(90);
	});

	it('does not move under whoever reads it, and cuts it when they are back at the newest', () => {
		const all = say(play(begun(), standing(0)).state, 1, 500);
		const up = play(all, did('page-up'), did('page-up')).state;
		const later = say(up, 501, 100);
		expect(screen(later).pane).toEqual(screen(up).pane);
		expect(numbers(later)).toHaveLength(600);
		expect(said(play(later, did('newest')).state)).toBeLessThanOrEqual(4 * 1024 * 1024);
	});
});

describe('a long room', { timeout: 60_000 }, () => {
	it('is parted where it is read far above the newest, and one again where the reader comes back to them', () => {
		const log = logOf({ count: 8000, given: 4950 });
		const full = play(begun(), ...log.joined).state;
		const apart = pressUntil(full, log, 'page-up', isApart);
		const { rows, reading } = room(apart);
		expect([rows.length, (reading?.rows.length ?? 0) <= 1500]).toEqual([2000, true]);
		expect(reading?.rows.some(({ key }) => key === room(apart).scroll?.key)).toBe(true);
		const one = pressUntil(apart, log, 'page-down', isOne);
		const shown = numbers(one);
		expect(shown).toEqual(rising(Number(shown[0]), shown.length));
		expect(shown.at(-1)).toBe(8000);
	});

	it('tells of what is missing once, wherever the row that says so is', () => {
		const log = logOf({ count: 5010, given: 100 });
		const lost: RoomItem = { kind: 'lost', from: 2401, to: 2403, reason: 'timeout' };
		const whole = '#5010 in order, 3 missing';
		const some = play(begun(), messages(1, 2400), items(lost), messages(2404, 2580), ...sending('/goto 2300')).state;
		const apart = play(some, messages(4984, 27), standing(5010)).state;
		const hasLost = (rows: Room['rows'] = []) => rows.some(({ kind }) => kind === 'lost');
		expect([badge(apart), hasLost(room(apart).reading?.rows), hasLost(room(apart).rows)]).toEqual([whole, true, false]);
		expect(badge(play(apart, did('escape')).state)).toBe(whole);
		const one = pressUntil(apart, log, 'page-down', isOne);
		expect([badge(one), hasLost(room(one).rows)]).toEqual([whole, true]);
	});

	it('keeps what was said before the numbers started over with what is read of it', () => {
		const before = play(begun(), messages(1, 3000), items({ kind: 'epoch', epoch: 'e', sequence: 0 })).state;
		const log = logOf({ count: 4000, given: 100 });
		const oldest = play(before, did('oldest')).state;
		const apart = play(oldest, messages(1, 2500), standing(2500)).state;
		expect(numbers(apart).slice(0, 3001)).toEqual([...rising(1, 3000), 'epoch']);
		expect(room(apart).rows.every(({ kind }) => kind === 'said')).toBe(true);
		const one = pressUntil(apart, log, 'page-down', isOne);
		const shown = numbers(one);
		expect(shown.slice(shown.indexOf('epoch') + 1)).toEqual(rising(1, 2500));
	});

	it('shows what it is asked for of the numbers that are given now below those that were given before', () => {
		const log = logOf({ count: 1000, given: 100 });
		const state = play(
			begun(),
			messages(1, 5),
			items(
				{ kind: 'epoch', epoch: 'e', sequence: 0 },
				...rising(901, 100).map((number) => message(number, { old: true })),
			),
			standing(1000),
		).state;
		const asked = play(state, ...sending('/goto 850'));
		const found = play(asked.state, ...asked.effects.filter(isLoad).map(log.answer)).state;
		expect(numbers(found)).toEqual([...rising(1, 5), 'epoch', ...rising(750, 251)]);
	});

	it('counts what was missed as unread though the row that says so is gone', () => {
		const missed = 6000;
		const resumed: RoomItem = { kind: 'resumed', from: 11, to: 10 + missed, missed, awayMs: 60_000 };
		const first = play(begun({ rooms: ['ops', 'general'] }), messages(1, 10), items(resumed)).state;
		const half = play(first, items(...rising(11, 5500).map((number) => message(number, { old: true })))).state;
		const rest = items(...rising(5511, 500).map((number) => message(number, { old: true })));
		const { state } = play(half, rest, items({ kind: 'caught_up', to: 10 + missed }), messages(6011, 1));
		expect(room(state)).toMatchObject({ unread: 10 + missed + 1 });
		expect(room(state)).not.toHaveProperty('catchesUp');
	});

	it('looks again below what it has when it no longer has all that it had looked at', () => {
		const log = logOf({ count: 2000, given: 100 });
		const narrow = play(begun(), ...sending('/join general where sender = maya'), standing(2000)).state;
		const asked = play(narrow, ...sending('/history 50'));
		const looked = play(asked.state, ...asked.effects.filter(isLoad).map(log.answer)).state;
		expect(room(looked).searchedTo).toBe(1951);
		const later = play(looked, messages(2001, 5000), standing(7000)).state;
		expect(room(later)).not.toHaveProperty('searchedTo');
		const [lowest] = numbers(later);
		expect(play(later, ...sending('/history')).effects).toMatchObject([{ type: 'load-older', before: lowest }]);
	});
});

describe('a page that comes late', { timeout: 60_000 }, () => {
	it('is dropped when the oldest rows went meanwhile, though others are waited for', () => {
		const log = logOf({ count: 5000, given: 4950 });
		const asked = play(begun(), ...log.joined, ...sending('/history'));
		const [late] = asked.effects.filter(isLoad).map(log.answer);
		const more = play(asked.state, ...log.says(200)).state;
		const again = play(more, ...sending('/history'));
		expect(again.effects).not.toEqual(asked.effects);
		const dropped = play(again.state, ...(late === undefined ? [] : [late])).state;
		expect(numbers(dropped)).toEqual(numbers(again.state));
		const { state } = play(dropped, ...again.effects.filter(isLoad).map(log.answer));
		expect(numbers(state)).toEqual(rising(Number(numbers(state)[0]), numbers(state).length));
		expect(numbers(state).length).toBe(numbers(dropped).length + 100);
	});

	it('is dropped when another place is read by then', () => {
		const log = logOf({ count: 5000, given: 100 });
		const goto = (state: State, number: number) => {
			const asked = play(state, ...sending(`/goto ${number}`));
			return play(asked.state, ...asked.effects.filter(isLoad).map(log.answer)).state;
		};
		const there = goto(play(begun(), ...log.joined).state, 1000);
		const late = [
			log.answer({ type: 'load-older', room: 'general', before: 900, limit: 100, asked: 'scroll' }),
			log.answer({ type: 'load-newer', room: 'general', after: 1100, limit: 100 }),
		];
		expect(numbers(play(there, ...late).state)).toEqual(rising(800, 401));
		const elsewhere = goto(there, 3000);
		expect(numbers(play(elsewhere, ...late).state)).toEqual(numbers(elsewhere));
		const newest = play(there, did('escape')).state;
		expect(numbers(play(newest, ...late).state)).toEqual(numbers(newest));
	});

	it('is dropped when it would reach into what is read by then', () => {
		const log = logOf({ count: 1000, given: 60 });
		const older = play(begun(), ...log.joined, did('oldest'));
		const around = play(older.state, ...sending('/goto 800'));
		const [first, second] = [...around.effects, ...older.effects].filter(isLoad).map(log.answer);
		const read = play(around.state, ...(first === undefined ? [] : [first])).state;
		const { state } = play(read, ...(second === undefined ? [] : [second]));
		expect(room(state).rows).toBe(room(read).rows);
		const one = pressUntil(state, log, 'page-down', isOne);
		expect(numbers(one)).toEqual(rising(700, 301));
	});
});
