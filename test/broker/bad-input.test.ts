/** Requests that make no sense: each is answered with a coded error or a plain place, and nothing is lost by it. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { numbersOf, settle, startHub } from './fake-line.ts';
import { range } from './numbers.ts';

const drafts = (from: number, to: number) =>
	range(from, to).map((number) => ({ id: `m${number}`, sender: 'bob', content: `line ${number}` }));

/** ana reads a room that holds 11..30 of 30. */
async function start() {
	const started = startHub({ engine: memoryEngine({ historySize: 20 }), limits: { badFramesPerMinute: 1e6 } });
	await started.engine.append('general', drafts(1, 30));
	const { epoch } = await started.engine.state('general');
	const line = started.connect('ana');
	line.wire.loopback = true;
	line.say({ type: 'subscribe', room: 'general', userId: 'ana' });
	await settle();
	return {
		...started,
		...line,
		epoch,
		/** What the broker answers. */
		async ask(frame: object): Promise<readonly FromBroker[]> {
			const before = line.wire.frames.length;
			line.say({ room: 'general', ref: 'r', ...frame });
			await settle();
			return line.wire.frames.slice(before).filter(({ type }) => type !== 'presence' && type !== 'message');
		},
	};
}

const noNumber: readonly (readonly [string, unknown])[] = [
	['negative', -1],
	['a fraction', 1.5],
	['beyond whole numbers', 2 ** 60],
	['infinite', '1e999'],
	['words', 'seven'],
	['nothing', null],
];

describe('a subscribe since a number that is', () => {
	test.each(noNumber)('%s is refused, and the subscription goes on', async (_, sequence) => {
		const { ask, epoch, engine, wire } = await start();
		const answers = await ask({ type: 'subscribe', userId: 'ana', since: { epoch, sequence } });
		expect(answers).toMatchObject([{ type: 'error', code: 'bad_frame', ref: 'r' }]);
		await engine.append('general', drafts(31, 32));
		await settle();
		expect(numbersOf(wire)).toEqual([31, 32]);
	});

	test.each([
		['from the future', 31, { sequence: 30, recovered: 'rewound', rewind: { to: 30, lost: 1 } }],
		['huge', Number.MAX_SAFE_INTEGER, { recovered: 'rewound', rewind: { to: 30, lost: Number.MAX_SAFE_INTEGER - 30 } }],
		['long gone', 3, { sequence: 10, recovered: 'partial', gap: { from: 4, to: 10, reason: 'trimmed' } }],
	])('%s is placed, and told so', async (_, sequence, place) => {
		const { ask, epoch } = await start();
		expect(await ask({ type: 'subscribe', userId: 'ana', since: { epoch, sequence } })).toMatchObject([
			{ type: 'subscribed', ref: 'r', epoch, ...place },
		]);
	});

	test('of another epoch is placed anew', async () => {
		const { ask, epoch } = await start();
		const since = { epoch: 'another', sequence: 25 };
		expect(await ask({ type: 'subscribe', userId: 'ana', since, history: 4 })).toMatchObject([
			{ type: 'subscribed', ref: 'r', epoch, sequence: 26, recovered: 'none' },
		]);
	});
});

describe('a get_history of numbers that are', () => {
	test.each(noNumber.flatMap(([what, number]) => [[what, { after: number }] as const, [what, { before: number }]]))(
		'%s is refused: %j',
		async (_, wish) => {
			const { ask } = await start();
			expect(await ask({ type: 'get_history', ...wish })).toMatchObject([
				{ type: 'error', code: 'bad_frame', ref: 'r' },
			]);
		},
	);

	test.each([
		['from the future', { after: 31 }],
		['huge', { after: Number.MAX_SAFE_INTEGER }],
		['of another epoch', { after: 12, epoch: 'another' }],
	])('%s is refused', async (_, wish) => {
		const { ask } = await start();
		expect(await ask({ type: 'get_history', ...wish })).toMatchObject([
			{ type: 'error', code: 'position_invalid', ref: 'r', room: 'general', retryable: false },
		]);
	});

	test('trimmed is answered with what there is, and why the rest is not', async () => {
		const { ask } = await start();
		const [history] = await ask({ type: 'get_history', after: 5, before: 13 });
		const gap = { from: 6, to: 10, reason: 'trimmed' };
		expect(history).toMatchObject({ type: 'history', gap, gaps: [gap], complete: true });
		expect(history?.type === 'history' && history.messages.map(({ sequence }) => sequence)).toEqual([11, 12]);
	});

	test('expired in between is answered with the others, and why those are not', async () => {
		const { ask, engine } = await start();
		await engine.append('general', [{ id: 'brief', sender: 'bob', content: 'x', expiresAt: 1 }, ...drafts(32, 33)]);
		const [history] = await ask({ type: 'get_history', after: 29 });
		expect(history).toMatchObject({ gaps: [{ from: 31, to: 31, reason: 'expired' }] });
		expect(history).not.toHaveProperty('gap');
	});

	test('turned around is an empty list', async () => {
		const { ask } = await start();
		expect(await ask({ type: 'get_history', after: 20, before: 15 })).toMatchObject([
			{ type: 'history', messages: [], complete: true },
		]);
	});
});

