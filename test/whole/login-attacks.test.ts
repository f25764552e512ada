/** R9: a login cannot be relayed, replayed or downgraded. Real brokers, real clients, and somebody in between. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Client, LinkStatus } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import type { KnownBrokers } from '../../src/client/options.ts';
import { publicKeyOf } from '../../src/protocol/identity.ts';
import { startBroker } from '../broker/running.ts';
import { relayTo } from '../docs/relay.ts';
import { makeProver } from '../helpers/proving.ts';
import { RawPeer } from '../helpers/raw-peer.ts';

function makeKey(): KeyObject {
	return generateKeyPairSync('ed25519').privateKey;
}

/** What one person knows of brokers, over several runs of a client. */
function memory(): KnownBrokers & { readonly known: Map<string, string> } {
	const known = new Map<string, string>();
	return { known, find: (authority) => known.get(authority), add: (authority, key) => void known.set(authority, key) };
}

/** Resolves when the client is online, or the line has broken. */
function settled(client: Client): Promise<LinkStatus> {
	return new Promise((resolve) => {
		const look = (status: LinkStatus) => {
			if (status.state !== 'connecting') {
				resolve(status);
			}
		};
		client.on('status', look);
		look(client.status);
	});
}

/** How a login ends. */
function fate(peer: RawPeer): Promise<unknown> {
	return Promise.race([peer.closed, peer.take('welcome')]);
}

/** Listens where a broker was, or may be, and says what `answer` gives for each frame. */
async function impostor(answer: (frame: { readonly type: string }) => readonly object[], port = 0) {
	const said: string[] = [];
	const server = new WebSocketServer({ host: '127.0.0.1', port });
	server.on('connection', (socket) => {
		socket.on('message', (data) => {
			said.push(data.toString());
			for (const frame of answer(JSON.parse(data.toString()) as { readonly type: string })) {
				socket.send(JSON.stringify(frame));
			}
		});
	});
	await once(server, 'listening');
	return {
		said,
		url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async [Symbol.asyncDispose]() {
			for (const socket of server.clients) {
				socket.terminate();
			}
			await new Promise((resolve) => server.close(resolve));
		},
	};
}

const guestWelcome = {
	...{ type: 'welcome', v: 1, server: { name: 'natter', version: '0' }, node: 'n', connection: 'c', session: 's' },
	...{ sessionTtlMs: 0, user: { id: 'maya', verified: false, role: 'guest' }, time: 0, durability: 'memory' },
	...{ limits: {}, heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 }, resumed: false },
};

describe('a login', () => {
	test('that is carried on to another broker is void there: it says where it was dialled', async () => {
		const broker = await startBroker();
		await using relay = await relayTo(broker.url);
		await using client = connect(relay.url, { nick: 'maya', key: makeKey() });
		expect(await settled(client)).toMatchObject({ state: 'waiting' });
		expect(relay.frames.map(({ text }) => JSON.parse(text) as object)).toMatchObject([
			{ type: 'hello', authority: new URL(relay.url).host },
			{ type: 'error', code: 'auth_failed' },
		]);
		await using direct = connect(broker.url, { nick: 'maya', key: makeKey() });
		expect(await settled(direct)).toMatchObject({ state: 'online' });
		// Nothing that was relayed has claimed the nick.
		expect(direct.nick).toBe('maya');
	});

	test('whose place was changed on the way is void as well: the place is signed', async () => {
		const broker = await startBroker();
		const maya = makeProver();
		const peer = await RawPeer.dial(broker.url);
		const hello = maya.hello('maya', { authority: new URL(broker.url).host });
		const challenge = await peer.ask(hello, 'challenge');
		// What a client would have signed that dialled the relay.
		peer.send(maya.auth({ ...hello, authority: '127.0.0.1:1' }, challenge));
		expect(await fate(peer)).toMatchObject({ code: 4501 });
	});

	test('that was recorded opens nothing on another connection', async () => {
		const broker = await startBroker();
		const maya = makeProver();
		const hello = maya.hello('maya', { authority: new URL(broker.url).host });
		const peer = await RawPeer.dial(broker.url);
		const auth = maya.auth(hello, await peer.ask(hello, 'challenge'));
		expect(await peer.ask(auth, 'welcome')).toMatchObject({ user: { id: 'maya', verified: true } });
		const thief = await RawPeer.dial(broker.url);
		await thief.ask(hello, 'challenge');
		thief.send(auth);
		expect(await fate(thief)).toMatchObject({ code: 4501 });
	});

	test('with a key under which one signature holds for all texts is none', async () => {
		const broker = await startBroker();
		const smallOrder = Buffer.from([1, ...new Array<number>(31).fill(0)]).toString('base64url');
		const peer = await RawPeer.dial(broker.url);
		peer.send(makeProver().hello('maya', { key: smallOrder, authority: new URL(broker.url).host }));
		expect(await Promise.race([peer.closed, peer.take('challenge')])).toMatchObject({ code: 4501 });
	});
});

describe('a client with a key', () => {
	test('is not made a guest by a broker that skips the proof', async () => {
		await using fake = await impostor(({ type }) => (type === 'hello' ? [guestWelcome] : []));
		await using client = connect(fake.url, { nick: 'maya', key: makeKey(), rooms: ['general'] });
		expect(await settled(client)).toMatchObject({ state: 'closed', cause: { code: 'broker unproven' } });
		expect(fake.said.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['hello']);
	});

	test('does not go on as a base client where a broker has proven itself before', async () => {
		const knownBrokers = memory();
		await using fake = await impostor(() => [{ error: 'Invalid message format' }]);
		knownBrokers.add(new URL(fake.url).host, publicKeyOf(makeKey()));
		await using client = connect(fake.url, { nick: 'maya', key: makeKey(), rooms: ['general'], knownBrokers });
		expect(await settled(client)).toMatchObject({ state: 'closed', cause: { code: 'broker unproven' } });
		expect(fake.said.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['hello']);
	});

	test('signs nothing for another broker in the place of one that it knows', async () => {
		const knownBrokers = memory();
		const first = await startBroker();
		await using before = connect(first.url, { nick: 'maya', key: makeKey(), knownBrokers });
		expect(await settled(before)).toMatchObject({ state: 'online' });
		await before.close();
		const { port } = first;
		await first.close();
		const second = await startBroker({ port });
		await using client = connect(second.url, { nick: 'maya', key: makeKey(), knownBrokers });
		expect(await settled(client)).toMatchObject({ state: 'closed', cause: { code: 'broker key changed' } });
	});
});
