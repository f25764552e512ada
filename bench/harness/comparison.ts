/** What natter costs beside its peers, and whether it stands to them as it is promised. */
import type { Outcome } from '../load/crowd.ts';
import type { Promised } from './promises.ts';
import type { Findings, Table } from './scenario.ts';
import { median, spreadOf } from './statistics.ts';
import { figure } from './table.ts';

/** What was measured in each round, by the name of the peer and by what was measured. */
export type Rounds<Result> = ReadonlyMap<string, ReadonlyMap<string, readonly Result[]>>;

/**
 * What a delivery costs, whether natter costs what it is promised to, and what else has to be known of the figures. What is
 * promised is told by the row of which it is, and compared with the rows behind that one.
 */
export function compare(
	title: string,
	outcomes: Rounds<Outcome>,
	promised: Readonly<Record<string, Promised>>,
): Findings {
	const costs = figures(outcomes, costUs);
	const ratios = Object.entries(promised).map(([row, ofRow]) => ratioTable(title, fromRow(costs, row), ofRow));
	return {
		tables: [
			figureTable(`${title}: CPU of the broker per delivery, µs`, costs),
			...ratios.map(({ table }) => table),
			paceTable(title, outcomes),
		],
		missed: ratios.flatMap(({ missed }) => missed),
		unreached: ratios.flatMap(({ unreached }) => unreached),
		wrong: wrongIn(title, outcomes),
	};
}

function fromRow<Result>(rounds: Rounds<Result>, row: string): Rounds<Result> {
	const names = [...rounds.keys()];
	return new Map([...rounds].slice(names.indexOf(row)));
}

/** Adds what a round has found to what earlier ones have. */
export function keep<Result>(
	rounds: Map<string, Map<string, Result[]>>,
	row: string,
	column: string,
	result: Result,
): void {
	const ofRow = rounds.get(row) ?? new Map<string, Result[]>();
	rounds.set(row, ofRow);
	ofRow.set(column, [...(ofRow.get(column) ?? []), result]);
}

export function figures<Result>(rounds: Rounds<Result>, value: (result: Result) => number): Rounds<number> {
	const ofAll = (columns: ReadonlyMap<string, readonly Result[]>) =>
		new Map([...columns].map(([column, results]) => [column, results.map(value)]));
	return new Map([...rounds].map(([name, columns]) => [name, ofAll(columns)]));
}

export function figureTable(title: string, rounds: Rounds<number>): Table {
	const columns = columnsOf(rounds);
	return {
		title,
		head: ['', ...columns],
		rows: [...rounds].map(([name, ofPeer]) => [name, ...columns.map((column) => spreadOf(ofPeer.get(column) ?? []))]),
	};
}

/**
 * What the first figures are in terms of those of the others, and a line for each that is more than promised, or than is to
 * be reached.
 */
export function ratioTable(
	title: string,
	rounds: Rounds<number>,
	promised: Promised,
): { readonly table: Table; readonly missed: readonly string[]; readonly unreached: readonly string[] } {
	const [[name, own], ...others] = firstOf(rounds);
	const columns = columnsOf(rounds);
	const missed: string[] = [];
	const unreached: string[] = [];
	const rows = others.map(([peer, ofPeer]) => [
		peer,
		...columns.map((column) => {
			const ratio = ratioOf(own.get(column) ?? [], ofPeer.get(column) ?? []);
			const promise = promised[peer]?.[column];
			if (promise === undefined) {
				return figure(ratio);
			}
			const { most, goal } = typeof promise === 'number' ? { most: promise } : promise;
			const holds = ratio <= most;
			const taken = `${title}, ${column}: ${name} takes ${figure(ratio)} of what ${peer} does`;
			if (!holds) {
				missed.push(`${taken}, promised are ${most}`);
			}
			if (goal !== undefined && ratio > goal) {
				unreached.push(`${taken}, the goal is ${goal}`);
			}
			return `${figure(ratio)} ${holds ? '<=' : '>'} ${most}${goal === undefined ? '' : `, goal ${goal}`}`;
		}),
	]);
	return {
		table: {
			title: `${title}: ${name} in terms of others, and the most that is promised`,
			head: ['', ...columns],
			rows,
		},
		missed,
		unreached,
	};
}

/** A line for each row whose last figure is more than so many times its first. */
export function growthMissed(title: string, rounds: Rounds<number>, most: number): string[] {
	return [...rounds].flatMap(([row, columns]) => {
		const [first, last] = [[...columns][0], [...columns].at(-1)];
		const ratio = ratioOf(last?.[1] ?? [], first?.[1] ?? []);
		return ratio <= most
			? []
			: [`${title}, ${row}: ${last?.[0]} take ${figure(ratio)} times what ${first?.[0]} do, promised are ${most}`];
	});
}

/** The middle of what they are to each other round by round; NaN where one of them was not measured. */
function ratioOf(own: readonly number[], others: readonly number[]): number {
	return median(own.map((value, round) => value / (others[round] ?? Number.NaN)));
}

/** What the figures of cost do not say: how fast, how late, and whether the load generator was in the way. */
function paceTable(title: string, outcomes: Rounds<Outcome>): Table {
	const columns = columnsOf(outcomes);
	return {
		title: `${title}: deliveries/s; publish to delivery p50/p99, ms; CPU of the load generator per delivery, µs`,
		head: ['', ...columns],
		rows: [...outcomes].map(([name, ofPeer]) => [
			name,
			...columns.map((column) => {
				const all = ofPeer.get(column);
				if (all === undefined) {
					return '-';
				}
				const middle = (value: (outcome: Outcome) => number) => figure(median(all.map(value)));
				const pace = `${Math.round(median(all.map(({ deliveries, seconds }) => deliveries / seconds / 1000)))}k/s`;
				return `${pace}; ${middle(({ p50Ms }) => p50Ms)}/${middle(({ p99Ms }) => p99Ms)}; ${middle(loadUs)}`;
			}),
		]),
	};
}

export function wrongIn(title: string, outcomes: Rounds<Pick<Outcome, 'wrong'>>): string[] {
	return [...outcomes].flatMap(([name, ofPeer]) =>
		[...ofPeer].flatMap(([column, all]) =>
			all.flatMap(({ wrong }) => wrong.map((what) => `${title}, ${column}, ${name}: ${what}`)),
		),
	);
}

function firstOf<Result>(rounds: Rounds<Result>) {
	const [first, ...others] = rounds;
	if (first === undefined) {
		throw new Error('Expected somebody to be measured');
	}
	return [first, ...others] as const;
}

function columnsOf(rounds: Rounds<unknown>): string[] {
	return [...new Set([...rounds.values()].flatMap((columns) => [...columns.keys()]))];
}

export function costUs({ brokerUs, deliveries }: Outcome): number {
	return brokerUs / deliveries;
}

function loadUs(outcome: Outcome): number {
	return outcome.loadUs / outcome.deliveries;
}
