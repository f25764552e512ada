import { describe, expect, it } from 'vitest';
import type { RoomItem } from '../../src/client/client.ts';
import type { State } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, items, message, noon, play, room, rowsOf, sending, status, told } from './happenings.ts';
import { flatRows, textOf } from './states.ts';

process.env['TZ'] = 'UTC';

function answer(sequence: number, replyTo: number, more: Parameters<typeof message>[1] = {}): RoomItem {
	const { message: said, ...item } = message(sequence, more);
	return { ...item, message: { ...said, replyTo } };
}

/** A room whose newest is #4: mine is #2. */
const talk = (...more: readonly RoomItem[]) =>
	play(
		begun(),
		{ type: 'room', status: status({ head: 4, position: 4 }) },
		items(
			message(1, { content: 'shall we **ship** it?\nnow?' }),
			message(2, { sender: 'sam', content: 'after the freeze' }),
			message(3, { sender: 'jo', content: '/me waves' }),
			message(4, { sender: 'li', content: 'x '.repeat(100) }),
			...more,
		),
	).state;

/** The last lines of the pane. */
const pane = (state: State, count: number) =>
	screen(state)
		.pane.map((line) => textOf(line).trimEnd())
		.slice(-count);
const typed = ({ composer }: State) => composer.text;

describe('/reply', () => {
	it('says something as an answer, which stands above it while it waits and when it has come round', () => {
		const sent = play(talk(), ...sending('/reply 1 yes, *now*'));
		expect(sent.effects).toEqual([
			{ type: 'publish', room: 'general', content: 'yes, *now*', cid: expect.any(String), replyTo: 1 },
		]);
		const lines = [
			'             ┌ #1 maya: shall we **ship** it? now?',
			' 12:00 sam   yes, now                                            ~',
		];
		expect(pane(sent.state, 2)).toEqual(lines);
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const back = play(sent.state, items(answer(5, 1, { sender: 'sam', content: 'yes, *now*', cid }))).state;
		expect(pane(back, 2)).toEqual([lines[0], lines[1]?.replace('~', '✓')]);
	});

	it('takes the number with its sign and text of many lines', () => {
		expect(play(talk(), ...sending('/reply #4 a\\'), ...sending('b')).effects).toMatchObject([
			{ content: 'a\nb', replyTo: 4 },
		]);
	});

	it.each(['/reply', '/reply 1', '/reply yes', '/reply 0 x', '/reply -1 x', '/reply 1x y'])(
		'%s is answered with how it is used',
		(line) => {
			const { state, effects } = play(talk(), ...sending(line));
			expect([effects, told(state).at(-1)]).toEqual([
				[],
				'Usage: /reply N TEXT  answer message N; /numbers shows the numbers',
			]);
		},
	);

	it('of what is not there yet says so and keeps what was typed', () => {
		const { state, effects } = play(talk(), ...sending('/reply 5 x'));
		expect([effects, told(state), typed(state)]).toEqual([
			[],
			['Not sent: there is no #5 yet, the newest is #4'],
			'/reply 5 x',
		]);
	});

	it('is refused in words where a number means something else to the other, or the broker knows none', () => {
		const user = { id: 'sam', verified: true, role: 'member', key: 'k', inbox: '@sam' } as const;
		const link = { state: 'online', since: noon, protocol: 'v1' } as const;
		const direct = play(
			talk(),
			{ type: 'link', status: link, nick: 'sam', user },
			...sending('/query maya'),
			...sending('/reply 1 x'),
		);
		expect([direct.effects, told(direct.state, '@maya').at(-1), typed(direct.state)]).toEqual([
			[],
			'Not sent: in a conversation each of you has other numbers, so that nobody could tell what you answer',
			'/reply 1 x',
		]);
		const base = play(
			talk(),
			{ type: 'link', status: { ...link, protocol: 'base' }, nick: 'sam' },
			...sending('/reply 1 x'),
		);
		expect([base.effects, told(base.state).at(-1)]).toEqual([[], 'Not sent: this broker knows no answers']);
	});
});

describe('an answer', () => {
	it('shows what it answers in one line, cut to the width, and always who says it', () => {
		const state = talk(answer(5, 3, { sender: 'li', content: 'hi' }), answer(6, 4, { sender: 'li', content: 'oh' }));
		expect(pane(state, 4)).toEqual([
			'             ┌ #3 * jo waves',
			' 12:00 li    hi',
			`             ┌ #4 li: ${'x '.repeat(22)}…`,
			' 12:00 li    oh',
		]);
	});

	it('of what is not here, or of somebody who is ignored, shows the number alone', () => {
		const far = play(begun(), items(answer(7, 3, { content: 'hm' }))).state;
		expect(pane(far, 2)).toEqual(['             ┌ answers #3', ' 12:00 maya  hm']);
		const ignored = play(talk(answer(5, 4, { content: 'hm' })), ...sending('/ignore ~li')).state;
		expect(flatRows(screen(ignored)).join('\n')).toContain('┌ answers #4');
	});

	it('to mine is for me, one to another is not', () => {
		const state = talk(answer(5, 2), answer(6, 1), answer(7, 9));
		expect(rowsOf(state, 'said').map(({ mention }) => mention)).toEqual([
			false,
			false,
			false,
			false,
			true,
			false,
			false,
		]);
		const old = [answer(6, 5, { old: true }), message(5, { sender: 'sam', old: true })].map((item) =>
			item.kind === 'message' ? item.message : undefined,
		);
		const page = { room: 'general', messages: old.filter((one) => one !== undefined), complete: true };
		const loading = play(begun(), items(message(9)), ...sending('/history'));
		const paged = play(loading.state, { type: 'older', room: 'general', page, asked: 'command' } as never).state;
		expect(rowsOf(paged, 'said').map(({ sequence, mention }) => [sequence, mention])).toEqual([
			[5, false],
			[6, true],
			[9, false],
		]);
	});

	it('means a number of its own epoch, also after the broker went back', () => {
		const gone = { kind: 'epoch', epoch: 'f', sequence: 0 } as const;
		const over = play(
			talk(),
			items(gone as RoomItem, message(1, { content: 'anew' }), answer(2, 1), answer(3, 4)),
		).state;
		expect(pane(over, 6).filter((line) => line.includes('┌'))).toEqual([
			'             ┌ #1 maya: anew',
			'             ┌ answers #4',
		]);
		const back = { kind: 'epoch', epoch: 'f', sequence: 2, lost: 2 } as const;
		const rewound = play(
			talk(),
			items(back as RoomItem, message(3, { content: 'anew' }), answer(4, 3), answer(5, 1)),
		).state;
		expect(pane(rewound, 8).filter((line) => line.includes('┌'))).toEqual([
			'             ┌ #3 maya: anew',
			'             ┌ #1 maya: shall we **ship** it? now?',
		]);
	});

	it('that waited when the last run ended still is one', () => {
		const unsent = [{ room: 'general', cid: 'c1', content: 'yes', replyTo: 1, writtenAt: noon, sent: false }];
		const state = play(begun({ unsent }), items(message(1, { content: 'now?' }))).state;
		expect(pane(state, 2)[0]).toBe('             ┌ #1 maya: now?');
	});
});
