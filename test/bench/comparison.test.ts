import { expect, test } from 'vitest';
import { compare, figures, figureTable, growthMissed, ratioTable } from '../../bench/harness/comparison.ts';
import type { Outcome } from '../../bench/load/crowd.ts';

const rounds = (rows: Record<string, Record<string, readonly number[]>>) =>
	new Map(Object.entries(rows).map(([name, columns]) => [name, new Map(Object.entries(columns))]));

const costs = rounds({
	natter: { few: [2, 4, 3], many: [1, 1, 1] },
	naive: { few: [4, 4, 4], many: [10, 0.5, 2] },
	NATS: { few: [3, 3, 3] },
});

test('what was measured stands with its range, and what was not is left out', () => {
	expect(figureTable('cost', costs)).toEqual({
		title: 'cost',
		head: ['', 'few', 'many'],
		rows: [
			['natter', { median: 3, lowest: 2, highest: 4 }, { median: 1, lowest: 1, highest: 1 }],
			['naive', { median: 4, lowest: 4, highest: 4 }, { median: 2, lowest: 0.5, highest: 10 }],
			['NATS', { median: 3, lowest: 3, highest: 3 }, { median: Number.NaN, lowest: Number.NaN, highest: Number.NaN }],
		],
	});
});

test('the ratio is that of each round, and what is more than promised is missed', () => {
	const { table, missed } = ratioTable('cost', costs, { naive: { few: 0.75, many: 0.4 } });
	expect(table.rows).toEqual([
		['naive', '0.75 <= 0.75', '0.50 > 0.4'],
		['NATS', '1.00', '-'],
	]);
	expect(missed).toEqual(['cost, many: natter takes 0.50 of what naive does, promised are 0.4']);
});

test('a goal that is not reached yet is said, and is no promise', () => {
	const { table, missed, unreached } = ratioTable('cost', costs, {
		naive: { few: { most: 0.8, goal: 0.5 }, many: { most: 0.4, goal: 0.2 } },
		NATS: { few: { most: 1.2, goal: 1 } },
	});
	expect(table.rows).toEqual([
		['naive', '0.75 <= 0.8, goal 0.5', '0.50 > 0.4, goal 0.2'],
		['NATS', '1.00 <= 1.2, goal 1', '-'],
	]);
	expect(missed).toEqual(['cost, many: natter takes 0.50 of what naive does, promised are 0.4']);
	expect(unreached).toEqual([
		'cost, few: natter takes 0.75 of what naive does, the goal is 0.5',
		'cost, many: natter takes 0.50 of what naive does, the goal is 0.2',
	]);
});

test('a promise about what was not measured does not hold', () => {
	expect(ratioTable('cost', costs, { NATS: { many: 1 } }).missed).toHaveLength(1);
});

test('a row may grow by so much from its first figure to its last', () => {
	const grown = rounds({ flat: { '10': [4, 4], '20': [9, 9], '30': [5, 5] }, steep: { '10': [4, 4], '30': [5, 6] } });
	expect(growthMissed('rooms', grown, 1.25)).toEqual([
		'rooms, steep: 30 take 1.38 times what 10 do, promised are 1.25',
	]);
});

test('CPU is counted per delivery, and what was lost is said with whose it was', () => {
	const outcome: Outcome = {
		publishes: 10,
		deliveries: 100,
		seconds: 0.5,
		brokerUs: 700,
		loadUs: 150,
		p50Ms: 1.25,
		p99Ms: 20,
		bytes: 1000,
		wrong: [],
	};
	const outcomes = new Map([
		['natter', new Map([['20k/s', [outcome, { ...outcome, wrong: ['reader-1 got 9 of 10 messages'] }]]])],
		[
			'naive',
			new Map([
				[
					'20k/s',
					[
						{ ...outcome, brokerUs: 1400 },
						{ ...outcome, brokerUs: 1400 },
					],
				],
			]),
		],
	]);
	expect(
		figures(outcomes, ({ p50Ms }) => p50Ms)
			.get('naive')
			?.get('20k/s'),
	).toEqual([1.25, 1.25]);
	const { tables, missed, wrong } = compare('100 readers', outcomes, { natter: {} });
	expect(tables.map(({ rows }) => rows)).toEqual([
		[
			['natter', { median: 7, lowest: 7, highest: 7 }],
			['naive', { median: 14, lowest: 14, highest: 14 }],
		],
		[['naive', '0.50']],
		[
			['natter', '0k/s; 1.25/20.0; 1.50'],
			['naive', '0k/s; 1.25/20.0; 1.50'],
		],
	]);
	expect(missed).toEqual([]);
	expect(wrong).toEqual(['100 readers, 20k/s, natter: reader-1 got 9 of 10 messages']);
});
