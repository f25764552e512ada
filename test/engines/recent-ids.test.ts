import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentIds } from '../../src/engines/recent-ids.ts';

test('every id that was added is found with its row, and others are not', () => {
	const added = fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.string({ maxLength: 4 })), {
		selector: ([room, id]) => `${room} ${id}`,
		maxLength: 3000,
		size: 'max',
	});
	fc.assert(
		fc.property(added, fc.integer(), fc.constantFrom(1, 2 ** 32 - 100, 2 ** 40), (keys, seed, firstRow) => {
			const ids = new RecentIds(seed);
			const rows = new Map<number, string>();
			keys.forEach(([room, id], index) => {
				rows.set(firstRow + index, `${room} ${id}`);
				if (index % 500 === 0) {
					ids.cut();
				}
				ids.add(room, id, firstRow + index);
			});
			const look = (key: string) => (row: number) => (rows.get(row) === key ? row : undefined);
			keys.forEach(([room, id], index) => {
				expect(ids.find(room, id, look(`${room} ${id}`))).toBe(firstRow + index);
			});
			expect(ids.find(4, 'x', look('4 x'))).toBeUndefined();
		}),
		{ numRuns: 20 },
	);
});

test('ids are forgotten when no row of their slice is needed any more, and not before', () => {
	const ids = new RecentIds(7);
	ids.add(1, 'early', 1);
	ids.add(1, 'later', 2);
	ids.cut();
	ids.add(1, 'late', 3);
	const found = () => ['early', 'later', 'late'].map((id) => ids.find(1, id, (row) => row));
	ids.forget(2);
	expect(found()).toEqual([1, 2, 3]);
	ids.forget(3);
	expect(found()).toEqual([undefined, undefined, 3]);
});
