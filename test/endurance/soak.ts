/**
 * The screen can be left running: a real one in a pseudo-terminal is flooded with messages in several rooms while somebody
 * types, switches rooms, scrolls and resizes. It must live within a small heap, what is resident must not grow, it must
 * answer keys until the end, and in the end it must say of each room that all of its messages are in order.
 */
import { residentBytes } from '../../bench/harness/accounting.ts';
import { percentile } from '../../bench/harness/statistics.ts';
import { connect } from '../../src/client/connect.ts';
import { type PtyScreen, startBroker, startScreen } from '../helpers/processes.ts';
import { Chance } from './chance.ts';
import { pause } from './crowd.ts';
import { command, mebibytes, type Options, type Report, type Run } from './report.ts';
import { type Sample, slopeOf } from './slope.ts';

interface SoakOptions extends Options {
	readonly seconds: number;
	/** Messages a second, over all rooms. */
	readonly rate: number;
}

/**
 * V8 collects old garbage when it must, and gives pages back when it likes: with gigabytes to use, what is resident says
 * little. Within this limit a screen lives as long as it needs about half of it, and what grows ends it.
 */
const maxHeapMebibytes = 96;
/** What is resident still goes up and down: the least of each stretch of the run is what cannot be given back. */
const stretches = 10;
const maxSlopeBytesPerMinute = 2 ** 20;
/** A run of a few minutes has a slope by chance; this much it may have grown whatever the slope. */
const maxGrowthBytes = 32 * 2 ** 20;
/** More than a pane keeps of a room: before the run each has so many, so that what grows in it is not their filling. */
const filling = 5500;
const atOnce = 500;
/** Code is compiled and caches fill: the first third of the run is not looked at. */
const warmUpShare = 1 / 3;
const rooms = ['general', 'ops', 'dev', 'random'] as const;
const sampleMs = 1000;
const leastSamples = 2 * stretches;
const patienceMs = 30_000;
const nextRoom = '\x0e';
const pageUp = '\x1b[5~';
const pageDown = '\x1b[6~';
const newest = '\x1b[1;5F';
const clearLine = '\x15';
const texts: readonly [string, ...string[]] = [
	'ok',
	'build 8812 passed',
	'replicas are caught up and nothing else is queued '.repeat(3),
	'日本語 👩‍👩‍👧 e\u0301',
	'```\ncode\n```',
];

async function run({ seed, seconds, rate }: SoakOptions): Promise<Report> {
	const chance = new Chance(seed);
	const broker = await startBroker(['--history-size', '20000']);
	const screen = startScreen([`${broker.url}#${rooms.join()}`, '--nick', 'sam'], {
		env: { NODE_OPTIONS: `--max-old-space-size=${maxHeapMebibytes}` },
	});
	await screen.shows(/live/u, patienceMs);
	const speaker = connect(broker.url, { nick: 'flood', rooms: [...rooms] });
	const said = new Map<string, number>();
	for (const room of rooms) {
		for (let sent = 0; sent < filling; sent += atOnce) {
			const lines = Array.from({ length: atOnce }, (_, index) => `${sent + index} ${chance.pick(texts)}`);
			await Promise.all(lines.map((line) => speaker.publish(room, line)));
		}
		said.set(room, filling);
	}
	const began = performance.now();
	const end = began + seconds * 1000;
	const flood = (async () => {
		for (let sent = 0; performance.now() < end; sent++) {
			const room = chance.pick(rooms);
			await speaker.publish(room, `${sent} ${chance.pick(texts)}`);
			said.set(room, (said.get(room) ?? 0) + 1);
			await pause(Math.max(0, began + (sent * 1000) / rate - performance.now()));
		}
	})();
	const samples: Sample[] = [];
	const echoes: number[] = [];
	const use = chance.fork();
	while (performance.now() < end) {
		await pause(sampleMs);
		samples.push({ minutes: (performance.now() - began) / 60_000, bytes: residentBytes(screen.pid) });
		echoes.push(await echoMs(screen, `k${samples.length}k`));
		screen.type(use.pick([nextRoom, pageUp, pageUp.repeat(20), pageDown, newest]));
		if (use.below(10) === 0) {
			screen.resize(use.between(40, 200), use.between(12, 60));
		}
	}
	await flood;
	screen.resize(100, 30);
	const violations: string[] = [];
	for (const [index, room] of rooms.entries()) {
		screen.type(`/${index + 1}\r${newest}`);
		const inOrder = new RegExp(`\\[${index + 1} #${room}\\][\\s\\S]*#${said.get(room) ?? 0} in order`, 'u');
		await screen.shows(inOrder, patienceMs).catch((error: Error) => violations.push(error.message));
	}
	screen.type('/quit\r');
	const { exitCode } = await screen.ended;
	await speaker.close();

	const after = samples.slice(Math.floor(samples.length * warmUpShare));
	const floors = floorsOf(after);
	const slope = slopeOf(floors);
	const growth = (floors.at(-1)?.bytes ?? 0) - (floors[0]?.bytes ?? 0);
	if (after.length < leastSamples) {
		violations.push(`${after.length} samples after the first third say nothing`);
	}
	if (slope > maxSlopeBytesPerMinute && growth > maxGrowthBytes) {
		violations.push(`what is resident grows by ${mebibytes(slope)} per minute, and grew by ${mebibytes(growth)}`);
	}
	if (exitCode !== 0) {
		violations.push(`the screen ended with exit code ${exitCode}`);
	}
	return {
		promise: 'a screen that is left running under a flood stays as large and as quick as it was',
		figures: [
			['heap that it may have', mebibytes(maxHeapMebibytes * 2 ** 20)],
			['messages shown', `${[...said.values()].reduce((sum, count) => sum + count, 0)}`],
			[
				'resident after the first third',
				`${mebibytes(after[0]?.bytes ?? 0)} to ${mebibytes(after.at(-1)?.bytes ?? 0)}`,
			],
			['most that was resident', mebibytes(Math.max(...samples.map(({ bytes }) => bytes)))],
			['slope of the least', `${mebibytes(slope)} per minute over ${after.length} samples`],
			[
				'from key to cell, median and p99',
				`${percentile(echoes, 0.5).toFixed(0)} ms, ${percentile(echoes, 0.99).toFixed(0)} ms`,
			],
		],
		violations,
	};
}

/** The sample with the fewest bytes of each stretch. */
function floorsOf(samples: readonly Sample[]): readonly Sample[] {
	const length = Math.ceil(samples.length / stretches);
	return Array.from({ length: stretches }, (_, index) => samples.slice(index * length, (index + 1) * length))
		.filter((stretch) => stretch.length > 0)
		.map((stretch) => stretch.reduce((least, sample) => (sample.bytes < least.bytes ? sample : least)));
}

/** How long a word takes from the keyboard to the cells. */
async function echoMs(screen: PtyScreen, word: string): Promise<number> {
	const began = performance.now();
	screen.type(word);
	await screen.shows(new RegExp(word, 'u'), patienceMs);
	const took = performance.now() - began;
	screen.type(clearLine);
	return took;
}

const soakRun: Run<SoakOptions> = { name: 'soak', defaults: { seconds: 1800, rate: 50 }, run };

await command(soakRun, import.meta);
