/** Puts what a run of the bench found into a page: tables, and pictures of tables, between the markers that name them. */
import type { Cell, Findings, Spread } from '../harness/scenario.ts';
import { cellText, markdownTable } from '../harness/table.ts';
import { type BarPlot, drawBars, drawLines, type LinePlot } from './plot.ts';

/** What `npm run bench -- --json FILE` writes. */
export interface Report {
	readonly machine: {
		readonly cores: number;
		readonly memoryGiB: number;
		readonly system: string;
		readonly node: string;
	};
	readonly rounds: number;
	readonly scenarios: readonly { readonly name: string; readonly findings: Findings }[];
}

/** What was not measured is `null` in JSON. */
export function readReport(json: string): Report {
	return JSON.parse(json, (_, value) => (value === null ? Number.NaN : value));
}

/** What a page becomes, by a report. */
export interface Filled {
	readonly page: string;
	/** Pictures by the names of their files. */
	readonly svgs: ReadonlyMap<string, string>;
	/** Tables and pictures of the page that the report has nothing for, and that stand as they did. */
	readonly kept: readonly string[];
}

/** Fills in what stands between `<!-- table: TITLE -->` or `<!-- picture: FILE -->` and `<!-- / -->`. */
export function fillPage(page: string, report: Report, pictures: Readonly<Record<string, Picture>>): Filled {
	const svgs = new Map<string, string>();
	const kept: string[] = [];
	const { cores, memoryGiB, system, node } = report.machine;
	const contents: Readonly<Record<string, (name: string) => string | undefined>> = {
		machine: () => `${cores} cores, ${memoryGiB} GiB of memory, ${system}, Node ${node}.`,
		table: (title) => {
			const found = findTable(report, title);
			return (
				found &&
				`**${title}** (\`npm run bench -- ${found.scenario}\`, rounds: ${report.rounds})\n\n${markdownTable(found.table.head, found.table.rows).join('\n')}`
			);
		},
		picture: (file) => {
			const picture = pictures[file];
			const svg = picture && draw(picture, report);
			if (svg === undefined) {
				return;
			}
			svgs.set(file, svg);
			return `![${picture?.title}](${file})`;
		},
	};
	const filled = page.replace(marked, (old: string, start: string, kind: string, name: string) => {
		const content = contents[kind]?.(name);
		if (content === undefined) {
			kept.push(name);
			return old;
		}
		return `${start}${content}\n<!-- / -->`;
	});
	return { page: filled, svgs, kept };
}

const marked = /(<!-- (machine|table|picture)(?:: (.*))? -->\n)[\s\S]*?<!-- \/ -->/gu;

function findTable({ scenarios }: Report, title: string) {
	for (const { name, findings } of scenarios) {
		const table = findings.tables.find((candidate) => candidate.title === title);
		if (table !== undefined) {
			return { scenario: name, table };
		}
	}
	return;
}

/** A picture of a table: a line or a group of bars for each row. */
export type Picture =
	| (Omit<LinePlot, 'lines'> & {
			readonly table: string;
			/** Where columns stand on the axis. @default those with a number in their names, at that number */
			readonly columns?: Readonly<Record<string, number>>;
			/** Rows that are not drawn. @default none */
			readonly without?: readonly string[];
	  })
	| (Omit<BarPlot, 'groups'> & { readonly table: string; readonly bars: readonly string[] });

/** Its SVG, or `undefined` when the report does not have the table. */
function draw(picture: Picture, report: Report): string | undefined {
	const table = findTable(report, picture.table)?.table;
	if (table === undefined) {
		return;
	}
	const { head, rows } = table;
	if ('bars' in picture) {
		const groups = picture.bars.map((name) => ({
			name,
			bars: rows.flatMap((row) => {
				const value = row[head.indexOf(name)];
				return isMeasured(value) ? [{ name: cellText(row[0] ?? ''), value }] : [];
			}),
		}));
		return drawBars({ ...picture, groups });
	}
	const { columns, without = [] } = picture;
	const drawn = rows.filter(([name]) => name === undefined || !without.includes(cellText(name)));
	const lines = drawn.map((row) => ({
		name: cellText(row[0] ?? ''),
		points: row
			.flatMap((y, column) => {
				const title = head[column] ?? '';
				const x = columns === undefined ? numberIn(title) : columns[title];
				return isMeasured(y) && x !== undefined ? [{ x, y }] : [];
			})
			.sort((one, other) => one.x - other.x),
	}));
	return drawLines({ ...picture, lines: lines.filter(({ points }) => points.length > 0) });
}

function isMeasured(cell: Cell | undefined): cell is Spread {
	return typeof cell === 'object' && !Number.isNaN(cell.median);
}

/** 1000 of `1,000 rooms`. */
function numberIn(title: string): number | undefined {
	const digits = /[\d,.]+/u.exec(title)?.[0];
	return digits === undefined ? undefined : Number(digits.replaceAll(',', ''));
}
