/** The model of many people: what it draws, what it adds up, and that the page says what it says. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { demandOf, nodeLimits, serve, type UnitCosts } from '../../bench/scaling/demand.ts';
import { drawRooms, habits } from '../../bench/scaling/population.ts';
import { type Measurements, report } from '../../bench/scaling/report.ts';
import { withTables } from '../../docs/marked-tables.ts';
import { Chance } from '../endurance/chance.ts';

const free: UnitCosts = {
	processBytes: 0,
	connectionBytes: 0,
	connectionMicroseconds: 0,
	connectMicroseconds: 0,
	roomBytes: 0,
	subscriptionBytes: 0,
	commitMicroseconds: 0,
	publishMicroseconds: 0,
	relayMicroseconds: 0,
	writeMicroseconds: 0,
	deliveryMicroseconds: 0,
	presenceMicroseconds: 0,
	storedBytes: 0,
};

/** Two rooms of three people, all of whom are in one room alone; each room has 7,200 messages an hour. */
const twoRooms = { users: 6, sizes: new Map([[3, 2]]) };
const talkative = { ...habits, roomsPerUser: 1, pairMessagesPerHour: 7200, talk: 0 };

test('the same seed draws the same rooms, in which people are as often as they should be', () => {
	const rooms = drawRooms(20_000, habits, new Chance(7));
	expect(drawRooms(20_000, habits, new Chance(7))).toEqual(rooms);
	const seats = [...rooms].reduce((sum, [size, count]) => sum + size * count, 0);
	expect(Math.abs(seats / 20_000 - habits.roomsPerUser)).toBeLessThan(0.01);
	expect(Math.max(...rooms.keys())).toBe(20_000 * habits.largestShare);
	expect(Math.min(...rooms.keys())).toBe(habits.leastMembers);
});

test('the sizes of rooms follow the law', () => {
	const rooms = [...drawRooms(1_000_000, habits, new Chance(3))];
	const ofAtLeast = (least: number) =>
		rooms.reduce((sum, [size, count]) => sum + (size >= least ? count : 0), 0) /
		rooms.reduce((sum, [, count]) => sum + count, 0);
	for (const least of [4, 20, 100]) {
		const expected = (habits.leastMembers / least) ** habits.exponent;
		expect(Math.abs(ofAtLeast(least) / expected - 1)).toBeLessThan(0.1);
	}
});

test('every message goes to every member', () => {
	const demand = demandOf({ ...twoRooms, nodes: 1 }, talkative, free, nodeLimits);
	expect(demand).toMatchObject({ rooms: 2, largestRoom: 3, published: 4, delivered: 12, relayed: 0, cores: 0 });
});

test('what comes within the window is one write', () => {
	const writes = (flushWindowMs: number) =>
		demandOf({ ...twoRooms, nodes: 1 }, talkative, free, { ...nodeLimits, flushWindowMs }).writes;
	expect(writes(0)).toBe(12);
	// Two a second, so that one in each window of half a second comes alone and one with it.
	expect(writes(500)).toBe(6);
});

test('each cost is counted by what it is a cost of', () => {
	const cores = (costs: Partial<UnitCosts>) =>
		demandOf({ ...twoRooms, nodes: 1 }, talkative, { ...free, ...costs }, { ...nodeLimits, flushWindowMs: 0 }).cores;
	expect(cores({ connectionMicroseconds: 1e6 })).toBe(6);
	expect(cores({ connectMicroseconds: 3600e6 * talkative.sessionHours })).toBeCloseTo(6);
	expect(cores({ publishMicroseconds: 1e6 })).toBe(4);
	expect(cores({ writeMicroseconds: 1e6 })).toBe(12);
	expect(cores({ deliveryMicroseconds: 1e6 })).toBe(12);
	expect(cores({ relayMicroseconds: 1e6 })).toBe(0);
	// Four changes an hour of each of the three in a room, told to all of them.
	expect(cores({ presenceMicroseconds: 3600e6 })).toBeCloseTo(2 * 3 * 3 * 4);
});

test('memory is that of nodes, of people, of rooms and of places in further rooms', () => {
	const bytes = (costs: Partial<UnitCosts>, roomsPerUser = 1) =>
		demandOf({ ...twoRooms, nodes: 1 }, { ...talkative, roomsPerUser }, { ...free, ...costs }, nodeLimits).bytes;
	expect(bytes({ processBytes: 1 })).toBe(1);
	expect(bytes({ connectionBytes: 1 })).toBe(6);
	expect(bytes({ roomBytes: 1 })).toBe(2);
	expect(bytes({ subscriptionBytes: 1 })).toBe(0);
	expect(bytes({ subscriptionBytes: 1 }, 3)).toBe(12);
});

test('a message goes to each other node where somebody reads the room', () => {
	const { relayed, published } = demandOf({ ...twoRooms, nodes: 1_000_000 }, talkative, free, nodeLimits);
	expect(relayed).toBeCloseTo(2 * published, 3);
});

test('there are as many nodes as the first limit asks for', () => {
	const nodes = (costs: Partial<UnitCosts>, limits: Partial<typeof nodeLimits> = {}) => {
		const served = serve(twoRooms, talkative, { ...free, ...costs }, { ...nodeLimits, ...limits });
		return [served.nodes, served.bound];
	};
	expect(nodes({ connectionMicroseconds: 1e6 }, { coreShare: 0.5 })).toEqual([12, 'CPU']);
	expect(nodes({ connectionBytes: 100 }, { bytes: 150 })).toEqual([4, 'memory']);
	expect(nodes({}, { connections: 2 })).toEqual([3, 'connections']);
	expect(nodes({}, { storedPerSecond: 2 })).toEqual([2, 'storing']);
});

test('docs/scaling.md has the tables that the measurements give', () => {
	const measured = new URL('../../bench/scaling/measured.json', import.meta.url);
	const measurements = JSON.parse(readFileSync(measured, 'utf8')) as Measurements;
	const page = readFileSync(new URL('../../docs/scaling.md', import.meta.url), 'utf8');
	expect(page).toBe(withTables(page, report({ seed: 1, habits, limits: nodeLimits, ...measurements })));
});
