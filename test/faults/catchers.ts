/**
 * Runs what is to catch a fault, in a process of its own, and tells what it found.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './plant.ts';
import type { Catcher, TestCatcher } from './table.ts';

/** `caught`: by an assertion or an invariant. `broken`: nothing was tested, or what failed says nothing about natter. */
export type Verdict =
	| { readonly kind: 'caught'; readonly by: string; readonly because: string }
	| { readonly kind: 'passed'; readonly tests: readonly string[] }
	| { readonly kind: 'broken'; readonly why: string };

/** Runs one catcher, with the fault when one is named. */
export function runCatcher(catcher: Catcher, fault?: string): Promise<Verdict> {
	return 'seeds' in catcher ? simulate(catcher.seeds, fault) : runTests([catcher], fault);
}

/** Runs some tests together. */
export async function runTests(catchers: readonly TestCatcher[], fault?: string): Promise<Verdict> {
	const directory = await mkdtemp(join(tmpdir(), 'natter-faults-'));
	try {
		const report = join(directory, 'report.json');
		const files = new Set(catchers.map(({ test }) => test));
		const waits = catchers.some((catcher) => catcher.waits);
		const titles = catchers.map(({ title }) => escaped(title));
		const { output } = await run(
			['node_modules/vitest/vitest.mjs', 'run', '--config', 'test/faults/vitest.config.ts', ...files]
				.concat('--testTimeout', String(testMs), '--testNamePattern', titles.join('|'))
				.concat('--reporter', 'json', '--outputFile', report),
			fault,
		);
		const text = await readFile(report, 'utf8').catch(() => undefined);
		return text === undefined ? { kind: 'broken', why: lastLines(output) } : judgeTests(JSON.parse(text), waits);
	} finally {
		await rm(directory, { recursive: true });
	}
}

interface TestReport {
	readonly testResults: readonly {
		readonly status: string;
		readonly message: string;
		readonly assertionResults: readonly {
			readonly title: string;
			readonly status: string;
			readonly failureMessages: readonly string[] | null;
		}[];
	}[];
}

/** How long a test may take that does not say so itself, in ms. */
const testMs = 5000;
/** What a failed test says when something that it expected was not so. */
const assertion = /AssertionError|Property failed|promise (?:resolved|rejected) .* instead/u;
/** What it says when something could not even be run. */
const accident = /SyntaxError|ReferenceError|is not a function|is not defined|Cannot find/u;

function judgeTests({ testResults }: TestReport, waits: boolean): Verdict {
	const unloaded = testResults.find(
		({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
	);
	if (unloaded !== undefined) {
		return { kind: 'broken', why: unloaded.message };
	}
	const results = testResults.flatMap(({ assertionResults }) => assertionResults);
	const failed = results.filter(({ status }) => status === 'failed');
	const byAssertion = failed.find(({ failureMessages }) => isByAssertion(failureMessages ?? []));
	if (byAssertion !== undefined) {
		return {
			kind: 'caught',
			by: byAssertion.title,
			because: (byAssertion.failureMessages ?? []).join('\n').slice(0, 500),
		};
	}
	const [other] = failed;
	if (waits && other?.failureMessages?.some((message) => message.includes('Test timed out'))) {
		return { kind: 'caught', by: `${other.title} (it waits in vain)`, because: 'nothing came' };
	}
	if (other !== undefined) {
		return { kind: 'broken', why: `${other.title}: ${(other.failureMessages ?? []).join('\n').slice(0, 500)}` };
	}
	const tests = results.filter(({ status }) => status === 'passed').map(({ title }) => title);
	return tests.length === 0 ? { kind: 'broken', why: 'no test has that title' } : { kind: 'passed', tests };
}

function isByAssertion(messages: readonly string[]): boolean {
	const text = messages.join('\n');
	return assertion.test(text) && !accident.test(text);
}

async function simulate(seeds: number, fault?: string): Promise<Verdict> {
	// The first violation is enough; that it is then made small would take longer than to find it.
	const { code, output } = await run(['test/simulator/main.ts', '--seeds', String(seeds)], fault, /^seed \d+: .*$/mu);
	if (code === 0) {
		return { kind: 'passed', tests: [`the simulator with ${seeds} seeds`] };
	}
	const [violation] = /^seed \d+: I\d+: .*$/mu.exec(output) ?? [];
	return violation === undefined || accident.test(output)
		? { kind: 'broken', why: lastLines(output) }
		: { kind: 'caught', by: `simulator, ${violation.slice(0, 100)}`, because: violation };
}

interface Ended {
	readonly code: number | null;
	readonly output: string;
}

/** Runs Node on something of this repository, until it says `enough`. A run that hangs is killed after a minute. */
function run(args: readonly string[], fault: string | undefined, enough?: RegExp): Promise<Ended> {
	const { NATTER_FAULT: _, ...environment } = process.env;
	const child = spawn(process.execPath, args, {
		cwd: fileURLToPath(root),
		env: {
			...environment,
			NODE_OPTIONS: `--import=${new URL('load.ts', import.meta.url).href}`,
			...(fault !== undefined && { NATTER_FAULT: fault }),
		},
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: 60_000,
		killSignal: 'SIGKILL',
	});
	let output = '';
	const keep = (chunk: Buffer): void => {
		output = (output + chunk.toString()).slice(-100_000);
		if (enough?.test(output)) {
			child.kill('SIGKILL');
		}
	};
	child.stdout.on('data', keep);
	child.stderr.on('data', keep);
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code) => resolve({ code, output }));
	});
}

function lastLines(output: string): string {
	return output.trim().split('\n').slice(-12).join('\n');
}

function escaped(title: string): string {
	return title.replace(/[.*+?^${}()|[\]\\]/gu, '\\$&');
}
