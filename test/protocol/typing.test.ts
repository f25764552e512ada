import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TypingState } from '../../src/protocol/frames.ts';
import { TypingPace } from '../../src/protocol/typing.ts';

const everyMs = 3000;

/** What of these words is said, each `[after ms, state]`. */
function said(...words: readonly (readonly [ms: number, state: TypingState])[]): boolean[] {
	const pace = new TypingPace(everyMs);
	let at = 0;
	return words.map(([ms, state]) => {
		at += ms;
		return pace.takes('sam', state, at);
	});
}

describe('typing', () => {
	test('is said at once, and again when it is time', () => {
		expect(said([0, 'typing'], [1, 'typing'], [2998, 'typing'], [1, 'typing'], [2999, 'typing'])).toEqual([
			...[true, false, false, true, false],
		]);
	});

	test('is over at once, and begins again at once, but not over and over', () => {
		const quick = (count: number) =>
			Array.from({ length: count }, (_, index) => [10, index % 2 === 0 ? 'typing' : 'stopped'] as const);
		expect(said(...quick(8))).toEqual([true, true, true, false, false, false, false, false]);
		expect(said(...quick(3), [2980, 'typing'], [20, 'typing'])).toEqual([true, true, true, false, true]);
	});

	test('is not over when it was not said, or has lapsed, or was said to be over', () => {
		expect(said([0, 'stopped'])).toEqual([false]);
		expect(said([0, 'typing'], [5999, 'stopped'])).toEqual([true, true]);
		expect(said([0, 'typing'], [6000, 'stopped'])).toEqual([true, false]);
		expect(said([0, 'typing'], [1, 'stopped'], [1, 'stopped'])).toEqual([true, true, false]);
	});

	test('ends with what is said, without another word', () => {
		const pace = new TypingPace(everyMs);
		pace.takes('sam', 'typing', 0);
		pace.spoke('sam');
		pace.spoke('nobody');
		expect([pace.takes('sam', 'stopped', 1), pace.takes('sam', 'typing', 2)]).toEqual([false, true]);
	});

	test('costs one word in its time on average, whoever does what, and those who do nothing are forgotten', () => {
		const step = fc.record({
			ms: fc.nat({ max: 2000 }),
			who: fc.constantFrom('a', 'b', 'c'),
			does: fc.constantFrom('typing', 'stopped', 'spoke'),
		});
		fc.assert(
			fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
				const pace = new TypingPace(everyMs);
				const words = new Map<string, number>();
				let at = 0;
				for (const { ms, who, does } of steps) {
					at += ms;
					if (does === 'spoke') {
						pace.spoke(who);
					} else if (pace.takes(who, does as TypingState, at)) {
						words.set(who, (words.get(who) ?? 0) + 1);
					}
				}
				for (const count of words.values()) {
					expect(count).toBeLessThanOrEqual(3 + at / everyMs);
				}
				expect(pace.takes('last', 'typing', at + 3 * everyMs)).toBe(true);
				expect(pace.size).toBe(1);
			}),
		);
	});
});
