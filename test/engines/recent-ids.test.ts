import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RecentIds } from '../../src/engines/recent-ids.ts';

const hour = 3_600_000;

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
				ids.add(room, id, firstRow + index, index * 10_000);
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

test('ids are forgotten when their slice of time is over, and not before', () => {
	const ids = new RecentIds(7);
	ids.add(1, 'early', 1, 5 * hour);
	ids.add(1, 'late', 2, 7 * hour);
	const row = (found: number) => found;
	ids.forget(6 * hour - 1);
	expect([ids.find(1, 'early', row), ids.find(1, 'late', row)]).toEqual([1, 2]);
	ids.forget(6 * hour);
	expect([ids.find(1, 'early', row), ids.find(1, 'late', row)]).toEqual([undefined, 2]);
});
