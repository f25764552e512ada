/** What the docs say of attacks, against what holds. */
import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { KnownBrokersFile } from '../../src/cli/known-brokers.ts';
import { ignoring, personNamed } from '../../src/tui/slices/ignored.ts';
import { received } from '../../src/tui/slices/transcript.ts';
import { FakeWire, settle } from '../broker/fake-line.ts';
import { comes, startOwned } from '../broker/known-people.ts';
import { only } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';
import { room } from '../tui/states.ts';

describe('known_brokers', () => {
	test('that was edited by hand and ends without a line end still takes the next broker', () => {
		const path = join(mkdtempSync(join(tmpdir(), 'st-')), 'known_brokers');
		const [one, other] = [makeProver().publicKey, makeProver().publicKey];
		writeFileSync(path, `a:1 ed25519 ${one}`);
		chmodSync(path, 0o600);
		const file = new KnownBrokersFile(path);
		file.add('b:2', other);
		expect(file.find('b:2')).toBe(other);
		expect(file.find('a:1')).toBe(one);
	});

	test('keeps its comments when a broker is forgotten', () => {
		const path = join(mkdtempSync(join(tmpdir(), 'st-')), 'known_brokers');
		writeFileSync(path, `# mine\na:1 ed25519 ${makeProver().publicKey}\nb:2 ed25519 ${makeProver().publicKey}\n`);
		chmodSync(path, 0o600);
		new KnownBrokersFile(path).forget('a:1');
		expect(readFileSync(path, 'utf8')).toContain('# mine');
	});
});

describe('a role that an embedder vouches for', () => {
	test('lasts while another one is recorded', async () => {
		const started = await startOwned({
			authenticate: (_, hello) =>
				hello?.user === 'boss' ? { id: '1', nick: 'boss', role: 'owner' } : { id: '2', nick: 'vera', role: 'admin' },
		});
		const line = (user: string) => {
			const wire = new FakeWire();
			const request = { url: '/', headers: {}, remoteAddress: '1.2.3.4' };
			const connection = started.hub.accept(wire, { offersV1: true, request });
			const say = (frame: object) => connection.receive(JSON.stringify(frame));
			say({ type: 'hello', v: 1, user });
			return { wire, say, connection };
		};
		const boss = line('boss');
		const vera = line('vera');
		await settle();
		expect(only(vera.wire, 'welcome').user.role).toBe('admin');
		boss.say({ type: 'admin', op: 'grant', userId: 'vera', role: 'admin', ref: '1' });
		await settle();
		boss.say({ type: 'admin', op: 'grant', userId: 'vera', role: 'member', ref: '2' });
		await settle();
		expect(vera.connection.user.role).toBe('admin');
	});

	test('protects from other admins while they are away', async () => {
		const started = await startOwned({
			authenticate: (_, hello) => ({ id: hello?.user ?? '', nick: hello?.user ?? '', role: 'admin' }),
		});
		const line = (user: string) => {
			const wire = new FakeWire();
			const request = { url: '/', headers: {}, remoteAddress: '1.2.3.4' };
			const connection = started.hub.accept(wire, { offersV1: true, request });
			const say = (frame: object) => connection.receive(JSON.stringify(frame));
			say({ type: 'hello', v: 1, user });
			return { wire, say, connection };
		};
		const vera = line('vera');
		const carl = line('carl');
		await settle();
		vera.say({ type: 'bye' });
		vera.connection.closed(1000);
		await settle();
		carl.say({ type: 'admin', op: 'ban', userId: 'vera', ref: '1' });
		await settle();
		expect(carl.wire.frames.filter(({ type }) => type === 'ok')).toEqual([]);
	});
});

describe('an order of somebody whose role was taken', () => {
	test('clears no history after that', async () => {
		const started = await startOwned();
		const adam = await comes(started, 'adam');
		expect(await started.sam.order({ op: 'grant', userId: 'adam', role: 'admin' })).toBe('ok');
		await adam.ask({ type: 'publish', room: 'r', sender: 'adam', content: 'kept', cid: 'c' });
		// In this order they reach the store.
		started.sam.say({ type: 'admin', op: 'grant', userId: 'adam', role: 'member', ref: 'g' });
		adam.say({ type: 'admin', op: 'clear_history', room: 'r', ref: 'c' });
		await settle();
		expect((await started.engine.range('r', { limit: 10 })).entries).toHaveLength(1);
	});
});

describe('/ignore', () => {
	test('of a base client that speaks under an owned nick holds for what it says next', () => {
		const wire = { sender: '~maya', content: 'spam' };
		// `/ignore ~maya` means this, and takes what stands on the screen already away.
		const person = personNamed({ rooms: [] }, '~maya');
		expect(ignoring(person === undefined ? [] : [person])(wire)).toBe(true);
	});
});

describe('what another key said under a nick that is mine now', () => {
	test('is not shown as mine', () => {
		const message = {
			...{ id: 'm', room: 'general', sender: 'boss', content: 'from before', sequence: 1, timestamp: 5 },
			...{ verified: true, key: makeProver().publicKey },
		};
		const reader = { nick: 'boss', onlineSince: 0, inbox: '@boss', isVerified: true };
		const item = { kind: 'message', message, old: true } as const;
		const { rows } = received(room('general'), [item], reader, { at: 10, time: 10, id: 'x' });
		expect(rows).toMatchObject([{ kind: 'said', mine: false }]);
	});
});
