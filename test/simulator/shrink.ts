/** Makes a failing scenario small: leaves out actions, then whole parts of the setup, as long as it fails the same way. */
import { dedupeMs } from '../../src/engines/engine.ts';
import type { Action, Scenario } from './scenario.ts';
import type { Problem } from './watch.ts';
import { live } from './world.ts';

/** Most runs that a search may take. */
const maxRuns = 600;

/** The smallest scenario that was found to have a problem of this kind. */
export async function shrink(scenario: Scenario, kind: Problem['kind']): Promise<Scenario> {
	let runs = 0;
	let best = scenario;
	const tries = async (candidate: Scenario): Promise<boolean> => {
		if (runs >= maxRuns) {
			return false;
		}
		runs += 1;
		const { problems } = await live(candidate, { isTraced: false });
		const isSame = problems[0]?.kind === kind;
		if (isSame) {
			best = candidate;
		}
		return isSame;
	};
	// What could not be left out before may be once something else is.
	for (let before = Number.POSITIVE_INFINITY; best.actions.length < before && runs < maxRuns; ) {
		before = best.actions.length;
		for (let size = Math.ceil(before / 2); size >= 1; size = Math.floor(size / 2)) {
			for (let start = 0; start < best.actions.length; ) {
				if (!(await tries({ ...best, actions: without(best.actions, start, size) }))) {
					start += size;
				}
			}
		}
	}
	for (const [index, action] of best.actions.entries()) {
		if (action.type === 'publish' && action.times > 1) {
			await tries({ ...best, actions: best.actions.with(index, { ...action, times: 1 }) });
		}
	}
	while (best.setup.baseClients > 0 && (await tries(withSetup(best, { baseClients: best.setup.baseClients - 1 })))) {}
	const calm = {
		latencyMs: 5,
		jitterMs: 0,
		writeMs: 1,
		syncMs: 1,
		readMs: 1,
		tellMs: 1,
		loopback: true,
		windowMessages: 512,
		flushWindowMs: 0,
	};
	for (const [name, value] of Object.entries({
		...calm,
		historySize: 10_000,
		historyTtlMs: 2 ** 40,
		rememberMs: dedupeMs,
	})) {
		await tries(withSetup(best, { [name]: value }));
	}
	return best;
}

/** What is left out passes its time on to what comes after it. */
function without(actions: readonly Action[], start: number, size: number): readonly Action[] {
	const passed = actions.slice(start, start + size).reduce((sum, { at }) => sum + at, 0);
	return actions
		.toSpliced(start, size)
		.map((action, index) => (index === start ? { ...action, at: action.at + passed } : action));
}

function withSetup(scenario: Scenario, setup: Partial<Scenario['setup']>): Scenario {
	return { ...scenario, setup: { ...scenario.setup, ...setup } };
}
