import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { openAccess, tokenAccess } from '../../src/broker/access.ts';
import { decideEntrance, type EntranceRequest, type Occupancy } from '../../src/broker/entrance.ts';
import { addressKey, peerOf } from '../../src/broker/forwarded.ts';
import { expectedHosts, isExpectedHost, isOwnAuthority } from '../../src/broker/hosts.ts';
import { Throttle } from '../../src/broker/throttle.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

const token = 'a-token-that-nobody-guesses';
const hosts = {
	names: new Set(['localhost', '127.0.0.1', '[::1]', 'chat.example.com']),
	told: new Set(['chat.example.com']),
	own: () => new Set<string>(),
};
const rules = {
	access: tokenAccess([token, 'second']),
	hosts,
	allowOrigins: new Set(['https://chat.example']),
	limits: defaultLimits,
};
const calm: Occupancy = {
	...{ draining: false, overloaded: false, connections: 5, fromAddress: 5, connectWaitMs: 0, loginWaitMs: 0 },
};
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

function entrance(
	given: Partial<EntranceRequest> = {},
	occupancy: Partial<Occupancy> = {},
	more: Partial<typeof rules | { access: typeof openAccess; hosts: 'any' }> = {},
) {
	const asked = { origin: undefined, host: 'localhost:8080', target: `/?token=${token}`, authorizations: [] };
	return decideEntrance({ ...asked, isLocal: false, ...given }, { ...calm, ...occupancy }, { ...rules, ...more });
}

function status(...given: Parameters<typeof entrance>): number {
	const decided = entrance(...given);
	return decided.ok ? 101 : decided.refusal.status;
}

