import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { type FakeWire, numbersOf, settle, startHub } from './fake-line.ts';
import { range } from './numbers.ts';

const subscribe = (more: object = {}) => ({ type: 'subscribe', room: 'general', userId: 'ana', ref: 's', ...more });
const subscribed = (wire: FakeWire) => wire.frames.findLast((frame) => frame.type === 'subscribed');
const errors = (wire: FakeWire) =>
	wire.frames.flatMap((frame) => (frame.type === 'error' ? [[frame.code, frame.room]] : []));

/** A hub whose room holds 1..count, and connects who acknowledges. */
async function start(count: number, options: Parameters<typeof startHub>[0] = {}) {
	const started = startHub(options);
	const { engine, connect } = started;
	let ids = 0;
	const append = async (more: number, room = 'general') => {
		const drafts = range(1, more).map(() => {
			ids += 1;
			return { id: `m${ids}`, sender: 'bob', content: 'x' };
		});
		await engine.append(room, drafts);
		await settle();
	};
	await append(count);
	const { epoch } = await engine.state('general');
	return {
		...started,
		append,
		epoch,
		async join(device?: string, wish: object = {}) {
			const line = connect('ana', device);
			line.say(subscribe(wish));
			await settle();
			return {
				...line,
				ack: async (sequence: number, more: object = {}) => {
					line.say({ type: 'ack', room: 'general', epoch, sequence, ...more });
					await settle();
				},
			};
		},
	};
}

describe('a v1 client', () => {
	test('is sent 512 messages ahead of what it acknowledges, then goes on without a skip or a double', async () => {
		const { join, append } = await start(700);
		const { wire, ack } = await join(undefined, { history: 500 });
		await append(12);
		await append(88);
		expect(numbersOf(wire)).toEqual(range(201, 712));
		await ack(300);
		expect(numbersOf(wire)).toEqual(range(201, 800));
		await append(5);
		expect([numbersOf(wire), errors(wire)]).toEqual([range(201, 805), []]);
	});

	test('may ask for history while its window is full', async () => {
		const { join } = await start(30, { limits: { windowMessages: 5 } });
		const { wire, say } = await join(undefined, { history: 30 });
		say({ type: 'get_history', room: 'general', after: 0, limit: 30 });
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ type: 'history', complete: true });
		expect(numbersOf(wire)).toEqual(range(1, 5));
	});

	test('shares one window among its rooms, and each of them gets on', async () => {
		const { append, connect, engine } = await start(40, { limits: { windowMessages: 4 } });
		await append(40, 'news');
		await append(40, 'talk');
		const { wire, say } = connect('ana');
		for (const room of ['general', 'news', 'talk']) {
			say(subscribe({ room, history: 40 }));
		}
		await settle();
		const { epoch } = await engine.state('general');
		const got = (room: string) =>
			wire.frames.flatMap((frame) => (frame.type === 'message' && frame.room === room ? [frame.sequence] : []));
		for (let acked = 0; acked < 30; acked += 1) {
			const message = wire.frames.filter((frame) => frame.type === 'message').at(-1);
			say({ type: 'ack', room: message?.room, epoch, sequence: message?.sequence });
			await settle();
		}
		for (const room of ['general', 'news', 'talk']) {
			expect(got(room)).toEqual(range(1, 40));
		}
	});

	test('gets on in one room when it begins anew in another, of which it had acknowledged nothing', async () => {
		const { append, connect, epoch } = await start(40, { limits: { windowMessages: 8 } });
		await append(40, 'news');
		const { wire, say } = connect('ana');
		say(subscribe({ history: 40 }));
		await settle();
		say(subscribe({ room: 'news', history: 40 }));
		await settle();
		expect(numbersOf(wire)).toEqual(range(1, 8));
		say(subscribe({ since: { epoch, sequence: 40 } }));
		await settle();
		const last = wire.frames.filter((frame) => frame.type === 'message').slice(8);
		expect(last.map(({ room, sequence }) => [room, sequence])).toEqual(range(1, 8).map((number) => ['news', number]));
	});

	test.each([
		['going back', 3, {}, ['position_invalid', 'general']],
		['beyond what it was sent', 21, {}, ['position_invalid', 'general']],
		['of another epoch', 8, { epoch: 'other' }, ['position_invalid', 'general']],
		['of a room that it does not read', 8, { room: 'news' }, ['not_subscribed', 'news']],
		['of no room', 8, { room: '' }, ['bad_room', '']],
	])('is told of an acknowledgement %s, and nothing changes', async (_, sequence, more, error) => {
		const { join } = await start(20, { limits: { windowMessages: 5 } });
		const { wire, ack } = await join(undefined, { history: 15 });
		await ack(7);
		await ack(sequence, more);
		expect(errors(wire)).toEqual([error]);
		await ack(7);
		expect([numbersOf(wire), errors(wire).length]).toEqual([range(6, 12), 1]);
		await ack(12);
		expect(numbersOf(wire)).toEqual(range(6, 17));
	});

	test('may acknowledge as often as it is sent something, at any rate', async () => {
		const { join, append } = await start(0, { limits: { framesPerSecond: 1, framesBurst: 3 } });
		const { wire, ack } = await join();
		for (const sequence of range(1, 20)) {
			await append(1);
			await ack(sequence);
		}
		expect(errors(wire)).toEqual([]);
		await ack(20);
		await ack(20);
		await ack(20);
		expect(errors(wire)).toEqual([['rate_limited', 'general']]);
	});

	test('that acknowledges nothing of a full window for 60 s is closed with 4409, and not before', async () => {
		const { join, clock, hub } = await start(30, { limits: { windowMessages: 5 } });
		const { wire, connection, ack } = await join(undefined, { history: 30 });
		const pass = (seconds: number) => {
			for (const _ of range(1, seconds)) {
				expect(wire.closing).toBeUndefined();
				clock.pass(1000);
				connection.receivePong();
				hub.tick();
			}
		};
		pass(59);
		await ack(1);
		pass(60);
		expect(wire.closing).toBeUndefined();
		pass(1);
		expect(wire.closing).toEqual({ code: 4409, reason: 'reads too slowly: no acknowledgement' });
	});

	test('that acknowledges nothing, with room left in its window, stays', async () => {
		const { join, clock, hub } = await start(5, { limits: { windowMessages: 5 } });
		const { wire, connection } = await join(undefined, { history: 30 });
		for (const _ of range(1, 200)) {
			clock.pass(1000);
			connection.receivePong();
			hub.tick();
		}
		expect(wire.closing).toBeUndefined();
	});
});

