/**
 * What a delivery costs where there are many rooms of 5 readers, at 20,000 deliveries a second: 1,000 readers in 200 rooms
 * and 5,000 in 1,000; and how that grows with the rooms when the readers stay as many and each is in more of them.
 */
import { compare, costUs, figures, figureTable, growthMissed, wrongIn } from './harness/comparison.ts';
import { mostGrowth, promises } from './harness/promises.ts';
import { type Entry, measureRounds } from './harness/rounds.ts';
import type { Scenario } from './harness/scenario.ts';
import { presentPeers } from './peers/all.ts';
import { least, leastInMemory } from './peers/least.ts';
import { natter } from './peers/natter.ts';

const readersPerRoom = 5;
const load = { perSecond: 20_000 / readersPerRoom, seconds: 0.4 };
const growing = [
	{ readers: 50, rooms: [10, 100, 200] },
	{ readers: 1000, rooms: [200, 1000, 10_000] },
] as const;

export const rooms: Scenario = {
	name: 'rooms',
	about: 'the same in 200 to 10,000 rooms of 5 readers',
	run: async ({ rounds }) => {
		const options = { rounds, warmSeconds: 2 };
		const peers = presentPeers(least, leastInMemory);
		const beside = compare(
			'5 readers in each room',
			await measureRounds({
				entries: [200, 1000].flatMap((count) =>
					peers.map((peer) => ({ peer, ...inRooms(count, count * readersPerRoom) })),
				),
				...options,
			}),
			promises.rooms,
		);
		const title = 'more rooms for as many readers';
		const grown = await measureRounds({
			entries: growing.flatMap(({ readers, rooms: counts }) =>
				counts.map((count) => ({
					row: `${readers.toLocaleString('en')} readers`,
					peer: natter,
					...inRooms(count, readers),
				})),
			),
			...options,
		});
		const grownCosts = figures(grown, costUs);
		return {
			tables: [...beside.tables, figureTable(`${title}: CPU of natter per delivery, µs`, grownCosts)],
			missed: [...beside.missed, ...growthMissed(title, grownCosts, mostGrowth)],
			unreached: beside.unreached ?? [],
			wrong: [...beside.wrong, ...wrongIn(title, grown)],
		};
	},
};

function inRooms(rooms: number, readers: number): Omit<Entry, 'peer'> {
	return {
		crowd: { rooms, readersPerRoom, roomsPerReader: (rooms * readersPerRoom) / readers, publishers: 4 },
		loads: { [`${rooms.toLocaleString('en')} rooms`]: load },
	};
}
