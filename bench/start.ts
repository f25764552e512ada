/**
 * How long a program takes from its start, in ms: to the first sign on the screen, to a whole frame (its first row and
 * one of its last two are drawn), and until it is connected and shows the newest message of its room. `node -e 0`, which
 * ends at once, is what no program of Node can be quicker than. Every program has been started before, by the same person
 * on the same computer: its directories are there, and what Node has compiled is kept.
 */
import { cpuUs } from './harness/accounting.ts';
import { screenPromises } from './harness/promises.ts';
import type { Findings, Scenario } from './harness/scenario.ts';
import { judge, type Measured, measureInTurns, tableOf } from './screen/measured.ts';
import { hasMessage, type Prepared, prepare } from './screen/open.ts';
import { hosts, nodeAlone, type Program, programsHere } from './screen/programs.ts';
import { Terminal } from './screen/terminal.ts';

const messages = 50;
/** The first start makes what later ones find; the second is the first that finds it. */
const warmUps = 2;

export const start: Scenario = {
	name: 'start',
	about: 'from the start of a program to its screen',
	async run({ rounds }): Promise<Findings> {
		const measured = await measure(rounds);
		const { table: promised, ...judged } = judge('start', measured, screenPromises.start);
		return {
			tables: [
				tableOf('start: from the start of a program, ms', measured, [
					'its end',
					'first sign',
					'whole frame',
					'usable',
					'CPU',
				]),
				promised,
			],
			...judged,
			wrong: [],
		};
	},
};

interface Subject extends Pick<Prepared, 'home' | 'room'> {
	readonly name: string;
	readonly program: Program;
}

async function measure(rounds: number): Promise<Measured> {
	await using all = new AsyncDisposableStack();
	const subjects: Subject[] = [];
	for (const program of [nodeAlone, ...programsHere(console.log), ...hosts]) {
		const { home, room } = all.use(await prepare(program, messages));
		const subject = { name: program.name, program, home, room };
		subjects.push(subject);
		for (let count = 0; count < warmUps; count++) {
			await startOnce(subject);
		}
	}
	return await measureInTurns(subjects, rounds, startOnce);
}

async function startOnce({ program, home, room }: Subject): Promise<Readonly<Record<string, number>>> {
	const terminal = new Terminal(program.command({ home, port: room?.port ?? 0 }));
	try {
		if (program === nodeAlone) {
			await terminal.ended();
			return { 'its end': (terminal.endedAt ?? Number.NaN) - terminal.startedAt };
		}
		const framedAt = await terminal.shows(`${program.name}: a frame`, isWhole);
		const isUsable = room === undefined ? isLive : hasMessage(messages);
		const usableAt = await terminal.shows(`${program.name}: its room`, isUsable);
		return {
			'first sign': (terminal.firstTextAt ?? Number.NaN) - terminal.startedAt,
			'whole frame': framedAt - terminal.startedAt,
			usable: usableAt - terminal.startedAt,
			CPU: cpuUs(terminal.pid) / 1000,
		};
	} finally {
		await terminal.end();
	}
}

function isWhole(lines: readonly string[]): boolean {
	return lines[0] !== '' && lines.slice(-2).some((line) => line.trim() !== '');
}

function isLive(lines: readonly string[]): boolean {
	return lines.some((line) => /\blive\b/u.test(line));
}
