/** Records that disagree: after a flipped bit a record is as if it had never been put (docs/guarantees.md). */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { lookalikeKeys } from '../../src/broker/lookalikes.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { fingerprintOf, publicKeyOf } from '../../src/protocol/identity.ts';
import { settle, startHub, startReadyHub } from '../broker/fake-line.ts';
import { challenged, logIn, only } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';
import { wrapped } from '../helpers/wrapped-engine.ts';

describe('a lost record', () => {
	test('of a user does not keep its owner’s login going round for ever', async () => {
		const memory = memoryEngine();
		const maya = makeProver();
		await memory.putRecords(lookalikeKeys('maya').map((key) => ({ kind: 'nick', key, value: maya.publicKey })));
		let puts = 0;
		const engine = wrapped(memory, {
			putRecords: async (changes: Parameters<Engine['putRecords']>[0]) => {
				puts += 1;
				if (puts > 50) {
					throw new Error('Expected an end');
				}
				return memory.putRecords(changes);
			},
		});
		const started = await startReadyHub({ engine });
		const line = await challenged(started, maya, 'maya');
		line.say(maya.auth(line.hello, only(line.wire, 'challenge')));
		await settle();
		expect(puts).toBeLessThan(5);
		expect(only(line.wire, 'welcome').user.id).toBe('maya');
	});

	test('of a nick does not give its owner’s inbox to whoever takes the nick next', async () => {
		const memory = memoryEngine();
		const [maya, sam, eve] = [makeProver(), makeProver(), makeProver()];
		const before = startHub({ engine: memory });
		await logIn(before, maya, 'maya');
		const line = await logIn(before, sam, 'sam');
		line.say({ type: 'publish', room: '@maya', sender: 'sam', content: 'the secret', cid: 'c' });
		await settle();
		only(line.wire, 'published');
		// The bit flips; the broker starts again.
		await memory.putRecords(lookalikeKeys('maya').map((key) => ({ kind: 'nick', key, value: null })));
		const after = startHub({ engine: memory });
		const thief = await logIn(after, eve, 'maya');
		const { inbox = '' } = thief.welcome.user;
		thief.say({ type: 'subscribe', room: inbox, userId: 'maya', history: 100 });
		await settle();
		expect(JSON.stringify(thief.wire.frames)).not.toContain('the secret');
	});
});

describe('an account that an embedder vouches for', () => {
	test('is no owner because its id, decoded, is an owner’s key', { timeout: 60_000 }, async () => {
		let key = '';
		while (!key.startsWith('id')) {
			key = publicKeyOf(generateKeyPairSync('ed25519').publicKey);
		}
		const started = startHub({
			owners: [fingerprintOf(key)],
			authenticate: () => ({ id: key.slice(2), nick: 'eve' }),
		});
		const { wire, connection } = started.connect();
		(connection as { request?: unknown }).request = { url: '/', headers: {}, remoteAddress: '1.2.3.4' };
		connection.receive(JSON.stringify({ type: 'hello', v: 1, user: 'eve' }));
		await settle();
		expect(only(wire, 'welcome').user.role).toBe('member');
	});
});
