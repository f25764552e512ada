/**
 * Runs the simulator: `node test/simulator/main.ts --seeds 2000 [--from N] [--jobs 2] [--max-failures N]`, or one seed with
 * all that happens in it: `--seed N --trace`. Ends with 1 and the shrunk trace when an invariant does not hold.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { missing } from './coverage.ts';
import { type RunsOptions, sum, type Tally } from './runs.ts';
import { scenarioOf } from './scenario.ts';
import { shrink } from './shrink.ts';
import { live } from './world.ts';

const { values } = parseArgs({
	options: {
		seeds: { type: 'string', default: '2000' },
		from: { type: 'string', default: '1' },
		jobs: { type: 'string', default: String(availableParallelism()) },
		'max-failures': { type: 'string', default: '1' },
		seed: { type: 'string' },
		trace: { type: 'boolean', default: false },
	},
});

function runInThread(workerData: RunsOptions): Promise<Tally> {
	return new Promise((resolve, reject) => {
		const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData });
		worker.once('message', resolve);
		worker.once('error', reject);
	});
}

async function runMany(): Promise<boolean> {
	const [from, seeds, jobs] = [Number(values.from), Number(values.seeds), Number(values.jobs)];
	const startedAt = performance.now();
	const shares = Array.from({ length: jobs }, (_, job) =>
		runInThread({ from: from + job, seeds: seeds - job, step: jobs, maxFailures: Number(values['max-failures']) }),
	);
	const tally = sum(await Promise.all(shares));
	const seconds = (performance.now() - startedAt) / 1000;
	for (const what of Object.keys(tally.counts).sort()) {
		console.log(`${String(tally.counts[what]).padStart(9)} ${what}`);
	}
	console.log(
		`${tally.seeds} seeds in ${seconds.toFixed(1)} s, ${(tally.seeds / seconds).toFixed(1)} seeds/s, from ${from}`,
	);
	for (const { seed, what } of tally.failures) {
		console.log(`seed ${seed}: ${what}`);
	}
	const [failure] = tally.failures;
	if (failure !== undefined) {
		await explain(failure.seed, true);
		return false;
	}
	const lacking = seeds >= 1000 ? missing(tally.counts, seeds) : [];
	if (lacking.length > 0) {
		console.log(`These happened too seldom, so that little is known of them: ${lacking.join(', ')}`);
	}
	return lacking.length === 0;
}

/** Runs one seed again, makes it small when it fails, and prints what happens in it. */
async function explain(seed: number, isTraced: boolean): Promise<boolean> {
	const scenario = scenarioOf(seed);
	const outcome = await live(scenario, { isTraced });
	const [problem] = outcome.problems;
	if (problem === undefined) {
		print(outcome.trace);
		console.log(`seed ${seed} breaks nothing`);
		return true;
	}
	const small = await shrink(scenario, problem.kind);
	const { trace, problems } = await live(small, { isTraced: true });
	print(trace);
	console.log(`seed ${seed} with ${small.actions.length} of ${scenario.actions.length} actions:`);
	console.log(JSON.stringify(small.setup));
	print(small.actions.map((action) => JSON.stringify(action)));
	print(problems.map(({ text }) => text));
	return false;
}

function print(lines: readonly string[]): void {
	for (const line of lines) {
		console.log(line);
	}
}

const isWell = await (values.seed === undefined ? runMany() : explain(Number(values.seed), values.trace));
process.exitCode = isWell ? 0 : 1;
