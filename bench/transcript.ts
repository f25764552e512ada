/**
 * What a room with many messages costs the screen that shows it: rows and heap after each thing that a reader does, and
 * how long a step takes. The core alone, without a terminal or a broker.
 *
 * node --expose-gc bench/transcript.ts [messages]
 */
import { performance } from 'node:perf_hooks';
import type { State, Unstamped } from '../src/tui/model.ts';
import { screen } from '../src/tui/selectors.ts';
import { begun, did, play, room, sending } from '../test/tui/happenings.ts';
import { isLoad, logOf } from '../test/tui/model-log.ts';

const count = Number(process.argv[2] ?? 100_000);
const rows = 50;
const { gc } = globalThis;
if (gc === undefined || !Number.isInteger(count) || count < 1000) {
	throw new Error('Expected node --expose-gc and at least 1000 messages');
}

const log = logOf({ count: 100, given: 100 });
const begin = play(begun(), ...log.joined, { type: 'resized', size: { columns: 100, rows } }).state;
screen(begin);
const heapBefore = heap();
console.log(`${count} messages, a screen of 100x${rows}; heap before them ${mebibytes(heapBefore)}\n`);
console.log(line('', 'rows', 'heap', 'steps', 'median', '99 of 100'));

let state = run('100 at a time come', begin, count / 100, (now) => happen(now, ...log.says(100)));
state = run('up to the oldest', state, Number.POSITIVE_INFINITY, (now) => press(now, 'page-up'), isAtOldest);
state = run('while 5000 more come', state, 50, (now) => happen(now, ...log.says(100)));
state = run('down to the newest', state, Number.POSITIVE_INFINITY, (now) => press(now, 'page-down'), isAtNewest);
let place = 1;
state = run('to 1000 numbers', state, 1000, (now) => {
	place = (place * 7919) % log.head;
	return happen(now, ...sending(`/goto ${place + 1}`));
});
run('back to the newest', state, 1, (now) => press(now, 'escape'));

function press(now: State, action: 'page-up' | 'page-down' | 'escape'): State {
	return happen(now, did(action));
}

/** Lets it happen, gives what is asked for at once, and draws. */
function happen(now: State, ...events: readonly Unstamped[]): State {
	let next = now;
	for (const event of events) {
		const played = play(next, event);
		next = play(played.state, ...played.effects.filter(isLoad).map(log.answer)).state;
	}
	screen(next);
	return next;
}

function isAtOldest(now: State): boolean {
	const { reading } = room(now);
	const lowest = reading?.rows.find((row) => row.kind === 'said');
	return (
		lowest?.key === '0:1' &&
		screen(now)
			.pane.flat()
			.some(({ text }) => text.startsWith('m1.'))
	);
}

function isAtNewest(now: State): boolean {
	return room(now).scroll === undefined;
}

function run(
	what: string,
	from: State,
	most: number,
	step: (now: State) => State,
	isDone: (now: State) => boolean = () => false,
): State {
	const times: number[] = [];
	let next = from;
	while (times.length < most && !isDone(next)) {
		const start = performance.now();
		next = step(next);
		times.push(performance.now() - start);
	}
	times.sort((one, other) => one - other);
	const at = (share: number) => `${(times[Math.floor(times.length * share)] ?? 0).toFixed(2)} ms`;
	const { rows: live, reading } = room(next);
	const held = `${live.length + (reading?.rows.length ?? 0)}`;
	console.log(line(what, held, mebibytes(heap() - heapBefore), `${times.length}`, at(0.5), at(0.99)));
	return next;
}

function heap(): number {
	gc?.();
	return process.memoryUsage().heapUsed;
}

function mebibytes(bytes: number): string {
	return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

function line(what: string, ...cells: readonly string[]): string {
	return [what.padEnd(22), ...cells.map((cell) => cell.padStart(10))].join(' ');
}
