/**
 * What natter's time goes to while it brings messages to the 100 readers of a room: samples of its main thread, those in
 * which it waits left out, and how much of the time that thread and the one of SQLite were busy. The latter counts as
 * busy while it waits for the disk. The modules are run as they are, not as a bundle, so that it can be told whose they are.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, temporaryDirectory } from '../test/helpers/processes.ts';
import { figureTable, keep } from './harness/comparison.ts';
import { type CpuProfile, type Span, timeByWork } from './harness/cpu-profile.ts';
import type { Scenario } from './harness/scenario.ts';
import type { Load } from './load/crowd.ts';
import { LoadGenerator } from './load/load.ts';

const crowd = { rooms: 1, readersPerRoom: 100, publishers: 4 };
const seconds = 0.6;
const warmSeconds = 3;
const loads: Readonly<Record<string, Load>> = {
	'20k/s': { perSecond: 200, seconds },
	'100k/s': { perSecond: 1000, seconds },
	'bursts of 16': { perSecond: 1000, burst: 16, seconds },
	saturated: { window: 512, seconds },
};
const command = fileURLToPath(new URL('peers/natter-modules.ts', import.meta.url));

export const profile: Scenario = {
	name: 'profile',
	about: 'what the main thread of natter is busy with',
	run: async ({ rounds }) => {
		const directory = temporaryDirectory();
		const { spans, wrong } = await measure(rounds, directory);
		const [main, ...workers] = readProfiles(directory);
		if (main === undefined) {
			throw new Error('Expected Node to have written a profile');
		}
		const shares = new Map<string, Map<string, number[]>>();
		const busy = new Map<string, Map<string, number[]>>();
		for (const [column, ofColumn] of spans) {
			for (const span of ofColumn) {
				const times = timeByWork(main, span);
				const all = sum(times);
				for (const [work, time] of times) {
					keep(shares, work, column, (100 * time) / all);
				}
				const length = span.to - span.from;
				keep(busy, 'main thread', column, (100 * all) / length);
				const others = workers.reduce((total, worker) => total + sum(timeByWork(worker, span)), 0);
				keep(busy, 'threads of SQLite', column, (100 * others) / length);
			}
		}
		return {
			tables: [
				figureTable('what the main thread is busy with, %', shares),
				figureTable('how much of the time threads are busy, %', busy),
			],
			missed: [],
			wrong,
		};
	},
};

/** Has the loads done in turns. Resolves when the profiles are written, to when that was. */
async function measure(rounds: number, directory: string) {
	const spans = new Map<string, Span[]>(Object.keys(loads).map((column) => [column, []]));
	const wrong: string[] = [];
	const broker = run(process.execPath, [command, '--serve', '--port', '0', '--data', temporaryDirectory()], {
		env: { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory}` },
	});
	const [, digits = ''] = await broker.printed(/listening on ws:\/\/\S+:(\d+)/u);
	const { pid = 0 } = broker.child;
	{
		await using generator = await LoadGenerator.gather('natter', { ...crowd, port: Number(digits), pid });
		for (const load of Object.values(loads)) {
			await generator.run({ ...load, seconds: warmSeconds });
		}
		for (let round = 0; round < rounds; round++) {
			for (const [column, load] of Object.entries(loads)) {
				const from = nowUs();
				const outcome = await generator.run(load);
				spans.get(column)?.push({ from, to: nowUs() });
				wrong.push(...outcome.wrong.map((what) => `profile, ${column}: ${what}`));
			}
		}
	}
	broker.kill('SIGTERM');
	await broker.ended;
	return { spans, wrong };
}

/** That of the main thread comes first: its name ends in the lowest number. */
function readProfiles(directory: string): CpuProfile[] {
	const files = readdirSync(directory).sort();
	return files.map((file) => JSON.parse(readFileSync(join(directory, file), 'utf8')));
}

function sum(times: ReadonlyMap<string, number>): number {
	return [...times.values()].reduce((total, time) => total + time, 0);
}

function nowUs(): number {
	return Number(process.hrtime.bigint() / 1000n);
}
