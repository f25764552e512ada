import { describe, expect, test } from 'vitest';
import { placeOf } from '../../src/broker/handlers/subscribe.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const drafts = (from: number, to: number) =>
	range(from, to).map((number) => ({ id: `m${number}`, sender: 'bob', content: `line ${number}` }));

async function takeNumbers(peer: RawPeer, count: number): Promise<number[]> {
	const numbers: number[] = [];
	while (numbers.length < count) {
		numbers.push((await peer.take('message')).sequence);
	}
	return numbers;
}

const subscribe = (more: object = {}) => ({ type: 'subscribe', room: 'general', userId: 'ana', ref: 's', ...more });
const publish = (content: string, more: object = {}) => ({
	type: 'publish',
	room: 'general',
	sender: 'ana',
	content,
	...more,
});

describe('where a subscription begins', () => {
	const standing = { epoch: 'e', head: 50, oldest: 11 };

	test.each([
		['at the head, without a wish', {}, { sequence: 50, recovered: 'new' }],
		['so far back as asked', { history: 10 }, { sequence: 40, recovered: 'new' }],
		['at the oldest that is kept', { history: 500 }, { sequence: 10, recovered: 'new' }],
		['where it was', { since: { epoch: 'e', sequence: 30 } }, { sequence: 30, recovered: 'full' }],
		[
			'where it was, at the head',
			{ since: { epoch: 'e', sequence: 50 }, history: 5 },
			{ sequence: 50, recovered: 'full' },
		],
		['where it was, just not trimmed', { since: { epoch: 'e', sequence: 10 } }, { sequence: 10, recovered: 'full' }],
		[
			'after what was trimmed',
			{ since: { epoch: 'e', sequence: 9 } },
			{ sequence: 10, recovered: 'partial', gap: { from: 10, to: 10, reason: 'trimmed' } },
		],
		[
			'at the head, when it was beyond it',
			{ since: { epoch: 'e', sequence: 53 } },
			{ sequence: 50, recovered: 'rewound', rewind: { to: 50, lost: 3 } },
		],
		[
			'anew, in another epoch',
			{ since: { epoch: 'd', sequence: 30 }, history: 10 },
			{ sequence: 40, recovered: 'none' },
		],
	])('%s', (_, asked, place) => {
		expect(placeOf(asked, standing)).toEqual(place);
	});
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
		});
		await engine.append('general', drafts(701, 710));
		expect(await takeNumbers(ana, 510)).toEqual(range(201, 710));
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
		for (const method of ['append', 'range', 'state', 'members', 'setMember', 'followMembers', 'close'] as const) {
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

describe('publish', () => {
	test('is answered with the place, and a repeat of the cid with the same place', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		const first = await ana.ask(publish('hi', { cid: 'c', ref: 'r' }), 'published');
		expect(first).toEqual({
			type: 'published',
			ref: 'r',
			cid: 'c',
			room: 'general',
			id: expect.stringMatching(/^[\w-]{22}$/),
			sequence: 1,
			epoch: expect.any(String),
			timestamp: expect.any(Number),
			duplicate: false,
			durability: 'memory',
		});
		expect(await ana.ask(publish('hi', { cid: 'c', ref: 's' }), 'published')).toEqual({
			...first,
			ref: 's',
			duplicate: true,
		});
		const again = await RawPeer.join(url, 'ana');
		expect((await again.ask(publish('hi', { cid: 'c' }), 'published')).id).toBe(first.id);
	});

	test('gives the same cid of another user or room another id', async () => {
		const { url } = await startBroker();
		const [ana, bob] = [await RawPeer.join(url, 'ana'), await RawPeer.join(url, 'bob')];
		const ids = [
			(await ana.ask(publish('hi', { cid: 'c' }), 'published')).id,
			(await ana.ask(publish('hi', { cid: 'c', room: 'news' }), 'published')).id,
			(await bob.ask(publish('hi', { cid: 'c', sender: 'bob' }), 'published')).id,
			(await bob.ask(publish('hi', { sender: 'bob' }), 'published')).id,
			(await bob.ask(publish('hi', { sender: 'bob' }), 'published')).id,
		];
		expect(new Set(ids).size).toBe(5);
	});

	test('keeps the order of one connection when many are under way, and tells the sender before the readers', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		for (const number of range(1, 400)) {
			ana.send(publish(`line ${number}`, { cid: `c${number}` }));
		}
		expect(await takeNumbers(ana, 400)).toEqual(range(1, 400));
		const messages = ana.frames.filter((frame) => frame.type === 'message');
		expect(messages.map(({ content }) => content)).toEqual(range(1, 400).map((number) => `line ${number}`));
		const places = new Map(
			ana.frames.map((frame, index) => [`${frame.type} ${'cid' in frame ? frame.cid : ''}`, index]),
		);
		for (const number of range(1, 400)) {
			expect(places.get(`published c${number}`)).toBeLessThan(places.get(`message c${number}`) ?? 0);
		}
	});

	test('cleans the content once for everybody', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		ana.send(publish('\u001b[31mred\r\nblue'));
		expect(await ana.take('message')).toMatchObject({ content: '␛[31mred\nblue' });
	});

	test('carries tags and what it replies to', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		ana.send(publish('hi', { tags: { level: 'error', ms: 5, ok: true }, replyTo: 3 }));
		expect(await ana.take('message')).toMatchObject({
			tags: { level: 'error', ms: 5, ok: true },
			replyTo: 3,
			verified: false,
		});
	});

	test.each([
		['as somebody else', { sender: 'bob' }, 'identity_mismatch'],
		['nothing visible', { content: ' \n ' }, 'empty'],
		['to no room', { room: '' }, 'bad_room'],
		['to an inbox', { room: '@bob' }, 'forbidden'],
		['too much', { content: 'x'.repeat(8193) }, 'too_large'],
		['too many lines', { content: 'x\n'.repeat(100).concat('x') }, 'limit_exceeded'],
		['too many tags', { tags: Object.fromEntries(range(1, 17).map((n) => [`t${n}`, n])) }, 'limit_exceeded'],
		['a long tag name', { tags: { ['é'.repeat(33)]: 1 } }, 'limit_exceeded'],
		['a long tag', { tags: { t: 'é'.repeat(129) } }, 'limit_exceeded'],
	])('%s is refused by name and not stored', async (_, more, code) => {
		const { url, engine } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		const refused = await ana.ask(publish('hi', { cid: 'c', ref: 'r', ...more }), 'error');
		expect(refused).toMatchObject({ code, cid: 'c', ref: 'r', retryable: false, outcome: 'not_applied' });
		expect((await engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});

	test('of another content under a known cid is refused', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(publish('one', { cid: 'c' }), 'published');
		expect(await ana.ask(publish('two', { cid: 'c' }), 'error')).toMatchObject({
			code: 'duplicate_conflict',
			cid: 'c',
			outcome: 'not_applied',
		});
	});

	test('to an engine in trouble is refused with what is known of the outcome', async () => {
		const engine = memoryEngine();
		const { url } = await startBroker({ engine });
		const ana = await RawPeer.join(url, 'ana');
		await engine.close();
		expect(await ana.ask(publish('one', { cid: 'c' }), 'error')).toMatchObject({
			code: 'unavailable',
			retryable: true,
			outcome: 'not_applied',
			retryAfterMs: 1000,
		});
	});
});

