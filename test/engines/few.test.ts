import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Few } from '../../src/engines/few.ts';

test('has the entries of a map that was told the same, in their order', () => {
	const step = fc.record({ does: fc.constantFrom('set', 'delete'), key: fc.integer({ min: 0, max: 3 }) });
	fc.assert(
		fc.property(fc.array(step), (steps) => {
			const few = new Few<number, { readonly at: number }>();
			const map = new Map<number, { readonly at: number }>();
			for (const [at, { does, key }] of steps.entries()) {
				if (does === 'set') {
					few.set(key, { at });
					map.set(key, { at });
				} else {
					few.delete(key);
					map.delete(key);
				}
				expect([...few.values()]).toEqual([...map.values()]);
				expect(few.size).toBe(map.size);
				for (const one of [0, 1, 2, 3]) {
					expect([few.has(one), few.get(one)]).toEqual([map.has(one), map.get(one)]);
				}
			}
		}),
	);
});
