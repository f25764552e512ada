import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
	fingerprintOf,
	isSigned,
	publicKeyOf,
	readPublicKey,
	signTranscript,
	type Transcript,
} from '../../src/protocol/identity.ts';

const newKey = (): KeyObject => generateKeyPairSync('ed25519').privateKey;
const [broker, client] = [newKey(), newKey()];
const transcript: Transcript = {
	brokerKey: publicKeyOf(broker),
	clientKey: publicKeyOf(client),
	clientNonce: 'n1',
	brokerNonce: 'n2',
	nick: 'ann',
	authority: 'localhost:8080',
};
const base64url = (hex: string) => Buffer.from(hex, 'hex').toString('base64url');

describe('a public key', () => {
	// RFC 8032, section 7.1, test 1.
	const known = base64url('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');

	test('is read as it is written', () => {
		const key = readPublicKey(known);
		expect(key && publicKeyOf(key)).toBe(known);
		expect(readPublicKey(transcript.clientKey)?.equals(readPublicKey(publicKeyOf(client)) as KeyObject)).toBe(true);
	});

	test('has a fingerprint that people can compare', () => {
		expect(fingerprintOf(known)).toBe('SHA256:If4x36FUomFia/hUBG/SJxt77UtqvkWqWId+9H+XIbk');
	});

	// The eight points of small order, and other ways to write some of them: libsodium, ge25519_has_small_order.
	test.each([
		['0', '0000000000000000000000000000000000000000000000000000000000000000'],
		['1', '0100000000000000000000000000000000000000000000000000000000000000'],
		['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
		['order 8', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
		['order 8, negative', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
		['order 8, negative', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'],
		['p - 1', 'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
		['p', 'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
		['p + 1', 'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
		['-0', '0000000000000000000000000000000000000000000000000000000000000080'],
		['no point', '0200000000000000000000000000000000000000000000000000000000000000'],
		['short', 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751'],
	])('that is %s is refused', (_, hex) => {
		expect(readPublicKey(base64url(hex))).toBeUndefined();
	});

	test('is refused in any other writing', () => {
		expect(readPublicKey(`${known}=`)).toBeUndefined();
		expect(readPublicKey(`${known.slice(0, -1)}b`)).toBeUndefined();
		fc.assert(fc.property(fc.string(), (text) => readPublicKey(text) === undefined));
	});

	test('of another kind has no place here', () => {
		expect(() => publicKeyOf(generateKeyPairSync('x25519').privateKey)).toThrow('Expected an Ed25519 key, got x25519');
	});
});

describe('a signature', () => {
	test('holds for the end that made it', () => {
		expect(isSigned('client', transcript, signTranscript(client, 'client', transcript))).toBe(true);
		expect(isSigned('server', transcript, signTranscript(broker, 'server', transcript))).toBe(true);
	});

	test('does not hold for the other role, nor by another key', () => {
		expect(isSigned('server', transcript, signTranscript(broker, 'client', transcript))).toBe(false);
		expect(isSigned('client', transcript, signTranscript(broker, 'client', transcript))).toBe(false);
	});

	test('does not hold when any field is another, however its bytes are shifted', () => {
		const names = Object.keys(transcript) as (keyof Transcript)[];
		fc.assert(
			fc.property(fc.constantFrom(...names), fc.string({ minLength: 1 }), (name, more) => {
				const other = { ...transcript, [name]: transcript[name] + more };
				const signed = signTranscript(client, 'client', other);
				expect(isSigned('client', transcript, signed)).toBe(false);
			}),
		);
		const shifted = { ...transcript, clientNonce: 'n', brokerNonce: '1n2' };
		expect(isSigned('client', shifted, signTranscript(client, 'client', transcript))).toBe(false);
	});

	test('of a key of small order holds for nothing', () => {
		// With the point 1 as key and R, and s = 0, plain verification would take this for any text.
		const forged = base64url(`01${'00'.repeat(63)}`);
		const clientKey = base64url(`01${'00'.repeat(31)}`);
		expect(isSigned('client', { ...transcript, clientKey }, forged)).toBe(false);
	});

	test('that is none is false', () => {
		const right = signTranscript(client, 'client', transcript);
		const bare = sign(null, Buffer.from('natter/auth/v1'), client).toString('base64url');
		for (const text of ['', 'x', `${right}=`, `${right}A`, right.slice(0, -2), bare]) {
			expect(isSigned('client', transcript, text)).toBe(false);
		}
	});
});
