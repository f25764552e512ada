import { expect, test } from 'vitest';
import { Confirmations } from '../../src/broker/confirmations.ts';

const at = (sequence: number, epoch = 'e') => new Map([['r', { epoch, sequence }]]);

test('a pong confirms what was sent before its ping, and nothing later', () => {
	const confirmations = new Confirmations();
	const first = confirmations.pinged(at(3));
	confirmations.pinged(at(5));
	expect(confirmations.ponged(first)).toEqual(at(3));
});

test('a pong to a later ping confirms what the earlier would, and theirs come to nothing', () => {
	const confirmations = new Confirmations();
	const [first, second] = [confirmations.pinged(at(3)), confirmations.pinged(at(5))];
	expect(confirmations.ponged(second)).toEqual(at(5));
	expect(confirmations.ponged(first)).toEqual(new Map());
});

test.each(['', '7', 'x'])('a pong that answers no ping (%j) confirms nothing', (mark) => {
	const confirmations = new Confirmations();
	confirmations.pinged(at(3));
	expect(confirmations.ponged(mark)).toEqual(new Map());
});

test('a ping is due when something was sent that none on its way will tell of', () => {
	const confirmations = new Confirmations();
	expect(confirmations.isDue(new Map())).toBe(false);
	expect(confirmations.isDue(at(0))).toBe(true);
	const mark = confirmations.pinged(at(2));
	expect(confirmations.isDue(at(2))).toBe(false);
	expect(confirmations.isDue(at(3))).toBe(true);
	confirmations.ponged(mark);
	expect(confirmations.isDue(at(2))).toBe(false);
	expect(confirmations.isDue(at(2, 'f'))).toBe(true);
});

test('of a peer that answers nothing only the last pings are remembered', () => {
	const confirmations = new Confirmations();
	const marks = Array.from({ length: 20 }, (_, index) => confirmations.pinged(at(index)));
	expect(confirmations.ponged(marks[11] ?? '')).toEqual(new Map());
	expect(confirmations.ponged(marks[12] ?? '')).toEqual(at(12));
});
