import { describe, expect, test } from 'vitest';
import { EngineError } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { settle, startHub, startReadyHub } from './fake-line.ts';
import { range, takeNumbers } from './numbers.ts';
import { startBroker } from './running.ts';

const subscribe = (more: object = {}) => ({ type: 'subscribe', room: 'general', userId: 'ana', ref: 's', ...more });

const publish = (content: string, more: object = {}) => ({
	type: 'publish',
	room: 'general',
	sender: 'ana',
	content,
	...more,
});

interface Acting extends Pick<ReturnType<typeof startHub>, 'hub' | 'clock'> {
	readonly ana: ReturnType<ReturnType<typeof startHub>['connect']>;
	readonly bob: ReturnType<ReturnType<typeof startHub>['connect']>;
}

const place = { token: 't', epoch: 'e', sequence: 1 };

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

	test('waits, and so does what its client says next, until the readers are given what was said before', async () => {
		const { hub, clock, engine, connect } = await startReadyHub({ flushWindowMs: 200 });
		const [ana, bob] = [connect('ana'), connect('bob')];
		bob.say({ ...subscribe(), userId: 'bob' });
		await settle();
		const draft = (id: string, content: string) => ({ id, sender: 'bob', content });
		await engine.append('general', [draft('1', 'x'), draft('2', 'x')]);
		await settle();
		const large = 'x'.repeat(60_000);
		await engine.append(
			'general',
			range(3, 7).map((id) => draft(`${id}`, large)),
		);
		await settle();
		ana.say(publish('later', { cid: 'c' }));
		ana.say({ type: 'ping', ref: 'p' });
		await settle();
		expect((await engine.state('general')).head).toBe(7);
		expect(ana.wire.frames.map(({ type }) => type)).toEqual(['welcome']);
		ana.say(publish('elsewhere', { room: 'other', cid: 'd' }));
		bob.say(publish('too', { room: 'other', sender: 'bob', cid: 'e' }));
		await settle();
		expect((await engine.state('other')).head).toBe(1);
		clock.pass(3);
		await settle();
		clock.pass(3);
		await settle();
		expect(ana.wire.frames.map(({ type }) => type)).toEqual(['welcome', 'pong', 'published', 'published']);
		expect(hub.rooms.get('general')?.passed).toBe(8);
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

	test('carries where its author stood in other rooms, whatever their tokens are, to v1 and base readers', async () => {
		const { url } = await startBroker();
		const [ana, base] = [await RawPeer.join(url, 'ana'), await RawPeer.dial(url, { protocols: [] })];
		await ana.ask(subscribe(), 'subscribed');
		await base.ask({ type: 'subscribe', room: 'general', userId: 'bob' }, 'subscribed');
		const after = range(1, 8).map((n) => ({ token: 'x'.repeat(n * 8), epoch: 'e', sequence: n }));
		ana.send(publish('hi', { after }));
		expect(await ana.take('message')).toMatchObject({ after });
		expect(await base.take('message')).toMatchObject({ after });
		expect((await ana.ask({ type: 'get_history', room: 'general' }, 'history')).messages).toMatchObject([{ after }]);
		ana.send(publish('hi', { after: [] }));
		expect(await ana.take('message')).not.toHaveProperty('after');
	});

	test('is the same message when it is sent again with another place in another room', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(publish('hi', { cid: 'c', after: [{ token: 't', epoch: 'e', sequence: 1 }] }), 'published');
		const again = publish('hi', { cid: 'c', after: [{ token: 't', epoch: 'e', sequence: 2 }] });
		expect(await ana.ask(again, 'published')).toMatchObject({ sequence: 1, duplicate: true });
		expect(await ana.ask(publish('hi', { cid: 'c' }), 'published')).toMatchObject({ sequence: 1, duplicate: true });
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
		['after too many rooms', { after: range(1, 9).map((n) => ({ ...place, token: `t${n}` })) }, 'limit_exceeded'],
		['after a room with a long token', { after: [{ ...place, token: 'é'.repeat(33) }] }, 'limit_exceeded'],
		['after no number', { after: [{ ...place, sequence: -1 }] }, 'bad_frame'],
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

	test('of a producer is stored only when its pseq is the next, and a refusal says which one that is', async () => {
		const { connect } = startHub();
		const { wire, say } = connect('ana');
		const numbered = (pseq: number) =>
			publish(`line ${pseq}`, { cid: `c${pseq}`, ref: `r${pseq}`, producer: 'p', pseq });
		for (const pseq of [1, 3, 4, 2, 3, 2]) {
			say(numbered(pseq));
		}
		await settle();
		const answers = wire.frames.filter(({ type }) => type === 'published' || type === 'error');
		const tooEarly = (pseq: number) => ({
			type: 'error',
			error: `Expected pseq 2, got ${pseq}`,
			code: 'out_of_order',
			ref: `r${pseq}`,
			room: 'general',
			cid: `c${pseq}`,
			retryable: true,
			outcome: 'not_applied',
			expected: 2,
		});
		expect(answers).toMatchObject([
			{ type: 'published', cid: 'c1', sequence: 1 },
			tooEarly(3),
			tooEarly(4),
			{ type: 'published', cid: 'c2', sequence: 2 },
			{ type: 'published', cid: 'c3', sequence: 3 },
			{ type: 'published', cid: 'c2', sequence: 2, duplicate: true },
		]);
	});

	test('that the broker refuses takes no pseq, so that those behind it are not stored before it', async () => {
		const { connect, engine } = startHub({ limits: { contentBytes: 10 } });
		const { wire, say } = connect('ana');
		say(publish('far too long a line', { cid: 'c1', producer: 'p', pseq: 1 }));
		say(publish('short', { cid: 'c2', producer: 'p', pseq: 2 }));
		await settle();
		expect(wire.frames.flatMap((frame) => (frame.type === 'error' ? [[frame.code, frame.expected]] : []))).toEqual([
			['too_large', undefined],
			['out_of_order', 1],
		]);
		expect((await engine.state('general')).head).toBe(0);
	});

	test.each([[{ producer: 'p' }], [{ pseq: 1 }]])('with %j alone is a bad frame', async (half) => {
		const { connect, engine } = startHub();
		const { wire, say } = connect('ana');
		say(publish('hi', { cid: 'c', ref: 'r', ...half }));
		await settle();
		expect(wire.frames.at(-1)).toEqual({
			type: 'error',
			error: 'publish: Expected producer and pseq together, got one of them',
			code: 'bad_frame',
			ref: 'r',
			room: 'general',
			cid: 'c',
			retryable: false,
			outcome: 'not_applied',
		});
		expect((await engine.state('general')).head).toBe(0);
	});

	test('of a base client is stored whatever it says of producers', async () => {
		const { connect, engine } = startHub();
		const { say } = connect();
		say(publish('one', { producer: 'p', pseq: 9 }));
		say(publish('two', { producer: 'p', pseq: 7 }));
		await settle();
		expect((await engine.state('general')).head).toBe(2);
	});

	test.each(['not_applied', 'unknown'] as const)(
		'of which an engine in trouble says %s is refused with just that',
		async (outcome) => {
			const engine = memoryEngine();
			engine.append = async () => {
				throw new EngineError('unavailable', 'the disk does not answer', { outcome });
			};
			const { connect } = startHub({ engine });
			const { wire, say } = connect('ana');
			say(publish('one', { cid: 'c' }));
			await settle();
			expect(wire.frames.at(-1)).toMatchObject({ type: 'error', code: 'unavailable', cid: 'c', outcome });
		},
	);

	test.each<[string, (acting: Acting) => void]>([
		['its sender subscribes', ({ bob }) => bob.say(subscribe({ room: 'news', userId: 'bob' }))],
		['its sender unsubscribes', ({ bob }) => bob.say({ type: 'unsubscribe', room: 'general', userId: 'bob' })],
		['its sender asks for history', ({ bob }) => bob.say({ type: 'get_history', room: 'general' })],
		['its sender goes', ({ bob }) => bob.connection.closed(1000)],
		['its sender is to be banned', ({ ana }) => ana.say({ type: 'admin', op: 'ban', userId: 'bob', room: 'general' })],
		['its sender waits', ({ clock }) => clock.pass(30)],
		['its sender meets the end of the broker', ({ hub }) => hub.drain(0)],
		['another goes who was waited for', ({ ana }) => ana.connection.closed(1000)],
	])('that waits for others is stored when %s', async (_, act) => {
		const { hub, clock, connect, engine } = await startReadyHub({ flushWindowMs: 1000 });
		const people = ['ana', 'bob', 'cem'].map((name) => ({ name, ...connect(name) }));
		await settle();
		for (const { name, say } of people) {
			say(subscribe({ userId: name }));
		}
		await settle();
		const [ana, bob] = people as [(typeof people)[0], (typeof people)[0]];
		for (const [{ say }, sender] of [
			[ana, 'ana'],
			[ana, 'ana'],
			[bob, 'bob'],
		] as const) {
			say(publish('hi', { sender }));
		}
		bob.say({ type: 'ping' });
		await settle();
		expect((await engine.state('general')).head).toBe(2);
		act({ hub, clock, ana, bob });
		await settle();
		expect((await engine.state('general')).head).toBe(3);
	});

	test('to an engine that is closed is refused with what is known of the outcome', async () => {
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
