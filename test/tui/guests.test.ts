import { describe, expect, it } from 'vitest';
import type { Member, PresenceChange } from '../../src/client/client.ts';
import type { Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, items, message, noon, play, told } from './happenings.ts';
import { flatRows } from './states.ts';

const member = (userId: string, verified?: boolean): Member => ({
	...{ userId, state: 'online', since: noon },
	...(verified !== undefined && { verified }),
});
const change = (userId: string, action: PresenceChange['action'], verified?: boolean): Unstamped => ({
	type: 'presence',
	changes: [
		{
			...{ room: 'general', userId, action, timestamp: noon },
			state: action === 'leave' ? 'offline' : 'online',
			...(verified !== undefined && { verified }),
		},
	],
});
const list = (...people: readonly Member[]): Unstamped => ({ type: 'members', room: 'general', members: people });
const shown = (...events: readonly Unstamped[]) => flatRows(screen(play(begun(), ...events).state)).join('\n');

describe('somebody who has not proven to own the name', () => {
	it('is marked once in the list of people, and others are not, nor anybody where the broker does not say it', () => {
		const rows = shown(list(member('sam', true), member('jo', false), member('ana', true), member('old')));
		expect(rows).toMatch(/\+~jo\b/u);
		expect(rows).toMatch(/\+ana\b[\s\S]*\+old\b[\s\S]*\+sam/u);
		expect(shown(list(member('sam', true), member('~jo', false)))).toMatch(/\+~jo\b/u);
	});

	it('is marked when they come, in the list from then on, and when they go', () => {
		const here = [list(member('sam', true)), change('jo', 'join', false), change('ana', 'join', true)];
		expect(shown(...here)).toMatch(/-- 2 joined \(~jo, ana\)/u);
		expect(shown(...here)).toMatch(/\+ana[\s\S]*\+~jo\b/u);
		const gone = [...here, items(message(1)), change('jo', 'leave')];
		expect(shown(...gone)).toContain('-- ~jo left');
	});

	it('is marked in the answer to /who, and in that to an order about them, also when it was typed without the mark', () => {
		const people = [member('sam', true), member('jo', false)];
		const order = { op: 'mute' as const, room: 'general', userId: 'jo' };
		const { state } = play(
			begun(),
			list(...people),
			{ type: 'members-listed', room: 'general', members: people },
			{ type: 'administered', room: 'general', order },
			{ type: 'administered', room: 'general', order: { ...order, userId: '~jo' } },
			{ type: 'administered', room: 'general', order: { ...order, userId: 'sam' } },
		);
		expect(told(state)).toEqual([
			'2 people in #general:\n+ ~jo  here  came 12:00\n+ sam  here  came 12:00',
			'~jo is muted in #general until /unmute',
			'~jo is muted in #general until /unmute',
			'sam is muted in #general until /unmute',
		]);
	});
});
