/** The table of planted faults fits the sources. What catches each of them is shown by `npm run faults`. */
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';
import { plant, root } from './plant.ts';
import { faults } from './table.ts';

test.each(faults.map((fault) => [fault.name, fault] as const))(
	'%s can be planted, and what it makes is a program',
	(_, fault) => {
		const source = readFileSync(new URL(fault.file, root), 'utf8');
		const planted = plant(source, fault);
		expect(planted).not.toBe(source);
		expect(() => stripTypeScriptTypes(planted)).not.toThrow();
	},
);

test('there are at least 25, each with a name of its own', () => {
	expect(new Set(faults.map(({ name }) => name)).size).toBe(faults.length);
	expect(faults.length).toBeGreaterThanOrEqual(25);
});
