/**
 * Resident memory of a broker, in kB: for each of 4,000 clients that read in rooms of five, when 2,000 others have come
 * before; for each of 2,000 rooms that one of 40 further clients reads; and for each message that is published there,
 * where messages are kept, when some were before. So what a broker needs once is not counted, and what it has grown by to
 * take a crowd in is so only as far as it grows on with a larger one. All brokers are looked at after the same rest.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { residentBytes } from './harness/accounting.ts';
import { figureTable, keep, ratioTable } from './harness/comparison.ts';
import { promises } from './harness/promises.ts';
import type { Scenario } from './harness/scenario.ts';
import type { Gathering } from './load/crowd.ts';
import { LoadGenerator } from './load/load.ts';
import { presentPeers } from './peers/all.ts';
import { naive } from './peers/naive.ts';
import { natter, natterInMemory } from './peers/natter.ts';
import type { Peer, RunningPeer } from './peers/peer.ts';

type Crowd = Omit<Gathering, 'port' | 'pid'>;

const keepers: readonly Peer[] = [natter, natterInMemory, naive];
const publishers = 4;
const first = { prefix: 'first-', rooms: 400, readersPerRoom: 5, publishers };
const idle = { prefix: 'idle-', rooms: 800, readersPerRoom: 5, publishers };
const many = { prefix: 'many-', rooms: 2000, readersPerRoom: 1, roomsPerReader: 50, publishers };
const load = { perSecond: 20_000, seconds: 0.7 };
const title = 'resident memory';

export const memory: Scenario = {
	name: 'memory',
	about: 'resident memory for each connection, room and message',
	run: async ({ rounds }) => {
		const peers = presentPeers();
		const sizes = new Map<string, Map<string, number[]>>();
		const wrong: string[] = [];
		for (let round = 0; round < rounds; round++) {
			for (const subject of await measureAll(peers)) {
				const { name } = subject.peer;
				wrong.push(...subject.wrong.map((what) => `${title}, ${name}: ${what}`));
				for (const [what, size] of subject.kilobytes) {
					keep(sizes, name, what, size);
				}
			}
		}
		const { table, ...judged } = ratioTable(title, sizes, promises.memory);
		return { tables: [figureTable(`${title}, kB`, sizes), table], ...judged, wrong };
	},
};

/** One broker of each kind, and what is found out about it. */
interface Subject {
	readonly peer: Peer;
	readonly running: RunningPeer;
	/** Those who were the last to come. */
	generator: LoadGenerator | undefined;
	/** Resident memory before the step that is being taken. */
	bytes: number;
	readonly kilobytes: Map<string, number>;
	readonly wrong: string[];
}

async function measureAll(peers: readonly Peer[]): Promise<readonly Subject[]> {
	const subjects: Subject[] = [];
	const generators: LoadGenerator[] = [];
	const come = (crowd: Crowd, count: number) => async (subject: Subject) => {
		const { port, pid } = subject.running;
		const generator = await LoadGenerator.gather(subject.peer.dialect, { ...crowd, port, pid });
		generators.push(generator);
		subject.generator = generator;
		return count;
	};
	try {
		for (const peer of peers) {
			const running = await peer.start();
			subjects.push({ peer, running, generator: undefined, bytes: 0, kilobytes: new Map(), wrong: [] });
		}
		const keeping = subjects.filter(({ peer }) => keepers.includes(peer));
		await settle(subjects, await together(subjects, come(first, clientsOf(first))));
		await settle(subjects, await together(subjects, come(idle, clientsOf(idle))), 'connection');
		await settle(subjects, await together(subjects, come(many, many.rooms)), 'room');
		await settle(keeping, await inTurn(keeping, publish));
		await settle(keeping, await inTurn(keeping, publish), 'message');
	} finally {
		for (const generator of generators) {
			await generator[Symbol.asyncDispose]();
		}
		for (const { running } of subjects) {
			await running.stop();
		}
	}
	return subjects;
}

async function publish({ generator, wrong }: Subject): Promise<number> {
	const outcome = await generator?.run(load);
	wrong.push(...(outcome?.wrong ?? []));
	return outcome?.publishes ?? 0;
}

type Deed = (subject: Subject) => Promise<number>;

/** For what takes as much memory when others do it too. */
function together(subjects: readonly Subject[], deed: Deed): Promise<number[]> {
	return Promise.all(subjects.map(deed));
}

/** For what takes more memory when there is no processor for it. */
async function inTurn(subjects: readonly Subject[], deed: Deed): Promise<number[]> {
	const counts: number[] = [];
	for (const subject of subjects) {
		counts.push(await deed(subject));
	}
	return counts;
}

/** Lets all come to rest, and keeps what each has grown by for one of the so many that it has more of. */
async function settle(subjects: readonly Subject[], counts: readonly number[], what?: string): Promise<void> {
	await pause(restMs);
	for (const [index, subject] of subjects.entries()) {
		const bytes = residentBytes(subject.running.pid);
		if (what !== undefined) {
			subject.kilobytes.set(what, (bytes - subject.bytes) / (counts[index] ?? 0) / 1000);
		}
		subject.bytes = bytes;
	}
}

/** So long that what is told, stored or freed a little later has been. */
const restMs = 1500;

function clientsOf({ rooms, readersPerRoom }: Crowd): number {
	return rooms * readersPerRoom;
}
