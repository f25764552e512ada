/**
 * How long a publish waits for its acknowledgement by the store while nothing else is done, while 100,000 messages of
 * other rooms are removed, and while as many are indexed for a search.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Engine, openSqliteEngine } from '../src/engines/sqlite.ts';
import { temporaryDirectory } from '../test/helpers/processes.ts';
import { figureTable, keep } from './harness/comparison.ts';
import { mostDelayMs } from './harness/promises.ts';
import type { Scenario } from './harness/scenario.ts';
import { median, percentile } from './harness/statistics.ts';
import { fill, rare, roomName, rooms } from './stored/fill.ts';

const stored = 100_000;
const title = 'trim';
const quiet = 'quiet';
const quietMs = 1000;

export const trim: Scenario = {
	name: 'trim',
	about: 'how long a publish waits while old messages are removed or indexed',
	run: async ({ rounds }) => {
		const rows = new Map([quiet, 'removing', 'indexing'].map((row) => [row, new Map<string, number[]>()]));
		for (let round = 0; round < rounds; round++) {
			const directory = temporaryDirectory();
			await fill(directory, 0, stored, { isIndexed: false });
			await using engine = await openSqliteEngine({ directory });
			await publishUntil(engine, pause(quietMs));
			keepAll(quiet, await publishUntil(engine, pause(quietMs)));
			keepAll('indexing', await publishUntil(engine, searchAll(engine)));
			keepAll('removing', await publishUntil(engine, clearAll(engine)));
		}
		const missed = [...rows].flatMap(([row, columns]) => {
			const before = rows.get(quiet)?.get('p99') ?? [];
			const later = median((columns.get('p99') ?? []).map((ms, round) => ms - (before[round] ?? Number.NaN)));
			return later <= mostDelayMs
				? []
				: [`${title}: p99 is ${later.toFixed(1)} ms longer while ${row}, promised are ${mostDelayMs}`];
		});
		return { tables: [figureTable(`${title}: to the acknowledgement by the store, ms`, rows)], missed, wrong: [] };

		function keepAll(row: string, latencies: readonly number[]): void {
			for (const [column, share] of Object.entries({ p50: 0.5, p99: 0.99, longest: 1 })) {
				keep(rows, row, column, percentile(latencies, share));
			}
		}
	},
};

/** One publishes after the other until something is over. Resolves to how long each took, in ms. */
async function publishUntil(engine: Engine, over: Promise<unknown>): Promise<readonly number[]> {
	const latencies: number[] = [];
	let isOver = false;
	const ended = over.then(() => {
		isOver = true;
	});
	while (!isOver) {
		const start = performance.now();
		await engine.append('live', [
			{ id: crypto.randomUUID(), sender: 'writer', content: 'on the dashboard', verified: false },
		]);
		latencies.push(performance.now() - start);
	}
	await ended;
	return latencies;
}

async function clearAll(engine: Engine): Promise<void> {
	for (let index = 0; index < rooms; index++) {
		await engine.clear(roomName(index));
	}
	await engine.sweep();
}

/** Searches until the index knows all: then one look finds that there is nothing more. */
async function searchAll(engine: Engine): Promise<void> {
	for (let index = 0; index < rooms; index++) {
		const query = { text: rare.word, limit: stored };
		for (let page = await engine.search(roomName(index), query); !page.complete; ) {
			await pause(10);
			page = await engine.search(roomName(index), query);
		}
	}
}
