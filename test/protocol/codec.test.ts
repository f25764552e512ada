import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Decoded, decodeFromBroker, decodeFromClient, encode } from '../../src/protocol/codec.ts';
import { brokerSchemas, clientSchemas, type FromBroker, type FromClient } from '../../src/protocol/frames.ts';
import { arbitraryOf } from '../helpers/frame-arbitrary.ts';
import { hostileString } from '../helpers/hostile-strings.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

const clientFrames = Object.entries(clientSchemas).map(
	([type, schema]) => [type, arbitraryOf<FromClient>(schema).map(withPairs)] as const,
);
const brokerFrames = Object.entries(brokerSchemas).map(
	([type, schema]) => [type, arbitraryOf<FromBroker>(schema)] as const,
);
const anyFrame = fc.oneof(...[...clientFrames, ...brokerFrames].map(([, frame]) => frame));
const decoders: readonly ((text: string) => Decoded<unknown>)[] = [decodeFromClient, decodeFromBroker];

/** The generator knows fields one by one; these two come in pairs. */
function withPairs(frame: FromClient): FromClient {
	if (frame.type !== 'publish' || (frame.producer !== undefined && frame.pseq !== undefined)) {
		return frame;
	}
	const { producer: _, pseq: __, ...rest } = frame;
	return rest;
}

describe('decode after encode is the identity', () => {
	test.each(clientFrames)('for every %s of a client', (_, frames) => {
		fc.assert(
			fc.property(frames, (frame) => {
				expect(decodeFromClient(encode(frame))).toStrictEqual({ ok: true, frame });
			}),
			{ numRuns: 200 },
		);
	});

	test.each(brokerFrames)('for every %s of a broker', (_, frames) => {
		fc.assert(
			fc.property(frames, (frame) => {
				expect(decodeFromBroker(encode(frame))).toStrictEqual({ ok: true, frame });
			}),
			{ numRuns: 200 },
		);
	});
});

describe('no input makes a decoder throw', () => {
	function expectResult(text: string): void {
		for (const decode of decoders) {
			const decoded = decode(text);
			if (!decoded.ok) {
				expect(['bad_frame', 'unknown_type']).toContain(decoded.code);
				expect(decoded.detail.length).toBeGreaterThan(0);
				expect(decoded.detail.length).toBeLessThanOrEqual(200);
			}
		}
	}

	test('text of any kind', () => {
		fc.assert(fc.property(fc.oneof(fc.string({ unit: 'binary' }), hostileString), expectResult), { numRuns: 2000 });
	});

	test('JSON of any kind', () => {
		fc.assert(fc.property(fc.json({ maxDepth: 6 }), expectResult), { numRuns: 2000 });
	});

	test('frames in which one value was swapped for another', () => {
		const mutated = fc
			.tuple(anyFrame, fc.nat(), fc.oneof(fc.jsonValue(), fc.constantFrom(-1, 1e300, -0.5, 2 ** 53, '', [], {}, null)))
			.map(([frame, at, value]) => {
				const keys = Object.keys(frame);
				return JSON.stringify({ ...frame, [keys[at % keys.length] ?? 'type']: value });
			});
		fc.assert(fc.property(mutated, expectResult), { numRuns: 5000 });
	});

	test('frames of which a piece of text was cut out, doubled or replaced', () => {
		const mutated = fc
			.tuple(anyFrame, fc.nat(), fc.nat({ max: 20 }), hostileString)
			.map(([frame, at, length, text]) => {
				const encoded = encode(frame);
				const start = at % encoded.length;
				return encoded.slice(0, start) + text + encoded.slice(start + length);
			});
		fc.assert(fc.property(mutated, expectResult), { numRuns: 5000 });
	});

	test('deep nesting', () => {
		for (const depth of [1000, 100_000]) {
			expectResult('['.repeat(depth) + ']'.repeat(depth));
			expectResult(`${'{"type":'.repeat(depth)}1${'}'.repeat(depth)}`);
			expectResult(
				`{"type":"publish","room":"a","sender":"b","content":"c","tags":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`,
			);
			expectResult(`{"type":"message","extra":${'['.repeat(depth)}${']'.repeat(depth)}}`);
		}
	});
});

