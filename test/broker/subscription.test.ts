import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Batch } from '../../src/broker/fan-out.ts';
import type { Room } from '../../src/broker/room.ts';
import { type Reader, Subscription } from '../../src/broker/subscription.ts';
import { Window } from '../../src/broker/window.ts';
import type { Draft, Engine, Located, RangeQuery, RoomState, StoredEntry } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker, Position } from '../../src/protocol/frames.ts';
import { HandClock, turn } from './fake-line.ts';
import { roomsBy } from './open-rooms.ts';

/** Lets the engine and the fan-out finish what was begun: each takes a turn or two. */
async function settle(): Promise<void> {
	await turn(5);
}

/** What a reader got, as numbers, and what it was told between, as frames. */
class FakeReader implements Reader {
	readonly protocol: 'v1' | 'base';
	readonly got: (number | FromBroker)[] = [];
	readonly errors: unknown[] = [];
	readonly remembered: Position[] = [];
	readonly window: Window | undefined;
	readonly governor = { allowance: 2 ** 20 };
	wrote = (_bytes: number): void => {};
	readonly wire = {
		unsent: 0,
		full: false,
		write: (batch: Batch) => {
			this.got.push(...batch.texts.map((text) => (JSON.parse(text) as { sequence: number }).sequence));
		},
	};

	constructor(protocol: 'v1' | 'base' = 'v1', window?: Window) {
		this.protocol = protocol;
		this.window = window;
	}

	tell(frame: FromBroker): void {
		this.got.push(frame);
	}

	send(): void {}

	freed(): void {}

	remember(_: string, position: Position): void {
		this.remembered.push(position);
	}

	fail(error: unknown): void {
		this.errors.push(error);
	}
}

/** Time stands still unless a test lets it pass. */
const clock = new HandClock();
let ids = 0;
const draft = (): Draft => {
	ids += 1;
	return { id: `m${ids}`, sender: 'ana', content: 'hello' };
};
const { openRoom, closeRooms } = roomsBy(clock);

function subscribe(room: Room, reader: Reader) {
	const subscription = new Subscription({ room, reader, presence: 'off', surroundings: clock });
	room.add(subscription);
	return subscription;
}

afterEach(closeRooms);

/** An engine whose log can be read before followers are told of it, as it is where another thread writes it. */
function toldLater(engine: Engine, when: () => Promise<void>): Engine {
	const { follow } = engine;
	let told = Promise.resolve();
	engine.follow = (room, listener) =>
		follow.call(engine, room, (...news) => {
			told = told.then(when).then(() => listener(...news));
		});
	return engine;
}

const range = (from: number, to: number) =>
	Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

