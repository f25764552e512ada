/** Puts what a run of the bench found into a page: each table between the markers that name it. */
import type { Cell, Findings, Spread, Table } from '../harness/scenario.ts';
import { cellText } from '../harness/table.ts';
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

/** The page with the tables of the report in it, and the names of those tables that the report does not have. */
export function fillPage(page: string, report: Report): { readonly page: string; readonly kept: string[] } {
	const kept: string[] = [];
	const { cores, memoryGiB, system, node } = report.machine;
	const machine = `${cores} cores, ${memoryGiB} GiB of memory, ${system}, Node ${node}.`;
	const filled = page
		.replace(/(<!-- machine -->\n)[\s\S]*?(<!-- \/machine -->)/u, (_, start, end) => `${start}${machine}\n${end}`)
		.replace(
			/(<!-- table: (.*) -->\n)[\s\S]*?(<!-- \/table -->)/gu,
			(old: string, start: string, title: string, end: string) => {
				const found = findTable(report, title);
				if (found === undefined) {
					kept.push(title);
					return old;
				}
				return `${start}**${title}** (\`npm run bench -- ${found.scenario}\`, rounds: ${report.rounds})\n\n${markdownTable(found.table)}\n${end}`;
			},
		);
	return { page: filled, kept };
}

function findTable({ scenarios }: Report, title: string) {
	for (const { name, findings } of scenarios) {
		const table = findings.tables.find((candidate) => candidate.title === title);
		if (table !== undefined) {
			return { scenario: name, table };
		}
	}
	return;
}

function markdownTable({ head, rows }: Table): string {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	const rule = `|${head.map((_, column) => (column === 0 ? '---' : '--:')).join('|')}|`;
	return [line(head), rule, ...rows.map((row) => line(row.map(cellText)))].join('\n');
}

/** A picture of a table: a line or a group of bars for each row. */
export type Picture =
	| (Omit<LinePlot, 'lines'> & {
			readonly table: string;
			/** Where columns stand on the axis. @default those with a number in their names, at that number */
			readonly columns?: Readonly<Record<string, number>>;
	  })
	| (Omit<BarPlot, 'groups'> & { readonly table: string; readonly bars: readonly string[] });

/** Its SVG, or `undefined` when the report does not have the table. */
export function draw(picture: Picture, report: Report): string | undefined {
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
	const { columns } = picture;
	const lines = rows.map((row) => ({
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
