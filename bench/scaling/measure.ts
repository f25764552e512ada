/**
 * What one of each costs this machine: the same broker with more and with less of one thing, and the difference. All is
 * natter's own default (durable SQLite, limits, presence), as `npm run build` made it.
 */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../../test/endurance/chance.ts';
import { startBroker, temporaryDirectory } from '../../test/helpers/processes.ts';
import { cpuUs, residentBytes } from '../harness/accounting.ts';
import { median } from '../harness/statistics.ts';
import { runningPeer } from '../peers/peer.ts';
import { demandOf, type NodeLimits, type UnitCosts } from './demand.ts';
import { type Activity, type Doings, Inhabitants, type Settlement } from './inhabitants.ts';
import { type Habits, messagesPerSecond, type Sizes } from './population.ts';

/** What was measured, and from the lowest to the highest of the rounds. */
export interface Measured {
	readonly costs: UnitCosts;
	readonly ranges: Readonly<Record<keyof UnitCosts, readonly [number, number]>>;
	readonly wrong: readonly string[];
}

/** Measures each cost so many times. */
export async function measureUnits(rounds: number, said: (line: string) => void): Promise<Measured> {
	const all: UnitCosts[] = [];
	const wrong: string[] = [];
	for (let round = 1; round <= rounds; round++) {
		const costs = await measureOnce(wrong);
		said(`round ${round}: ${JSON.stringify(costs)}`);
		all.push(costs);
	}
	const names = Object.keys(all[0] ?? {}) as (keyof UnitCosts)[];
	const of = (name: keyof UnitCosts) => all.map((costs) => costs[name]);
	return {
		costs: record(names, (name) => median(of(name))),
		ranges: record(names, (name) => [Math.min(...of(name)), Math.max(...of(name))] as const),
		wrong,
	};
}

function record<Name extends string, Value>(
	names: readonly Name[],
	value: (name: Name) => Value,
): Readonly<Record<Name, Value>> {
	return Object.fromEntries(names.map((name) => [name, value(name)])) as Record<Name, Value>;
}

/** A population of the model, as many as this machine can hold beside the load generator, and what it really took. */
export interface Check {
	readonly users: number;
	readonly rooms: number;
	readonly largestRoom: number;
	readonly messagesPerSecond: number;
	readonly deliveriesPerSecond: number;
	readonly cores: { readonly predicted: number; readonly measured: number };
	readonly bytes: { readonly predicted: number; readonly measured: number };
	readonly wrong: readonly string[];
}

/** Has such a population talk for some seconds, and holds what the model says of it against what it took. */
export async function checkModel(
	{ sizes, users, habits, limits }: { sizes: Sizes; users: number; habits: Habits; limits: NodeLimits },
	costs: UnitCosts,
): Promise<Check> {
	const demand = demandOf({ users, sizes, nodes: 1 }, habits, costs, limits);
	const { seats, weights } = seat(sizes, users, habits);
	const { pid, broker, inhabitants } = await settle(seats);
	using _ = inhabitants;
	await inhabitants.enter(seats.length);
	await pause(quietMs);
	const measured = residentBytes(pid);
	const activity = {
		seconds: checkSeconds,
		messagesPerSecond: demand.published,
		weights,
		statesPerSecond: (users * habits.statesPerHour) / 3600,
	};
	await warm(inhabitants, activity);
	const doings = await inhabitants.act(activity);
	await broker.stop();
	return {
		users,
		rooms: demand.rooms,
		largestRoom: demand.largestRoom,
		messagesPerSecond: doings.published / doings.seconds,
		deliveriesPerSecond: doings.delivered / doings.seconds,
		cores: { predicted: demand.cores, measured: (micro * doings.brokerUs) / doings.seconds },
		bytes: { predicted: demand.bytes, measured },
		wrong: doings.wrong,
	};
}

/** Puts people into rooms of these sizes at random; nobody is twice in one. */
function seat(sizes: Sizes, users: number, habits: Habits): { seats: number[][]; weights: number[] } {
	const chance = new Chance(1);
	const seats = Array.from({ length: users }, (): number[] => []);
	const weights: number[] = [];
	for (const [size, count] of sizes) {
		for (let index = 0; index < count; index++) {
			const room = weights.length;
			weights.push(messagesPerSecond(size, habits));
			const members = new Set<number>();
			while (members.size < Math.min(size, users)) {
				members.add(chance.below(users));
			}
			for (const person of members) {
				seats[person]?.push(room);
			}
		}
	}
	return { seats, weights };
}