describe('who may open a connection', () => {
	test.each<[string, Parameters<typeof entrance>, number]>([
		['a program', [], 101],
		['a page that is allowed', [{ origin: 'https://CHAT.example' }], 101],
		['any other page, also on this computer', [{ origin: 'http://evil.example', isLocal: true }], 403],
		['a page without a name', [{ origin: 'null' }], 403],
		['whoever dialled another name, also on this computer', [{ host: 'evil.example', isLocal: true }], 403],
		['whoever says no name', [{ host: undefined }], 403],
		['any name where any is expected', [{ host: 'evil.example' }, {}, { hosts: 'any' }], 101],
		['anyone while the broker stops', [{}, { draining: true }], 503],
		['anyone when the broker is full', [{}, { connections: 10_000 }], 503],
		['anyone when too much waits to be sent', [{}, { overloaded: true }], 503],
		['the 33rd from one address', [{}, { fromAddress: 32 }], 429],
		['the 33rd from this computer', [{ isLocal: true }, { fromAddress: 32 }], 101],
		['one that connects too often', [{}, { connectWaitMs: 200 }], 429],
		['one on this computer that connects often', [{ isLocal: true }, { connectWaitMs: 200 }], 101],
		['the right token after too many wrong ones', [{}, { loginWaitMs: 6000 }], 429],
		['the same from this computer', [{ isLocal: true }, { loginWaitMs: 6000 }], 429],
		['nobody in particular after too many wrong tokens', [{ target: '/' }, { loginWaitMs: 6000 }], 401],
		['anybody where no token is needed', [{ target: '/' }, { loginWaitMs: 6000 }, { access: openAccess }], 101],
	])('%s', (_, given, expected) => {
		expect(status(...given)).toBe(expected);
	});

	test.each<[string, Partial<EntranceRequest>, number]>([
		['the token in the address', { target: `/room?x=1&token=${token}` }, 101],
		['the other token', { target: '/?token=second' }, 101],
		['a bearer', { target: '/', authorizations: [`bearer  ${token}`] }, 101],
		['a password', { target: '/', authorizations: [basic(`sam:${token}`)] }, 101],
		['nothing', { target: '/' }, 401],
		['an empty token', { target: '/?token=' }, 401],
		['a beginning of it', { target: `/?token=${token.slice(0, -1)}` }, 401],
		['more than it', { target: `/?token=${token}x` }, 401],
		['it in capitals', { target: `/?token=${token.toUpperCase()}` }, 401],
		['a user name alone', { target: '/', authorizations: [basic(token)] }, 401],
		['it as the user name', { target: '/', authorizations: [basic(`${token}:`)] }, 401],
		['no base64', { target: '/', authorizations: ['Basic %%%'] }, 401],
		['another scheme', { target: '/', authorizations: [`Digest ${token}`] }, 401],
		['two in the address', { target: `/?token=${token}&token=${token}` }, 401],
		['two headers', { target: '/', authorizations: [`Bearer ${token}`, 'Bearer x'] }, 401],
		[
			'a wrong one in the address, the right one beside it',
			{ authorizations: [`Bearer ${token}`], target: '/?token=x' },
			401,
		],
		['the right one in the address, another beside it', { authorizations: [basic('sam:personal')] }, 101],
	])('lets in by token: %s', (_, given, expected) => {
		expect(status(given)).toBe(expected);
	});

	test('counts what was wrong as a failed login, and nothing else', () => {
		const failed = (target: string, occupancy = {}) => {
			const decided = entrance({ target }, occupancy);
			return decided.ok ? 'let in' : decided.isFailedLogin;
		};
		expect([failed('/'), failed('/?token=x'), failed('/?token=x&token=y'), failed(`/?token=${token}`)]).toEqual([
			...[false, true, false, 'let in'],
		]);
		expect(failed('/?token=x', { loginWaitMs: 5 })).toBe(false);
	});

	test('passes on who somebody says they are, and never the access token', () => {
		const credential = (given: Partial<EntranceRequest>, more = {}) => {
			const decided = entrance(given, {}, more);
			return decided.ok ? decided.credential : decided.refusal;
		};
		const personal = { authorizations: [basic('sam:own:secret')] };
		expect(credential(personal)).toEqual({ user: 'sam', secret: 'own:secret' });
		expect(credential({ target: '/', authorizations: [basic(`sam:${token}`)] })).toEqual({ user: 'sam' });
		expect(credential({ target: '/', authorizations: [`Bearer ${token}`] })).toEqual({});
		expect(credential(personal, { access: openAccess })).toEqual({ user: 'sam', secret: 'own:secret' });
		expect(credential({ target: '/?token=x' }, { access: openAccess })).toEqual({});
	});

	test('says in each refusal what to do, in one line without a secret', () => {
		const reason = (...given: Parameters<typeof entrance>) => {
			const decided = entrance(...given);
			return decided.ok ? '' : decided.refusal.reason;
		};
		expect(reason({ host: 'Chat2.Example.Com.:80' })).toBe(
			'this broker does not know itself as chat2.example.com; start it with --allow-host chat2.example.com',
		);
		expect(reason({ host: 'a\u001b[31m b' })).toBe('expected a Host header with the name of this broker');
		expect(reason({ target: '/?token=geheim' })).toBe(
			'this is not the right token; ask for the join line, or send ?token=TOKEN or Authorization: Bearer TOKEN',
		);
		expect(reason({}, { loginWaitMs: 5001 })).toBe('too many wrong tokens from this address; wait 6 s');
		expect(reason({ origin: 'http://evil.example' })).toContain('--allow-origin');
	});
});

describe('a name by which a broker is dialled', () => {
	const own = new Set(['10.0.0.7', '[fe80::1]', 'desk', 'desk.local']);
	const listed = expectedHosts(['Chat.Example.com', '2001:DB8::0:5'], '10.0.0.9');
	const expected = listed === 'any' ? listed : { ...listed, own: () => own };

	test.each([
		...['localhost', 'LOCALHOST:8080', 'localhost.', '127.0.0.1', '127.0.0.1:9', '[::1]:8080', '[0:0::1]', '10.0.0.9'],
		...[
			'chat.example.com',
			'CHAT.example.COM.:443',
			'[2001:db8::5]:1',
			'10.0.0.7:80',
			'[FE80::1]',
			'desk',
			'Desk.local',
		],
	])('%s is expected', (authority) => {
		expect(isExpectedHost(authority, expected)).toBe(true);
	});

	test.each([
		...['', undefined, 'evil.example', 'localhost.evil.example', 'evil.example@127.0.0.1', '127.0.0.1.evil.example'],
		...[
			'chat.example.com.evil.example',
			'xchat.example.com',
			'localhost:x',
			'localhost/',
			'[::1',
			'::1',
			'[::2]',
			'..',
		],
		...['127.0.0.1, evil.example', 'localhost localhost', '10.0.0.8', '[::ffff:127.0.0.1%eth0]', `${'a'.repeat(300)}`],
	])('%s is not', (authority) => {
		expect(isExpectedHost(authority, expected)).toBe(false);
	});

	test('may be any where that is said', () => {
		expect(isExpectedHost('evil.example', expectedHosts(['*'], '127.0.0.1'))).toBe(true);
		expect(isExpectedHost(undefined, 'any')).toBe(true);
	});

	test.each<[string, readonly string[], number | undefined, boolean]>([
		['127.0.0.1:8080', [], 8080, true],
		['[::1]:8080', [], 8080, true],
		['127.0.0.1:8081', [], 8080, false],
		['127.0.0.1:18080', [], 8080, false],
		['127.0.0.1', [], 8080, false],
		['chat.example.com:443', [], 8080, false],
		['chat.example.com:443', ['chat.example.com'], 8080, true],
		['127.0.0.1:8081', ['chat.example.com'], 8080, false],
		['127.0.0.1:8081', ['127.0.0.1'], 8080, true],
		['evil.example:8081', ['*'], 8080, true],
		['127.0.0.1:8081', [], undefined, true],
		['evil.example:8080', [], undefined, false],
	])('a login for %s, told of %j and at port %s, is its own: %s', (authority, allowed, port, isOwn) => {
		expect(isOwnAuthority(authority, expectedHosts(allowed, '127.0.0.1'), port)).toBe(isOwn);
	});
});

