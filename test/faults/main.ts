/**
 * Shows that the tests catch faults: plants each one of the table and runs what is to catch it.
 *
 *   npm run faults [-- --only NAME] [--part 1/3] [--jobs 2]
 *
 * `--part K/N` takes every Nth fault, beginning with the Kth: what CI has no time for in one run, it does in N. First the catchers run without a fault, and have to pass. Ends with exit code 1 when a fault is not caught.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { runCatcher, runTests, type Verdict } from './catchers.ts';
import { faultNamed, plant, root } from './plant.ts';
import { type Catcher, type Fault, faults, type TestCatcher } from './table.ts';

const { values } = parseArgs({
	options: {
		only: { type: 'string', multiple: true },
		part: { type: 'string', default: '1/1' },
		jobs: { type: 'string', default: '' },
	},
});
const chosen = partOf(values.only?.map(faultNamed) ?? faults, values.part);
const jobs = Math.max(1, Number(values.jobs) || availableParallelism());

for (const fault of chosen) {
	plant(readFileSync(new URL(fault.file, root), 'utf8'), fault);
}
const clean = (await allOf(cleanRuns(chosen.map(({ caughtBy }) => caughtBy)))).flatMap((problem) => problem ?? []);
if (clean.length > 0) {
	console.error(`Without a fault, every catcher has to pass:\n${clean.join('\n')}`);
	process.exit(1);
}
console.log(`${chosen.length} faults; without any, what is to catch them passes\n`);
const width = Math.max(...chosen.map(({ name }) => name.length));
const caught = await allOf(chosen.map((fault) => () => show(fault)));
const missed = caught.filter((one) => !one).length;
console.log(`\n${chosen.length - missed} of ${chosen.length} faults caught`);
process.exitCode = missed === 0 ? 0 : 1;

/** Throws when the part is not `K/N` with 1 <= K <= N. */
function partOf<Value>(all: readonly Value[], part: string): readonly Value[] {
	const [, k, n] = /^(\d+)\/(\d+)$/.exec(part)?.map(Number) ?? [];
	if (k === undefined || n === undefined || k < 1 || k > n) {
		throw new Error(`Expected a part like 1/2, got ${JSON.stringify(part)}`);
	}
	return all.filter((_, index) => index % n === k - 1);
}

/** Plants a fault, tells what became of it, and returns whether it was caught. */
async function show(fault: Fault): Promise<boolean> {
	const start = performance.now();
	const verdict = await runCatcher(fault.caughtBy, fault.name);
	const seconds = ((performance.now() - start) / 1000).toFixed(1);
	const isCaught = verdict.kind === 'caught';
	console.log(
		`${isCaught ? 'caught' : 'MISSED'}  ${fault.name.padEnd(width)}  ${seconds.padStart(5)} s  ${said(verdict)}`,
	);
	return isCaught;
}

function said(verdict: Verdict): string {
	switch (verdict.kind) {
		case 'caught':
			return verdict.by;
		case 'passed':
			return `nobody noticed: ${verdict.tests.join(', ')}`;
		case 'broken':
			return `failed, but not by an assertion: ${verdict.why}`;
	}
}

function inFull(verdict: Verdict): string {
	return verdict.kind === 'caught' ? `${verdict.by}: ${verdict.because}` : said(verdict);
}

/** Each file once with all its titles, and the simulator once with the most seeds. Each run returns what was wrong. */
function cleanRuns(catchers: readonly Catcher[]): (() => Promise<string | undefined>)[] {
	const seeds = Math.max(0, ...catchers.map((catcher) => ('seeds' in catcher ? catcher.seeds : 0)));
	const tests = catchers.filter((catcher): catcher is TestCatcher => 'test' in catcher);
	const runs = [...Map.groupBy(tests, ({ test }) => test)].map(([file, wanted]) => async () => {
		const verdict = await runTests(wanted);
		if (verdict.kind !== 'passed') {
			return `${file}: ${inFull(verdict)}`;
		}
		const absent = wanted.find(({ title }) => !verdict.tests.some((test) => test.includes(title)));
		return absent && `${file} has no test with the title ${absent.title}`;
	});
	if (seeds > 0) {
		runs.push(async () => {
			const verdict = await runCatcher({ seeds });
			return verdict.kind === 'passed' ? undefined : inFull(verdict);
		});
	}
	return runs;
}

/** The results of the tasks in their order, `jobs` at a time. */
async function allOf<Value>(tasks: readonly (() => Promise<Value>)[]): Promise<Value[]> {
	const results: Value[] = [];
	const waiting = tasks.entries();
	const worker = async (): Promise<void> => {
		for (const [index, task] of waiting) {
			results[index] = await task();
		}
	};
	await Promise.all(Array.from({ length: jobs }, worker));
	return results;
}
