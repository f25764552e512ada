/**
 * How many publishes a second are stored for 1, 10 and 100 who publish into 10 rooms, each the next thing when the last
 * one is acknowledged, and how long each of them waits for that. Beside natter stands a thread that does nothing but put
 * messages into an SQLite table and sync them, behind the obvious WebSocket server and without any network.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { temporaryDirectory } from '../test/helpers/processes.ts';
import { figures, figureTable, type Rounds, ratioTable, wrongIn } from './harness/comparison.ts';
import { promises } from './harness/promises.ts';
import { settleMs } from './harness/rounds.ts';
import type { Scenario } from './harness/scenario.ts';
import { percentile } from './harness/statistics.ts';
import { natter as dialect } from './load/dialects/natter.ts';
import { Writers, type Written } from './load/writers.ts';
import { BareSqlite } from './peers/bare-sqlite.ts';
import { natter, natterInMemory } from './peers/natter.ts';
import { type Peer, startScript } from './peers/peer.ts';

const rooms = 10;
const numbers = { '1 writer': 1, '10 writers': 10, '100 writers': 100 };
const seconds = 0.6;
/** For each of the loads, all subjects at the same time. */
const warmSeconds = 2;
const title = 'publish';

const bareSqlite: Pick<Peer, 'name' | 'start'> = {
	name: 'bare SQLite',
	start: () => startScript(new URL('peers/bare-sqlite-broker.ts', import.meta.url), [temporaryDirectory()]),
};

/** Somebody who stores what writers publish. */
interface Subject {
	readonly name: string;
	/** By column. */
	readonly loads: ReadonlyMap<string, (seconds: number) => Promise<Written>>;
	readonly stop: () => Promise<void>;
}

export const publish: Scenario = {
	name: 'publish',
	about: 'how many publishes a second are stored and acknowledged',
	run: async ({ rounds }) => {
		const written = await measure(rounds);
		const ms = figures(written, (result) => (1000 * result.seconds) / result.acknowledged);
		const { table, ...judged } = ratioTable(`${title}: time for each`, ms, promises.publish);
		return {
			tables: [
				figureTable(
					`${title}: acknowledged per second`,
					figures(written, (result) => result.acknowledged / result.seconds),
				),
				figureTable(
					`${title}: to the acknowledgement, half of them within, ms`,
					figures(written, ({ p50Ms }) => p50Ms),
				),
				figureTable(
					`${title}: to the acknowledgement, 99 of 100 within, ms`,
					figures(written, ({ p99Ms }) => p99Ms),
				),
				figureTable(
					`${title}: CPU for each, µs`,
					figures(written, ({ brokerUs, acknowledged }) => brokerUs / acknowledged),
				),
				table,
			],
			...judged,
			wrong: wrongIn(title, written),
		};
	},
};

async function measure(rounds: number): Promise<Rounds<Written>> {
	const written = new Map<string, Map<string, Written[]>>();
	const subjects: Subject[] = [];
	try {
		for (const peer of [natter, natterInMemory, bareSqlite]) {
			subjects.push(await overNetwork(peer));
		}
		subjects.push(withoutNetwork());
		await pause(settleMs);
		await Promise.all(
			subjects.map(async ({ name, loads }) => {
				written.set(name, new Map([...loads.keys()].map((column) => [column, []])));
				for (const run of loads.values()) {
					await run(warmSeconds);
				}
			}),
		);
		for (let round = 0; round < rounds; round++) {
			for (const column of Object.keys(numbers)) {
				for (const { name, loads } of subjects) {
					const result = await loads.get(column)?.(seconds);
					if (result !== undefined) {
						written.get(name)?.get(column)?.push(result);
					}
				}
			}
		}
	} finally {
		for (const { stop } of subjects) {
			await stop();
		}
	}
	return written;
}

async function overNetwork(peer: Pick<Peer, 'name' | 'start'>): Promise<Subject> {
	const { port, pid, stop } = await peer.start();
	const gathered = new Map<string, Writers>();
	for (const [column, writers] of Object.entries(numbers)) {
		gathered.set(column, await Writers.gather(dialect, { port, pid, rooms, writers, prefix: `${writers}-` }));
	}
	const loads = new Map([...gathered].map(([column, all]) => [column, (duration: number) => all.run(duration)]));
	return { name: peer.name, loads, stop };
}

function withoutNetwork(): Subject {
	const store = new BareSqlite(temporaryDirectory());
	const entries = Object.entries(numbers).map(
		([column, writers]) => [column, (duration: number) => writeAll(store, writers, duration)] as const,
	);
	return { name: 'bare SQLite, no network', loads: new Map(entries), stop: () => store[Symbol.asyncDispose]() };
}

/** The same as `Writers` do, by callbacks. */
async function writeAll(store: BareSqlite, writers: number, duration: number): Promise<Written> {
	const latencies: number[] = [];
	const own = process.cpuUsage();
	const start = performance.now();
	const end = start + duration * 1000;
	const write = (room: string, finished: () => void): void => {
		const publishedAt = performance.now();
		store.store(room, text, () => {
			const now = performance.now();
			latencies.push(now - publishedAt);
			if (now < end) {
				write(room, finished);
			} else {
				finished();
			}
		});
	};
	await Promise.all(
		Array.from(
			{ length: writers },
			(_, index) => new Promise<void>((resolve) => write(`room-${index % rooms}`, resolve)),
		),
	);
	const { user, system } = process.cpuUsage(own);
	return {
		acknowledged: latencies.length,
		seconds: (performance.now() - start) / 1000,
		brokerUs: user + system,
		loadUs: 0,
		p50Ms: percentile(latencies, 0.5),
		p99Ms: percentile(latencies, 0.99),
		wrong: [],
	};
}

/** As long as what the bare broker stores. */
const text = 'x'.repeat(260);