describe('where a request comes from', () => {
	const facts = { isTls: false, forwardedFor: undefined, forwardedProto: undefined };
	const address = (forwardedFor: string | undefined, proxies: number, remoteAddress = '10.0.0.1') =>
		peerOf({ ...facts, remoteAddress, forwardedFor }, proxies).address;

	test('is the other end of the socket, whatever is forwarded, unless a proxy is trusted', () => {
		expect(address('203.0.113.9', 0)).toBe('10.0.0.1');
		expect(address(undefined, 1)).toBe('10.0.0.1');
	});

	test('is whom the first of the trusted proxies saw', () => {
		expect(address('1.1.1.1, 203.0.113.9', 1)).toBe('203.0.113.9');
		expect(address('1.1.1.1, 203.0.113.9, 10.0.0.2', 2)).toBe('203.0.113.9');
		expect(address('203.0.113.9', 3)).toBe('203.0.113.9');
		expect(address('[2001:db8::1]:443', 1)).toBe('2001:db8::1');
		expect(address('203.0.113.9:443', 1)).toBe('203.0.113.9');
	});

	test.each(['unknown', '', 'x, ', '203.0.113', '<script>'])(
		'is the proxy where it names nobody: %s',
		(forwardedFor) => {
			expect(address(forwardedFor, 1)).toBe('10.0.0.1');
		},
	);

	test('is this computer only when nobody speaks for others', () => {
		const isLocal = (remoteAddress: string, forwardedFor: string | undefined, proxies = 0) =>
			peerOf({ ...facts, remoteAddress, forwardedFor }, proxies).isLocal;
		expect([
			isLocal('127.0.0.1', undefined),
			isLocal('::1', undefined),
			isLocal('::ffff:127.0.0.1', undefined),
		]).toEqual([...[true, true, true]]);
		expect([isLocal('10.0.0.1', undefined), isLocal('::2:127.0.0.1', undefined)]).toEqual([false, false]);
		expect([isLocal('127.0.0.1', '127.0.0.1'), isLocal('127.0.0.1', '127.0.0.1', 1)]).toEqual([false, false]);
		expect(isLocal('10.0.0.1', '127.0.0.1', 1)).toBe(false);
		expect(peerOf({ ...facts, remoteAddress: '127.0.0.1', isPassedOn: true }, 0).isLocal).toBe(false);
	});

	test('is encrypted when the trusted proxy says so', () => {
		const isEncrypted = (forwardedProto: string | undefined, proxies: number, isTls = false) =>
			peerOf({ remoteAddress: '10.0.0.1', isTls, forwardedFor: '1.1.1.1', forwardedProto }, proxies).isEncrypted;
		expect([isEncrypted('https', 1), isEncrypted('wss', 1), isEncrypted('http', 1), isEncrypted('https', 0)]).toEqual([
			...[true, true, false, false],
		]);
		expect([isEncrypted(undefined, 1, true), isEncrypted('http', 0, true)]).toEqual([true, true]);
	});

	test('counts by address, and by /64 where it is IPv6', () => {
		expect(addressKey('203.0.113.9')).toBe('203.0.113.9');
		expect(addressKey('::ffff:203.0.113.9')).toBe('203.0.113.9');
		expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64');
		expect(addressKey('2001:0DB8:1:2::9')).toBe('2001:db8:1:2::/64');
		expect(addressKey('2001:db8::9')).toBe('2001:db8:0:0::/64');
		expect(addressKey('fe80::1%eth0')).toBe('fe80:0:0:0::/64');
		expect(addressKey('::1')).toBe('0:0:0:0::/64');
		expect(addressKey(undefined)).toBe('');
	});
});

