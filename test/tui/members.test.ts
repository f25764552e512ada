import { describe, expect, it } from 'vitest';
import type { Member, PresenceChange } from '../../src/client/client.ts';
import { hereCount } from '../../src/tui/lines/members.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, noon, online, play, room, rowsOf, sending } from './happenings.ts';
import { flatRows } from './states.ts';

const member = (userId: string, more: Partial<Member> = {}): Member => ({
	userId,
	state: 'online',
	verified: true,
	since: noon,
	...more,
});
const members = (...all: readonly Member[]): Unstamped => ({ type: 'members', room: 'general', members: all });
const change = (userId: string, action: PresenceChange['action'], more: Partial<PresenceChange> = {}): Unstamped => ({
	type: 'presence',
	changes: [
		{ room: 'general', userId, action, state: action === 'leave' ? 'offline' : 'online', timestamp: noon, ...more },
	],
});
const here = (state: State, name = 'general') => [...room(state, name).members.keys()];
const peopled = () => play(begun(), members(member('sam'), member('ana'))).state;

describe('members', () => {
	it('are told whole without any noise, and those who are offline are not among them', () => {
		const { state } = play(begun(), members(member('sam'), member('ana'), member('tom', { state: 'offline' })));
		expect(here(state)).toEqual(['sam', 'ana']);
		expect(room(state).membersKnown).toBe(true);
		expect(rowsOf(state, 'traffic')).toEqual([]);
	});

	it('come and go in one row, each person in it once, until something is said', () => {
		const { state } = play(
			peopled(),
			change('li', 'join'),
			change('wes', 'join'),
			change('ana', 'leave'),
			change('wes', 'leave'),
			change('ana', 'join'),
			items(message(1)),
			change('kim', 'join'),
		);
		expect(rowsOf(state, 'traffic').map(({ joined, left }) => ({ joined, left }))).toEqual([
			{ joined: ['li', 'ana'], left: ['wes'] },
			{ joined: ['kim'], left: [] },
		]);
		expect(here(state).toSorted()).toEqual(['ana', 'kim', 'li', 'sam']);
	});

	it('count once in a row, as they did last, also when many come and go', () => {
		const names = Array.from({ length: 151 }, (_, index) => `p${index + 1}`);
		const came = names.map((name) => change(name, 'join'));
		const { state } = play(peopled(), ...came, ...names.slice(1).map((name) => change(name, 'leave')));
		expect(flatRows(screen(state)).join('\n')).toMatch(/-- 1 joined, 150 left \(p1; -p2, /u);
	});

	it('are named in a row up to a thousand who came and as many who left, and counted beyond', () => {
		const names = Array.from({ length: 1200 }, (_, index) => `p${index + 1}`);
		const came = play(peopled(), ...names.map((name) => change(name, 'join'))).state;
		expect(flatRows(screen(came)).join('\n')).toMatch(/-- 1200 joined \(p1, p2, [\s\S]*p10, 1190 +more\)/u);
		const { state } = play(came, ...names.map((name) => change(name, 'leave')));
		expect(flatRows(screen(state)).join('\n')).toMatch(/-- 200 joined, 1200 left/u);
		const [row] = rowsOf(state, 'traffic');
		expect([row?.joined.length, row?.left.length, row?.more]).toEqual([0, 1000, { joined: 200, left: 200 }]);
	});

	it('are known by name up to a thousand; of more only the number is kept', () => {
		const names = Array.from({ length: 1200 }, (_, index) => `p${String(index + 1).padStart(4, '0')}`);
		const full = play(begun(), members(...names.map((name) => member(name)))).state;
		expect([here(full).length, hereCount(room(full))]).toEqual([1000, '1200 here']);
		const { state } = play(
			full,
			change('new', 'join'),
			change('p0001', 'leave'),
			change('p1100', 'update', { status: 'lunch' }),
			change('p1101', 'leave'),
		);
		expect([here(state).length, hereCount(room(state))]).toEqual([1000, '1199 here']);
		expect(rowsOf(state, 'traffic').map(({ joined, left }) => ({ joined, left }))).toEqual([
			{ joined: ['new'], left: ['p0001', 'p1101'] },
		]);
		expect(flatRows(screen(state))).toContainEqual(expect.stringMatching(/\+1184 more *$/u));
	});

	it('are told as called otherwise now when they come under another name, folded with others who come and go', () => {
		const rows = (...events: readonly Unstamped[]) =>
			flatRows(screen(play(peopled(), ...events).state))
				.filter((line) => line.includes(' -- '))
				.map((line) => line.slice(0, 67).trim());
		const leaves = (userId: string) => change(userId, 'leave');
		const comes = (userId: string, was: string) => change(userId, 'join', { was });
		expect(rows(leaves('ana'), comes('anna', 'ana'))).toEqual(['-- ana is now called anna']);
		expect(rows(leaves('ana'), comes('anna', 'ana'), leaves('anna'), comes('ann', 'anna'))).toEqual([
			'-- ana is now called ann',
		]);
		expect(rows(leaves('ana'), comes('anna', 'ana'), leaves('anna'), comes('ana', 'anna'))).toEqual([]);
		expect(rows(change('li', 'join'), leaves('ana'), comes('anna', 'ana'), change('wes', 'join'))).toEqual([
			'-- 2 joined, 1 renamed (li, wes; ana: anna)',
		]);
		expect(
			rows(change('li', 'join'), items(message(1)), leaves('ana'), leaves('li'), comes('a', 'ana'), comes('l', 'li')),
		).toEqual(['-- li joined', '-- 2 are called otherwise now (ana: a, li: l)']);
		// Others speak between the two.
		expect(rows(leaves('ana'), items(message(1)), comes('anna', 'ana'))).toEqual([
			'-- ana left',
			'-- ana is now called anna',
		]);
		expect(rows(comes('eve', 'nobody'))).toEqual(['-- eve joined']);
	});

	it('make no row when I come, when someone changes, or when someone leaves who was not there', () => {
		const { state } = play(
			peopled(),
			change('sam', 'leave'),
			change('sam', 'join'),
			change('ana', 'update', { state: 'away', status: 'lunch' }),
			change('tom', 'leave'),
		);
		expect(rowsOf(state, 'traffic')).toEqual([]);
		expect(room(state).members.get('ana')).toMatchObject({ state: 'away', status: 'lunch', since: noon });
	});

	it('make no row before it is known who was there', () => {
		const { state } = play(begun(), change('ana', 'join'));
		expect(rowsOf(state, 'traffic')).toEqual([]);
		expect(here(state)).toEqual(['ana']);
	});

	const lost: Unstamped = {
		type: 'link',
		status: {
			state: 'waiting',
			attempt: 1,
			offlineSince: noon,
			retryAt: noon + 1000,
			cause: { text: 'gone', code: 'X' },
		},
		nick: 'sam',
	};
	const found: Unstamped = { type: 'link', status: { ...online, since: noon + 900 }, nick: 'sam' };

	it('are unknown while the link is down for more than a moment, and known again after the next list', () => {
		const brief = play(peopled(), lost, { type: 'ticked', at: noon + 4999 }).state;
		expect([room(brief).membersKnown, here(brief)]).toEqual([true, ['sam', 'ana']]);
		const down = play(brief, { type: 'ticked', at: noon + 5000 }).state;
		expect([room(down).membersKnown, here(down)]).toEqual([false, ['sam', 'ana']]);
		const back = play(down, found, members(member('sam'), member('zoe'))).state;
		expect([room(back).membersKnown, here(back), rowsOf(back, 'traffic')]).toEqual([true, ['sam', 'zoe'], []]);
	});

	it('who come back after the link was lost are no news, but those who were not there are', () => {
		const back = play(peopled(), lost, { ...found, at: noon + 900 }, members(member('sam'))).state;
		const both = [change('ana', 'join'), change('li', 'join')];
		const returned = play(back, ...both).state;
		expect(rowsOf(returned, 'traffic')).toMatchObject([{ joined: ['li'], left: [] }]);
		const late = play(back, { type: 'ticked', at: noon + 31_000 }, ...both).state;
		expect(rowsOf(late, 'traffic')).toMatchObject([{ joined: ['ana', 'li'], left: [] }]);
	});

	it('of an outage that is long over are forgotten with the next one', () => {
		const back = play(peopled(), lost, { ...found, at: noon + 900 }, members(member('li'))).state;
		const returning = (at: number) => [...(room(play(back, { ...lost, at }).state).returning?.people ?? [])];
		expect(returning(noon + 30_000)).toEqual(['sam', 'ana', 'li']);
		expect(returning(noon + 31_000)).toEqual(['li']);
	});

	it('who leave because the broker restarts are still here, until it is known who is', () => {
		const draining: Unstamped = { type: 'notice', notice: { level: 'info', code: 'draining', text: 'going away' } };
		const { state } = play(peopled(), draining, change('ana', 'leave'), change('li', 'join'), change('li', 'leave'));
		expect([here(state), rowsOf(state, 'traffic').length]).toEqual([['sam', 'ana'], 1]);
		const back = play(state, lost, { ...found, at: noon + 900 }, members(member('sam'))).state;
		expect(here(back)).toEqual(['sam']);
		expect(here(play(back, change('ana', 'join'), change('ana', 'leave')).state)).toEqual(['sam']);
	});

	it('of a broker that names no room come into the only one, and leave every room that they are in', () => {
		const unnamed = { userId: 'ana', action: 'leave', state: 'offline', timestamp: noon } as const;
		const li = { ...unnamed, userId: 'li', action: 'join', state: 'online' } as const;
		expect(here(play(peopled(), { type: 'presence', changes: [li] }).state)).toContain('li');
		const two = play(begun({ rooms: ['general', 'ops'] }), members(member('ana')), {
			type: 'members',
			room: 'ops',
			members: [member('ana')],
		}).state;
		const left = play(two, { type: 'presence', changes: [unnamed] }).state;
		expect([here(left), here(left, 'ops')]).toEqual([[], []]);
		const joined = play(left, { type: 'presence', changes: [{ ...unnamed, action: 'join', state: 'online' }] }).state;
		expect([here(joined), here(joined, 'ops')]).toEqual([[], []]);
	});

	it('are hidden and shown beside the pane, or on a page over a narrow one', () => {
		const wide = begun();
		expect(play(wide, did('members')).state.view.sidebar).toBe('hidden');
		expect(play(wide, did('members'), did('members')).state.view.sidebar).toBe('auto');
		const narrow = play(wide, { type: 'resized', size: { columns: 79, rows: 24 } }, did('members')).state;
		expect(narrow.view).toMatchObject({ sidebar: 'auto', overlay: { name: 'members', top: 0 } });
		expect(play(narrow, did('members')).state.view.overlay).toBeUndefined();
	});
});

describe('a conversation', () => {
	it('says beside it how the other is, as far as a room tells', () => {
		const there = play(begun(), members(member('sam'), member('ana', { state: 'away', status: 'lunch' })));
		const side = (state: State) =>
			flatRows(screen(state)).flatMap((row) => /│ ([-+* ]?ana.*)$/u.exec(row)?.[1]?.trim() ?? []);
		expect(side(play(there.state, ...sending('/query ana')).state)).toEqual(['-ana  lunch']);
		expect(side(play(begun(), ...sending('/query ana')).state)).toEqual(['ana']);
	});
});
