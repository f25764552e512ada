import { describe, expect, it } from 'vitest';
import type { PresenceChange, User } from '../../src/client/client.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { initialState } from '../../src/tui/update.ts';
import { begun, noon, online, play, room, rowsOf, sending, told } from './happenings.ts';

const again = (nick = 'sam'): Unstamped => ({ type: 'link', status: { state: 'connecting', attempt: 1 }, nick });
const linked = (nick: string): Unstamped => ({ type: 'link', status: online, nick });
const change = (userId: string, action: PresenceChange['action']): Unstamped => ({
	type: 'presence',
	changes: [{ room: 'general', userId, action, state: action === 'leave' ? 'offline' : 'online', timestamp: noon }],
});
const member = (userId: string) => ({ userId, state: 'online' as const, verified: true, since: noon });
const first = () =>
	initialState({
		at: noon,
		size: { columns: 80, rows: 24 },
		nick: 'ann',
		url: 'ws://127.0.0.1:8080',
		rooms: ['general'],
	});
const texts = (state: State) => room(state).rows.flatMap((row) => (row.kind === 'told' ? [row.text] : []));

describe('/nick', () => {
	it('says only who one is when the name was to be had', () => {
		const { state } = play(begun(), ...sending('/nick bobby'), again(), linked('bobby'), {
			type: 'nick-changed',
			room: 'general',
			nick: 'bobby',
		});
		expect(told(state)).toEqual(['You are bobby now']);
	});

	it('names the name that was asked for when it was not to be had', () => {
		const taken = play(begun(), ...sending('/nick ann'), again(), linked('ann4')).state;
		expect(told(taken)).toEqual(['ann is not to be had here, so you are ann4 (change: /nick NAME)']);
		const { state } = play(taken, ...sending('/nick ann'), again('ann4'), linked('ann4'));
		const free = play(state, again('ann4'), linked('ann')).state;
		expect(told(free).at(-1)).toBe('You are ann now');
		expect(told(state).at(-1)).toBe('ann is not to be had here, so you are still ann4 (change: /nick NAME)');
	});

	it('is over when it failed: another name at the next link is not its answer', () => {
		const failed: Unstamped = { type: 'failed', room: 'general', what: 'change-nick', text: 'too busy' };
		const { state } = play(begun(), ...sending('/nick bobby'), failed, again(), linked('sam'));
		expect(told(state)).toEqual(['/nick: too busy']);
	});

	it('makes no row of me as somebody who goes, though the people are told with my old name', () => {
		const list: Unstamped = { type: 'members', room: 'general', members: [member('sam'), member('jo')] };
		const moved = play(begun(), list, ...sending('/nick bobby'), again(), linked('bobby'), list);
		const { state } = play(moved.state, change('sam', 'leave'), change('bobby', 'join'));
		expect(rowsOf(state, 'traffic')).toEqual([]);
		// Whoever takes the name later is somebody else.
		const taken = play(state, change('sam', 'join'), change('sam', 'leave')).state;
		expect(rowsOf(taken, 'traffic')).toMatchObject([{ joined: [], left: ['sam'] }]);
	});
});

describe('the greeting', () => {
	it('has the name that I was given at last, and there is no second row about it', () => {
		const { state } = play(first(), linked('ann3'));
		expect(texts(state)).toEqual([
			[
				'ann is not to be had here, so you are ann3 (change: /nick NAME).',
				'You are at ws://127.0.0.1:8080.',
				'F1 or /help lists keys and commands; Ctrl+C twice quits.',
			].join('\n'),
		]);
	});

	it('says the role of an owner or admin, and of nobody else', () => {
		const greeted = (role: string) => {
			const user: User = { id: 'ann', verified: true, role };
			return texts(play(first(), { type: 'link', status: online, nick: 'ann', user }).state)[0]?.split('\n')[0];
		};
		expect(greeted('owner')).toBe('You are ann, owner of this broker at ws://127.0.0.1:8080 (change: /nick NAME).');
		expect(greeted('admin')).toContain('You are ann, admin of this broker at');
		expect(greeted('member')).toBe('You are ann at ws://127.0.0.1:8080 (change: /nick NAME).');
	});

	it('that was taken from the screen leaves the news of another name to a row of its own', () => {
		const { state } = play(first(), ...sending('/clear'), linked('ann3'));
		expect(texts(state)).toEqual(['ann is not to be had here, so you are ann3 (change: /nick NAME)']);
	});
});
