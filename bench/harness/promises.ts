/** What natter promises, all of it. */
import type { ScreenPromise } from '../screen/measured.ts';

/** By the names of peers and of columns. */
export type Promised = Readonly<Record<string, Readonly<Record<string, number>>>>;

/**
 * The most that it may cost in terms of a peer in the same run, by what is measured. They hold with a margin for what else
 * a machine does. In terms of naive no broker that stores first is much below 1.2 at 20k/s and below 0.5 at 100k/s: that is
 * where `least` stands. Of many small rooms nothing is promised in terms of mosquitto: without WebSocket it needs less than
 * half for these.
 */
export const promises = {
	'fan-out': {
		natter: {
			least: { '20k/s': 1.7, '100k/s': 1.4, 'bursts of 16': 2 },
			naive: { '20k/s': 1.9, '100k/s': 0.65, 'bursts of 16': 0.3, saturated: 0.1 },
			'Socket.IO': { '20k/s': 1.7, '100k/s': 0.65, 'bursts of 16': 0.3, saturated: 0.1 },
			mosquitto: { '100k/s': 0.7, 'bursts of 16': 0.3, saturated: 0.1 },
			NATS: { '100k/s': 0.8, 'bursts of 16': 1.2, saturated: 1.3 },
		},
		'natter, memory': {
			naive: { '20k/s': 1.4, '100k/s': 0.5, 'bursts of 16': 0.4, saturated: 0.08 },
			'Socket.IO': { '20k/s': 1.3, '100k/s': 0.5, 'bursts of 16': 0.4, saturated: 0.08 },
			mosquitto: { '100k/s': 0.55, 'bursts of 16': 0.4, saturated: 0.08 },
			NATS: { '20k/s': 1.3, '100k/s': 0.6, 'bursts of 16': 1.5, saturated: 0.95 },
		},
	},
	/** What holds whatever else the machine does. */
	smoke: { natter: { naive: { 'bursts of 16': 0.4, saturated: 0.2 } } },
	/** Five readers in each of them. */
	rooms: {
		natter: {
			least: { '200 rooms': 1.9, '1,000 rooms': 2.2 },
			naive: { '200 rooms': 2.3, '1,000 rooms': 2 },
			'Socket.IO': { '200 rooms': 2.2, '1,000 rooms': 2.6 },
			NATS: { '200 rooms': 2.4, '1,000 rooms': 2.7 },
		},
		'natter, memory': {
			naive: { '200 rooms': 1.5, '1,000 rooms': 1.5 },
			'Socket.IO': { '200 rooms': 1.5, '1,000 rooms': 1.9 },
		},
	},
	readers: { natter: {} },
	connect: { naive: { each: 2.3 }, 'Socket.IO': { each: 1.4 } },
	/** Time for each. With 100 writers the main thread is what all wait for, and natter's does more for each than the obvious one. */
	publish: { 'bare SQLite': { '1 writer': 1.5, '10 writers': 1.67, '100 writers': 2.2 } },
	memory: {
		naive: { connection: 1 },
		'Socket.IO': { connection: 0.45 },
		NATS: { connection: 0.5 },
	},
} as const;

/** The most that a delivery may cost with the most rooms, in terms of what it costs with the fewest. */
export const mostGrowth = 1.25;

/** What is promised of the screen, by what is measured. */
export const screenPromises = {
	start: [{ program: 'natter', figure: 'first sign', most: { times: 5, program: 'node -e 0', figure: 'its end' } }],
	keys: [
		{ program: 'natter', figure: 'key p50', unit: 'ms', most: 5, waiting: 'typing: waited' },
		{ program: 'natter', figure: 'key p99', unit: 'ms', most: 16, waiting: 'typing: waited' },
		{ program: 'natter', figure: 'idle: bytes/s', most: 0 },
		{ program: 'natter', figure: 'idle: CPU', unit: '%', most: 0.5 },
	],
	flood: [
		{ program: 'natter', figure: '100/s p99', unit: 'ms', most: 33, waiting: '100/s: waited' },
		{ program: 'natter', figure: '5,000/s p50', unit: 'ms', most: 5, waiting: '5,000/s: waited' },
		{ program: 'natter', figure: '5,000/s p99', unit: 'ms', most: 16, waiting: '5,000/s: waited' },
		{ program: 'natter', figure: '5,000/s: CPU', most: { times: 1, program: 'weechat' } },
	],
	scroll: [{ program: 'natter', figure: 'page p99', unit: 'ms', most: 33, waiting: 'reading: waited' }],
	'screen-memory': [{ program: 'natter', figure: 'in the end', unit: 'MB', most: 110 }],
} as const satisfies Readonly<Record<string, readonly ScreenPromise[]>>;

/** By how much longer the slowest publish of a hundred may take while old messages are removed or indexed, in ms. */
export const mostDelayMs = 10;

/** The most that something may cost with ten times as much stored, in terms of what it cost: less of it is in caches. */
export const mostGrowthOfStore = 1.5;
