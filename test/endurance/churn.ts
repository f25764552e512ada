/**
 * It does not leak: clients join, leave, publish, reconnect and go for minutes, beside a broker in the same process. The
 * heap that is left after each collection must not grow, and in the end nothing of it all is left.
 */
import { queryObjects } from 'node:v8';
import { createBroker } from '../../src/broker/broker.ts';
import { Connection } from '../../src/broker/connection.ts';
import { Room } from '../../src/broker/room.ts';
import { ChatSocket } from '../../src/broker/socket.ts';
import { Subscription } from '../../src/broker/subscription.ts';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { Line } from '../../src/client/line.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { BaseClient } from '../helpers/base-client.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { Chance } from './chance.ts';
import { pause, until } from './crowd.ts';
import { collectGarbage, command, mebibytes, type Options, type Report, type Run } from './report.ts';
import { type Sample, slopeOf } from './slope.ts';

export interface ChurnOptions extends Options {
	readonly seconds: number;
	readonly clients: number;
}

/** What a leak of one small object per reconnect would pass. */
const maxSlopeBytesPerMinute = 2 ** 20;
const rooms = ['general', 'eden', 'ops', 'dev', 'random', 'music', 'food', 'trips'] as const;
/** The first part of the run is not looked at: code is compiled, and logs and caches fill up. */
const warmUpMinutes = 0.5;
const sampleMs = 1000;
const leastSamples = 20;
const patienceMs = 20_000;

export async function run({ seed, seconds, clients }: ChurnOptions): Promise<Report> {
	const chance = new Chance(seed);
	const handlesBefore = openHandles();
	const engine = await openSqliteEngine({ directory: temporaryDirectory(), historySize: 200 });
	const broker = await createBroker({ engine, port: 0, sweepMs: 1000, presenceMs: 20 });
	const done = { joins: 0, leaves: 0, publishes: 0, reconnects: 0, connects: 0 };
	const began = performance.now();
	const end = began + seconds * 1000;
	const samples: Sample[] = [];
	const people = Array.from({ length: clients }, (_, index) =>
		live(broker.url, `person-${index}`, { chance: chance.fork(), end, done }),
	);
	const isOver = Promise.all(people);
	while (performance.now() < end) {
		await pause(sampleMs);
		collectGarbage();
		samples.push({ minutes: (performance.now() - began) / 60_000, bytes: process.memoryUsage().heapUsed });
	}
	await isOver;

	const violations: string[] = [];
	const after = samples.filter(({ minutes }) => minutes >= warmUpMinutes);
	const slope = slopeOf(after);
	if (after.length < leastSamples) {
		violations.push(`${after.length} samples of the heap after the first half minute say nothing`);
	}
	if (slope > maxSlopeBytesPerMinute) {
		violations.push(`the heap grows by ${mebibytes(slope)} per minute`);
	}
	if (!(await until(patienceMs, () => broker.connections === 0))) {
		violations.push(`${broker.connections} connections are left`);
	}
	const left = await leftOver();
	violations.push(...left.map(([name, count]) => `${count} of ${name} are left although everybody is gone`));
	await broker.close();
	await engine.close();
	await until(patienceMs, () => openHandles().length <= handlesBefore.length);
	if (openHandles().length > handlesBefore.length) {
		violations.push(`left open are ${openHandles().join()}, before they were ${handlesBefore.join()}`);
	}
	return {
		promise: 'coming and going for long leaves nothing behind',
		figures: [
			['joins, leaves, publishes', `${done.joins}, ${done.leaves}, ${done.publishes}`],
			['connects, reconnects', `${done.connects}, ${done.reconnects}`],
			['heap after collections', `${mebibytes(after[0]?.bytes ?? 0)} to ${mebibytes(after.at(-1)?.bytes ?? 0)}`],
			['slope of the heap', `${mebibytes(slope)} per minute over ${after.length} samples`],
			['objects and handles left', left.length === 0 ? 'none' : left.map(([name]) => name).join()],
		],
		violations,
	};
}

interface Life {
	readonly chance: Chance;
	readonly end: number;
	readonly done: { joins: number; leaves: number; publishes: number; reconnects: number; connects: number };
}

/** Somebody who is never quiet. */
async function live(url: string, nick: string, { chance, end, done }: Life): Promise<void> {
	let client = connect(url, { nick });
	done.connects += 1;
	while (performance.now() < end) {
		const room = chance.pick(rooms);
		switch (chance.pick(['join', 'join', 'leave', 'publish', 'publish', 'publish', 'ask', 'reconnect', 'go', 'base'])) {
			case 'join':
				await client.join(room);
				done.joins += 1;
				break;
			case 'leave':
				if (client.joined.includes(room)) {
					await client.leave(room);
					done.leaves += 1;
				}
				break;
			case 'publish':
				await client.publish(room, 'x'.repeat(chance.between(1, 300)));
				done.publishes += 1;
				break;
			case 'ask':
				await Promise.all([client.members(room), client.history(room), client.rooms()]);
				break;
			case 'reconnect':
				await reconnect(client);
				done.reconnects += 1;
				break;
			case 'go':
				await client.close();
				client = connect(url, { nick });
				done.connects += 1;
				break;
			case 'base':
				await visit(url, nick, room);
				done.connects += 1;
				break;
		}
		await pause(chance.below(20));
	}
	await client.close();
}

async function reconnect(client: Client): Promise<void> {
	client.reconnect();
	await until(patienceMs, () => client.status.state === 'online');
}

async function visit(url: string, nick: string, room: string): Promise<void> {
	const base = await BaseClient.connect(url, `${nick}-base`);
	await base.subscribe(room);
	base.publish(room, 'short');
	await base.getHistory(room);
	base.socket.terminate();
	await base.closed;
}

/** What is still reachable of what a visit is made of: `queryObjects` collects garbage before it counts. */
async function leftOver(): Promise<readonly (readonly [name: string, count: number])[]> {
	const count = () =>
		[ChatSocket, Connection, Subscription, Room, Line]
			.map((kind) => [kind.name, Number(queryObjects(kind))] as const)
			.filter(([, instances]) => instances > 0);
	await until(patienceMs, () => count().length === 0);
	return count();
}

/** What keeps this process alive, by its kind, save the pipes that it prints to. */
function openHandles(): readonly string[] {
	return process
		.getActiveResourcesInfo()
		.filter((kind) => kind !== 'PipeWrap' && kind !== 'TTYWrap')
		.sort();
}

export const churnRun: Run<ChurnOptions> = { name: 'churn', defaults: { seconds: 120, clients: 20 }, run };

await command(churnRun, import.meta);
