import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const isType = (type: string) => (frame: Readonly<Record<string, unknown>>) => frame['type'] === type;

describe('a base client', () => {
	test('joins, speaks and is heard with the fields of the base protocol', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		expect(await ana.subscribe('general')).toMatchObject({ type: 'subscribed', room: 'general', sequence: 0 });
		ana.publish('general', 'hello');
		expect(await ana.shows('general', 1)).toMatchObject([
			{
				type: 'message',
				id: expect.any(String),
				room: 'general',
				sender: 'ana',
				content: 'hello',
				sequence: 1,
				timestamp: expect.any(Number),
			},
		]);
		expect(ana.faults).toEqual([]);
	});

	test('may publish without subscribing, and stops hearing a room that it left', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		const bob = await BaseClient.connect(url, 'bob');
		await bob.subscribe('general');
		ana.publish('general', 'one');
		await bob.shows('general', 1);
		bob.unsubscribe('general');
		ana.publish('general', 'two');
		await bob.getHistory('general');
		ana.publish('general', 'three');
		expect((await bob.subscribe('general'))['sequence']).toBeGreaterThanOrEqual(2);
		expect(
			bob
				.shown('general')
				.map(({ content }) => content)
				.slice(0, 1),
		).toEqual(['one']);
		expect(bob.shown('general').map(({ content }) => content)).not.toContain('two');
	});

	test('is told of who comes and goes, in the room where that is', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		const joined = ana.next(isType('presence'));
		const bob = await BaseClient.connect(url, 'bob');
		await bob.subscribe('general');
		expect(await joined).toMatchObject({ userId: 'bob', action: 'join', room: 'general' });
		const left = ana.next(isType('presence'));
		bob.socket.terminate();
		expect(await left).toMatchObject({ userId: 'bob', action: 'leave', room: 'general' });
	});
});