describe('a subscription', () => {
	test('gets every number after its place once, in order, however appends, pages and stalls fall together', async () => {
		const step = fc.oneof(
			{
				weight: 4,
				arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
			},
			{
				weight: 2,
				arbitrary: fc.record({ do: fc.constant('bulk' as const), count: fc.integer({ min: 200, max: 600 }) }),
			},
			{ weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const), count: fc.integer({ min: 1, max: 3 }) }) },
			{ weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), count: fc.constant(0) }) },
			{ weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const), count: fc.constant(0) }) },
			{
				weight: 3,
				arbitrary: fc.record({ do: fc.constant('ack' as const), count: fc.integer({ min: 0, max: 200 }) }),
			},
			{
				weight: 2,
				arbitrary: fc.record({ do: fc.constant('align' as const), count: fc.integer({ min: 0, max: 1000 }) }),
			},
		);
		// With a window as well, or without.
		const credit = fc.option(
			fc.record({ messages: fc.integer({ min: 1, max: 600 }), bytes: fc.integer({ min: 1, max: 100_000 }) }),
		);
		await fc.assert(
			fc.asyncProperty(
				fc.integer({ min: 0, max: 700 }),
				fc.integer({ min: 0, max: 3 }),
				credit,
				fc.array(step, { maxLength: 40 }),
				async (before, turnsLate, limit, steps) => {
					const { engine, room } = await openRoom(toldLater(memoryEngine(), () => turn(turnsLate)));
					await engine.append(
						'general',
						range(1, before).map(() => draft()),
					);
					const reader = limit === null ? new FakeReader('base') : new FakeReader('v1', new Window(limit, 0));
					const subscription = subscribe(room, reader);
					let from = 0;
					const ackBehind = (behind: number) => {
						const sequence = Math.max(0, subscription.position - behind);
						if (subscription.awaits({ epoch: room.epoch, sequence })) {
							expect(subscription.ack({ epoch: room.epoch, sequence })).toBe('moved');
							subscription.resume();
						}
					};
					const align = async (back: number) => {
						const { epoch, head } = await room.standing();
						from = Math.max(0, head - back);
						reader.got.length = 0;
						subscription.align(epoch, from);
					};
					const drain = () => {
						reader.wire.unsent = 0;
						reader.wire.full = false;
						subscription.resume();
					};
					await align(before);
					for (const { do: action, count } of steps) {
						switch (action) {
							case 'append':
							case 'bulk':
								void engine.append(
									'general',
									range(1, count).map(() => draft()),
								);
								break;
							case 'turn':
								await turn(count);
								break;
							case 'stall':
								reader.wire.unsent = 2 ** 21;
								reader.wire.full = true;
								break;
							case 'drain':
								drain();
								break;
							case 'ack':
								ackBehind(count);
								break;
							case 'align':
								await align(count);
								break;
						}
						expect(reader.got).toEqual(range(from + 1, from + reader.got.length));
					}
					drain();
					const { head } = await engine.state('general');
					while (reader.got.length < head - from) {
						ackBehind(0);
						await turn();
					}
					ackBehind(0);
					await turn();
					expect(reader.got).toEqual(range(from + 1, head));
					expect(reader.errors).toEqual([]);
					expect(subscription.state).toBe('live');
				},
			),
			{ numRuns: 60 },
		);
	});

	test('gets the rest of a batch whose beginning it read before it was told of it', async () => {
		let isToldOf = Promise.resolve();
		const { engine, room } = await openRoom(toldLater(memoryEngine(), () => isToldOf));
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		await engine.append('general', [draft()]);
		await settle();
		const { promise, resolve: tell } = Promise.withResolvers<void>();
		isToldOf = promise;
		await engine.append(
			'general',
			range(2, 300).map(() => draft()),
		);
		subscription.align(room.epoch, 0);
		await settle();
		const { state, position } = subscription;
		expect([state, position]).toEqual(['live', 256]);
		tell();
		await settle();
		expect(reader.got).toEqual(range(1, 300));
	});

	test('that is stalled is given nothing and keeps nothing, and reads on from the log when it can', async () => {
		const { engine, room } = await openRoom();
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		reader.wire.unsent = 1024 * 1024 + 1;
		reader.wire.full = true;
		await engine.append('general', [draft(), draft(), draft()]);
		await settle();
		expect([reader.got, subscription.state]).toEqual([[], 'catching up']);
		reader.wire.unsent = 0;
		reader.wire.full = false;
		subscription.resume();
		while (reader.got.length < 3) {
			await turn();
		}
		expect([reader.got, subscription.state]).toEqual([[1, 2, 3], 'live']);
	});

	test('reads one page at a time, at the pace of the line', async () => {
		const { engine, room } = await openRoom();
		await engine.append(
			'general',
			range(1, 600).map(() => draft()),
		);
		await settle();
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		const { write } = reader.wire;
		reader.wire.write = (batch) => {
			write(batch);
			reader.wire.full = true;
		};
		subscription.align(room.epoch, 0);
		const seen: number[] = [];
		while (reader.got.length < 600) {
			await settle();
			seen.push(reader.got.length);
			reader.wire.full = false;
			subscription.resume();
		}
		expect(seen).toEqual([256, 512, 600]);
	});

	test.each([
		['v1', { type: 'gap', room: 'general', epoch: expect.any(String), from: 1, to: 90, reason: 'trimmed' }],
		['base', { type: 'subscribed', room: 'general', sequence: 90 }],
	] as const)('tells a %s reader what was trimmed while it was behind', async (protocol, told) => {
		const { engine, room } = await openRoom(memoryEngine({ historySize: 10 }));
		const reader = new FakeReader(protocol);
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		reader.wire.unsent = 2 ** 21;
		reader.wire.full = true;
		await engine.append(
			'general',
			range(1, 100).map(() => draft()),
		);
		await engine.sweep();
		await settle();
		reader.wire.unsent = 0;
		reader.wire.full = false;
		subscription.resume();
		while (subscription.state !== 'live') {
			await turn();
		}
		expect(reader.got).toEqual([told, ...range(91, 100)]);
	});

	test('tells of an emptied log once and goes on live', async () => {
		const { engine, room } = await openRoom();
		await engine.append('general', [draft(), draft()]);
		await engine.clear('general');
		await settle();
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		await settle();
		await engine.append('general', [draft()]);
		await settle();
		expect(reader.got).toEqual([
			{ type: 'gap', room: 'general', epoch: room.epoch, from: 1, to: 2, reason: 'cleared' },
			3,
		]);
	});

	test.each([
		['clears the room', 3],
		['clears the room, in which more is said then', 1],
	])('is given nothing of a page that was read before somebody %s', async (_, before) => {
		const { engine, room } = await openRoom();
		const drafts = [draft(), draft(), draft()];
		await engine.append('general', drafts.slice(0, before));
		await settle();
		const read = engine.range.bind(engine);
		const { promise: isCleared, resolve: goOn } = Promise.withResolvers<void>();
		engine.range = async (...asked) => {
			const page = await read(...asked);
			await isCleared;
			return page;
		};
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		await settle();
		const { epoch, head } = (await engine.clear('general')) as RoomState;
		await engine.append('general', drafts.slice(before));
		const cleared = { type: 'cleared', room: 'general', epoch, upTo: head, by: 'ana' } as const;
		room.clear({ epoch, sequence: head });
		room.tell((each) => each.reader.tell(cleared));
		goOn();
		await settle();
		expect(reader.got).toEqual([
			cleared,
			{ type: 'gap', room: 'general', epoch, from: 1, to: before, reason: 'cleared' },
			...range(before + 1, 3),
		]);
		expect(subscription.state).toBe('live');
	});

	test('ignores a page that was asked for before it was aligned anew', async () => {
		const { engine, room } = await openRoom();
		await engine.append('general', [draft(), draft(), draft()]);
		await settle();
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		subscription.align(room.epoch, 2);
		await settle();
		expect(reader.got).toEqual([3]);
	});

	test('tells the governor of what its line has already, live and from the log', async () => {
		const { engine, room } = await openRoom();
		const reader = new FakeReader();
		const counted: number[] = [];
		reader.wrote = () => counted.push(reader.got.length);
		await engine.append('general', [draft(), draft()]);
		const subscription = subscribe(room, reader);
		subscription.align((await room.standing()).epoch, 0);
		await settle();
		await engine.append('general', [draft()]);
		await settle();
		expect([reader.got, counted]).toEqual([
			[1, 2, 3],
			[2, 3],
		]);
	});

	test('gets nothing after its end', async () => {
		const { engine, room } = await openRoom();
		await engine.append('general', [draft()]);
		await settle();
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		room.remove(subscription);
		await engine.append('general', [draft()]);
		await settle();
		expect([reader.got, subscription.state]).toEqual([[], 'ended']);
	});

	test('fails its reader when the log cannot be read', async () => {
		const { engine, room } = await openRoom();
		await engine.append('general', [draft()]);
		await settle();
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		await engine.close();
		subscription.align(room.epoch, 0);
		await settle();
		expect(reader.errors).toMatchObject([{ name: 'EngineError', code: 'unavailable' }]);
	});
});

