import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BaseClient } from '../helpers/base-client.ts';
import { RawPeer } from '../helpers/raw-peer.ts';
import { type Running, startBroker } from './running.ts';

/** Each test has a bystander on each protocol, who must see nothing of what goes on beside it. */
let broker: Running;
let bystander: RawPeer;
let base: BaseClient;
let seen: number;

beforeEach(async () => {
	broker = await startBroker({ limits: { badFramesPerMinute: 1_000_000, framesPerSecond: 1e6, framesBurst: 1e6 } });
	bystander = await RawPeer.join(broker.url, 'bob');
	await bystander.ask({ type: 'subscribe', room: 'general', userId: 'bob' }, 'subscribed');
	base = await BaseClient.connect(broker.url, 'bea');
	await base.subscribe('general');
	await bystander.take('presence');
	await base.getHistory('general');
	seen = base.frames.length;
});

afterEach(async () => {
	expect((await bystander.untilPong()).map(({ type }) => type)).toEqual([]);
	await base.getHistory('general');
	expect(base.frames.slice(seen).map(({ type }) => type)).toEqual(['history']);
	const said = await bystander.ask({ type: 'publish', room: 'general', sender: 'bob', content: 'ok' }, 'published');
	expect(said.sequence).toBe(1);
});

const frames: readonly [string, string, string][] = [
	['text that is no JSON', 'hello', 'bad_frame'],
	['nothing', '', 'bad_frame'],
	['null', 'null', 'bad_frame'],
	['a number', '5', 'bad_frame'],
	['a list', '[{"type":"ping"}]', 'bad_frame'],
	['no type', '{}', 'bad_frame'],
	['a type that is no text', '{"type":{"a":1}}', 'bad_frame'],
	['an unknown type', '{"type":"nope"}', 'unknown_type'],
	['a type named as what objects have', '{"type":"constructor"}', 'unknown_type'],
	['a type named __proto__', '{"type":"__proto__"}', 'unknown_type'],
	['a frame that brokers send', '{"type":"message","room":"general"}', 'unknown_type'],
	['a room that is no text', '{"type":"subscribe","room":5,"userId":"eve"}', 'bad_frame'],
	['a room that is missing', '{"type":"publish","sender":"eve","content":"x"}', 'bad_frame'],
	['a content that is a list', '{"type":"publish","room":"general","sender":"eve","content":["x"]}', 'bad_frame'],
	['a history of a fraction', '{"type":"subscribe","room":"general","userId":"eve","history":1.5}', 'bad_frame'],
	['a negative number', '{"type":"get_history","room":"general","after":-1}', 'bad_frame'],
	['a number beyond all', '{"type":"get_history","room":"general","after":1e400}', 'bad_frame'],
	[
		'tags in tags',
		'{"type":"publish","room":"general","sender":"eve","content":"x","tags":{"a":{"b":1}}}',
		'bad_frame',
	],
	[
		'a room named __proto__ of a foreign sender',
		'{"type":"publish","room":"__proto__","sender":"bob","content":"x"}',
		'identity_mismatch',
	],
	['a control character for a room', '{"type":"subscribe","room":"\\u0000","userId":"eve"}', 'bad_room'],
	['half a character for a room', '{"type":"subscribe","room":"\\ud800","userId":"eve"}', 'bad_room'],
];

