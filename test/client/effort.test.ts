/** What one more costs when there are many already: how many elements are looked at, which no clock decides. */
import { expect, test } from 'vitest';
import { Hold } from '../../src/client/hold.ts';
import { message, Script } from './script.ts';

/** How many elements of maps and sets are looked at meanwhile. */
function looked(act: () => void): number {
	const prototypes = [new Map().values(), new Set().values()].map((one) => Object.getPrototypeOf(one) as typeof one);
	const originals = prototypes.map(({ next }) => next);
	let count = 0;
	for (const [index, prototype] of prototypes.entries()) {
		prototype.next = function next(this: MapIterator<unknown>) {
			count += 1;
			return originals[index]?.call(this) as IteratorResult<unknown, undefined>;
		};
	}
	try {
		act();
	} finally {
		for (const [index, prototype] of prototypes.entries()) {
			prototype.next = originals[index] as typeof prototype.next;
		}
	}
	return count;
}

/** One more line is said while so many wait for a link. */
function sayingOneMore(waiting: number): number {
	const script = new Script({ maxQueued: 100_000 });
	script.join();
	for (let count = 0; count < waiting; count += 1) {
		script.publish('hello');
	}
	return looked(() => script.publish('hello'));
}

/** One more message comes early, where so many are held. */
function holdingOneMore(held: number): number {
	const script = Script.in('r', 0, { maxHeld: 65_536 });
	for (let sequence = 2; sequence < held; sequence += 1) {
		script.says(message(sequence));
	}
	return looked(() => script.says(message(held + 1)));
}

test('a line is taken without a look at all that wait', () => {
	expect(sayingOneMore(2000)).toBe(sayingOneMore(20));
});

test('an early message is taken without a look at all that are held', () => {
	expect(holdingOneMore(2000)).toBe(holdingOneMore(20));
});

test('what is held can be found by its number, its neighbours and the one it names', () => {
	const hold = new Hold(100);
	const { type: _, ...any } = message(1);
	for (const [sequence, prev] of [[9], [4], [7, 3], [6, 2], [12, 2]] as const) {
		hold.add({ ...any, sequence, ...(prev !== undefined && { prev }) });
	}
	expect([hold.lowest, hold.highest, hold.numbers()]).toEqual([4, 12, [4, 6, 7, 9, 12]]);
	expect([0, 1, 2, 3].map((position) => hold.after(position))).toEqual([undefined, undefined, 6, 4]);
	expect([hold.take(6)?.sequence, hold.take(6), hold.after(2), hold.take(12)?.sequence]).toEqual([
		6,
		undefined,
		12,
		12,
	]);
	expect([hold.after(2), hold.lowest, hold.highest, hold.size]).toEqual([undefined, 4, 9, 3]);
});
