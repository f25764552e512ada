/** What is measured under one name. */

export interface Scenario {
	/** As in `npm run bench -- NAME`. */
	readonly name: string;
	/** What it measures, in a line. */
	readonly about: string;
	run(options: BenchOptions): Promise<Findings>;
}

interface BenchOptions {
	/** What CI can afford: natter beside the naive broker alone, and only what no other load of the machine can turn. */
	readonly isSmoke: boolean;
	readonly rounds: number;
}

export interface Findings {
	readonly tables: readonly Table[];
	/** A line for each promise that did not hold. */
	readonly missed: readonly string[];
	/** A line for each goal that is still to be reached. @default none */
	readonly unreached?: readonly string[];
	/** What did not hold and says nothing, because the machine was busy with other things. @default none */
	readonly unjudged?: readonly string[];
	/** A line for each thing that should not have happened at all, such as a lost message. */
	readonly wrong: readonly string[];
}

export interface Table {
	/** No other table has it. */
	readonly title: string;
	readonly head: readonly string[];
	readonly rows: readonly (readonly Cell[])[];
}

/** A text, or what was measured and can be drawn. */
export type Cell = string | Spread;

/** The middle of repeated measurements, and the lowest and highest of them; NaN where nothing was measured. */
export interface Spread {
	readonly median: number;
	readonly lowest: number;
	readonly highest: number;
}