/** A room over a log that the test writes by hand, with what the engine says of positions of other epochs. */
async function openScripted(relation: Located['relation'], sequence: number) {
	const log: StoredEntry[] = [];
	let epoch = 'first';
	let locating = Promise.resolve();
	let append: Parameters<Engine['follow']>[1] = () => {};
	const state = () => ({ epoch, head: log.at(-1)?.sequence ?? 0, oldest: 1, edge: 'trimmed' as const });
	const engine = {
		follow: async (_: string, listener: typeof append) => {
			append = listener;
			return { ...state(), stop: () => {} };
		},
		followMembers: async () => () => {},
		members: async () => new Map(),
		locate: async () => {
			await locating;
			return { ...state(), relation, sequence };
		},
		range: async (_: string, { after = 0 }: RangeQuery) => ({
			...state(),
			entries: log.filter((entry) => entry.sequence > after),
			complete: true,
			gone: [],
		}),
		close: async () => {},
	} as Partial<Engine> as Engine;
	const { room } = await openRoom(engine);
	const entry = (number: number) => {
		const message = { id: `m${number}`, room: 'general', sender: 'ana', content: 'x', sequence: number, timestamp: 1 };
		return { sequence: number, message, text: JSON.stringify({ type: 'message', ...message }) };
	};
	return {
		room,
		/** Writes to the log; the room hears of it only when it is told. */
		write: (...numbers: number[]) => {
			log.push(...numbers.map(entry));
		},
		/** The log is another one from now on. */
		replace: (other: string, ...numbers: number[]) => {
			epoch = other;
			log.splice(0, log.length, ...numbers.map(entry));
		},
		tell: (...numbers: number[]) => append(numbers.map(entry), epoch),
		/** The engine says nothing of positions until the answer is called. */
		holdLocating: () => {
			const held = Promise.withResolvers<void>();
			locating = held.promise;
			return held.resolve;
		},
	};
}

