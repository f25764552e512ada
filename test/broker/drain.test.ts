import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { type AppendOutcome, type Draft, EngineError } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { settle, startHub } from './fake-line.ts';
import { startBroker } from './running.ts';

const publish = { type: 'publish', room: 'general', sender: 'ana', content: 'last words', cid: 'c' };

/** An engine whose appends wait until the test lets them go. */
function slowEngine() {
	const engine = memoryEngine();
	const { append } = engine;
	let letGo: () => void = () => {};
	let begun: () => void = () => {};
	const released = new Promise<void>((resolve) => {
		letGo = resolve;
	});
	const appending = new Promise<void>((resolve) => {
		begun = resolve;
	});
	engine.append = async (room: string, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> => {
		begun();
		await released;
		return append.call(engine, room, drafts);
	};
	return { engine, letGo: () => letGo(), appending };
}

function health(port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		request({ host: '127.0.0.1', port, path: '/healthz' }, (response) => {
			response.resume();
			resolve(response.statusCode ?? 0);
		})
			.on('error', reject)
			.end();
	});
}

describe('a broker that stops', () => {
	test('tells v1 clients, takes no new ones, then stores, acknowledges and broadcasts what it read, then closes', async () => {
		const { engine, letGo, appending } = slowEngine();
		const broker = await startBroker({ engine });
		const ana = await RawPeer.join(broker.url, 'ana');
		const base = await BaseClient.connect(broker.url, 'bea');
		await base.subscribe('general');
		await ana.ask({ type: 'subscribe', room: 'general', userId: 'ana' }, 'subscribed');
		ana.send(publish);
		await appending;

		const closing = broker.close();
		expect(await ana.take('draining')).toEqual({
			type: 'draining',
			reconnectAfterMs: 1000,
			reason: 'shutting down',
		});
		expect(await health(broker.port)).toBe(503);
		await expect(RawPeer.dial(broker.url)).rejects.toMatchObject({
			message: 'HTTP 503',
			headers: { 'retry-after': '2' },
		});
		letGo();
		expect(await ana.take('published')).toMatchObject({ sequence: 1 });
		expect(await ana.take('message')).toMatchObject({ sequence: 1, content: 'last words' });
		expect(await ana.closed).toEqual({ code: 1012, reason: 'the broker is shutting down' });
		expect(await base.closed).toBe(1012);
		expect(base.shown('general').map(({ content }) => content)).toEqual(['last words']);
		expect(base.frames.map(({ type }) => type)).not.toContain('draining');
		await closing;
		expect(broker.connections).toBe(0);
		await expect(health(broker.port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
	});

	test('handles every frame that it had read', async () => {
		const { engine, letGo, appending } = slowEngine();
		const broker = await startBroker({ engine });
		const ana = await RawPeer.join(broker.url, 'ana');
		for (let number = 1; number <= 50; number += 1) {
			ana.send({ ...publish, cid: `c${number}` });
		}
		await ana.untilPong();
		await appending;
		const closing = broker.close();
		letGo();
		await ana.closed;
		await closing;
		expect(ana.frames.filter(({ type }) => type === 'published').length).toBe(50);
		expect((await engine.state('general')).head).toBe(50);
	});

	test.each([
		['base', undefined],
		['v1', 'ana'],
	])(
		'stores what a %s client said behind requests that are held up until it reads, and answers those if it does',
		async (protocol, user) => {
			const { hub, connect, engine } = startHub();
			const { wire, connection, say } = connect(user);
			wire.loopback = true;
			Object.assign(wire, { unsent: 1024 * 1024 + 1, full: true });
			say({ type: 'get_history', room: 'news' });
			for (let number = 1; number <= 300; number += 1) {
				say({ ...publish, cid: `c${number}`, content: `line ${number}` });
				if (number % 3 === 0) {
					say({ type: 'get_history', room: 'general' });
				}
			}
			await settle();
			const count = (type: string) => wire.frames.filter((frame) => frame.type === type).length;
			hub.drain(1000);
			expect(wire.isPaused).toBe(true);
			await hub.settled();
			const { entries } = await engine.range('general', { limit: 500 });
			expect(entries.map(({ text }) => (JSON.parse(text) as { content: string }).content)).toEqual(
				Array.from({ length: 300 }, (_, index) => `line ${index + 1}`),
			);
			expect([count('published'), count('history')]).toEqual([protocol === 'v1' ? 300 : 0, 0]);
			Object.assign(wire, { unsent: 0, full: false });
			connection.drained();
			await hub.settled();
			expect([wire.frames.find(({ type }) => type === 'history'), count('history')]).toMatchObject([
				{ room: 'news' },
				101,
			]);
		},
	);

	test('has acknowledged everything it read, and never read the rest, so that a repeat is the first or a duplicate', async () => {
		const engine = memoryEngine();
		const broker = await startBroker({ engine });
		const senders = await Promise.all(
			Array.from({ length: 20 }, async (_, number) => RawPeer.join(broker.url, `u${number}`)),
		);
		const publishOf = (user: number, number: number) => ({
			...{ type: 'publish', room: 'general', sender: `u${user}`, content: `line ${number}` },
			cid: `c${number}`,
		});
		for (let number = 1; number <= 300; number += 1) {
			for (const [user, peer] of senders.entries()) {
				peer.send(publishOf(user, number));
			}
		}
		await senders[0]?.take('published');
		await broker.close();
		await Promise.all(senders.map(({ closed }) => closed));
		const { head } = await engine.state('general');
		const acked = senders.map(({ frames }) =>
			frames.flatMap((frame) => (frame.type === 'published' ? [[frame.cid, frame.sequence] as const] : [])),
		);
		expect(acked.flat().length).toBe(head);

		const next = await startBroker({ engine });
		let repeats = 0;
		for (const [user, places] of acked.entries()) {
			const peer = await RawPeer.join(next.url, `u${user}`);
			const known = new Map(places);
			for (let number = 1; number <= 300; number += 60) {
				const again = await peer.ask(publishOf(user, number), 'published');
				expect([again.duplicate, again.duplicate ? again.sequence : undefined]).toEqual([
					known.has(`c${number}`),
					known.get(`c${number}`),
				]);
				repeats += again.duplicate ? 1 : 0;
			}
		}
		expect(repeats).toBeGreaterThan(0);
	});

	test('stores where readers are before it says goodbye', async () => {
		const engine = memoryEngine();
		const { saveCursors } = engine;
		const order: string[] = [];
		engine.saveCursors = async (cursors) => {
			await saveCursors.call(engine, cursors);
			order.push('saved');
		};
		const broker = await startBroker({ engine });
		const ana = await RawPeer.dial(broker.url);
		await ana.ask({ type: 'hello', v: 1, user: 'ana', device: 'laptop' }, 'welcome');
		const { epoch } = await ana.ask({ type: 'subscribe', room: 'general', userId: 'ana' }, 'subscribed');
		await ana.ask(publish, 'published');
		await ana.take('message');
		ana.send({ type: 'ack', room: 'general', epoch, sequence: 1 });
		await ana.untilPong();
		ana.socket.once('close', () => order.push('closed'));
		await broker.close();
		expect(order).toEqual(['saved', 'closed']);
		expect(await engine.cursors('~ana', 'general')).toMatchObject([{ room: 'general', epoch, sequence: 1 }]);
	});

	test('stops also when the engine stores nothing any more', async () => {
		const { engine, appending } = slowEngine();
		const broker = await startBroker({ engine });
		const ana = await RawPeer.join(broker.url, 'ana');
		ana.send(publish);
		await appending;
		await broker.close({ drainMs: 100 });
		expect([(await ana.closed).code, ana.frames.some(({ type }) => type === 'published')]).toEqual([1012, false]);
	});

	test('is not over before what waited behind a slow request is stored', async () => {
		const engine = memoryEngine();
		const { state } = engine;
		const slow = Promise.withResolvers<void>();
		engine.state = async (room) => {
			await slow.promise;
			return state.call(engine, room);
		};
		const { hub, connect } = startHub({ engine });
		const { wire, say } = connect('ana');
		say({ type: 'subscribe', room: 'general', userId: 'ana' });
		say({ ...publish, cid: 'a' });
		say({ ...publish, cid: 'b' });
		await settle();
		hub.drain(1000);
		const settled = hub.settled();
		slow.resolve();
		await settled;
		expect(wire.frames.filter(({ type }) => type === 'published').length).toBe(2);
	});

	test('asks nothing more of an engine that does not store where readers are', async () => {
		const engine = memoryEngine();
		let asked = 0;
		engine.saveCursors = async () => {
			asked += 1;
			throw new EngineError('unavailable', 'the disk is full', { outcome: 'not_applied' });
		};
		const { hub, clock, connect } = startHub({ engine });
		const { connection, say } = connect('ana', 'laptop');
		say({ type: 'subscribe', room: 'general', userId: 'ana' });
		await settle();
		hub.drain(1000);
		await hub.settled();
		connection.end(1012, 'the broker is shutting down');
		await hub.farewell();
		for (let minute = 0; minute < 3; minute += 1) {
			clock.pass(60_000);
			await settle();
		}
		expect(asked).toBe(1);
	});

	test('cuts off whoever does not close in time, and still resolves', async () => {
		const { engine } = slowEngine();
		const broker = await startBroker({ engine });
		const stuck = await RawPeer.join(broker.url, 'ana');
		stuck.send(publish);
		await stuck.untilPong();
		stuck.socket.pause();
		await broker.close({ drainMs: 60 });
		expect(broker.connections).toBe(0);
		stuck.socket.terminate();
	});

	test('leaves no member behind, and the engine open', async () => {
		const broker = await startBroker();
		const ana = await RawPeer.join(broker.url, 'ana');
		await ana.ask({ type: 'subscribe', room: 'general', userId: 'ana' }, 'subscribed');
		await broker.close();
		expect((await broker.engine.members('general')).size).toBe(0);
	});

	test('stops once, however often it is told, and at the end of an `await using`', async () => {
		const broker = await startBroker();
		expect(broker.close()).toBe(broker.close());
		await broker[Symbol.asyncDispose]();
		await expect(RawPeer.dial(broker.url || 'ws://127.0.0.1:1')).rejects.toThrow('ECONNREFUSED');
	});
});
