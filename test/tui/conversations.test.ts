import { describe, expect, it } from 'vitest';
import type { RoomItem, User } from '../../src/client/client.ts';
import type { Message } from '../../src/protocol/frames.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, noon, online, play, room, rowsOf, sending, sequences, status, told } from './happenings.ts';
import { flatRows } from './states.ts';

process.env['TZ'] = 'UTC';

const sam: User = { id: 'sam', verified: true, role: 'member', key: 'sam-key', inbox: '@sam' };
const linked = (user?: User): Unstamped => ({ type: 'link', status: online, nick: 'sam', user });
const standing = (position: number): Unstamped => ({
	type: 'room',
	status: status({ room: '@sam', position, head: position, canPublish: false }),
});

/** A screen of sam, whose inbox is followed. */
const here = (position = 0) => play(begun(), linked(sam), standing(position)).state;

function said(sequence: number, more: Partial<Message> & { readonly old?: boolean } = {}): RoomItem {
	const { old = false, ...rest } = more;
	const message = {
		...{ id: `i${sequence}`, room: '@sam', sender: 'bob', content: `m${sequence}`, sequence, timestamp: noon },
		...{ verified: true, key: 'bob-key', to: '@sam', from: '@bob', ...rest },
	};
	return { kind: 'message', old, message };
}

function fromGuest(sequence: number): RoomItem {
	const { message, ...item } = said(sequence, { sender: 'jo', verified: false }) as Extract<
		RoomItem,
		{ kind: 'message' }
	>;
	const { key: _, from: __, ...rest } = message;
	return { ...item, message: rest };
}

const own = (sequence: number, to: string, more: Partial<Message> = {}) =>
	said(sequence, { sender: 'sam', key: 'sam-key', from: '@sam', to, ...more });

const inbox = (...items: readonly RoomItem[]): Unstamped => ({ type: 'items', room: '@sam', items });
const names = ({ rooms }: State) => rooms.map(({ name }) => name);
const rows = (state: State) => flatRows(screen(state)).map((line) => line.trimEnd());