describe('an acknowledgement that is', () => {
	test.each(noNumber)('%s is refused', async (_, sequence) => {
		const { ask, epoch } = await start();
		expect(await ask({ type: 'ack', epoch, sequence })).toMatchObject([{ type: 'error', code: 'bad_frame' }]);
	});

	test.each([
		['beyond the head', 31],
		['huge', Number.MAX_SAFE_INTEGER],
		['going back', 29],
	])('%s is refused', async (_, sequence) => {
		const { ask, epoch } = await start();
		expect(await ask({ type: 'ack', epoch, sequence })).toMatchObject([
			{ type: 'error', code: 'position_invalid', room: 'general', retryable: false },
		]);
	});
});

describe('a publish', () => {
	const publish = { type: 'publish', sender: 'ana', content: 'hi', cid: 'c' };
	const refused = (code: string) => [
		{ type: 'error', code, ref: 'r', room: 'general', cid: 'c', outcome: 'not_applied' },
	];

	test.each([
		['a content that is none', { content: 5 }, 'bad_frame'],
		['a producer without a number', { producer: 'p' }, 'bad_frame'],
		['a number without a producer', { pseq: 1 }, 'bad_frame'],
		['the number 0', { producer: 'p', pseq: 0 }, 'bad_frame'],
		['half a number', { producer: 'p', pseq: 1.5 }, 'bad_frame'],
		['a number far ahead', { producer: 'p', pseq: Number.MAX_SAFE_INTEGER }, 'out_of_order'],
		['tags in tags', { tags: { a: { b: 1 } } }, 'bad_frame'],
		['another sender', { sender: 'bob' }, 'identity_mismatch'],
		['nothing to say', { content: ' ' }, 'empty'],
		['too much to say', { content: 'x'.repeat(8193) }, 'too_large'],
	])('with %s is refused, by all its names, and not stored', async (_, more, code) => {
		const { ask, engine } = await start();
		expect(await ask({ ...publish, ...more })).toMatchObject(refused(code));
		expect((await engine.state('general')).head).toBe(30);
	});

	test('of another content under a cid that was used is refused, and the first one stays', async () => {
		const { ask, engine } = await start();
		await ask(publish);
		expect(await ask({ ...publish, content: 'other' })).toMatchObject(refused('duplicate_conflict'));
		expect(await ask(publish)).toMatchObject([{ type: 'published', sequence: 31, duplicate: true }]);
		expect((await engine.state('general')).head).toBe(31);
	});

	test('without a cid is stored', async () => {
		const { ask } = await start();
		expect(await ask({ ...publish, cid: undefined })).toMatchObject([
			{ type: 'published', sequence: 31, cid: expect.any(String) },
		]);
	});
});

test('whatever positions are named, the reader gets every number once after the last place it was told', async () => {
	const number = fc.oneof(fc.integer({ min: -2, max: 45 }), fc.constantFrom(1.5, 2 ** 53 - 1, 2 ** 60, null, 'x'));
	const which = fc.constantFrom('own', 'another');
	const step = fc.oneof(
		fc.record({ do: fc.constant('since' as const), which, number, history: fc.integer({ min: 0, max: 40 }) }),
		fc.record({ do: fc.constant('ack' as const), which, number }),
		fc.record({ do: fc.constant('history' as const), which, number, before: number }),
		fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 4 }) }),
	);
	await fc.assert(
		fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
			const { say, engine, epoch, wire } = await start();
			let head = 30;
			for (const each of steps) {
				switch (each.do) {
					case 'since': {
						const since = { epoch: each.which === 'own' ? epoch : each.which, sequence: each.number };
						say({ type: 'subscribe', room: 'general', userId: 'ana', since, history: each.history });
						break;
					}
					case 'ack': {
						const at = { epoch: each.which === 'own' ? epoch : each.which, sequence: each.number };
						say({ type: 'ack', room: 'general', ...at });
						break;
					}
					case 'history':
						say({ type: 'get_history', room: 'general', after: each.number, before: each.before });
						break;
					case 'append':
						await engine.append('general', drafts(head + 1, head + each.count));
						head += each.count;
						break;
				}
				await settle();
			}
			let position = Number.NaN;
			for (const frame of wire.frames) {
				if (frame.type === 'subscribed') {
					position = frame.sequence;
				} else if (frame.type === 'gap') {
					expect(frame.from).toBe(position + 1);
					position = frame.to;
				} else if (frame.type === 'message') {
					expect(frame.sequence).toBe(position + 1);
					position += 1;
				}
			}
			expect(position).toBe(head);
		}),
		{ numRuns: 100 },
	);
});
