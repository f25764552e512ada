/** What a delivery costs at each peer, and whether natter stands to them as it is promised. */
import type { Outcome } from '../load/crowd.ts';
import type { Peer } from '../peers/peer.ts';
import type { Outcomes } from './rounds.ts';
import type { Findings, Table } from './scenario.ts';
import { median } from './statistics.ts';
import { figure, spread } from './table.ts';

/** The most that natter may cost in terms of a peer, by the names of peers and loads. */
export type Promised = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** The first of the peers is natter, of whom things are promised. */
export function compare(title: string, outcomes: Outcomes, promised: Promised): Findings {
	const [first, ...others] = outcomes;
	if (first === undefined) {
		throw new Error('Expected somebody to be measured');
	}
	const [natter, ofNatter] = first;
	const loads = [...ofNatter.keys()];
	const missed: string[] = [];
	const ratioRows = others.map(([peer, ofPeer]) => [
		`${natter.name} / ${peer.name}`,
		...loads.map((load) => {
			const ratio = ratioOf(ofNatter.get(load) ?? [], ofPeer.get(load) ?? []);
			const most = promised[peer.name]?.[load];
			if (most === undefined) {
				return figure(ratio);
			}
			const holds = ratio <= most;
			if (!holds) {
				missed.push(`${title}, ${load}: ${natter.name} costs ${figure(ratio)} of ${peer.name}, promised are ${most}`);
			}
			return `${figure(ratio)} ${holds ? '<=' : '>'} ${most}`;
		}),
	]);
	return {
		tables: [
			costTable(title, outcomes, loads),
			{
				title: `${title}: the cost of natter as a part of the cost of others, and what is promised`,
				head: ['', ...loads],
				rows: ratioRows,
			},
			paceTable(title, outcomes, loads),
		],
		missed,
		wrong: wrongIn(title, outcomes),
	};
}

/** The middle of what they are to each other round by round. */
function ratioOf(own: readonly Outcome[], others: readonly Outcome[]): number {
	return median(own.map((outcome, round) => costUs(outcome) / costUs(others[round] ?? outcome)));
}

function costTable(title: string, outcomes: Outcomes, loads: readonly string[]): Table {
	return {
		title: `${title}: CPU of the broker per delivery, us`,
		head: ['', ...loads],
		rows: [...outcomes].map(([{ name }, ofPeer]) => [name, ...loads.map((load) => spreadOf(ofPeer.get(load), costUs))]),
	};
}

/** What the figures of cost do not say: how fast, how late, and whether the load generator was in the way. */
function paceTable(title: string, outcomes: Outcomes, loads: readonly string[]): Table {
	return {
		title: `${title}: deliveries/s; publish to delivery p50/p99, ms; CPU of the load generator per delivery, us`,
		head: ['', ...loads],
		rows: [...outcomes].map(([{ name }, ofPeer]) => [
			name,
			...loads.map((load) => {
				const all = ofPeer.get(load) ?? [];
				const middle = (value: (outcome: Outcome) => number) => figure(median(all.map(value)));
				const pace = `${Math.round(median(all.map(({ deliveries, seconds }) => deliveries / seconds / 1000)))}k/s`;
				return `${pace}; ${middle(({ p50Ms }) => p50Ms)}/${middle(({ p99Ms }) => p99Ms)}; ${middle(loadUs)}`;
			}),
		]),
	};
}

function wrongIn(title: string, outcomes: Outcomes): string[] {
	return [...outcomes].flatMap(([peer, ofPeer]) =>
		[...ofPeer].flatMap(([load, all]) =>
			all.flatMap(({ wrong }) => wrong.map((what) => `${title}, ${load}, ${peer.name}: ${what}`)),
		),
	);
}

function spreadOf(all: readonly Outcome[] = [], value: (outcome: Outcome) => number): string {
	const values = all.map(value);
	return spread({ median: median(values), lowest: Math.min(...values), highest: Math.max(...values) });
}

function costUs({ brokerUs, deliveries }: Outcome): number {
	return brokerUs / deliveries;
}

function loadUs(outcome: Outcome): number {
	return outcome.loadUs / outcome.deliveries;
}

/** The peers that can be measured here. Says what they are, and of the others why not. */
export function present(peers: readonly Peer[]): Peer[] {
	return peers.filter((peer) => {
		const absence = peer.absence();
		console.log(absence === undefined ? `${peer.name}: ${peer.note}` : `${peer.name} is left out: ${absence}`);
		return absence === undefined;
	});
}
