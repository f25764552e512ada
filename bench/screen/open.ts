/** Programs in their rooms, ready to be measured. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { mark } from './messages.ts';
import type { Program } from './programs.ts';
import { type RoomProcess, startRoom } from './room.ts';
import { Terminal } from './terminal.ts';

export interface Opened extends AsyncDisposable {
	readonly name: string;
	readonly program: Program;
	readonly room: RoomProcess | undefined;
	readonly terminal: Terminal;
}

/** Until nothing that belongs to what happened last is drawn any more. */
export const settleMs = 500;

/** Opens all at the same time; each has a room of its own. All of them are closed when one cannot be opened. */
export async function openAll(
	programs: readonly Program[],
	messages: number,
): Promise<AsyncDisposable & { readonly all: readonly Opened[] }> {
	await using begun = new AsyncDisposableStack();
	const outcomes = await Promise.allSettled(programs.map(async (program) => begun.use(await open(program, messages))));
	const failed = outcomes.find((outcome) => outcome.status === 'rejected');
	if (failed !== undefined) {
		throw failed.reason;
	}
	const all = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
	const stack = begun.move();
	return { all, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

/** Where a program is started. */
export interface Prepared extends AsyncDisposable {
	/** A directory for it to live in. */
	readonly home: string;
	readonly room: RoomProcess | undefined;
}

/** Makes a place for the program, and says so many messages in its room, if it is put into one. */
export async function prepare(program: Program, messages: number): Promise<Prepared> {
	await using begun = new AsyncDisposableStack();
	const home = mkdtempSync(join(tmpdir(), 'natter-bench-'));
	begun.defer(() => rmSync(home, { recursive: true, force: true, maxRetries: 3 }));
	const room = program.room === undefined ? undefined : begun.use(await startRoom(program.room));
	await room?.say(messages);
	const all = begun.move();
	return { home, room, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Starts the program in a room with so many messages, and resolves when the newest is on its screen and all is quiet. */
async function open(program: Program, messages: number): Promise<Opened> {
	await using begun = new AsyncDisposableStack();
	const { home, room } = begun.use(await prepare(program, messages));
	const terminal = begun.use(new Terminal(program.command({ home, port: room?.port ?? 0 })));
	const isReady = room === undefined ? isDrawn : hasMessage(messages);
	await terminal.shows(`${program.name}: message ${messages}`, isReady, { waitMs: 20_000 + messages });
	await pause(settleMs);
	const all = begun.move();
	return { name: program.name, program, room, terminal, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function isDrawn(lines: readonly string[]): boolean {
	return lines.some((line) => line !== '');
}

/** Whether this message is on the screen. */
export function hasMessage(number: number): (lines: readonly string[]) => boolean {
	const sought = mark(number);
	return (lines) => lines.some((line) => line.includes(sought));
}