describe('a room whose log becomes another one', () => {
	const inSecond = { room: 'general', epoch: 'second' };

	test.each([
		['v1', { type: 'reset', ...inSecond, sequence: 0 }],
		['base', { type: 'subscribed', room: 'general', sequence: 0 }],
	] as const)('lets a %s reader begin anew when nothing is known of its place', async (protocol, told) => {
		const { room, write, replace, tell } = await openScripted('unknown', 2);
		const reader = new FakeReader(protocol);
		subscribe(room, reader).align('first', 0);
		write(1, 2, 3, 4, 5);
		tell(1, 2, 3, 4, 5);
		replace('second', 1, 2);
		tell(1, 2);
		await settle();
		expect(reader.got).toEqual([1, 2, 3, 4, 5, told, 1, 2]);
		expect(reader.remembered).toEqual([{ epoch: 'second', sequence: 0 }]);
	});

	test.each([
		['v1', [{ type: 'subscribed', ...inSecond, sequence: 2, head: 3, oldest: 1, recovered: 'full', canPublish: true }]],
		['base', []],
	] as const)('lets a %s reader go on when it is still the same up to there', async (protocol, told) => {
		const { room, write, replace, tell } = await openScripted('kept', 2);
		const reader = new FakeReader(protocol);
		subscribe(room, reader).align('first', 0);
		write(1, 2);
		tell(1, 2);
		await settle();
		replace('second', 1, 2, 3);
		tell(3);
		await settle();
		expect(reader.got).toEqual([1, 2, ...told, 3]);
	});

	test.each([
		[
			'v1',
			{
				type: 'subscribed',
				...inSecond,
				...{ sequence: 1, head: 2, oldest: 1, recovered: 'rewound', canPublish: true },
				rewind: { to: 1, lost: 2 },
			},
		],
		['base', { type: 'subscribed', room: 'general', sequence: 1 }],
	] as const)('tells a %s reader how far it was set back', async (protocol, told) => {
		const { room, write, replace, tell } = await openScripted('rewound', 1);
		const reader = new FakeReader(protocol);
		subscribe(room, reader).align('first', 0);
		write(1, 2, 3);
		tell(1, 2, 3);
		await settle();
		replace('second', 1, 2);
		tell(2);
		await settle();
		expect(reader.got).toEqual([1, 2, 3, told, 2]);
	});

	test('leaves a reader that was placed anew meanwhile where it is', async () => {
		const { room, write, replace, tell, holdLocating } = await openScripted('rewound', 1);
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align('first', 0);
		write(1, 2, 3);
		tell(1, 2, 3);
		await settle();
		const letGo = holdLocating();
		replace('second', 1, 2);
		tell(2);
		await settle();
		subscription.align('second', 0);
		letGo();
		await settle();
		expect(reader.got).toEqual([1, 2, 3, 1, 2]);
	});

	test('has nothing to say to a reader that was placed in it before', async () => {
		const { room, write, replace, tell } = await openScripted('unknown', 0);
		write(1, 2);
		tell(1, 2);
		await settle();
		replace('second', 1);
		const reader = new FakeReader();
		subscribe(room, reader).align('second', 1);
		await settle();
		write(2);
		tell(2);
		await settle();
		expect(reader.got).toEqual([2]);
	});

	test('gives a reader that goes live in it nothing twice, however late the page is that it had asked for', async () => {
		const { room, write, replace, tell } = await openScripted('unknown', 0);
		write(1);
		tell(1);
		await settle();
		replace('second', 1);
		const range = room.range.bind(room);
		const page = Promise.withResolvers<void>();
		room.range = async (query) => {
			await page.promise;
			return range(query);
		};
		const reader = new FakeReader();
		const subscription = subscribe(room, reader);
		subscription.align('second', 1);
		write(2);
		tell(2);
		subscription.resume();
		await settle();
		page.resolve();
		await settle();
		expect(reader.got).toEqual([2]);
	});

	test('says reset when the numbers of the same epoch go back', async () => {
		const { room, write, replace, tell } = await openScripted('unknown', 0);
		const reader = new FakeReader();
		subscribe(room, reader).align('first', 0);
		write(1, 2, 3);
		tell(1, 2, 3);
		await settle();
		replace('first', 1, 2);
		tell(2);
		await settle();
		expect(reader.got).toEqual([1, 2, 3, { type: 'reset', room: 'general', epoch: 'first', sequence: 1 }, 2]);
	});
});

