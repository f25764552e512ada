/**
 * The model's answers as tables: lines of Markdown, which are read in a terminal as well.
 */
import { Chance } from '../../test/endurance/chance.ts';
import { markdownTable } from '../harness/table.ts';
import { type Demand, demandOf, type NodeLimits, type Served, serve, type UnitCosts } from './demand.ts';
import type { Check } from './measure.ts';
import { drawRooms, type Habits, type Sizes } from './population.ts';

/** What is kept of measurements. */
export interface Measurements {
	readonly machine: { readonly node: string; readonly cores: number; readonly rounds: number };
	readonly costs: UnitCosts;
	/** The lowest and the highest of the rounds. */
	readonly ranges: Readonly<Record<keyof UnitCosts, readonly [number, number]>>;
	readonly check: Check;
}

export interface Model extends Measurements {
	readonly seed: number;
	readonly habits: Habits;
	readonly limits: NodeLimits;
}

const smaller = [1000, 10_000, 100_000, 1_000_000] as const;
const largest = 10_000_000;
/** What is doubled in the last table, in words. */
const words = {
	processBytes: 'memory of a broker that few use',
	connectionBytes: 'memory of a connection in one room',
	connectionMicroseconds: 'CPU of a connection on which nothing happens, a second',
	connectMicroseconds: 'CPU to connect and subscribe to one room',
	roomBytes: 'memory of a room that is read',
	subscriptionBytes: 'memory of a reader in one more room',
	commitMicroseconds: 'CPU of a commit',
	publishMicroseconds: 'CPU of a message that is kept and acknowledged, its commit aside',
	relayMicroseconds: 'CPU of a message that is handed out and not kept',
	storedBytes: 'disk of a message',
	writeMicroseconds: 'CPU of a write to a reader',
	deliveryMicroseconds: 'CPU of a message in a write',
	presenceMicroseconds: 'CPU of a change of presence, told to one reader',
	coreShare: 'the part of a core that a node may use',
	bytes: 'memory of a node',
	bitsPerSecond: 'network of a node',
	storedPerSecond: 'messages a second that an engine keeps',
	connections: 'connections that a node may have',
	commitMs: 'time of a commit',
	flushWindowMs: 'the flush window',
	presenceFull: 'the people of a room up to whom each is told by name who comes and goes',
	presenceMs: 'the time for which changes of presence are collected',
	pairMessagesPerHour: 'what people say',
	sessionHours: 'the time until somebody comes back',
	statesPerHour: 'how often somebody goes away or returns',
	messageBytes: 'the length of a message',
} as const satisfies Record<keyof UnitCosts | keyof NodeLimits | DoubledHabit, string>;

type DoubledHabit = 'pairMessagesPerHour' | 'sessionHours' | 'statesPerHour' | 'messageBytes';

/** How exactly it is found when a limit is met. */
const searchStep = 1.1;

/** So many people, and what serves them. */
interface Town extends Served {
	readonly users: number;
	readonly sizes: Sizes;
}

/** What each is counted in. */
const costUnits = [
	['processBytes', bytes],
	['connectionBytes', bytes],
	['connectionMicroseconds', micros],
	['connectMicroseconds', micros],
	['roomBytes', bytes],
	['subscriptionBytes', bytes],
	['commitMicroseconds', micros],
	['publishMicroseconds', micros],
	['relayMicroseconds', micros],
	['storedBytes', bytes],
	['writeMicroseconds', micros],
	['deliveryMicroseconds', micros],
	['presenceMicroseconds', micros],
] as const satisfies readonly (readonly [keyof UnitCosts, (value: number) => string])[];

/** All tables of a model, with a title each. */
export function report(model: Model): string {
	const greatest = townOf(model, largest);
	const towns = [...smaller.map((users) => townOf(model, users)), greatest];
	return [
		...['### What one of each costs', '', ...costsTable(model), ''],
		...['### The model held against the machine', '', ...checkTable(model.check), ''],
		...['### What so many people do', '', ...demandTable(towns), ''],
		...['### What it takes', '', ...nodesTable(towns), ''],
		...['### What breaks first on one node', '', ...limitsTable(model), ''],
		...['### What the answer hangs on', '', ...sensitivityTable(model, greatest), ''],
	].join('\n');
}

function costsTable({ machine, costs, ranges }: Model): readonly string[] {
	const of = (name: keyof UnitCosts, unit: (value: number) => string) =>
		[unit(costs[name]), ranges[name].map(unit).join(' to ')] as const;
	const rows = costUnits.map(([name, unit]) => [words[name], ...of(name, unit)]);
	return markdownTable([`Node ${machine.node}, ${machine.cores} cores`, 'cost', `range of ${machine.rounds}`], rows);
}

/** What the model says of a population that this machine held, and what it took. */
export function checkTable(check: Check): readonly string[] {
	const { users, rooms, largestRoom, messagesPerSecond, deliveriesPerSecond, cores, bytes: memory } = check;
	const town = `${count(users)} people in ${count(rooms)} rooms, the largest of ${count(largestRoom)}; ${count(messagesPerSecond)} messages and ${count(deliveriesPerSecond)} deliveries a second`;
	return markdownTable(
		[town, 'predicted', 'measured', 'measured / predicted'],
		[
			['cores', decimal(cores.predicted), decimal(cores.measured), decimal(cores.measured / cores.predicted)],
			['memory', bytes(memory.predicted), bytes(memory.measured), decimal(memory.measured / memory.predicted)],
		],
	);
}

