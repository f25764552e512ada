/**
 * How long a key takes until it is on the screen of a program that shows a room, in ms: when nothing happens, and while
 * 100 messages a second come. A key is a sign that is nowhere on the screen; it is there when its byte was read as text
 * and the frame that it belongs to has ended. `cat` in a raw terminal shows what the stopwatch itself costs.
 */
import type { Findings, Scenario } from './harness/scenario.ts';
import { percentile } from './harness/statistics.ts';
import { type Measured, measureInTurns, missedOf, type Promised, tableOf } from './screen/measured.ts';
import { open } from './screen/open.ts';
import { echoAlone, programsHere } from './screen/programs.ts';
import { typeKeys } from './screen/typist.ts';
import { Usage } from './screen/usage.ts';

const keysEach = 100;
const perSecond = 100;
/** More than come while the keys are typed. */
const enough = 1_000_000;
const messages = 50;

const promises: readonly Promised[] = [
	{ program: 'natter', figure: 'idle p50', most: 5 },
	{ program: 'natter', figure: 'idle p99', most: 16 },
	{ program: 'natter', figure: '100/s p99', most: 33 },
];

export const keys: Scenario = {
	name: 'keys',
	async run({ rounds }): Promise<Findings> {
		const measured = await measure(rounds);
		return {
			tables: [
				tableOf('from a key to the screen, ms', measured, ['idle p50', 'idle p99', '100/s p50', '100/s p99']),
				tableOf('CPU while that is measured, %: the program; the driver and the room', measured, [
					'idle',
					'driver idle',
					'100/s',
					'driver 100/s',
					'room 100/s',
				]),
			],
			missed: missedOf('keys', measured, promises),
			wrong: [],
		};
	},
};

function measure(rounds: number): Promise<Measured> {
	return measureInTurns([...programsHere(console.log), echoAlone], rounds, async (program) => {
		await using opened = await open(program, messages);
		const { room } = opened;
		const idle = new Usage(opened);
		const alone = await typeKeys(opened, (typed) => typed < keysEach);
		const figures = { 'idle p50': percentile(alone, 0.5), 'idle p99': percentile(alone, 0.99), ...idle.shares('idle') };
		if (room === undefined) {
			return figures;
		}
		const saying = room.say(enough, perSecond);
		const busy = new Usage(opened);
		const beside = await typeKeys(opened, (typed) => typed < keysEach);
		const shares = busy.shares('100/s');
		room.hush();
		await saying;
		return { ...figures, '100/s p50': percentile(beside, 0.5), '100/s p99': percentile(beside, 0.99), ...shares };
	});
}
