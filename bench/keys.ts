/**
 * How long a key takes until it is on the screen of a program that shows a room in which nothing happens, in ms, and what
 * the program paints and computes while nobody types either. A key is a sign that is nowhere on the screen; it is there
 * when its byte was read as text and the frame that it belongs to has ended. `cat` in a raw terminal shows what the
 * stopwatch itself costs.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { screenPromises } from './harness/promises.ts';
import type { Findings, Scenario } from './harness/scenario.ts';
import { judge, type Measured, measureInTurns, tableOf } from './screen/measured.ts';
import { openAll, settleMs } from './screen/open.ts';
import { echoAlone, programsHere } from './screen/programs.ts';
import { percentilesOf, typeKeys } from './screen/typist.ts';
import { Usage } from './screen/usage.ts';

const keysEach = 100;
const messages = 50;

export const keys: Scenario = {
	name: 'keys',
	about: 'from a key to the screen, and what an idle screen does',
	async run({ rounds }): Promise<Findings> {
		const measured = await measure(rounds);
		const { table: promised, ...judged } = judge('keys', measured, screenPromises.keys);
		return {
			tables: [
				tableOf('keys: from a key to the screen, ms', measured, ['key p50', 'key p99']),
				tableOf('keys: meanwhile, %: CPU of the program, its wait for a processor, CPU of the driver', measured, [
					'typing: CPU',
					'typing: waited',
					'typing: driver',
				]),
				tableOf('keys: while nobody types: bytes painted a second, CPU in %', measured, ['idle: bytes/s', 'idle: CPU']),
				promised,
			],
			...judged,
			wrong: [],
		};
	},
};

/** A program is idle while the others have their turns. */
async function measure(rounds: number): Promise<Measured> {
	await using opened = await openAll([...programsHere(console.log), echoAlone], messages);
	const idle = new Map(opened.all.map((one) => [one, new Usage(one)]));
	return await measureInTurns(opened.all, rounds, async (one) => {
		const untouched = idle.get(one)?.figures('idle');
		const usage = new Usage(one);
		const times = await typeKeys(one, (typed) => typed < keysEach);
		const typing = usage.figures('typing');
		await pause(settleMs);
		idle.set(one, new Usage(one));
		return { ...untouched, ...percentilesOf('key', times), ...typing };
	});
}