function demandTable(towns: readonly Town[]): readonly string[] {
	const rows = towns.map(({ users, demand }) => {
		const { rooms, largestRoom, published, delivered, writes, presence } = demand;
		return [
			...[count(users), count(rooms), count(largestRoom), count(published), count(delivered)],
			...[count(writes), count(presence)],
		];
	});
	return markdownTable(
		['users at once', 'rooms', 'largest', 'messages/s', 'deliveries/s', 'writes/s', 'presence/s'],
		rows,
	);
}

function nodesTable(towns: readonly Town[]): readonly string[] {
	const rows = towns.map(({ users, demand, nodes, bound }) => {
		const { cores, coresFor, bitsPerSecond, storedBytes, relayed } = demand;
		const parts = Object.entries(coresFor)
			.toSorted(([, one], [, other]) => other - one)
			.slice(0, 2)
			.map(([name, part]) => `${name} ${Math.round((100 * part) / cores)} %`);
		return [
			...[count(users), count(nodes), bound, decimal(cores), parts.join(', '), bytes(demand.bytes)],
			...[`${decimal(bitsPerSecond / 1e9)} Gbit/s`, count(relayed), bytes(storedBytes)],
		];
	});
	return markdownTable(
		[
			'users at once',
			'nodes',
			'bound by',
			'cores',
			'most of it',
			'memory',
			'out',
			'messages between nodes/s',
			'on disk',
		],
		rows,
	);
}

/** How many users one node can serve until each limit is met, the first first. */
function limitsTable(model: Model): readonly string[] {
	const { limits } = model;
	const tests: readonly (readonly [string, (demand: Demand, users: number) => boolean])[] = [
		['one core', ({ cores }) => cores > limits.coreShare],
		['memory', (demand) => demand.bytes > limits.bytes],
		['network', ({ bitsPerSecond }) => bitsPerSecond > limits.bitsPerSecond],
		['storing', ({ published }) => published > limits.storedPerSecond],
		['connections', (_demand, users) => users > limits.connections],
		[
			'the largest room takes longer than a flush window for one message',
			({ largestRoomMs }) => largestRoomMs > limits.flushWindowMs,
		],
		['the largest room alone takes a core', ({ largestRoomShare }) => largestRoomShare > limits.coreShare],
	];
	const rows: (readonly string[])[] = [];
	for (let users = 1000; users <= largest && rows.length < tests.length; users = Math.round(users * searchStep)) {
		const demand = alone(model, users);
		const met = tests.filter(([name, isMet]) => !rows.some(([known]) => known === name) && isMet(demand, users));
		rows.push(...met.map(([name]) => [name, count(Number(users.toPrecision(2)))]));
	}
	const unmet = tests.filter(([name]) => !rows.some(([known]) => known === name));
	return markdownTable(
		['limit', 'users at once'],
		[...rows, ...unmet.map(([name]) => [name, `more than ${count(largest)}`])],
	);
}

/** What nodes it takes for the most users when one thing is twice as much. */
function sensitivityTable(model: Model, town: Town): readonly string[] {
	const { habits, costs, limits } = model;
	const twice = <Value extends object>(value: Value, name: string): Value =>
		name in value ? { ...value, [name]: 2 * Number(value[name as keyof Value]) } : value;
	const cases = Object.entries(words).map(([name, inWords]) => {
		const changed = { habits: twice(habits, name), costs: twice(costs, name), limits: twice(limits, name) };
		return [inWords, changed] as const;
	});
	const rows = cases.map(([name, changed]) => {
		const { nodes } = serve(town, changed.habits, changed.costs, changed.limits);
		return { name, nodes, change: nodes / town.nodes - 1 };
	});
	return markdownTable(
		[`twice as much of`, `nodes for ${count(largest)}`, 'change'],
		rows
			.filter(({ change }) => Math.abs(change) >= 0.02)
			.toSorted((one, other) => Math.abs(other.change) - Math.abs(one.change))
			.map(({ name, nodes, change }) => [name, count(nodes), `${change > 0 ? '+' : ''}${Math.round(100 * change)} %`]),
	);
}

function townOf({ seed, habits, costs, limits }: Model, users: number): Town {
	const sizes = drawRooms(users, habits, new Chance(seed));
	return { users, sizes, ...serve({ users, sizes }, habits, costs, limits) };
}

/** What a population asks of a node that serves it alone, whether it can or not. */
function alone({ seed, habits, costs, limits }: Model, users: number): Demand {
	return demandOf({ users, sizes: drawRooms(users, habits, new Chance(seed)), nodes: 1 }, habits, costs, limits);
}

function count(value: number): string {
	return value < 10 ? decimal(value) : Number(value.toPrecision(3)).toLocaleString('en');
}

function decimal(value: number): string {
	return value.toLocaleString('en', { maximumSignificantDigits: 2 });
}

function micros(value: number): string {
	return `${decimal(value)} µs`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

function bytes(value: number): string {
	const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
	return `${Number((value / 2 ** (10 * power)).toPrecision(3))} ${units[power]}`;
}
