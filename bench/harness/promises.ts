/** What natter promises, all of it. */
import type { ScreenPromise } from '../screen/measured.ts';

/** By the names of peers and of columns. */
export type Promised = Readonly<Record<string, Readonly<Record<string, Bound>>>>;

/** The most that it may cost, and where natter is not yet what it is to become, what it is to cost at most then. */
type Bound = number | { readonly most: number; readonly goal?: number };

/**
 * The most that it may cost in terms of a peer in the same run, by what is measured: more is a step back. `least`, with or
 * without a disk, is the end of what can be reached on Node: natter is held against it too, and has no goal in terms of a
 * peer below what `least` costs in terms of it. Of many small rooms nothing is promised in terms of mosquitto: without
 * WebSocket it needs less than half for these.
 */
export const promises = {
	'fan-out': {
		natter: {
			least: { '20k/s': 1.7, '100k/s': 1.5, 'bursts of 16': 2.3 },
			naive: { 'bursts of 16': { most: 0.35, goal: 0.2 }, saturated: { most: 0.1, goal: 0.07 } },
			'Socket.IO': { 'bursts of 16': { most: 0.35, goal: 0.2 }, saturated: { most: 0.1, goal: 0.07 } },
			mosquitto: { saturated: 0.1 },
			NATS: {
				'20k/s': 1.7,
				'bursts of 16': { most: 1.6, goal: 0.8 },
				saturated: { most: 1.4, goal: 0.8 },
			},
		},
		'natter, memory': {
			'least, memory': { '20k/s': 1.6, '100k/s': 1.6, 'bursts of 16': 2.5 },
			naive: {
				'20k/s': { most: 1.6, goal: 0.85 },
				'100k/s': { most: 0.45, goal: 0.35 },
				'bursts of 16': { most: 0.3, goal: 0.2 },
				saturated: 0.07,
			},
			'Socket.IO': {
				'20k/s': { most: 1.4, goal: 0.7 },
				'100k/s': { most: 0.45, goal: 0.35 },
				'bursts of 16': { most: 0.3, goal: 0.2 },
				saturated: 0.07,
			},
			mosquitto: { '20k/s': { most: 2, goal: 0.95 }, '100k/s': { most: 0.5, goal: 0.4 }, saturated: 0.1 },
			NATS: {
				'20k/s': { most: 1.4, goal: 1 },
				'100k/s': { most: 0.5, goal: 0.4 },
				'bursts of 16': { most: 1.3, goal: 0.8 },
				saturated: { most: 1.1, goal: 0.8 },
			},
		},
	},
	/** What holds whatever else the machine does. */
	smoke: { natter: { naive: { 'bursts of 16': 0.4, saturated: 0.2 } } },
	/** Five readers in each of them. */
	rooms: {
		natter: { least: { '200 rooms': 2.2, '1,000 rooms': 2.4 } },
		'natter, memory': {
			'least, memory': { '200 rooms': 2.5, '1,000 rooms': 2.8 },
			naive: { '200 rooms': 1.9, '1,000 rooms': { most: 1.8, goal: 0.6 } },
			'Socket.IO': { '200 rooms': { most: 1.8, goal: 0.65 }, '1,000 rooms': { most: 2.2, goal: 0.75 } },
			NATS: { '200 rooms': { most: 1.9, goal: 1 }, '1,000 rooms': { most: 2.1, goal: 0.95 } },
		},
	},
	readers: { natter: {} },
	connect: { naive: { each: 2.3 }, 'Socket.IO': { each: 1.4 } },
	/** Time for each: as many a second as three fifths of those that it can sync. */
	publish: { 'bare SQLite': { '1 writer': 1.5, '10 writers': 1.67, '100 writers': { most: 2.4, goal: 1.67 } } },
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
		{ program: 'natter', figure: 'idle: bytes/s', most: 0, inEach: true },
		{ program: 'natter', figure: 'idle: CPU', unit: '%', most: 0.5 },
	],
	flood: [
		{ program: 'natter', figure: '100/s p99', unit: 'ms', most: 33, waiting: '100/s: waited' },
		{ program: 'natter', figure: '5,000/s p99', most: { times: 1, program: 'weechat' } },
		{ program: 'natter', figure: '5,000/s: CPU', most: { times: 1, program: 'weechat' } },
	],
	scroll: [{ program: 'natter', figure: 'page p99', unit: 'ms', most: 33, waiting: 'reading: waited' }],
	'screen-memory': [{ program: 'natter', figure: 'in the end', unit: 'MB', most: 100 }],
} as const satisfies Readonly<Record<string, readonly ScreenPromise[]>>;

/** By how much longer the slowest publish of a hundred may take while old messages are removed or indexed, in ms. */
export const mostDelayMs = 10;

/** The most that something may cost with ten times as much stored, in terms of what it cost: less of it is in caches. */
export const mostGrowthOfStore = 1.5;
