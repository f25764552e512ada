/**
 * What a population asks of brokers, by what each single thing costs one: arithmetic, no clock and no socket.
 */
import { type Habits, messagesPerSecond, type Sizes } from './population.ts';

/** What one broker pays for one of each. Microseconds of CPU over all its threads, and bytes that are resident. */
export interface UnitCosts {
	/** A broker that few use. */
	readonly processBytes: number;
	readonly connectionBytes: number;
	/** CPU a second of a connection on which nothing happens. */
	readonly connectionMicroseconds: number;
	/** To connect, prove who one is, and subscribe to a first room. */
	readonly connectMicroseconds: number;
	/** A room that somebody reads, without its readers and messages. */
	readonly roomBytes: number;
	/** A place of one reader in one more room. */
	readonly subscriptionBytes: number;
	/** What is published within the time of one commit is committed together. */
	readonly commitMicroseconds: number;
	/** A message that comes in, is kept, and is acknowledged to its sender, without the commit. */
	readonly publishMicroseconds: number;
	/** A message that comes in and is handed out, but kept elsewhere. */
	readonly relayMicroseconds: number;
	/** One write to one reader. */
	readonly writeMicroseconds: number;
	/** One more message in a write. */
	readonly deliveryMicroseconds: number;
	/** A change of presence, told to one reader. */
	readonly presenceMicroseconds: number;
	/** A message on the disk. */
	readonly storedBytes: number;
}

/** What bounds a node, and a broker's way of serving. */
export interface NodeLimits {
	/** The part of one core that may be used. What one broker does on other threads counts as if it were on that core. */
	readonly coreShare: number;
	readonly bytes: number;
	/** Bits a second that go out. */
	readonly bitsPerSecond: number;
	/** What one engine keeps durably, messages a second. */
	readonly storedPerSecond: number;
	readonly connections: number;
	/** How long one commit takes: what comes meanwhile waits for the next. */
	readonly commitMs: number;
	/** At most one write per reader in so many ms. */
	readonly flushWindowMs: number;
	/** Members up to which each change of presence is told by name; then a number, the rarer the more there are. */
	readonly presenceFull: number;
	readonly presenceMs: number;
}

export const nodeLimits: NodeLimits = Object.freeze({
	coreShare: 0.6,
	bytes: 4 * 2 ** 30,
	bitsPerSecond: 5e9,
	storedPerSecond: 25_000,
	connections: 100_000,
	commitMs: 1,
	flushWindowMs: 5,
	presenceFull: 200,
	presenceMs: 250,
});

/** Of all users together. Rates are per second. */
export interface Demand {
	readonly rooms: number;
	readonly largestRoom: number;
	readonly published: number;
	readonly delivered: number;
	readonly writes: number;
	readonly presence: number;
	readonly bitsPerSecond: number;
	readonly cores: number;
	/** The same, by what the time goes into. */
	readonly coresFor: Readonly<Record<'connections' | 'publishing' | 'fan-out' | 'presence' | 'other nodes', number>>;
	readonly bytes: number;
	readonly storedBytes: number;
	/** The part of a core that the largest room's fan-out takes. */
	readonly largestRoomShare: number;
	/** From the first to the last reader of one message of the largest room, in ms, when one node serves them all. */
	readonly largestRoomMs: number;
	/** Messages that pass between nodes. */
	readonly relayed: number;
}

