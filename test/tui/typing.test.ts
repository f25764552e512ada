import { describe, expect, it } from 'vitest';
import type { Typing, User } from '../../src/client/client.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { nextWakeAt, screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, noon, online, play, room, sending } from './happenings.ts';
import { textOf } from './states.ts';

const types = (userId: string, more: Partial<Typing> = {}): Unstamped => ({
	type: 'typing',
	typing: { room: 'general', userId, until: noon + 6000, ...more },
});
const stops = (userId: string): Unstamped => ({ type: 'typing', typing: { room: 'general', userId } });
const typed = (text: string): Unstamped => ({ type: 'typed', text });
const ticked = (at: number): Unstamped & { readonly at: number } => ({ type: 'ticked', at });
const statusRow = (state: State) => textOf(screen(state).status ?? []).trim();
const sam: User = { id: 'sam', verified: true, role: 'member', key: 'sam-key' };

describe('who is typing', () => {
	it('stands on the status row, by name up to two', () => {
		const one = play(begun(), types('maya')).state;
		expect(statusRow(one)).toBe('✓ live 12ms │ maya is typing');
		const two = play(one, types('jo', { verified: false }), types('maya')).state;
		expect(statusRow(two)).toBe('✓ live 12ms │ ~jo and maya are typing');
		expect(statusRow(play(two, types('li')).state)).toBe('✓ live 12ms │ 3 people are typing');
	});

	it('is a number where there is no room for names', () => {
		const at = (columns: number) => {
			const { state } = play(begun({ size: { columns, rows: 20 } }), types('a-rather-long-name-here'), types('maya'));
			return statusRow(state);
		};
		expect([at(60), at(40)]).toEqual(['✓ live │ 2 typing │ ? here', '✓ live │ 2 typing │ ? here']);
	});

	it('is of the room on screen alone', () => {
		const { state } = play(begun({ rooms: ['ops', 'general'] }), types('maya'));
		expect(statusRow(state)).toBe('✓ live 12ms');
		expect(statusRow(play(state, did('next-room')).state)).toContain('maya is typing');
	});

	it('lapses when its time is over, and the screen asks to be woken then', () => {
		const { state } = play(begun(), types('maya'), types('jo', { until: noon + 7000 }));
		expect(nextWakeAt(state)).toBe(noon + 6000);
		const later = play(state, ticked(noon + 6000)).state;
		expect([statusRow(later), nextWakeAt(later)]).toEqual(['✓ live 12ms │ jo is typing', noon + 7000]);
		const last = play(later, ticked(noon + 7000)).state;
		expect([statusRow(last), room(last).typing]).toEqual(['✓ live 12ms', undefined]);
	});

	it('is over when they say something, stop, leave, or the link is lost', () => {
		const { state } = play(begun(), types('maya'));
		const left = { room: 'general', userId: 'maya', action: 'leave', state: 'offline', timestamp: noon } as const;
		const ends: Unstamped[] = [
			items(message(1)),
			stops('maya'),
			{ type: 'presence', changes: [left] },
			{ type: 'link', status: { state: 'connecting', attempt: 1, offlineSince: noon }, nick: 'sam' },
		];
		expect(ends.map((end) => room(play(state, end).state).typing)).toEqual(ends.map(() => undefined));
		expect(statusRow(play(state, items(message(1, { sender: 'jo' }))).state)).toContain('maya is typing');
	});

	it('is not me on another device, nor somebody whom I ignore', () => {
		const state = play(begun({ ignored: [{ name: 'eve', key: 'eve-key' }] }), {
			...{ type: 'link', status: online, nick: 'sam', user: sam },
		}).state;
		const { state: after } = play(state, types('sammy', { key: 'sam-key' }), types('eve2', { key: 'eve-key' }));
		expect(room(after).typing).toBeUndefined();
	});

	it('is bounded, whatever a broker says', () => {
		const many = Array.from({ length: 200 }, (_, index) => types(`p${index}`));
		expect(room(play(begun(), ...many).state).typing?.length).toBe(50);
	});

	it('in a conversation is over with what comes in the inbox', () => {
		const user = { ...sam, inbox: '@sam' };
		const said = message(1, { sender: 'bob' });
		const direct = { ...said, message: { ...said.message, room: '@sam', to: '@sam', from: '@bob', key: 'bob-key' } };
		const inbox: Unstamped = { type: 'items', room: '@sam', items: [direct] };
		const { state } = play(begun(), { type: 'link', status: online, nick: 'sam', user }, ...sending('/query bob'));
		const typing = play(state, types('bob', { room: '@bob' })).state;
		expect(statusRow(typing)).toContain('bob is typing');
		expect(room(play(typing, inbox).state, '@bob').typing).toBeUndefined();
	});
});

describe('others are told of my typing', () => {
	it('when text changes that would be said, and that it is over when none is left', () => {
		const { typing } = play(begun(), typed('hi'), did('left'), did('delete-back'), did('kill-to-end'), did('escape'));
		expect(typing).toEqual([
			['general', true],
			['general', true],
			['general', false],
		]);
	});

	it('not of commands, and of a slash that would be said', () => {
		expect(play(begun(), typed('/msg bob secret'), did('send')).typing).toEqual([]);
		expect(play(begun(), typed('   '), { type: 'pasted', text: '/join x' }).typing).toEqual([['general', true]]);
		expect(play(begun(), typed('//x')).typing).toEqual([['general', true]]);
	});

	it('not that it is over, when what was typed is said', () => {
		expect(play(begun(), ...sending('hi')).typing).toEqual([['general', true]]);
	});

	it('in the room where it was typed, and that it is over there when I go elsewhere', () => {
		const two = begun({ rooms: ['general', 'ops'] });
		expect(play(two, typed('half'), did('next-room'), typed('x'), did('previous-room')).typing).toEqual([
			['general', true],
			['general', false],
			['ops', true],
			['ops', false],
		]);
	});

	it('not at all when I do not want it', () => {
		const { preferences } = begun();
		const quiet = begun({ preferences: { ...preferences, typing: false } });
		expect(play(quiet, typed('hi'), did('kill-to-start')).typing).toEqual([]);
	});
});
