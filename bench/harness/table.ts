/** Tables as they are printed. */
import type { Cell, Spread } from './scenario.ts';

/** Columns as wide as what is in them; the first to the left, the others to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
	const lines = [head, ...rows.map((row) => row.map(cellText))];
	const widths = head.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)));
	return lines
		.map((line) =>
			widths
				.map((width, column) => {
					const cell = line[column] ?? '';
					return column === 0 ? cell.padEnd(width) : cell.padStart(width);
				})
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}

/** The same as Markdown, line by line. */
export function markdownTable(head: readonly string[], rows: readonly (readonly Cell[])[]): readonly string[] {
	const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
	const rule = `|${head.map((_, column) => (column === 0 ? '---' : '--:')).join('|')}|`;
	return [line(head), rule, ...rows.map((row) => line(row.map(cellText)))];
}

export function cellText(cell: Cell): string {
	return typeof cell === 'string' ? cell : spreadText(cell);
}

/** A number with so many figures as a reader can use. */
export function figure(value: number): string {
	const size = Math.abs(value);
	return Number.isNaN(value) ? '-' : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function spreadText({ median, lowest, highest }: Spread): string {
	return Number.isNaN(median) ? '-' : `${figure(median)} (${figure(lowest)}-${figure(highest)})`;
}