describe('a room that was not told of everything', () => {
	test('gives its readers from the log what lies between', async () => {
		const { room, write, tell } = await openScripted('kept', 0);
		const [live, behind] = [new FakeReader(), new FakeReader('base')];
		subscribe(room, live).align('first', 0);
		const stalled = subscribe(room, behind);
		stalled.align('first', 0);
		behind.wire.full = true;
		behind.wire.unsent = 2 ** 21;
		write(1);
		tell(1);
		await settle();
		write(2, 3, 4, 5);
		tell(5);
		await settle();
		write(6);
		tell(6);
		await settle();
		expect([live.got, behind.got]).toEqual([range(1, 6), []]);
		behind.wire.full = false;
		behind.wire.unsent = 0;
		stalled.resume();
		await settle();
		expect(behind.got).toEqual(range(1, 6));
	});

	test('asks the log again when it lags behind what was told', async () => {
		const { room, write, tell } = await openScripted('kept', 0);
		const reader = new FakeReader();
		subscribe(room, reader).align('first', 0);
		tell(2);
		await settle();
		expect(reader.got).toEqual([]);
		write(1, 2);
		clock.pass(250);
		await settle();
		expect(reader.got).toEqual([1, 2]);
	});
});

/** A reader of 1..n that acknowledges when the test says so. */
async function windowed(count: number, limit: { messages: number; bytes: number }, content = 'hello') {
	const { engine, room } = await openRoom();
	const window = new Window(limit, 0);
	const reader = new FakeReader('v1', window);
	const subscription = subscribe(room, reader);
	subscription.align(room.epoch, 0);
	const append = async (more: number) => {
		await engine.append(
			'general',
			range(1, more).map(() => ({ ...draft(), content })),
		);
		await settle();
	};
	await append(count);
	const ack = async (sequence: number) => {
		const answer = subscription.ack({ epoch: room.epoch, sequence });
		subscription.resume();
		await settle();
		return answer;
	};
	return { engine, room, window, reader, subscription, append, ack };
}

