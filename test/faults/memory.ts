/** Faults of what a broker keeps in memory for those who are only there. */
import type { Fault } from './table.ts';

export const keeping: readonly Fault[] = [
	{
		name: 'young-generation-unbounded',
		breaks: 'A crowd that comes leaves a broker behind that takes a hundred MiB more than it needs.',
		file: 'src/cli/young-generation.ts',
		find: 'setFlagsFromString(`--semi',
		replace: 'void (`--semi',
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
	{
		name: 'told-taken-for-the-newest',
		breaks:
			'Who comes and goes between two words on presence is told of, or who left and came is never told to have left.',
		file: 'src/broker/presence.ts',
		find: 'const told = this.#told(userId);',
		replace: 'const told = this.#members.get(userId);',
		caughtBy: { test: 'test/broker/presence.test.ts', title: 'knows who is there, whenever the room is not crowded' },
	},
	{
		name: 'welcomed-back-at-first',
		breaks: 'Whoever comes for the first time is told that their session goes on.',
		file: 'src/broker/welcome.ts',
		find: 'JSON.stringify(own).slice(1)',
		replace: 'JSON.stringify({ ...own, resumed: true }).slice(1)',
		caughtBy: { test: 'test/broker/handshake.test.ts', title: 'is answered with everything a client needs to know' },
	},
];
