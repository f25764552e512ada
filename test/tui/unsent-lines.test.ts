import { describe, expect, it } from 'vitest';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, play, room, rowsOf, sending, told } from './happenings.ts';
import { flatRows } from './states.ts';

const cids = (of: State) => room(of).pending.map(({ cid }) => cid);
const refusedTwice = () => {
	const { state } = play(begun(), ...sending('one'), ...sending('two'));
	const refusals = cids(state).map((cid) => {
		const refused = { room: 'general', cid, code: 'muted' as const, text: 'You are muted' };
		return { type: 'refused', refused } as const;
	});
	return play(state, ...refusals).state;
};

describe('/retry', () => {
	it('is what the row of a refused line says', () => {
		expect(flatRows(screen(refusedTwice())).filter((row) => row.includes('! You are muted - /retry'))).toHaveLength(2);
	});

	it('sends what was refused here again, in order, and the rows go', () => {
		const { state, effects } = play(refusedTwice(), ...sending('/retry'));
		expect(effects).toMatchObject([
			{ type: 'publish', room: 'general', content: 'one' },
			{ type: 'publish', room: 'general', content: 'two' },
		]);
		expect(new Set(cids(state)).size).toBe(2);
		expect(effects.map((effect) => effect.type === 'publish' && effect.cid)).toEqual(cids(state));
		expect(rowsOf(state, 'refused')).toEqual([]);
	});

	it('sends one of them by its number', () => {
		const { state, effects } = play(refusedTwice(), ...sending('/retry 2'));
		expect(effects).toMatchObject([{ content: 'two' }]);
		expect(rowsOf(state, 'refused').map(({ line }) => line.content)).toEqual(['one']);
	});

	it('leaves them where nothing can be said, and says why', () => {
		const { reason: _, ...status } = { room: 'general', first: 0, position: 0, head: 0, canPublish: true, reason: '' };
		const out = play(refusedTwice(), { type: 'room', status: { ...status, phase: 'left' } }).state;
		const { state, effects } = play(out, ...sending('/retry'));
		expect(effects).toEqual([]);
		expect(rowsOf(state, 'refused')).toHaveLength(2);
		expect(told(state).at(-1)).toMatch(/^Not sent: you are not in #general/u);
	});

	it.each([
		['/retry', () => begun(), 'Nothing of yours was refused in #general'],
		['/retry 3', refusedTwice, '2 lines of yours were refused in #general'],
		['/retry 0', refusedTwice, '2 lines of yours were refused in #general'],
	])('%s says that there is nothing such', (line, from, text) => {
		const { state, effects } = play(from(), ...sending(line));
		expect([told(state).at(-1), effects]).toEqual([text, []]);
	});
});

describe('what waits', () => {
	const waiting = () => play(begun(), ...sending('first'), ...sending('second'), ...sending('third')).state;

	it('is listed by /unsent over all rooms, with numbers', () => {
		const two = play(waiting(), ...sending('/join ops'), ...sending('for ops'), ...sending('/unsent')).state;
		expect(told(two, 'ops').at(-1)?.split('\n')).toEqual([
			'4 lines wait for the broker; /discard N drops one',
			'1  #general  12:00  first',
			'2  #general  12:00  second',
			'3  #general  12:00  third',
			'4  #ops      12:00  for ops',
		]);
		expect(told(play(begun(), ...sending('/unsent')).state)).toEqual(['Nothing of yours waits to be sent']);
	});

	it('is dropped by /discard by the number that it was listed with, though others were sent meanwhile', () => {
		const listed = play(waiting(), ...sending('/unsent')).state;
		const [first = '', second = ''] = cids(listed);
		const published = {
			id: 'id',
			durability: 'fsync' as const,
			room: 'general',
			cid: first,
			sequence: 1,
			epoch: 'e',
			timestamp: 0,
			duplicate: false,
		};
		const { state, effects } = play(listed, { type: 'published', published }, ...sending('/discard 2'));
		expect(effects).toEqual([{ type: 'discard', room: 'general', cid: second }]);
		const dropped = play(state, { type: 'discarded', room: 'general', cid: second }).state;
		expect(room(dropped).pending.map(({ content }) => content)).not.toContain('second');
		expect(told(dropped).at(-1)).toBe('Dropped, and not sent: second');
		const again = play(dropped, ...sending('/discard 1'));
		expect([told(again.state).at(-1), again.effects]).toEqual([
			'Line 1 does not wait any more; /unsent lists what waits',
			[],
		]);
	});

	it('is not dropped by a number that there is not', () => {
		expect(told(play(waiting(), ...sending('/discard 9')).state).at(-1)).toBe(
			'There is no unsent line 9; /unsent lists what waits',
		);
		expect(told(play(waiting(), ...sending('/discard all')).state).at(-1)).toMatch(/^Usage: \/discard N/u);
	});
});
