import { describe, expect, it } from 'vitest';
import type { FoundPage, User } from '../../src/client/client.ts';
import type { Message } from '../../src/protocol/frames.ts';
import type { Effect, State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, noon, online, play, room, sending, status, told } from './happenings.ts';
import { textOf } from './states.ts';

process.env['TZ'] = 'UTC';

type Search = Extract<Effect, { type: 'search' }>;

const searches = (effects: readonly Effect[]) => effects.filter((effect) => effect.type === 'search');
const pane = (state: State) => screen(state).pane.map((line) => textOf(line).trimEnd());
const page = (state: State) => pane(state).filter((line) => line !== '');
const edge = (state: State) => textOf(screen(state).lowerRule ?? []).replace(/^─+ | ─+┴?─*$/gu, '');
const minute = 60_000;

function said(sequence: number, content: string, more: Partial<Message> = {}): Message {
	return {
		id: `i${sequence}`,
		room: 'general',
		sender: 'maya',
		content,
		sequence,
		timestamp: noon - minute * (1000 - sequence),
		...more,
	};
}

/** An answer to what was asked. */
function answer({ id, room }: Search, messages: readonly Message[], more: Partial<FoundPage> = {}): Unstamped {
	const from = messages.at(-1)?.sequence ?? 1;
	return { type: 'found', id, room, page: { room, epoch: 'e', messages, from, complete: true, ...more } };
}

/** A search whose only part was answered. */
function found(messages: readonly Message[], more: Partial<FoundPage> = {}, state = begun()) {
	const begin = play(state, ...sending('/search deploy'));
	return play(begin.state, answer(searches(begin.effects)[0] as Search, messages, more));
}

const three = [said(990, 'deploy done'), said(500, 'no deploy today'), said(7, 'Déployment of 2.4')];

