import { describe, expect, test } from 'vitest';
import { openAccess, personalAccess, tokenAccess } from '../../src/broker/access.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { makeProver } from '../helpers/proving.ts';
import { FakeWire, settle, startHub } from './fake-line.ts';
import { logIn, only } from './logging-in.ts';

async function madeToken(started: ReturnType<typeof startHub>, nick = 'maya', prover = makeProver()) {
	const { say, wire } = await logIn(started, prover, nick);
	say({ type: 'token', ref: 't' });
	await settle();
	const { token = '' } = only(wire, 'token');
	return { token, key: prover.publicKey, say, wire, prover };
}

function dialBase({ hub }: ReturnType<typeof startHub>, key: string | undefined) {
	const wire = new FakeWire();
	const connection = hub.accept(wire, { offersV1: false, ...(key !== undefined && { credential: { key } }) });
	return { wire, say: (frame: object) => connection.receive(JSON.stringify(frame)) };
}

describe("a token of one's own", () => {
	test('stands for its user, after a restart too, and is kept as something that is no token', async () => {
		const engine = memoryEngine();
		const { token, key } = await madeToken(startHub({ engine }));
		expect(token).toMatch(/^.{4,}$/u);
		const again = startHub({ engine });
		await settle();
		expect(again.hub.directory.tokenOwner(token)?.key).toBe(key);
		expect(again.hub.directory.tokenOwner(`${token}x`)).toBeUndefined();
		expect(JSON.stringify([...(await engine.records('token'))])).not.toContain(token);
	});

	test('is not made for a guest', async () => {
		const started = startHub();
		const { say, wire } = started.connect('ann');
		say({ type: 'token', ref: 't' });
		await settle();
		expect(only(wire, 'error')).toMatchObject({ code: 'forbidden', ref: 't' });
	});

	test('is one of sixteen at most', async () => {
		const started = startHub();
		const { say, wire } = await madeToken(started);
		for (let number = 0; number < 16; number += 1) {
			say({ type: 'token', ref: `t${number}` });
			await settle();
		}
		expect(only(wire, 'error')).toMatchObject({ code: 'limit_exceeded', ref: 't15' });
	});

	test('ends with all others when its user says so, and so do the connections that came with it', async () => {
		const started = startHub();
		const { token, key, say, wire } = await madeToken(started);
		const base = dialBase(started, key);
		const other = await madeToken(started, 'jo');
		say({ type: 'token', revoke: true, ref: 'r' });
		await settle();
		expect(wire.frames.at(-1)).toEqual({ type: 'token', ref: 'r', revoked: 1 });
		expect(base.wire.closing?.code).toBe(4501);
		expect(started.hub.directory.tokenOwner(token)).toBeUndefined();
		expect(started.hub.directory.tokenOwner(other.token)?.key).toBe(other.key);
		expect(wire.closing).toBeUndefined();
	});
});

describe("a base client with its user's token", () => {
	test('is who it says it is, under its own nick alone', async () => {
		const started = startHub();
		const { key } = await madeToken(started);
		const { say, wire } = dialBase(started, key);
		say({ type: 'subscribe', room: 'r', userId: 'maya' });
		for (const sender of ['maya', 'someone', 'maya']) {
			say({ type: 'publish', room: 'r', sender, content: `as ${sender}` });
		}
		await settle();
		expect(wire.frames.filter(({ type }) => type === 'message')).toMatchObject([
			{ sender: 'maya', verified: true, key },
			{ sender: 'someone', verified: false },
			{ sender: 'maya', verified: true, key },
		]);
	});

	test('is listed as proven under its own nick alone', async () => {
		const started = startHub();
		const { key, wire, say } = await madeToken(started);
		dialBase(started, key).say({ type: 'subscribe', room: 'r', userId: 'maya' });
		dialBase(started, key).say({ type: 'subscribe', room: 'r', userId: 'someone' });
		await settle();
		say({ type: 'members', room: 'r', ref: 'm' });
		await settle();
		expect(only(wire, 'members').members.map(({ userId, verified }) => [userId, verified])).toEqual([
			['maya', true],
			['someone', false],
		]);
	});

	test('is still nobody else', async () => {
		const started = startHub();
		const { key } = await madeToken(started);
		await logIn(started, makeProver(), 'jo');
		const { say, wire } = dialBase(started, key);
		say({ type: 'subscribe', room: 'r', userId: 'jo' });
		say({ type: 'publish', room: 'r', sender: 'jo', content: 'hi' });
		await settle();
		expect(only(wire, 'message')).toMatchObject({ sender: '~jo', verified: false });
	});
});

test("a v1 client that has no key but its user's token is let in as that user", async () => {
	const started = startHub();
	const { key } = await madeToken(started);
	const wire = new FakeWire();
	const connection = started.hub.accept(wire, { offersV1: true, credential: { key } });
	connection.receive(JSON.stringify({ type: 'hello', v: 1, user: 'whoever' }));
	await settle();
	expect(only(wire, 'welcome').user).toMatchObject({ id: 'maya', verified: true, key });
});

