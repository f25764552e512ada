/**
 * Measures natter beside other brokers and other screens, in the same run. Prints tables with medians and ranges; exits 1
 * when a promise does not hold or something was lost. It measures what `npm run build` made.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, release, totalmem, type } from 'node:os';
import { parseArgs } from 'node:util';
import { endProcesses } from '../test/helpers/processes.ts';
import { connect } from './connect.ts';
import type { Report } from './document/page.ts';
import { fanOut } from './fan-out.ts';
import { flood } from './flood.ts';
import type { Findings, Scenario } from './harness/scenario.ts';
import { textTable } from './harness/table.ts';
import { readWords, refuse } from './harness/words.ts';
import { history } from './history.ts';
import { keys } from './keys.ts';
import { latency } from './latency.ts';
import { memory } from './memory.ts';
import { profile } from './profile.ts';
import { publish } from './publish.ts';
import { readers } from './readers.ts';
import { resume } from './resume.ts';
import { rooms } from './rooms.ts';
import { screenMemory } from './screen-memory.ts';
import { scroll } from './scroll.ts';
import { start } from './start.ts';
import { trim } from './trim.ts';

const scenarios: readonly Scenario[] = [
	fanOut,
	readers,
	rooms,
	latency,
	publish,
	resume,
	history,
	trim,
	connect,
	memory,
	profile,
	start,
	keys,
	flood,
	scroll,
	screenMemory,
];
const ofSmoke: readonly Scenario[] = [fanOut];

const usage = `npm run bench [-- NAME...] [--rounds N] [--smoke] [--json FILE]

${scenarios.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`).join('\n')}

  --rounds N     how often each is measured (default: 5)
  --smoke        fan-out beside the naive broker alone, as far as it can be judged on a busy machine
  --json FILE    what was found, for npm run bench:document -- FILE
`;
const { values, positionals } = readWords(usage, () =>
	parseArgs({
		allowPositionals: true,
		options: {
			rounds: { type: 'string', default: '5' },
			smoke: { type: 'boolean', default: false },
			json: { type: 'string' },
			help: { type: 'boolean', default: false },
		},
	}),
);
const rounds = Number(values.rounds);
const unknown = positionals.find((name) => !scenarios.some((scenario) => scenario.name === name));
if (unknown !== undefined) {
	refuse(`There is nothing called ${unknown} to measure`);
} else if (!Number.isInteger(rounds) || rounds < 1) {
	refuse(`Expected --rounds to be a whole number from 1 on, got ${values.rounds}`);
}
const usual = values.smoke ? ofSmoke : scenarios;
const chosen = positionals.length === 0 ? usual : scenarios.filter(({ name }) => positionals.includes(name));

const found: { name: string; findings: Findings }[] = [];
for (const scenario of chosen) {
	const began = performance.now();
	try {
		const findings = await scenario.run({ isSmoke: values.smoke, rounds });
		found.push({ name: scenario.name, findings });
		print(findings);
	} catch (error) {
		// What was measured before and what can be measured after it are kept.
		const what = error instanceof Error ? error.stack : error;
		found.push({
			name: scenario.name,
			findings: { tables: [], missed: [], wrong: [`${scenario.name} ended early: ${what}`] },
		});
	} finally {
		await endProcesses();
	}
	console.log(`${scenario.name}: ${((performance.now() - began) / 1000).toFixed(0)} s\n`);
}
if (values.json !== undefined) {
	const report: Report = {
		machine: {
			cores: availableParallelism(),
			memoryGiB: Math.round(totalmem() / 2 ** 30),
			system: `${type()} ${release().split('-')[0]}`,
			node: process.versions.node,
		},
		rounds,
		scenarios: found,
	};
	writeFileSync(values.json, `${JSON.stringify(report, undefined, '\t')}\n`);
}
const failures = found.flatMap(({ findings: { missed, wrong } }) => [
	...wrong.map((what) => `wrong: ${what}`),
	...missed.map((what) => `missed: ${what}`),
]);
for (const what of found.flatMap(({ findings }) => findings.unreached ?? [])) {
	console.log(`still to be reached: ${what}`);
}
const unjudged = found.flatMap(({ findings }) => findings.unjudged ?? []);
for (const what of unjudged) {
	console.log(`not judged, the machine is busy with other things: ${what}`);
}
const holds = unjudged.length === 0 ? 'all that is promised holds' : 'the other promises hold';
console.log(failures.length === 0 ? holds : failures.join('\n'));
process.exitCode = failures.length === 0 ? 0 : 1;

function print({ tables }: Findings): void {
	for (const { title, head, rows } of tables) {
		console.log(`${title}\n${textTable(head, rows)}\n`);
	}
}