describe('get_history', () => {
	const ask = (more: object) => ({ type: 'get_history', room: 'general', ref: 'h', ...more });

	test.each([
		['the newest 100', {}, range(151, 250), false],
		['the newest n', { limit: 3 }, [248, 249, 250], false],
		['those between two numbers', { after: 10, before: 14 }, [11, 12, 13], true],
		['the first after a number', { after: 10, limit: 2 }, [11, 12], false],
		['the last before a number', { before: 14, limit: 2 }, [12, 13], false],
		['the last between two numbers', { after: 10, before: 20, limit: 2, order: 'desc' }, [18, 19], false],
		['the first before a number', { before: 14, limit: 2, order: 'asc' }, [1, 2], false],
		['nothing after the head', { after: 250 }, [], true],
		['nothing from the future', { after: 9_007_199_254_740_991 }, [], true],
	])('gives %s', async (_, more, numbers, complete) => {
		const { url, engine } = await startBroker();
		await engine.append('general', drafts(1, 250));
		const ana = await RawPeer.join(url, 'ana');
		const history = await ana.ask(ask(more), 'history');
		expect(history).toMatchObject({ ref: 'h', head: 250, oldest: 1, complete, epoch: expect.any(String) });
		expect(history.messages.map(({ sequence }) => sequence)).toEqual(numbers);
		expect(history.gap).toBeUndefined();
	});

	test('names what is not kept of the asked range', async () => {
		const engine = memoryEngine({ historySize: 10 });
		const { url } = await startBroker({ engine });
		await engine.append('general', drafts(1, 30));
		await engine.sweep();
		const ana = await RawPeer.join(url, 'ana');
		const partly = await ana.ask(ask({ after: 15, before: 23 }), 'history');
		expect(partly).toMatchObject({ oldest: 21, gap: { from: 16, to: 20, reason: 'trimmed' } });
		expect(partly.messages.map(({ sequence }) => sequence)).toEqual([21, 22]);
		const wholly = await ana.ask(ask({ after: 2, before: 5 }), 'history');
		expect(wholly).toMatchObject({ messages: [], gap: { from: 3, to: 4, reason: 'trimmed' } });
		expect((await ana.ask(ask({ after: 20 }), 'history')).gap).toBeUndefined();
		expect((await ana.ask(ask({ after: 2, before: 3 }), 'history')).gap).toBeUndefined();
	});

	test('refuses a position of another epoch', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		expect(await ana.ask(ask({ epoch: 'other', after: 3 }), 'error')).toMatchObject({
			code: 'position_invalid',
			ref: 'h',
		});
	});

	test('keeps a page within the limit of bytes and says that it is not complete', async () => {
		const { url, engine } = await startBroker({ limits: { historyBytes: 2000, historyMessages: 7 } });
		await engine.append('general', drafts(1, 100));
		const ana = await RawPeer.join(url, 'ana');
		expect((await ana.ask(ask({ limit: 500 }), 'history')).messages.length).toBe(7);
		await engine.append(
			'general',
			range(101, 110).map((n) => ({ id: `m${n}`, sender: 'bob', content: 'x'.repeat(700) })),
		);
		const history = await ana.ask(ask({ after: 100 }), 'history');
		expect(history.messages.map(({ sequence }) => sequence)).toEqual([101, 102]);
		expect(history.complete).toBe(false);
	});
});

