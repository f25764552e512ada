/** Faults of the way from a room to its readers' sockets. */
import type { Fault } from './table.ts';

const test = 'test/broker/dispatch.test.ts';
const gathering = 'test/broker/gathering.test.ts';

export const fanningOut: readonly Fault[] = [
	{
		name: 'window-ignored',
		breaks: 'Readers of a busy room are written to for each message.',
		file: 'src/broker/pace.ts',
		find: 'const waitMs = this.#opensAt - at;',
		replace: 'const waitMs = this.#opensAt - at - 1e9;',
		caughtBy: { test, title: 'goes out at the end of the turn after silence' },
	},
	{
		name: 'window-after-silence',
		breaks: 'Each message of a room in which one comes per window waits for more, though nothing comes.',
		file: 'src/broker/pace.ts',
		find: 'const isAlone = messages === 1',
		replace: 'const isAlone = messages === 0',
		caughtBy: { test, title: 'does not wait while it comes as seldom as windows end' },
	},
	{
		name: 'window-twice',
		breaks: 'A timer that is up a little early begins a window that ends at once: twice as many writes.',
		file: 'src/broker/pace.ts',
		find: 'Math.floor((at + soonMs) / ownMs)',
		replace: 'Math.floor(at / ownMs)',
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
	{
		name: 'gathering-without-end',
		breaks: 'What is said in a busy room is not stored before somebody says more.',
		file: 'src/broker/gathering.ts',
		find: 'if (waitMs <= soonMs) {',
		replace: 'if (waitMs <= -1e9) {',
		caughtBy: { test: gathering, title: 'is stored at once after silence, and together while many speak' },
	},
	{
		name: 'gathering-for-nobody',
		breaks: 'Those who wait for the answer before they say more are held up for a window each time.',
		file: 'src/broker/gathering.ts',
		find: 'this.#awaited.size === 0 && isEarly',
		replace: 'this.#waiting.length === 1 && this.#awaited.size === 0',
		caughtBy: { test: gathering, title: 'does not wait when each of 7 speaks again' },
	},
	{
		name: 'gathering-passed',
		breaks: 'What is said in a quiet room is stored before what the same client said in a busy one.',
		file: 'src/broker/gathering.ts',
		find: 'if (waitMs === 0 || (',
		replace:
			'if (waitMs === 0 && this.#waiting.length > 1) {\n\t\t\tthis.#waiting.pop();\n\t\t\tstore();\n\t\t} else if (waitMs === 0 || (',
		caughtBy: { test: gathering, title: 'is stored once, in the order in which it came' },
	},
	{
		name: 'gathering-overtaken',
		breaks: 'A client that says something and goes is gone before it is stored.',
		file: 'src/broker/connection.ts',
		find: 'hub.gathering.hasten(this);',
		replace: '',
		caughtBy: { test: 'test/broker/publish.test.ts', title: 'is stored when its sender goes' },
	},
];
