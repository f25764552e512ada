/**
 * The model's answers as tables: lines of Markdown, which are read in a terminal as well.
 */
import { Chance } from '../../test/endurance/chance.ts';
import { type Demand, demandOf, type NodeLimits, serve, type UnitCosts } from './demand.ts';
import { drawRooms, type Habits } from './population.ts';

export interface Model {
	readonly seed: number;
	readonly habits: Habits;
	readonly costs: UnitCosts;
	readonly limits: NodeLimits;
}

const populations = [1000, 10_000, 100_000, 1_000_000, 10_000_000] as const;
/** How exactly it is found when a limit is met. */
const searchStep = 1.1;

const largest = populations[populations.length - 1] ?? 0;

/** All tables of a model, with a title each. */
export function report(model: Model): string {
	return [
		...['### What one of each costs', '', ...costsTable(model), ''],
		...['### What people ask', '', ...demandTable(model), ''],
		...['### What it takes', '', ...nodesTable(model), ''],
		...['### What breaks first on one node', '', ...limitsTable(model), ''],
		...['### What the answer hangs on', '', ...sensitivityTable(model), ''],
	].join('\n');
}

function costsTable({ costs }: Model): readonly string[] {
	return table(
		['', 'cost'],
		[
			[
				'a connection on which nothing happens',
				`${bytes(costs.connectionBytes)}, ${micros(costs.connectionMicroseconds)}/s`,
			],
			['to connect, prove a key and subscribe', micros(costs.connectMicroseconds)],
			['a room that is read', bytes(costs.roomBytes)],
			['a reader in one more room', bytes(costs.subscriptionBytes)],
			[
				'a message that is kept and acknowledged',
				`${micros(costs.publishMicroseconds)}, ${bytes(costs.storedBytes)} on the disk`,
			],
			['a write to a reader', micros(costs.writeMicroseconds)],
			['one more message in a write', micros(costs.deliveryMicroseconds)],
			['a change of presence, told to one reader', micros(costs.presenceMicroseconds)],
		],
	);
}

function demandTable(model: Model): readonly string[] {
	const rows = populations.map((users) => {
		const { rooms, largestRoom, published, delivered, writes, presence } = served(model, users).demand;
		return [
			...[count(users), count(rooms), count(largestRoom), count(published), count(delivered)],
			...[count(writes), count(presence)],
		];
	});
	return table(['users at once', 'rooms', 'largest', 'messages/s', 'deliveries/s', 'writes/s', 'presence/s'], rows);
}

function nodesTable(model: Model): readonly string[] {
	const rows = populations.map((users) => {
		const { demand, nodes, bound } = served(model, users);
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
	return table(
		['users at once', 'nodes', 'bound by', 'cores', 'most of it', 'memory', 'out', 'between nodes/s', 'kept'],
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
	return table(['limit', 'users at once'], [...rows, ...unmet.map(([name]) => [name, `more than ${count(largest)}`])]);
}

/** What nodes it takes for the most users when one thing is twice as much. */
function sensitivityTable(model: Model): readonly string[] {
	const rooms = drawRooms(largest, model.habits, new Chance(model.seed));
	const usual = serve({ users: largest, sizes: rooms }, model.habits, model.costs, model.limits).nodes;
	const { habits, costs, limits } = model;
	const doubled = <Value extends object>(value: Value): (readonly [string, Value])[] =>
		Object.entries(value).map(([name, number]) => [name, { ...value, [name]: 2 * Number(number) }]);
	const cases: readonly (readonly [string, Model])[] = [
		...doubled(costs).map(([name, twice]) => [name, { ...model, costs: twice }] as const),
		...doubled(limits).map(([name, twice]) => [name, { ...model, limits: twice }] as const),
		...(['pairMessagesPerHour', 'sessionHours', 'statesPerHour', 'messageBytes'] as const).map(
			(name) => [name, { ...model, habits: { ...habits, [name]: 2 * habits[name] } }] as const,
		),
	];
	const rows = cases.map(([name, changed]) => {
		const { nodes } = serve({ users: largest, sizes: rooms }, changed.habits, changed.costs, changed.limits);
		return { name, nodes, change: nodes / usual - 1 };
	});
	return table(
		[`twice as much of`, `nodes for ${count(largest)}`, 'change'],
		rows
			.filter(({ change }) => Math.abs(change) >= 0.02)
			.toSorted((one, other) => Math.abs(other.change) - Math.abs(one.change))
			.map(({ name, nodes, change }) => [
				`\`${name}\``,
				count(nodes),
				`${change > 0 ? '+' : ''}${Math.round(100 * change)} %`,
			]),
	);
}

function served({ seed, habits, costs, limits }: Model, users: number) {
	return serve({ users, sizes: drawRooms(users, habits, new Chance(seed)) }, habits, costs, limits);
}

/** What a population asks of a node that serves it alone, whether it can or not. */
function alone({ seed, habits, costs, limits }: Model, users: number): Demand {
	return demandOf({ users, sizes: drawRooms(users, habits, new Chance(seed)), nodes: 1 }, habits, costs, limits);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)];
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
