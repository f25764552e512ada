/** Faults in how the broker looks after its lines. */
import type { Fault } from './table.ts';

const timetable = 'test/broker/timetable.test.ts';

export const lines: readonly Fault[] = [
	{
		name: 'written-line-not-looked-at',
		breaks: 'A line in which something waits is looked at only when its next ping is due.',
		file: 'src/broker/hub.ts',
		find: '\t\tthis.#stirred.add(connection);\n\t}',
		replace: '\t\tthis.#timetable.set(connection, this.surroundings.elapsed() + 20_000);\n\t}',
		caughtBy: { test: timetable, title: 'looks at a line again and again as long as something waits in it' },
	},
	{
		name: 'everybody-looked-at',
		breaks: 'Each tick looks at every connection, whether there is anything to see or not.',
		file: 'src/broker/connection.ts',
		find: 'if (isWaiting ||',
		replace: 'if (true ||',
		caughtBy: { test: timetable, title: 'looks at a connection that does nothing twice for each ping' },
	},
	{
		name: 'pong-awaited-too-long',
		breaks: 'Whoever does not answer a ping is given up only when the next one would be due.',
		file: 'src/broker/pulse.ts',
		find: 'Math.min(pingMs, pongMs) : pingMs',
		replace: 'pingMs : pingMs',
		caughtBy: { test: 'test/broker/pulse.test.ts', title: 'is asked and given up at the same times' },
	},
	{
		name: 'next-ping-awaits-no-pong',
		breaks: 'Whoever answers is asked again only when they would have been given up, where that comes later.',
		file: 'src/broker/pulse.ts',
		find: 'Math.min(pingMs, pongMs) : pingMs',
		replace: 'pongMs : pingMs',
		caughtBy: { test: timetable, title: 'does the same as one that looks at all connections every time' },
	},
	{
		name: 'pong-of-ours-not-looked-at',
		breaks: 'A line is not looked at that takes nothing, when nothing but an answer to a ping waits in it.',
		file: 'src/broker/connection.ts',
		find: 'pinged(): void {\n\t\tthis.#stir();',
		replace: 'pinged(): void {',
		caughtBy: { test: timetable, title: 'looks at a line as long as an answer waits in it' },
	},
	{
		name: 'idle-never-due',
		breaks: 'A user who does nothing is shown as away only with the next ping after that time.',
		file: 'src/broker/connection.ts',
		find: 'times.push(this.#activeAt + idleMs);',
		replace: 'times.push(this.#openedAt);',
		caughtBy: { test: timetable, title: 'shows a user as away in the second in which their five minutes are over' },
	},
	{
		name: 'closing-line-not-counted',
		breaks: 'What waits in a line that is closing does not count as what the broker holds.',
		file: 'src/broker/connection.ts',
		find: '(this.wire.unsent > 0 ? at : Number.POSITIVE_INFINITY)',
		replace: 'Number.POSITIVE_INFINITY',
		caughtBy: { test: timetable, title: 'counts what waits in lines that are closing' },
	},
	{
		name: 'rest-counted-as-no-progress',
		breaks: 'A line that was idle for long is given up before it has had its 60 s.',
		file: 'src/broker/pulse.ts',
		find: 'if (unsent === 0 || hadNothing || hasMoved) {',
		replace: 'if (unsent === 0 || hasMoved) {',
		caughtBy: { test: 'test/broker/pulse.test.ts', title: 'has its 60 s from when something begins to wait' },
	},
	{
		name: 'rest-counted-as-stalled',
		breaks: 'A window that was empty for long and is full now ends the connection at once.',
		file: 'src/broker/window.ts',
		find: '\t\tthis.#moved ||= this.isEmpty;\n',
		replace: '',
		caughtBy: { test: 'test/broker/window.test.ts', title: 'that was empty for long, and is full at the next look' },
	},
	{
		name: 'timetable-out-of-order',
		breaks: 'Whoever takes the place of somebody that left is found too late.',
		file: 'src/broker/timetable.ts',
		find: '\t\t\tthis.#rise(last);\n',
		replace: '',
		caughtBy: { test: timetable, title: 'a timetable gives everybody out at their time' },
	},
];
