/**
 * How long it takes from a publish until a reader has it, with 10 readers in a room and 100, 1,000 and 5,000 publishes a
 * second. The reader that is watched is the one that came last.
 */
import { figures, figureTable, wrongIn } from './harness/comparison.ts';
import { measureRounds } from './harness/rounds.ts';
import type { Scenario } from './harness/scenario.ts';
import { presentPeers } from './peers/all.ts';
import { least } from './peers/least.ts';

const crowd = { rooms: 1, readersPerRoom: 10, publishers: 4 };
const loads = {
	'100/s': { perSecond: 100, seconds: 0.5 },
	'1,000/s': { perSecond: 1000, seconds: 0.4 },
	'5,000/s': { perSecond: 5000, seconds: 0.3 },
};

export const latency: Scenario = {
	name: 'latency',
	about: 'how late a delivery is',
	run: async ({ rounds }) => {
		const entries = presentPeers(least).map((peer) => ({ peer, crowd, loads }));
		const outcomes = await measureRounds({ entries, rounds, warmSeconds: 1 });
		return {
			tables: [
				figureTable(
					'publish to delivery, half of them within, ms',
					figures(outcomes, ({ p50Ms }) => p50Ms),
				),
				figureTable(
					'publish to delivery, 99 of 100 within, ms',
					figures(outcomes, ({ p99Ms }) => p99Ms),
				),
			],
			missed: [],
			wrong: wrongIn('latency', outcomes),
		};
	},
};
