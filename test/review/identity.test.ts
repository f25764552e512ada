/** What falls between names, keys and accounts. */
import { describe, expect, test } from 'vitest';
import { lookalikeKeys } from '../../src/broker/lookalikes.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { settle, startHub, startReadyHub } from '../broker/fake-line.ts';
import { logIn, only } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';

function wrapped(engine: Engine, changes: Partial<Engine>): Engine {
	return new Proxy(engine, {
		get(target, name) {
			const value: unknown = Reflect.get(changes, name) ?? Reflect.get(target, name, target);
			return typeof value === 'function' ? value.bind(target) : value;
		},
	});
}

describe('a nick', () => {
	test('that looks like one of its own and like one of another is not asked for without end', async () => {
		// `ll` and `Il` share a skeleton; `il` and `Il` share one in small letters.
		const memory = memoryEngine();
		let puts = 0;
		const engine = wrapped(memory, {
			putRecords: async (changes: Parameters<typeof memory.putRecords>[0]) => {
				puts += 1;
				if (puts > 50) {
					throw new Error(`Expected an end, after ${puts} tries`);
				}
				return memory.putRecords(changes);
			},
		});
		const started = await startReadyHub({ engine });
		const eve = makeProver();
		await logIn(started, eve, 'll');
		await logIn(started, makeProver(), 'il');
		const before = puts;
		const { welcome } = await logIn(started, eve, 'Il');
		expect(welcome.user.id).not.toBe('Il');
		expect(puts - before).toBeLessThan(5);
	});

	test('that was given back and is another’s now is not said as proven on an older connection', async () => {
		const started = startHub();
		const eve = makeProver();
		await logIn(started, eve, 'first');
		const older = await logIn(started, eve, 'boss');
		older.say({ type: 'subscribe', room: 'r', userId: 'boss' });
		for (const nick of ['aa', 'bb', 'cc', 'dd']) {
			await logIn(started, eve, nick);
		}
		const boss = await logIn(started, makeProver(), 'boss');
		expect(boss.welcome.user.id).toBe('boss');
		older.say({ type: 'publish', room: 'r', sender: 'boss', content: 'send me your passwords', cid: 'x' });
		await settle();
		const said = (await started.engine.range('r', { limit: 10 })).entries.map(({ text }) => JSON.parse(text));
		expect(said.filter(({ sender, verified, key }) => sender === 'boss' && verified && key === eve.publicKey)).toEqual(
			[],
		);
	});
});

describe('a guest', () => {
	test('cannot go by the account of somebody whom the embedder vouches for', async () => {
		const started = startHub({
			authenticate: (_, hello) => (hello?.user === 'alice' ? { id: '7', nick: 'alice' } : { role: 'guest' }),
		});
		const line = (user: string, device: string) => {
			const { wire, connection } = started.connect();
			(connection as { request?: unknown }).request = { url: '/', headers: {}, remoteAddress: '1.2.3.4' };
			const say = (frame: object) => connection.receive(JSON.stringify(frame));
			say({ type: 'hello', v: 1, user, device });
			return { wire, say };
		};
		const alice = line('alice', 'laptop');
		await settle();
		alice.say({ type: 'subscribe', room: 'r', userId: 'alice' });
		await settle();
		alice.say({ type: 'bye' });
		for (const content of ['one', 'two', 'three']) {
			await started.engine.append('r', [{ id: content, sender: 'x', content, verified: false }]);
		}
		// Somebody else, a guest, moves alice's place.
		const guest = line('id:7', 'laptop');
		await settle();
		expect(only(guest.wire, 'welcome').user).toMatchObject({ role: 'guest' });
		guest.say({ type: 'subscribe', room: 'r', userId: 'id:7', history: 3 });
		await settle();
		const { epoch } = only(guest.wire, 'subscribed');
		guest.say({ type: 'ack', room: 'r', epoch, sequence: 3 });
		await settle();
		const back = line('alice', 'laptop');
		await settle();
		back.say({ type: 'subscribe', room: 'r', userId: 'alice' });
		await settle();
		const contents = back.wire.frames.flatMap((frame) => (frame.type === 'message' ? [frame.content] : []));
		expect(contents).toEqual(['one', 'two', 'three']);
	});
});

describe('what looks for a free nick', () => {
	test('does not look at all that are taken, one by one', async () => {
		const memory = memoryEngine();
		for (let number = 1; number <= 20_000; number += 1) {
			const nick = number === 1 ? 'guest' : `guest${number}`;
			for (const key of lookalikeKeys(nick)) {
				await memory.putRecords([{ kind: 'nick', key, value: 'k' }]);
			}
		}
		const started = await startReadyHub({ engine: memory });
		const at = performance.now();
		started.connect('guest');
		const took = performance.now() - at;
		expect(took).toBeLessThan(50);
	});
});

describe('tokens', () => {
	test('that are made while all are revoked are revoked too, or made after', async () => {
		const memory = memoryEngine();
		let release: (() => void) | undefined;
		let isHeld = false;
		const engine = wrapped(memory, {
			putRecords: async (changes: Parameters<typeof memory.putRecords>[0]) => {
				if (isHeld && changes.some(({ kind, value }) => kind === 'token' && value !== null)) {
					isHeld = false;
					await new Promise<void>((resolve) => {
						release = resolve;
					});
				}
				return memory.putRecords(changes);
			},
		});
		const started = startHub({ engine });
		const ann = makeProver();
		const one = await logIn(started, ann, 'ann');
		const two = await logIn(started, ann, 'ann');
		isHeld = true;
		one.say({ type: 'token', ref: 'thief' });
		await settle();
		two.say({ type: 'token', ref: 'all', revoke: true });
		await settle();
		expect(only(two.wire, 'token')).toMatchObject({ revoked: 0 });
		release?.();
		await settle();
		expect((await memory.records('token')).size).toBe(0);
	});

	test('are no more than 16 also when many connections ask at once', async () => {
		const started = startHub();
		const ann = makeProver();
		const lines = [];
		for (let number = 0; number < 20; number += 1) {
			lines.push(await logIn(started, ann, 'ann'));
		}
		for (const { say } of lines) {
			say({ type: 'token' });
		}
		await settle();
		expect((await started.engine.records('token')).size).toBeLessThanOrEqual(16);
	});
});
