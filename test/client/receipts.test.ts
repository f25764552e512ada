import { expect, test } from 'vitest';
import { Receipts } from '../../src/client/receipts.ts';

test('the last ones are kept, oldest first', () => {
	const receipts = new Receipts(3);
	for (const sequence of [1, 2]) {
		receipts.add(0, sequence, 'shown');
	}
	expect(receipts.list().map(({ sequence }) => sequence)).toEqual([1, 2]);
	for (const sequence of [3, 4, 5]) {
		receipts.add(0, sequence, 'shown');
	}
	expect(receipts.list().map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
});

test('those of numbers that are given anew are forgotten, and there is room for as many as before', () => {
	const receipts = new Receipts(3);
	for (const sequence of [1, 2, 3, 4]) {
		receipts.add(0, sequence, 'shown');
	}
	receipts.forgetAbove(3);
	expect(receipts.list().map(({ sequence }) => sequence)).toEqual([2, 3]);
	for (const sequence of [4, 5]) {
		receipts.add(1, sequence, 'shown');
	}
	expect(receipts.list().map(({ sequence }) => sequence)).toEqual([3, 4, 5]);
});

test('a long range leaves room for what was before it', () => {
	const receipts = new Receipts();
	receipts.add(1, 1, 'shown');
	receipts.addRange(2, 2, 1_000_000, 'lost');
	expect(receipts.list()[0]).toEqual({ at: 1, sequence: 1, what: 'shown' });
	expect(receipts.list().length).toBeLessThan(50);
});
