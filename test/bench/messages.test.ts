import { expect, test } from 'vitest';
import { isRun, keySigns, mark, messageOf, numbersOn } from '../../bench/screen/messages.ts';

const many = Array.from({ length: 1000 }, (_, index) => index + 1);

test('a message is the same whenever it is said, and begins with its number', () => {
	for (const number of many) {
		expect(messageOf(number)).toEqual(messageOf(number));
		expect(messageOf(number).content.startsWith(`${mark(number)} `)).toBe(true);
	}
});

test('everybody speaks, in lines of many lengths', () => {
	expect(new Set(many.map((number) => messageOf(number).sender)).size).toBe(8);
	expect(new Set(many.map((number) => messageOf(number).content.split(' ').length)).size).toBe(20);
});

test('no message has a sign that is typed, and each of them is one key', () => {
	const said = many.map((number) => Object.values(messageOf(number)).join(' ')).join('\n');
	expect([...keySigns].filter((sign) => said.includes(sign))).toEqual([]);
	expect(new Set(keySigns).size).toBe(keySigns.length);
});

test('numbers are read from the lines on which messages begin', () => {
	const lines = [' 10:02 jo    n0000012 the canary', '             n is flat', '10:03 <li> n0000013', 'in0000014'];
	expect(numbersOn(lines)).toEqual([12, 13]);
});

test('a run leaves no number out and none comes twice', () => {
	expect([[], [7], [7, 8, 9]].map(isRun)).toEqual([true, true, true]);
	expect(
		[
			[7, 9],
			[7, 7],
			[8, 7],
		].map(isRun),
	).toEqual([false, false, false]);
});