describe('a refusal says what was expected, and of which request', () => {
	test.each([
		['', { code: 'bad_frame', detail: 'Expected one JSON object, got text that is not JSON' }],
		['{"type":"ping"', { code: 'bad_frame', detail: 'Expected one JSON object, got text that is not JSON' }],
		['[]', { code: 'bad_frame', detail: 'Expected one JSON object, got an array' }],
		['null', { code: 'bad_frame', detail: 'Expected one JSON object, got null' }],
		['"ping"', { code: 'bad_frame', detail: 'Expected one JSON object, got string' }],
		['{}', { code: 'bad_frame', detail: 'type: Expected a string, got undefined' }],
		['{"type":7,"ref":"r1"}', { code: 'bad_frame', detail: 'type: Expected a string, got number', ref: 'r1' }],
		['{"type":"fly","ref":"r2"}', { code: 'unknown_type', detail: 'Unknown frame type "fly"', ref: 'r2' }],
		['{"type":"__proto__"}', { code: 'unknown_type', detail: 'Unknown frame type "__proto__"' }],
		['{"type":"constructor"}', { code: 'unknown_type', detail: 'Unknown frame type "constructor"' }],
		[
			'{"type":"members","ref":"r3"}',
			{ code: 'bad_frame', detail: 'members.room: Invalid key: Expected "room" but received undefined', ref: 'r3' },
		],
		[
			'{"type":"members","room":5,"ref":"r4"}',
			{ code: 'bad_frame', detail: 'members.room: Invalid type: Expected string but received 5', ref: 'r4' },
		],
		[
			'{"type":"publish","room":"a","sender":"b","content":"c","tags":{"x":[1]}}',
			{
				code: 'bad_frame',
				detail: 'publish.tags.x: Invalid type: Expected (string | number | boolean) but received Array',
				type: 'publish',
				room: 'a',
			},
		],
		[
			'{"type":"publish","room":"a","sender":"b","content":"c","ref":"r5","cid":"c5","pseq":1}',
			{
				code: 'bad_frame',
				detail: 'publish: Expected producer and pseq together, got one of them',
				type: 'publish',
				ref: 'r5',
				room: 'a',
				cid: 'c5',
			},
		],
	])('%s', (text, refusal) => {
		expect(decodeFromClient(text)).toEqual({ ok: false, ...refusal });
	});

	test('a ref that is no ref is not repeated', () => {
		for (const ref of [5, null, {}, 'x'.repeat(65)]) {
			expect(decodeFromClient(JSON.stringify({ type: 'fly', ref }))).not.toHaveProperty('ref');
		}
	});

	test('a refusal can itself be sent as a frame', () => {
		fc.assert(
			fc.property(hostileString, (text) => {
				const refused = decodeFromClient(JSON.stringify({ type: text, ref: 'r' }));
				if (!refused.ok) {
					const { code, detail, ref } = refused;
					const frame = decodeFromBroker(encode({ type: 'error', error: detail, code, ref }));
					expect(frame).toMatchObject({ ok: true, frame: { code, ref: 'r' } });
				}
			}),
			{ numRuns: 1000 },
		);
	});
});