describe('/search', () => {
	it('asks the broker about the room on screen, and says so', () => {
		const { state, effects } = play(begun(), ...sending('/search deploy now'));
		expect(effects).toEqual([
			{ type: 'search', id: expect.any(String), room: 'general', text: 'deploy now', limit: 50 },
		]);
		expect(page(state)).toEqual([' "deploy now" in #general', '   searching...']);
		expect(edge(state)).toBe('Esc closes');
	});

	it('lists what was found, the newest first and chosen, with what was sought standing out', () => {
		const { state, effects } = found(three);
		expect(effects).toEqual([]);
		expect(page(state)).toEqual([
			' "deploy" in #general',
			'> #990 11:50  maya deploy done',
			'  #500 03:40  maya no deploy today',
			'    #7 22 Nov maya Déployment of 2.4',
			'   that is all that is kept',
		]);
		expect(edge(state)).toBe('1 of 3 - Enter shows it - Esc closes');
		const spans = screen(state).pane.flat();
		expect(spans.flatMap(({ text, style }) => (style === 'found' ? [text] : []))).toEqual([
			'deploy',
			'deploy',
			'Déployment',
		]);
	});

	it('names people and programs as they are named in the room', () => {
		const { state } = found([
			said(992, 'deploy?', { sender: 'jo', verified: false }),
			said(991, 'deploy 7 done', { sender: 'ci', bot: true }),
			said(990, 'deploy!', { sender: 'sam', verified: true }),
			said(989, 'deploy.', { sender: 'sam', verified: true, key: 'another' }),
		]);
		expect(page(state).slice(1, 5)).toEqual([
			'> #992 11:52 ~jo deploy?',
			'  #991 11:51 ci* deploy 7 done',
			'  #990 11:50 sam deploy!',
			'  #989 11:49 sam deploy.',
		]);
	});

	it('says that nothing was found', () => {
		expect(page(found([]).state)).toEqual([' "deploy" in #general', '   nothing that is kept here says this']);
	});

	it('begins a long message a little before what was sought', () => {
		const { state } = found([said(3, `${'x '.repeat(200)}deploy ${'y '.repeat(50)}`)]);
		expect(page(state)[1]).toMatch(/^> #3 22 Nov maya …(x ){5,}deploy( y)+ ?…$/u);
	});

	it('shows what was said in several lines in one, and nothing that could move the cursor', () => {
		const { state } = found([said(999, 'first\nthe deploy\n\u001b[2J')]);
		expect(page(state)[1]).toBe('> #999 11:59 maya first the deploy ␛[2J');
	});

	it('chooses an older one with Down and a newer one with Up, and stops at the ends', () => {
		const { state } = found(three);
		const down = play(state, did('history-forward')).state;
		expect(page(down)[2]).toMatch(/^> #500/u);
		expect(page(play(down, did('history-back'), did('history-back')).state)[1]).toMatch(/^> #990/u);
		expect(page(play(down, did('page-down')).state)[3]).toMatch(/^> {3}#7/u);
		expect(edge(play(down, did('page-down')).state)).toBe('3 of 3 - Enter shows it - Esc closes');
	});

	it('goes to the chosen message with Enter', () => {
		const many = Array.from({ length: 50 }, (_, index) => message(index + 951));
		const here = play(
			begun(),
			{ type: 'room', status: status({ position: 1000, head: 1000, first: 950 }) },
			items(...many),
		);
		const { state } = found(three, {}, here.state);
		const there = play(state, did('send'));
		expect(there.state.view.overlay).toBeUndefined();
		expect(room(there.state).sought).toMatchObject({ state: 'found', sequence: 990 });
		const further = play(state, did('history-forward'), did('send'));
		expect(further.effects).toEqual([{ type: 'load-around', room: 'general', sequence: 500, limit: 100 }]);
	});

	describe('once the numbers have started over', () => {
		const followed = play(begun(), {
			type: 'room',
			status: status({ epoch: 'e', position: 1000, head: 1000, first: 1000 }),
		}).state;
		const anew = (state: State) =>
			play(
				state,
				{ type: 'items', room: 'general', items: [{ kind: 'epoch', epoch: 'f', sequence: 0 }] },
				{ type: 'room', status: status({ epoch: 'f', position: 20, head: 20 }) },
			);

		it('forgets what it found before, and searches the room again', () => {
			const { state } = found(three, {}, followed);
			const begin = play(state, {
				type: 'items',
				room: 'general',
				items: [{ kind: 'epoch', epoch: 'f', sequence: 0 }],
			});
			expect(page(begin.state)).toEqual([' "deploy" in #general', '   searching...']);
			expect(begin.effects).toEqual([
				{ type: 'search', id: expect.any(String), room: 'general', text: 'deploy', limit: 50 },
			]);
			const again = play(
				begin.state,
				answer(searches(begin.effects)[0] as Search, [said(7, 'deploy')], { epoch: 'f' }),
			);
			expect(page(again.state).slice(1, 2)).toEqual(['> #7 22 Nov maya deploy']);
		});

		it('leads to no other message of the same number when an answer of before comes late', () => {
			const begin = play(followed, ...sending('/search deploy'));
			const { state } = play(
				anew(begin.state).state,
				answer(searches(begin.effects)[0] as Search, [said(7, 'deploy')], { epoch: 'e' }),
			);
			const there = play(state, did('send'));
			expect([there.effects, told(there.state)]).toEqual([[], ['It was #7 before the numbers started over']]);
		});
	});

	it('closes with Esc, and shows the same again when nothing is typed behind it', () => {
		const { state } = found(three);
		const closed = play(state, did('history-forward'), did('escape')).state;
		expect(closed.view.overlay).toBeUndefined();
		const again = play(closed, ...sending('/search'));
		expect(again.effects).toEqual([]);
		expect(page(again.state)).toEqual(page(play(state, did('history-forward')).state));
		expect(told(play(begun(), ...sending('/search')).state)).toEqual([
			'Usage: /search [--all] WORDS  search all that the broker keeps; --all: in all my rooms',
		]);
	});

	it('goes on by itself until the page is full, also over pages in which nothing was found', () => {
		const first = found([said(990, 'deploy')], { complete: false, from: 800 });
		expect(searches(first.effects)).toEqual([
			{ type: 'search', id: expect.any(String), room: 'general', text: 'deploy', limit: 50, before: 800, epoch: 'e' },
		]);
		expect(page(first.state).at(-1)).toBe('   searching...');
		expect(edge(first.state)).toBe('1 of 1+ - Enter shows it - Esc closes');
		const second = play(first.state, answer(searches(first.effects)[0] as Search, [], { complete: false, from: 400 }));
		expect(searches(second.effects)).toMatchObject([{ before: 400 }]);
		const third = play(second.state, answer(searches(second.effects)[0] as Search, [said(3, 'deploy')]));
		expect(third.effects).toEqual([]);
		expect(page(third.state)).toHaveLength(4);
	});

	it('asks for more only when the last one comes near, and keeps what is chosen in sight', () => {
		const fifty = Array.from({ length: 50 }, (_, index) => said(990 - index, `deploy ${index}`));
		const { state, effects } = found(fifty, { complete: false });
		expect(effects).toEqual([]);
		const end = play(state, did('page-down'), did('page-down'), did('page-down'));
		expect(searches(end.effects)).toMatchObject([{ before: 941 }]);
		const chosen = pane(end.state).filter((line) => line.startsWith('>'));
		expect(chosen).toEqual(['> #945 11:05 maya deploy 45']);
		const more = play(end.state, answer(searches(end.effects)[0] as Search, [said(5, 'deploy at last')]));
		expect(pane(more.state).filter((line) => line.startsWith('> #945 '))).toEqual([
			expect.stringMatching(/deploy 45$/u),
		]);
	});

	it('stops asking when its page is closed, and goes on when it is open again', () => {
		const begin = play(begun(), ...sending('/search deploy'));
		const closed = play(begin.state, did('escape'));
		const late = play(closed.state, answer(searches(begin.effects)[0] as Search, [], { complete: false, from: 500 }));
		expect(late.effects).toEqual([]);
		expect(searches(play(late.state, ...sending('/search')).effects)).toMatchObject([{ before: 500 }]);
	});

	it('drops what comes for a search before it', () => {
		const begin = play(begun(), ...sending('/search deploy'));
		const other = play(begin.state, ...sending('/search else'));
		const { state } = play(other.state, answer(searches(begin.effects)[0] as Search, three));
		expect(page(state)).toEqual([' "else" in #general', '   searching...']);
	});

	it('says why the broker does not answer', () => {
		const begin = play(begun(), ...sending('/search deploy'));
		const { id } = searches(begin.effects)[0] as Search;
		const text = 'This broker is older than searching';
		const { state, effects } = play(begin.state, { type: 'not-found', id, room: 'general', text });
		expect(page(state)).toEqual([' "deploy" in #general', ` ! #general: ${text}`]);
		expect(effects).toEqual([]);
	});

	it.each([
		[
			'there is no link',
			{ state: 'waiting', attempt: 1, offlineSince: noon, retryAt: noon, cause: { text: 'x', code: 'x' } } as const,
			'deploy',
			'There is no link to the broker to search over. Ctrl+F finds what is loaded',
		],
		[
			'the broker is a base broker',
			{ ...online, protocol: 'base' } as const,
			'deploy',
			'A base broker cannot search. Ctrl+F finds what is loaded',
		],
		['there is no word in it', online, '"?"', 'Type a word to search for, or the beginning of one'],
		['it is too long', online, 'x'.repeat(257), 'Type less to search for: at most 256 characters'],
	])('says so when %s', (_, link, text, why) => {
		const { state, effects } = play(
			begun(),
			{ type: 'link', status: link, nick: 'sam' },
			...sending(`/search ${text}`),
		);
		expect(effects).toEqual([]);
		expect(told(state).at(-1)).toBe(why);
		expect(state.view.overlay).toBeUndefined();
	});

	it('finds only what the room shows: not what its filter leaves out, nor those who are ignored', () => {
		const ignoring = begun({ ignored: [{ name: 'bob' }] });
		const { state } = found([said(9, 'deploy'), said(8, 'deploy too', { sender: 'bob' })], {}, ignoring);
		expect(page(state)).toHaveLength(3);
		const filtered = play(ignoring, ...sending('/join general where sender = ann'), {
			type: 'room',
			status: status({ filter: { field: 'sender', op: 'eq', value: 'ann' } }),
		});
		const narrow = found([said(9, 'deploy'), said(8, 'deploy too', { sender: 'ann' })], {}, filtered.state);
		expect(page(narrow.state)[1]).toMatch(/#8/u);
		expect(page(narrow.state)).toHaveLength(3);
	});
});

describe('/search --all', () => {
	const sam: User = { id: 'sam', verified: true, role: 'member', key: 'k', inbox: '@sam' };
	const rooms = () =>
		play(
			begun({ rooms: ['general', 'ops', 'gone'] }),
			{ type: 'link', status: online, nick: 'sam', user: sam },
			{ type: 'room', status: status() },
			{ type: 'room', status: status({ room: 'ops' }) },
		).state;
	const all = () => play(rooms(), ...sending('/search --all deploy'));

	it('asks about each room that is read, and about the inbox', () => {
		const { state, effects } = all();
		expect(searches(effects).map(({ room, limit }) => [room, limit])).toEqual([
			['general', 20],
			['ops', 20],
			['@sam', 20],
		]);
		expect(page(state)).toEqual([' "deploy" in all your rooms', '   searching...']);
	});

	it('merges what they have by time, each with its room, and shows nothing that something newer may still come before', () => {
		const begin = all();
		const [general, ops, inbox] = searches(begin.effects) as [Search, Search, Search];
		const one = play(begin.state, answer(general, [said(990, 'deploy a'), said(980, 'deploy b')], { complete: false }));
		expect(page(one.state)).toEqual([' "deploy" in all your rooms', '   searching...']);
		const two = play(one.state, answer(ops, [said(12, 'deploy c', { room: 'ops', timestamp: noon - 15 * minute })]));
		const direct = said(3, 'deploy d', {
			room: '@sam',
			from: '@bob',
			to: '@sam',
			sender: 'bob',
			timestamp: noon - 90 * minute,
		});
		const three = play(two.state, answer(inbox, [direct]));
		expect(page(three.state)).toEqual([
			' "deploy" in all your rooms',
			'> #990 11:50 #general maya deploy a',
			'   #12 11:45 #ops     maya deploy c',
			'  #980 11:40 #general maya deploy b',
			'   searching...',
		]);
		const { effects } = three;
		expect(searches(effects).map(({ room, before }) => [room, before])).toEqual([['general', 980]]);
		const four = play(three.state, answer(searches(effects)[0] as Search, []));
		expect(page(four.state).slice(3)).toEqual([
			'  #980 11:40 #general maya deploy b',
			'    #3 10:30 @bob     bob  deploy d',
			'   that is all that is kept',
		]);
	});

	it('goes to a message in another room, and to a conversation that has no tab', () => {
		const begin = all();
		const [general, ops, inbox] = searches(begin.effects) as [Search, Search, Search];
		const direct = said(3, 'deploy d', { room: '@sam', from: '@bob', to: '@sam', sender: 'bob' });
		const { state } = play(
			begin.state,
			answer(general, []),
			answer(ops, [said(12, 'deploy c', { room: 'ops' })]),
			answer(inbox, [direct]),
		);
		expect(play(state, did('send')).state.active).toBe('ops');
		const talk = play(state, did('history-forward'), did('send'));
		expect(talk.state.active).toBe('@bob');
		expect(talk.effects).toMatchObject([{ type: 'load-around', room: '@bob', sequence: 3 }]);
	});

	it('names the room that cannot be searched, and shows the others', () => {
		const begin = all();
		const [general, ops, inbox] = searches(begin.effects) as [Search, Search, Search];
		const { state } = play(
			begin.state,
			{ type: 'not-found', id: ops.id, room: 'ops', text: 'You are banned' },
			answer(general, [said(990, 'deploy a')]),
			answer(inbox, []),
		);
		expect(page(state)).toEqual([
			' "deploy" in all your rooms',
			'> #990 11:50 #general maya deploy a',
			' ! #ops: You are banned',
		]);
	});
});

describe('/search in a conversation', () => {
	it('finds what was said with that person alone', () => {
		const sam: User = { id: 'sam', verified: true, role: 'member', key: 'k', inbox: '@sam' };
		const here = play(
			begun(),
			{ type: 'link', status: online, nick: 'sam', user: sam },
			...sending('/query bob'),
		).state;
		const begin = play(here, ...sending('/search deploy'));
		expect(searches(begin.effects)).toMatchObject([{ room: '@bob' }]);
		const talk = (sequence: number, from: string) =>
			said(sequence, 'deploy', { room: '@sam', from, to: '@sam', sender: from.slice(1) });
		const { state } = play(
			begin.state,
			answer(searches(begin.effects)[0] as Search, [talk(9, '@eve'), talk(8, '@bob')]),
		);
		expect(page(state).slice(0, 2)).toEqual([' "deploy" in @bob', '> #8 22 Nov bob deploy']);
	});

	it('says why nothing can be found without a key', () => {
		const { state } = play(begun(), ...sending('/query bob'), ...sending('/search deploy'));
		expect(told(state, '@bob').at(-1)).toBe('You have no key, so nothing that was said here is kept for you');
	});
});
