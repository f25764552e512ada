/**
 * What a store costs that holds much: 100,000 messages and 1,000,000, in 100 rooms. How long a broker on it takes from its
 * start until it listens, and what it costs to be given the last 100 messages of a room, 100 at a time backwards, and
 * those that say a rare word or a usual one. A message that is given is to cost the same however many others are stored.
 */
import { randomUUID } from 'node:crypto';
import { cpSync } from 'node:fs';
import { startBroker, temporaryDirectory } from '../test/helpers/processes.ts';
import { cpuUs } from './harness/accounting.ts';
import { figureTable, growthMissed, keep } from './harness/comparison.ts';
import { mostGrowthOfStore } from './harness/promises.ts';
import type { Scenario } from './harness/scenario.ts';
import { Asker } from './load/asker.ts';
import { fill, rare, roomName, rooms, usual } from './stored/fill.ts';

const sizes = { '100,000 stored': 100_000, '1,000,000 stored': 1_000_000 };
const title = 'history';
/** Pages and searches that are asked for in each round. */
const requests = 100;
const searches = 20;
/** How many of the pages are of one room. */
const pages = 5;

type Values = Map<string, Map<string, number[]>>;

export const history: Scenario = {
	name: 'history',
	about: 'start, pages and search with 100,000 and 1,000,000 stored messages',
	run: async ({ rounds }) => {
		const directories = await fillAll();
		const ms: Values = new Map();
		const us: Values = new Map();
		const wrong: string[] = [];
		for (let round = 0; round < rounds; round++) {
			for (const [column, directory] of directories) {
				const begun = performance.now();
				const broker = await startBroker(['--data', directory]);
				keep(ms, 'start to listening', column, performance.now() - begun);
				const pid = broker.child.pid ?? 0;
				await publishOne(broker.port);
				for (const [row, { asked, least, run }] of Object.entries(deeds)) {
					using asker = await Asker.enter(broker.port, 'reader');
					const startUs = cpuUs(pid);
					const start = performance.now();
					const given = await run(asker, round);
					keep(ms, row, column, (performance.now() - start) / asked);
					keep(us, row, column, (cpuUs(pid) - startUs) / given);
					if (given < least) {
						wrong.push(`${title}, ${column}, ${row}: only ${given} messages were given`);
					}
				}
				broker.kill('SIGTERM');
				await broker.ended;
			}
		}
		return {
			tables: [
				figureTable(`${title}: to the answer, ms`, ms),
				figureTable(`${title}: CPU of the broker for each message that is given, µs`, us),
			],
			missed: [
				...growthMissed(title, new Map([...ms].slice(0, 1)), mostGrowthOfStore),
				...growthMissed(title, new Map([...us].filter(([row]) => flat.has(row))), mostGrowthOfStore),
			],
			wrong,
		};
	},
};

interface Deed {
	readonly asked: number;
	/** How many messages have to be given at least. A search looks at so much and no more. */
	readonly least: number;
	/** Resolves to how many messages were given. */
	readonly run: (asker: Asker, round: number) => Promise<number>;
}

const deeds: Readonly<Record<string, Deed>> = {
	'the last 100': {
		asked: requests,
		least: 100 * requests,
		run: async (asker, round) => {
			let given = 0;
			for (let request = 0; request < requests; request++) {
				given += messagesIn(await asker.ask({ type: 'get_history', room: roomOf(round, request), limit: 100 }));
			}
			return given;
		},
	},
	'100 more, backwards': {
		asked: requests,
		least: 100 * requests,
		run: async (asker, round) => {
			let given = 0;
			for (let request = 0; request < requests / pages; request++) {
				const room = roomOf(round, request);
				const { sequence } = await asker.standing(room);
				for (let page = 1; page <= pages; page++) {
					const before = sequence + 1 - page * 100;
					given += messagesIn(await asker.ask({ type: 'get_history', room, before, limit: 100 }));
				}
			}
			return given;
		},
	},
	'search, a usual word': {
		asked: searches,
		least: 20 * searches,
		run: (asker, round) => searchAll(asker, round, usual.word),
	},
	'search, a rare word': { asked: searches, least: 1, run: (asker, round) => searchAll(asker, round, rare.word) },
};

/** What is to cost the same. A search looks at more where more says what is sought. */
const flat: ReadonlySet<string> = new Set(['the last 100', '100 more, backwards']);

/** The ids of the last day are read first: that is not for those who ask. */
async function publishOne(port: number): Promise<void> {
	using asker = await Asker.enter(port, 'writer');
	const cid = randomUUID();
	await asker.ask({ type: 'publish', room: 'elsewhere', sender: 'writer', content: 'begun', cid });
}

async function searchAll(asker: Asker, round: number, text: string): Promise<number> {
	let given = 0;
	for (let request = 0; request < searches; request++) {
		given += messagesIn(await asker.ask({ type: 'search', room: roomOf(round, request), text, limit: 20 }));
	}
	return given;
}

function messagesIn(answer: string): number {
	return JSON.parse(answer).messages.length;
}

/** Another room each time. */
function roomOf(round: number, request: number): string {
	return roomName((round * requests + request) % rooms);
}

/** Directories by their column. */
async function fillAll(): Promise<ReadonlyMap<string, string>> {
	const directories = new Map<string, string>();
	const growing = temporaryDirectory();
	let stored = 0;
	for (const [column, size] of Object.entries(sizes)) {
		await fill(growing, stored, size, { isIndexed: true });
		stored = size;
		const directory = temporaryDirectory();
		cpSync(growing, directory, { recursive: true });
		directories.set(column, directory);
		// A store that was copied is seen to be a copy, once.
		const broker = await startBroker(['--data', directory]);
		await publishOne(broker.port);
		broker.kill('SIGTERM');
		await broker.ended;
	}
	return directories;
}
