/**
 * What it costs a broker that somebody comes: CPU for each of 1,000 clients that connect, say who they are and subscribe,
 * five in a room. 200 others have come before, so that what is done once is not counted.
 */
import { cpuUs } from './harness/accounting.ts';
import { figures, figureTable, ratioTable } from './harness/comparison.ts';
import { promises } from './harness/promises.ts';
import type { Scenario } from './harness/scenario.ts';
import { LoadGenerator } from './load/load.ts';
import { presentPeers } from './peers/all.ts';
import type { Peer } from './peers/peer.ts';

const readersPerRoom = 5;
const before = 200;
const counted = 1000;
const title = 'connect and subscribe';

export const connect: Scenario = {
	name: 'connect',
	about: 'what it costs to connect and subscribe',
	run: async ({ rounds }) => {
		const peers = new Map(presentPeers().map((peer) => [peer, [] as number[]]));
		for (let round = 0; round < rounds; round++) {
			for (const [peer, costs] of peers) {
				costs.push(await costUs(peer));
			}
		}
		const us = new Map([...peers].map(([{ name }, costs]) => [name, new Map([['each', costs]])]));
		const ratios = ratioTable(title, us, promises.connect);
		return {
			tables: [
				figureTable(`${title}: CPU of the broker, µs`, us),
				figureTable(
					`${title}: clients per second of CPU`,
					figures(us, (cost) => 1e6 / cost),
				),
				ratios.table,
			],
			missed: ratios.missed,
			wrong: [],
		};
	},
};

/** CPU of the broker for each of those that are counted. */
async function costUs(peer: Peer): Promise<number> {
	const { port, pid, stop } = await peer.start();
	const gather = (prefix: string, clients: number) =>
		LoadGenerator.gather(peer.dialect, {
			...{ port, pid, prefix, readersPerRoom, publishers: 0 },
			rooms: clients / readersPerRoom,
		});
	await using _first = await gather('first-', before);
	const startUs = cpuUs(pid);
	await using _second = await gather('', counted);
	const spentUs = cpuUs(pid) - startUs;
	await stop();
	return spentUs / counted;
}
