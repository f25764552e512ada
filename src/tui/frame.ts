/**
 * The rows of the screen as text for the terminal, and the bytes that make of one frame the next. Only rows that changed
 * are written, and each of them whole: what stands in a row depends on nothing that stood there.
 */
import type { Line, Screen } from './model.ts';
import { paint, type Theme } from './theme.ts';

export interface Frame {
	/** How many cells a row has. */
	readonly columns: number;
	/** From the top, with their colour codes; as many as the terminal has. */
	readonly rows: readonly string[];
	/** The cell of the cursor, counted from the top left. */
	readonly cursor: { readonly x: number; readonly y: number };
}

/** The same screen and theme give the same frame. */
export function frameOf(view: Screen, theme: Theme): Frame {
	const { size, sidebar, sidebarWidth, cursor } = view;
	const painted = (line: Line) => paint(line, theme);
	const above = [view.tabs, view.topic, view.upperRule];
	const below = [view.lowerRule, view.status, ...view.input, view.hint];
	// The terminal is told where the sidebar begins, so that it stands there however wide it draws what is left of it.
	const beside = toColumn(size.columns - sidebarWidth);
	const pane = view.pane.map((line, row) => {
		const member = sidebar?.[row];
		return member === undefined ? painted(line) : `${painted(line)}${beside}${painted(member)}`;
	});
	const rows = [...above.filter(isThere).map(painted), ...pane, ...below.filter(isThere).map(painted)];
	return { columns: size.columns, rows, cursor };
}

/** What makes the terminal, on which `before` stands, show `after`; nothing where that stands already. */
export function changes(before: Frame | undefined, after: Frame): string {
	const { columns, rows, cursor } = after;
	const standing = before?.columns === columns && before.rows.length === rows.length ? before : undefined;
	const written: string[] = [];
	for (const [y, row] of rows.entries()) {
		if (row !== standing?.rows[y]) {
			// Behind the last row of a whole frame there may be more of the terminal than it was drawn for.
			const erased = standing === undefined && y === rows.length - 1 ? eraseBelow : eraseRow;
			written.push(toCell(0, y), erased, row);
		}
	}
	const place = `${toCell(cursor.x, cursor.y)}${showCursor}`;
	if (written.length > 0) {
		return `${beginFrame}${written.join('')}${place}${endFrame}`;
	}
	return standing?.cursor.x === cursor.x && standing.cursor.y === cursor.y ? '' : place;
}

/**
 * The terminal shows what comes between as one, where it can. It breaks no row: a text that takes more cells there than it
 * was measured to take is cut off at the edge.
 */
const beginFrame = '\x1b[?2026h\x1b[?25l\x1b[?7l';
const endFrame = '\x1b[?7h\x1b[?2026l';
const showCursor = '\x1b[?25h';

const eraseRow = '\x1b[K';
const eraseBelow = '\x1b[J';

function toCell(x: number, y: number): string {
	return `\x1b[${y + 1};${x + 1}H`;
}

function toColumn(x: number): string {
	return `\x1b[${x + 1}G`;
}

function isThere(line: Line | undefined): line is Line {
	return line !== undefined;
}
