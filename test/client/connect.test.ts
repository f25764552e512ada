import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Client, type ClientOptions, connect, type LinkStatus, type RoomItem } from '../../src/client/index.ts';
import { decodeFromClient, encode } from '../../src/protocol/codec.ts';
import type { FromClient } from '../../src/protocol/frames.ts';
import { MemoryStore } from './memory-store.ts';
import { ModelBroker, type Peer, welcome } from './model-broker.ts';
import { message } from './script.ts';

const clean: (() => Promise<unknown>)[] = [];

afterEach(async () => {
	for (const task of clean.splice(0).reverse()) {
		await task();
	}
});

interface Listening {
	readonly url: string;
	readonly server: WebSocketServer;
	readonly received: FromClient[];
	/** The sockets that are open. */
	readonly sockets: ReadonlySet<WebSocket>;
}

async function listen(
	onFrame: (frame: FromClient, socket: WebSocket) => void,
	options: { handleProtocols?: () => string | false; onGone?: (socket: WebSocket) => void } = {},
): Promise<Listening> {
	const { handleProtocols, onGone } = options;
	const server = new WebSocketServer({ port: 0, host: '127.0.0.1', ...(handleProtocols && { handleProtocols }) });
	const received: FromClient[] = [];
	server.on('connection', (socket) => {
		socket.on('message', (data) => {
			const decoded = decodeFromClient(data.toString());
			if (decoded.ok) {
				received.push(decoded.frame);
				onFrame(decoded.frame, socket);
			}
		});
		socket.on('close', () => onGone?.(socket));
	});
	await once(server, 'listening');
	clean.push(async () => {
		for (const socket of server.clients) {
			socket.terminate();
		}
		await new Promise((resolve) => server.close(resolve));
	});
	const { port } = server.address() as AddressInfo;
	return { url: `ws://127.0.0.1:${port}`, server, received, sockets: server.clients };
}

/** A v1 broker on a real socket. */
async function listenV1(): Promise<Listening & { readonly broker: ModelBroker }> {
	const broker = new ModelBroker();
	const peers = new Map<WebSocket, Peer>();
	const onFrame = (frame: FromClient, socket: WebSocket) => {
		const peer = peers.get(socket) ?? { send: (answer) => socket.send(encode(answer)) };
		peers.set(socket, peer);
		broker.receive(peer, frame);
	};
	const onGone = (socket: WebSocket) => {
		const peer = peers.get(socket);
		if (peer !== undefined) {
			broker.gone(peer);
		}
	};
	return { broker, ...(await listen(onFrame, { onGone })) };
}

function client(url: string, options: Partial<ClientOptions> = {}): Client {
	const made = connect(url, { nick: 'sam', ...options });
	clean.push(() => made.close());
	return made;
}

async function reached<State extends LinkStatus['state']>(made: Client, state: State) {
	while (made.status.state !== state) {
		await new Promise((resolve) => made.once('status', resolve));
	}
	return made.status as Extract<LinkStatus, { state: State }>;
}