describe('a reader that acknowledges', () => {
	test('is sent so much ahead and no more, and the rest from the log as it goes on', async () => {
		const { reader, subscription, append, ack } = await windowed(30, { messages: 10, bytes: 1e6 });
		expect([reader.got, subscription.state]).toEqual([range(1, 10), 'catching up']);
		await append(5);
		expect(reader.got).toEqual(range(1, 10));
		expect(await ack(4)).toBe('moved');
		expect(reader.got).toEqual(range(1, 14));
		await ack(14);
		expect(reader.got).toEqual(range(1, 24));
		await ack(24);
		await ack(34);
		expect([reader.got, subscription.state]).toEqual([range(1, 35), 'live']);
		await append(1);
		expect(reader.got).toEqual(range(1, 36));
	});

	test('is sent no more bytes ahead than the window has, but one message always', async () => {
		const { reader, ack } = await windowed(5, { messages: 100, bytes: 2500 }, 'x'.repeat(1000));
		expect(reader.got).toEqual([1, 2]);
		await ack(1);
		expect(reader.got).toEqual([1, 2, 3]);
		const large = await windowed(3, { messages: 100, bytes: 2500 }, 'x'.repeat(4000));
		expect(large.reader.got).toEqual([1]);
		await large.ack(1);
		expect(large.reader.got).toEqual([1, 2]);
	});

	test('is sent what nobody waits for again: a window that was freed is whole', async () => {
		const { window, ack, append } = await windowed(7, { messages: 10, bytes: 4000 });
		for (const sequence of [2, 3, 6, 7]) {
			await ack(sequence);
		}
		expect(window.left).toEqual({ messages: 10, bytes: 4000 });
		await append(9);
		expect(window.left.messages).toBe(1);
	});

	test.each([
		['what it said before', 3, 'known'],
		['less than it said before', 2, 'invalid'],
		['more than it was sent', 14, 'invalid'],
	])('and says %s frees nothing', async (_, sequence, answer) => {
		const { reader, ack } = await windowed(30, { messages: 10, bytes: 1e6 });
		await ack(3);
		expect(await ack(sequence)).toBe(answer);
		expect(reader.got).toEqual(range(1, 13));
	});

	test('and means another epoch frees nothing', async () => {
		const { subscription, window } = await windowed(30, { messages: 10, bytes: 1e6 });
		expect(subscription.ack({ epoch: 'other', sequence: 5 })).toBe('invalid');
		expect(window.left.messages).toBe(0);
	});

	test('and ends or is placed anew owes nothing any more', async () => {
		const { room, subscription, window } = await windowed(10, { messages: 10, bytes: 1e6 });
		expect(window.left.messages).toBe(0);
		subscription.align(room.epoch, 8);
		await settle();
		expect(window.left.messages).toBe(8);
		room.remove(subscription);
		expect(window.left).toEqual({ messages: 10, bytes: 1e6 });
	});

	test('may acknowledge what it was told is gone', async () => {
		const { engine, room } = await openRoom(memoryEngine({ historySize: 5 }));
		await engine.append('general', range(1, 20).map(draft));
		const reader = new FakeReader('v1', new Window({ messages: 3, bytes: 1e6 }, 0));
		const subscription = subscribe(room, reader);
		subscription.align(room.epoch, 0);
		await settle();
		expect(reader.got.slice(1)).toEqual([16, 17, 18]);
		expect(subscription.ack({ epoch: room.epoch, sequence: 15 })).toBe('moved');
		expect(subscription.ack({ epoch: room.epoch, sequence: 18 })).toBe('moved');
		subscription.resume();
		await settle();
		expect(reader.got.slice(1)).toEqual([16, 17, 18, 19, 20]);
	});
});

describe('where a room stands', () => {
	test('is never below what its readers were given, however old the answer of the engine is', async () => {
		const { engine, room } = await openRoom();
		const before = await engine.state('general');
		await engine.append('general', [draft(), draft()]);
		await settle();
		engine.state = async () => before;
		expect(await room.standing()).toEqual({ ...before, head: 2 });
	});
});
