/** Faults of the way from a room to its readers' sockets. */
import type { Fault } from './table.ts';

const test = 'test/broker/dispatch.test.ts';

export const fanningOut: readonly Fault[] = [
	{
		name: 'window-ignored',
		breaks: 'Readers of a busy room are written to for each message.',
		file: 'src/broker/fan-out.ts',
		find: 'const waitMs = this.#opensAt - surroundings.elapsed();',
		replace: 'const waitMs = this.#opensAt - surroundings.elapsed() - 1e9;',
		caughtBy: { test, title: 'goes out at the end of the turn after silence' },
	},
	{
		name: 'window-after-silence',
		breaks: 'What is said after silence waits for more, though nothing comes.',
		file: 'src/broker/fan-out.ts',
		find: 'const waitMs = this.#opensAt - surroundings.elapsed();',
		replace: 'const waitMs = this.#options.windowMs;',
		caughtBy: { test, title: 'reaches every reader once and in order, soon after silence' },
	},
	{
		name: 'window-twice',
		breaks: 'A timer that is up a little early begins a window that ends at once: twice as many writes.',
		file: 'src/broker/fan-out.ts',
		find: 'const at = surroundings.elapsed() + soonMs;',
		replace: 'const at = surroundings.elapsed();',
		caughtBy: { test, title: 'is one batch for each window' },
	},
	{
		name: 'slice-passes-a-reader',
		breaks: 'After a pause in the middle of a large room it goes on with the next reader but one.',
		file: 'src/broker/fan-out.ts',
		find: 'if (isTimeUp()) {',
		replace: 'if (isTimeUp()) {\n\t\t\t\t\tthis.#left.next();',
		caughtBy: { test, title: 'is served in slices of 2 ms' },
	},
	{
		name: 'slice-cut-short',
		breaks: 'What is said while a large room is served takes the place of what its last readers still wait for.',
		file: 'src/broker/fan-out.ts',
		find: 'if (this.#batches.length === 0) {',
		replace: 'if (this.#waiting.length > 0) {',
		caughtBy: { test, title: 'is served in slices of 2 ms' },
	},
	{
		name: 'slice-not-gone-on-with',
		breaks: 'The last readers of a large room get nothing until somebody says more.',
		file: 'src/broker/dispatch.ts',
		find: 'this.#rooms.add(room);\n\t\t\t\treturn;',
		replace: 'return;',
		caughtBy: { test, title: 'is served in slices of 2 ms' },
	},
	{
		name: 'slice-without-end',
		breaks: 'Everybody waits until the last reader of a large room is served.',
		file: 'src/broker/dispatch.ts',
		find: 'this.#surroundings.elapsed() >= this.#until;',
		replace: 'this.#surroundings.elapsed() < this.#until - 1e9;',
		caughtBy: { test, title: 'is served in slices of 2 ms' },
	},
];