/** What so many users in such rooms ask, spread at random over so many nodes. */
export function demandOf(
	{ users, sizes, nodes }: { readonly users: number; readonly sizes: Sizes; readonly nodes: number },
	habits: Habits,
	costs: UnitCosts,
	limits: NodeLimits,
): Demand {
	const window = limits.flushWindowMs / 1000;
	let [rooms, largest, published, delivered, writes, presence, relayed, held, kept] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
	for (const [size, count] of sizes) {
		const rate = messagesPerSecond(size, habits);
		rooms += count;
		largest = Math.max(largest, size);
		published += count * rate;
		delivered += count * rate * size;
		writes += count * size * writesPerSecond(rate, window);
		presence += count * size * presencePerSecond(size, habits, limits);
		const there = nodesOf(size, nodes);
		held += count * there;
		kept += count * Math.min(rate * 86_400 * habits.keptDays, habits.keptMessages);
		relayed += count * rate * (there - 1);
	}
	const micro = 1e-6;
	const connects = users / (habits.sessionHours * 3600);
	const commits = nodes * writesPerSecond(published / nodes, limits.commitMs / 1000);
	const coresFor = {
		connections: micro * (users * costs.connectionMicroseconds + connects * costs.connectMicroseconds),
		publishing: micro * (commits * costs.commitMicroseconds + published * costs.publishMicroseconds),
		'fan-out': micro * (writes * costs.writeMicroseconds + delivered * costs.deliveryMicroseconds),
		presence: micro * presence * costs.presenceMicroseconds,
		'other nodes': micro * relayed * costs.relayMicroseconds,
	};
	const rate = messagesPerSecond(largest, habits);
	const largestMicroseconds = largest * costs.writeMicroseconds;
	return {
		...{ rooms, largestRoom: largest, published, delivered, writes, presence, relayed, coresFor },
		cores: Object.values(coresFor).reduce((sum, cores) => sum + cores, 0),
		bitsPerSecond: 8 * (delivered * habits.messageBytes + writes * packetBytes),
		bytes:
			nodes * costs.processBytes +
			users * costs.connectionBytes +
			held * costs.roomBytes +
			users * (habits.roomsPerUser - 1) * costs.subscriptionBytes,
		storedBytes: kept * costs.storedBytes,
		largestRoomShare:
			micro * largest * (writesPerSecond(rate, window) * costs.writeMicroseconds + rate * costs.deliveryMicroseconds),
		largestRoomMs: largestMicroseconds / 1000,
	};
}

/** What makes a population need the most nodes. */
type Bound = 'CPU' | 'memory' | 'network' | 'connections' | 'storing';

/** How many nodes such a demand needs, and what for. */
function nodesFor(
	demand: Demand,
	users: number,
	limits: NodeLimits,
): { readonly nodes: number; readonly bound: Bound } {
	const wanted: readonly (readonly [Bound, number])[] = [
		['CPU', demand.cores / limits.coreShare],
		['memory', demand.bytes / limits.bytes],
		['network', demand.bitsPerSecond / limits.bitsPerSecond],
		['connections', users / limits.connections],
		['storing', demand.published / limits.storedPerSecond],
	];
	const [bound, most] = wanted.reduce((one, other) => (other[1] > one[1] ? other : one));
	return { nodes: Math.max(1, Math.ceil(most)), bound };
}

export interface Served {
	readonly demand: Demand;
	readonly nodes: number;
	readonly bound: Bound;
}

/** The fewest nodes that serve a population, as more of them pass on more messages. */
export function serve(
	population: { readonly users: number; readonly sizes: Sizes },
	habits: Habits,
	costs: UnitCosts,
	limits: NodeLimits,
): Served {
	for (let nodes = 1; ; ) {
		const demand = demandOf({ ...population, nodes }, habits, costs, limits);
		const needed = nodesFor(demand, population.users, limits);
		if (needed.nodes <= nodes) {
			return { demand, nodes, bound: needed.bound };
		}
		nodes = needed.nodes;
	}
}

/** A crowded room tells how many are there every 30 s at least, and a number four times as rarely as names. */
const rarestPresence = 1 / 30;
const countPace = 4;

/** TCP and IP headers of a write, and its acknowledgement. */
const packetBytes = 100;

/** Writes a second at such a rate of messages: those that come within the window after one go together. */
function writesPerSecond(rate: number, window: number): number {
	return rate / (1 + rate * window);
}

/** Words on presence a second that one reader of a room is sent. */
function presencePerSecond(
	members: number,
	{ sessionHours, statesPerHour }: Habits,
	{ presenceFull, presenceMs }: NodeLimits,
): number {
	const changes = (members * (2 / sessionHours + statesPerHour)) / 3600;
	const mostCounts = Math.max((1000 / presenceMs / countPace) * (presenceFull / members), rarestPresence);
	return members <= presenceFull ? changes : changes / (1 + changes / mostCounts);
}

/** On how many nodes somebody reads a room, when its members are on nodes at random. */
function nodesOf(members: number, nodes: number): number {
	return nodes * (1 - (1 - 1 / nodes) ** members);
}
