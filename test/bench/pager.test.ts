import { expect, test } from 'vitest';
import { isAbove } from '../../bench/screen/pager.ts';

const before = [11, 12, 13, 14];

test.each([
	['touches it', [8, 9, 10]],
	['overlaps it', [10, 11, 12]],
	['has gone up by one message', [10, 11, 12, 13]],
])('a page is above the one before when it %s', (_, page) => {
	expect(isAbove(page, before)).toBe(true);
});

test.each([
	['is empty', []],
	['is the same', before],
	['is below', [12, 13, 14, 15]],
	['leaves a message out in between', [7, 8, 9]],
	['leaves a message out within', [8, 10]],
	['is drawn above the old one so far', [8, 9, 10, 11, 12, 13, 14]],
	['is drawn in its upper half so far', [7, 8, 13, 14]],
])('a page is not above the one before when it %s', (_, page) => {
	expect(isAbove(page, before)).toBe(false);
});
