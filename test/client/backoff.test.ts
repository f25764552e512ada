import fc from 'fast-check';
import { expect, test } from 'vitest';
import { retryDelayMs } from '../../src/client/backoff.ts';

test('a wait is half a second and a part of what doubles with each failure, up to 20 s', () => {
	expect(retryDelayMs(0, 0)).toBe(500);
	expect(retryDelayMs(0, 0.5)).toBe(750);
	expect(retryDelayMs(3, 0.5)).toBe(2500);
	expect(retryDelayMs(1_000_000, 0.5)).toBe(10_500);
});

test('no wait is shorter than 0.5 s or longer than 20.5 s', () => {
	fc.assert(
		fc.property(fc.nat(), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, chance) => {
			const wait = retryDelayMs(failures, chance);
			expect(wait).toBeGreaterThanOrEqual(500);
			expect(wait).toBeLessThanOrEqual(20_500);
		}),
	);
});
