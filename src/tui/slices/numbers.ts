/**
 * Rows by their numbers: where an epoch begins, which number is the lowest, what is missing.
 */
import type { Room, Row } from '../model.ts';

/** The lowest number that a row says something about. */
export function firstNumber(row: Row | undefined): number | undefined {
	switch (row?.kind) {
		case 'said':
			return row.sequence;
		case 'lost':
			return row.from;
		case 'epoch':
			return row.rewound && row.rewound.to + 1;
		default:
			return undefined;
	}
}

/** Where the rows of the current epoch begin; those from before a rewind are older ones of the same log. */
export function sectionStart(rows: readonly Row[]): number {
	let start = rows.length;
	while (start > 0 && !isBeginning(rows[start - 1])) {
		start--;
	}
	return start;
}

function isBeginning(row: Row | undefined): boolean {
	return row?.kind === 'epoch' && row.rewound === undefined;
}

/** Where the rows of the current epoch or since a rewind begin. */
export function epochStart(rows: readonly Row[]): number {
	return rows.findLastIndex(({ kind }) => kind === 'epoch') + 1;
}

/**
 * How many messages are missing since the numbers last started over: `before` these rows, and by what they say. What the
 * broker keeps no more, for whatever reader, is not.
 */
export function missingFrom(rows: readonly Row[], before = 0): number {
	return rows.reduce(
		(missing, row) =>
			row.kind === 'epoch'
				? 0
				: row.kind === 'lost' && row.isOfPage !== true && !isKeptNoMore(row)
					? missing + row.to - row.from + 1
					: missing,
		before,
	);
}

/** Whether the numbers are gone from the log as it was meant. */
function isKeptNoMore({ reason }: Extract<Row, { kind: 'lost' }>): boolean {
	return reason === 'trimmed' || reason === 'expired' || reason === 'cleared';
}

/**
 * The lowest number of the current epoch that the pane has a row for. What the broker went back behind is in the pane
 * alone: in its log, what comes before the first number that was given anew lies before all that is there.
 */
export function lowestNumber(rows: readonly Row[]): number | undefined {
	let lowest = Number.POSITIVE_INFINITY;
	for (let index = sectionStart(rows); index < rows.length; index++) {
		lowest = Math.min(lowest, firstNumber(rows[index]) ?? Number.POSITIVE_INFINITY);
	}
	return lowest === Number.POSITIVE_INFINITY ? undefined : lowest;
}

/** What is older than all that the pane has, or has looked at: it lies below this number. */
export function olderThan({ rows, searchedTo }: Room): number | undefined {
	const lowest = Math.min(lowestNumber(rows) ?? Number.POSITIVE_INFINITY, searchedTo ?? Number.POSITIVE_INFINITY);
	return lowest === Number.POSITIVE_INFINITY || lowest === 0 ? undefined : lowest;
}

/** Whether what was missed while away is still being given. */
export function isCatchingUp(rows: readonly Row[]): boolean {
	const edge = rows.findLast(({ kind }) => kind === 'resumed' || kind === 'caught-up' || kind === 'epoch');
	return edge?.kind === 'resumed';
}

/** Without the oldest `count` rows. */
export function withoutRows(room: Room, count: number): Room {
	if (count === 0) {
		return room;
	}
	const { searchedTo: _, ...rest } = room;
	const rows = room.rows.slice(count);
	const missingBefore = missingFrom(room.rows.slice(0, count), room.missingBefore);
	// What was missed is counted though the row that says so is gone.
	const catchesUp = isCatchingUp(room.rows) && !isCatchingUp(rows);
	return { ...rest, rows, missingBefore, older: 'unknown', ...(catchesUp && { catchesUp }) };
}

/** All rows that there are of a room, in the order in which they would be drawn. */
export function everyRow({ rows, reading }: Room): readonly Row[] {
	return reading === undefined ? rows : rows.toSpliced(sectionStart(rows), 0, ...reading.rows);
}
