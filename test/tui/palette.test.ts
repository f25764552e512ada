import { describe, expect, it } from 'vitest';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, message, online, play, sending, status } from './happenings.ts';
import { flatRows, members, room, said, state as stateOf, textOf } from './states.ts';

const typed = (text: string) => ({ type: 'typed', text }) as const;

/** Four rooms and a conversation; general is on screen, deploys was before. */
const there = (more: Parameters<typeof stateOf>[0] = {}) =>
	stateOf({
		rooms: [
			room('general', { members: members('sam', 'jo', { userId: 'li', state: 'away' }) }),
			room('random', { unread: 12, mentions: 1, rows: [said(7, '09:00', 'jo', 'seen from afar')] }),
			room('deploys', { rows: [said(3, '09:00', 'ci', 'build 3')], members: members('sam', 'wes') }),
			room('@maya', { unread: 2 }),
		],
		visited: ['deploys', '@maya'],
		previous: 'deploys',
		...more,
	});

const listed = (state: Parameters<typeof screen>[0]) => {
	const rows = flatRows(screen(state)).map((row) => row.replace(/│.*/u, '').trimEnd());
	const rule = rows.findIndex((row) => /── (?:\d+ of \d+|nothing matches) ──/u.test(row));
	return rows.slice(rule + 1, -4).toReversed();
};
const jumping = (text: string, state = there()) => play(state, did('jump'), typed(text)).state;

describe('the jump palette', () => {
	it('lists the rooms that were on screen last, the others, people and commands while nothing is typed', () => {
		const { state } = play(there(), did('jump'));
		expect(listed(state).slice(0, 9)).toEqual([
			'> #deploys',
			'  @maya  2 unread',
			'  #random  12 unread, 1 mention',
			'  #general  you are here',
			'  @jo  here',
			'  @li  away',
			'  @wes  here, in #deploys',
			'  /join ROOM [where FILTER]  join a room, or go to it; FILTER: show only what matc…',
			'  /leave [ROOM]  leave this room or another',
		]);
	});

	it('opens with Ctrl+K at the end of the line, which cuts anywhere else', () => {
		const { state } = play(begun(), typed('one two'), did('kill-to-end'));
		expect(state.prompt?.kind).toBe('jump');
		expect(state.composer.text).toBe('one two');
		const cut = play(begun(), typed('one two'), did('word-left'), did('kill-to-end')).state;
		expect(cut.prompt).toBeUndefined();
		expect(cut.composer.text).toBe('one ');
	});

	it('opens with what /go was given, and chooses the next with its own keys', () => {
		const { state } = play(there(), ...sending('/go o'), did('kill-to-end'), did('jump'));
		expect(state.prompt).toMatchObject({ kind: 'jump', input: { text: 'o' }, choice: 2 });
	});

	it('shows which letters matched', () => {
		const line = screen(jumping('dy')).pane.find((one) => textOf(one).startsWith('> #deploys'));
		expect(line?.flatMap(({ text, style }) => (style === 'found' ? [text] : []))).toEqual(['d', 'y']);
	});

	it('lists rooms alone after #, people after @ and commands after /', () => {
		expect(listed(jumping('#'))).toEqual(['> #deploys', '  #random  12 unread, 1 mention', '  #general  you are here']);
		expect(listed(jumping('@m'))).toEqual(['> @maya  2 unread']);
		expect(listed(jumping('/inv'))).toEqual(['> /invite  the line that others type to join this room']);
	});

	it('finds commands by words of what they do, behind those of that name', () => {
		expect(listed(jumping('/away'))[0]).toContain('/away [TEXT]');
		expect(listed(jumping('exit'))[0]).toBe('> /quit  leave natter, as /exit');
	});

	it('goes to an open room with Enter', () => {
		const { state, effects } = play(jumping('rand'), did('send'));
		expect(state).toMatchObject({ active: 'random', previous: 'general', visited: ['general', 'deploys', '@maya'] });
		expect(state.prompt).toBeUndefined();
		expect(effects).toEqual([]);
	});

	it('opens the conversation with a person, whatever they are called', () => {
		const spaced = there({ rooms: [room('general', { members: members('sam', 'Jo "the" Doe') })] });
		expect(play(jumping('jo'), did('send')).state.active).toBe('@jo');
		expect(play(jumping('doe', spaced), did('send')).state.active).toBe('@Jo "the" Doe');
	});

	it('lists no guests, to whom nothing can be said alone, and nobody on a base broker', () => {
		const guests = there({ rooms: [room('general', { members: members('sam', { userId: 'pat', verified: false }) })] });
		expect(listed(jumping('@', guests))).toEqual([]);
		const base = there({ link: { ...online, protocol: 'base' }, rooms: [room('general', { members: members('jo') })] });
		expect(listed(jumping('@', base))).toEqual([]);
		expect(play(base, did('jump')).effects).toEqual([]);
	});

	it('runs a command that needs nothing more', () => {
		const { state } = play(jumping('/numbers'), did('send'));
		expect(state.view.numbers).toBe(true);
		expect(state.composer.text).toBe('');
	});

	it('puts a command that needs more before the draft, which stays', () => {
		const { state, effects } = play(there({ draft: 'waves' }), did('jump'), typed('/me'), did('send'));
		expect(state.composer).toMatchObject({ text: '/me waves', cursor: 4 });
		expect(effects).toEqual([]);
	});

	it('asks the broker for its rooms when there is a link, and lists those that are not open behind what is', () => {
		const rooms = [
			{ room: 'general', online: 3, head: 1 },
			{ room: 'delta', online: 0, head: 0 },
			{ room: 'den', online: 4, head: 9, topic: 'quiet please' },
		];
		const { state, effects } = play(there(), did('jump'));
		expect(effects).toEqual([{ type: 'find-rooms' }]);
		const found = play(state, typed('#de'), { type: 'rooms-found', rooms }).state;
		expect(listed(found)).toEqual([
			'> #deploys',
			'  #den  not open here, 4 people: quiet please',
			'  #delta  not open here, empty',
		]);
		const { state: joined, effects: joining } = play(found, did('history-back'), did('send'));
		expect(joined.active).toBe('den');
		expect(joining).toEqual([{ type: 'join', room: 'den' }]);
		expect(play(there({ link: { state: 'connecting', attempt: 1 } }), did('jump')).effects).toEqual([]);
	});

	it('joins the room that was chosen, whatever it is called', () => {
		for (const name of [
			'general where sender = root',
			'general sender = root',
			'"den"',
			'a where',
			'/who',
			'where b',
		]) {
			const { state } = play(there(), did('jump'), typed('#'));
			const found = play(state, { type: 'rooms-found', rooms: [{ room: name, online: 9, head: 0 }] }).state;
			const last = play(found, ...Array.from({ length: 3 }, () => did('history-back')), did('send'));
			expect([last.effects, last.state.active]).toEqual([[{ type: 'join', room: name }], name]);
		}
	});

	it('keeps what is chosen when others come before it', () => {
		const { state } = play(there(), did('jump'), typed('@'), did('history-back'));
		expect(listed(state)[1]).toBe('> @jo  here');
		const more = play(state, { type: 'members', room: 'general', members: [...members('ana', 'jo', 'sam').values()] });
		expect(listed(more.state).slice(0, 3)).toEqual(['  @maya  2 unread', '  @ana  here', '> @jo  here']);
	});
});

