import { expect, test } from 'vitest';
import { cpuUs, readCpuTicks, readResidentBytes, readScheduled } from '../../bench/harness/accounting.ts';
import { median, percentile, spreadOf } from '../../bench/harness/statistics.ts';
import { figure, textTable } from '../../bench/harness/table.ts';

test('the median is the value in the middle, or between the two that are', () => {
	expect(median([3])).toBe(3);
	expect(median([9, 1, 2])).toBe(2);
	expect(median([10, 1, 2, 4])).toBe(3);
	expect(median([])).toBeNaN();
});

test('a percentile is one of the values', () => {
	const values = Array.from({ length: 100 }, (_, index) => 100 - index);
	expect(percentile(values, 0.5)).toBe(50);
	expect(percentile(values, 0.99)).toBe(99);
	expect(percentile(values, 1)).toBe(100);
	expect(percentile([7, 5], 0)).toBe(5);
	expect(percentile([], 0.5)).toBeNaN();
});

test('what is measured has a middle and a range', () => {
	expect(spreadOf([3, 1, 2])).toEqual({ median: 2, lowest: 1, highest: 3 });
	expect(spreadOf([])).toEqual({ median: Number.NaN, lowest: Number.NaN, highest: Number.NaN });
});

test('CPU time is read behind a name with blanks and brackets', () => {
	const stat = '41 (a (b) c) S 1 41 41 0 -1 4194304 9 0 0 0 120 34 0 0 20 0 11 0 100 0 0';
	expect(readCpuTicks(stat)).toBe(154);
});

test('CPU time is told more finely than in ticks', () => {
	expect(Array.from({ length: 50 }, () => cpuUs(process.pid) % 1000)).toContainEqual(expect.not.closeTo(0));
	expect(Math.abs(cpuUs(process.pid) - sumOf(process.cpuUsage()))).toBeLessThan(100_000);
});

test('how long a thread ran and waited is read in us', () => {
	expect(readScheduled('2500000 41000 12\n')).toEqual({ ran: 2500, waited: 41 });
});

test('resident memory is read in bytes', () => {
	expect(readResidentBytes('VmHWM:\t  90 kB\nVmRSS:\t    41 kB\nRssAnon:\t  7 kB\n')).toBe(41 * 1024);
	expect(readResidentBytes('Name:\tnatter\n')).toBeNaN();
});

test('a table is as wide as what is in it', () => {
	expect(
		textTable(
			['', 'cost'],
			[
				['natter', '0.95'],
				['x', { median: 12.4, lowest: 1, highest: 200 }],
				['y', { median: Number.NaN, lowest: Number.NaN, highest: Number.NaN }],
			],
		),
	).toBe(
		['                   cost', 'natter             0.95', 'x       12.4 (1.00-200)', 'y                     -'].join(
			'\n',
		),
	);
});

test('a figure has as many digits as can be used', () => {
	expect([0.123, 1.5, 12.34, 150.2, Number.NaN].map(figure)).toEqual(['0.12', '1.50', '12.3', '150', '-']);
});

function sumOf({ user, system }: NodeJS.CpuUsage): number {
	return user + system;
}
