/** What lies between names, keys, tokens and accounts. */
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { lookalikeKeys } from '../../src/broker/lookalikes.ts';
import { checkOptions } from '../../src/broker/options.ts';
import type { Engine } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { makeProver } from '../helpers/proving.ts';
import { wrapped } from '../helpers/wrapped-engine.ts';
import { FakeWire, numbersOf, settle, startHub, startReadyHub } from './fake-line.ts';
import { comes, startOwned } from './known-people.ts';
import { challenged, logIn, only } from './logging-in.ts';

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
		const taken = Array.from({ length: 2000 }, (_, index) => (index === 0 ? 'guest' : `guest${index + 1}`));
		await memory.putRecords(taken.flatMap(lookalikeKeys).map((key) => ({ kind: 'nick', key, value: 'k' })));
		const started = await startReadyHub({ engine: memory });
		const [one, same, other] = [started.connect('guest'), started.connect('guest'), started.connect('guest')];
		await settle();
		const nicks = [one, same, other].map(({ wire }) => only(wire, 'welcome').user.id);
		// Chosen by the session, and so far from each other.
		expect(new Set(nicks).size).toBe(3);
		expect(nicks.every((nick) => Number(/\d+$/u.exec(nick)?.[0]) >= 100)).toBe(true);
	});

	test('gives the same session the same one', () => {
		const { hub } = startHub();
		expect(hub.directory.guestNick('guest', 's')).toBe('guest');
	});
});

