/** The JSON Schema in docs/ and the codec say the same of every frame, valid or not, and real sessions keep to it. */
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { decodeFromBroker, decodeFromClient, encode } from '../../src/protocol/codec.ts';
import { brokerSchemas, clientSchemas, type FromBroker, type FromClient } from '../../src/protocol/frames.ts';
import { startBroker } from '../broker/running.ts';
import { arbitraryOf } from '../helpers/frame-arbitrary.ts';
import { relayTo } from './relay.ts';
import { refusedBySchema, refusedByWholeSchema, type Side } from './wire-schema.ts';

// Properties of many runs share the machine with everything else that is tested.
vi.setConfig({ testTimeout: 60_000 });

const frames: readonly (readonly [name: string, side: Side, frames: fc.Arbitrary<string>])[] = [
	...Object.entries(clientSchemas).map(
		([type, schema]) => [`${type} of a client`, 'client', texts(arbitraryOf<FromClient>(schema))] as const,
	),
	...Object.entries(brokerSchemas).map(
		([type, schema]) => [`${type} of a broker`, 'broker', texts(arbitraryOf<FromBroker>(schema))] as const,
	),
];

describe('the schema', () => {
	test.each(frames)('accepts every %s that the codec accepts', (_, side, made) => {
		fc.assert(
			fc.property(made, (text) => {
				expect(refusedBySchema(side, text)).toBeUndefined();
			}),
			{ numRuns: 200 },
		);
	});

	test.each(frames)(
		'refuses what the codec refuses of a %s with one value wrong, and nothing else',
		(_, side, made) => {
			let refused = 0;
			fc.assert(
				fc.property(made, fc.nat(), fc.constantFrom(...wrongValues), (text, which, wrong) => {
					const mutated = withOneValueWrong(text, which, wrong);
					const codecRefuses = !(side === 'client' ? decodeFromClient : decodeFromBroker)(mutated).ok;
					refused += codecRefuses ? 1 : 0;
					expect(refusedBySchema(side, mutated) !== undefined).toBe(codecRefuses);
				}),
				{ numRuns: 300 },
			);
			expect(refused).toBeGreaterThan(0);
		},
	);

	test('tells frames apart by their type', () => {
		expect(refusedByWholeSchema('{"type":"bye"}')).toBeUndefined();
		expect(refusedByWholeSchema('{"type":"hurrah"}')).toBeDefined();
		expect(refusedByWholeSchema('[]')).toBeDefined();
	});

	test('accepts every frame of a session with two clients, a lost link, a refusal and a broker that stops', async () => {
		const broker = await startBroker();
		await using relay = await relayTo(broker.url);
		await using ann = connect(relay.url, { nick: 'ann', rooms: ['lobby'] });
		await using bob = connect(relay.url, { nick: 'bob' });
		await bob.join('lobby');
		await ann.publish('lobby', 'hello', { tags: { topic: 'greeting', urgent: false, weight: 1.5 } });
		await ann.publish('lobby', 'gone soon', { replyTo: 1, ttlMs: 60_000 });
		await expect(bob.publish('lobby', '\u0007'.repeat(9000))).rejects.toMatchObject({ code: 'too_large' });
		ann.setPresence('away', 'lunch');
		await ann.history('lobby', { after: 0, order: 'asc' });
		await ann.members('lobby');
		await ann.rooms();
		relay.cut();
		await bob.publish('lobby', 'said without a link');
		await ann.publish('lobby', 'said without a link as well');
		await bob.leave('lobby');
		await bob.close();
		await broker.close({ drainMs: 500 });
		const complaints = relay.frames.flatMap(({ side, text }) => refusedBySchema(side, text) ?? []);
		expect(complaints).toEqual([]);
		const types = new Set(relay.frames.map(({ side, text }) => `${side} ${(JSON.parse(text) as FromBroker).type}`));
		expect([...types].sort()).toEqual(
			expect.arrayContaining([
				'broker draining',
				'broker error',
				'broker history',
				'broker members',
				'broker message',
				'broker presence',
				'broker published',
				'broker rooms',
				'broker subscribed',
				'broker unsubscribed',
				'broker welcome',
				'client bye',
				'client get_history',
				'client hello',
				'client members',
				'client presence',
				'client publish',
				'client rooms',
				'client subscribe',
				'client unsubscribe',
			]),
		);
	});
});

function texts(frames: fc.Arbitrary<FromClient | FromBroker>): fc.Arbitrary<string> {
	return frames.map((frame) => {
		// The generator knows fields one by one; these two come in pairs.
		const { producer, pseq, ...rest } = frame as Record<string, unknown>;
		const isPair = producer !== undefined && pseq !== undefined;
		return encode((isPair ? frame : rest) as unknown as FromClient);
	});
}

const wrongValues: readonly unknown[] = [null, true, -1, 0.5, 2 ** 60, 'x'.repeat(300), '', [{}], { a: 1 }, undefined];

/** Where the codec reads any value at all as a known one, and a date in words as a time. */
const forgiven = new Set(['reason', 'code', 'timestamp']);

function withOneValueWrong(text: string, which: number, wrong: unknown): string {
	const frame = JSON.parse(text) as Record<string, unknown>;
	const places = placesIn(frame).filter(({ key }) => !forgiven.has(key));
	const place = places[which % places.length];
	if (place !== undefined && place.holder === frame && place.key === 'type') {
		return JSON.stringify({ ...frame, type: 'x' });
	}
	if (place !== undefined) {
		place.holder[place.key] = wrong;
	}
	return JSON.stringify(frame);
}

interface Place {
	readonly holder: Record<string, unknown>;
	readonly key: string;
}

function placesIn(value: unknown): Place[] {
	if (typeof value !== 'object' || value === null) {
		return [];
	}
	const holder = value as Record<string, unknown>;
	return Object.keys(holder).flatMap((key) => [{ holder, key }, ...placesIn(holder[key])]);
}