describe('a base client', () => {
	test('has no window', async () => {
		const { connect, append } = await start(0, { limits: { windowMessages: 5 } });
		const { wire, say } = connect();
		say(subscribe());
		await settle();
		await append(50);
		expect(numbersOf(wire)).toEqual(range(1, 50));
	});
});

describe('where a device stands', () => {
	test('is where it goes on when it does not say itself, and it gets what it wants of history at least', async () => {
		const { join, epoch, hub, clock } = await start(30);
		const first = await join('laptop', { history: 30 });
		await first.ack(12);
		first.connection.closed();
		const again = await join('laptop');
		expect(subscribed(again.wire)).toMatchObject({ sequence: 12, recovered: 'full', epoch });
		expect(numbersOf(again.wire)).toEqual(range(13, 30));
		clock.pass(1000);
		await settle();
		expect(numbersOf((await join('laptop', { history: 25 })).wire)).toEqual(range(6, 30));
		expect(numbersOf((await join('laptop', { since: { epoch, sequence: 28 } })).wire)).toEqual([29, 30]);
		expect(hub.connections.size).toBe(3);
	});

	test('of a device that is new is where the user read furthest; of no device, and of others, it is not known', async () => {
		const { join, connect } = await start(30);
		await (await join('laptop', { history: 30 })).ack(12);
		await (await join('phone', { history: 30 })).ack(15);
		expect(numbersOf((await join('desk')).wire)).toEqual(range(16, 30));
		expect(numbersOf((await join()).wire)).toEqual([]);
		const bob = connect('bob', 'laptop');
		bob.say(subscribe({ userId: 'bob' }));
		await settle();
		expect(subscribed(bob.wire)).toMatchObject({ sequence: 30, recovered: 'new' });
	});

	test('is known from its first subscription on, also when it acknowledged nothing', async () => {
		const { join, append } = await start(30);
		(await join('laptop')).connection.closed();
		await append(5);
		expect(numbersOf((await join('laptop')).wire)).toEqual(range(31, 35));
	});

	test('names what is gone since', async () => {
		const { join, append } = await start(5, { engine: memoryEngine({ historySize: 10 }) });
		await (await join('laptop', { history: 5 })).ack(5);
		await append(30);
		const { wire } = await join('laptop');
		expect(subscribed(wire)).toMatchObject({
			sequence: 25,
			recovered: 'partial',
			gap: { from: 6, to: 25, reason: 'trimmed' },
		});
	});
});
