/**
 * What a screen that is left running holds in memory: the real one, drawn into nothing, with four full rooms in which
 * messages come while somebody types, scrolls and changes rooms. The heap is what is left after a collection.
 *
 * npm run bench:screen [-- rounds]
 */
import { PassThrough, Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { ReadStream, WriteStream } from 'node:tty';
import { runScreen } from '../src/tui/main.ts';
import { fakeClient } from '../test/tui/fake-client.ts';
import { message, online, status } from '../test/tui/happenings.ts';

const rounds = Number(process.argv[2] ?? 16);
const perRound = 300;
const rooms = ['general', 'ops', 'dev', 'random'] as const;
/** More than a pane keeps. */
const filling = 5500;
const everyMs = 5;
const { gc } = globalThis;
if (gc === undefined || !Number.isInteger(rounds) || rounds < 1) {
	throw new Error('Expected node --expose-gc and at least one round');
}

const keys = ['\x0e', '\x1b[5~', '\x1b[5~'.repeat(20), '\x1b[6~', '\x1b[1;5F'] as const;
const texts = [
	'ok',
	'build 8812 passed',
	'replicas are caught up '.repeat(6),
	'日本語 👩‍👩‍👧 e\u0301',
	'```\ncode\n```',
] as const;
const heads = new Map<string, number>();
const stdin = Object.assign(new PassThrough(), {
	isTTY: true,
	setRawMode: () => stdin,
	ref: () => stdin,
	unref: () => stdin,
});
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
const stdout = Object.assign(nowhere, { isTTY: true, columns: 100, rows: 30 });
const client = fakeClient({ joined: [...rooms] });
const ended = runScreen({
	client,
	stdin: stdin as unknown as ReadStream,
	stdout: stdout as unknown as WriteStream,
});
client.tell('status', online);
for (const room of rooms) {
	for (let count = 0; count < filling; count += 100) {
		come(room, 100);
	}
}
console.log('messages  heap after a collection, MiB');
let messages = rooms.length * filling;
for (let round = 0; round < rounds; round++) {
	for (let turn = 0; turn < perRound; turn++) {
		come(rooms[turn % rooms.length] ?? 'general', 1);
		stdin.write(turn % 7 === 0 ? (keys[(turn / 7) % keys.length] ?? '') : turn % 50 === 1 ? '\x15' : 'k');
		await pause(everyMs);
	}
	messages += perRound;
	await gc();
	console.log(`${messages}`.padStart(8), (process.memoryUsage().heapUsed / 2 ** 20).toFixed(1).padStart(6));
}
stdin.write('\x15/quit\r');
await ended;

function come(room: string, count: number): void {
	const head = heads.get(room) ?? 0;
	const items = Array.from({ length: count }, (_, index) => {
		const sequence = head + index + 1;
		return message(sequence, { content: `${sequence} ${texts[sequence % texts.length]}` });
	});
	heads.set(room, head + count);
	client.tell('items', room, items);
	client.tell('room', status({ room, position: head + count, head: head + count }));
}
