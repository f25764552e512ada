import { expect, test } from 'vitest';
import { measureInTurns, missedOf, tableOf } from '../../bench/screen/measured.ts';

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
	['natter', new Map([['p50', [3, 40, 4]]])],
	['weechat', new Map([['p50', [2, 80, 1]]])],
]);

test('a table has the middle of the rounds, the lowest and the highest', () => {
	expect(tableOf('keys', measured, ['p50', 'p99'])).toEqual({
		title: 'keys',
		head: ['', 'p50', 'p99'],
		rows: [
			['natter', '4.00 (3.00-40.0)', '-'],
			['weechat', '2.00 (1.00-80.0)', '-'],
		],
	});
});

test('what is promised in ms is judged by the middle of the rounds', () => {
	expect(missedOf('keys', measured, [{ program: 'natter', figure: 'p50', most: 4 }])).toEqual([]);
	expect(missedOf('keys', measured, [{ program: 'natter', figure: 'p50', most: 3 }])).toEqual([
		'keys: natter, p50: 4.00, promised are at most 3',
	]);
});

test('what is promised beside another is judged round by round', () => {
	const most = (times: number) => [
		{ program: 'natter', figure: 'p50', most: { times, program: 'weechat', figure: 'p50' } },
	];
	expect(missedOf('keys', measured, most(1.5))).toEqual([]);
	expect(missedOf('keys', measured, most(1))).toEqual([
		'keys: natter, p50: 1.50 of weechat p50, promised are at most 1',
	]);
});

test('nothing is said about what was not measured', () => {
	const promises = [
		{ program: 'natter', figure: 'p50', most: { times: 1, program: 'irssi' } },
		{ program: 'natter', figure: 'p99', most: 1 },
	];
	expect(missedOf('keys', measured, promises)).toEqual([]);
});
