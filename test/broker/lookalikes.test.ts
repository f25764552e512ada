import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookalikeKeys } from '../../src/broker/lookalikes.ts';
import { defaultLimits } from '../../src/protocol/limits.ts';
import { cleanNick } from '../../src/protocol/names.ts';
import { lookalikePairs } from './lookalike-pairs.ts';

const share = (one: string, other: string) => lookalikeKeys(one).some((key) => lookalikeKeys(other).includes(key));

describe('names that look alike', () => {
	test.each(lookalikePairs)('%s and %s are never both nicks', (one, other) => {
		for (const [before, after] of [
			['', ''],
			['kim', 'kim'],
			['', '\u5b57'],
		] as const) {
			const nicks = [one, other].map((letter) => cleanNick(before + letter + after, defaultLimits));
			const [first, second] = nicks.map((nick) => (nick.ok ? nick.text : undefined));
			if (first !== undefined && second !== undefined && first !== second) {
				expect(share(first, second)).toBe(true);
			}
		}
	});

	test('most of which are nicks but for the other one', () => {
		const isNick = (name: string) => cleanNick(name, defaultLimits).ok;
		const both = lookalikePairs.filter(([one, other]) => isNick(one) && isNick(other));
		expect(both.length).toBeGreaterThan(100);
	});

	test('are those that differ in case alone', () => {
		expect(share('Ann', 'aNN')).toBe(true);
		expect(share('IL', 'il')).toBe(true);
		expect(share('Il1', 'lI|')).toBe(true);
	});

	test('are found the same way among names of plain letters as among all', () => {
		const plain = fc.string({ unit: 'binary-ascii', maxLength: 12 });
		// A sign that is in no table, and stands for itself, behind the name has it read like any other.
		const other = '\u5b57';
		fc.assert(
			fc.property(plain, (name) => {
				expect(lookalikeKeys(name).map((key) => key + other)).toEqual(lookalikeKeys(name + other));
			}),
			{ numRuns: 2000 },
		);
	});

	test('are not any others', () => {
		const people = ['ann', 'anna', 'bob', 'bill', 'bi', 'kim', 'kin', 'm\u00fcller', 'muller', '\u674e', '\u738b'];
		for (const [index, one] of people.entries()) {
			expect(people.filter((other, place) => place > index && share(one, other))).toEqual([]);
		}
	});

	test('are alike to themselves, whatever they are', () => {
		fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (name) => share(name, name)));
	});
});
