import { expect, test } from 'vitest';
import { Numbering } from '../../src/client/numbering.ts';

test('a broker can expect the number after the highest of the series, however many were closed', () => {
	const numbering = new Numbering();
	expect([numbering.take(), numbering.take()]).toEqual([1, 2]);
	numbering.close();
	expect([0, 1, 3, 4].map((pseq) => numbering.canBeExpected(pseq))).toEqual([false, true, true, false]);
});

test('where a broker expects another number than it gets, another series begins', () => {
	const numbering = new Numbering();
	expect([numbering.take(), numbering.take(), numbering.take(), numbering.series]).toEqual([1, 2, 3, 0]);
	numbering.restart(1);
	expect([2, 3].map((pseq) => numbering.canBeExpected(pseq))).toEqual([true, false]);
	expect([numbering.take(), numbering.series]).toEqual([2, 1]);
});
