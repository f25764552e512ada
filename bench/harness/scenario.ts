/** What is measured under one name. */

export interface Scenario {
	/** As in `npm run bench -- NAME`. */
	readonly name: string;
	run(options: BenchOptions): Promise<Findings>;
}

export interface BenchOptions {
	/** What CI can afford: natter beside the naive broker alone, and only what no other load of the machine can turn. */
	readonly isSmoke: boolean;
	readonly rounds: number;
}

export interface Findings {
	readonly tables: readonly Table[];
	/** A line for each promise that did not hold. */
	readonly missed: readonly string[];
	/** A line for each thing that should not have happened at all, such as a lost message. */
	readonly wrong: readonly string[];
}

export interface Table {
	readonly title: string;
	readonly head: readonly string[];
	readonly rows: readonly (readonly string[])[];
}
