/**
 * Every run, one after the other, at the size that fits into a few minutes: `npm run test:endurance`. A larger one is
 * started by its own name: `node test/endurance/kills.ts --kills 1000`.
 */
import { churnRun } from './churn.ts';
import { diskRun } from './disk.ts';
import { flipsRun } from './flips.ts';
import { hostileBrokerRun } from './hostile-broker.ts';
import { killsRun } from './kills.ts';
import { malformedRun } from './malformed.ts';
import { type Options, type Report, type Run, randomSeed, reported, verdict } from './report.ts';
import { restartsRun } from './restarts.ts';
import { stalledRun } from './stalled.ts';

type Outcome = Report & { readonly name: string; readonly seconds: number };

const outcomes = [
	// First, while the heap of this process holds little else.
	await outcomeOf({ ...churnRun, defaults: { ...churnRun.defaults, seconds: 60 } }),
	await outcomeOf(malformedRun),
	await outcomeOf(hostileBrokerRun),
	await outcomeOf(killsRun),
	await outcomeOf(restartsRun),
	await outcomeOf(stalledRun),
	await outcomeOf(diskRun),
	await outcomeOf(flipsRun),
];
console.log('\nendurance');
for (const outcome of outcomes) {
	const { name, seconds, promise } = outcome;
	console.log(`  ${verdict(outcome).padEnd(8)}${name.padEnd(16)}${seconds.toFixed(0).padStart(4)} s  ${promise}`);
}
process.exit(outcomes.some((outcome) => verdict(outcome) === 'FAILED') ? 1 : 0);

async function outcomeOf<Chosen extends Options>({ name, defaults, run }: Run<Chosen>): Promise<Outcome> {
	const options = { seed: randomSeed(), ...defaults } as Chosen;
	return { name, ...(await reported(name, run, options)) };
}
