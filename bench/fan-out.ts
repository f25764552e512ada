/**
 * What it costs a broker to bring a message to the 100 readers of a room: CPU per delivery when 20,000 and 100,000
 * deliveries a second are asked for, when the latter come in bursts, and when as much as possible is published.
 */
import { compare } from './harness/comparison.ts';
import { promises } from './harness/promises.ts';
import { measureRounds } from './harness/rounds.ts';
import type { Scenario } from './harness/scenario.ts';
import type { Load } from './load/crowd.ts';
import { presentPeers } from './peers/all.ts';
import { least, leastInMemory } from './peers/least.ts';
import { naive } from './peers/naive.ts';
import { natter } from './peers/natter.ts';

const readers = 100;
const crowd = { rooms: 1, readersPerRoom: readers, publishers: 4 } as const;
const often = 100_000 / readers;

const loads: Readonly<Record<string, Load>> = {
	'20k/s': { perSecond: 20_000 / readers, seconds: 0.5 },
	'100k/s': { perSecond: often, seconds: 0.4 },
	'bursts of 4': { perSecond: often, burst: 4, seconds: 0.3 },
	'bursts of 16': { perSecond: often, burst: 16, seconds: 0.4 },
	'bursts of 64': { perSecond: often, burst: 64, seconds: 0.3 },
	saturated: { window: 512, seconds: 0.4 },
};

export const fanOut: Scenario = {
	name: 'fan-out',
	about: 'what a delivery costs a broker, 100 readers in a room, beside its peers',
	run: async ({ isSmoke, rounds }) => {
		const promised = isSmoke ? promises.smoke : promises['fan-out'];
		const columns = Object.keys(isSmoke ? promises.smoke.natter.naive : loads);
		const some = Object.fromEntries(Object.entries(loads).filter(([column]) => columns.includes(column)));
		const peers = isSmoke ? [natter, naive] : presentPeers(least, leastInMemory);
		const entries = peers.map((peer) => ({ peer, crowd, loads: some }));
		return compare('100 readers', await measureRounds({ entries, rounds, warmSeconds: 2 }), promised);
	},
};
