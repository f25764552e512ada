/**
 * What a run of real processes found, and the command line that starts one.
 */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { endProcesses } from '../helpers/processes.ts';

/** The outcome of one run. It holds when nothing was violated. */
export interface Report {
	/** What was promised, in a user's words. */
	readonly promise: string;
	readonly figures: readonly Figure[];
	/** One line for each thing that should not have happened. */
	readonly violations: readonly string[];
	/** Why nothing was run, where it could not be. */
	readonly skipped?: string;
}

/** A measured value with its name, as it is printed. */
export type Figure = readonly [name: string, value: string];

/** Numbers by name. Each is a flag of the command line; `seed` is where everything random comes from. */
export type Options = { readonly seed: number };

/** A run that can be started by its name. */
export interface Run<Chosen extends Options> {
	readonly name: string;
	/** Every option but the seed, which is random when it is not given. */
	readonly defaults: Omit<Chosen, 'seed'>;
	readonly run: (options: Chosen) => Promise<Report>;
}

/** Runs with the command line's flags when `module` is the program, prints the report, and exits 1 on a violation. */
export async function command<Chosen extends Options>(
	{ name, defaults, run }: Run<Chosen>,
	module: ImportMeta,
): Promise<void> {
	if (!module.main) {
		return;
	}
	const names = ['seed', ...Object.keys(defaults)];
	const flags = Object.fromEntries(names.map((option) => [kebab(option), { type: 'string' } as const]));
	const values: Readonly<Record<string, unknown>> = parseArgs({ options: flags }).values;
	const given = names.flatMap((option) => {
		const text = values[kebab(option)];
		return text === undefined ? [] : [[option, wholeNumber(option, String(text))]];
	});
	const options = { seed: randomSeed(), ...defaults, ...Object.fromEntries(given) } as Chosen;
	const report = await reported(name, run, options);
	process.exit(report.violations.length === 0 ? 0 : 1);
}

/** Runs, prints, and ends every process that was started. What was thrown is a violation. */
export async function reported<Chosen extends Options>(
	name: string,
	run: Run<Chosen>['run'],
	options: Chosen,
): Promise<Report & { readonly seconds: number }> {
	const words = Object.entries(options).map(([option, value]) => `--${kebab(option)} ${value}`);
	console.log(`\n${name} ${words.join(' ')}`);
	const began = performance.now();
	const report = await run(options).catch(
		(error: unknown): Report => ({
			promise: 'the run comes to its end',
			figures: [],
			violations: [error instanceof Error ? (error.stack ?? error.message) : String(error)],
		}),
	);
	await endProcesses();
	const seconds = (performance.now() - began) / 1000;
	printReport(report, seconds);
	return { ...report, seconds };
}

/** Whether a report holds, in one word. */
export function verdict({ violations, skipped }: Report): 'ok' | 'FAILED' | 'skipped' {
	return violations.length > 0 ? 'FAILED' : skipped === undefined ? 'ok' : 'skipped';
}

export function randomSeed(): number {
	return randomInt(2 ** 31);
}

/** Frees all memory that nothing holds, as `--expose-gc` lets a program do. */
export function collectGarbage(): void {
	setFlagsFromString('--expose-gc');
	(runInNewContext('gc') as () => void)();
}

/** Bytes as MiB, for a figure. */
export function mebibytes(bytes: number): string {
	return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** The mean of times in ms and the longest, for a figure. */
export function meanAndLongest(values: readonly number[]): string {
	const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
	return `${mean.toFixed(0)} ms, ${Math.max(...values).toFixed(0)} ms`;
}

/** So many violations are printed; a broken broker makes thousands. */
const maxPrinted = 20;

function printReport(report: Report, seconds: number): void {
	for (const [figure, value] of report.figures) {
		console.log(`  ${figure.padEnd(36)} ${value}`);
	}
	for (const violation of report.violations.slice(0, maxPrinted)) {
		console.log(`  ! ${violation.slice(0, 2000)}`);
	}
	if (report.violations.length > maxPrinted) {
		console.log(`  ! and ${report.violations.length - maxPrinted} more`);
	}
	console.log(`  ${verdict(report)}: ${report.skipped ?? report.promise} (${seconds.toFixed(1)} s)`);
}

function kebab(option: string): string {
	return option.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

function wholeNumber(option: string, text: string): number {
	if (!/^\d{1,12}$/u.test(text)) {
		console.error(`Expected --${kebab(option)} to be a whole number, got ${JSON.stringify(text)}`);
		process.exit(2);
	}
	return Number(text);
}
