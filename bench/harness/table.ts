/** Tables as they are printed. */

/** Columns as wide as what is in them; the first to the left, the others to the right. */
export function textTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
	const widths = head.map((title, column) =>
		Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length), title.length),
	);
	return [head, ...rows]
		.map((row) =>
			widths
				.map((width, column) => {
					const cell = row[column] ?? '';
					return column === 0 ? cell.padEnd(width) : cell.padStart(width);
				})
				.join('  ')
				.trimEnd(),
		)
		.join('\n');
}

/** A number with so many figures as a reader can use. */
export function figure(value: number): string {
	const size = Math.abs(value);
	return Number.isNaN(value) ? '-' : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

/** The middle of repeated measurements and the lowest and highest of them. */
export function spread({ median, lowest, highest }: { median: number; lowest: number; highest: number }): string {
	return `${figure(median)} (${figure(lowest)}-${figure(highest)})`;
}
