import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { fingerprintOf, isSigned, publicKeyOf } from '../../src/protocol/identity.ts';
import { makeProver } from '../helpers/proving.ts';
import { settle, startHub } from './fake-line.ts';
import { challenged, logIn, only } from './logging-in.ts';

const brokerKey = generateKeyPairSync('ed25519').privateKey;

describe('a client with a key', () => {
	test('is welcomed as its owner when it answers the challenge, which the broker has signed', async () => {
		const started = startHub({ key: brokerKey });
		const maya = makeProver();
		const { wire, say, hello } = await challenged(started, maya, 'maya');
		const challenge = only(wire, 'challenge');
		expect(challenge).toEqual({
			type: 'challenge',
			key: publicKeyOf(brokerKey),
			nonce: expect.any(String),
			sig: expect.any(String),
			expiresInMs: 10_000,
		});
		const transcript = {
			...{ brokerKey: challenge.key, clientKey: maya.publicKey, clientNonce: hello.nonce ?? '' },
			...{ brokerNonce: challenge.nonce, nick: 'maya', authority: 'localhost:8080' },
		};
		expect(isSigned('server', transcript, challenge.sig)).toBe(true);
		say(maya.auth(hello, challenge));
		await settle();
		expect(only(wire, 'welcome').user).toEqual({
			id: 'maya',
			verified: true,
			role: 'member',
			key: maya.publicKey,
			inbox: '@maya',
		});
	});

	test('says under its nick what everybody can see is its own', async () => {
		const started = startHub();
		const maya = makeProver();
		const { wire, say } = await logIn(started, maya, 'maya');
		say({ type: 'subscribe', room: 'r', userId: 'maya' });
		say({ type: 'publish', room: 'r', sender: 'maya', content: 'hi' });
		await settle();
		expect(only(wire, 'message')).toMatchObject({ sender: 'maya', verified: true, key: maya.publicKey });
	});

	test('owns the broker when its fingerprint is named', async () => {
		const maya = makeProver();
		const started = startHub({ owners: [fingerprintOf(maya.publicKey)] });
		expect((await logIn(started, maya, 'maya')).welcome.user.role).toBe('owner');
	});

	test('meets the same broker after a restart, also one that was given no key', async () => {
		const engine = memoryEngine();
		const keys: string[] = [];
		for (const _ of [1, 2]) {
			const { wire } = await challenged(startHub({ engine }), makeProver(), 'maya');
			keys.push(only(wire, 'challenge').key);
		}
		expect(keys[0]).toBe(keys[1]);
	});
});

describe('one user', () => {
	test('has eight connections at most, and a ninth that comes back in a session of one of them', async () => {
		const started = startHub();
		const maya = makeProver();
		for (let number = 1; number <= 8; number += 1) {
			await logIn(started, maya, 'maya', { session: `s${number}` });
		}
		const ninth = await challenged(started, maya, 'maya', { session: 's9' });
		ninth.say(maya.auth(ninth.hello, only(ninth.wire, 'challenge')));
		await settle();
		expect([only(ninth.wire, 'error').code, ninth.wire.closing?.code]).toEqual(['limit_exceeded', 4505]);
		expect((await logIn(started, maya, 'maya', { session: 's3' })).wire.closing).toBeUndefined();
		expect((await logIn(started, makeProver(), 'jo')).wire.closing).toBeUndefined();
	});

	test('has as many as they like on the computer of the broker', async () => {
		const started = startHub({ limits: { connectionsPerKey: 1 } });
		const maya = makeProver();
		for (const session of ['s1', 's2', 's3']) {
			const { wire, say, hello } = await challenged(started, maya, 'maya', { session });
			wire.loopback = true;
			say(maya.auth(hello, only(wire, 'challenge')));
			await settle();
			expect(only(wire, 'welcome').user.id).toBe('maya');
		}
	});
});

describe('a nick', () => {
	test("is its first user's: another key gets a variant, and keeps that", async () => {
		const engine = memoryEngine();
		const [maya, eve] = [makeProver(), makeProver()];
		expect((await logIn(startHub({ engine }), maya, 'maya')).welcome.user.id).toBe('maya');
		expect((await logIn(startHub({ engine }), eve, 'maya')).welcome.user.id).toBe('maya2');
		const third = startHub({ engine });
		expect((await logIn(third, makeProver(), 'maya')).welcome.user.id).toBe('maya3');
		expect((await logIn(third, eve, 'maya')).welcome.user.id).toBe('maya2');
		expect((await logIn(third, maya, 'maya')).welcome.user.id).toBe('maya');
	});

	test('is not to be had by whoever looks like its owner, nor by a guest', async () => {
		const started = startHub();
		await logIn(started, makeProver(), 'paul');
		expect((await logIn(started, makeProver(), 'PAUL')).welcome.user.id).toBe('PAUL2');
		// `pau12` looks like `PAUL2`.
		expect((await logIn(started, makeProver(), 'pau1')).welcome.user.id).toBe('pau13');
		const { wire } = started.connect('paul');
		await settle();
		expect(only(wire, 'welcome').user).toEqual({ id: 'paul4', verified: false, role: 'guest' });
	});

	test('is given to one of two that ask for it in the same moment', async () => {
		const started = startHub();
		const provers = [makeProver(), makeProver(), makeProver()];
		const lines = await Promise.all(provers.map((prover) => challenged(started, prover, 'maya')));
		lines.forEach(({ say, wire, hello }, index) => {
			say(provers[index]?.auth(hello, only(wire, 'challenge')) ?? {});
		});
		await settle();
		const nicks = lines.map(({ wire }) => only(wire, 'welcome').user.id);
		expect(nicks.sort()).toEqual(['maya', 'maya2', 'maya3']);
	});

	test('of a user who takes another stays theirs, the first for ever and the last four of the others', async () => {
		const started = startHub();
		const maya = makeProver();
		for (const nick of ['maya', 'may1b', 'may2b', 'may3b', 'may4b', 'may5b', 'may3b']) {
			expect((await logIn(started, maya, nick)).welcome.user).toMatchObject({ id: nick, inbox: '@maya' });
		}
		const eve = makeProver();
		for (const [asked, given] of [
			['maya', 'maya2'],
			['may2b', 'may2b2'],
			['may3b', 'may3b2'],
			['may1b', 'may1b'],
		] as const) {
			expect((await logIn(started, eve, asked)).welcome.user.id).toBe(given);
		}
	});

	test('that nobody may have becomes one that can be had', async () => {
		const started = startHub();
		expect((await logIn(started, makeProver(), 'root')).welcome.user.id).toBe('root_');
		expect((await logIn(started, makeProver(), 'root')).welcome.user.id).toBe('root_2');
		expect((await logIn(started, makeProver(), 'w'.repeat(24))).welcome.user.id).toBe('w'.repeat(24));
		expect((await logIn(started, makeProver(), 'w'.repeat(24))).welcome.user.id).toBe(`${'w'.repeat(23)}2`);
	});
});

