import { describe, expect, it } from 'vitest';
import type { Unsent } from '../../src/client/client.ts';
import { begun, did, items, message, messages, noon, online, play, room, sending, status, told } from './happenings.ts';

const three = () => begun({ rooms: ['general', 'ops', 'random'] });
const names = (state: ReturnType<typeof begun>) => state.rooms.map(({ name }) => name);

describe('rooms', () => {
	it('are walked through in tab order, around the ends', () => {
		const forward = [1, 2, 3].map(
			(count) => play(three(), ...Array.from({ length: count }, () => did('next-room'))).state.active,
		);
		expect(forward).toEqual(['ops', 'random', 'general']);
		expect(play(three(), did('previous-room')).state.active).toBe('random');
	});

	it('are picked by place, and a place without a room changes nothing', () => {
		const { state } = play(three(), { type: 'picked-room', place: 3 });
		expect(state.active).toBe('random');
		expect(play(state, { type: 'picked-room', place: 4 }).state.active).toBe('random');
		expect(play(state, ...sending('/2')).state.active).toBe('ops');
	});

	it('go back to the one before', () => {
		const { state } = play(three(), { type: 'picked-room', place: 3 }, did('last-room'));
		expect(state.active).toBe('general');
		expect(play(state, ...sending('/last')).state.active).toBe('random');
	});

	it('keep what was typed in each of them', () => {
		const { state } = play(
			three(),
			{ type: 'typed', text: 'for general' },
			did('next-room'),
			{ type: 'typed', text: 'for ops' },
			did('previous-room'),
		);
		expect(state.composer).toMatchObject({ text: 'for general', cursor: 11 });
		expect(room(state, 'ops').draft).toBe('for ops');
		expect(play(state, did('next-room')).state.composer.text).toBe('for ops');
	});

	it('get a tab by /join, which goes there and joins', () => {
		const { state, effects } = play(begun(), ...sending('/join #news'));
		expect([names(state), state.active]).toEqual([['general', 'news'], 'news']);
		expect(effects).toEqual([{ type: 'join', room: 'news' }]);
		const again = play(state, ...sending('/join general'));
		expect([again.state.active, again.effects]).toEqual(['general', []]);
	});

	it('have no tab under a name that no room can have', () => {
		const { state, effects } = play(begun(), ...sending('/join a  b'));
		expect([names(state), effects]).toEqual([['general'], []]);
		expect(told(state)).toHaveLength(1);
	});

	it('lose their tab again when they could not be joined', () => {
		const joined = play(begun(), ...sending('/join secret')).state;
		const { state } = play(joined, { type: 'failed', room: 'secret', what: 'join', text: 'You may not read secret' });
		expect([names(state), state.active]).toEqual([['general'], 'general']);
		expect(told(state)).toEqual(['You may not read secret']);
	});

	it('is no news when it cannot be joined after it was left', () => {
		const left = play(begun(), ...sending('/join ops'), ...sending('/leave')).state;
		const { state } = play(left, { type: 'failed', room: 'ops', what: 'join', text: 'The room ops was left' });
		expect(told(state)).toEqual(['You left #ops; /join ops goes back there']);
	});

	it('are left, and the one before comes on screen; the only one stays', () => {
		const left = play(three(), { type: 'picked-room', place: 3 }, ...sending('/leave'));
		expect([names(left.state), left.state.active, left.effects]).toEqual([
			['general', 'ops'],
			'general',
			[{ type: 'leave', room: 'random' }],
		]);
		const another = play(left.state, ...sending('/leave ops'));
		expect([names(another.state), another.state.active]).toEqual([['general'], 'general']);
		expect(play(another.state, did('last-room')).state.active).toBe('general');
		const only = play(another.state, ...sending('/leave'));
		expect([names(only.state), only.effects]).toEqual([['general'], []]);
		expect(told(only.state).at(-1)).toMatch(/only room/);
		expect(told(play(only.state, ...sending('/leave nowhere')).state).at(-1)).toMatch(/not in #nowhere/);
	});

	it('appear when the client follows one that has no tab, and say when they were taken away', () => {
		const { state } = play(begun(), { type: 'room', status: status({ room: 'ops' }) });
		expect(names(state)).toEqual(['general', 'ops']);
		const kicked = play(state, { type: 'room', status: status({ room: 'ops', phase: 'left', reason: 'kicked' }) });
		expect(told(kicked.state, 'ops')).toEqual(['You are no longer in #ops (kicked): /join ops brings you back']);
		expect(names(play(begun(), { type: 'room', status: status({ room: 'x', phase: 'left' }) }).state)).toEqual([
			'general',
		]);
	});
});

describe('unread', () => {
	it('counts what others say elsewhere, and what names me', () => {
		const { state } = play(
			begun({ rooms: ['ops', 'general'] }),
			messages(1, 3),
			items(message(4, { content: 'Sam: look' }), message(5, { sender: 'sam', content: 'sam here' })),
		);
		expect(room(state)).toMatchObject({ unread: 4, mentions: 1 });
	});

	it('ends when the newest message is on screen', () => {
		const away = play(begun({ rooms: ['ops', 'general'] }), messages(1, 3)).state;
		expect(room(play(away, did('next-room')).state)).toMatchObject({ unread: 0, mentions: 0 });
	});

	it('goes on while the room is scrolled up or a page is over it', () => {
		const covered = play(begun(), did('help'), messages(1, 2)).state;
		expect(room(covered).unread).toBe(2);
		expect(room(play(covered, did('escape')).state).unread).toBe(0);
		const up = play(begun(), messages(1, 100), did('page-up'), messages(101, 2)).state;
		expect(room(up)).toMatchObject({ unread: 2, below: 2 });
		expect(room(play(up, did('newest')).state)).toMatchObject({ unread: 0, below: 0 });
	});

	it('passes through a room that was scrolled up and left', () => {
		const two = begun({ rooms: ['general', 'ops'] });
		const up = play(two, messages(1, 100), did('page-up'), messages(101, 1), did('next-room'), did('next-room')).state;
		expect(up.active).toBe('general');
		expect(room(up).unread).toBe(1);
	});
});

describe('untouched parts of the state', () => {
	it('are the same objects after an event that does not concern them', () => {
		const state = three();
		const typed = play(state, { type: 'typed', text: 'x' }).state;
		expect([typed.rooms, typed.view, typed.link]).toEqual([state.rooms, state.view, state.link]);
		expect(typed.rooms).toBe(state.rooms);
		expect(typed.view).toBe(state.view);
		const arrived = play(state, items(message(1))).state;
		expect(arrived.composer).toBe(state.composer);
		expect(arrived.rooms[1]).toBe(state.rooms[1]);
		expect(arrived.rooms[0]).not.toBe(state.rooms[0]);
		const linked = play(state, { type: 'link', status: online, nick: 'sam' }).state;
		expect(linked.rooms).toBe(state.rooms);
		const ticked = play(state, { type: 'ticked', at: state.now + 1000 }).state;
		expect(ticked).toEqual({ ...state, now: state.now + 1000 });
		expect(ticked.rooms).toBe(state.rooms);
	});
});

describe('what an earlier run left behind', () => {
	const unsent = (room: string, cid: string, content: string): Unsent => ({
		room,
		cid,
		content,
		writtenAt: noon - 60_000,
		sent: false,
	});
	const left = begun({
		rooms: ['general', 'ops'],
		unsent: [unsent('ops', 'c1', 'one'), unsent('random', 'c2', 'two'), unsent('ops', 'c3', 'three')],
		drafts: new Map([
			['general', 'half a sen'],
			['ops', 'x'],
			['elsewhere', 'y'],
		]),
	});

	it('stands unsent in its rooms, which have tabs, and has its number when it comes', () => {
		expect(left.rooms.map(({ name, pending }) => [name, pending.map(({ content }) => content)])).toEqual([
			['general', []],
			['ops', ['one', 'three']],
			['random', ['two']],
		]);
		const { state } = play(left, {
			type: 'items',
			room: 'random',
			items: [message(7, { sender: 'sam', content: 'two', cid: 'c2' })],
		});
		expect(room(state, 'random').pending).toEqual([]);
		expect(room(state, 'random').rows.at(-1)).toMatchObject({
			kind: 'said',
			sequence: 7,
			mine: true,
			writtenAt: noon - 60_000,
		});
	});

	it('is typed where it was typed, also in a room that is joined later', () => {
		expect(left.composer).toMatchObject({ text: 'half a sen', cursor: 10 });
		expect(play(left, did('next-room')).state.composer.text).toBe('x');
		const emptied = play(left, did('interrupt'), ...sending('/join elsewhere')).state;
		expect(emptied.composer.text).toBe('y');
	});
});

describe('drafts', () => {
	it('are saved as they are typed, and emptied before the line is published', () => {
		const { saved } = play(begun(), { type: 'typed', text: 'h' }, { type: 'typed', text: 'i' }, did('send'));
		expect(saved).toEqual([
			['general', 'h'],
			['general', 'hi'],
			['general', ''],
		]);
	});

	it('are not what Up brings back, and nothing is saved when nothing is typed', () => {
		const state = play(begun(), ...sending('old'), { type: 'typed', text: 'new' }).state;
		expect(play(state, did('history-back'), did('history-forward'), did('left')).saved).toEqual([]);
	});

	it('stay with their room when it is left and joined again', () => {
		const state = play(begun(), ...sending('/join ops'), { type: 'typed', text: 'half' }, did('next-room')).state;
		const left = play(state, ...sending('/leave ops')).state;
		expect(left.rooms.map(({ name }) => name)).toEqual(['general']);
		expect(play(left, ...sending('/join ops')).state.composer.text).toBe('half');
	});
});
