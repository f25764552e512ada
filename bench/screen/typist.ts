/** Somebody who types, and how long each key took until it was on the screen. */
import { setTimeout as pause } from 'node:timers/promises';
import { keySigns } from './messages.ts';
import type { Opened } from './open.ts';
import type { Terminal } from './terminal.ts';

/** Between a sign that has been seen and the next key: never in step with a program that paints by the clock. */
const gapsMs = [31, 47, 23, 41, 53, 29, 37] as const;

/** Types for as long as it is asked to go on; resolves to the ms that each key took. */
export async function typeKeys(
	{ terminal, program }: Pick<Opened, 'terminal' | 'program'>,
	goesOn: (keys: number) => boolean,
): Promise<number[]> {
	const times: number[] = [];
	while (goesOn(times.length)) {
		const place = times.length % keySigns.length;
		if (place === 0) {
			await clear(terminal, program.clearLine);
		}
		await pause(gapsMs[times.length % gapsMs.length]);
		times.push(await terminal.echo(keySigns[place] ?? ''));
	}
	return times;
}

/** A sign that stands where it stood before need not be drawn again, and would not be seen to come. */
async function clear(terminal: Terminal, clearLine: string): Promise<void> {
	await terminal.lines();
	terminal.type(clearLine);
	await terminal.shows('an empty line', isClear);
}

function isClear(lines: readonly string[]): boolean {
	return !lines.some((line) => line.includes(keySigns.charAt(0)));
}