describe('rules for base connections', () => {
	test('B1: gets only text frames with one JSON object each, also for bad frames and many at once', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		for (const number of range(1, 50)) {
			ana.publish('general', `line ${number}`);
		}
		ana.send('nonsense');
		await ana.getHistory('general');
		await ana.shows('general', 50);
		expect(ana.texts.map((text) => typeof JSON.parse(text))).toEqual(ana.texts.map(() => 'object'));
		expect(ana.faults).toEqual([]);
	});

	test('B2: gets each room contiguous, ascending and without doubles, whoever joins and publishes meanwhile', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		const others = await Promise.all(['bob', 'cleo', 'dan'].map((nick) => BaseClient.connect(url, nick)));
		await ana.subscribe('news');
		await ana.subscribe('sports');
		for (const number of range(1, 60)) {
			for (const other of others) {
				other.publish(number % 2 === 0 ? 'news' : 'sports', `line ${number}`);
			}
		}
		const late = await BaseClient.connect(url, 'eve');
		const from = Number((await late.subscribe('news'))['sequence']);
		for (const room of ['news', 'sports']) {
			expect((await ana.shows(room, 90)).map(({ sequence }) => sequence)).toEqual(range(1, 90));
		}
		if (from < 90) {
			expect((await late.shows('news', 90 - from)).map(({ sequence }) => sequence)).toEqual(range(from + 1, 90));
		}
		expect([...ana.faults, ...late.faults]).toEqual([]);
	});

	test('B3: a second subscribe to the same room aligns it anew with `subscribed`', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		ana.publish('general', 'one');
		await ana.shows('general', 1);
		expect(await ana.subscribe('general')).toMatchObject({ sequence: 1 });
		ana.publish('general', 'two');
		expect((await ana.shows('general', 2)).map(({ sequence }) => sequence)).toEqual([1, 2]);
		expect(ana.faults).toEqual([]);
	});

	test('B4: hears of presence only as join and leave, always with userId, action and timestamp', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		const joined = ana.next(isType('presence'));
		const bob = await RawPeer.join(url, 'bob');
		await bob.ask({ type: 'subscribe', room: 'general', userId: 'bob' }, 'subscribed');
		await joined;
		const watcher = await RawPeer.join(url, 'cleo');
		const cleoJoined = ana.next(({ userId }) => userId === 'cleo');
		await watcher.ask({ type: 'subscribe', room: 'general', userId: 'cleo' }, 'subscribed');
		await cleoJoined;
		bob.send({ type: 'presence', state: 'away', status: 'tea' });
		let told = await watcher.take('presence');
		while (told.action !== 'update') {
			told = await watcher.take('presence');
		}
		const left = ana.next(({ action }) => action === 'leave');
		bob.send({ type: 'bye' });
		await left;
		const presence = ana.frames.filter(isType('presence'));
		expect(presence.map(({ userId, action }) => `${action} ${userId}`)).toEqual([
			'join ana',
			'join bob',
			'join cleo',
			'leave bob',
		]);
		expect(presence.every(({ timestamp }) => typeof timestamp === 'number')).toBe(true);
		expect(ana.faults).toEqual([]);
	});

	test('B5: gets every message, live and in history, with room, sender, content and sequence', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		const bob = await RawPeer.join(url, 'bob');
		const publish = { type: 'publish', room: 'general', sender: 'bob', content: 'hi', cid: 'c', tags: { level: 1 } };
		await bob.ask(publish, 'published');
		await ana.shows('general', 1);
		expect(await ana.getHistory('general')).toEqual(ana.shown('general'));
		expect(ana.faults).toEqual([]);
	});

	test('B6: gets no frame of 900 KiB or more, so that a history of long messages has fewer of them', async () => {
		const { url, engine } = await startBroker();
		await engine.append(
			'general',
			range(1, 100).map((number) => ({ id: `m${number}`, sender: 'bob', content: '\\'.repeat(8192) })),
		);
		const ana = await BaseClient.connect(url, 'ana');
		const history = await ana.getHistory('general');
		const bytes = Buffer.byteLength(ana.texts.at(-1) ?? '');
		expect(bytes).toBeLessThan(900 * 1024);
		expect(bytes).toBeGreaterThan(850 * 1024);
		expect(history.map(({ sequence }) => sequence)).toEqual(range(101 - history.length, 100));
	});

	test('B7: is closed with a code that brings it back', async () => {
		const broker = await startBroker({ limits: { badFramesPerMinute: 1 } });
		const ana = await BaseClient.connect(broker.url, 'ana');
		ana.send('x');
		ana.send('x');
		expect(await ana.closed).toBe(4500);
		const bob = await BaseClient.connect(broker.url, 'bob');
		await bob.subscribe('general');
		await broker.close();
		expect(await bob.closed).toBe(1012);
	});

	test('B8: nothing is sent before the client speaks, and its own join comes before `subscribed`', async () => {
		const broker = await startBroker();
		const silent = await BaseClient.connect(broker.url, 'eve');
		const ana = await BaseClient.connect(broker.url, 'ana');
		await ana.subscribe('general');
		expect(ana.frames.map(({ type }) => type)).toEqual(['presence', 'subscribed']);
		expect(ana.frames[0]).toMatchObject({ userId: 'ana', action: 'join' });
		await broker.close();
		await silent.closed;
		expect(silent.frames).toEqual([]);
	});

	test('B8: a base client that sends fields it does not know of is understood', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		ana.send({ type: 'publish', room: 'general', sender: 'ana', content: 'hi', colour: 'red', cid: 'c' });
		const [message] = await ana.shows('general', 1);
		expect(message).not.toHaveProperty('colour');
		expect(ana.frames.map(({ type }) => type)).not.toContain('published');
	});

	test.each([
		['text that is no JSON', '{', 'bad_frame'],
		['JSON that is no object', '[]', 'bad_frame'],
		['a missing field', '{"type":"publish","room":"general"}', 'bad_frame'],
		['an unknown type', '{"type":"dance"}', 'unknown_type'],
		['a frame of v1', '{"type":"members","room":"general"}', 'unknown_type'],
		['an impossible room', '{"type":"subscribe","room":"","userId":"ana"}', 'bad_room'],
		['an empty message', '{"type":"publish","room":"general","sender":"ana","content":" "}', 'empty'],
		['an impossible sender', '{"type":"publish","room":"general","sender":"a,b","content":"hi"}', 'forbidden'],
		['an impossible user', '{"type":"subscribe","room":"general","userId":"a,b"}', 'forbidden'],
	])('B10: is answered an error that base brokers would give to %s', async (_, text, code) => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		const refused = ana.next(isType('error'));
		ana.send(text);
		expect(await refused).toEqual({ type: 'error', error: 'Invalid message format', code });
	});

	test('B11: the history of an unknown room is an empty list', async () => {
		const { url } = await startBroker();
		const ana = await BaseClient.connect(url, 'ana');
		expect(await ana.getHistory('nowhere')).toEqual([]);
	});

	test('base history is the newest 100, oldest first', async () => {
		const { url, engine } = await startBroker();
		await engine.append(
			'general',
			range(1, 130).map((number) => ({ id: `m${number}`, sender: 'bob', content: 'x' })),
		);
		const ana = await BaseClient.connect(url, 'ana');
		expect((await ana.getHistory('general')).map(({ sequence }) => sequence)).toEqual(range(31, 130));
	});

	test('B12: is pinged, stays while it answers, and is closed when it does not', async () => {
		const { url } = await startBroker({ pingMs: 20, pongMs: 20 });
		const deaf = await RawPeer.dial(url, { protocols: [], answersPings: false });
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		let pings = 0;
		const pinged = new Promise<void>((resolve) => {
			ana.socket.on('ping', () => {
				pings += 1;
				if (pings === 3) {
					resolve();
				}
			});
		});
		expect(await deaf.closed).toEqual({ code: 4408, reason: 'no pong' });
		await pinged;
		ana.publish('general', 'still here');
		await ana.shows('general', 1);
	});

	test('a base client that falls behind what is kept is aligned with `subscribed` and goes on without a hole', async () => {
		const engine = memoryEngine({ historySize: 5 });
		const { url } = await startBroker({ engine });
		const ana = await BaseClient.connect(url, 'ana');
		await ana.subscribe('general');
		ana.socket.pause();
		const stored = range(1, 1500).map((number) => ({ id: `m${number}`, sender: 'bob', content: '\\'.repeat(8000) }));
		for (let from = 0; from < stored.length; from += 50) {
			await engine.append('general', stored.slice(from, from + 50));
			await new Promise((resolve) => setImmediate(resolve));
		}
		await engine.sweep();
		ana.socket.resume();
		while ((ana.shown('general').at(-1)?.sequence ?? 0) < 1500) {
			await ana.next(isType('message'));
		}
		expect(ana.frames.filter(isType('subscribed')).length).toBe(2);
		expect(ana.faults).toEqual([]);
	});
});
