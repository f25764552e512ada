/**
 * From what one of each costs to what millions need: rooms whose sizes follow a power law are drawn from a seed, and what
 * their members do is added up. What one costs was measured before, and is in bench/scaling/measured.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { withTables } from '../docs/marked-tables.ts';
import { Chance } from '../test/endurance/chance.ts';
import { endProcesses } from '../test/helpers/processes.ts';
import { readWords } from './harness/words.ts';
import { nodeLimits } from './scaling/demand.ts';
import { checkModel, measureUnits } from './scaling/measure.ts';
import { drawRooms, habits } from './scaling/population.ts';
import { checkTable, type Measurements, report } from './scaling/report.ts';

const usage = `npm run model [-- --seed N]              prints how many people need what
npm run model -- --measure [--rounds N]  measures anew what one of each costs, and holds the model against this machine
npm run model -- --check                 holds the model against this machine, by what was measured before
npm run model -- --write                 writes the tables into docs/scaling.md
`;
const { values } = readWords(usage, () =>
	parseArgs({
		options: {
			seed: { type: 'string', default: '1' },
			rounds: { type: 'string', default: '3' },
			measure: { type: 'boolean', default: false },
			check: { type: 'boolean', default: false },
			write: { type: 'boolean', default: false },
			help: { type: 'boolean', default: false },
		},
	}),
);
const kept = new URL('scaling/measured.json', import.meta.url);
const page = new URL('../docs/scaling.md', import.meta.url);

if (values.measure) {
	const { costs, ranges, wrong } = await measureUnits(Number(values.rounds), console.log).finally(endProcesses);
	complain(wrong);
	const machine = { node: process.version, cores: availableParallelism(), rounds: Number(values.rounds) };
	const check = await checkHere(costs);
	writeFileSync(kept, `${JSON.stringify({ machine, costs, ranges, check }, undefined, '\t')}\n`);
}
const measurements = JSON.parse(readFileSync(kept, 'utf8')) as Measurements;
if (values.check) {
	console.log(checkTable(await checkHere(measurements.costs)).join('\n'));
} else {
	const tables = report({ seed: Number(values.seed), habits, limits: nodeLimits, ...measurements });
	console.log(tables);
	if (values.write) {
		writeFileSync(page, withTables(readFileSync(page, 'utf8'), tables));
	}
}

/** A town of two thousand who talk as much as takes a good part of a core. */
async function checkHere(costs: Measurements['costs']) {
	const users = 2000;
	const busy = {
		...habits,
		largestShare: 0.2,
		sessionHours: Number.POSITIVE_INFINITY,
		pairMessagesPerHour: 30 * habits.pairMessagesPerHour,
		statesPerHour: 10 * habits.statesPerHour,
	};
	const sizes = drawRooms(users, busy, new Chance(Number(values.seed)));
	const check = await checkModel({ sizes, users, habits: busy, limits: nodeLimits }, costs).finally(endProcesses);
	complain(check.wrong);
	return check;
}

function complain(wrong: readonly string[]): void {
	for (const what of wrong) {
		console.error(`wrong: ${what}`);
		process.exitCode = 1;
	}
}
