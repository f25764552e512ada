import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Batch } from '../../src/broker/fan-out.ts';
import { Room } from '../../src/broker/room.ts';
import { type Reader, Subscription } from '../../src/broker/subscription.ts';
import { systemSurroundings } from '../../src/broker/surroundings.ts';
import type { Draft, Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Lets the engine and the fan-out finish what was begun: each takes a turn or two. */
async function settle(): Promise<void> {
	for (let turns = 0; turns < 5; turns += 1) {
		await turn();
	}
}

/** What a reader got, as numbers, and what it was told between, as frames. */
class FakeReader implements Reader {
	readonly protocol: 'v1' | 'base';
	readonly got: (number | FromBroker)[] = [];
	readonly errors: unknown[] = [];
	readonly wire = {
		unsent: 0,
		full: false,
		send: () => {},
		write: (batch: Batch) => {
			this.got.push(...batch.texts.map((text) => (JSON.parse(text) as { sequence: number }).sequence));
		},
	};

	constructor(protocol: 'v1' | 'base' = 'v1') {
		this.protocol = protocol;
	}

	tell(frame: FromBroker): void {
		this.got.push(frame);
	}

	fail(error: unknown): void {
		this.errors.push(error);
	}
}

let ids = 0;
const draft = (): Draft => {
	ids += 1;
	return { id: `m${ids}`, sender: 'ana', content: 'hello' };
};
const open: { engine: Engine; room: Room }[] = [];

async function openRoom(engine = memoryEngine()) {
	const room = new Room({
		name: 'general',
		engine,
		surroundings: systemSurroundings,
		presenceMs: 0,
		presenceFull: 10,
		onPresenceError: (error) => {
			throw error;
		},
	});
	await room.ready;
	open.push({ engine, room });
	return { engine, room };
}

function subscribe(room: Room, reader: Reader) {
	const subscription = new Subscription({ room, reader, presence: 'off', surroundings: systemSurroundings });
	room.add(subscription);
	return subscription;
}

afterEach(async () => {
	for (const { engine, room } of open.splice(0)) {
		room.close();
		await engine.close();
	}
});

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
				weight: 2,
				arbitrary: fc.record({ do: fc.constant('align' as const), count: fc.integer({ min: 0, max: 1000 }) }),
			},
		);
		await fc.assert(
			fc.asyncProperty(fc.integer({ min: 0, max: 700 }), fc.array(step, { maxLength: 40 }), async (before, steps) => {
				const { engine, room } = await openRoom(memoryEngine());
				await engine.append(
					'general',
					range(1, before).map(() => draft()),
				);
				const reader = new FakeReader();
				const subscription = subscribe(room, reader);
				let from = 0;
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
							for (let turns = 0; turns < count; turns += 1) {
								await turn();
							}
							break;
						case 'stall':
							reader.wire.unsent = 2 ** 21;
							reader.wire.full = true;
							break;
						case 'drain':
							drain();
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
					await turn();
				}
				await turn();
				expect(reader.got).toEqual(range(from + 1, head));
				expect(reader.errors).toEqual([]);
				expect(subscription.state).toBe('live');
			}),
			{ numRuns: 60 },
		);
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
			{ type: 'gap', room: 'general', epoch: room.epoch, from: 1, to: 2, reason: 'trimmed' },
			3,
		]);
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

describe('a room whose numbers begin anew', () => {
	test.each([
		['v1', { type: 'reset', room: 'general', epoch: 'second', sequence: 0 }],
		['base', { type: 'subscribed', room: 'general', sequence: 0 }],
	] as const)('says so to a %s reader before the first of them', async (protocol, told) => {
		const inner = memoryEngine();
		let tell: Parameters<Engine['follow']>[1] = () => {};
		const engine = Object.assign(Object.create(inner) as Engine, {
			follow: async (_: string, listener: typeof tell) => {
				tell = listener;
				return { epoch: 'first', head: 4, oldest: 1, stop: () => {} };
			},
			followMembers: async () => () => {},
			members: async () => new Map(),
			close: () => inner.close(),
		});
		const { room } = await openRoom(engine);
		const reader = new FakeReader(protocol);
		subscribe(room, reader).align('first', 4);
		const entry = (sequence: number) => {
			const message = { id: `m${sequence}`, room: 'general', sender: 'ana', content: 'x', sequence, timestamp: 1 };
			return { message, text: JSON.stringify({ type: 'message', ...message }) };
		};
		tell([entry(5)], 'first');
		tell([entry(1), entry(2)], 'second');
		await settle();
		expect(reader.got).toEqual([5, told, 1, 2]);
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