describe('a v1 client that sends', () => {
	test.each(frames)('%s gets an error that names it, and stays', async (_, text, code) => {
		const eve = await RawPeer.join(broker.url, 'eve');
		eve.sendText(text);
		expect(await eve.take('error')).toMatchObject({ code, retryable: false, error: expect.stringMatching(/./) });
		await eve.untilPong();
	});

	test('a binary frame gets an error and stays', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		eve.sendBinary(Buffer.from('{"type":"ping"}'));
		expect(await eve.take('error')).toMatchObject({ code: 'bad_frame' });
		await eve.untilPong();
	});

	test('a frame over the limit is closed with 1009', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		eve.sendText(' '.repeat(64 * 1024 + 1));
		expect((await eve.closed).code).toBe(1009);
	});

	test('a frame of exactly the limit is heard', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		const ping = '{"type":"ping","t":7}';
		eve.sendText(ping + ' '.repeat(64 * 1024 - ping.length));
		expect(await eve.take('pong')).toEqual({ type: 'pong', t: 7, heads: [] });
	});

	test('a frame in too many fragments is closed', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		for (let part = 0; part < 70; part += 1) {
			eve.socket.send('x', { fin: false });
		}
		expect((await eve.closed).code).toBe(1008);
	});

	test('what is nested deeply gets an error and stays', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		eve.sendText(`{"type":"ping","t":${'['.repeat(30_000)}${']'.repeat(30_000)}}`);
		expect(await eve.take('error')).toMatchObject({ code: 'bad_frame' });
		eve.sendText(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`);
		expect(await eve.take('error')).toMatchObject({ code: 'bad_frame' });
		await eve.untilPong();
	});

	test('__proto__ as a name of anything changes no object', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		const names = '"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}';
		eve.sendText(`{"type":"subscribe","room":"__proto__","userId":"eve",${names}}`);
		await eve.take('subscribed');
		const publish = '"type":"publish","room":"__proto__","sender":"eve","content":"x"';
		eve.sendText(`{${publish},"tags":{"__proto__":"y","a":1},${names}}`);
		expect(await eve.take('error')).toMatchObject({ code: 'bad_frame', outcome: 'not_applied' });
		eve.sendText(`{${publish},"tags":{"a":1},${names}}`);
		expect(await eve.take('message')).toMatchObject({ room: '__proto__', sequence: 1 });
		expect((await eve.ask({ type: 'members', room: '__proto__' }, 'members')).members.length).toBe(1);
		expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
	});

	test('an 11th bad frame within a minute is closed for good', async () => {
		const strict = await startBroker();
		const eve = await RawPeer.join(strict.url, 'eve');
		for (let frame = 0; frame < 11; frame += 1) {
			eve.sendText('x');
		}
		expect((await eve.closed).code).toBe(4500);
		expect(eve.frames.filter(({ type }) => type === 'error').length).toBe(11);
	});

	test('one room more than allowed is refused, and the others stay', async () => {
		const strict = await startBroker({ limits: { roomsPerConnection: 2 } });
		const eve = await RawPeer.join(strict.url, 'eve');
		const subscribe = (room: string) => ({ type: 'subscribe', room, userId: 'eve', ref: room });
		await eve.ask(subscribe('one'), 'subscribed');
		await eve.ask(subscribe('two'), 'subscribed');
		expect(await eve.ask(subscribe('three'), 'error')).toMatchObject({ code: 'limit_exceeded', ref: 'three' });
		await eve.ask(subscribe('two'), 'subscribed');
		await eve.ask({ type: 'unsubscribe', room: 'one' }, 'unsubscribed');
		await eve.ask(subscribe('three'), 'subscribed');
	});

	test('frames faster than allowed is refused with the time to wait', async () => {
		const strict = await startBroker({ limits: { framesPerSecond: 0.001, framesBurst: 3 } });
		const eve = await RawPeer.join(strict.url, 'eve');
		for (let t = 0; t < 5; t += 1) {
			eve.send({ type: 'ping', t });
		}
		expect(await eve.take('error')).toMatchObject({ code: 'rate_limited', retryable: true });
		expect(eve.frames.filter(({ type }) => type === 'pong').length).toBe(3);
	});

	test('anything at all gets an answer or silence, never the end of the broker', async () => {
		const eve = await RawPeer.join(broker.url, 'eve');
		const type = fc.constantFrom(
			'subscribe',
			'unsubscribe',
			'get_history',
			'presence',
			'members',
			'rooms',
			'hello',
			'ping',
		);
		const value = fc.oneof(
			fc.constantFrom('eve', 'eden', '@bob', '', '__proto__', -1, 0, 1, 2 ** 53, null, true),
			fc.jsonValue({ maxDepth: 2 }),
		);
		const keys = ['room', 'userId', 'since', 'history', 'ref', 'after', 'before', 'limit', 'order', 'state', 'prefix'];
		const fields = fc.dictionary(fc.constantFrom(...keys, 'cursor', 'epoch', 'v', 't', 'presence'), value);
		const frame = fc.oneof(
			fc
				.tuple(type, fields)
				.map(([name, more]) => JSON.stringify({ room: 'eden', userId: 'eve', ...more, type: name })),
			fc.json(),
			fc.string(),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 30 }), async (texts) => {
				for (const text of texts) {
					eve.sendText(text.includes('general') ? '' : text);
				}
				await eve.untilPong();
			}),
			{ numRuns: 60 },
		);
	});
});

describe('a base client that sends', () => {
	test.each(['', '5', '[]', '{"type":5}', '{"type":"__proto__"}', '{"type":"subscribe"}'])(
		'%j gets an error in the shape it knows, and stays',
		async (text) => {
			const eve = await BaseClient.connect(broker.url, 'eve');
			const refused = eve.next(({ type }) => type === 'error');
			eve.send(text);
			expect(await refused).toMatchObject({ error: 'Invalid message format' });
			expect(await eve.getHistory('eden')).toEqual([]);
		},
	);

	test('a binary frame first gets an error and may go on', async () => {
		const eve = await BaseClient.connect(broker.url, 'eve');
		const refused = eve.next(({ type }) => type === 'error');
		eve.socket.send(Buffer.from([1, 2, 3]));
		expect(await refused).toMatchObject({ code: 'bad_frame' });
		expect(await eve.getHistory('eden')).toEqual([]);
	});
});
