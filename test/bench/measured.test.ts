import { expect, test } from 'vitest';
import { judge, measureInTurns, type ScreenPromise, tableOf } from '../../bench/screen/measured.ts';

test('programs are measured in turns, and each round is kept', async () => {
	const order: string[] = [];
	const measured = await measureInTurns([{ name: 'one' }, { name: 'other' }], 2, async ({ name }) => {
		order.push(name);
		return { ms: order.length };
	});
	expect(order).toEqual(['one', 'other', 'one', 'other']);
	expect(measured.get('one')).toEqual(new Map([['ms', [1, 3]]]));
	expect(measured.get('other')).toEqual(new Map([['ms', [2, 4]]]));
});

const measured = new Map([
	[
		'natter',
		new Map([
			['p50', [3, 40, 4]],
			['waited', [19, 21, 20]],
		]),
	],
	[
		'weechat',
		new Map([
			['p50', [2, 80, 1]],
			['waited', [50, 3, 40]],
		]),
	],
]);

test('a table has the middle of the rounds, the lowest and the highest', () => {
	const unmeasured = { median: Number.NaN, lowest: Number.NaN, highest: Number.NaN };
	expect(tableOf('keys', measured, ['p50', 'p99'])).toEqual({
		title: 'keys',
		head: ['', 'p50', 'p99'],
		rows: [
			['natter', { median: 4, lowest: 3, highest: 40 }, unmeasured],
			['weechat', { median: 2, lowest: 1, highest: 80 }, unmeasured],
		],
	});
});

function judged(...promises: readonly ScreenPromise[]) {
	const { table, missed, unjudged } = judge('keys', measured, promises);
	return { rows: table.rows, missed, unjudged };
}

test('what is promised as a number is judged by the middle of the rounds', () => {
	const promised = { program: 'natter', figure: 'p50', unit: 'ms' } as const;
	expect(judged({ ...promised, most: 4 })).toEqual({
		rows: [['natter, p50', '4.00 ms', '4 ms', 'holds']],
		missed: [],
		unjudged: [],
	});
	expect(judged({ ...promised, most: 3 })).toEqual({
		rows: [['natter, p50', '4.00 ms', '3 ms', 'missed']],
		missed: ['keys: natter, p50: 4.00 ms, promised are at most 3 ms'],
		unjudged: [],
	});
});

test('what is promised of each round is judged by the highest', () => {
	const promised = { program: 'natter', figure: 'p50', inEach: true } as const;
	expect(judged({ ...promised, most: 40 }).missed).toEqual([]);
	expect(judged({ ...promised, most: 39 }).missed).toEqual(['keys: natter, p50: 40.0, promised are at most 39']);
});

test('what is promised beside another is judged round by round', () => {
	const promised = (times: number) =>
		({ program: 'natter', figure: 'p50', most: { times, program: 'weechat', figure: 'p50' } }) as const;
	expect(judged(promised(1.5)).rows).toEqual([['natter, p50', '1.50 of weechat, p50', '1.5 of weechat, p50', 'holds']]);
	expect(judged(promised(1)).missed).toEqual([
		'keys: natter, p50: 1.50 of weechat, p50, promised are at most 1 of weechat, p50',
	]);
});

test('a round in which the program waited for a processor is not judged', () => {
	const promised = { program: 'natter', figure: 'p50', waiting: 'waited' };
	expect(judged({ ...promised, most: 3.5 }).missed).toEqual([]);
	expect(judged({ ...promised, most: 3.4 }).missed).toEqual(['keys: natter, p50: 3.50, promised are at most 3.4']);
});

test('where it waited in most rounds nothing is missed, and what does not hold is not judged', () => {
	const promised = { program: 'weechat', figure: 'p50', waiting: 'waited' };
	expect(judged({ ...promised, most: 2 })).toMatchObject({ missed: [], unjudged: [] });
	expect(judged({ ...promised, most: 1 })).toEqual({
		rows: [['weechat, p50', '2.00', '1', 'not judged']],
		missed: [],
		unjudged: ['keys: weechat, p50'],
	});
});

test('nothing is said about what was not measured', () => {
	expect(
		judged(
			{ program: 'natter', figure: 'p50', most: { times: 1, program: 'irssi' } },
			{ program: 'natter', figure: 'p99', most: 1 },
		),
	).toEqual({ rows: [], missed: [], unjudged: [] });
});
