import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoomItem } from '../../src/client/client.ts';
import { cellWidth } from '../../src/protocol/text.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import { begun, did, items, message, messages, noon, play, room, sending, status, told } from './happenings.ts';
import { flatRows, textOf } from './states.ts';

process.env['TZ'] = 'UTC';

const two = () => play(begun({ rooms: ['general', 'ops'] }), live({})).state;
const live = (more: Parameters<typeof status>[0]): Unstamped => ({
	type: 'room',
	status: status({ epoch: 'e', ...more }),
});
const focus = (focused: boolean): Unstamped => ({ type: 'focus', focused });
const go = (place: number): Unstamped => ({ type: 'picked-room', place });
const pane = (state: State) => screen(state).pane.map((line) => textOf(line).trimEnd());
const dividers = (state: State) => pane(state).filter((line) => /─ .*\bnew\b.* ─/u.test(line));
const words = (state: State) => dividers(state).map((line) => line.replaceAll('─', '').trim());
/** What stands in the pane from the divider on. */
const fromDivider = (state: State) => {
	const lines = pane(state);
	return lines.slice(lines.findIndex((line) => /─ .*\bnew\b/u.test(line)));
};
const at = (sequence: number, minute: number, more: Parameters<typeof message>[1] = {}) =>
	message(sequence, { timestamp: noon + minute * 60_000, ...more });