describe('a login is refused', () => {
	const wrong = (change: (auth: { type: 'auth'; sig: string }) => object) => async () => {
		const started = startHub();
		const maya = makeProver();
		const { wire, say, hello } = await challenged(started, maya, 'maya');
		say(change(maya.auth(hello, only(wire, 'challenge'))));
		await settle();
		return wire;
	};

	test.each([
		['whose signature is of something else', wrong(({ sig }) => ({ type: 'auth', sig: sig.replace(/^..../, 'AAAA') }))],
		['whose signature is none', wrong(() => ({ type: 'auth', sig: '' }))],
		['whose signature is written in another way', wrong(({ sig }) => ({ type: 'auth', sig: `${sig}=` }))],
	])('%s, for good', async (_, play) => {
		const wire = await play();
		expect(only(wire, 'error')).toMatchObject({ code: 'auth_failed', retryable: false });
		expect(wire.closing?.code).toBe(4501);
	});

	test('that was made with another key', async () => {
		const started = startHub();
		const [maya, eve] = [makeProver(), makeProver()];
		const { wire, say } = await challenged(started, eve, 'maya', { key: maya.publicKey });
		say(eve.auth(eve.hello('maya'), only(wire, 'challenge')));
		await settle();
		expect(wire.closing?.code).toBe(4501);
	});

	test('that was recorded on another connection', async () => {
		const started = startHub();
		const maya = makeProver();
		const { wire, hello, say } = await challenged(started, maya, 'maya');
		const recorded = maya.auth(hello, only(wire, 'challenge'));
		say(recorded);
		await settle();
		expect(only(wire, 'welcome').user.id).toBe('maya');
		const { wire: other, connection } = started.connect();
		connection.receive(JSON.stringify(hello));
		await settle();
		connection.receive(JSON.stringify(recorded));
		await settle();
		expect([only(other, 'error').code, other.closing?.code]).toEqual(['auth_failed', 4501]);
	});

	test('that comes after ten seconds, but may be tried again', async () => {
		const started = startHub();
		const maya = makeProver();
		const { wire, hello, say } = await challenged(started, maya, 'maya');
		started.clock.pass(10_001);
		say(maya.auth(hello, only(wire, 'challenge')));
		await settle();
		expect([only(wire, 'error').code, wire.closing?.code]).toEqual(['auth_failed', 4408]);
	});

	test.each([
		['of small order', Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]).toString('base64url')],
		['that is none', 'key'],
	])('with a key %s', async (_, key) => {
		const { wire } = await challenged(startHub(), makeProver(), 'maya', { key });
		expect([only(wire, 'error').code, wire.closing?.code]).toEqual(['auth_failed', 4501]);
	});

	test.each([
		['a nonce', { nonce: undefined }],
		['a nonce that cannot be guessed', { nonce: '123456789012345' }],
		['an authority', { authority: undefined }],
	])('without %s', async (_, more) => {
		const { wire } = await challenged(startHub(), makeProver(), 'maya', more);
		expect([only(wire, 'error').code, wire.closing?.code]).toEqual(['auth_failed', 4501]);
	});

	test('when nothing comes in time, on a line that offered no subprotocol too', async () => {
		const started = startHub();
		const { wire } = await challenged(started, makeProver(), 'maya');
		started.clock.pass(10_000);
		started.hub.tick();
		expect([only(wire, 'error').code, wire.closing?.code]).toEqual(['auth_required', 4408]);
	});
});

test('what comes before the answer to a challenge is refused, and the login goes on', async () => {
	const started = startHub();
	const maya = makeProver();
	const { wire, say, hello } = await challenged(started, maya, 'maya');
	say({ type: 'subscribe', room: 'r', userId: 'maya', ref: 's' });
	say({ type: 'publish', room: 'r', sender: 'maya', content: 'hi', cid: 'c' });
	await settle();
	expect(wire.frames.slice(1)).toMatchObject([
		{ type: 'error', code: 'auth_required', ref: 's' },
		{ type: 'error', code: 'auth_required', cid: 'c', outcome: 'not_applied' },
	]);
	say(maya.auth(hello, only(wire, 'challenge')));
	await settle();
	expect(only(wire, 'welcome').user.id).toBe('maya');
});

test('two logins never get the same nonce', async () => {
	const started = startHub();
	const maya = makeProver();
	const lines = await Promise.all([1, 2, 3].map(() => challenged(started, maya, 'maya')));
	expect(new Set(lines.map(({ wire }) => only(wire, 'challenge').nonce)).size).toBe(3);
});
