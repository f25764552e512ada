import { describe, expect, it } from 'vitest';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, play, room, sending, status } from './happenings.ts';
import { flatRows, textOf } from './states.ts';

const pane = (state: State) => screen(state).pane.map((line) => textOf(line).trimEnd());
const note = (state: State) => textOf(screen(state).status ?? []).trim();
/** A hundred messages, of which some name me. */
const named = (...numbers: readonly number[]) =>
	play(
		begun({ rooms: ['general', 'ops'] }),
		items(
			...Array.from({ length: 100 }, (_, index) =>
				message(index + 101, numbers.includes(index + 101) ? { content: `sam ${index + 101}?` } : {}),
			),
		),
		{ type: 'room', status: status({ epoch: 'e', position: 200, head: 200, oldest: 1 }) },
	).state;
const marked = (state: State) => {
	const { sought } = room(state, state.active);
	return sought?.state === 'found' ? sought.sequence : undefined;
};
const wayOf = (from: State, ...actions: readonly ('previous-mention' | 'next-mention')[]) => {
	let state = from;
	return actions.map((action) => {
		state = play(state, did(action)).state;
		return marked(state);
	});
};

describe('a message that names me', () => {
	it('is gone to from one to the next, back and forth, and is marked', () => {
		const state = named(120, 150, 199);
		expect(
			wayOf(state, 'previous-mention', 'previous-mention', 'next-mention', 'previous-mention', 'previous-mention'),
		).toEqual([199, 150, 199, 150, 120]);
		const there = play(state, did('previous-mention'), did('previous-mention')).state;
		expect(pane(there).find((line) => line.includes('sam 150?'))).toMatch(/#150 sam 150\?$/u);
	});

	it('is sought from what is on screen when one has scrolled on from the last', () => {
		const state = play(named(120, 150, 199), did('previous-mention'), did('previous-mention'), did('oldest')).state;
		expect(wayOf(state, 'next-mention')).toEqual([120]);
		const up = play(named(120, 150), did('page-up'), did('page-up')).state;
		expect(wayOf(up, 'previous-mention')).toEqual([150]);
	});

	it('is followed by the newest message when it is the last', () => {
		const { state } = play(named(120), did('previous-mention'), did('next-mention'));
		expect([room(state).scroll, note(state)]).toEqual([undefined, 'No later message here names you']);
	});

	it('is looked for in older messages when there is none before, until there are none of those', () => {
		const asked = play(named(120), did('previous-mention'), did('previous-mention'));
		expect(asked.effects).toEqual([{ type: 'load-older', room: 'general', before: 101, limit: 100, asked: 'scroll' }]);
		expect(note(asked.state)).toMatch(/^No earlier message here names you; older ones are loading/u);
		const messages = Array.from(
			{ length: 100 },
			(_, index) => message(index + 1, index === 6 ? { content: 'sam' } : {}).message,
		);
		const { state } = play(asked.state, {
			...{ type: 'older', room: 'general', before: 101, asked: 'scroll' },
			page: { room: 'general', messages, complete: true },
		});
		expect(wayOf(state, 'previous-mention')).toEqual([7]);
		expect(note(play(state, did('previous-mention'), did('previous-mention')).state)).toBe(
			'No earlier message of #general names you',
		);
	});
});

describe('/mentions', () => {
	const inOps = (sequence: number, content: string) => ({
		...({ type: 'items', room: 'ops' } as const),
		items: [message(sequence, { content, sender: 'jo', timestamp: Date.UTC(2026, 10, 23, 13) })],
	});
	const state = play(named(120, 150), inOps(7, 'sam, please'), inOps(8, 'nothing'), ...sending('/mentions')).state;
	const listed = flatRows(screen(state))
		.filter((line) => /#general #|#ops #/u.test(line))
		.map((line) => line.trim());

	it('lists those of all rooms, the newest at the bottom, with where and when', () => {
		expect(listed.map((line) => line.replace(/│.*$/u, '').trim())).toEqual([
			'#general #120  12:00 maya sam 120?',
			'#general #150  12:00 maya sam 150?',
			'> #ops #7  13:00 jo sam, please',
		]);
	});

	it('goes to the one that is chosen, by arrows or by what is typed', () => {
		const newest = play(state, did('send')).state;
		expect([newest.active, marked(newest), newest.prompt]).toEqual(['ops', 7, undefined]);
		expect(marked(play(state, did('history-back'), did('send')).state)).toBe(150);
		expect(marked(play(state, { type: 'typed', text: '120' }, did('send')).state)).toBe(120);
		expect(play(state, { type: 'typed', text: 'nobody' }, did('send')).state.active).toBe('general');
	});
});