describe('who may come in with what', () => {
	const ownerOf = (token: string) => (token === 'own' ? { key: 'key-of-maya' } : undefined);
	test.each([
		['nobody in particular, where all may', openAccess, {}, {}],
		['any token, where none is needed', openAccess, { token: 'x' }, {}],
		["a token of one's own", openAccess, { token: 'own' }, { key: 'key-of-maya' }],
		['the same with a name', openAccess, { user: 'maya', secret: 'own', token: 'own' }, { key: 'key-of-maya' }],
		["a name with a secret that is nobody's", openAccess, { user: 'maya', secret: 'x', token: 'x' }, undefined],
		["a token of one's own, where another is needed", tokenAccess(['all']), { token: 'own' }, { key: 'key-of-maya' }],
		['that of all, with a name', tokenAccess(['all']), { user: 'maya', secret: 'all', token: 'all' }, { user: 'maya' }],
		[
			"that of all and a secret that is nobody's",
			tokenAccess(['all']),
			{ user: 'm', secret: 'x', token: 'all' },
			undefined,
		],
		[
			"that of all and one's own",
			tokenAccess(['all']),
			{ user: 'm', secret: 'own', token: 'all' },
			{ key: 'key-of-maya' },
		],
		['nothing, where something is needed', tokenAccess(['all']), {}, undefined],
	])('%s', (_, access, presented, credential) => {
		expect(personalAccess(access, ownerOf).admits(presented)).toEqual(credential);
	});
});

describe("an embedder's own rules", () => {
	const request = { url: '/?ticket=7', headers: { cookie: 'a=b' }, remoteAddress: '10.0.0.1' };

	function connect(authenticate: NonNullable<Parameters<typeof startHub>[0]>['authenticate'], offersV1 = true) {
		const started = startHub(authenticate === undefined ? {} : { authenticate });
		const wire = new FakeWire();
		const connection = started.hub.accept(wire, { offersV1, request });
		return { ...started, wire, say: (frame: object) => connection.receive(JSON.stringify(frame)) };
	}

	test('make a user of whoever they vouch for, without a key, with the same nick each time', async () => {
		const asked: unknown[] = [];
		const { hub, wire, say } = connect((...about) => {
			asked.push(about);
			return { id: '42', nick: 'maya', role: 'admin' };
		});
		say({ type: 'hello', v: 1, user: 'whoever' });
		await settle();
		expect(asked).toEqual([[request, { user: 'whoever' }]]);
		const { user } = only(wire, 'welcome');
		expect(user).toEqual({ id: 'maya', verified: true, role: 'admin', key: 'id:42', inbox: '@maya' });
		expect(hub.directory.ownerOf('maya')).toBe('id:42');
	});

	test('cannot make up a role', async () => {
		const role = 'moderator' as 'admin';
		const { hub, wire, say } = connect(() => ({ id: '42', nick: 'maya', role }));
		say({ type: 'hello', v: 1, user: 'whoever' });
		await settle();
		expect(wire.closing).toMatchObject({ code: 1011 });
		expect(hub.directory.ownerOf('maya')).toBeUndefined();
	});

	test('hear of a key only when it is proven', async () => {
		const prover = makeProver();
		const asked: unknown[] = [];
		const started = connect((_, hello) => {
			asked.push(hello);
			return { role: 'guest' };
		});
		const hello = prover.hello('ann');
		started.say(hello);
		await settle();
		expect(asked).toEqual([]);
		started.say(prover.auth(hello, only(started.wire, 'challenge')));
		await settle();
		expect(asked).toEqual([{ user: 'ann', key: prover.publicKey }]);
		expect(only(started.wire, 'welcome').user).toEqual({ id: 'ann', verified: false, role: 'guest' });
	});

	test('refuse in their own words, for good', async () => {
		const { wire, say } = connect(async () => ({ refuse: 'Your ticket has expired' }));
		say({ type: 'hello', v: 1, user: 'ann' });
		await settle();
		expect(only(wire, 'error')).toMatchObject({ code: 'auth_failed', error: 'Your ticket has expired' });
		expect(wire.closing).toEqual({ code: 4501, reason: 'Your ticket has expired' });
	});

	test('decide over base clients too', async () => {
		const { wire, say } = connect(
			(_, hello) => (hello === undefined ? { id: '7', nick: 'bot' } : { refuse: 'no' }),
			false,
		);
		say({ type: 'subscribe', room: 'r', userId: 'bot' });
		say({ type: 'publish', room: 'r', sender: 'bot', content: 'hi' });
		await settle();
		expect(only(wire, 'message')).toMatchObject({ sender: 'bot', verified: true, key: 'id:7' });
		const refused = connect(() => ({ refuse: 'no bots' }), false);
		refused.say({ type: 'subscribe', room: 'r', userId: 'bot' });
		await settle();
		expect(refused.wire.closing?.code).toBe(4501);
	});

	test('that fail end that one connection', async () => {
		const { wire, say, logged } = connect(() => {
			throw new Error('the database of users is down');
		});
		say({ type: 'hello', v: 1, user: 'ann' });
		await settle();
		expect([wire.closing?.code, logged]).toEqual([1011, ['internal']]);
	});
});