describe('a conversation', () => {
	it('opens with what somebody says, as something that is for me', () => {
		const { state } = play(here(), inbox(said(1), said(2)));
		expect(names(state)).toEqual(['general', '@bob']);
		expect(room(state, '@bob')).toMatchObject({ unread: 2, mentions: 2 });
		expect(rows(state)[0]).toContain('2 @bob 2!');
		expect(state.active).toBe('general');
	});

	it('holds what is said with that person, under the numbers of the inbox', () => {
		const { state } = play(
			here(4),
			inbox(said(1), fromGuest(2), own(3, '@bob'), said(4, { sender: 'bobby' })),
			...sending('/query bob'),
		);
		expect(names(state)).toEqual(['general', '@bob', '@~jo']);
		expect(sequences(state, '@bob')).toEqual([1, 3, 4]);
		expect(sequences(state, '@~jo')).toEqual([2]);
		const lines = rows(state);
		expect(lines[1]).toMatch(/^ only you and bob see this \(and whoever runs the broker\) +inbox #4 in order$/);
		expect(lines.join('\n')).toMatch(/private/);
	});

	it('with somebody without a key says that nobody can be sure who that is', () => {
		const { state } = play(here(), inbox(fromGuest(1)), { type: 'picked-room', place: 2 });
		expect(rows(state)[1]).toMatch(/~jo has no key: anyone may come by that name/);
		expect(rows(state).join('\n')).toMatch(/12:00 ~jo +m1/);
		const text = '~jo has no key, so that no message can reach them alone';
		for (const line of ['hello', '/me waves', '/msg ~jo hello']) {
			const answered = play(state, ...sending(line));
			expect([told(answered.state, '@~jo'), answered.effects]).toEqual([[text], []]);
			expect(room(answered.state, '@~jo').pending).toEqual([]);
		}
		expect(play(state, ...sending('hello')).state.composer.text).toBe('hello');
		expect(play(here(), inbox(fromGuest(1)), ...sending('/join @~jo')).state.active).toBe('@~jo');
		expect(told(play(here(), ...sending('/join @~jo')).state)).toEqual([text]);
		expect(play(here(), ...sending('/msg ~jo hi')).effects).toEqual([]);
	});

	it('takes my line for said when the copy of it comes', () => {
		const spoken = play(here(), ...sending('/msg bob hi'));
		const [publish] = spoken.effects;
		expect(publish).toMatchObject({ type: 'publish', room: '@bob', content: 'hi' });
		expect(spoken.state.active).toBe('@bob');
		const cid = publish?.type === 'publish' ? publish.cid : '';
		const { state } = play(spoken.state, inbox(own(1, '@bob', { cid, content: 'hi' })));
		expect(room(state, '@bob')).toMatchObject({ pending: [], unread: 0, rows: [{ sequence: 1, mine: true }] });
	});

	it('is the same whatever its person was called when I wrote', () => {
		const spoken = play(here(), ...sending('/msg robert hi'), ...sending('and more'));
		const [first] = room(spoken.state, '@robert').pending;
		const renamed = play(spoken.state, inbox(own(1, '@bob', { cid: first?.cid ?? '' }))).state;
		expect(names(renamed)).toEqual(['general', '@bob']);
		expect(renamed.active).toBe('@bob');
		const [second] = room(renamed, '@bob').pending;
		const refused = { room: '@robert', cid: second?.cid ?? '', code: 'muted', text: 'You are muted' };
		const after = play(renamed, { type: 'refused', refused }).state;
		expect(room(after, '@bob').rows.at(-1)).toMatchObject({ kind: 'refused', line: { refused: 'You are muted' } });
		const known = play(here(), inbox(said(1)), ...sending('/msg robert hi')).state;
		const merged = play(known, inbox(own(2, '@bob', { cid: room(known, '@robert').pending[0]?.cid ?? '' }))).state;
		expect(names(merged)).toEqual(['general', '@bob']);
		expect([merged.active, sequences(merged, '@bob')]).toEqual(['@bob', [1, 2]]);
	});

	it('says to nobody what cannot be said to the one it is for', () => {
		const talking = play(here(), ...sending('/query bob')).state;
		for (const line of ['/msg sam secret', '/msg all secret', '/msg ~jo secret']) {
			expect(play(talking, ...sending(line)).effects).toEqual([]);
		}
		expect(told(play(talking, ...sending('/msg sam secret')).state, '@bob')).toEqual(['sam is you']);
	});

	it('is the one that there is under any nick of the same person', () => {
		const met = play(here(), inbox(said(1), said(2, { sender: 'bob6' }))).state;
		const { state } = play(met, ...sending('/query bob6'));
		expect([names(state), state.active]).toEqual([['general', '@bob'], '@bob']);
		expect(play(met, ...sending('/msg bob6 hi')).effects).toMatchObject([{ type: 'publish', room: '@bob' }]);
		const other = play(here(), inbox(said(1), said(2, { sender: 'jo', key: 'jo-key', from: '@jo' }))).state;
		expect(play(other, ...sending('/query jo')).state.active).toBe('@jo');
	});

	describe('whose first line is refused', () => {
		const why = 'nobody called nobody who has a key is known here (a typing error?)';
		const refusal = (state: State, more: { code?: string } = {}): Unstamped => {
			const cid = room(state, '@nobody').pending[0]?.cid ?? '';
			return { type: 'refused', refused: { room: '@nobody', cid, code: 'forbidden', text: why, ...more } };
		};
		const spoken = () => play(here(), ...sending('/msg nobody hi')).state;

		it('goes, and what was typed is in the input again', () => {
			const before = spoken();
			const { state } = play(before, refusal(before));
			expect([names(state), state.active, state.composer.text]).toEqual([['general'], 'general', '/msg nobody hi']);
			expect(told(state)).toEqual([`Not said to @nobody: ${why}`]);
		});

		it('goes from behind another tab without touching what is typed there', () => {
			const before = spoken();
			const away = play(before, { type: 'picked-room', place: 1 }, { type: 'typed', text: 'so' }).state;
			const { state } = play(away, refusal(before));
			expect([names(state), state.composer.text]).toEqual([['general'], 'so']);
			expect(told(state)).toEqual([`Not said to @nobody: ${why}\nhi`]);
		});

		it('stays when something else is in it, or the refusal is for another reason', () => {
			const before = spoken();
			const refused = [{ kind: 'refused', line: { refused: why } }];
			const more = play(before, ...sending('there?'), refusal(before)).state;
			expect(room(more, '@nobody')).toMatchObject({ rows: refused, pending: [{ content: 'there?' }] });
			const typing = play(before, { type: 'typed', text: 'so' }, refusal(before)).state;
			expect(room(typing, '@nobody')).toMatchObject({ rows: refused, pending: [] });
			const muted = play(before, refusal(before, { code: 'muted' })).state;
			expect(room(muted, '@nobody')).toMatchObject({ rows: refused, pending: [] });
		});
	});

	it('of a guest shows that it arrived, and that no answer comes', () => {
		const guest = play(begun(), linked({ id: 'sam', verified: false, role: 'guest' })).state;
		const spoken = play(guest, ...sending('/msg bob hi'));
		const cid = room(spoken.state, '@bob').pending[0]?.cid ?? '';
		const place = { sequence: 0, epoch: 'hidden', timestamp: noon, duplicate: false, durability: 'fsync' } as const;
		const { state } = play(spoken.state, { type: 'published', published: { room: '@bob', cid, id: 'x', ...place } });
		expect(room(state, '@bob')).toMatchObject({ pending: [], rows: [{ content: 'hi', mine: true }] });
		expect(rows(state)[1]).toMatch(/without a key you get no answer/);
		const numbered = rows(play(state, ...sending('/numbers')).state).join('\n');
		expect(numbered).toMatch(/sam +hi +✓/);
	});

	it('shows what was missed as unread, in each tab', () => {
		const resumed: RoomItem = { kind: 'resumed', from: 1, to: 2, missed: 2, awayMs: 60_000 };
		const missed = [said(1, { old: true }), fromGuest(2)];
		const { state } = play(
			here(),
			inbox(resumed, ...missed, { kind: 'caught_up', to: 2 }),
			inbox(said(3, { old: true })),
		);
		expect(room(state, '@bob')).toMatchObject({ unread: 1, mentions: 1 });
		expect(room(state, '@~jo')).toMatchObject({ unread: 1 });
		expect(room(state, '@bob').rows.map(({ kind }) => kind)).toEqual(['said', 'said']);
	});

	describe('at the start', () => {
		const old = (sequence: number, more = {}) => said(sequence, { old: true, ...more });
		const unseen = (sequence: number) => ({ ...old(sequence), unseen: true }) as RoomItem;

		const placed = (position: number): Unstamped => ({
			type: 'room',
			status: status({ room: '@sam', epoch: 'e', position, head: position, canPublish: false }),
		});

		it('is unread from where the earlier run was in the inbox', () => {
			const { state } = play(here(), inbox(old(1), unseen(2), unseen(3)));
			expect(room(state, '@bob')).toMatchObject({ unread: 2, mentions: 2 });
			expect(rows(state)[0]).toContain('2 @bob 2!');
			expect(rows(state).join()).toContain('1 room unread');
		});

		it('is unread from where the earlier run had read it, whatever had come', () => {
			const first = play(here(), inbox(said(1)), ...sending('/query bob'), ...sending('/join general'), placed(1));
			const later = play(
				first.state,
				inbox(said(2), own(3, '@ann'), said(4, { sender: 'ann', from: '@ann' })),
				placed(4),
			);
			const marks = new Map([...first.read, ...later.read]);
			expect([...marks]).toEqual([
				['@bob', { epoch: 'e', sequence: 1 }],
				['@ann', { epoch: 'e', sequence: 3 }],
			]);
			const again = play(begun({ readTo: marks }), linked(sam), placed(0));
			const shown = play(
				again.state,
				inbox(old(1), old(2), { ...own(3, '@ann'), old: true } as RoomItem, old(4, { sender: 'ann', from: '@ann' })),
			);
			expect(room(shown.state, '@bob')).toMatchObject({ unread: 1, mentions: 1 });
			expect(room(shown.state, '@ann')).toMatchObject({ unread: 1, mentions: 1 });
			const read = play(shown.state, ...sending('/query bob'));
			expect(read.read.get('@bob')).toEqual({ epoch: 'e', sequence: 2 });
		});

		it('is not unread by a mark of numbers that have started over', () => {
			const readTo = new Map([['@bob', { epoch: 'd', sequence: 1 }]]);
			const { state } = play(begun({ readTo }), linked(sam), placed(0), inbox(old(2)));
			expect(room(state, '@bob')).toMatchObject({ unread: 0 });
		});
	});

	it('says what was lost of the inbox, also when nobody has a tab', () => {
		const lost: RoomItem = { kind: 'lost', from: 2, to: 3, reason: 'timeout' };
		expect(told(play(here(), inbox(lost)).state)).toEqual(['#2-#3 of your inbox cannot be had: timeout']);
		const { state } = play(here(), inbox(said(1), lost));
		expect(room(state, '@bob').rows.map(({ kind }) => kind)).toEqual(['said', 'lost']);
	});

	it('loads what is older of it from the inbox, however far back that is', () => {
		const open = play(here(300), inbox(said(300)), ...sending('/query bob')).state;
		const asked = play(open, ...sending('/history 2'));
		expect(asked.effects).toEqual([{ type: 'load-older', room: '@bob', before: 300, limit: 2, asked: 'command' }]);
		const messages = [298, 299].map((number) => (fromGuest(number) as Extract<RoomItem, { kind: 'message' }>).message);
		const page = (list: readonly Message[], complete: boolean): Unstamped => ({
			type: 'older',
			room: '@bob',
			page: { room: '@sam', messages: list, complete },
			asked: 'command',
		});
		const none = play(asked.state, page(messages, false)).state;
		expect(told(none, '@bob').at(-1)).toMatch(/None of the messages just before these/);
		const again = play(none, ...sending('/history 2'));
		expect(again.effects).toMatchObject([{ before: 298 }]);
		const { message } = said(5) as Extract<RoomItem, { kind: 'message' }>;
		const found = play(again.state, page([message], true)).state;
		expect(sequences(found, '@bob')).toEqual([5, 300]);
		expect(told(found, '@bob').at(-1)).toBe('1 older message is above, from #5: PgUp');
		expect(room(found, '@bob').older).toBe('all');
	});

	it('is closed without leaving a room, and comes back with the next message', () => {
		const open = play(here(), inbox(said(1)), ...sending('/query bob'));
		const closed = play(open.state, ...sending('/leave'));
		expect([closed.effects, names(closed.state)]).toEqual([[], ['general']]);
		expect(names(play(closed.state, inbox(said(2))).state)).toEqual(['general', '@bob']);
	});

	it('is a room like others on a base broker', () => {
		const base = play(begun(), { type: 'link', status: { ...online, protocol: 'base' }, nick: 'sam' }).state;
		expect(play(base, ...sending('/join @bob')).effects).toEqual([{ type: 'join', room: '@bob' }]);
		expect(told(play(base, ...sending('/msg bob hi')).state)).toEqual([
			'This broker knows nobody, so that nothing can be said to one person alone',
		]);
	});

	it('is one of a bounded number, however many names a flood of guests has', () => {
		const flood = Array.from({ length: 80 }, (_, index) => {
			const item = fromGuest(index + 1) as Extract<RoomItem, { kind: 'message' }>;
			return { ...item, message: { ...item.message, sender: `g${index}` } };
		});
		const { state } = play(here(), inbox(...flood));
		expect(state.rooms.length).toBe(52);
		expect(sequences(state, '@~')).toHaveLength(30);
	});
});

describe('somebody who is ignored', () => {
	const general = (...items: readonly RoomItem[]): Unstamped => ({ type: 'items', room: 'general', items });
	const inGeneral = (sequence: number, more: Partial<Message> = {}) => {
		const { message, ...item } = said(sequence, { room: 'general', ...more }) as Extract<RoomItem, { kind: 'message' }>;
		const { to: _, from: __, ...rest } = message;
		return { ...item, message: rest } as RoomItem;
	};

	it('is not seen any more, by key, whatever they are called, and the order goes on', () => {
		const met = play(
			here(),
			general(inGeneral(1), inGeneral(2, { sender: 'ann', key: 'ann-key' })),
			inbox(said(1)),
		).state;
		const ignored = play(met, ...sending('/ignore bob'));
		expect(ignored.effects).toEqual([{ type: 'save-ignored', ignored: [{ name: 'bob', key: 'bob-key' }] }]);
		const { state } = play(ignored.state, general(inGeneral(3, { sender: 'robert' })), inbox(said(2)));
		expect(sequences(state)).toEqual([2]);
		expect(sequences(state, '@bob')).toEqual([]);
		expect(room(state, '@bob').unread).toBe(0);
		const back = play(state, ...sending('/unignore bob'));
		expect(back.effects).toEqual([{ type: 'save-ignored', ignored: [] }]);
		expect(sequences(play(back.state, general(inGeneral(4))).state)).toEqual([2, 4]);
	});

	it('without a key is ignored by name, and no tab opens for them', () => {
		const { state } = play(here(), ...sending('/ignore ~jo'), inbox(fromGuest(1), said(2)));
		expect(names(state)).toEqual(['general', '@bob']);
		expect(told(play(state, ...sending('/ignore')).state).at(-1)).toBe('You ignore ~jo');
	});

	it.each(['~maya', 'maya'])('as %s under the nick of somebody else is marked once, gone and stays away', (name) => {
		const impostor = (sequence: number) => {
			const item = inGeneral(sequence, { sender: '~maya', verified: false }) as Extract<RoomItem, { kind: 'message' }>;
			const { key: _, ...message } = item.message;
			return { ...item, message };
		};
		const met = play(here(), general(impostor(1), inGeneral(2))).state;
		expect(rowsOf(met, 'said').map(({ sender }) => sender)).toEqual(['~maya', 'bob']);
		const ignored = play(met, ...sending(`/ignore ${name}`));
		expect(ignored.effects).toEqual([{ type: 'save-ignored', ignored: [{ name: 'maya' }] }]);
		const maya = inGeneral(4, { sender: 'maya', key: 'maya-key' });
		const { state } = play(ignored.state, general(impostor(3), maya));
		expect(sequences(state)).toEqual([2, 4]);
		expect(sequences(play(state, ...sending('/unignore ~maya'), general(impostor(5))).state)).toEqual([2, 4, 5]);
	});

	it('under the nick of somebody else has one tab, with one mark', () => {
		const { message, ...item } = fromGuest(1) as Extract<RoomItem, { kind: 'message' }>;
		const { state } = play(here(), inbox({ ...item, message: { ...message, sender: '~jo' } }, fromGuest(2)));
		expect(names(state)).toEqual(['general', '@~jo']);
	});

	it('has to be somebody whose key is known here', () => {
		expect(told(play(here(), ...sending('/ignore maya')).state)[0]).toMatch(/Nothing of maya is on this screen/);
		expect(told(play(here(), ...sending('/ignore sam')).state)).toEqual(['sam is you']);
		expect(told(play(here(), ...sending('/unignore maya')).state)[0]).toMatch(/You do not ignore maya/);
		expect(told(play(here(), ...sending('/ignore')).state)).toEqual(['You ignore nobody']);
	});

	it('stays so in the next run', () => {
		const state = play(begun({ ignored: [{ name: 'bob', key: 'bob-key' }] }), linked(sam), inbox(said(1))).state;
		expect(names(state)).toEqual(['general']);
	});
});

describe('what is said under the own nick', () => {
	const inGeneral = (sequence: number, more: Partial<Message>, old = false): RoomItem => {
		const message = {
			id: `i${sequence}`,
			room: 'general',
			sender: 'sam',
			content: 'sam said',
			sequence,
			timestamp: noon,
		};
		return { kind: 'message', old, message: { ...message, ...more } };
	};
	const shown = (...all: readonly RoomItem[]) =>
		rowsOf(play(here(), { type: 'items', room: 'general', items: all }).state, 'said');

	it('without a key does not look as if its owner had said it', () => {
		expect(shown(inGeneral(1, { verified: false }))).toMatchObject([{ sender: '~sam', mine: false, mention: true }]);
		expect(shown(inGeneral(1, {}, true))).toMatchObject([{ sender: '~sam', mine: false }]);
	});

	it('with another key is of whoever had the nick before, and may be for me', () => {
		const before = inGeneral(1, { verified: true, key: 'another-key' }, true);
		expect(shown(before)).toMatchObject([{ sender: 'sam', mine: false, mention: true, by: 'another-key' }]);
	});

	it('or under another one, with the own key, is mine', () => {
		const own = { verified: true, key: 'sam-key' };
		const rows = shown(inGeneral(1, { ...own, sender: 'samuel' }, true), inGeneral(2, own));
		expect(rows).toMatchObject([
			{ sender: 'samuel', mine: true, mention: false },
			{ sender: 'sam', mine: true },
		]);
	});

	it('with another key does not run on from mine', () => {
		const all = [
			inGeneral(1, { verified: true, key: 'sam-key' }),
			inGeneral(2, { verified: true, key: 'another-key' }),
		];
		const { state } = play(here(), { type: 'items', room: 'general', items: all });
		expect(rows(state).filter((line) => /12:00 sam +sam said/u.test(line))).toHaveLength(2);
	});

	it('with another key is not mine in older pages either, nor for who has none', () => {
		const { message } = inGeneral(1, { verified: true, key: 'another-key' }) as Extract<RoomItem, { kind: 'message' }>;
		const loading = here();
		const paged = play(
			{ ...loading, rooms: loading.rooms.map((one) => ({ ...one, older: 'loading' as const })) },
			{
				type: 'older',
				room: 'general',
				page: { room: 'general', messages: [message], complete: true },
				asked: 'scroll',
			},
		);
		expect(rowsOf(paged.state, 'said')).toMatchObject([{ mine: false }]);
		const guest = play(begun(), linked({ id: 'sam', verified: false, role: 'guest' })).state;
		const items = [{ kind: 'message', old: false, message } as const];
		expect(rowsOf(play(guest, { type: 'items', room: 'general', items }).state, 'said')).toMatchObject([
			{ mine: false },
		]);
	});
});
