import { describe, expect, it } from 'vitest';
import { jumpTo } from '../../src/tui/jumping.ts';
import { type Room, type State, shownRows, type Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { timeOfDay } from '../../src/tui/text/dates.ts';
import { begun, did, items, message, messages, noon, online, play, room, sending, status, told } from './happenings.ts';
import { isLoad, type Log, logOf } from './model-log.ts';
import { textOf } from './states.ts';

process.env['TZ'] = 'UTC';

const lines = (state: State) => screen(state).pane.map((line) => textOf(line).trimEnd());
const edge = (state: State) => textOf(screen(state).lowerRule ?? []).replace(/^─+ | ─+┴?─*$/gu, '');
const isGone = (sequence: number) => sequence >= 400 && sequence < 450;
const joined = (log: Log & { joined: readonly Unstamped[] }) => play(begun(), ...log.joined).state;
/** What was asked for comes at once. */
const goto = (state: State, log: Log, number: number | string) => {
	const asked = play(state, ...sending(`/goto ${number}`));
	return play(asked.state, ...asked.effects.filter(isLoad).map(log.answer)).state;
};
const shownNumbers = (of: Room) => shownRows(of).flatMap((row) => (row.kind === 'said' ? [row.sequence] : []));

describe('/goto', () => {
	it('shows a message that is there in the middle of the pane, with its number and a mark, and asks for nothing', () => {
		const log = logOf({ count: 1000, given: 100 });
		const { state, effects } = play(joined(log), ...sending('/goto #951'));
		expect(effects).toEqual([]);
		const pane = lines(state);
		const at = pane.findIndex((line) => line.startsWith('»12:00 jona  #951 m951.'));
		expect(Math.abs(at - Math.floor(pane.length / 2))).toBeLessThanOrEqual(1);
		expect(room(state).reading).toBeUndefined();
		const back = play(state, did('escape')).state;
		expect(lines(back)).toEqual(lines(joined(log)));
	});

	it('asks for what is around a message that is not there, says so, and shows it when it comes', () => {
		const log = logOf({ count: 1000, given: 100 });
		const asked = play(joined(log), ...sending('/goto 500'));
		expect(asked.effects).toEqual([{ type: 'load-around', room: 'general', sequence: 500, limit: 100 }]);
		expect(edge(asked.state)).toBe('loading #500... - Esc');
		const { state } = play(asked.state, ...asked.effects.filter(isLoad).map(log.answer));
		const pane = lines(state);
		const at = pane.findIndex((line) => line.startsWith('»12:00 maya  #500 m500.'));
		expect(Math.abs(at - Math.floor(pane.length / 2))).toBeLessThanOrEqual(1);
		expect(edge(state)).toBe('scrolled up - Esc');
		expect(shownNumbers(room(state))).toEqual(Array.from({ length: 201 }, (_, index) => 400 + index));
		expect(room(state).rows).toBe(room(asked.state).rows);
		expect(lines(play(state, did('escape')).state)).toEqual(lines(joined(log)));
	});

	it('says whose the message is, and when it was said, in the middle of others of the same person', () => {
		const { state } = play(begun(), messages(1, 60), ...sending('/goto 30'));
		const time = timeOfDay(noon);
		expect(lines(state).filter((line) => /m(29|30|31)$/u.test(line))).toEqual([
			'             m29',
			`»${time} maya  #30 m30`,
			'             m31',
		]);
	});

	it('goes from one place to another, and back among the newest', () => {
		const log = logOf({ count: 1000, given: 100 });
		const there = goto(goto(joined(log), log, 200), log, 600);
		expect(lines(there).some((line) => line.includes('»') && line.includes('#600'))).toBe(true);
		expect(lines(there).filter((line) => line.includes('»'))).toHaveLength(1);
		const back = goto(there, log, 950);
		expect([room(back).reading, lines(back).some((line) => line.includes('#950 m950'))]).toEqual([undefined, true]);
	});

	it('reaches to the newest when nothing is between', () => {
		const log = logOf({ count: 1000, given: 100 });
		const near = goto(joined(log), log, 850);
		expect(room(near).reading).toBeUndefined();
		expect(shownNumbers(room(near))).toEqual(Array.from({ length: 251 }, (_, index) => 750 + index));
	});

	it('shows at a number that has expired what became of it', () => {
		const log = logOf({ count: 1000, given: 100, isGone });
		const state = goto(joined(log), log, 420);
		expect(lines(state).some((line) => line.includes('#400-#449 are too old and not kept any more'))).toBe(true);
	});

	it('says why a message cannot be shown', () => {
		const log = logOf({ count: 1000, given: 100 });
		const standing: Unstamped = {
			type: 'room',
			status: status({ epoch: 'e', position: 1000, head: 1000, oldest: 301 }),
		};
		log.trims(301);
		const state = play(joined(log), standing).state;
		const said = (number: number, from = state) => told(goto(from, log, number)).at(-1);
		expect(said(1001)).toBe('#1001 is above the newest, #1000');
		expect(said(5)).toBe('#5 is not kept any more, the oldest is #301');
		const offline: Unstamped = { type: 'link', status: { state: 'connecting', attempt: 1 }, nick: 'sam' };
		expect(said(500, play(state, offline).state)).toBe('There is no link to the broker to load #500 over');
		log.trims(701);
		expect(said(500)).toBe('#500 is not kept any more, the oldest is #701');
		const empty = play(begun(), { type: 'room', status: status() }).state;
		expect(told(play(empty, ...sending('/goto 1')).state).at(-1)).toBe('Nothing has been said here yet');
	});

	it('says so on the edge while something else is read, which stays; Esc ends that first', () => {
		const log = logOf({ count: 1000, given: 100 });
		const read = goto(joined(log), log, 500);
		const missing = goto(read, log, 2000);
		expect(edge(missing)).toBe('#2000 is above the newest, #1000 - Esc');
		expect(room(missing).scroll).toEqual(room(read).scroll);
		const closed = play(missing, did('escape')).state;
		expect([edge(closed), room(closed).scroll]).toEqual(['scrolled up - Esc', room(read).scroll]);
		expect(room(play(closed, did('escape')).state).scroll).toBeUndefined();
	});

	it('says that it failed', () => {
		const log = logOf({ count: 1000, given: 100 });
		const asked = play(joined(log), ...sending('/goto 500')).state;
		const failed: Unstamped = {
			type: 'failed',
			room: 'general',
			what: 'load-around',
			sequence: 500,
			text: 'timed out',
		};
		expect(told(play(asked, failed).state).at(-1)).toBe('#500 did not come: timed out');
	});

	it('goes on to what was asked for last when what was asked for before failed', () => {
		const log = logOf({ count: 1000, given: 100 });
		const first = play(joined(log), ...sending('/goto 5')).state;
		const second = play(first, ...sending('/goto 600'));
		const failed: Unstamped = { type: 'failed', room: 'general', what: 'load-around', sequence: 5, text: 'timed out' };
		const late = play(second.state, failed).state;
		expect([told(late), room(late).sought]).toEqual([told(second.state), { state: 'loading', sequence: 600 }]);
		const there = play(late, ...second.effects.filter(isLoad).map(log.answer)).state;
		expect(room(there).sought).toMatchObject({ state: 'found', sequence: 600 });
	});

	it('moves nothing when what was asked for comes after something else was done', () => {
		const log = logOf({ count: 1000, given: 100 });
		const asked = play(joined(log), ...sending('/goto 500'));
		const late = asked.effects.filter(isLoad).map(log.answer);
		for (const deed of [[did('page-up')], [did('escape')], sending('hello'), sending('/clear'), sending('/goto 990')]) {
			const meanwhile = play(asked.state, ...deed).state;
			expect(room(play(meanwhile, ...late).state)).toEqual(room(meanwhile));
		}
	});

	it('takes a number and nothing else', () => {
		for (const line of ['/goto', '/goto x', '/goto 0', '/goto -3', '/goto 1 2']) {
			expect(told(play(begun(), ...sending(line)).state).at(-1)).toMatch(/^Usage: \/goto N/);
		}
	});

	it('says of a number that a filter leaves out that it does not match', () => {
		const log = logOf({ count: 1000, given: 100 });
		const narrow = play(begun(), ...sending('/join general where sender = maya'), {
			type: 'room',
			status: status({ epoch: 'e', position: 1000, head: 1000, oldest: 1 }),
		}).state;
		expect(told(goto(narrow, log, 501)).at(-1)).toBe('#501 does not match what is shown here');
		const even = goto(narrow, log, 500);
		expect(shownNumbers(room(even)).every((number) => number % 2 === 0)).toBe(true);
		expect(lines(even).some((line) => line.includes('#500 m500'))).toBe(true);
	});

	it('counts in a conversation by the numbers of the inbox', () => {
		const user = { id: 'sam', verified: true, role: 'member', key: 'K', inbox: '@sam' };
		const direct = (sequence: number, from: string) => ({
			...message(sequence, { sender: from.slice(1) }).message,
			...{ room: '@sam', from, to: '@sam', key: from },
		});
		const state = play(
			begun(),
			{ type: 'link', status: online, nick: 'sam', user },
			{ type: 'items', room: '@sam', items: [{ kind: 'message', message: direct(90, '@bob'), old: false }] },
			{ type: 'room', status: status({ room: '@sam', position: 90, head: 90, oldest: 1 }) },
			...sending('/query bob'),
		).state;
		const page = (from: number, count: number, complete: boolean) => ({
			...{ room: '@sam', head: 90, oldest: 1, complete },
			messages: Array.from({ length: count }, (_, index) =>
				direct(from + index, (from + index) % 2 === 0 ? '@bob' : '@ana'),
			),
		});
		const around = (sequence: number): Unstamped => ({
			...{ type: 'around', room: '@bob', sequence },
			...{ before: page(sequence - 10, 10, false), after: page(sequence, 11, false) },
		});
		const found = play(play(state, ...sending('/goto 40')).state, around(40)).state;
		expect(shownNumbers(room(found, '@bob'))).toEqual([30, 32, 34, 36, 38, 40, 42, 44, 46, 48, 50]);
		const other = play(play(state, ...sending('/goto 41')).state, around(41)).state;
		expect(told(other, '@bob').at(-1)).toBe('#41 of your inbox is not of this conversation');
	});
});

describe('a jump to another room', () => {
	const moment = { at: noon, time: noon, id: 'jump' };

	it('puts it on screen, with a way back, and asks there', () => {
		const log = logOf({ count: 1000, given: 100 });
		const elsewhere = play(begun({ rooms: ['general', 'ops'] }), ...log.joined, did('next-room')).state;
		const { state, effects } = jumpTo(elsewhere, { room: 'general', sequence: 950 }, moment);
		expect([state.active, state.previous, effects]).toEqual(['general', 'ops', []]);
		expect(lines(state).some((line) => line.includes('#950 m950'))).toBe(true);
		const asked = jumpTo(elsewhere, { room: 'general', sequence: 500 }, moment);
		const away = play(asked.state, did('last-room'), ...asked.effects.filter(isLoad).map(log.answer)).state;
		expect(away.active).toBe('ops');
		expect(lines(play(away, did('last-room')).state).some((line) => line.includes('#500 m500'))).toBe(true);
	});

	it('that one is not in says how one gets there', () => {
		const { state, effects } = jumpTo(begun(), { room: 'ops', sequence: 7 }, moment);
		expect(effects).toEqual([]);
		expect(told(state)).toEqual(['#7 is in #ops, and you are not; /join ops goes there']);
	});
});

describe('what is read far above the newest', () => {
	const log = () => logOf({ count: 3000, given: 100 });
	const reading = () => goto(joined(log()), log(), 500);

	it('counts what comes meanwhile, and takes nothing of it', () => {
		const { state } = play(reading(), messages(3001, 3));
		expect(room(state)).toMatchObject({ below: 3, unread: 3 });
		expect(lines(state)).toEqual(lines(reading()));
		expect(edge(state)).toBe('3 new below - Esc');
	});

	it('has what was said of a person who is ignored no more, and stays where it is', () => {
		const by = (sequence: number) => ({ ...message(sequence, { sender: '~jo' }).message });
		const here = goto(joined(log()), log(), 500);
		const page = { room: 'general', epoch: 'e', head: 3000, oldest: 1, complete: false };
		const asked = play(here, ...sending('/goto 1500')).state;
		const { state } = play(asked, {
			...{ type: 'around', room: 'general', sequence: 1500 },
			before: { ...page, messages: [1497, 1498, 1499].map(by) },
			after: { ...page, messages: [message(1500).message, by(1501), by(1502), by(1503)] },
		});
		const { state: quiet } = play(state, ...sending('/ignore ~jo'));
		expect(shownNumbers(room(quiet))).toEqual([1500]);
		expect(room(quiet).reading?.rows.some(({ key }) => key === room(quiet).scroll?.key)).toBe(true);
	});

	it('says at the edge concerned that more is on its way, and joins the newest when it comes to them', () => {
		const source = log();
		let { state } = play(joined(source), ...sending('/goto 2700'));
		state = play(state, source.answer({ type: 'load-around', room: 'general', sequence: 2700, limit: 50 })).state;
		let asked = play(state);
		for (let presses = 0; asked.effects.length === 0 && presses < 20; presses++) {
			asked = play(asked.state, did('page-down'));
		}
		expect(asked.effects).toEqual([{ type: 'load-newer', room: 'general', after: 2750, limit: 100 }]);
		expect(edge(asked.state)).toBe('loading newer messages... - scrolled up - Esc');
		const failed: Unstamped = { type: 'failed', room: 'general', what: 'load-newer', after: 2750, text: 'timed out' };
		const other = play(asked.state, { ...failed, after: 2650 }, did('line-down'));
		expect([other.effects, edge(other.state)]).toEqual([[], edge(asked.state)]);
		const again = play(asked.state, failed, did('line-down'));
		expect(again.effects).toEqual(asked.effects);
		let after = play(again.state, ...again.effects.filter(isLoad).map(source.answer));
		for (let presses = 0; room(after.state).scroll !== undefined && presses < 40; presses++) {
			const pressed = play(after.state, did('page-down'));
			after = play(pressed.state, ...pressed.effects.filter(isLoad).map(source.answer));
		}
		expect(room(after.state).reading).toBeUndefined();
		expect(shownNumbers(room(after.state))).toEqual(Array.from({ length: 351 }, (_, index) => 2650 + index));
	});

	it('ends where I say something, and when the pane is cleared', () => {
		for (const deed of [sending('hello'), sending('/clear')]) {
			expect(room(play(reading(), ...deed).state)).not.toHaveProperty('reading');
		}
	});

	it('stays on screen when the numbers start over, above what cannot be had any more and the newest', () => {
		const before = reading();
		const { state } = play(before, items({ kind: 'epoch', epoch: 'f', sequence: 0 }, message(1)));
		expect(lines(state)).toEqual(lines(before));
		const kinds = room(state).rows.filter(({ kind }) => kind === 'lost' || kind === 'epoch');
		expect(kinds).toMatchObject([{ kind: 'lost', from: 601, to: 2900 }, { kind: 'epoch' }]);
		expect(room(state).reading).toBeUndefined();
		expect(shownNumbers(room(state)).at(-1)).toBe(1);
	});

	it('goes on when the broker went back to a place above it, and ends when to one below', () => {
		const source = log();
		const before = goto(joined(source), source, 500);
		const above = play(before, items({ kind: 'epoch', epoch: 'e', sequence: 2000, lost: 1000 })).state;
		expect(room(above).reading).toBe(room(before).reading);
		const below = play(before, items({ kind: 'epoch', epoch: 'e', sequence: 550, lost: 2450 })).state;
		expect([room(below).reading, lines(below)]).toEqual([undefined, lines(before)]);
		expect(room(below).rows.flatMap((row) => (row.kind === 'lost' ? [[row.from, row.to]] : []))).toEqual([[601, 2900]]);
	});

	it('takes no page of other numbers', () => {
		const source = log();
		const read = goto(joined(source), source, 500);
		const asked = play(read, ...Array.from({ length: 12 }, () => did('page-up')));
		const load = { type: 'load-older', room: 'general', before: 400, limit: 100, asked: 'scroll' } as const;
		const page = source.answer(load);
		expect(page.type === 'older' && shownNumbers(room(play(asked.state, page).state))[0]).toBe(300);
		const other = page.type === 'older' ? { ...page, page: { ...page.page, epoch: 'other' } } : page;
		const dropped = play(asked.state, other).state;
		expect([shownNumbers(room(dropped))[0], room(dropped).reading?.older]).toEqual([400, 'unknown']);
	});

	it('says nothing of the badge: what is missing is what was to come here', () => {
		const lost = items({ kind: 'lost', from: 3001, to: 3004, reason: 'timeout' }, message(3005));
		const badge = (state: State) => textOf(screen(state).topic ?? []).trim();
		const at = (position: number): Unstamped => ({
			type: 'room',
			status: status({ epoch: 'e', position, head: position, oldest: 1 }),
		});
		const state = play(reading(), lost, at(3005)).state;
		expect(badge(state)).toBe('#3005 in order, 4 missing');
		const page = { room: 'general', epoch: 'e', head: 3005, oldest: 1, complete: false };
		const asked = play(state, ...sending('/goto 1500')).state;
		const damaged = play(asked, {
			...{ type: 'around', room: 'general', sequence: 1500 },
			before: { ...page, messages: [message(1490).message], gaps: [{ from: 1491, to: 1499, reason: 'damaged' }] },
			after: { ...page, messages: [message(1500).message] },
		}).state;
		expect(lines(damaged).some((line) => line.includes('[damaged] #1491-#1499'))).toBe(true);
		expect(badge(damaged)).toBe('#3005 in order, 4 missing');
	});
});