describe('members and rooms', () => {
	test('list who is where', async () => {
		const { url, engine } = await startBroker();
		const [ana, bob] = [await RawPeer.join(url, 'ana'), await RawPeer.join(url, 'bob')];
		await ana.ask(subscribe(), 'subscribed');
		await ana.ask(subscribe({ room: 'quiet' }), 'subscribed');
		await bob.ask(subscribe(), 'subscribed');
		await bob.ask({ type: 'presence', state: 'away', status: 'tea\u0007', ref: 'p' }, 'ok');
		await engine.append('news', drafts(1, 3));
		const members = await bob.ask({ type: 'members', room: 'general', ref: 'm' }, 'members');
		expect(members).toEqual({
			type: 'members',
			room: 'general',
			ref: 'm',
			members: [
				{ userId: 'ana', state: 'online', verified: false, since: expect.any(Number) },
				{ userId: 'bob', state: 'away', verified: false, since: expect.any(Number), status: 'tea␇' },
			],
			asOf: expect.any(Number),
		});
		expect((await bob.ask({ type: 'members', room: 'nowhere' }, 'members')).members).toEqual([]);
		expect((await bob.ask({ type: 'rooms', ref: 'r' }, 'rooms')).rooms).toEqual([
			{ room: 'general', head: 0, online: 2 },
			{ room: 'news', head: 3, online: 0, lastActivity: expect.any(Number) },
			{ room: 'quiet', head: 0, online: 1 },
		]);
		expect((await bob.ask({ type: 'rooms', prefix: 'ne' }, 'rooms')).rooms.map(({ room }) => room)).toEqual(['news']);
	});

	test('rooms come in pages that together hold each room once', async () => {
		const { url, engine } = await startBroker({ limits: { roomsPerConnection: 200 } });
		const ana = await RawPeer.join(url, 'ana');
		const names = range(1, 260).map((number) => `room-${String(number).padStart(3, '0')}`);
		for (const [index, room] of names.entries()) {
			if (index % 2 === 0) {
				await engine.append(room, drafts(index, index));
			} else {
				await ana.ask(subscribe({ room }), 'subscribed');
			}
		}
		const listed: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await ana.ask({ type: 'rooms', ...(cursor !== undefined && { cursor }) }, 'rooms');
			listed.push(...page.rooms.map(({ room }) => room));
			cursor = page.cursor;
		} while (cursor !== undefined);
		expect(listed).toEqual(names);
	}, 20_000);
});