async function measureOnce(wrong: string[]): Promise<UnitCosts> {
	const alone = await costOfSeats(seatsOf(many, (person) => [person]));
	const together = await costOfSeats(seatsOf(many, (person) => [person % 4]));
	const wide = await costOfSeats(seatsOf(many / 4, () => Array.from({ length: wideRooms }, (_, room) => room)));
	const talk = (people: number, roomOf: (person: number) => number, activity: Activity) =>
		costOfTalk(
			seatsOf(people, (person) => [roomOf(person)]),
			activity,
			wrong,
		);
	// Each in a commit and a write of its own, and sixteen together.
	const calm = { seconds, messagesPerSecond: 100 };
	const dense = { seconds, messagesPerSecond: 50 * burst, burst };
	const apart = await talk(400, (person) => person, calm);
	const gathered = await talk(400, (person) => person, dense);
	const unkept = await costOfTalk(
		seatsOf(400, (person) => [person]),
		dense,
		wrong,
		false,
	);
	const perReader = async (activity: Activity) => {
		const less = await talk(fewReaders, () => 0, activity);
		const more = await talk(manyReaders, () => 0, activity);
		return (perMessage(more) - perMessage(less)) / (manyReaders - fewReaders);
	};
	const [single, shared] = [await perReader(calm), await perReader(dense)];
	const parted = (alone: number, together: number) => (alone - together) / (1 - 1 / burst);
	const writeMicroseconds = parted(single, shared);
	const commitMicroseconds = parted(perMessage(apart), perMessage(gathered)) - writeMicroseconds;
	const states = await talk(1000, (person) => person % 10, { seconds, messagesPerSecond: 0, statesPerSecond: 40 });
	return {
		processBytes: together.processBytes,
		connectionBytes: together.bytes,
		connectionMicroseconds: await costOfSilence(),
		connectMicroseconds: alone.microseconds,
		roomBytes: alone.bytes - together.bytes,
		subscriptionBytes: (wide.bytes - together.bytes) / (wideRooms - 1),
		commitMicroseconds,
		publishMicroseconds: perMessage(apart) - commitMicroseconds - single,
		relayMicroseconds: perMessage(unkept) - shared,
		writeMicroseconds,
		deliveryMicroseconds: single - writeMicroseconds,
		presenceMicroseconds: states.brokerUs / (states.states * 100),
		storedBytes: await costOfKeeping(wrong),
	};
}

/** By the connection: what those add who come when others are there already. */
async function costOfSeats(
	seats: readonly number[][],
): Promise<{ processBytes: number; bytes: number; microseconds: number }> {
	const { pid, broker, inhabitants } = await settle(seats);
	using _ = inhabitants;
	const first = Math.round(seats.length / 4);
	await inhabitants.enter(first);
	await pause(quietMs);
	const before = residentBytes(pid);
	const us = await inhabitants.enter(seats.length);
	await pause(quietMs);
	const others = seats.length - first;
	const bytes = (residentBytes(pid) - before) / others;
	await broker.stop();
	return { processBytes: before - first * bytes, bytes, microseconds: us / others };
}

/** By the connection and second, over the time in which each is pinged once. */
async function costOfSilence(): Promise<number> {
	const { pid, broker, inhabitants } = await settle(seatsOf(many, (person) => [person % 4]));
	using _ = inhabitants;
	await inhabitants.enter(many);
	await pause(quietMs);
	const before = cpuUs(pid);
	await pause(pingMs);
	const us = cpuUs(pid) - before;
	await broker.stop();
	return us / many / (pingMs / 1000);
}

async function costOfTalk(
	seats: readonly number[][],
	activity: Activity,
	wrong: string[],
	isKept = true,
): Promise<Doings> {
	const { broker, inhabitants } = await settle(seats, isKept);
	using _ = inhabitants;
	await inhabitants.enter(seats.length);
	await warm(inhabitants, activity);
	const doings = await inhabitants.act(activity);
	await broker.stop();
	wrong.push(...doings.wrong);
	return doings;
}

/** Has people do the same more often, until the broker's code is compiled: it runs for years. */
async function warm(inhabitants: Inhabitants, { messagesPerSecond: perSecond, statesPerSecond = 0, ...how }: Activity) {
	const times = Math.max(1, warmPerSecond / Math.max(perSecond, statesPerSecond));
	const often = { messagesPerSecond: perSecond * times, statesPerSecond: statesPerSecond * times };
	await inhabitants.act({ ...how, ...often, seconds: warmSeconds });
	await inhabitants.act({ ...how, messagesPerSecond: perSecond, statesPerSecond, seconds: 1 });
}

/** Bytes by the message in all files of a broker that has ended. */
async function costOfKeeping(wrong: string[]): Promise<number> {
	const { broker, inhabitants, directory } = await settle(seatsOf(16, (person) => [person]));
	using _ = inhabitants;
	await inhabitants.enter(16);
	const doings = await inhabitants.act({ seconds: 2, messagesPerSecond: 5000, burst });
	wrong.push(...doings.wrong);
	broker.kill('SIGTERM');
	await broker.ended;
	const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
	const bytes = files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
	return bytes / doings.published;
}

async function settle(seats: Settlement['seats'], isKept = true) {
	const directory = temporaryDirectory();
	const running = await startBroker(isKept ? ['--data', directory] : []);
	const { pid, port, stop } = runningPeer(running, running.port);
	const inhabitants = new Inhabitants({ port, pid, seats });
	return { pid, broker: { ...running, stop }, inhabitants, directory };
}

function seatsOf(people: number, roomsOf: (person: number) => number[]): number[][] {
	return Array.from({ length: people }, (_, person) => roomsOf(person));
}

function perMessage({ brokerUs, published }: Doings): number {
	return brokerUs / published;
}

const micro = 1e-6;
/** Connections where memory is measured: so many that what a process is larger by at one time or another is little. */
const many = 4000;
const wideRooms = 9;
const [fewReaders, manyReaders] = [20, 200];
const burst = 16;
const seconds = 3;
const warmSeconds = 4;
const warmPerSecond = 500;
const checkSeconds = 10;
/** Until what came is done with. */
const quietMs = 1500;
/** As the broker asks for signs of life. */
const pingMs = 25_000;