describe('the unread divider', () => {
	const read = play(two(), items(at(1, 0), at(2, 4))).state;
	const away = play(read, go(2), items(at(3, 7), at(4, 7), at(5, 8, { sender: 'sam' }), at(6, 9))).state;

	it('stands above the first message that was not read, and says since when and how many', () => {
		const back = play(away, go(1)).state;
		expect(fromDivider(back)).toEqual([
			'───────────── new since 12:04 - 3 messages (from #3) ──────────────',
			' 12:07 maya  m3',
			'             m4',
			' 12:08 sam   m5                                                  ✓',
			' 12:09 maya  m6',
		]);
		expect(room(back).unread).toBe(0);
	});

	it('stays where it was while one reads and writes, and its number with it', () => {
		const { state } = play(away, go(1), items(at(7, 10)), ...sending('hello'), items(at(8, 11)));
		expect(words(state)).toEqual(['new since 12:04 - 3 messages (from #3)']);
		expect(room(state).divider).toEqual({ key: '0:3', sequence: 3, count: 3 });
	});

	it('stands where another program got the terminal, however much came meanwhile', () => {
		const lent = play(read, { type: 'lent', isLent: true }, items(at(3, 7)), items(at(4, 8))).state;
		expect(room(lent).unread).toBe(2);
		const back = play(lent, { type: 'lent', isLent: false }, items(at(5, 9))).state;
		expect([room(back).unread, words(back)]).toEqual([0, ['new since 12:04 - 2 messages (from #3)']]);
	});

	it('goes when the room is left, and is set anew by what comes then', () => {
		const left = play(away, go(1), go(2)).state;
		expect(room(left).divider).toBeUndefined();
		const { state } = play(left, items(at(9, 20)), go(1));
		expect(words(state)).toEqual(['new since 12:09 - 1 message (from #9)']);
		expect(words(play(left, go(1)).state)).toEqual([]);
	});

	it('says the day of what was read last when that is another one', () => {
		const { state } = play(read, go(2), items(at(3, 24 * 60)), go(1));
		expect(fromDivider(state).slice(0, 1)).toEqual([
			expect.stringContaining(' new since Mon 23 Nov 12:04 - 1 message (from #3) '),
		]);
		expect(pane(state).at(-3)).toMatch(/── Tue 24 Nov ──/u);
	});

	it('is above nothing but the first new message: under it nick and time stand again', () => {
		const { state } = play(two(), items(at(1, 0)), go(2), items(at(2, 0)), go(1));
		expect(fromDivider(state).at(-1)).toBe(' 12:00 maya  m2');
	});

	it('is set by what comes below while one is scrolled up, and does not move then', () => {
		const up = play(two(), messages(1, 100), did('page-up'), messages(101, 2)).state;
		const more = play(up, messages(103, 1)).state;
		expect(room(more).divider).toEqual({ key: '0:101', sequence: 101, count: 3 });
		const down = play(more, did('newest'), messages(104, 1)).state;
		expect(room(down).divider).toEqual({ key: '0:101', sequence: 101, count: 3 });
		const again = play(down, did('page-up'), messages(105, 1)).state;
		expect(room(again).divider).toEqual({ key: '0:101', sequence: 101, count: 3 });
		expect(room(play(again, go(2)).state).divider).toEqual({ key: '0:105', sequence: 105, count: 1 });
	});

	it('does not say what the line above what was missed says', () => {
		const missed = (sequence: number) => at(sequence, sequence, { old: true });
		const resumed: RoomItem = { kind: 'resumed', from: 3, to: 4, missed: 2, awayMs: 51_000 };
		const caughtUp: RoomItem = { kind: 'caught_up' } as RoomItem;
		const gone = play(read, go(2)).state;
		const { state } = play(gone, items(resumed, missed(3), missed(4), caughtUp), go(1));
		expect(pane(state).join('\n')).toMatch(/you missed 2 messages \(#3-#4\)/u);
		expect([room(state).divider?.sequence, dividers(state)]).toEqual([3, []]);
		const before = play(gone, items(at(3, 5)), items({ ...resumed, from: 4, missed: 1 }, missed(4), caughtUp), go(1));
		expect(words(before.state)).toEqual(['new since 12:04 - 2 messages (from #3)']);
		const after = play(gone, items({ ...resumed, to: 3, missed: 1 }, caughtUp, at(4, 6)), go(1));
		expect(words(after.state)).toEqual(['new since 12:04 - 1 message (from #4)']);
	});

	it('does not count somebody who is ignored, from before and from now on', () => {
		const guest = (sequence: number) => at(sequence, sequence, { sender: 'jo' });
		const met = play(read, go(2), items(guest(3), at(4, 8), guest(5))).state;
		expect(room(met)).toMatchObject({ unread: 3, divider: { sequence: 3, count: 3 } });
		const ignored = play(met, ...sending('/ignore ~jo'), items(guest(6))).state;
		expect(room(ignored)).toMatchObject({
			unread: 1,
			firstUnread: { sequence: 4 },
			divider: { key: '0:4', sequence: 4, count: 1 },
		});
		const frozen = play(met, go(1), ...sending('/ignore ~jo')).state;
		expect(room(frozen).divider).toEqual({ key: '0:4', sequence: 4, count: 1 });
		const none = play(read, go(2), items(guest(3)), ...sending('/ignore ~jo')).state;
		expect(room(none)).toMatchObject({ unread: 0 });
		expect(room(none).divider).toBeUndefined();
	});

	it('fits every width, in fewer words where there is less room', () => {
		const far = play(two(), items(at(40_000, 4)), go(2), items(at(40_001, 7), at(40_002, 7), at(40_003, 9))).state;
		const wide = (columns: number) => play(far, { type: 'resized', size: { columns, rows: 24 } }, go(1)).state;
		const seen = new Set<string>();
		for (let columns = 20; columns <= 250; columns++) {
			const state = wide(columns);
			const [line = ''] = dividers(state);
			const sidebar = screen(state).sidebarWidth;
			expect(cellWidth(line)).toBe(columns - sidebar);
			seen.add(words(state)[0] ?? '');
		}
		expect([...seen]).toEqual([
			'3 new',
			'3 new (from #40001)',
			'new - 3 messages (from #40001)',
			'new since 12:04 - 3 messages (from #40001)',
		]);
	});

	it('leads to its line by Alt+U, from there to the newest, and says so where there is none', () => {
		const long = play(read, go(2), messages(3, 60), go(1)).state;
		const there = play(long, did('divider')).state;
		expect(pane(there)[0]).toMatch(/new since 12:04 - 60 messages \(from #3\)/u);
		expect(pane(there)[1]).toMatch(/m3$/u);
		expect(room(play(there, did('divider')).state).scroll).toBeUndefined();
		expect(room(play(long, did('page-up'), ...sending('/divider')).state).scroll).toEqual(room(there).scroll);
		const fits = play(away, go(1)).state;
		expect(play(fits, did('divider')).state.rooms).toBe(fits.rooms);
		const none = play(read, did('divider')).state;
		expect(flatRows(screen(none)).join('\n')).toContain('Nothing here was unread when you came');
		expect(flatRows(screen(play(none, did('left')).state)).join('\n')).not.toContain('Nothing here was unread');
	});
});

describe('a terminal without the keyboard', () => {
	const tabs = (state: State) => textOf(screen(state).tabs ?? []);

	it('reads nothing: what comes is unread, and above it stands the divider', () => {
		const seen = play(two(), items(at(1, 0)), focus(true)).state;
		const { state } = play(seen, focus(false), items(at(2, 5)), items(at(3, 6)));
		expect(tabs(state)).toMatch(/^ \[1 #general 2\]/u);
		expect(words(state)).toEqual(['new since 12:00 - 2 messages (from #2)']);
		const back = play(state, focus(true), items(at(4, 7))).state;
		expect(tabs(back)).toMatch(/^ \[1 #general\]/u);
		expect(words(back)).toEqual(['new since 12:00 - 2 messages (from #2)']);
		expect(words(play(back, focus(false), items(at(5, 8))).state)).toEqual(['new since 12:07 - 1 message (from #5)']);
	});

	it('has it as soon as a key is pressed, though not by a turn of the wheel', () => {
		const lost = play(two(), focus(false), items(at(1, 0))).state;
		expect(room(play(lost, did('line-up')).state).unread).toBe(1);
		expect(room(play(lost, did('left')).state).unread).toBe(0);
		expect(room(play(lost, { type: 'typed', text: 'x' }).state).unread).toBe(0);
	});
});

describe('what an earlier run had not read', () => {
	const old = (sequence: number, more: Parameters<typeof message>[1] = {}) => message(sequence, { old: true, ...more });

	it('is below the divider of the first room, in however many parts it comes', () => {
		const readTo = new Map([['#general', { epoch: 'e', sequence: 2 }]]);
		const { state } = play(
			begun({ readTo }),
			live({}),
			items(old(1), old(2), old(3), old(4, { sender: 'sam' })),
			items(old(5)),
			items(message(6)),
		);
		expect(room(state)).toMatchObject({ unread: 0, divider: { sequence: 3, count: 2 } });
	});

	it('is unread in other rooms, from where it was read and not from what had come', () => {
		const unseen = { ...old(4), unseen: true } as const;
		const readTo = new Map([['#general', { epoch: 'e', sequence: 2 }]]);
		const start = play(begun({ rooms: ['ops', 'general'], readTo }), live({})).state;
		expect(room(play(start, items(old(2), old(3), unseen)).state)).toMatchObject({ unread: 2 });
		const unknown = play(begun({ rooms: ['ops', 'general'] }), live({}), items(old(2), old(3), unseen)).state;
		expect(room(unknown)).toMatchObject({ unread: 1, divider: { sequence: 4, count: 1 } });
	});

	it('is not told by a mark of numbers that have started over, now or since', () => {
		const readTo = new Map([['#general', { epoch: 'd', sequence: 1 }]]);
		const start = begun({ rooms: ['ops', 'general'], readTo });
		expect(room(play(start, live({}), items(old(2))).state).unread).toBe(0);
		const epoch: RoomItem = { kind: 'epoch', epoch: 'e', sequence: 0 };
		expect(room(play(start, items(epoch, old(2)), items(old(3))).state).unread).toBe(0);
	});

	it('is kept for the next run as it is read', () => {
		const first = play(begun({ rooms: ['ops', 'general'] }), live({}), items(message(1), message(2)));
		expect([...first.read]).toEqual([['#general', { epoch: 'e', sequence: 0 }]]);
		const read = play(first.state, go(2), items(message(3)));
		expect([...read.read]).toEqual([['#general', { epoch: 'e', sequence: 3 }]]);
		expect([...play(read.state, did('left')).read]).toEqual([]);
	});
});

describe('/unread', () => {
	const ten = play(two(), messages(1, 10)).state;

	it('marks a message and all after it, and they stay unread until the room is left', () => {
		const marked = play(ten, ...sending('/unread 8'));
		expect([...marked.read]).toEqual([['#general', { epoch: 'e', sequence: 7 }]]);
		expect(textOf(screen(marked.state).tabs ?? [])).toMatch(/^ \[1 #general 3\]/u);
		expect(words(marked.state)).toEqual(['new since 12:00 - 3 messages (from #8)']);
		expect(flatRows(screen(marked.state)).join('\n')).toContain('#8 and what follows is unread until you come back: 3');
		const more = play(marked.state, messages(11, 1), did('newest'), focus(false), focus(true)).state;
		expect(room(more)).toMatchObject({ unread: 4, divider: { sequence: 8, count: 4 } });
		const back = play(more, go(2), go(1));
		expect(room(back.state)).toMatchObject({ unread: 0, divider: { sequence: 8, count: 4 } });
		expect(back.read.get('#general')).toEqual({ epoch: 'e', sequence: 11 });
	});

	it('begins with the oldest message on screen unless told', () => {
		const long = play(two(), messages(1, 100)).state;
		const [, first] = /m(\d+)$/u.exec(pane(long)[0] ?? '') ?? [];
		expect(room(play(long, ...sending('/unread')).state).divider?.sequence).toBe(Number(first));
	});

	it('counts what others said alone, mentions among it', () => {
		const { state } = play(
			two(),
			items(message(1), message(2, { sender: 'sam' }), message(3, { content: 'sam?' })),
			...sending('/unread #2'),
		);
		expect(room(state)).toMatchObject({ unread: 1, mentions: 1, divider: { sequence: 3 } });
	});

	it('takes no number from which on nobody else has said anything, and nothing else', () => {
		expect(told(play(ten, ...sending('/unread 11')).state)).toEqual(['Nobody else has said anything here from #11 on']);
		expect(told(play(two(), ...sending('/unread')).state)).toEqual(['Nobody else has said anything here']);
		expect(told(play(ten, ...sending('/unread x')).state)[0]).toMatch(/^Usage: \/unread \[N\]/u);
	});
});

describe('whatever happens', () => {
	const inRoom = (name: string): fc.Arbitrary<(next: number) => Unstamped> =>
		fc.boolean().map((isMine) => (next) => ({
			type: 'items',
			room: name,
			items: [message(next, { sender: isMine ? 'sam' : 'maya' })],
		}));
	const happening: fc.Arbitrary<(next: number) => Unstamped> = fc.oneof(
		{ weight: 4, arbitrary: fc.constantFrom('general', 'ops').chain(inRoom) },
		fc
			.constantFrom(
				...[did('page-up'), did('newest'), did('help'), did('escape'), did('divider')],
				...[go(1), go(2), focus(true), focus(false)],
			)
			.map((event) => () => event),
	);

	it('what is unread is what came last, and no divider is set above what was read', () => {
		fc.assert(
			fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
				let state = play(two(), messages(1, 40), { type: 'items', room: 'ops', items: [message(1)] }).state;
				const isSeen = new Set(['general 40', 'ops 1']);
				for (const [index, event] of happenings.entries()) {
					const before = state;
					state = play(state, event(index + 41)).state;
					for (const { name, rows, unread, firstUnread, divider } of state.rooms) {
						const others = rows.flatMap((row) => (row.kind === 'said' && !row.mine ? [row] : []));
						const first = unread === 0 ? undefined : others.at(-unread);
						expect(firstUnread).toEqual(first && { key: first.key, sequence: first.sequence });
						if (name !== state.active) {
							expect(divider).toEqual(firstUnread && { ...firstUnread, count: unread });
						}
						if (divider !== undefined && divider.key !== room(before, name).divider?.key) {
							expect(isSeen.has(`${name} ${divider.sequence}`)).toBe(false);
							expect(divider.sequence).toBeGreaterThan(40);
						}
						for (const { sequence } of others.slice(0, others.length - unread)) {
							isSeen.add(`${name} ${sequence}`);
						}
					}
				}
			}),
		);
	});
});
