import { describe, expect, it } from 'vitest';
import type { RoomItem, User } from '../../src/client/client.ts';
import type { Message } from '../../src/protocol/frames.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { defaultPreferences } from '../../src/tui/preferences.ts';
import { nextWakeAt } from '../../src/tui/selectors.ts';
import { begun, did, message, noon, online, play, sending } from './happenings.ts';

const user: User = { id: 'sam', key: 'sam-key', inbox: '@sam', verified: true, role: 'member' };
const linked: Unstamped = { type: 'link', status: online, nick: 'sam', user };
const offline: Unstamped = {
	...{ type: 'link', nick: 'sam' },
	status: {
		state: 'waiting',
		attempt: 1,
		retryAt: noon + 9000,
		offlineSince: noon,
		cause: { code: 'gone', text: 'gone' },
	},
} as Unstamped;
const start = (more: Partial<typeof defaultPreferences> = {}) =>
	play(begun({ rooms: ['general', 'ops'], preferences: { ...defaultPreferences, ...more } }), linked).state;

const inOps = (sequence: number, content = 'sam?', more: Parameters<typeof message>[1] = {}): Unstamped => ({
	type: 'items',
	room: 'ops',
	items: [message(sequence, { content, ...more })],
});
const direct = (sequence: number, content = 'psst', more: Partial<RoomItem> = {}): Unstamped => ({
	type: 'items',
	room: '@sam',
	items: [
		{
			...{ kind: 'message', old: false, ...more },
			message: {
				...{
					id: `d${sequence}`,
					room: '@sam',
					to: '@sam',
					from: '@bob',
					sender: 'bob',
					key: 'bob-key',
					verified: true,
				},
				...{ content, sequence, timestamp: noon },
			} as Message,
		} as RoomItem,
	],
});
const focus = (focused: boolean): Unstamped => ({ type: 'focus', focused });
const lent = (isLent: boolean): Unstamped => ({ type: 'lent', isLent });
const later = (state: State, ms: number): Unstamped & { readonly at: number } => ({
	type: 'ticked',
	at: state.now + ms,
});

const bell = { type: 'bell' } as const;
const notify = (title: string, text: string) => ({ type: 'notify', title, text }) as const;

