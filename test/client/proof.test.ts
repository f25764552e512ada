import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ClientFrames, FromBroker } from '../../src/protocol/frames.ts';
import { fingerprintOf, isSigned, publicKeyOf, signTranscript } from '../../src/protocol/identity.ts';
import { welcome } from './model-broker.ts';
import { Script } from './script.ts';

const [own, broker, other] = [1, 2, 3].map(() => generateKeyPairSync('ed25519').privateKey) as [
	KeyObject,
	KeyObject,
	KeyObject,
];
const authority = 'chat.example:8080';

function prover(pin?: KeyObject): Script {
	const identity = {
		key: publicKeyOf(own),
		sign: (transcript: Parameters<typeof signTranscript>[2]) => signTranscript(own, 'client', transcript),
	};
	return new Script({}, undefined, { identity, authority, pin: pin && publicKeyOf(pin) });
}

function greeted(pin?: KeyObject) {
	const script = prover(pin).opened();
	const hello = script.sent().find((frame): frame is ClientFrames['hello'] => frame.type === 'hello');
	if (hello === undefined) {
		throw new Error('Expected a hello');
	}
	return { script, hello };
}

function transcriptOf(hello: ClientFrames['hello'], key: KeyObject) {
	return {
		...{ brokerKey: publicKeyOf(key), clientKey: hello.key ?? '', clientNonce: hello.nonce ?? '' },
		...{ brokerNonce: 'broker-nonce', nick: hello.user ?? '', authority },
	};
}

function challenge(hello: ClientFrames['hello'], key: KeyObject, change = {}): FromBroker {
	const sig = signTranscript(key, 'server', { ...transcriptOf(hello, key), ...change });
	return { type: 'challenge', key: publicKeyOf(key), nonce: 'broker-nonce', sig, expiresInMs: 10_000 };
}

const welcomed = { ...welcome('sam'), user: { id: 'sam', verified: true, role: 'member', inbox: '@sam' } };

/** What is said and done since the last look, in words. */
function doings(script: Script): readonly string[] {
	return script.look().flatMap((output) => {
		switch (output.type) {
			case 'send':
				return [`send ${output.frame.type}`];
			case 'pin':
				return ['pin'];
			case 'dial':
			case 'hangUp':
				return [output.type];
			case 'status':
				return output.status.state === 'closed' ? [`closed: ${output.status.cause?.code}`] : [];
			default:
				return [];
		}
	});
}

describe('a client with a key', () => {
	test('signs for the broker that proved itself, and remembers that one when it is let in', () => {
		const { script, hello } = greeted();
		expect(hello).toMatchObject({ key: publicKeyOf(own), authority, user: 'sam' });
		script.says(challenge(hello, broker));
		const [auth] = script.sent();
		expect(auth?.type === 'auth' && isSigned('client', transcriptOf(hello, broker), auth.sig)).toBe(true);
		script.says(welcomed);
		expect(doings(script)).toContain('pin');
		expect(script.session.user).toEqual({ id: 'sam', verified: true, role: 'member', inbox: '@sam' });
	});

	test('does not remember a broker again, nor one that did not let it in', () => {
		const known = greeted(broker);
		known.script.says(challenge(known.hello, broker), welcomed);
		expect(doings(known.script)).not.toContain('pin');
		const { script, hello } = greeted();
		script.says(challenge(hello, broker)).closes();
		expect(doings(script)).not.toContain('pin');
	});

	test('tells nothing but who it is before the broker has proven itself, whatever waits to be sent', () => {
		const script = prover(broker);
		script.join('r');
		script.publish('hello');
		script.opened().passes(5000);
		const told = script.sent().map(({ type, ...fields }) => [type, ...Object.keys(fields).sort()]);
		expect(told).toEqual([['hello', 'authority', 'client', 'key', 'nonce', 'presence', 'session', 'user', 'v']]);
	});

	test('says something else to prove itself on each link', () => {
		const { script, hello } = greeted();
		script.closes().passes(60_000).opened();
		const again = script.sent().find((frame) => frame.type === 'hello');
		expect(again).toMatchObject({ key: hello.key });
		expect(again).not.toMatchObject({ nonce: hello.nonce });
	});

	test('stops for good, having signed nothing, when the broker has another key than before', () => {
		const { script, hello } = greeted(broker);
		script.says(challenge(hello, other));
		expect(doings(script)).toEqual(['hangUp', 'closed: broker key changed']);
		expect(script.session.status).toMatchObject({
			cause: { keys: { known: fingerprintOf(publicKeyOf(broker)), shown: fingerprintOf(publicKeyOf(other)) } },
		});
		script.passes(600_000);
		expect(doings(script)).toEqual([]);
	});

	test('notices that within one run too', () => {
		const { script, hello } = greeted();
		script.says(challenge(hello, broker), welcomed).closes().passes(60_000).opened();
		const again = script.sent().find((frame): frame is ClientFrames['hello'] => frame.type === 'hello');
		script.says(challenge(again ?? hello, other));
		expect(doings(script)).toContain('closed: broker key changed');
	});

	test.each([
		['another nick', { nick: 'eve' }],
		['another authority', { authority: 'evil.example:8080' }],
		['another nonce', { clientNonce: 'another' }],
		['another client', { clientKey: publicKeyOf(other) }],
	])('signs nothing for a challenge that was signed for %s', (_, change) => {
		const { script, hello } = greeted();
		script.says(challenge(hello, broker, change));
		expect(doings(script)).toEqual(['hangUp', 'closed: broker unproven']);
	});

	test('signs nothing for what it might have signed itself', () => {
		const { script, hello } = greeted();
		const sig = signTranscript(broker, 'client', transcriptOf(hello, broker));
		script.says({ type: 'challenge', key: publicKeyOf(broker), nonce: 'broker-nonce', sig, expiresInMs: 1 });
		expect(doings(script)).toEqual(['hangUp', 'closed: broker unproven']);
	});

	test('is not made a guest by a welcome without a proof', () => {
		const { script } = greeted();
		script.says(welcomed);
		expect(doings(script)).toEqual(['hangUp', 'closed: broker unproven']);
	});
});

describe('a client that has known the broker', () => {
	test('does not take it for a base broker, whatever is said', () => {
		const { script } = greeted(broker);
		script.says({ type: 'error', error: 'Invalid message format' });
		expect(doings(script)).toEqual(['hangUp', 'closed: broker unproven']);
	});

	test('says nothing to it when it is silent, and dials again', () => {
		const { script } = greeted(broker);
		script.join();
		script.passes(10_000);
		expect(doings(script)).toEqual(['hangUp']);
		script.passes(500);
		expect(doings(script)).toEqual(['dial']);
	});
});

describe('a client that meets a broker first', () => {
	test('speaks to a base broker as one that has no key would', () => {
		const { script } = greeted();
		script.join();
		script.passes(3000).says({ type: 'subscribed', room: 'r', sequence: 0 });
		expect(script.session.status).toMatchObject({ state: 'online', protocol: 'base' });
		expect(script.session.user).toBeUndefined();
	});

	test('proves itself also when the challenge comes after it gave up waiting', () => {
		const { script, hello } = greeted();
		script.join();
		script.passes(3000);
		script.look();
		script.says({ type: 'error', error: 'Expected auth', code: 'auth_required', room: 'r' });
		expect(script.notices()).toEqual([]);
		script.says(challenge(hello, broker), welcomed);
		expect(script.session.status).toMatchObject({ state: 'online', protocol: 'v1' });
	});
});
