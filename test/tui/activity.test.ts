import { describe, expect, it } from 'vitest';
import type { User } from '../../src/client/client.ts';
import type { Message } from '../../src/protocol/frames.ts';
import { rebound } from '../../src/tui/keymap.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { defaultPreferences } from '../../src/tui/preferences.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, message, noon, online, play, room, sending, told } from './happenings.ts';
import { flatRows, textOf } from './states.ts';

const names = ['general', 'ops', 'random', 'deploys'];
const user: User = { id: 'sam', key: 'sam-key', inbox: '@sam', verified: true, role: 'member' };
const linked: Unstamped = { type: 'link', status: online, nick: 'sam', user };
const start = (rooms: readonly string[] = names) =>
	play(begun({ rooms: rooms as [string, ...string[]], size: { columns: 100, rows: 30 } }), linked).state;

const said = (name: string, sequence: number, content = 'x'): Unstamped => ({
	type: 'items',
	room: name,
	items: [message(sequence, { content })],
});
const direct = (sequence: number, sender = 'bob'): Unstamped => ({
	type: 'items',
	room: '@sam',
	items: [
		{
			kind: 'message',
			old: false,
			message: {
				...{
					id: `d${sequence}`,
					room: '@sam',
					to: '@sam',
					from: `@${sender}`,
					sender,
					key: `${sender}-key`,
					verified: true,
				},
				...{ content: 'psst', sequence, timestamp: noon },
			} as Message,
		},
	],
});
const tabs = (state: State) => textOf(screen(state).tabs ?? []);
const statusRow = (state: State) => textOf(screen(state).status ?? []).trim();
/** The rooms that the key leads to, one after the other. */
const way = (from: State, presses: number) => {
	const rooms: string[] = [];
	let state = from;
	for (let press = 0; press < presses; press++) {
		state = play(state, did('activity')).state;
		rooms.push(state.active);
	}
	return { rooms, state };
};

