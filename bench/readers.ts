/**
 * What a delivery costs when a room has 1, 10, 100 or 1,000 readers, at 20,000 deliveries a second, or at 5,000 with
 * one: with few of them it is what a publish costs, with many it is what a write to a reader costs.
 */
import { compare } from './harness/comparison.ts';
import { promises } from './harness/promises.ts';
import { measureRounds } from './harness/rounds.ts';
import type { Scenario } from './harness/scenario.ts';
import { presentPeers } from './peers/all.ts';
import { least } from './peers/least.ts';

const counts = [1, 10, 100, 1000];

export const readers: Scenario = {
	name: 'readers',
	about: 'the same with 1 to 1,000 readers',
	run: async ({ rounds }) => {
		const peers = presentPeers(least);
		const entries = counts.flatMap((count) =>
			peers.map((peer) => ({
				peer,
				crowd: { rooms: 1, readersPerRoom: count, publishers: 4 },
				loads: { [count.toLocaleString('en')]: { perSecond: Math.min(5000, 20_000 / count), seconds: 0.3 } },
			})),
		);
		const outcomes = await measureRounds({ entries, rounds, warmSeconds: 1 });
		return compare('readers in a room', outcomes, promises.readers);
	},
};