describe('a throttle', () => {
	test('lets so many through at once and then as they come due, each key by itself', () => {
		const throttle = new Throttle({ perSecond: 2, burst: 3 });
		expect([1, 2, 3, 4].map(() => throttle.take('a', 1000))).toEqual([0, 0, 0, 500]);
		expect([throttle.waitMs('a', 1400), throttle.take('a', 1500), throttle.take('a', 1500)]).toEqual([100, 0, 500]);
		expect(throttle.take('b', 1500)).toBe(0);
		expect(throttle.waitMs('a', 1e9)).toBe(0);
	});

	test('does not grow without end', () => {
		const throttle = new Throttle({ perSecond: 1, burst: 1 });
		const before = process.memoryUsage().heapUsed;
		for (let index = 0; index < 300_000; index += 1) {
			throttle.take(`key ${index}`, 0);
		}
		expect(process.memoryUsage().heapUsed - before).toBeLessThan(60 * 1024 * 1024);
		expect([throttle.waitMs('key 299999', 0), throttle.waitMs('key 0', 0)]).toEqual([1000, 0]);
	});
});

interface Answer {
	readonly status: number;
	readonly headers: Readonly<Record<string, unknown>>;
	readonly body: string;
}

/** Asks for an upgrade with these headers, and returns the answer with its text. */
function knock(url: string, headers: Readonly<Record<string, string | string[]>> = {}): Promise<Answer> {
	const wanted = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
	const key = Buffer.alloc(16).toString('base64');
	return new Promise((resolve, reject) => {
		const asked = request(url.replace(/^ws/, 'http'), { headers: { ...wanted, 'Sec-WebSocket-Key': key, ...headers } });
		asked.on('error', reject);
		asked.on('upgrade', (response, socket) => {
			socket.destroy();
			resolve({ status: response.statusCode ?? 0, headers: response.headers, body: '' });
		});
		asked.on('response', async (response) => {
			let body = '';
			for await (const chunk of response) {
				body += String(chunk);
			}
			resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
		});
		asked.end();
	});
}

