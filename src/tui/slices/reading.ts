/**
 * What is held of a room that somebody reads far above its newest messages: a window that goes along with the reader, and
 * the rows up to the newest. Both are bounded, and when they meet they are one again.
 */
import type { RoomItem } from '../../client/client.ts';
import type { Reading, Room, Row } from '../model.ts';
import { epochStart, lowestNumber, missingFrom, olderThan, sectionStart, withoutRows } from './numbers.ts';
import { atNewest } from './scroll.ts';

/** More rows up to the newest than `limit` are cut down to `kept`; the broker has the others when they are wanted. */
const alone = { limit: 5000, kept: 4000 };
/** The same beside a window that is read: both together are no more than alone, so that they can become one. */
const beside = { limit: 3000, kept: 2000 };
/** A window of more rows is cut down to `kept` on either side of what is read. */
const window = { limit: 1500, kept: 500 };
/** The same of the UTF-16 units that are said in the rows up to the newest: of the room on screen, and of each other one. */
const units = {
	shown: { limit: 4 * 1024 * 1024, kept: 3 * 1024 * 1024 },
	hidden: { limit: 1024 * 1024, kept: 768 * 1024 },
};
/** What a window can say: so much more is in the rows with which it became one, until they are not scrolled any more. */
const windowUnits = window.limit * 8 * 1024;
/** So few rows cannot say too much: one message has at most 8 KiB. */
const fewRows = 128;

/** The number with which the rows up to the newest begin: all that is to be shown from it on is in them. */
export function liveStart(room: Room): number {
	return olderThan(room) ?? (room.status?.position ?? 0) + 1;
}

/** The window is not read any more. */
export function withoutReading(room: Room): Room {
	const { reading, ...rest } = room;
	return reading === undefined ? room : rest;
}

/** The window as a part of the rows up to the newest, when nothing is between them. */
export function joined(room: Room): Room {
	const { reading } = room;
	return reading === undefined || reading.to + 1 < liveStart(room) ? room : joinedBy(room, reading, []);
}

function joinedBy(room: Room, { rows, from, older }: Reading, between: readonly Row[]): Room {
	const { reading: _, searchedTo, ...rest } = room;
	const start = sectionStart(room.rows);
	return {
		...rest,
		rows: room.rows.toSpliced(start, 0, ...rows, ...between),
		older,
		// What is missing in these rows is counted by them again.
		missingBefore: Math.max(0, (room.missingBefore ?? 0) - missingFrom(rows)),
		...((searchedTo !== undefined || from < (lowestNumber(rows) ?? 0)) && { searchedTo: from }),
	};
}

/**
 * Numbers that are given anew end a window of the old ones: what is between it and the newest cannot be had any more, and
 * it becomes a part of the rows up to them.
 */
export function withoutReadingAt(room: Room, items: readonly RoomItem[]): Room {
	const { reading, epochs = 0 } = room;
	const isEnd = (item: RoomItem) =>
		item.kind === 'epoch' && (item.lost === undefined || (reading?.to ?? 0) > item.sequence);
	if (reading === undefined || !items.some(isEnd)) {
		return room;
	}
	const { older, ...rest } = reading;
	const from = reading.to + 1;
	const to = liveStart(room) - 1;
	const key = `${epochs}:${from}-${to}`;
	const between: readonly Row[] = from > to ? [] : [{ kind: 'lost', key, from, to, reason: 'trimmed', isOfPage: true }];
	return joinedBy(room, { ...rest, older: older === 'loading' ? 'unknown' : older }, between);
}

/** No more rows than there may be, and no more said in them. What is read, and a good piece around it, stays. */
export function bounded(room: Room, isShown: boolean): Room {
	const { rows, scroll, reading } = room;
	const ofUnits = isShown ? units.shown : units.hidden;
	const excess =
		reading !== undefined
			? excessOf(rows, beside, ofUnits)
			: excessOf(rows, alone, scroll === undefined ? ofUnits : { ...ofUnits, limit: ofUnits.limit + windowUnits });
	if (reading !== undefined) {
		return boundedWindow(withoutRows(room, excess), reading);
	}
	if (excess === 0) {
		return room;
	}
	const anchor = scroll === undefined ? -1 : rows.findLastIndex(({ key }) => key === scroll.key);
	if (anchor === -1) {
		return withoutRows(room, excess);
	}
	return anchor >= alone.limit / 2 ? withoutRows(room, anchor - window.kept) : divided(room, anchor);
}

interface Bound {
	readonly limit: number;
	readonly kept: number;
}

/** How many of the oldest rows are too many; 0 when none are. */
function excessOf(rows: readonly Row[], ofRows: Bound, ofUnits: Bound): number {
	const surplus = rows.length > ofRows.limit ? rows.length - ofRows.kept : 0;
	if (saidIn(rows) <= ofUnits.limit) {
		return surplus;
	}
	let said = 0;
	const last = rows.findLastIndex((row) => {
		said += unitsOf(row);
		return said > ofUnits.kept;
	});
	return Math.max(surplus, last + 1);
}

// Most rooms are as they were when something happens.
const counted = new WeakMap<readonly Row[], number>();

function saidIn(rows: readonly Row[]): number {
	if (rows.length <= fewRows) {
		return 0;
	}
	const known = counted.get(rows) ?? rows.reduce((sum, row) => sum + unitsOf(row), 0);
	counted.set(rows, known);
	return known;
}

function unitsOf(row: Row): number {
	return row.kind === 'said' ? row.content.length : 0;
}

/** The rows around this one as a window, apart from those up to the newest. */
function divided(room: Room, anchor: number): Room {
	const { rows, older } = room;
	// What was said before the numbers were given anew cannot be loaded again.
	const end = Math.max(anchor + 1 + window.kept, epochStart(rows));
	if (end >= rows.length) {
		return rows.length > alone.limit * 2 ? atNewest(withoutRows(room, rows.length - alone.kept)) : room;
	}
	const { position = 0 } = room.status ?? {};
	const reading: Reading = {
		rows: rows.slice(0, end),
		from: olderThan(room) ?? position + 1,
		to: (lowestNumber(rows.slice(end)) ?? position + 1) - 1,
		older,
		newer: 'unknown',
	};
	return boundedWindow({ ...withoutRows(room, Math.max(end, rows.length - beside.kept)), reading }, reading);
}

function boundedWindow(room: Room, reading: Reading): Room {
	const { rows } = reading;
	const anchor = rows.findLastIndex(({ key }) => key === room.scroll?.key);
	if (rows.length <= window.limit || anchor === -1) {
		return room;
	}
	const start = Math.max(0, anchor - window.kept);
	const end = Math.max(Math.min(rows.length, anchor + 1 + window.kept), epochStart(rows));
	const kept = rows.slice(start, end);
	const isCutAbove = start > sectionStart(rows);
	const below = rows.slice(end);
	return {
		...room,
		reading: {
			rows: kept,
			...(isCutAbove
				? { from: lowestNumber(kept) ?? reading.to + 1, older: 'unknown' }
				: { from: reading.from, older: reading.older }),
			...(below.length > 0
				? { to: (lowestNumber(below) ?? reading.to + 1) - 1, newer: 'unknown' }
				: { to: reading.to, newer: reading.newer }),
		},
	};
}
