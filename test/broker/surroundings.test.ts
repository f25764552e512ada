import { expect, test } from 'vitest';
import { systemSurroundings } from '../../src/broker/surroundings.ts';
import { range } from './numbers.ts';

test('no two random ids are the same, nor do they have an end in common', () => {
	const ids = range(1, 1000).map(() => systemSurroundings.randomId());
	expect(ids.filter((id) => !/^[\w-]{22}$/.test(id))).toEqual([]);
	for (const part of [(id: string) => id.slice(0, 11), (id: string) => id.slice(11)]) {
		expect(new Set(ids.map(part)).size).toBe(1000);
	}
});
