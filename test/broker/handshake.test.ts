import { describe, expect, test } from 'vitest';
import { defaultLimits } from '../../src/broker/index.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

describe('hello', () => {
	test('is answered with everything a client needs to know', async () => {
		const { url } = await startBroker({ node: 'n1', pingMs: 7000, pongMs: 3000, limits: { contentBytes: 100 } });
		const peer = await RawPeer.dial(url);
		expect(peer.socket.protocol).toBe('natter.v1');
		const hello = { type: 'hello', v: 1, client: { name: 'test', version: '1' }, user: 'ana' };
		expect(await peer.ask(hello, 'welcome')).toEqual({
			type: 'welcome',
			v: 1,
			server: { name: 'natter', version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
			node: 'n1',
			connection: expect.stringMatching(/^.{22}$/),
			session: expect.stringMatching(/^.{22}$/),
			sessionTtlMs: 30_000,
			user: { id: 'ana', verified: false, role: 'guest' },
			time: expect.any(Number),
			durability: 'memory',
			limits: { ...defaultLimits, contentBytes: 100 },
			heartbeat: { intervalMs: 7000, timeoutMs: 3000 },
			resumed: false,
		});
	});

	test('without a subprotocol makes the connection v1 all the same', async () => {
		const { url } = await startBroker();
		const peer = await RawPeer.join(url, 'ana', { protocols: [] });
		expect(peer.socket.protocol).toBe('');
		expect(await peer.ask({ type: 'ping', t: 5 }, 'pong')).toEqual({ type: 'pong', t: 5, heads: [] });
	});

	test.each([
		['no nick', undefined, 'guest'],
		['a reserved nick', 'root', 'root_'],
		['a nick with marks', '@ana', 'ana'],
	])('with %s gets a nick that can be used', async (_, user, id) => {
		const { url } = await startBroker();
		const peer = await RawPeer.dial(url);
		const welcome = await peer.ask({ type: 'hello', v: 1, ...(user !== undefined && { user }) }, 'welcome');
		expect(welcome.user).toEqual({ id, verified: false, role: 'guest' });
	});

	test('that comes again is refused and changes nothing', async () => {
		const { url } = await startBroker();
		const peer = await RawPeer.join(url, 'ana');
		expect(await peer.ask({ type: 'hello', v: 1, user: 'bob' }, 'error')).toMatchObject({ code: 'unknown_type' });
		const { cid } = await peer.ask(
			{ type: 'publish', room: 'general', sender: 'ana', content: 'hi', cid: 'c' },
			'published',
		);
		expect(cid).toBe('c');
	});

	test('of a known session replaces the older connection of that session', async () => {
		const { url } = await startBroker();
		const first = await RawPeer.dial(url);
		const { session } = await first.ask({ type: 'hello', v: 1, user: 'ana' }, 'welcome');
		const second = await RawPeer.dial(url);
		const welcome = await second.ask({ type: 'hello', v: 1, user: 'ana', session }, 'welcome');
		expect([welcome.session, welcome.resumed]).toEqual([session, true]);
		expect((await first.closed).code).toBe(4400);
	});

	test('in another version is refused for good', async () => {
		const { url } = await startBroker();
		const peer = await RawPeer.dial(url);
		expect(await peer.ask({ type: 'hello', v: 2 }, 'error')).toMatchObject({
			code: 'unsupported_version',
			error: 'Expected protocol version 1, got 2',
			retryable: false,
		});
		expect((await peer.closed).code).toBe(4506);
	});

	test.each([
		['another frame', '{"type":"subscribe","room":"general","userId":"ana"}'],
		['a malformed hello', '{"type":"hello"}'],
		['no JSON', '{'],
	])('is required: %s first on natter.v1 is refused and closes', async (_, text) => {
		const { url } = await startBroker();
		const peer = await RawPeer.dial(url);
		peer.sendText(text);
		expect(await peer.take('error')).toMatchObject({ code: 'hello_required' });
		expect((await peer.closed).code).toBe(4500);
	});

	test('must come in time on natter.v1, while a base client may stay silent', async () => {
		const { url } = await startBroker({ limits: { handshakeMs: 30 } });
		const base = await BaseClient.connect(url, 'ana');
		const peer = await RawPeer.dial(url);
		expect(await peer.take('error')).toMatchObject({ code: 'hello_required' });
		expect((await peer.closed).code).toBe(4408);
		expect(await base.subscribe('general')).toMatchObject({ type: 'subscribed' });
	});

	test('does not turn a base connection into a v1 one', async () => {
		const { url } = await startBroker();
		const base = await BaseClient.connect(url, 'ana');
		await base.subscribe('general');
		const refused = base.next(({ type }) => type === 'error');
		base.send({ type: 'hello', v: 1, user: 'ana' });
		expect(await refused).toMatchObject({ code: 'unknown_type' });
	});
});

describe('an upgrade with subprotocols', () => {
	test('selects natter.v1 wherever it stands, and else the first', async () => {
		const { url } = await startBroker();
		const both = await RawPeer.dial(url, { protocols: ['chat', 'natter.v1'] });
		expect(both.socket.protocol).toBe('natter.v1');
		const other = await RawPeer.dial(url, { protocols: ['chat', 'talk'] });
		expect(other.socket.protocol).toBe('chat');
		expect(await other.ask({ type: 'subscribe', room: 'general', userId: 'ana' }, 'subscribed')).toBeDefined();
	});
});
