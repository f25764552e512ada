/**
 * What it costs a broker that a reader comes back to a room who has missed 100 messages, or 10,000: CPU for each message,
 * and how long it takes until the reader has them all. The newest are in memory: for those natter must read no disk, and
 * does not: the operating system says that the thread that would was never woken.
 */
import { type RunningBroker, startBroker, temporaryDirectory } from '../test/helpers/processes.ts';
import { cpuUs, threadWaits } from './harness/accounting.ts';
import { figureTable, keep } from './harness/comparison.ts';
import type { Scenario } from './harness/scenario.ts';
import { Asker, type Place } from './load/asker.ts';
import { LoadGenerator } from './load/load.ts';
import { natter, natterInMemory } from './peers/natter.ts';

const stored = 10_000;
/** How often a reader comes back in each round. */
const gaps = {
	'a gap of 100': { missed: 100, times: 60, isInMemory: true },
	'a gap of 10,000': { missed: stored, times: 2, isInMemory: false },
};
const room = 'room-0';
const title = 'resume';

type Values = Map<string, Map<string, number[]>>;

export const resume: Scenario = {
	name: 'resume',
	about: 'what it costs to catch up with what was missed',
	run: async ({ rounds }) => {
		const us: Values = new Map();
		const ms: Values = new Map();
		const wrong: string[] = [];
		await using all = new AsyncDisposableStack();
		const subjects: Subject[] = [];
		for (const { name, words } of stores) {
			const broker = await startBroker(words());
			subjects.push({ name, isOnDisk: name === natter.name, ...(await begin(all, broker)) });
		}
		for (let round = 0; round <= rounds; round++) {
			for (const [column, { missed, times, isInMemory }] of Object.entries(gaps)) {
				for (const { name, port, pid, head, isOnDisk } of subjects) {
					using asker = await Asker.enter(port, `reader-${round}`);
					const waits = threadWaits(pid, readerThread);
					const startUs = cpuUs(pid);
					const begun = performance.now();
					const since = { ...head, sequence: head.sequence - missed };
					for (let time = 0; time < times; time++) {
						await asker.readOn(room, since, head.sequence);
					}
					const tookMs = performance.now() - begun;
					const spentUs = cpuUs(pid) - startUs;
					const wakes = threadWaits(pid, readerThread) - waits;
					if (isOnDisk && (isInMemory ? wakes !== 0 : !(wakes > 0))) {
						wrong.push(`${title}, ${column}, ${name}: the thread that reads the disk was woken ${wakes} times`);
					}
					// The first is for warming up.
					if (round > 0) {
						keep(us, name, column, spentUs / (missed * times));
						keep(ms, name, column, tookMs / times);
					}
				}
			}
		}
		return {
			tables: [
				figureTable(`${title}: CPU of the broker for each message, µs`, us),
				figureTable(`${title}: until the reader has all, ms`, ms),
			],
			missed: [],
			wrong,
		};
	},
};

interface Subject {
	readonly name: string;
	readonly port: number;
	readonly pid: number;
	readonly isOnDisk: boolean;
	/** Where the room ends. */
	readonly head: Place;
}

const stores = [
	{ name: natter.name, words: () => ['--data', temporaryDirectory()] },
	{ name: natterInMemory.name, words: () => [] },
];

/** Has 10,000 messages published while somebody reads them, who stays. */
async function begin(
	all: AsyncDisposableStack,
	{ port, child: { pid = 0 } }: RunningBroker,
): Promise<Pick<Subject, 'port' | 'pid' | 'head'>> {
	const crowd = all.use(
		await LoadGenerator.gather(natter.dialect, { port, pid, rooms: 1, readersPerRoom: 1, publishers: 1 }),
	);
	await crowd.run({ perSecond: stored, burst: 100, seconds: 1 });
	using asker = await Asker.enter(port, 'first');
	const head = await asker.standing(room);
	if (head.sequence !== stored) {
		throw new Error(`Expected ${stored} messages, got ${head.sequence}`);
	}
	return { port, pid, head };
}

/** The thread of natter that reads from the disk. */
const readerThread = 'natter reader';
