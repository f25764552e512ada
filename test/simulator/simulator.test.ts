import { expect, test } from 'vitest';
import { missing } from './coverage.ts';
import { runSeeds } from './runs.ts';
import { scenarioOf } from './scenario.ts';
import { live } from './world.ts';

/** On a busy machine. */
const longRun = { timeout: 120_000 };

test('whatever goes wrong with network, disk, clocks and processes, every invariant holds', longRun, async () => {
	const { failures } = await runSeeds({ from: 1, seeds: 40 });
	expect(failures).toEqual([]);
});

test('the same seed gives the same run, to the last byte of what happens in it', longRun, async () => {
	for (const seed of [3, 96, 134]) {
		const [one, other] = [
			await live(scenarioOf(seed), { isTraced: true }),
			await live(scenarioOf(seed), { isTraced: true }),
		];
		expect(one.trace.length).toBeGreaterThan(100);
		expect(one.trace).toEqual(other.trace);
		expect([...one.counts]).toEqual([...other.counts]);
	}
});

test('a scenario does not depend on what was run before it', () => {
	expect(scenarioOf(7)).toEqual(scenarioOf(7));
	expect(scenarioOf(7)).not.toEqual(scenarioOf(8));
});

test('a run in which some trouble came seldom or never is not taken for a proof of anything', () => {
	expect(missing({}, 1000)).toContain('crashed when fsynced (0 of 25)');
	expect(missing({ 'crashed when fsynced': 49 }, 2000)).toContain('crashed when fsynced (49 of 50)');
	expect(missing({ 'crashed when fsynced': 50 }, 2000).join()).not.toContain('crashed when fsynced');
});
