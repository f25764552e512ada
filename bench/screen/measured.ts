/** What was measured of the programs in turns, as tables, and whether natter stands as it is promised. */
import { keep } from '../harness/comparison.ts';
import type { Findings, Table } from '../harness/scenario.ts';
import { median, spreadOf } from '../harness/statistics.ts';
import { figure } from '../harness/table.ts';

/** A number for each round, by the names of program and figure. */
export type Measured = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/** Has every program measured once in each round, so that what else the machine does meets all of them. */
export async function measureInTurns<Program extends { readonly name: string }>(
	programs: readonly Program[],
	rounds: number,
	measure: (program: Program) => Promise<Readonly<Record<string, number>>>,
): Promise<Map<string, Map<string, number[]>>> {
	const measured = new Map<string, Map<string, number[]>>();
	for (let round = 0; round < rounds; round++) {
		for (const program of programs) {
			for (const [name, value] of Object.entries(await measure(program))) {
				keep(measured, program.name, name, value);
			}
		}
	}
	return measured;
}

/** A row for each program, with the middle, the lowest and the highest of its rounds. */
export function tableOf(title: string, measured: Measured, figures: readonly string[]): Table {
	return {
		title,
		head: ['', ...figures],
		rows: [...measured].map(([name, of]) => [name, ...figures.map((one) => spreadOf(of.get(one) ?? []))]),
	};
}

/** What is promised of a figure of natter's. */
export interface ScreenPromise {
	readonly program: string;
	readonly figure: string;
	/** Of a number. @default in the name of the figure */
	readonly unit?: 'ms' | '%' | 'MB';
	/** The most that it may be: a number, or so many times what another has in the same round. */
	readonly most: number | { readonly times: number; readonly program: string; readonly figure?: string };
	/** Whether that holds for each round; else for the one in the middle. */
	readonly inEach?: true;
	/**
	 * The figure that says how long the program had no processor, in %. Times in ms are missed only in the rounds in which it
	 * nearly always had one; where those are the fewer ones the machine has too much else to do to tell.
	 */
	readonly waiting?: string;
}

/** A program that could run had a processor, but for so many % of the time. */
const mostWaiting = 20;

/** What was judged, in the words of `Findings`. */
export interface Judgement extends Pick<Findings, 'missed' | 'unjudged'> {
	/** A row for each promise of which something was measured. */
	readonly table: Table;
}

/** Whether what is promised holds. What was not measured is not judged, and neither is what a busy machine hides. */
export function judge(title: string, measured: Measured, promises: readonly ScreenPromise[]): Judgement {
	const rows: string[][] = [];
	const missed: string[] = [];
	const unjudged: string[] = [];
	for (const { program, figure: name, unit, most, inEach, waiting } of promises) {
		const of = measured.get(program);
		const own = of?.get(name) ?? [];
		const beside = typeof most === 'object' ? most : undefined;
		const others = beside && measured.get(beside.program)?.get(beside.figure ?? name);
		const got = beside === undefined ? own : own.map((value, round) => value / (others?.[round] ?? Number.NaN));
		const limit = typeof most === 'object' ? most.times : most;
		const waits = waiting === undefined ? undefined : of?.get(waiting);
		const quiet = got.filter((_, round) => (waits?.[round] ?? 0) <= mostWaiting);
		const isBusy = quiet.length * 2 < got.length;
		const judged = isBusy ? got : quiet;
		const value = inEach ? Math.max(...judged) : median(judged);
		if (judged.length === 0 || Number.isNaN(value)) {
			continue;
		}
		const holds = value <= limit;
		const inWhat = beside === undefined ? unit : `of ${[beside.program, beside.figure].filter(Boolean).join(', ')}`;
		const told = (amount: string) => [amount, inWhat].filter(Boolean).join(' ');
		const is = told(figure(value));
		const may = told(`${limit}`);
		rows.push([`${program}, ${name}`, is, may, holds ? 'holds' : isBusy ? 'not judged' : 'missed']);
		if (!holds && isBusy) {
			unjudged.push(`${title}: ${program}, ${name}`);
		} else if (!holds) {
			missed.push(`${title}: ${program}, ${name}: ${is}, promised are at most ${may}`);
		}
	}
	return {
		table: { title: `${title}: what is promised`, head: ['', 'measured', 'at most', ''], rows },
		missed,
		unjudged,
	};
}
