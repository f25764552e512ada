import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect as connectSocket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type BrokerOptions, createBroker } from '../../src/broker/index.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

const servers: Server[] = [];

afterEach(() => {
	for (const server of servers.splice(0)) {
		server.close();
		server.closeAllConnections();
	}
});

async function listen(server: Server): Promise<number> {
	servers.push(server);
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	return (server.address() as AddressInfo).port;
}

async function get(port: number, path: string): Promise<{ status: number; headers: object; body: string }> {
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		request({ host: '127.0.0.1', port, path }, resolve).on('error', reject).end();
	});
	let body = '';
	for await (const chunk of response) {
		body += String(chunk);
	}
	return { status: response.statusCode ?? 0, headers: response.headers, body };
}

describe('a broker that listens by itself', () => {
	test('says where, and takes upgrades at any path', async () => {
		const broker = await startBroker();
		expect(broker.url).toBe(`ws://127.0.0.1:${broker.port}`);
		expect(broker.address).toBe('127.0.0.1');
		await RawPeer.join(broker.url, 'ana');
		await RawPeer.join(`${broker.url}/any/where?token=x`, 'bob');
		expect(broker.connections).toBe(2);
	});

	test('gives an address to dial when it listens on all', async () => {
		const broker = await startBroker({ host: '::' }).catch(() => startBroker({ host: '0.0.0.0' }));
		expect(broker.url).toBe(`ws://127.0.0.1:${broker.port}`);
		await RawPeer.join(broker.url, 'ana');
	});

	test('answers health, 426 where the WebSocket is, 404 elsewhere', async () => {
		const { port, url } = await startBroker({ path: '/chat' });
		expect(url).toBe(`ws://127.0.0.1:${port}/chat`);
		await RawPeer.join(url, 'ana');
		const health = await get(port, '/healthz');
		expect([health.status, JSON.parse(health.body)]).toEqual([
			200,
			expect.objectContaining({ status: 'ok', connections: 1, version: expect.stringMatching(/^\d/) }),
		]);
		expect(await get(port, '/chat?x')).toMatchObject({
			status: 426,
			headers: { upgrade: 'websocket' },
			body: expect.stringContaining('npx natter ws://'),
		});
		expect(await get(port, '/')).toMatchObject({ status: 404 });
		await expect(RawPeer.dial(`ws://127.0.0.1:${port}/other`)).rejects.toThrow('HTTP 404');
	});

	test('says how long nothing was done, at once in its log and for a minute in its health', async () => {
		const { promise: stalled, resolve } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
		const { port } = await startBroker({ log: (_, event, fields) => event === 'stalled' && resolve(fields) });
		Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
		const { lateMs } = await stalled;
		expect(lateMs).toBeGreaterThanOrEqual(1000);
		const { eventLoopDelayMs } = JSON.parse((await get(port, '/healthz')).body) as {
			readonly eventLoopDelayMs: Readonly<Record<string, number>>;
		};
		expect(Object.keys(eventLoopDelayMs)).toEqual(['p50', 'p99', 'max']);
		expect(eventLoopDelayMs['max']).toBeGreaterThanOrEqual(1000);
	});

	test('is not well while its engine keeps nothing', async () => {
		const { port, engine } = await startBroker();
		await engine.close();
		const health = await get(port, '/healthz');
		expect([health.status, JSON.parse(health.body)]).toMatchObject([503, { status: 'cannot store' }]);
	});

	test('is not well while nothing that its engine keeps can be read', async () => {
		const engine = memoryEngine();
		engine.rooms = () => Promise.reject(new Error('no thread'));
		const { port } = await startBroker({ engine });
		const health = await get(port, '/healthz');
		expect([health.status, JSON.parse(health.body)]).toMatchObject([503, { status: 'cannot read' }]);
	});

	test('rejects with the error of the system when the port is taken', async () => {
		const { port } = await startBroker();
		await expect(createBroker({ engine: memoryEngine(), port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
	});

	test('survives an upgrade that is none, and one that is cut off', async () => {
		const { port, url } = await startBroker();
		const answers = [
			'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
			'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
			'\u0000\u0001\u0002\r\n\r\n',
		].map(
			(text) =>
				new Promise<string>((resolve) => {
					let answer = '';
					const socket = connectSocket(port, '127.0.0.1', () => socket.write(text));
					socket.on('data', (data) => {
						answer += String(data);
					});
					socket.on('error', () => {});
					socket.on('close', () => resolve(answer.slice(0, 12)));
				}),
		);
		expect(await Promise.all(answers)).toEqual(Array(3).fill('HTTP/1.1 400'));
		const socket = connectSocket(port, '127.0.0.1', () => {
			socket.end('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-');
		});
		await new Promise((resolve) => socket.on('close', resolve).resume());
		await RawPeer.join(url, 'ana');
	});
});

describe('a broker on a given server', () => {
	test('takes upgrades at its path and leaves the rest alone', async () => {
		const server = createServer((_, response) => response.end('mine'));
		const port = await listen(server);
		const broker = await startBroker({ server, path: '/chat' });
		expect(broker.url).toBe(`ws://127.0.0.1:${port}/chat`);
		const ana = await RawPeer.join(broker.url, 'ana');
		expect((await get(port, '/healthz')).body).toBe('mine');
		await expect(RawPeer.dial(`ws://127.0.0.1:${port}/`)).rejects.toThrow('HTTP 404');
		await broker.close();
		expect((await ana.closed).code).toBe(1012);
		expect((await get(port, '/')).body).toBe('mine');
		expect(server.listenerCount('upgrade')).toBe(0);
	});

	test('shares it with another broker, and neither hears of the other', async () => {
		const server = createServer();
		await listen(server);
		const [one, two] = [
			await startBroker({ server, path: '/one', node: 'one' }),
			await startBroker({ server, path: '/two', node: 'two' }),
		];
		const ana = await RawPeer.join(one.url, 'ana');
		const bob = await RawPeer.join(two.url, 'bob');
		await ana.ask({ type: 'subscribe', room: 'general', userId: 'ana' }, 'subscribed');
		await bob.ask({ type: 'subscribe', room: 'general', userId: 'bob' }, 'subscribed');
		await bob.ask({ type: 'publish', room: 'general', sender: 'bob', content: 'hi' }, 'published');
		await bob.take('message');
		expect((await ana.untilPong()).map(({ type }) => type)).toEqual([]);
		await one.close();
		await bob.untilPong();
		expect([one.connections, two.connections]).toEqual([0, 1]);
	});

	test('may be made before the server listens', async () => {
		const server = createServer();
		const broker = await startBroker({ server });
		expect([broker.url, broker.port]).toEqual(['', 0]);
		const port = await listen(server);
		expect(broker.url).toBe(`ws://127.0.0.1:${port}`);
		await RawPeer.join(broker.url, 'ana');
	});
});

describe('who may connect', () => {
	test('a page of a foreign origin is refused before the upgrade, an allowed one is not', async () => {
		const { url } = await startBroker({ allowOrigins: ['https://chat.example'] });
		await expect(RawPeer.dial(url, { headers: { origin: 'http://evil.example' } })).rejects.toThrow('HTTP 403');
		await RawPeer.join(url, 'ana', { headers: { origin: 'https://chat.example' } });
	});

	test('a full broker says when to come again', async () => {
		const { url } = await startBroker({ limits: { connections: 2 } });
		const ana = await RawPeer.join(url, 'ana');
		await BaseClient.connect(url, 'bob');
		await expect(RawPeer.dial(url)).rejects.toMatchObject({ message: 'HTTP 503', headers: { 'retry-after': '10' } });
		ana.send({ type: 'bye' });
		await ana.closed;
	});
});

describe('options', () => {
	const engine = memoryEngine();

	test.each<[string, Readonly<Record<string, unknown>>, string]>([
		['no engine', { engine: undefined }, 'Expected `engine` to be an engine, got `undefined` (undefined)'],
		['a port', { port: 70_000 }, 'Expected `port` to be a whole number from 0 to 65535, got `70000` (number)'],
		['a time', { pingMs: -1 }, 'Expected `pingMs` to be a whole number from 1 to 2147483647, got `-1` (number)'],
		[
			'a time as text',
			{ pongMs: '5' },
			'Expected `pongMs` to be a whole number from 1 to 2147483647, got `5` (string)',
		],
		[
			'a window',
			{ flushWindowMs: 1001 },
			'Expected `flushWindowMs` to be a whole number from 0 to 1000, got `1001` (number)',
		],
		[
			'a path',
			{ path: 'chat' },
			'Expected `path` to be a string that begins with / and has no query, got `chat` (string)',
		],
		[
			'a limit',
			{ limits: { frameBytes: 0.5 } },
			'Expected `limits.frameBytes` to be a whole number from 1 to 2147483647, got `0.5` (number)',
		],
		[
			'a rate',
			{ limits: { framesPerSecond: 0 } },
			'Expected `limits.framesPerSecond` to be a number > 0, got `0` (number)',
		],
		['a window that is null', { flushWindowMs: null }, 'Expected `flushWindowMs` to be a whole number from 0 to 1000'],
		['a limit that is null', { limits: { tags: null } }, 'Expected `limits.tags` to be a whole number from 1 to'],
		['limits that are none', { limits: null }, 'Expected `limits` to be an object, got `null` (object)'],
		['an unknown option', { flushWindow: 3 }, 'Expected `options` to have only known members, got `flushWindow`'],
		[
			'a limit beside the limits',
			{ connections: 2 },
			'Expected `options` to have only known members, got `connections`: it is `limits.connections`',
		],
		['an unknown limit', { limits: { frames: 1 } }, 'Expected `limits` to have only known members, got `frames`'],
		[
			'a fault',
			{ chaos: { faults: ['fire'] } },
			'Expected `chaos.faults` to be some of reorder, drop, dup, delay, got `fire` (object)',
		],
		[
			'no fault',
			{ chaos: { faults: [] } },
			'Expected `chaos.faults` to be some of reorder, drop, dup, delay, got `` (object)',
		],
		[
			'a seed',
			{ chaos: { faults: ['drop'], seed: 1.5 } },
			'Expected `chaos.seed` to be a whole number from 0 to 9007199254740991, got `1.5` (number)',
		],
		['a secret', { secret: 'short' }, 'Expected `secret` to be a string of at least 16 characters'],
		['origins', { allowOrigins: 'x' }, 'Expected `allowOrigins` to be an array of strings, got `x` (string)'],
		[
			'a port beside a server',
			{ server: createServer(), port: 1 },
			'Expected `port` and `host` to be nothing beside `server`, got `1` (number)',
		],
		['a node without a name', { node: '' }, 'Expected `node` to be a string of 1 to 128 characters, got `` (string)'],
		[
			'names',
			{ allowHosts: ['a b'] },
			"Expected `allowHosts` to be an array of host names, or of '*', got `a b` (object)",
		],
		['proxies', { trustProxy: -1 }, 'Expected `trustProxy` to be a whole number from 0 to 16, got `-1` (number)'],
		['base', { base: 0 }, 'Expected `base` to be true or false, got `0` (number)'],
		['tls beside a server', { server: createServer(), tls: {} }, 'Expected `tls` to be nothing beside `server`'],
		['tls', { tls: { cert: 'geheim', key: 'geheim' } }, 'Expected `tls.cert` to be a certificate (PEM)'],
		['no token', { access: { tokens: [] } }, "Expected `access` to be 'open', or an object with `tokens` of"],
		['an empty token', { access: { tokens: [''] } }, "Expected `access` to be 'open', or an object with `tokens` of"],
		['a log', { log: 5 }, 'Expected `log` to be a function, got `5` (number)'],
	])('that make no sense are refused: %s', async (_, options, message) => {
		await expect(createBroker({ engine, ...options } as unknown as BrokerOptions)).rejects.toThrow(message);
	});

	test('that are none are refused', async () => {
		await expect(createBroker(undefined as unknown as BrokerOptions)).rejects.toThrow(
			'Expected `options` to be an object, got `undefined` (undefined)',
		);
	});
});
