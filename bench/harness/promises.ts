/** What natter promises, all of it: the most that it may cost in terms of a peer in the same run. */

/** By the names of peers and of columns. */
export type Promised = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** By what is measured. */
export const promises = {
	'fan-out': {
		naive: { '20k/s': 0.85, '100k/s': 0.35, 'bursts of 16': 0.2, saturated: 0.07 },
		'Socket.IO': { '20k/s': 0.7, '100k/s': 0.35, 'bursts of 16': 0.2, saturated: 0.07 },
		mosquitto: { '20k/s': 0.95, '100k/s': 0.4, saturated: 0.1 },
		NATS: { '20k/s': 1, '100k/s': 0.4, 'bursts of 16': 0.8, saturated: 0.8 },
	},
	/** What holds whatever else the machine does. */
	smoke: { naive: { 'bursts of 16': 0.4, saturated: 0.2 } },
	/** Five readers in each of them. */
	rooms: {
		naive: { '200 rooms': 0.75, '1,000 rooms': 0.6 },
		'Socket.IO': { '200 rooms': 0.65, '1,000 rooms': 0.75 },
		mosquitto: { '200 rooms': 0.6, '1,000 rooms': 0.55 },
		NATS: { '200 rooms': 1, '1,000 rooms': 0.95 },
	},
	readers: {},
	connect: {},
	memory: {
		naive: { connection: 1 },
		'Socket.IO': { connection: 0.45 },
		mosquitto: { connection: 2 },
		NATS: { connection: 0.5 },
	},
} as const satisfies Readonly<Record<string, Promised>>;

/** The most that a delivery may cost with the most rooms, in terms of what it costs with the fewest. */
export const mostGrowth = 1.25;
