/**
 * The pane as nothing but text, for the terminal's own selection: no columns, no borders, and a long line is one line, so
 * that what is marked over its breaks is copied without them.
 */
import { cellWidth, clean, cleanLine, drawable, graphemes } from '../../protocol/text.ts';
import { type Pending, type Room, type Row, type State, shownRows } from '../model.ts';
import { activeRoom } from '../step.ts';
import { timeOfDay } from '../text/dates.ts';
import { missingText } from '../text/plain-message.ts';
import { shownAt } from './rows.ts';

/**
 * The lines that end where the window of the pane does, as many as fill `rows` of the screen when the terminal breaks
 * them. One that does not fit even alone is cut at its end.
 */
export function bareLines(state: State, rows: number): readonly string[] {
	const { columns } = state.size;
	const shown: string[] = [];
	let free = rows;
	for (const block of blocksUpwards(state)) {
		for (const line of block.map(drawable).toReversed()) {
			const height = heightOf(line, columns);
			if (height > free && shown.length > 0) {
				return shown.toReversed();
			}
			shown.push(height > free ? cutToRows(line, columns, free).text : line);
			free -= height;
		}
	}
	return shown.toReversed();
}

/** From what stands at the bottom of the pane to the oldest. */
function* blocksUpwards(state: State): Generator<readonly string[]> {
	const room = activeRoom(state);
	const rows = shownRows(room);
	const last = lastRow(room);
	// My lines that wait stand below the newest.
	if (last === undefined && room.reading === undefined) {
		for (const line of room.pending.toReversed()) {
			yield pendingLines(line, state.nick);
		}
	}
	for (let index = last ?? rows.length - 1; index >= 0; index--) {
		const row = rows[index];
		yield row === undefined ? [] : rowLines(row);
	}
}

/** Where the window ends; `undefined` at the newest line. */
function lastRow(room: Room): number | undefined {
	const { scroll } = room;
	const index = scroll === undefined ? -1 : shownRows(room).findLastIndex(({ key }) => key === scroll.key);
	return index === -1 ? undefined : index;
}

/** Who came and went, and when the link did, is nothing to copy. */
function rowLines(row: Row): readonly string[] {
	switch (row.kind) {
		case 'said':
			return saidLines(row.timestamp, row.sender, row.content);
		case 'refused':
			return saidLines(row.at, `${row.sender} (refused)`, row.line.content);
		case 'told':
			return clean(row.text).split('\n');
		case 'lost':
			return [missingText(row)];
		case 'traffic':
		case 'resumed':
		case 'caught-up':
		case 'back':
		case 'epoch':
		case 'cleared':
			return [];
	}
}

function pendingLines(line: Pending, nick: string): readonly string[] {
	const state = line.refused === undefined ? (line.place === undefined ? ' (not sent yet)' : '') : ' (refused)';
	return saidLines(shownAt(line), `${nick}${state}`, line.content);
}

/** Of several lines each stands by itself: code is copied as it was typed. */
function saidLines(at: number, sender: string, typed: string): readonly string[] {
	const content = clean(typed);
	const who = `${timeOfDay(at)} ${cleanLine(sender)}`;
	const [, deed] = /^\/me ([\s\S]+)$/u.exec(content) ?? [];
	if (deed !== undefined) {
		return `${timeOfDay(at)} * ${cleanLine(sender)} ${deed}`.split('\n');
	}
	const lines = content.split('\n');
	return lines.length === 1 ? [`${who}: ${content}`] : [`${who}:`, ...lines];
}

/** How many rows the terminal makes of a line. */
function heightOf(line: string, columns: number): number {
	return cutToRows(line, columns, Number.POSITIVE_INFINITY).rows;
}

/**
 * The beginning of a line that the terminal draws in at most so many rows: a wide character does not stand in two, unless
 * the whole screen is narrower than it.
 */
function cutToRows(line: string, columns: number, most: number): { readonly text: string; readonly rows: number } {
	let rows = 1;
	let used = 0;
	let end = 0;
	for (const grapheme of graphemes(line)) {
		const cells = cellWidth(grapheme);
		if (used + cells > columns) {
			const needed = rows + Math.ceil(cells / columns) - (used === 0 ? 1 : 0);
			if (needed > most) {
				break;
			}
			rows = needed;
			used = 0;
		}
		used = Math.min(used + cells, columns);
		end += grapheme.length;
	}
	return { text: line.slice(0, end), rows };
}
