import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { HistoryPage, RoomItem } from '../../src/client/client.ts';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { screen } from '../../src/tui/selectors.ts';
import {
	begun,
	did,
	items,
	message,
	messages,
	noon,
	online,
	play,
	room,
	rowsOf,
	sending,
	sequences,
	status,
	told,
} from './happenings.ts';
import { flatRows } from './states.ts';

// Seconds each on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

const page = (from: number, to: number, complete = false): HistoryPage => ({
	room: 'general',
	messages: Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => message(from + index).message),
	complete,
});
const older = (from: number, to: number, complete = false): Unstamped => ({
	type: 'older',
	room: 'general',
	page: page(from, to, complete),
	asked: 'scroll',
});
const published = (cid: string, sequence: number): Unstamped => ({
	type: 'published',
	published: {
		room: 'general',
		cid,
		id: 'x',
		sequence,
		epoch: 'e',
		timestamp: noon,
		duplicate: false,
		durability: 'memory',
	},
});
const loading = (state: State): State => ({
	...state,
	rooms: state.rooms.map((one) => ({ ...one, older: 'loading' as const })),
});

const kinds = (state: State) => room(state).rows.map((row) => (row.kind === 'said' ? row.sequence : row.kind));

describe('the transcript', () => {
	it('keeps of a message that it stands before what its author had seen', () => {
		const { state } = play(begun(), items({ ...message(1), late: true }, message(2)));
		const [first, second] = rowsOf(state, 'said');
		expect(first).toMatchObject({ sequence: 1, late: true });
		expect(second).not.toHaveProperty('late');
	});

	it('shows every number once and ascending, in any mix of news, older pages and acknowledgements', () => {
		const events = fc.array(
			fc.oneof(
				fc
					.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), fc.boolean())
					.map(
						([from, count, old]): Unstamped =>
							items(
								...Array.from({ length: count }, (_, index) =>
									message(from + index, { old, cid: `id-${from + index}` }),
								),
							),
					),
				fc
					.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 20 }), fc.boolean())
					.map(([from, count, complete]) => older(from, from + count, complete)),
				fc.integer({ min: 1, max: 60 }).map((sequence) => published(`id-${sequence}`, sequence)),
				fc.constantFrom<Unstamped>(...sending('hi'), did('page-up'), did('oldest'), did('newest')),
			),
			{ maxLength: 30 },
		);
		fc.assert(
			fc.property(events, (all) => {
				const { state } = play(loading(begun()), ...all);
				const shown = sequences(state);
				expect(shown).toEqual([...new Set(shown)].sort((one, other) => one - other));
				const keys = room(state).rows.map(({ key }) => key);
				expect(new Set(keys).size).toBe(keys.length);
			}),
		);
	});

	it('shows each of my lines exactly once: as waiting, or with its number', () => {
		fc.assert(
			fc.property(
				fc.shuffledSubarray([0, 1, 2, 3, 4, 5], { minLength: 6 }),
				fc.integer({ min: 0, max: 6 }),
				(order, count) => {
					const texts = ['one', 'two', 'three'];
					let state = begun();
					const cids: string[] = [];
					for (const text of texts) {
						const sent = play(state, ...sending(text));
						state = sent.state;
						cids.push(...sent.effects.flatMap((effect) => (effect.type === 'publish' ? [effect.cid] : [])));
					}
					// Acknowledgements in any order among themselves and the messages; the messages in theirs.
					const acknowledgements = cids.map((cid, index) => published(cid, index + 1));
					const news = cids.map((cid, index) =>
						items(message(index + 1, { sender: 'sam', content: texts[index] ?? '', cid })),
					);
					let nextNews = 0;
					const happenings = order.map((pick) => (pick < 3 ? acknowledgements[pick] : news[nextNews++]));
					const after = play(state, ...happenings.slice(0, count).filter((event) => event !== undefined)).state;
					const lines = [
						...rowsOf(after, 'said').map(({ content }) => content),
						...room(after).pending.map(({ content }) => content),
					];
					expect(lines.toSorted()).toEqual(texts.toSorted());
				},
			),
		);
	});

	it('shows a numbered line of mine at its number also when its message is lost, unless it is gone on purpose', () => {
		const reasons = ['trimmed', 'timeout', 'damaged', 'slow', 'expired', 'cleared'] as const;
		fc.assert(
			fc.property(
				fc.constantFrom(...reasons),
				fc.uniqueArray(fc.integer({ min: 2, max: 9 }), { maxLength: 4 }),
				fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
				(reason, numbers, early) => {
					let state = play(begun(), { type: 'room', status: status({ epoch: 'e' }) }).state;
					const acknowledgements = numbers.map((number) => {
						const sent = play(state, ...sending(`mine ${number}`));
						state = sent.state;
						return published(room(state).pending.at(-1)?.cid ?? '', number);
					});
					const { state: after } = play(
						state,
						...acknowledgements.filter((_, index) => early[index]),
						items(message(1), { kind: 'lost', from: 2, to: 9, reason }, message(10)),
						{ type: 'room', status: status({ epoch: 'e', position: 10, head: 10 }) },
						...acknowledgements.filter((_, index) => !early[index]),
					);
					const known = reason === 'expired' || reason === 'cleared' ? [] : numbers;
					const shown = room(after).rows.flatMap((row): (number | string)[] => {
						if (row.kind === 'lost') {
							return Array.from({ length: row.to - row.from + 1 }, (_, index) => row.from + index);
						}
						return row.kind === 'said' ? [`${row.sequence} ${row.content}`] : [];
					});
					expect(shown).toEqual([
						'1 m1',
						...[2, 3, 4, 5, 6, 7, 8, 9].map((number) => (known.includes(number) ? `${number} mine ${number}` : number)),
						'10 m10',
					]);
					expect(room(after).pending).toEqual([]);
					const keys = room(after).rows.map(({ key }) => key);
					expect(new Set(keys).size).toBe(keys.length);
				},
			),
		);
	});

	it('turns a waiting line into a message of mine, which is no mention and not unread', () => {
		const sent = play(begun(), ...sending('sam says'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const { state } = play(
			sent.state,
			published(cid, 1),
			items(message(1, { sender: 'sam', content: 'sam says', cid })),
		);
		expect(room(state).pending).toEqual([]);
		expect(rowsOf(state, 'said')).toMatchObject([{ sequence: 1, mine: true, mention: false }]);
		expect(room(state).unread).toBe(0);
	});

	it('knows a line of mine by its number when the message does not carry the cid', () => {
		const sent = play(begun(), ...sending('hello'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const { state } = play(sent.state, published(cid, 1), items(message(1, { sender: '~sam', content: 'hello' })));
		expect(room(state).pending).toEqual([]);
		expect(rowsOf(state, 'said')).toMatchObject([{ mine: true }]);
	});

	it('drops a waiting line when the acknowledgement comes after its message', () => {
		const sent = play(begun(), ...sending('hello'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const { state } = play(sent.state, items(message(1, { sender: '~sam', content: 'hello' })), published(cid, 1));
		expect(room(state).pending).toEqual([]);
		expect(rowsOf(state, 'said')).toMatchObject([{ mine: true }]);
	});

	it('says when a line was written that waited over an offline time, or longer than a minute', () => {
		const waiting = {
			state: 'waiting',
			attempt: 1,
			offlineSince: noon,
			retryAt: noon + 9000,
			cause: { text: 'gone', code: 'X' },
		} as const;
		const sent = play(begun(), { type: 'link', status: waiting, nick: 'sam' }, ...sending('queued'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const back = play(
			sent.state,
			{ type: 'link', status: { ...online, since: noon + 5000 }, nick: 'sam', at: noon + 5000 },
			items(message(1, { sender: 'sam', cid })),
		);
		expect(rowsOf(back.state, 'said')).toMatchObject([{ writtenAt: noon }]);
		const slow = play(begun(), ...sending('slow'));
		const slowCid = room(slow.state).pending[0]?.cid ?? '';
		const late = { ...items(message(1, { sender: 'sam', cid: slowCid })), at: noon + 60_001 };
		expect(rowsOf(play(slow.state, late).state, 'said')).toMatchObject([{ writtenAt: noon }]);
		const soon = { ...items(message(1, { sender: 'sam', cid: slowCid })), at: noon + 60_000 };
		expect(rowsOf(play(slow.state, soon).state, 'said')[0]).not.toHaveProperty('writtenAt');
	});

	it('keeps a refused line with its reason until the pane is cleared', () => {
		const sent = play(begun(), ...sending('spam'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const refused = { room: 'general', cid, code: 'muted', text: 'you are\u001b[31m muted' };
		const { state } = play(sent.state, { type: 'refused', refused });
		const [row] = rowsOf(state, 'refused');
		expect(row?.line).toMatchObject({ content: 'spam', refused: expect.stringContaining('muted') });
		expect(row?.line.refused).not.toContain('\u001b');
		expect(room(state).pending).toEqual([]);
		expect(room(play(state, ...sending('/clear')).state).rows).toEqual([]);
	});

	it('leaves a refused line where it was in time: what comes later stands below it', () => {
		const sent = play(begun(), items(message(1)), ...sending('can I talk?'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const refused = { room: 'general', cid, code: 'muted', text: 'You are muted' };
		const { state } = play(sent.state, { type: 'refused', refused }, items(message(2)));
		expect(kinds(state)).toEqual(['told', 1, 'refused', 2]);
		const shown = flatRows(screen(state)).filter((line) => /m1|m2|can I talk/u.test(line));
		expect(shown).toEqual([
			expect.stringContaining('m1'),
			expect.stringMatching(/sam +can I talk\? ! You are muted/u),
			expect.stringContaining('m2'),
		]);
		// The broker had taken it after all.
		const taken = play(state, items(message(3, { cid, sender: 'sam', content: 'can I talk?' }))).state;
		expect(kinds(taken)).toEqual(['told', 1, 2, 3]);
	});

	it('puts what was missed while out of a room among the notices by its time, the newest below them', () => {
		const said = (time: number): Unstamped & { at: number } => ({
			type: 'notice',
			notice: { level: 'info', text: `notice ${time}` },
			at: noon + time,
		});
		const old = (sequence: number, time: number) => message(sequence, { old: true, timestamp: noon + time });
		const out = play(begun(), items(message(1), message(2)), said(100), said(300)).state;
		const { state } = play(out, items(old(3, 50), old(4, 200)), items(old(5, 400)), items(message(6)));
		const shown = room(state).rows.map((row) => (row.kind === 'said' ? row.sequence : row.kind === 'told' && row.text));
		expect(shown.slice(1)).toEqual([1, 2, 3, 'notice 100', 4, 'notice 300', 5, 6]);
	});

	it('orders messages by number whatever their times say of the notices between them', () => {
		fc.assert(
			fc.property(
				fc.array(fc.record({ time: fc.integer({ min: 0, max: 50 }), isNotice: fc.boolean(), old: fc.boolean() })),
				(happenings) => {
					let sequence = 0;
					const events = happenings.map(({ time, isNotice, old }): Unstamped & { at: number } => ({
						...(isNotice
							? { type: 'notice', notice: { level: 'info', text: 'notice' } }
							: items(message(++sequence, { old, timestamp: noon + time }))),
						at: noon + time,
					}));
					const { state } = play(begun(), ...events);
					expect(sequences(state)).toEqual(Array.from({ length: sequence }, (_, index) => index + 1));
				},
			),
		);
	});

	it('puts what was said before the join above what natter has said since', () => {
		const { state } = play(begun(), items(message(1, { old: true }), message(2, { old: true })), items(message(3)));
		expect(room(state).rows.map((row) => (row.kind === 'said' ? row.sequence : row.kind))).toEqual([1, 2, 'told', 3]);
	});

	it('counts what was said before the join not as unread, but what was missed elsewhere', () => {
		const elsewhere = play(begun({ rooms: ['ops', 'general'] }), items(message(1, { old: true, content: 'sam?' })));
		expect(room(elsewhere.state)).toMatchObject({ unread: 0, mentions: 0 });
		const missed: RoomItem[] = [
			{ kind: 'resumed', from: 2, to: 3, missed: 2, awayMs: 5000 },
			message(2, { old: true, content: 'hey SAM!' }),
			message(3, { old: true, content: 'samuel, same, @sam_2' }),
			{ kind: 'caught_up', to: 3 },
		];
		const back = play(elsewhere.state, items(...missed));
		expect(room(back.state)).toMatchObject({ unread: 2, mentions: 1 });
		expect(room(back.state).rows.map((row) => (row.kind === 'said' ? row.sequence : row.kind))).toEqual([
			1,
			'resumed',
			2,
			3,
			'caught-up',
		]);
	});

	it('counts what is mine not as missed, whether it waited here or was said elsewhere', () => {
		const own = (sequence: number) => message(sequence, { old: true, sender: 'sam' });
		const rows = (to: number, ...missed: readonly RoomItem[]) => {
			const resumed: RoomItem = { kind: 'resumed', from: 2, to, missed: to - 1, awayMs: 51_000 };
			const { state } = play(begun(), messages(1, 1), items(resumed, ...missed), items({ kind: 'caught_up', to }));
			return room(state).rows.flatMap((row): (number | string)[] => {
				switch (row.kind) {
					case 'said':
						return [row.sequence];
					case 'resumed':
						return [`missed ${row.missed}: #${row.from}-#${row.to}`];
					default:
						return row.kind === 'told' ? [] : [row.kind];
				}
			});
		};
		const others = (sequence: number) => message(sequence, { old: true });
		expect(rows(2, own(2))).toEqual([1, 'back', 2]);
		expect(rows(3, own(2), own(3))).toEqual([1, 'back', 2, 3]);
		expect(rows(6, own(2), others(3), own(4), own(5), own(6))).toEqual([
			...[1, 'missed 1: #3-#3', 2, 3, 4, 5, 6, 'caught-up'],
		]);
		expect(rows(4, others(2), own(3), others(4))).toEqual([1, 'missed 2: #2-#4', 2, 3, 4, 'caught-up']);
	});

	it('puts no rows around what was missed in a moment, and counts it all the same', () => {
		const before = play(begun({ rooms: ['ops', 'general'] }), messages(1, 1)).state;
		const first: RoomItem[] = [
			{ kind: 'resumed', from: 2, to: 3, missed: 2, awayMs: 4999 },
			message(2, { old: true, content: 'hey sam' }),
		];
		const half = play(before, items(...first)).state;
		const { state } = play(half, items(message(3, { old: true }), { kind: 'caught_up', to: 3 }));
		expect(room(state).rows.map((row) => (row.kind === 'said' ? row.sequence : row.kind))).toEqual([1, 2, 3]);
		expect(room(state)).toMatchObject({ unread: 3, mentions: 1 });
		const after = play(state, items(message(4, { old: true }))).state;
		expect(room(after).unread).toBe(3);
	});

	it('finds a nick with signs that mean something in a pattern', () => {
		const named = play(begun(), { type: 'link', status: online, nick: 'a.b(c' });
		const { state } = play(
			named.state,
			items(message(1, { content: 'hi a.b(c' }), message(2, { content: 'hi axb(c' })),
		);
		expect(rowsOf(state, 'said').map(({ mention }) => mention)).toEqual([true, false]);
	});

	it('keeps messages of two epochs apart, though their numbers are the same', () => {
		const { state } = play(
			begun(),
			messages(1, 2),
			items({ kind: 'epoch', epoch: 'f', sequence: 0 }, message(1), message(2)),
		);
		expect(sequences(state)).toEqual([1, 2, 1, 2]);
		expect(new Set(rowsOf(state, 'said').map(({ key }) => key)).size).toBe(4);
		expect(room(state).older).toBe('all');
	});

	it('does not wait for ever for a line that was numbered in an epoch that is over', () => {
		const sent = play(begun(), ...sending('lost with it'));
		const cid = room(sent.state).pending[0]?.cid ?? '';
		const { state } = play(sent.state, published(cid, 9), items({ kind: 'epoch', epoch: 'f', sequence: 0 }));
		expect(room(state).pending).toEqual([]);
		expect(rowsOf(state, 'refused')).toMatchObject([{ line: { refused: expect.stringMatching(/#9/) } }]);
	});

	it('names what was lost and what was cleared', () => {
		const { state } = play(
			begun(),
			items(message(1), { kind: 'lost', from: 2, to: 4, reason: 'timeout' }, message(5), {
				kind: 'cleared',
				upTo: 5,
				by: 'ana',
			}),
		);
		expect(rowsOf(state, 'lost')).toMatchObject([{ from: 2, to: 4, reason: 'timeout' }]);
		expect(rowsOf(state, 'cleared')).toMatchObject([{ upTo: 5, by: 'ana' }]);
	});

	it('stays bounded, keeps the newest, and loads the rest again', () => {
		let { state } = play(begun(), { type: 'room', status: status({ oldest: 1 }) });
		for (let from = 1; from <= 12_000; from += 1000) {
			state = play(state, messages(from, 1000)).state;
		}
		expect(room(state).rows.length).toBeLessThanOrEqual(5000);
		expect(sequences(state).at(-1)).toBe(12_000);
		const [lowest = 0] = sequences(state);
		const asked = play(state, did('oldest'));
		expect(asked.effects).toMatchObject([{ type: 'load-older', before: lowest }]);
	});

	it('stays bounded though nobody says anything', () => {
		const notice: Unstamped = { type: 'notice', notice: { level: 'info', text: 'news' } };
		const { state } = play(begun(), ...Array.from({ length: 5100 }, () => notice));
		expect(room(state).rows.length).toBeLessThanOrEqual(5000);
	});

	it('drops a page of older messages that came too late: the pane was cleared meanwhile', () => {
		const shown = play(begun(), messages(200, 5), did('oldest'));
		expect(shown.effects).toEqual([{ type: 'load-older', room: 'general', before: 200, limit: 100, asked: 'scroll' }]);
		const { state } = play(shown.state, ...sending('/clear'), older(100, 199));
		expect(sequences(state)).toEqual([]);
	});
});

describe('older messages', () => {
	it('are asked for once at a time, and no more when the broker keeps none', () => {
		const first = play(begun(), messages(200, 60), did('oldest'));
		expect(first.effects).toHaveLength(1);
		expect(room(first.state).older).toBe('loading');
		expect(play(first.state, did('page-up')).effects).toEqual([]);
		const second = play(first.state, older(150, 199), did('oldest'));
		expect(second.effects).toMatchObject([{ before: 150 }]);
		const all = play(second.state, older(140, 149, true), did('oldest'));
		expect(room(all.state).older).toBe('all');
		expect(all.effects).toEqual([]);
		expect(sequences(all.state)).toEqual(Array.from({ length: 120 }, (_, index) => 140 + index));
	});

	it('are known to be all when the first that is kept is there', () => {
		const { state } = play(begun(), { type: 'room', status: status({ oldest: 7 }) }, items(message(7, { old: true })));
		expect(room(state).older).toBe('all');
		expect(play(state, did('page-up')).effects).toEqual([]);
	});

	it('are not asked for while there is no link', () => {
		const offline = play(begun(), messages(50, 60), {
			type: 'link',
			status: { state: 'connecting', attempt: 1, offlineSince: noon },
			nick: 'sam',
		});
		expect(play(offline.state, did('oldest')).effects).toEqual([]);
		const command = play(offline.state, ...sending('/history'));
		expect(command.effects).toEqual([]);
		expect(told(command.state).at(-1)).toMatch(/no link/);
	});

	it('can be asked for again after a failure, which is told', () => {
		const asked = play(begun(), messages(200, 60), did('oldest'));
		const failed = play(asked.state, {
			type: 'failed',
			room: 'general',
			what: 'load-older',
			before: 200,
			text: 'timed out',
		});
		expect(told(failed.state)).toEqual(['timed out']);
		expect(play(failed.state, did('oldest')).effects).toHaveLength(1);
		const of = { type: 'failed', room: 'general', what: 'load-older', before: 100, text: 'timed out' } as const;
		expect(play(asked.state, of, did('oldest')).effects).toEqual([]);
	});

	it('come by /history too, which says how many there are now', () => {
		const asked = play(begun(), messages(200, 3), ...sending('/history 20'));
		expect(asked.effects).toEqual([{ type: 'load-older', room: 'general', before: 200, limit: 20, asked: 'command' }]);
		const { state } = play(asked.state, { type: 'older', room: 'general', page: page(180, 199), asked: 'command' });
		expect(told(state)).toEqual(['20 older messages are above, #180-#199: PgUp']);
		const none = play(play(state, ...sending('/history')).state, {
			type: 'older',
			room: 'general',
			page: page(1, 0, true),
			asked: 'command',
		});
		expect(told(none.state).at(-1)).toBe('There are no older messages than these');
	});
});

describe('a room whose log went back to an older copy', () => {
	const rewound = items({ kind: 'epoch', epoch: 'f', sequence: 2, lost: 2 });

	it('keeps what was seen above the line that says so, and takes the numbers that are given anew below it', () => {
		const { state } = play(begun(), messages(1, 4), rewound, items(message(3, { content: 'new', old: true })));
		expect(room(state).rows.map(({ kind }) => kind)).toEqual(['told', 'said', 'said', 'said', 'said', 'epoch', 'said']);
		expect(rowsOf(state, 'epoch')).toMatchObject([{ rewound: { to: 2, lost: 2 } }]);
		expect(sequences(state)).toEqual([1, 2, 3, 4, 3]);
		expect(new Set(room(state).rows.map(({ key }) => key)).size).toBe(7);
	});

	it('loads older messages from where it went back to, when that lies below the pane', () => {
		const begin = play(
			begun(),
			{ type: 'room', status: status({ position: 103, head: 103, oldest: 1 }) },
			messages(101, 3),
			items(
				{ kind: 'epoch', epoch: 'f', sequence: 50, lost: 53 },
				message(51, { old: true }),
				message(52, { old: true }),
			),
		);
		const asked = play(begin.state, did('oldest'));
		expect(asked.effects).toMatchObject([{ type: 'load-older', before: 51 }]);
		const { state } = play(asked.state, older(48, 52));
		expect(sequences(state)).toEqual([48, 49, 50, 101, 102, 103, 51, 52]);
		expect(play(state, did('oldest')).effects).toMatchObject([{ type: 'load-older', before: 48 }]);
	});

	it('shows what the log has in its order and nothing twice, however often it goes back and older ones are loaded', () => {
		const deeds = fc.array(
			fc.oneof(
				fc.record({ say: fc.integer({ min: 1, max: 9 }) }),
				fc.record({ backBy: fc.integer({ min: 1, max: 25 }) }),
				fc.record({ load: fc.integer({ min: 1, max: 9 }) }),
			),
			{ maxLength: 20 },
		);
		fc.assert(
			fc.property(deeds, (all) => {
				let log = Array.from({ length: 40 }, (_, index) =>
					message(index + 1, { old: true, content: 'from the start' }),
				);
				let state = play(begun(), items(...log.slice(-5))).state;
				for (const [turn, deed] of all.entries()) {
					if ('say' in deed) {
						const said = Array.from({ length: deed.say }, (_, index) =>
							message(log.length + index + 1, { content: `in turn ${turn}` }),
						);
						log = [...log, ...said];
						state = play(state, items(...said)).state;
					} else if ('backBy' in deed) {
						const sequence = Math.max(0, log.length - deed.backBy);
						const lost = log.length - sequence;
						log = log.slice(0, sequence);
						state = play(state, items({ kind: 'epoch', epoch: `f${turn}`, sequence, lost })).state;
					} else {
						const asked = play(state, did('oldest'));
						const before = asked.effects.flatMap((effect) =>
							effect.type === 'load-older' ? (effect.before ?? 1) : [],
						)[0];
						const given = log.slice(0, (before ?? 1) - 1).slice(-deed.load);
						const page = { room: 'general', messages: given.map(({ message: one }) => one), complete: false };
						state = play(asked.state, { type: 'older', room: 'general', page, asked: 'scroll' }, did('newest')).state;
					}
				}
				const rows = room(state).rows;
				expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
				const kept = new Set(log.map(({ message: { sequence, content } }) => `${sequence} ${content}`));
				const shown = rowsOf(state, 'said').filter(({ sequence, content }) => kept.has(`${sequence} ${content}`));
				const numbers = shown.map(({ sequence }) => sequence);
				expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
			}),
		);
	});

	it('can load older messages still, when the page on its way lies above where it went back to', () => {
		const asked = play(begun(), messages(101, 3), did('oldest'));
		const back = play(asked.state, items({ kind: 'epoch', epoch: 'f', sequence: 50, lost: 53 })).state;
		const { state } = play(back, older(81, 100));
		expect(sequences(state)).toEqual([101, 102, 103]);
		expect(play(state, did('oldest')).effects).toMatchObject([{ type: 'load-older', before: 51 }]);
	});

	it('loads older messages above all of them, each once', () => {
		const standing: Unstamped = { type: 'room', status: status({ position: 12, head: 12, oldest: 1 }) };
		const begin = play(begun(), standing, messages(11, 4), items({ kind: 'epoch', epoch: 'f', sequence: 12, lost: 2 }));
		const asked = play(begin.state, did('oldest'));
		expect(asked.effects).toMatchObject([{ type: 'load-older', before: 11 }]);
		const page = { room: 'general', messages: [message(9).message, message(10).message], complete: false };
		const { state } = play(asked.state, { type: 'older', room: 'general', page, asked: 'scroll' });
		expect(sequences(state)).toEqual([9, 10, 11, 12, 13, 14]);
	});
});

describe('a room after an outage', () => {
	const lost: Unstamped = {
		type: 'link',
		status: {
			state: 'waiting',
			attempt: 1,
			offlineSince: noon,
			retryAt: noon + 1000,
			cause: { text: 'gone', code: 'X' },
		},
		nick: 'sam',
	};
	const standing: Unstamped = { type: 'room', status: status({ position: 4, head: 4 }) };
	const found = (at: number) => ({ type: 'link', status: { ...online, since: at }, nick: 'sam', at }) as const;
	const followed: Unstamped = { type: 'members', room: 'general', members: [] };
	const down = play(begun(), messages(1, 4), standing, lost).state;

	it('says that nothing was missed when the broker follows it again and has nothing new', () => {
		const { state } = play(down, found(noon + 51_000), followed, followed);
		expect(rowsOf(state, 'back')).toMatchObject([{ at: noon + 51_000, awayMs: 51_000 }]);
	});

	it('says nothing when it took only a moment', () => {
		const { state } = play(down, found(noon + 4999), followed);
		expect(room(state).rows).toHaveLength(room(down).rows.length);
		expect(
			rowsOf(play(state, { ...lost, at: noon + 9000 }, found(noon + 20_000), followed).state, 'back'),
		).toHaveLength(1);
	});

	it('does not say so when something was missed, or cannot be had any more', () => {
		const resumed = items({ kind: 'resumed', from: 5, to: 5, missed: 1, awayMs: 51_000 }, message(5, { old: true }));
		const gone = items({ kind: 'lost', from: 5, to: 5, reason: 'expired' });
		const behind: Unstamped = { type: 'room', status: status({ position: 4, head: 5 }) };
		for (const news of [resumed, gone, behind, items({ kind: 'epoch', epoch: 'f', sequence: 0 })]) {
			expect(rowsOf(play(down, found(noon + 51_000), news, followed).state, 'back')).toEqual([]);
		}
	});
});