describe('on a v1 broker', () => {
	test('joins the rooms of options and address, publishes and gets every message once', async () => {
		const { url, broker } = await listenV1();
		const sam = client(`${url}#ops`, { rooms: ['general'] });
		await Promise.all([sam.join('general'), sam.join('ops')]);
		expect(sam.joined).toEqual(['general', 'ops']);
		expect(sam.nick).toBe('sam');
		expect(sam.url).toBe(url);
		const iterator = sam.messages[Symbol.asyncIterator]();
		const published = await Promise.all(['one', 'two', 'three'].map((text) => sam.publish('general', text)));
		expect(published.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
		for (const content of ['one', 'two', 'three']) {
			expect((await iterator.next()).value).toMatchObject({ room: 'general', sender: 'sam', content });
		}
		expect(broker.log('general').length).toBe(3);
		expect(sam.room('general')).toMatchObject({ phase: 'live', position: 3, head: 3 });
		expect(sam.receipts('general').map(({ what }) => what)).toEqual(['shown', 'shown', 'shown']);
		expect(await sam.members('general')).toEqual([]);
		expect((await sam.history('general', { after: 1 })).messages.map(({ sequence }) => sequence)).toEqual([2, 3]);
	});

	test('tells a burst as one event', async () => {
		const { url, broker } = await listenV1();
		for (let count = 0; count < 300; count++) {
			broker.say('general', `message ${count}`);
		}
		const bursts: (readonly RoomItem[])[] = [];
		const sam = client(url, { history: 300 });
		sam.on('items', (_room, items) => bursts.push(items));
		const all = Promise.withResolvers<void>();
		sam.on('items', () => bursts.flat().length === 300 && all.resolve());
		await sam.join('general');
		await all.promise;
		expect(bursts.length).toBeLessThan(20);
	});

	test('with `causal` tells a burst in which one room waits for another in that order', async () => {
		const { url } = await listen((frame, socket) => {
			const say = (...frames: readonly object[]) => {
				for (const one of frames) {
					socket.send(JSON.stringify(one));
				}
			};
			if (frame.type === 'hello') {
				say(welcome('sam'));
			} else if (frame.type === 'subscribe') {
				const { room, ref } = frame;
				say({ type: 'subscribed', room, ref, sequence: 0, epoch: 'e', head: 0, oldest: 1, token: `token-${room}` });
			} else if (frame.type === 'publish') {
				const after = [{ token: 'token-b', epoch: 'e', sequence: 2 }];
				const [a, b] = [{ room: 'a' }, { room: 'b' }];
				say(message(1, a), message(1, b), message(2, { ...a, after }), message(3, a), message(2, b), message(4, a));
			}
		});
		const sam = client(url, { causal: true });
		await Promise.all([sam.join('a'), sam.join('b')]);
		const told: string[] = [];
		sam.on('items', (room, items) => {
			for (const item of items) {
				told.push(item.kind === 'message' ? `${room}${item.message.sequence}` : item.kind);
			}
		});
		const order: string[] = [];
		sam.publish('a', 'go').catch(() => {});
		for await (const { room, sequence } of sam.messages) {
			order.push(`${room}${sequence}`);
			if (order.length === 6) {
				break;
			}
		}
		for (const events of [told, order]) {
			expect(events.indexOf('a2')).toBeGreaterThan(events.indexOf('b2'));
			expect(events.filter((one) => one.startsWith('a'))).toEqual(['a1', 'a2', 'a3', 'a4']);
			expect(events.filter((one) => one.startsWith('b'))).toEqual(['b1', 'b2']);
		}
	});

	test('comes back after a lost link, with what was missed and what was written meanwhile', async () => {
		const { url, broker, sockets } = await listenV1();
		const sam = client(url);
		await sam.join('general');
		await sam.publish('general', 'before');
		for (const socket of sockets) {
			socket.terminate();
		}
		await reached(sam, 'waiting');
		broker.say('general', 'missed');
		const kinds: string[] = [];
		sam.on('items', (_room, items) => kinds.push(...items.map(({ kind }) => kind)));
		const publishing = sam.publish('general', 'written offline');
		expect(sam.unsent).toMatchObject([{ content: 'written offline', sent: false }]);
		sam.reconnect();
		expect((await publishing).sequence).toBe(3);
		await sam.publish('general', 'last');
		expect(kinds.slice(0, 4)).toEqual(['resumed', 'message', 'caught_up', 'message']);
	});

	test('comes back under another name', async () => {
		const { url } = await listenV1();
		const sam = client(url);
		await sam.join('general');
		expect(await sam.setNick('maya')).toBe('maya');
		await sam.publish('general', 'hello');
		expect(sam.nick).toBe('maya');
	});

	test('says bye when it is disposed of, and settles everything', async () => {
		const { url, received } = await listenV1();
		const sam = connect(url, { nick: 'sam' });
		const over = (async () => {
			for await (const _ of sam.messages) {
				// Nothing is said.
			}
			return 'over';
		})();
		await sam.join('general');
		await sam[Symbol.asyncDispose]();
		await sam.close();
		expect(received.at(-1)).toEqual({ type: 'bye' });
		expect(await over).toBe('over');
		expect(sam.status).toEqual({ state: 'closed' });
		await expect(sam.publish('general', 'late')).rejects.toMatchObject({ code: 'closed', name: 'NatterError' });
	});
});

describe('on a base broker', () => {
	function answer(frame: FromClient, socket: WebSocket): void {
		const send = (value: object) => socket.send(JSON.stringify(value));
		switch (frame.type) {
			case 'subscribe':
				send({ type: 'presence', userId: frame.userId, action: 'join', timestamp: '2026-01-01T00:00:00Z' });
				send({ type: 'subscribed', room: frame.room, sequence: 0 });
				break;
			case 'publish': {
				const { room, sender, content } = frame;
				send({ type: 'message', id: 'x', room, sender, content, sequence: 1, timestamp: 5 });
				break;
			}
			case 'get_history':
				send({ type: 'history', room: frame.room, messages: [] });
				break;
			default:
				send({ error: 'Invalid message format' });
		}
	}

	test('falls back, and takes the echo of a message for its acknowledgement', async () => {
		const { url } = await listen(answer);
		const sam = client(url);
		await sam.join('general');
		expect(sam.status).toMatchObject({ state: 'online', protocol: 'base' });
		expect(await sam.publish('general', 'hello')).toMatchObject({ sequence: 1, duplicate: false });
		expect((await sam.members('general')).map(({ userId }) => userId)).toEqual(['sam']);
		await expect(sam.rooms()).rejects.toMatchObject({ code: 'unsupported' });
	});

	test('dials again without the subprotocol when the broker does not take it', async () => {
		const { url } = await listen(answer, { handleProtocols: () => false });
		const sam = client(url);
		await sam.join('general');
		expect(sam.status).toMatchObject({ state: 'online', protocol: 'base' });
	});
});

describe('trouble', () => {
	test('that nobody listens is told in words', async () => {
		const server = createServer();
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const { port } = server.address() as AddressInfo;
		server.close();
		await once(server, 'close');
		const { cause, offlineSince, retryAt } = await reached(client(`127.0.0.1:${port}`), 'waiting');
		expect(cause).toEqual({ text: 'nobody is listening there', code: 'ECONNREFUSED' });
		expect(retryAt - offlineSince).toBeGreaterThanOrEqual(500);
	});

	test.each([
		[401, 'closed'],
		[503, 'waiting'],
	] as const)('an upgrade refused with %i leads to: %s', async (status, state) => {
		const server = createServer();
		server.on('upgrade', (_request, socket) => {
			socket.end(`HTTP/1.1 ${status} No\r\nRetry-After: 40\r\nConnection: close\r\n\r\n`);
		});
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		clean.push(() => new Promise((resolve) => server.close(resolve)));
		const { port } = server.address() as AddressInfo;
		const sam = client(`ws://127.0.0.1:${port}`);
		const reachedStatus = await reached(sam, state);
		expect(reachedStatus.cause?.code).toBe(`HTTP ${status}`);
		if (reachedStatus.state === 'waiting') {
			const awayMs = reachedStatus.retryAt - reachedStatus.offlineSince;
			expect(awayMs).toBeGreaterThanOrEqual(40_000);
			expect(awayMs).toBeLessThanOrEqual(40_500);
		}
	});

	test('a broker that does not want it back ends it, with its reason', async () => {
		const { url } = await listen((_frame, socket) => socket.close(4503, 'be\u0007have'));
		const sam = client(url);
		const joining = sam.join('general');
		await expect(joining).rejects.toMatchObject({ code: 'banned' });
		expect(sam.status).toEqual({
			state: 'closed',
			cause: { text: 'you are banned there (be␇have)', code: '4503' },
		});
	});

	test('frames that make no sense are told and change nothing', async () => {
		const { url, broker, sockets } = await listenV1();
		const sam = client(url);
		await sam.join('general');
		const notices: string[] = [];
		const items = new Promise((resolve) => sam.once('items', resolve));
		sam.on('notice', ({ text }) => notices.push(text));
		for (const socket of sockets) {
			socket.send('{');
			socket.send('null');
			socket.send(Buffer.from([1, 2]), { binary: true });
			socket.send('{"type":"message","room":"general","sequence":-1}');
			socket.send('{"type":"from the future"}');
		}
		broker.say('general', 'hello');
		await items;
		expect(notices.length).toBe(4);
		expect(sam.room('general')?.position).toBe(1);
	});

	test('a listener that throws does not keep others from their news', async () => {
		const { url } = await listenV1();
		const sam = client(url);
		const thrown = new Promise((resolve) => process.once('uncaughtExceptionMonitor', resolve));
		const listeners = process.listeners('uncaughtException');
		process.removeAllListeners('uncaughtException');
		process.once('uncaughtException', () => {});
		sam.once('room', () => {
			throw new Error('mine');
		});
		await sam.join('general');
		expect(await thrown).toMatchObject({ message: 'mine' });
		for (const listener of listeners) {
			process.on('uncaughtException', listener);
		}
	});

	test.each<[string, (sam: Client) => Promise<unknown>]>([
		['an empty room', (sam) => sam.join('')],
		['too much history', (sam) => sam.join('r', { history: 501 })],
		['content that is no string', (sam) => sam.publish('r', 5 as unknown as string)],
		['an empty cid', (sam) => sam.publish('r', 'x', { cid: '' })],
		['tags of objects', (sam) => sam.publish('r', 'x', { tags: { a: {} as string } })],
		['a limit of none', (sam) => sam.history('r', { limit: 0 })],
		['an unknown order', (sam) => sam.history('r', { order: 'up' as 'asc' })],
		['an empty nick', (sam) => sam.setNick(' ')],
	])('%s is refused before it is sent', async (_, ask) => {
		const sam = client('127.0.0.1:1');
		await expect(ask(sam)).rejects.toMatchObject({ name: 'NatterError', code: 'invalid_argument' });
	});

	test('what one run could not send, and where it stood, the next run takes up', async () => {
		const { url, broker, received } = await listenV1();
		const store = new MemoryStore();
		const first = client(`${url}#general`, { store });
		await first.publish('general', 'one');
		await first.close();
		expect(store.isClosed).toBe(true);
		expect(store.position('general')).toEqual({ epoch: 'e1', sequence: 1 });
		const offline = client('ws://127.0.0.1:1#general', { store });
		const said = expect(offline.publish('general', 'two', { cid: 'c-two' })).rejects;
		await Promise.all([said.toMatchObject({ code: 'closed', outcome: 'unknown' }), offline.close()]);
		expect([...store.parcels.keys()]).toEqual(['c-two']);
		const second = client(`${url}#general`, { store, history: 0 });
		await new Promise((done) => second.once('published', done));
		expect(broker.log('general').map(({ content }) => content)).toEqual(['one', 'two']);
		expect(store.parcels.size).toBe(0);
		expect(received.filter(({ type }) => type === 'hello')).toMatchObject([{ device: 'laptop' }, { device: 'laptop' }]);
		expect(received.findLast(({ type }) => type === 'subscribe')).toMatchObject({
			since: { epoch: 'e1', sequence: 1 },
		});
	});

	test('a store that fails is told of, and the client works without it', async () => {
		const { url } = await listenV1();
		const store = new MemoryStore();
		store.adopt = () => {
			throw new Error('no disk');
		};
		store.keep = store.adopt;
		const sam = client(`${url}#general`, { store });
		const notices: string[] = [];
		sam.on('notice', ({ text }) => notices.push(text));
		await expect(sam.publish('general', 'hello')).resolves.toMatchObject({ sequence: 1 });
		expect(notices).toEqual(['What is not sent yet is kept in memory only: no disk']);
	});

	test('an address or options that cannot be meant throw at once', () => {
		expect(() => connect('http://h', { nick: 'sam' })).toThrow('Expected `url`');
		expect(() => connect('h', { nick: '' })).toThrow('Expected `nick`');
	});
});
