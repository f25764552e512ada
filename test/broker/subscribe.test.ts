import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { settle, startHub } from './fake-line.ts';
import { range, takeNumbers } from './numbers.ts';
import { startBroker } from './running.ts';

const drafts = (from: number, to: number) =>
	range(from, to).map((number) => ({ id: `m${number}`, sender: 'bob', content: `line ${number}` }));

const subscribe = (more: object = {}) => ({ type: 'subscribe', room: 'general', userId: 'ana', ref: 's', ...more });

const publish = (content: string, more: object = {}) => ({
	type: 'publish',
	room: 'general',
	sender: 'ana',
	content,
	...more,
});

describe('subscribe', () => {
	test('tells where the room stands, then sends the asked history and goes on live', async () => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 700));
		const { epoch } = await engine.state('general');
		const ana = await RawPeer.join(url, 'ana');
		expect(await ana.ask(subscribe({ history: 500 }), 'subscribed')).toEqual({
			type: 'subscribed',
			room: 'general',
			ref: 's',
			sequence: 200,
			epoch,
			head: 700,
			oldest: 1,
			recovered: 'new',
			canPublish: true,
			token: expect.stringMatching(/^[\w-]{22}$/),
		});
		await engine.append('general', drafts(701, 710));
		expect(await takeNumbers(ana, 510)).toEqual(range(201, 710));
	});

	test('tells everybody the same token of a room, from which its name cannot be told without the secret', async () => {
		const tokenOf = async (secret: string, room: string, user: string) => {
			const { url } = await startBroker({ secret });
			const peer = await RawPeer.join(url, user);
			return (await peer.ask(subscribe({ room, userId: user }), 'subscribed')).token;
		};
		const [secret, other] = ['a secret of some length', 'another secret of some length'];
		const token = await tokenOf(secret, 'general', 'ana');
		expect(await tokenOf(secret, 'general', 'bob')).toBe(token);
		expect(await tokenOf(secret, 'news', 'ana')).not.toBe(token);
		expect(await tokenOf(other, 'general', 'ana')).not.toBe(token);
	});

	test('resumes after the last number that the client has', async () => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 20));
		const { epoch } = await engine.state('general');
		const ana = await RawPeer.join(url, 'ana');
		const since = { epoch, sequence: 15 };
		expect(await ana.ask(subscribe({ since }), 'subscribed')).toMatchObject({ sequence: 15, recovered: 'full' });
		expect(await takeNumbers(ana, 5)).toEqual(range(16, 20));
	});

	test('again for the same room begins anew at the asked place', async () => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 5));
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		await ana.ask(subscribe({ history: 3 }), 'subscribed');
		expect(await takeNumbers(ana, 3)).toEqual([3, 4, 5]);
		await engine.append('general', drafts(6, 6));
		expect(await takeNumbers(ana, 1)).toEqual([6]);
	});

	test('goes before a publish that was sent right behind it, so that the sender sees its own message', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		ana.send(subscribe());
		ana.send(publish('first', { cid: 'c' }));
		expect(await ana.take('subscribed')).toMatchObject({ sequence: 0 });
		expect(await ana.take('published')).toMatchObject({ sequence: 1, cid: 'c' });
		expect(await ana.take('message')).toMatchObject({ sequence: 1, content: 'first', cid: 'c' });
	});

	test('is refused when the engine cannot be reached, and may be tried again', async () => {
		const inner = memoryEngine();
		let broken = true;
		const engine = Object.assign(Object.create(inner) as typeof inner, {
			follow: async (...[room, listener]: Parameters<typeof inner.follow>) => {
				if (broken) {
					const closed = memoryEngine();
					await closed.close();
					return closed.follow(room, listener);
				}
				return inner.follow(room, listener);
			},
		});
		for (const method of [
			'append',
			'range',
			'state',
			'members',
			'setMember',
			'followMembers',
			'records',
			'putRecords',
			'followRecords',
			'close',
		] as const) {
			Object.assign(engine, { [method]: inner[method].bind(inner) });
		}
		const { url } = await startBroker({ engine });
		const ana = await RawPeer.join(url, 'ana');
		expect(await ana.ask(subscribe(), 'error')).toMatchObject({ code: 'unavailable', ref: 's', retryable: true });
		broken = false;
		expect(await ana.ask(subscribe(), 'subscribed')).toMatchObject({ sequence: 0 });
	});

	test('after unsubscribe follows the engine again and misses nothing, however fast they alternate', async () => {
		const { url, engine } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		for (let round = 0; round < 20; round += 1) {
			ana.send(subscribe());
			ana.send({ type: 'unsubscribe', room: 'general' });
		}
		ana.send(subscribe({ ref: 'last' }));
		while ((await ana.take('subscribed')).ref !== 'last') {}
		await engine.append('general', drafts(1, 3));
		expect(await takeNumbers(ana, 3)).toEqual([1, 2, 3]);
	});
});

describe('unsubscribe', () => {
	test('is confirmed and ends delivery; a room that is not subscribed to is refused', async () => {
		const { url, engine } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		expect(await ana.ask({ type: 'unsubscribe', room: 'general', ref: 'u' }, 'unsubscribed')).toEqual({
			type: 'unsubscribed',
			room: 'general',
			ref: 'u',
			reason: 'client',
		});
		await engine.append('general', drafts(1, 1));
		expect((await ana.untilPong()).map(({ type }) => type)).toEqual([]);
		expect(await ana.ask({ type: 'unsubscribe', room: 'general', ref: 'v' }, 'error')).toMatchObject({
			code: 'not_subscribed',
			ref: 'v',
		});
	});
});

describe('chaos', () => {
	test('befalls live messages to v1 readers alone, and leaves the log true', async () => {
		const { url, engine } = await startBroker({ chaos: { faults: ['drop'], seed: 1 } });
		const ana = await RawPeer.join(url, 'ana');
		const base = await RawPeer.dial(url, { protocols: [] });
		await base.ask({ type: 'subscribe', room: 'general', userId: 'bea' }, 'subscribed');
		await ana.ask(subscribe(), 'subscribed');
		await engine.append('general', drafts(1, 100));
		expect(await takeNumbers(base, 100)).toEqual(range(1, 100));
		const history = await ana.ask({ type: 'get_history', room: 'general', after: 0 }, 'history');
		expect(history.messages.length).toBe(100);
		const live = ana.frames.filter(({ type }) => type === 'message').length;
		expect(live).toBeGreaterThan(50);
		expect(live).toBeLessThan(90);
		await ana.ask(subscribe({ history: 100 }), 'subscribed');
		expect(await takeNumbers(ana, 100)).toEqual(range(1, 100));
	});

	test('lets out what it held without another message', async () => {
		const { connect, engine, clock } = startHub({ chaos: { faults: ['delay', 'reorder'], seed: 3 } });
		const { wire, say } = connect('ana');
		say(subscribe());
		await settle();
		await engine.append('general', drafts(1, 40));
		await settle();
		const numbers = () => wire.frames.flatMap((frame) => (frame.type === 'message' ? [frame.sequence] : []));
		expect(numbers().length).toBeLessThan(40);
		clock.pass(1000);
		expect(numbers()).not.toEqual(range(1, 40));
		expect(numbers().sort((one, other) => one - other)).toEqual(range(1, 40));
	});
});