describe('what a frame may not do', () => {
	test('reach a prototype', () => {
		const poison = '{"polluted":true}';
		const decoded = decodeFromClient(
			`{"type":"publish","room":"a","sender":"b","content":"c","__proto__":${poison},"constructor":{"prototype":${poison}},` +
				`"tags":{"good":1}}`,
		);
		expect(decoded).toStrictEqual({
			ok: true,
			frame: { type: 'publish', room: 'a', sender: 'b', content: 'c', tags: { good: 1 } },
		});
		expect({}).not.toHaveProperty('polluted');
		expect(Object.getPrototypeOf(decoded.ok && decoded.frame)).toBe(Object.prototype);
	});

	test.each(['__proto__', 'constructor', 'prototype'])('lose a tag: %s is refused as the name of one', (name) => {
		const tags = `{"good":1,"${name}":"x"}`;
		expect(
			decodeFromClient(`{"type":"publish","room":"a","sender":"b","content":"c","cid":"c5","tags":${tags}}`),
		).toEqual({
			...{ ok: false, code: 'bad_frame', detail: `publish.tags: Expected no ${name}` },
			...{ type: 'publish', room: 'a', cid: 'c5' },
		});
		const message = { type: 'message', id: 'i', room: 'a', sender: 'b', content: 'c', sequence: 1, timestamp: 1 };
		const text = JSON.stringify({ ...message, tags: 0 }).replace('"tags":0', `"tags":${tags}`);
		expect(decodeFromBroker(text)).toStrictEqual({ ok: true, frame: { ...message, tags: { good: 1 } } });
	});

	test('bring its type or its fields by a prototype', () => {
		expect(decodeFromClient('{"__proto__":{"type":"bye"}}')).toMatchObject({ ok: false, code: 'bad_frame' });
		expect(decodeFromClient('{"type":"members","__proto__":{"room":"a"}}')).toMatchObject({ ok: false });
	});

	test('carry fields that nobody knows', () => {
		expect(decodeFromClient('{"type":"bye","later":{"a":1}}')).toStrictEqual({ ok: true, frame: { type: 'bye' } });
	});

	test.each([
		['a number too large for a double', '{"type":"ping","t":1e999}'],
		['a sequence that is no safe integer', '{"type":"get_history","room":"a","after":9007199254740992}'],
		['a negative sequence', '{"type":"get_history","room":"a","after":-1}'],
		['half a sequence', '{"type":"get_history","room":"a","after":0.5}'],
		['a sequence as text', '{"type":"get_history","room":"a","after":"5"}'],
		['more history than there may be', '{"type":"get_history","room":"a","limit":501}'],
		['a position without its epoch', '{"type":"subscribe","room":"a","userId":"b","since":{"sequence":1}}'],
		['an empty cid', '{"type":"publish","room":"a","sender":"b","content":"c","cid":""}'],
		['a cid without end', `{"type":"publish","room":"a","sender":"b","content":"c","cid":"${'x'.repeat(129)}"}`],
		['a lifetime that ends after time itself', '{"type":"publish","room":"a","sender":"b","content":"c","ttlMs":9e15}'],
		['a version that is infinite', '{"type":"hello","v":1e999}'],
	])('hold %s, from a client', (_, text) => {
		expect(decodeFromClient(text)).toMatchObject({ ok: false, code: 'bad_frame' });
	});

	test.each(['1e999', '8640000000000001', '-1', '"yesterday"', '""', 'null', `"${'1'.repeat(65)}"`])(
		'say that it was sent at %s',
		(timestamp) => {
			const text = `{"type":"presence","userId":"a","action":"join","timestamp":${timestamp}}`;
			expect(decodeFromBroker(text)).toMatchObject({ ok: false, code: 'bad_frame' });
		},
	);
});

describe('a base broker', () => {
	test('tells an error without a type', () => {
		expect(decodeFromBroker('{"error":"Invalid message format"}')).toEqual({
			ok: true,
			frame: { type: 'error', error: 'Invalid message format' },
		});
	});

	test('may say a time as a number or as ISO 8601', () => {
		const message = { type: 'message', id: '1', room: 'a', sender: 'b', content: 'c', sequence: 1 };
		for (const timestamp of [
			1_700_000_000_000,
			'2023-11-14T22:13:20.000Z',
			'2023-11-14T22:13:20+00:00',
			'2023-11-14T22:13:20.000000Z',
		]) {
			expect(decodeFromBroker(JSON.stringify({ ...message, timestamp }))).toEqual({
				ok: true,
				frame: { ...message, timestamp: 1_700_000_000_000 },
			});
		}
	});

	test('may leave out whatever v1 added', () => {
		for (const frame of [
			{ type: 'subscribed', room: 'a', sequence: 5 },
			{ type: 'presence', userId: 'b', action: 'join', timestamp: 1 },
			{ type: 'history', room: 'a', messages: [] },
		]) {
			expect(decodeFromBroker(JSON.stringify(frame))).toEqual({ ok: true, frame });
		}
	});
});

describe('a later broker', () => {
	test('may have error codes that are not known yet', () => {
		expect(decodeFromBroker('{"type":"error","error":"no","code":"too_blue","retryable":false}')).toEqual({
			ok: true,
			frame: { type: 'error', error: 'no', code: 'internal', retryable: false },
		});
	});

	test('may ask for a longer wait than a timer can do', () => {
		expect(decodeFromBroker('{"type":"draining","reconnectAfterMs":1e12,"reason":"restart"}')).toEqual({
			ok: true,
			frame: { type: 'draining', reconnectAfterMs: 2 ** 31 - 1, reason: 'restart' },
		});
	});
});
