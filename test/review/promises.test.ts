/** What the docs say of attacks, against what holds. */
import { createServer } from 'node:http';
import { describe, expect, test } from 'vitest';
import { checkOptions } from '../../src/broker/options.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { FakeWire, settle, startHub } from '../broker/fake-line.ts';
import { comes, startOwned } from '../broker/known-people.ts';
import { challenged, logIn, only } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';

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
