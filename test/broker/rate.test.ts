import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../src/broker/rate.ts';

const rate = fc.record({ perSecond: fc.integer({ min: 1, max: 1000 }), burst: fc.integer({ min: 1, max: 300 }) });
const pauses = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 300 });

test('a full bucket gives its burst at once and then names the time until the next token', () => {
	const bucket = new TokenBucket({ perSecond: 10, burst: 3 });
	expect([1, 2, 3, 4, 5].map(() => bucket.take(500))).toEqual([0, 0, 0, 100, 100]);
	expect(bucket.take(599)).toBe(1);
	expect(bucket.take(600)).toBe(0);
});

test('in any stretch of time no more is let through than the burst and what was refilled', () => {
	fc.assert(
		fc.property(rate, pauses, ({ perSecond, burst }, waits) => {
			const bucket = new TokenBucket({ perSecond, burst });
			const passed: number[] = [];
			let at = 0;
			for (const wait of waits) {
				at += wait;
				if (bucket.take(at) === 0) {
					passed.push(at);
				}
			}
			for (const [index, from] of passed.entries()) {
				for (const [further, to] of passed.slice(index).entries()) {
					expect(further + 1).toBeLessThanOrEqual(burst + ((to - from) * perSecond) / 1000 + 1e-3);
				}
			}
		}),
	);
});

test('whoever waits as long as it was told gets a token, and no sooner', () => {
	fc.assert(
		fc.property(rate, pauses, (limits, waits) => {
			const bucket = new TokenBucket(limits);
			let at = 0;
			for (const wait of waits) {
				at += wait;
				const waitMs = bucket.take(at);
				if (waitMs > 1) {
					expect(bucket.take(at + waitMs - 1)).toBe(1);
				}
				if (waitMs > 0) {
					at += waitMs;
					expect(bucket.take(at)).toBe(0);
				}
			}
		}),
	);
});