describe('an address', () => {
	test('comes with so many new keys a minute, and with known ones as it likes', async () => {
		const started = startHub({ limits: { newKeysPerMinute: 2 } });
		const come = async (prover: ReturnType<typeof makeProver>, nick: string) => {
			const wire = new FakeWire();
			const connection = started.hub.accept(wire, { offersV1: true, address: '10.0.0.9' });
			const hello = prover.hello(nick);
			connection.receive(JSON.stringify(hello));
			await settle();
			connection.receive(JSON.stringify(prover.auth(hello, only(wire, 'challenge'))));
			await settle();
			return wire;
		};
		const [ann, bob, cat] = [makeProver(), makeProver(), makeProver()];
		expect(only(await come(ann, 'ann'), 'welcome').user.id).toBe('ann');
		expect(only(await come(bob, 'bob'), 'welcome').user.id).toBe('bob');
		const refused = await come(cat, 'cat');
		expect([only(refused, 'error').code, refused.closing?.code]).toEqual(['rate_limited', 1013]);
		expect(only(await come(ann, 'ann'), 'welcome').user.id).toBe('ann');
		started.clock.pass(60_000);
		expect(only(await come(cat, 'cat'), 'welcome').user.id).toBe('cat');
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
		const started = startHub({ limits: { connectionsPerKey: 100 } });
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

describe('a base client that comes back with a token', () => {
	test('gets what it had not confirmed, whatever another one of its user confirmed meanwhile', async () => {
		const started = startHub();
		const ann = makeProver();
		await logIn(started, ann, 'ann');
		const base = (device: string) => {
			const wire = new FakeWire();
			const connection = started.hub.accept(wire, { offersV1: false, credential: { key: ann.publicKey, device } });
			return { wire, connection, say: (frame: object) => connection.receive(JSON.stringify(frame)) };
		};
		const append = (id: string) => started.engine.append('r', [{ id, sender: 'x', content: id, verified: false }]);
		const desk = base('base:desk');
		desk.say({ type: 'subscribe', room: 'r', userId: 'ann' });
		await settle();
		await append('one');
		await settle();
		expect(numbersOf(desk.wire)).toEqual([1]);
		// Its link is lost; it has confirmed nothing of what comes now.
		desk.connection.closed(1006);
		await append('two');
		// Another base client of the same user begins to read the room.
		const phone = base('base:phone');
		phone.say({ type: 'subscribe', room: 'r', userId: 'ann' });
		await settle();
		const back = base('base:desk');
		back.say({ type: 'get_history', room: 'other' });
		await settle();
		expect(numbersOf(back.wire)).toContain(2);
	});
});

describe('a token', () => {
	test('that is revoked by a connection which came with it answers before it closes', async () => {
		const started = startHub();
		const ann = makeProver();
		await logIn(started, ann, 'ann');
		const wire = new FakeWire();
		const connection = started.hub.accept(wire, { offersV1: true, credential: { key: ann.publicKey } });
		connection.receive(JSON.stringify({ type: 'hello', v: 1, user: 'ann' }));
		await settle();
		connection.receive(JSON.stringify({ type: 'token', ref: 't', revoke: true }));
		await settle();
		expect(only(wire, 'token')).toMatchObject({ ref: 't' });
	});
});

describe('a guest whose nick is claimed by a key', () => {
	test('is told what became of what it said under it before it is sent away', async () => {
		let store = () => {};
		const memory = memoryEngine();
		const engine = wrapped(memory, {
			append: async (...asked: Parameters<Engine['append']>) => {
				await new Promise<void>((resolve) => {
					store = resolve;
				});
				return memory.append(...asked);
			},
		});
		const started = await startReadyHub({ engine });
		const guest = started.connect('bob');
		guest.say({ type: 'publish', room: 'r', sender: 'bob', content: 'hello', cid: 'c-1' });
		await logIn(started, makeProver(), 'bob');
		// What it would say now would be said under another name.
		guest.say({ type: 'publish', room: 'r', sender: 'bob', content: 'later', cid: 'c-2' });
		await settle();
		expect(guest.wire.closing).toBeUndefined();
		store();
		await settle();
		expect(only(guest.wire, 'published').cid).toBe('c-1');
		expect(guest.wire.closing?.code).toBe(1012);
		expect((await memory.range('r', { limit: 10 })).entries).toHaveLength(1);
	});
});

describe('what a base client calls itself in a publish that is refused', () => {
	test('is not kept, whatever its size', async () => {
		const started = startHub();
		await started.hub.directory.ready;
		const { connection, say } = started.connect();
		say({ type: 'publish', room: 'r', sender: '\ufdfa'.repeat(20_000), content: 'x' });
		await settle();
		// It would be looked at by each `get_history`, for 30 ms.
		expect(connection.saidName.length).toBeLessThan(200);
	});
});

describe('a login that is carried on', () => {
	test('is void at a broker that is embedded in a server, with nothing said of hosts', async () => {
		const server = createServer();
		const { hosts } = checkOptions({ engine: memoryEngine(), server }, { node: 'n', seed: 1 });
		const started = startHub({ server });
		expect(hosts).toBe('any');
		const maya = makeProver();
		// maya dials somebody else, who carries all frames to this broker and back.
		const line = await challenged(started, maya, 'maya', { authority: 'evil.example.com:443' });
		expect(line.wire.frames.map(({ type }) => type)).not.toContain('challenge');
	});
});

describe('two connections of one key', () => {
	test('that come under two nicks at once each get their own', async () => {
		const started = startHub();
		const ann = makeProver();
		await logIn(started, ann, 'ann');
		const one = await challenged(started, ann, 'aa');
		const two = await challenged(started, ann, 'bb');
		one.say(ann.auth(one.hello, only(one.wire, 'challenge')));
		two.say(ann.auth(two.hello, only(two.wire, 'challenge')));
		await settle();
		expect([only(one.wire, 'welcome').user.id, only(two.wire, 'welcome').user.id]).toEqual(['aa', 'bb']);
	});
});

describe('a publish whose answer was lost', () => {
	test('is known again when its author’s nick is another one now', async () => {
		const started = await startOwned();
		const eve = makeProver();
		const first = await comes(started, 'eve', eve);
		await first.ask({ type: 'publish', room: 'r', sender: 'eve', content: 'hi', cid: 'c', producer: 'p', pseq: 1 });
		const second = await comes(started, 'eva', eve);
		const told = await second.ask({
			...{ type: 'publish', room: 'r', sender: 'eva', content: 'hi', cid: 'c', producer: 'p', pseq: 1 },
		});
		expect(told).toMatchObject([{ type: 'published', duplicate: true }]);
	});
});
