/** Faults of what a broker keeps in memory for those who are only there. */
import type { Fault } from './table.ts';

export const keeping: readonly Fault[] = [
	{
		name: 'young-generation-unbounded',
		breaks: 'A crowd that comes leaves a broker behind that takes a hundred MiB more than it needs.',
		file: 'src/cli/young-generation.ts',
		find: 'isLarge ? 1 : 2',
		replace: 'isLarge ? 2 : 1',
		caughtBy: { test: 'test/cli/young-generation.test.ts', title: 'stops growing when it is large' },
	},
	{
		name: 'second-room-forgets-the-first',
		breaks: 'Whoever reads a second room gets nothing of the first any more.',
		file: 'src/engines/few.ts',
		find: 'new Map<Key, Value>([[this.#key as Key, this.#value]]).set(key, value);',
		replace: 'new Map<Key, Value>().set(key, value);',
		caughtBy: { test: 'test/engines/few.test.ts', title: 'has the entries of a map that was told the same' },
	},
];