describe('the next room with something new', () => {
	it('is one with a mention, then a conversation, then any other, in tab order, and at last where one was', () => {
		const { state } = play(
			start(),
			...[said('ops', 1), said('deploys', 2, 'sam!'), said('random', 3), direct(4), said('random', 5, 'hey sam')],
		);
		expect(statusRow(state)).toMatch(/4 rooms unread, 3 mentions: Alt\+A$/u);
		const { rooms, state: back } = way(state, 6);
		expect(rooms).toEqual(['random', 'deploys', '@bob', 'ops', 'general', 'general']);
		expect(statusRow(back)).toBe('Nothing is unread elsewhere');
		expect(statusRow(play(back, did('left')).state)).not.toContain('Nothing');
	});

	it('is none twice on one way, though something came there again or it could not be read', () => {
		const { state } = play(
			start(),
			said('ops', 1),
			said('random', 2),
			did('activity'),
			said('general', 3),
			did('activity'),
		);
		expect(state.active).toBe('general');
		const again = play(
			start(),
			said('ops', 1),
			said('random', 2),
			did('activity'),
			did('activity'),
			said('ops', 3),
		).state;
		expect(again.active).toBe('random');
		expect(way(again, 2).rooms).toEqual(['general', 'ops']);
	});

	it('begins anew from where one has gone by other ways', () => {
		const { state } = play(start(), said('ops', 1), said('random', 2), did('activity'), {
			type: 'picked-room',
			place: 4,
		});
		expect(way(state, 2).rooms).toEqual(['random', 'deploys']);
	});

	it('shows the line above what is new when all of that does not fit, and else the newest', () => {
		const many = (name: string, count: number): Unstamped => ({
			type: 'items',
			room: name,
			items: Array.from({ length: count }, (_, index) => message(index + 1)),
		});
		const long = play(start(), many('ops', 60), did('activity')).state;
		expect(textOf(screen(long).pane[1] ?? [])).toMatch(/ new - 60 messages \(from #1\) /u);
		expect(room(long, 'ops').unread).toBe(60);
		const short = play(start(), many('ops', 5), did('activity')).state;
		expect(room(short, 'ops')).toMatchObject({ unread: 0, divider: { sequence: 1 } });
		expect(room(short, 'ops').scroll).toBeUndefined();
	});

	it('is named on the status row with the key that leads to it, if there is one and there is room for it', () => {
		const { state } = play(start(), said('ops', 1));
		expect(statusRow(state)).toMatch(/1 room unread: Alt\+A$/u);
		const unbound = rebound({ activity: [] });
		const bindings = unbound.ok ? unbound.bindings : [];
		expect(statusRow({ ...state, preferences: { ...defaultPreferences, bindings } })).toMatch(/1 room unread$/u);
		const narrow = play(state, { type: 'resized', size: { columns: 40, rows: 20 } }).state;
		expect(flatRows(screen(narrow)).join('\n')).toMatch(/1 room unread/u);
		expect(flatRows(screen(narrow)).join('\n')).not.toMatch(/Alt\+A/u);
	});
});

describe('a room that is muted', () => {
	const muted = play(start(['general', 'ops']), did('next-room'), ...sending('/mute'), did('previous-room')).state;

	it('calls for nothing, on its tab, on the status row and on the way round, but for mentions', () => {
		expect(told(muted, 'ops')).toEqual([
			'#ops is muted: it rings for nothing, and only mentions in it count; /mute ends that',
		]);
		const plain = play(muted, said('ops', 1), said('ops', 2)).state;
		expect(tabs(plain)).toMatch(/^ \[1 #general\] {2}2 #ops muted /u);
		expect(statusRow(plain)).not.toContain('unread');
		expect(way(plain, 1).rooms).toEqual(['general']);
		const named = play(plain, said('ops', 3, 'sam?')).state;
		expect(tabs(named)).toMatch(/ 2 #ops muted 1! /u);
		expect(way(named, 1).rooms).toEqual(['ops']);
	});

	it('is so no more after /mute once more, and its unread messages count', () => {
		const { state } = play(muted, said('ops', 1), did('next-room'), did('previous-room'), said('ops', 2));
		const ended = play(state, did('next-room'), ...sending('/mute'), did('previous-room'), said('ops', 3)).state;
		expect(told(ended, 'ops').at(-1)).toBe('#ops is muted no more');
		expect(tabs(ended)).toMatch(/ 2 #ops 1 /u);
	});

	it('is another matter than somebody who is', () => {
		const { effects } = play(muted, ...sending('/mute bob 2h'));
		expect(effects).toMatchObject([{ type: 'administer', order: { op: 'mute', userId: 'bob' } }]);
	});

	it('has no mentions either when it is to notify for nothing', () => {
		const { state } = play(
			muted,
			did('next-room'),
			...sending('/notify none'),
			did('previous-room'),
			said('ops', 1, 'sam'),
		);
		expect(tabs(state)).toMatch(/ 2 #ops muted /u);
		expect(statusRow(state)).not.toContain('unread');
	});
});

describe('/notify', () => {
	it('says what is so, and changes it', () => {
		const { state } = play(
			start(),
			...sending('/notify'),
			...sending('/notify all'),
			...sending('/notify'),
			...sending('/notify None'),
		);
		expect(told(state)).toEqual([
			'#general rings and notifies for what names you',
			'#general rings and notifies for all that is said',
			'#general rings and notifies for all that is said',
			'#general rings and notifies for nothing, and mentions in it do not count',
		]);
		expect(told(play(state, ...sending('/notify loud')).state).at(-1)).toMatch(
			/^Usage: \/notify \[all\|mentions\|none\]/u,
		);
		const talk = play(start(), direct(1), ...sending('/query bob'), ...sending('/notify')).state;
		expect(told(talk, '@bob')).toEqual(['@bob rings and notifies for all that is said']);
	});
});
