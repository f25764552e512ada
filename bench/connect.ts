/**
 * What it costs a broker that somebody comes: CPU for each of 500 clients that connect, say who they are and subscribe, five
 * in a room, and of what is told and stored of them a little later. 2,000 others have come before: what is done once is not
 * counted, and what is compiled when it has often run is compiled.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { cpuUs } from './harness/accounting.ts';
import { figures, figureTable, ratioTable } from './harness/comparison.ts';
import { promises } from './harness/promises.ts';
import type { Scenario } from './harness/scenario.ts';
import { LoadGenerator } from './load/load.ts';
import { presentPeers } from './peers/all.ts';
import type { Peer, RunningPeer } from './peers/peer.ts';

const readersPerRoom = 5;
const before = 2000;
const counted = 500;
/** Where readers stand is stored within a second. */
const restMs = 1200;
const title = 'connect and subscribe';

export const connect: Scenario = {
	name: 'connect',
	about: 'what it costs to connect and subscribe',
	run: async ({ rounds }) => {
		const entrances: Entrance[] = [];
		try {
			for (const peer of presentPeers()) {
				const entrance = new Entrance(peer, await peer.start());
				entrances.push(entrance);
				await entrance.come('first-', before);
			}
			for (let round = 0; round < rounds; round++) {
				for (const entrance of entrances) {
					entrance.costs.push((await entrance.come(`${round}-`, counted)) / counted);
				}
			}
		} finally {
			for (const entrance of entrances) {
				await entrance.close();
			}
		}
		const us = new Map(entrances.map(({ peer: { name }, costs }) => [name, new Map([['each', costs]])]));
		const { table, ...judged } = ratioTable(title, us, promises.connect);
		return {
			tables: [
				figureTable(`${title}: CPU of the broker, µs`, us),
				figureTable(
					`${title}: clients per second of CPU`,
					figures(us, (cost) => 1e6 / cost),
				),
				table,
			],
			...judged,
			wrong: [],
		};
	},
};

/** A broker that is run, and all who came. */
class Entrance {
	readonly peer: Peer;
	/** By the client, of each round. */
	readonly costs: number[] = [];
	readonly #running: RunningPeer;
	readonly #generators: LoadGenerator[] = [];

	constructor(peer: Peer, running: RunningPeer) {
		this.peer = peer;
		this.#running = running;
	}

	/** CPU of the broker for so many more, who stay. */
	async come(prefix: string, clients: number): Promise<number> {
		const { port, pid } = this.#running;
		const startUs = cpuUs(pid);
		const crowd = { port, pid, prefix, rooms: clients / readersPerRoom, readersPerRoom, publishers: 0 };
		this.#generators.push(await LoadGenerator.gather(this.peer.dialect, crowd));
		await pause(restMs);
		return cpuUs(pid) - startUs;
	}

	async close(): Promise<void> {
		for (const generator of this.#generators) {
			await generator[Symbol.asyncDispose]();
		}
		await this.#running.stop();
	}
}
