/**
 * What it costs a broker to bring a message to the 100 readers of a room: CPU per delivery when 20,000 and 100,000
 * deliveries a second are asked for, when 16 messages come at once, and when as much as possible is published.
 */

import { compare, type Promised, present } from './harness/comparison.ts';
import { measureRounds } from './harness/rounds.ts';
import type { BenchOptions, Findings, Scenario } from './harness/scenario.ts';
import type { Load } from './load/crowd.ts';
import { mosquitto } from './peers/mosquitto.ts';
import { naive } from './peers/naive.ts';
import { nats } from './peers/nats.ts';
import { natter, natterInMemory } from './peers/natter.ts';
import { socketIo } from './peers/socket-io.ts';

const readers = 100;

const loads: Readonly<Record<string, Load>> = {
	'20k/s': { perSecond: 20_000 / readers, seconds: 2 },
	'100k/s': { perSecond: 100_000 / readers, seconds: 1.5 },
	'bursts of 16': { perSecond: 100_000 / readers, burst: 16, seconds: 1.5 },
	saturated: { window: 512, seconds: 1.5 },
};

const promised: Promised = {
	naive: { '20k/s': 0.85, '100k/s': 0.35, 'bursts of 16': 0.2, saturated: 0.07 },
	'Socket.IO': { '20k/s': 0.7, '100k/s': 0.35, 'bursts of 16': 0.2, saturated: 0.07 },
	mosquitto: { '20k/s': 0.95, '100k/s': 0.4, saturated: 0.1 },
	NATS: { '20k/s': 1, '100k/s': 0.4, 'bursts of 16': 0.8, saturated: 0.8 },
};

/** What holds whatever else the machine does. */
const widest: Promised = { naive: { 'bursts of 16': 0.4, saturated: 0.2 } };

export const fanOut: Scenario = {
	name: 'fan-out',
	run: ({ isSmoke, rounds }: BenchOptions): Promise<Findings> => (isSmoke ? smoke(rounds) : full(rounds)),
};

async function full(rounds: number): Promise<Findings> {
	const peers = present([natter, natterInMemory, naive, socketIo, mosquitto, nats]);
	const outcomes = await measureRounds({ peers, crowd, loads, rounds, warmSeconds: 0.5 });
	return compare('100 readers', outcomes, promised);
}

async function smoke(rounds: number): Promise<Findings> {
	const names = Object.keys(widest['naive'] ?? {});
	const some = Object.fromEntries(Object.entries(loads).filter(([name]) => names.includes(name)));
	const outcomes = await measureRounds({ peers: [natter, naive], crowd, loads: some, rounds, warmSeconds: 0.5 });
	return compare('100 readers', outcomes, widest);
}

const crowd = { rooms: 1, readersPerRoom: readers, publishers: 4 } as const;
