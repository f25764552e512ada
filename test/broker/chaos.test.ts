import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ChaosStream } from '../../src/broker/chaos.ts';

const every = ['reorder', 'drop', 'dup', 'delay'] as const;
const faults = fc.uniqueArray(fc.constantFrom(...every), { minLength: 1 });
const seed = fc.nat();
/** Pauses before each message. */
const pauses = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });

interface Sent {
	readonly sequence: number;
	readonly at: number;
}

/** Passes 1..n, each after its pause, with a timer that fires when it should, and lets everything come out. */
function run(chosen: readonly (typeof every)[number][], fromSeed: number, waits: readonly number[]): Sent[] {
	const stream = new ChaosStream<number>({ faults: chosen, seed: fromSeed });
	const out: Sent[] = [];
	let at = 0;
	const flushUntil = (time: number) => {
		for (let wake = stream.wakeAt; wake !== undefined && wake <= time; wake = stream.wakeAt) {
			const due = wake;
			out.push(...stream.due(due).map((sequence) => ({ sequence, at: due })));
		}
	};
	for (const [index, wait] of waits.entries()) {
		at += wait;
		flushUntil(at);
		out.push(...stream.pass(index + 1, index + 1, at).map((sequence) => ({ sequence, at })));
	}
	flushUntil(Number.POSITIVE_INFINITY);
	return out;
}

const numbers = (sent: readonly Sent[]) => sent.map(({ sequence }) => sequence);
const ascending = (values: readonly number[]) => [...values].sort((one, other) => one - other);
const firstN = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a stream with faults', () => {
	test('has the same faults for the same seed and messages, whatever else goes on', () => {
		fc.assert(
			fc.property(faults, seed, pauses, (chosen, fromSeed, waits) => {
				expect(run(chosen, fromSeed, waits)).toEqual(run(chosen, fromSeed, waits));
			}),
		);
	});

	test('loses and doubles nothing when it only reorders or delays', () => {
		fc.assert(
			fc.property(fc.subarray(['reorder', 'delay'] as const, { minLength: 1 }), seed, pauses, (chosen, s, waits) => {
				expect(ascending(numbers(run(chosen, s, waits)))).toEqual(firstN(waits.length));
			}),
		);
	});

	test('keeps the order and each message at most once when it only drops', () => {
		fc.assert(
			fc.property(seed, pauses, (fromSeed, waits) => {
				const got = numbers(run(['drop'], fromSeed, waits));
				expect(got).toEqual(ascending([...new Set(got)]));
			}),
		);
	});

	test('sends each message at least once and at most twice when it only doubles', () => {
		fc.assert(
			fc.property(seed, pauses, (fromSeed, waits) => {
				const got = numbers(run(['dup'], fromSeed, waits));
				expect(ascending([...new Set(got)])).toEqual(firstN(waits.length));
				expect(got.length).toBeLessThanOrEqual(waits.length * 2);
				expect([...new Set(got)]).toEqual(firstN(waits.length));
			}),
		);
	});

	test('holds nothing for longer than a second', () => {
		fc.assert(
			fc.property(faults, seed, pauses, (chosen, fromSeed, waits) => {
				let at = 0;
				const passedAt = waits.map((wait) => {
					at += wait;
					return at;
				});
				for (const sent of run(chosen, fromSeed, waits)) {
					expect(sent.at - (passedAt[sent.sequence - 1] ?? 0)).toBeLessThanOrEqual(1000);
				}
			}),
		);
	});

	test('holds at most 32 messages, and none is lost to that', () => {
		const stream = new ChaosStream<number>({ faults: ['delay'], seed: 5 });
		const out = firstN(1000).flatMap((sequence) => stream.pass(sequence, sequence, 0));
		expect(out.length).toBe(1000 - 32);
		expect(ascending([...out, ...stream.due(1000)])).toEqual(firstN(1000));
		expect(stream.wakeAt).toBeUndefined();
	});

	test.each(every)('shows %s on about every third or fourth message', (fault) => {
		const shares = firstN(40).map((fromSeed) => {
			const stream = new ChaosStream<number>({ faults: [fault], seed: fromSeed });
			const alone = firstN(1000).filter((n) => {
				const out = stream.pass(n, n, n * 5000);
				const late = stream.due(n * 5000 + 1000);
				return !(out.length === 1 && late.length === 0);
			});
			return alone.length / 1000;
		});
		expect(Math.min(...shares)).toBeGreaterThan(0.22);
		expect(Math.max(...shares)).toBeLessThan(0.38);
	});
});
