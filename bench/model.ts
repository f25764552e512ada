/**
 * From what one of each costs to what millions need: rooms whose sizes follow a power law are drawn from a seed, and
 * what their members do is added up. The unit costs are measured, by `npm run bench -- units`.
 *
 * npm run model [-- --seed N] [--write]     `--write` puts the tables into docs/scaling.md
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { nodeLimits, type UnitCosts } from './scaling/demand.ts';
import { habits } from './scaling/population.ts';
import { report } from './scaling/report.ts';

const { values } = parseArgs({
	options: { seed: { type: 'string', default: '1' }, write: { type: 'boolean', default: false } },
});
const costs = JSON.parse(readFileSync(new URL('scaling/unit-costs.json', import.meta.url), 'utf8')) as {
	readonly costs: UnitCosts;
};
const tables = report({ seed: Number(values.seed), habits, costs: costs.costs, limits: nodeLimits });
console.log(tables);
if (values.write) {
	const page = new URL('../docs/scaling.md', import.meta.url);
	const marked = /(<!-- tables -->\n)[\s\S]*(<!-- \/tables -->)/u;
	const written = readFileSync(page, 'utf8').replace(
		marked,
		(_, start: string, end: string) => `${start}${tables}${end}`,
	);
	writeFileSync(page, written);
}
