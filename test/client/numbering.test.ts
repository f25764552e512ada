import { expect, test } from 'vitest';
import { Numbering } from '../../src/client/numbering.ts';

test('a broker can expect the number after the highest that was ever given out, also when they were counted anew', () => {
	const numbering = new Numbering();
	expect([numbering.take(), numbering.take()]).toEqual([1, 2]);
	expect([0, 1, 3, 4].map((pseq) => numbering.canBeExpected(pseq))).toEqual([false, true, true, false]);
	numbering.restart(2, 2, 5);
	expect([7, 8].map((pseq) => numbering.canBeExpected(pseq))).toEqual([true, false]);
	numbering.restart(1, 2, 1);
	expect(numbering.take()).toBe(2);
	expect([7, 8].map((pseq) => numbering.canBeExpected(pseq))).toEqual([true, false]);
});

test('a number that was stored is given to no other message: where a broker expects it, another series begins', () => {
	const numbering = new Numbering();
	expect([numbering.take(), numbering.take(), numbering.take()]).toEqual([1, 2, 3]);
	numbering.stored(2);
	expect([numbering.restart(3, 3, 1), numbering.series]).toEqual([3, 0]);
	expect([numbering.restart(2, 3, 1), numbering.series]).toEqual([1, 1]);
	expect([2, 3].map((pseq) => numbering.canBeExpected(pseq))).toEqual([true, false]);
	expect(numbering.take()).toBe(2);
	expect([numbering.restart(1, 2, 2), numbering.series]).toEqual([1, 1]);
});

test('where a broker expects a number above the one that it refuses, another series begins', () => {
	const numbering = new Numbering();
	expect([numbering.take(), numbering.take()]).toEqual([1, 2]);
	expect([numbering.restart(2, 1, 2), numbering.series]).toEqual([1, 1]);
	expect([numbering.take(), numbering.series]).toEqual([3, 1]);
});
