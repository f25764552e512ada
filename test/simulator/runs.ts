/** Runs many seeds one after the other, and stops at the first that breaks an invariant. */
import { scenarioOf } from './scenario.ts';
import { live } from './world.ts';

export interface Tally {
	readonly seeds: number;
	readonly counts: Readonly<Record<string, number>>;
	readonly failures: readonly Failure[];
}

interface Failure {
	readonly seed: number;
	/** The first thing that was wrong. */
	readonly what: string;
}

export interface RunsOptions {
	readonly from: number;
	readonly seeds: number;
	/** Runs every `step`th seed. @default 1 */
	readonly step?: number;
	/** Failures after which nothing more is run. @default 1 */
	readonly maxFailures?: number;
	readonly onSeed?: () => void;
}

export async function runSeeds({ from, seeds, step = 1, maxFailures = 1, onSeed }: RunsOptions): Promise<Tally> {
	const counts: Record<string, number> = {};
	const failures: Failure[] = [];
	let done = 0;
	for (let seed = from; seed < from + seeds && failures.length < maxFailures; seed += step) {
		const outcome = await live(scenarioOf(seed), { isTraced: false });
		for (const [what, count] of outcome.counts) {
			counts[what] = (counts[what] ?? 0) + count;
		}
		const [problem] = outcome.problems;
		if (problem !== undefined) {
			failures.push({ seed, what: problem.text });
		}
		done += 1;
		onSeed?.();
	}
	return { seeds: done, counts, failures };
}

/** Adds up what several runners did. */
export function sum(tallies: readonly Tally[]): Tally {
	const counts: Record<string, number> = {};
	for (const tally of tallies) {
		for (const [what, count] of Object.entries(tally.counts)) {
			counts[what] = (counts[what] ?? 0) + count;
		}
	}
	return {
		seeds: tallies.reduce((all, { seeds }) => all + seeds, 0),
		counts,
		failures: tallies.flatMap(({ failures }) => failures).sort((one, other) => one.seed - other.seed),
	};
}