describe('a room that is looked at from the palette', () => {
	const looking = () => play(there({ draft: 'half' }), did('jump'), typed('rand')).state;

	it('shows its newest lines and says so, under tabs that stay', () => {
		const rows = flatRows(screen(looking()));
		expect(rows.some((row) => row.includes('seen from afar'))).toBe(true);
		expect(rows.some((row) => row.includes('looking at #random - Enter goes there'))).toBe(true);
		expect(rows[0]).toContain('[1 #general]');
	});

	it('shows them where it had been scrolled up, and stays scrolled up', () => {
		const rows = Array.from({ length: 60 }, (_, index) => said(index + 1, '09:00', 'jo', `line ${index + 1}`));
		const scroll = { key: 'said-20', line: 0 };
		const state = there({ rooms: [room('general'), room('random', { rows, scroll, below: 40 })] });
		const afar = play(state, did('jump'), typed('rand')).state;
		expect(flatRows(screen(afar)).some((row) => row.includes('line 60'))).toBe(true);
		expect(play(afar, did('escape')).state.rooms).toEqual(state.rooms);
	});

	it('is not read by that, nor moved, and nothing is sent', () => {
		const before = play(there({ draft: 'half' }), { type: 'ticked' }).state;
		const { state, effects } = play(before, did('jump'), typed('rand'), did('escape'));
		expect(state).toEqual(before);
		expect(effects).toEqual([]);
	});

	it('leaves the room on screen unread for as long as it covers it', () => {
		const items = [message(1)];
		const covered = play(looking(), { type: 'items', room: 'general', items }).state;
		expect(covered.rooms[0]?.unread).toBe(1);
		expect(play(covered, did('escape')).state.rooms[0]?.unread).toBe(0);
	});

	it('is gone while no room is chosen', () => {
		const { state } = play(there(), did('jump'), typed('/numbers'));
		expect(flatRows(screen(state)).some((row) => row.includes('looking at'))).toBe(false);
	});

	it('keeps the note of where it stands when its status comes', () => {
		const { state } = play(looking(), { type: 'room', status: status({ room: 'random', position: 8, head: 8 }) });
		expect(listed(state)[0]).toContain('#random');
	});
});
