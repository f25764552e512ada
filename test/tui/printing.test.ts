import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { State, Unstamped } from '../../src/tui/model.ts';
import { printed } from '../../src/tui/printing.ts';
import { createStore } from '../../src/tui/store.ts';
import { hostileString as hostile } from '../helpers/hostile-strings.ts';
import { begun, items, message, messages, noon, online, play, status } from './happenings.ts';
import { gap } from './states.ts';

type Timed = Unstamped & { readonly at?: number };

/** What is printed while events happen one after the other. */
function printing(state: State, ...events: readonly Timed[]): { readonly lines: string[]; readonly state: State } {
	const lines: string[] = [];
	let now = state;
	// Somebody has spoken in the room before.
	let room: string | undefined = state.rooms.length === 1 ? state.active : undefined;
	for (const event of events) {
		const next = play(now, event as Unstamped).state;
		const more = printed(now, next, room);
		lines.push(...more.lines);
		room = more.room;
		now = next;
	}
	return { lines, state: now };
}

const plain = (more: Parameters<typeof begun>[0] = {}) => begun({ isPlain: true, ...more });
const entered = (line: string): Unstamped => ({ type: 'entered', line });
const time = '\\d\\d:\\d\\d';

describe('what is printed', () => {
	it('is who said what, with the room where it must be named', () => {
		const { lines } = printing(
			plain({ rooms: ['general', 'ops'] }),
			items(
				message(1, { content: 'morning\n\nall' }),
				message(2, { content: '/me waves' }),
				message(3, { content: 'sam: hi' }),
			),
		);
		expect(lines).toEqual([
			expect.stringMatching(`^${time} #general maya: morning$`),
			'  ',
			'  all',
			expect.stringMatching(`^${time} #general \\* maya waves$`),
			expect.stringMatching(`^> ${time} #general maya: sam: hi$`),
		]);
		expect(printing(plain(), messages(1, 1)).lines).toEqual([expect.stringMatching(`^${time} maya: m1$`)]);
		const before = plain();
		const { lines: first, room } = printed(before, play(before, messages(1, 1)).state);
		expect(first).toEqual([expect.stringMatching(`^${time} #general maya: m1$`)]);
		expect(room).toBe('general');
	});

	it('has the day before what was said on another one', () => {
		const old = message(1, { timestamp: noon - 3 * 86_400_000 });
		expect(printing(plain(), items(old)).lines).toEqual([expect.stringMatching(`^2026-11-20 ${time} maya: m1$`)]);
	});

	it('says of my lines what became of them', () => {
		const before = plain();
		const said = play(before, entered('hello'));
		const [effect] = said.effects;
		const cid = effect?.type === 'publish' ? effect.cid : '';
		expect(printed(before, said.state, 'general').lines).toEqual([]);
		const own = items(message(1, { sender: 'sam', content: 'hello', cid }));
		expect(printing(said.state, own).lines).toEqual([expect.stringMatching(`^${time} sam: hello \\(sent\\)$`)]);
		const refused: Unstamped = {
			type: 'refused',
			refused: { room: 'general', cid, code: 'muted', text: 'You are muted here' },
		};
		expect(printing(said.state, refused).lines).toEqual([
			expect.stringMatching(`^${time} sam: hello \\(not sent: You are muted here\\)$`),
		]);
		expect(printing(plain(), items(message(1, { sender: 'sam', content: 'old', old: true }))).lines).toEqual([
			expect.stringMatching(`^${time} sam: old$`),
		]);
	});

	it('says who came and went as they do', () => {
		const passes = (userId: string, action: 'join' | 'leave'): Unstamped => ({
			type: 'presence',
			changes: [{ room: 'general', userId, action, state: action === 'leave' ? 'offline' : 'online', timestamp: noon }],
		});
		const peopled = play(plain(), { type: 'members', room: 'general', members: [] }).state;
		const { lines } = printing(peopled, passes('li', 'join'), passes('mo', 'join'), passes('li', 'leave'));
		expect(lines).toEqual(['-- li joined', '-- mo joined', '-- li left']);
	});

	it('says it too when people are again what they were', () => {
		const passes = (userId: string, more: { was?: string; gone?: boolean } = {}): Unstamped => {
			const { gone = false, ...was } = more;
			const what = gone
				? ({ action: 'leave', state: 'offline' } as const)
				: ({ action: 'join', state: 'online' } as const);
			return { type: 'presence', changes: [{ room: 'general', userId, ...what, ...was, timestamp: noon }] };
		};
		const peopled = play(
			plain(),
			{ type: 'members', room: 'general', members: [] },
			passes('li'),
			messages(1, 1),
		).state;
		const { lines } = printing(
			peopled,
			passes('li', { gone: true }),
			passes('lee', { was: 'li' }),
			passes('lee', { gone: true }),
			passes('li', { was: 'lee' }),
			passes('li', { gone: true }),
		);
		expect(lines).toEqual([
			'-- li left',
			'-- li is now called lee',
			'-- lee left',
			'-- lee is now called li',
			'-- li left',
		]);
	});

	it('says what is missing in the words of the screen', () => {
		const waiting: Unstamped = {
			type: 'room',
			status: { ...status({ position: 1, head: 4 }), gap: gap({ from: 2, to: 2 }) },
		};
		const { lines } = printing(
			plain(),
			messages(1, 1),
			waiting,
			waiting,
			items({ kind: 'lost', from: 2, to: 3, reason: 'timeout' }, message(4)),
			items({ kind: 'lost', from: 5, to: 6, reason: 'damaged' }),
			items({ kind: 'lost', from: 7, to: 7, reason: 'expired' }),
			items({ kind: 'resumed', from: 8, to: 9, missed: 2, awayMs: 42_000 }, message(8, { old: true }), {
				kind: 'caught_up',
				to: 9,
			}),
			items({ kind: 'cleared', upTo: 9, by: 'ana' }),
			items({ kind: 'epoch', epoch: 'e2', sequence: 0 }),
		);
		expect(lines).toEqual([
			expect.stringMatching('m1$'),
			expect.stringMatching(/^gap: \d+ messages? buffered, waiting for #2$/u),
			'! #2-#3 were never delivered (broker did not send them in time) ! 2 messages missing here',
			expect.stringMatching('m4$'),
			'! [damaged] #5-#6: what the broker has stored cannot be read, 2 messages',
			'#7 is too old and not kept any more',
			expect.stringMatching(`^back at ${time} after 0:42 - you missed 2 messages \\(#8-#9\\)$`),
			expect.stringMatching('m8$'),
			'end of missed',
			'-- messages up to #9 were cleared by ana',
			expect.stringMatching(`^the room started over at ${time}$`),
		]);
	});

	it('says that the link is gone when it is for more than a moment, and that it is back', () => {
		const down = {
			type: 'link',
			nick: 'sam',
			status: {
				...{ state: 'waiting', attempt: 1, offlineSince: noon, retryAt: noon + 1000 },
				cause: { text: 'nobody answers', code: 'x' },
			},
		} as const satisfies Unstamped;
		const up: Unstamped = { type: 'link', status: online, nick: 'sam' };
		expect(printing(plain(), { ...down, at: noon }, { ...up, at: noon + 2000 }).lines).toEqual([]);
		expect(
			printing(plain(), { ...down, at: noon }, { type: 'ticked', at: noon + 6000 }, { ...up, at: noon + 9000 }).lines,
		).toEqual(['! offline: nobody answers; natter goes on dialling', 'online']);
	});

	it('says where one is now, and what commands answer', () => {
		const { lines, state } = printing(
			plain({ rooms: ['general', 'ops'] }),
			entered('/2'),
			entered('/theme dark'),
			entered('/search x'),
			entered('/help who'),
			entered('  '),
			entered('/numbers'),
			items(message(1)),
		);
		expect(lines).toEqual([
			'now in #ops',
			'! /theme needs the full screen: natter without --plain has it',
			'! /search needs the full screen: natter without --plain has it',
			'/who [NAME]  who is in this room; NAME: whose names begin so',
			'numbers are shown',
			expect.stringMatching(`^${time} #general #1 maya: m1$`),
		]);
		expect(state.composer.text).toBe('');
		const help = printing(state, entered('/help')).lines.join('\n');
		expect(help).toContain('/join ROOM');
		expect(help).not.toMatch(/\/theme|\/bare|\/mouse|\/search/u);
	});

	it('greets with the first link, once', () => {
		const lines: string[] = [];
		const fresh = begun({ isPlain: true });
		lines.push(...printed(undefined, fresh).lines);
		expect(lines).toEqual(['connecting to ws://127.0.0.1:8080']);
	});

	it('is every message once, and ascending but for those that say their number', () => {
		const events = fc.array(
			fc.oneof(
				fc
					.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), fc.boolean())
					.map(([from, count, old]) =>
						items(
							...Array.from({ length: count }, (_, index) => message(from + index, { old, cid: `id-${from + index}` })),
						),
					),
				fc.integer({ min: 1, max: 60 }).map(
					(sequence): Unstamped => ({
						type: 'published',
						published: {
							room: 'general',
							cid: `id-${sequence}`,
							id: 'x',
							sequence,
							epoch: 'e',
							timestamp: noon,
							duplicate: false,
							durability: 'fsync',
						},
					}),
				),
				fc.constant(entered('hi')),
			),
			{ maxLength: 30 },
		);
		fc.assert(
			fc.property(events, (all) => {
				const { lines, state } = printing(plain(), ...all);
				const said = lines.flatMap((line) => {
					const [, out, number] = /^\S+ (?:#(\d+) )?maya: m(\d+)$/u.exec(line) ?? [];
					return number === undefined ? [] : [{ number: Number(number), isOutOfTurn: out !== undefined }];
				});
				const numbers = said.map(({ number }) => number);
				const there = state.rooms[0]?.rows.flatMap((row) => (row.kind === 'said' ? [row.sequence] : [])) ?? [];
				expect(numbers.toSorted((one, other) => one - other)).toEqual(there);
				const inTurn = said.filter(({ isOutOfTurn }) => !isOutOfTurn).map(({ number }) => number);
				expect(inTurn).toEqual(inTurn.toSorted((one, other) => one - other));
			}),
		);
	});

	it('has nothing in it that a terminal acts on, whoever says what', () => {
		fc.assert(
			fc.property(hostile, hostile, (sender, content) => {
				const { lines } = printing(
					plain({ rooms: ['general', 'ops'] }),
					items(message(1, { sender, content })),
					entered(content),
					{ type: 'notice', notice: { level: 'warning', text: content } },
					items({ kind: 'cleared', upTo: 1, by: sender }),
				);
				for (const line of lines) {
					expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
				}
			}),
		);
	});
});

describe('a store that is watched', () => {
	it('shows what each event makes of the state, in order', () => {
		const seen: number[] = [];
		const store = createStore({
			state: begun(),
			clock: { now: () => noon, setBackMs: () => 0, after: () => () => undefined },
			run: 'run',
			wakeAt: () => undefined,
			perform: () => undefined,
			watch: (before, after) => seen.push((after.rooms[0]?.rows.length ?? 0) - (before.rooms[0]?.rows.length ?? 0)),
		});
		store.send(messages(1, 2), messages(3, 1));
		expect(seen).toEqual([2, 1]);
	});
});
