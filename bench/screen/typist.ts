/** Somebody who types, and how long each key took until it was on the screen. */
import { setTimeout as pause } from 'node:timers/promises';
import { percentile } from '../harness/statistics.ts';
import { keySigns } from './messages.ts';
import type { Opened } from './open.ts';
import type { Program } from './programs.ts';
import type { Terminal } from './terminal.ts';

/** Between what has been seen and the next key: never in step with a program that paints by the clock. */
const gapsMs = [11, 23, 15, 19, 13, 25, 17] as const;

/** Types for as long as it is asked to go on; resolves to the ms that each key took. */
export async function typeKeys(
	{ terminal, program }: Pick<Opened, 'terminal' | 'program'>,
	goesOn: (keys: number) => boolean,
): Promise<number[]> {
	const times: number[] = [];
	while (goesOn(times.length)) {
		const place = times.length % keySigns.length;
		if (place === 0) {
			await clear(terminal, program);
		}
		await beforeKey(times.length);
		times.push(await terminal.echo(program.name, keySigns[place] ?? ''));
	}
	return times;
}

/** Resolves when it is time for the key that comes after so many others. */
export function beforeKey(others: number): Promise<void> {
	return pause(gapsMs[others % gapsMs.length]);
}

/** The middle of these times, and what 99 of 100 do not exceed: of fewer than 100 the longest. */
export function percentilesOf(name: string, times: readonly number[]): Readonly<Record<string, number>> {
	return { [`${name} p50`]: percentile(times, 0.5), [`${name} p99`]: percentile(times, 0.99) };
}

/** A sign that stands where it stood before need not be drawn again, and would not be seen to come. */
async function clear(terminal: Terminal, { name, clearLine }: Program): Promise<void> {
	await terminal.lines();
	terminal.type(clearLine);
	await terminal.shows(`${name}: an empty line`, isClear);
}

function isClear(lines: readonly string[]): boolean {
	return !lines.some((line) => line.includes(keySigns.charAt(0)));
}