describe('a broker at its door', () => {
	test('refuses a page of a foreign origin on loopback, and lets in one that is allowed', async () => {
		const { url } = await startBroker({ allowOrigins: ['https://chat.example'] });
		expect(await knock(url, { Origin: 'http://evil.example' })).toMatchObject({ status: 403 });
		expect(await knock(url, { Origin: 'https://chat.example' })).toMatchObject({ status: 101 });
	});

	test('refuses a name of a stranger that leads here, and takes names that it was told', async () => {
		const { url, port } = await startBroker({ allowHosts: ['chat.example.com'] });
		const { status, body } = await knock(url, { Host: `evil.example:${port}` });
		expect(status).toBe(403);
		expect(body).toBe('this broker does not know itself as evil.example; start it with --allow-host evil.example\n');
		for (const host of [`localhost:${port}`, 'Chat.Example.com', '[::1]']) {
			expect(await knock(url, { Host: host })).toMatchObject({ status: 101 });
		}
	});

	test('takes any name when it is part of a server that others look after', async () => {
		const { createServer } = await import('node:http');
		const server = createServer();
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { url } = await startBroker({ server });
		expect(await knock(url, { Host: 'any.example' })).toMatchObject({ status: 101 });
		server.close();
		server.closeAllConnections();
	});

	test('lets in whoever has a token by each way, and says nothing of it in its log', async () => {
		const lines: string[] = [];
		const log = (...line: unknown[]) => lines.push(JSON.stringify(line));
		const { url } = await startBroker({ access: { tokens: [token] }, log });
		await RawPeer.join(`${url}/?token=${token}`, 'ana');
		await RawPeer.join(url, 'bob', { headers: { authorization: `Bearer ${token}` } });
		const base = await BaseClient.connect(url.replace('ws://', `ws://cy:${token}@`), 'cy');
		expect(await base.subscribe('general')).toMatchObject({ type: 'subscribed' });
		expect(await knock(url)).toMatchObject({ status: 401, headers: { 'www-authenticate': 'Bearer realm="natter"' } });
		const wrong = await knock(`${url}/?token=${token}-wrong`);
		expect(wrong).toMatchObject({ status: 401, body: expect.stringContaining('ask for the join line') });
		expect(await knock(url, { Authorization: [`Bearer ${token}`, 'Bearer other'] })).toMatchObject({ status: 401 });
		expect(lines.length).toBeGreaterThan(0);
		expect(lines.join('\n') + wrong.body).not.toContain(token);
	});

	test('looks at no more tokens of an address after too many wrong ones, and says for how long', async () => {
		const { url } = await startBroker({ access: { tokens: [token] }, limits: { failedLoginsPerMinute: 2 } });
		expect((await knock(`${url}/?token=1`)).status).toBe(401);
		expect((await knock(`${url}/?token=2`)).status).toBe(401);
		const { status, headers } = await knock(`${url}/?token=${token}`);
		expect(status).toBe(429);
		expect(Number(headers['retry-after'])).toBeGreaterThan(20);
		expect((await knock(url)).status).toBe(401);
	});

	test('believes what is forwarded only when it was told to', async () => {
		const limits = { failedLoginsPerMinute: 1 };
		const access = { tokens: [token] };
		const wrong = (url: string, from: string) => knock(`${url}/?token=1`, { 'X-Forwarded-For': from });
		const plain = await startBroker({ access, limits });
		expect([(await wrong(plain.url, '203.0.113.1')).status, (await wrong(plain.url, '203.0.113.2')).status]).toEqual([
			...[401, 429],
		]);
		const behind = await startBroker({ access, limits, trustProxy: true });
		expect([(await wrong(behind.url, '203.0.113.1')).status, (await wrong(behind.url, '203.0.113.2')).status]).toEqual([
			...[401, 401],
		]);
		expect((await wrong(behind.url, '6.6.6.6, 203.0.113.1')).status).toBe(429);
	});

	test('counts connections of those behind a proxy by client, and holds them to what strangers may', async () => {
		const { url } = await startBroker({ trustProxy: 1, limits: { connectionsPerAddress: 1 } });
		const from = (address: string) => ({ headers: { 'x-forwarded-for': address } });
		const ana = await RawPeer.join(url, 'ana', from('2001:db8::1'));
		await expect(RawPeer.dial(url, from('2001:db8::2'))).rejects.toThrow('HTTP 429');
		await RawPeer.join(url, 'bob', from('2001:db8:0:1::1'));
		ana.send({ type: 'bye' });
		await ana.closed;
	});

	test('tells its operator once of a proxy that it does not heed', async () => {
		const events: string[] = [];
		const { url } = await startBroker({ log: (_, event) => events.push(event) });
		await knock(url, { 'X-Forwarded-For': '203.0.113.1' });
		await knock(url, { 'X-Forwarded-For': '203.0.113.1' });
		expect(events).toEqual(['proxy']);
	});

	test('lets new connections of an address in only so fast', async () => {
		const { url } = await startBroker({ trustProxy: 1, limits: { connectsPerSecond: 0.01, connectsBurst: 2 } });
		const statuses = [];
		for (const from of ['203.0.113.1', '203.0.113.1', '203.0.113.1', '203.0.113.2']) {
			statuses.push((await knock(url, { 'X-Forwarded-For': from })).status);
		}
		expect(statuses).toEqual([101, 101, 429, 101]);
	});
});

describe('a broker without base clients', () => {
	test('refuses the first frame that is no hello, for good, and takes v1 with or without subprotocol', async () => {
		const { url } = await startBroker({ base: false });
		const base = await BaseClient.connect(url, 'ana');
		const refused = base.next(() => true);
		base.send({ type: 'subscribe', room: 'general', userId: 'ana' });
		expect(await refused).toMatchObject({ code: 'auth_required' });
		expect(await base.closed).toBe(4502);
		await RawPeer.join(url, 'bob');
		await RawPeer.join(url, 'cy', { protocols: [] });
	});

	test('does not keep a line open on which nobody says hello', async () => {
		const { url } = await startBroker({ base: false, limits: { handshakeMs: 30 } });
		const base = await BaseClient.connect(url, 'ana');
		expect(await base.closed).toBe(4408);
	});
});