describe('presence over several connections', () => {
	const actions = (frames: readonly { readonly type: string }[]) =>
		frames.flatMap((frame) =>
			frame.type === 'presence' && 'userId' in frame && 'action' in frame ? [`${frame.action} ${frame.userId}`] : [],
		);

	test('a user joins with the first and leaves with the last; each sees its own join', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		const bobs = [await RawPeer.join(url, 'bob'), await RawPeer.join(url, 'bob')] as const;
		for (const bob of bobs) {
			await bob.ask(subscribe({ userId: 'bob' }), 'subscribed');
			expect(actions(bob.frames)).toEqual(['join bob']);
		}
		expect(await ana.take('presence')).toMatchObject({ userId: 'bob', action: 'join', state: 'online' });
		bobs[0].send({ type: 'bye' });
		expect((await bobs[0].closed).code).toBe(1000);
		const cleo = await RawPeer.join(url, 'cleo');
		await cleo.ask(subscribe({ userId: 'cleo' }), 'subscribed');
		expect(await ana.take('presence')).toMatchObject({ userId: 'cleo', action: 'join' });
		bobs[1].socket.terminate();
		expect(await ana.take('presence')).toMatchObject({ userId: 'bob', action: 'leave', state: 'offline' });
		expect(actions(ana.frames)).toEqual(['join ana', 'join bob', 'join cleo', 'leave bob']);
	});

	test('away and back are updates; an invisible user leaves for the others', async () => {
		const { url } = await startBroker();
		const [ana, bob] = [await RawPeer.join(url, 'ana'), await RawPeer.join(url, 'bob')];
		await ana.ask(subscribe(), 'subscribed');
		await bob.ask(subscribe({ userId: 'bob' }), 'subscribed');
		await ana.take('presence');
		bob.send({ type: 'presence', state: 'away', status: 'tea' });
		expect(await ana.take('presence')).toMatchObject({ action: 'update', state: 'away', status: 'tea' });
		bob.send({ type: 'presence', state: 'online' });
		expect(await ana.take('presence')).toMatchObject({ action: 'update', state: 'online' });
		bob.send({ type: 'presence', state: 'invisible' });
		expect(await ana.take('presence')).toMatchObject({ action: 'leave', state: 'offline' });
	});

	test('above the limit of names a room tells only how many are there', async () => {
		const { url } = await startBroker({ limits: { presenceFull: 2 } });
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		const others: RawPeer[] = [];
		for (const nick of ['bob', 'cleo']) {
			const peer = await RawPeer.join(url, nick);
			await peer.ask(subscribe({ userId: nick }), 'subscribed');
			others.push(peer);
		}
		let count = await ana.take('presence_count');
		while (count.online < 3) {
			count = await ana.take('presence_count');
		}
		expect(count).toEqual({ type: 'presence_count', room: 'general', online: 3, away: 0 });
		expect(actions(ana.frames)).not.toContain('join cleo');
		expect(actions(others[1]?.frames ?? [])).toEqual(['join cleo']);
	});

	test('a reader may ask for counts only, or for nothing', async () => {
		const { url } = await startBroker();
		const counting = await RawPeer.join(url, 'ana');
		await counting.ask(subscribe({ presence: 'count' }), 'subscribed');
		const deaf = await RawPeer.join(url, 'dan');
		await deaf.ask(subscribe({ userId: 'dan', presence: 'off' }), 'subscribed');
		let count = await counting.take('presence_count');
		while (count.online < 2) {
			count = await counting.take('presence_count');
		}
		await deaf.untilPong();
		expect(actions(deaf.frames)).toEqual([]);
		expect(actions(counting.frames)).toEqual(['join ana']);
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
		const { url, engine } = await startBroker({ chaos: { faults: ['delay', 'reorder'], seed: 3 } });
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		await engine.append('general', drafts(1, 40));
		const numbers = await takeNumbers(ana, 40);
		expect(numbers).not.toEqual(range(1, 40));
		expect([...numbers].sort((one, other) => one - other)).toEqual(range(1, 40));
	});
});