describe('the terminal rings and notifies', () => {
	it('for a mention and for what is said to me alone', () => {
		expect(play(start(), inOps(1, 'sam: look')).rung).toEqual([bell, notify('maya in #ops', 'sam: look')]);
		expect(play(start(), direct(1)).rung).toEqual([bell, notify('bob', 'psst')]);
	});

	it('for nothing else, unless the room is to ring for all; then for nothing that is by me', () => {
		expect(play(start(), inOps(1, 'lunch')).rung).toEqual([]);
		const all = play(start(), did('next-room'), ...sending('/notify all'), did('previous-room')).state;
		expect(play(all, inOps(1, 'lunch')).rung).toEqual([bell, notify('maya in #ops', 'lunch')]);
		const mine = message(1, { sender: 'sam' });
		const own = { ...mine, message: { ...mine.message, key: 'sam-key' } };
		expect(play(all, { type: 'items', room: 'ops', items: [own] }).rung).toEqual([]);
	});

	it('while another program has the terminal not at all, and once for all of it afterwards', () => {
		const away = play(start(), lent(true), inOps(1), later(start(), 9000), inOps(2, 'sam!'), direct(1));
		expect(away.rung).toEqual([]);
		expect(nextWakeAt(away.state) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(away.state.now);
		expect(play(away.state, later(away.state, 60_000)).rung).toEqual([]);
		const back = play(away.state, lent(false));
		expect(back.rung).toEqual([bell, notify('natter', '#ops: 2 mentions; bob: 1 message')]);
		expect(play(back.state, later(back.state, 60_000)).rung).toEqual([]);
	});

	it('never in the room that is looked at, and in it when another window has the keyboard', () => {
		const here = play(start(), did('next-room')).state;
		expect(play(here, inOps(1)).rung).toEqual([]);
		expect(play(here, focus(true), inOps(1)).rung).toEqual([]);
		expect(play(here, focus(false), inOps(1)).rung).toEqual([bell, notify('maya in #ops', 'sam?')]);
	});

	it('never in a room that is muted, or is to ring for nothing, nor for somebody who is ignored', () => {
		for (const command of ['/mute', '/notify none', '/ignore ~maya']) {
			const { state } = play(start(), did('next-room'), ...sending(command), did('previous-room'));
			expect(play(state, inOps(1)).rung).toEqual([]);
		}
		const rare = play(start(), direct(1), ...sending('/query bob'), ...sending('/notify none'), did('next-room')).state;
		expect(play(rare, later(rare, 6000), direct(2)).rung).toEqual([]);
	});

	it('never for what was said before, in this run or while another was over', () => {
		expect(play(start(), inOps(1, 'sam', { old: true })).rung).toEqual([]);
		expect(play(start(), direct(1, 'psst', { old: true, unseen: true })).rung).toEqual([]);
		const again = play(start(), offline, linked).state;
		expect(play(again, direct(1, 'psst', { old: true, unseen: true }), later(again, 9000)).rung).toEqual([]);
	});

	it('as one likes it', () => {
		expect(play(start({ bell: false }), inOps(1)).rung).toEqual([notify('maya in #ops', 'sam?')]);
		expect(play(start({ notifications: false }), inOps(1)).rung).toEqual([bell]);
	});

	it('once for all that comes together, and five seconds later for the rest of it', () => {
		const first = play(start(), inOps(1), inOps(2), inOps(3, 'sam!'), direct(4), inOps(5, 'lunch'));
		expect(first.rung).toEqual([bell, notify('maya in #ops', 'sam?')]);
		expect(nextWakeAt(first.state)).toBe(first.state.now + 5000);
		expect(play(first.state, later(first.state, 4999)).rung).toEqual([]);
		const rest = play(first.state, later(first.state, 5000));
		expect(rest.rung).toEqual([bell, notify('natter', '#ops: 2 mentions; bob: 1 message')]);
		expect(play(rest.state, later(rest.state, 5000)).rung).toEqual([]);
		expect(play(rest.state, { ...inOps(6), at: rest.state.now + 5000 }).rung).toHaveLength(2);
	});

	it('tells how much of all that was said names me', () => {
		const all = play(start(), did('next-room'), ...sending('/notify all'), did('previous-room')).state;
		const { state } = play(all, inOps(1, 'a'), inOps(2, 'b'), inOps(3, 'sam'), inOps(4, 'c'));
		expect(play(state, later(state, 5000)).rung.at(-1)).toEqual(notify('natter', '#ops: 3 messages, 1 mention'));
	});

	it('not for what was read meanwhile', () => {
		const { state } = play(
			start(),
			inOps(1),
			direct(2),
			direct(3),
			{ type: 'picked-room', place: 3 },
			did('last-room'),
		);
		expect(play(state, later(state, 5000)).rung).toEqual([]);
	});

	it('once for all that was missed without a link', () => {
		const missed = (name: string, ...items: readonly RoomItem[]): Unstamped => ({
			type: 'items',
			room: name,
			items: [{ kind: 'resumed', from: 1, to: 9, missed: 9, awayMs: 60_000 }, ...items],
		});
		const old = (sequence: number) => message(sequence, { content: 'sam', old: true });
		const back = play(
			start(),
			{ type: 'picked-room', place: 2 },
			{ type: 'picked-room', place: 1 },
			offline,
			linked,
		).state;
		const came = play(
			back,
			missed('ops', old(1), old(2)),
			missed('general', old(3)),
			missed('@sam'),
			direct(4, 'psst', { old: true }),
		);
		expect(came.rung).toEqual([]);
		const told = play(came.state, later(came.state, 2000));
		expect(told.rung).toEqual([bell, notify('natter', 'While there was no link - #ops: 2 mentions; bob: 1 message')]);
	});

	it('with a text of one bounded line, whatever was said', () => {
		const { rung } = play(start(), direct(1, `a\u0007\u001b]0;b\n${'long '.repeat(100)}`));
		const [, notification] = rung;
		const text = notification?.type === 'notify' ? notification.text : '';
		expect(text).not.toMatch(/\p{Cc}/u);
		expect(Array.from(text).length).toBeLessThanOrEqual(160);
	});
});

describe('the title', () => {
	it('says the room on screen, and what is unread in all of them, when that changes', () => {
		const { state, titles } = play(start(), inOps(1, 'a'), inOps(2, 'sam'), did('left'), did('next-room'));
		expect(titles).toEqual(['natter #general (1)', 'natter #general (2!)', 'natter #ops']);
		expect(play(state, inOps(3)).titles).toEqual([]);
		expect(play(state, focus(false), inOps(3)).titles).toEqual(['natter #ops (1!)']);
	});

	it('is said once at the start, or never', () => {
		const titled = (title: boolean) => {
			const state = begun({ preferences: { ...defaultPreferences, title } });
			return [state.title, play(state, did('next-room')).titles];
		};
		expect(titled(true)).toEqual(['natter #general', []]);
		expect(titled(false)).toEqual([undefined, []]);
	});

	it('counts of a room that is muted only what names me', () => {
		const muted = play(start(), did('next-room'), ...sending('/mute'), did('previous-room')).state;
		expect(play(muted, inOps(1, 'a'), inOps(2, 'sam')).titles).toEqual(['natter #general (1!)']);
	});
});
