import { describe, expect, it } from 'vitest';
import type { RoomStatus } from '../../src/client/client.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, items, message, noon, play, sending, status, told } from './happenings.ts';
import { flatRows } from './states.ts';

const standing = (more: Partial<RoomStatus>) => ({ type: 'room' as const, status: status(more) });
const kicked = (reason = 'kicked') =>
	play(begun(), standing({}), items(message(1)), standing({ phase: 'left', reason })).state;

describe('a room that one was put out of', () => {
	it('says how one comes back, but not while one is banned', () => {
		expect(told(kicked())).toEqual(['You are no longer in #general (kicked): /join general brings you back']);
		expect(told(kicked('banned'))).toEqual(['You are no longer in #general (banned)']);
	});

	it.each(['hello', '/me waves'])('takes no line that nobody there could be heard to answer: %s', (line) => {
		const { state, effects } = play(kicked(), ...sending(line));
		expect(effects).toEqual([]);
		expect(told(state).at(-1)).toBe('Not sent: you are not in #general; /join general brings you back');
		expect([state.composer.text, state.rooms[0]?.pending]).toEqual([line, []]);
	});

	it('does not lead back whoever is banned', () => {
		const { state } = play(kicked('banned'), ...sending('hello'));
		expect(told(state).at(-1)).toBe('Not sent: you are banned from #general');
	});

	it('has nobody in it, as far as can be known', () => {
		const there = play(begun(), standing({}), {
			type: 'members',
			room: 'general',
			members: [{ userId: 'sam', state: 'online', since: noon }],
		});
		expect(flatRows(screen(there.state)).join('\n')).toMatch(/here 1[\s\S]*\+sam \(you\)/u);
		const { state } = play(there.state, standing({ phase: 'left', reason: 'kicked' }));
		expect(flatRows(screen(state)).join('\n')).not.toMatch(/here \d|\(you\)/u);
	});

	it('is joined again by what it says, and takes lines then', () => {
		const joining = play(kicked(), ...sending('/join general'));
		expect(joining.effects).toEqual([{ type: 'join', room: 'general' }]);
		const { effects } = play(joining.state, standing({}), ...sending('hello'));
		expect(effects).toMatchObject([{ type: 'publish', room: 'general', content: 'hello' }]);
	});

	it('says it once, not once more as a note of an empty room', () => {
		const { state } = play(begun(), standing({}), standing({ phase: 'left', reason: 'kicked' }));
		const rows = flatRows(screen(state)).filter((row) => row.includes('general') && row.includes('kicked'));
		expect(rows).toHaveLength(1);
	});
});
