/**
 * The message pane of a room: all of its lines, and the window of them that is on screen.
 *
 * A pane is a column of blocks: the edge of the history, every row, the gap or a note, and every line of mine that waits.
 * A block's lines are made when they are asked for. The window asks from its last line upwards until it is full, so that
 * what it costs depends on the screen and not on the length of the transcript.
 */

import type { RoomStatus } from '../../client/client.ts';
import { cellWidth, cleanLine } from '../../protocol/text.ts';
import { readSought } from '../../protocol/words.ts';
import type { Divider, Line, PaneLine, Room, Row, State } from '../model.ts';
import { shownRows, visibleGap } from '../model.ts';
import { isConversation, isWithGuest, peerOf } from '../slices/conversations.ts';
import { missingFrom } from '../slices/numbers.ts';
import type { Blocks, Pane } from '../slices/scroll.ts';
import { day, isSameDay, isSameMinute, shortTime, timeOfDay } from '../text/dates.ts';
import { doingIn } from '../text/doing.ts';
import { marks } from '../text/marks.ts';
import { centred, firstThatFits, ruled, span } from '../text/spans.ts';
import { answeredBy } from './answers.ts';
import { columnsFor, looksOf, note, pendingLines, rowLines, type Setting, shownAt } from './rows.ts';
import { partsOf } from './sizes.ts';
import { roomLabel } from './tabs.ts';

/** The keys of lines that belong to no row; no row has such a key. */
const edgeKey = '\0edge';
const gapKey = '\0gap';
const noteKey = '\0note';

/** A room's pane at the present size: what scrolling counts in. */
export function paneOf(state: State, room: Room): Pane {
	const { paneWidth, paneRows } = partsOf(state);
	return { blocks: paneBlocks(state, room, paneWidth), height: paneRows };
}

/** The lines that are on screen, exactly `rows` of them; when there are fewer, the newest sits at the bottom. */
export function windowLines(
	state: State,
	room: Room,
	{ width, rows }: { width: number; rows: number },
): readonly Line[] {
	const blocks = paneBlocks(state, room, width);
	const anchored = room.scroll === undefined ? -1 : blocks.find(room.scroll.key);
	const bottom = anchored === -1 ? blocks.count - 1 : anchored;
	const last = blocks.lines(bottom);
	const shownOfLast = anchored === -1 ? last.length : Math.min(room.scroll?.line ?? 0, last.length - 1) + 1;
	const above: (readonly PaneLine[])[] = [last.slice(0, shownOfLast)];
	let count = shownOfLast;
	for (let index = bottom - 1; index >= 0 && count < rows; index--) {
		const lines = blocks.lines(index);
		above.push(lines);
		count += lines.length;
	}
	const below: (readonly PaneLine[])[] = [last.slice(shownOfLast)];
	// Only when the oldest line is on screen can there be room below the anchor.
	for (let index = bottom + 1; index < blocks.count && count < rows; index++) {
		const lines = blocks.lines(index);
		below.push(lines);
		count += lines.length;
	}
	const upper = above.reverse().flat();
	const shown = withHeading([...upper.slice(Math.max(0, upper.length - rows)), ...below.flat()].slice(0, rows), blocks);
	return [...Array.from({ length: rows - shown.length }, () => blank), ...shown.map(({ spans }) => spans)];
}

/** The first line on screen says whose it is, which else only a line above would. */
function withHeading(shown: readonly PaneLine[], blocks: Blocks): readonly PaneLine[] {
	const [first] = shown;
	const index = first === undefined || first.line !== 0 ? -1 : blocks.find(first.key);
	const [headed] = index === -1 ? [] : blocks.headed(index);
	return headed === undefined ? shown : [headed, ...shown.slice(1)];
}

const blank: Line = [];

function paneBlocks(state: State, room: Room, width: number): Blocks {
	const { reading } = room;
	const rows = shownRows(room);
	// My lines that wait stand below the newest.
	const pending = reading === undefined ? room.pending : [];
	const { isEmpty } = survey(rows);
	const widestNick = Math.max(survey(rows).widestNick, survey(room.rows).widestNick);
	const nick = pending.length > 0 ? Math.max(widestNick, cellWidth(state.nick)) : widestNick;
	const columns = columnsFor(width, nick, state.view.numbers);
	const drawn = { columns, looks: looksOf(state) };
	const sought = soughtIn(state, room);
	const gap = reading === undefined ? visibleGap(room) : undefined;
	const found = room.sought?.state === 'found' ? room.sought.key : undefined;
	const fixed = 1 + rows.length + 1;
	const settingAt = (index: number, row: Row): Setting => {
		const answered = answeredBy(room, row);
		const isFound = row.key === found;
		return {
			...settingOf(rows, index, { ...drawn, now: state.now, line: room.divider }),
			...(answered !== undefined && { answered, continued: false }),
			// Whoever asked to see it wants to know whose it is.
			...(isFound && { continued: false }),
			isFound,
			...sought,
		};
	};
	return {
		count: fixed + pending.length,
		headed: (index) => {
			const row = rows[index - 1];
			const setting = row?.kind === 'said' ? settingAt(index - 1, row) : undefined;
			return row === undefined || setting?.continued !== true ? [] : rowLines(row, { ...setting, continued: false });
		},
		lines: (index) => {
			if (index === 0) {
				return edgeLines(state, room, width);
			}
			const row = rows[index - 1];
			if (row !== undefined) {
				return rowLines(row, settingAt(index - 1, row));
			}
			const waiting = pending[index - fixed];
			if (waiting !== undefined) {
				const before = pending[index - fixed - 1];
				const above =
					before === undefined ? (gap === undefined ? lastSaidBy(state.nick, rows) : undefined) : shownAt(before);
				const answered = answeredBy(room, waiting);
				const continued = answered === undefined && above !== undefined && isSameMinute(above, shownAt(waiting));
				return pendingLines(waiting, state.nick, { ...drawn, answered, continued, day: '', isFound: false });
			}
			if (gap !== undefined) {
				return [{ key: gapKey, line: 0, spans: gapLine(gap, state.now, width) }];
			}
			return isEmpty && pending.length === 0 && reading === undefined ? noteLines(state, room, width) : [];
		},
		find: (key) => {
			if (key === edgeKey) {
				return 0;
			}
			if (key === gapKey || key === noteKey) {
				return fixed - 1;
			}
			// Mostly one that is on the screen, and so near the newest.
			const row = rows.findLastIndex((one) => one.key === key);
			if (row !== -1) {
				return row + 1;
			}
			const waiting = pending.findIndex(({ cid }) => cid === key);
			return waiting === -1 ? -1 : fixed + waiting;
		},
		isRow: (index) => index > 0 && index <= rows.length,
	};
}

/** What is looked for among the messages of the room on screen. */
function soughtIn({ prompt, active }: State, room: Room): Pick<Setting, 'sought'> {
	const text = prompt?.kind === 'find' && room.name === active ? prompt.input.text : '';
	const words = readSought(text);
	return words === undefined ? {} : { sought: { text, words } };
}

interface Survey {
	/** In cells, of all who said something. */
	readonly widestNick: number;
	/** The number of the oldest message in the pane. */
	readonly firstNumber?: number;
	/** No row is of a message, or of what became of some. */
	readonly isEmpty: boolean;
	/** How many messages are missing by what the rows say, since the numbers last started over. */
	readonly missing: number;
	/** Whether the numbers started over in these rows. */
	readonly startsOver: boolean;
}

/** What rows of a room have in common. */
function survey(rows: readonly Row[]): Survey {
	const known = surveys.get(rows);
	if (known !== undefined) {
		return known;
	}
	const widths = new Map<string, number>();
	let widestNick = 0;
	let firstNumber: number | undefined;
	let isEmpty = true;
	for (const row of rows) {
		isEmpty &&= row.kind !== 'said' && row.kind !== 'lost';
		if (row.kind === 'said') {
			firstNumber ??= row.sequence;
			const name = row.bot === true ? `${row.sender}${marks.bot}` : row.sender;
			if (!widths.has(name)) {
				const width = cellWidth(cleanLine(name));
				widths.set(name, width);
				widestNick = Math.max(widestNick, width);
			}
		}
	}
	const missing = missingFrom(rows);
	const startsOver = rows.some(({ kind }) => kind === 'epoch');
	const found = { widestNick, isEmpty, missing, startsOver, ...(firstNumber !== undefined && { firstNumber }) };
	surveys.set(rows, found);
	return found;
}

/** How many messages of the room are missing, since its numbers last started over. */
export function missingIn(room: Room): number {
	const { missing, startsOver } = survey(room.rows);
	return missing + (startsOver ? 0 : (room.missingBefore ?? 0));
}

const surveys = new WeakMap<readonly Row[], Survey>();

function settingOf(
	rows: readonly Row[],
	index: number,
	{ now, line, ...drawn }: Pick<Setting, 'columns' | 'looks'> & { now: number; line: Divider | undefined },
): Omit<Setting, 'isFound'> {
	const row = rows[index];
	if (row?.kind !== 'said') {
		return { ...drawn, continued: false, day: '' };
	}
	const above = rows[index - 1];
	const earlier = saidBefore(rows, index);
	const divided = line?.key === row.key && !isBracketed(rows, index);
	const divider = divided ? { divider: dividerText(line, row, earlier, drawn.columns.width) } : {};
	if (earlier === undefined || !isSameDay(earlier.timestamp, row.timestamp)) {
		return { ...drawn, continued: false, day: day(row.timestamp, now), ...divider };
	}
	const continued =
		!divided &&
		earlier === above &&
		// It has its author's name within it, which says nothing of the line below.
		doingIn(earlier.content) === undefined &&
		isSameAuthor(earlier, row) &&
		isSameMinute(earlier.timestamp, row.timestamp);
	return { ...drawn, continued, day: '', ...divider };
}

const edges: ReadonlySet<Row['kind']> = new Set(['resumed', 'caught-up', 'epoch']);

/** Whether the row is the first that others said of what was missed, which has a line above it already. */
function isBracketed(rows: readonly Row[], index: number): boolean {
	const above = rows.slice(0, index).findLast((row) => (row.kind === 'said' ? !row.mine : edges.has(row.kind)));
	return above?.kind === 'resumed';
}

function dividerText({ sequence, count }: Divider, first: Said, last: Said | undefined, width: number): string {
	const date =
		last === undefined || isSameDay(last.timestamp, first.timestamp) ? '' : `${day(last.timestamp, first.timestamp)} `;
	const since = last === undefined ? '' : ` since ${date}${timeOfDay(last.timestamp)}`;
	const messages = count === 1 ? '1 message' : `${count} messages`;
	return firstThatFits(
		[
			`new${since} - ${messages} (from #${sequence})`,
			`new - ${messages} (from #${sequence})`,
			`${count} new (from #${sequence})`,
			`${count} new`,
		],
		width - 4,
	);
}

type Said = Extract<Row, { kind: 'said' }>;

/** A nick may be another's from one line to the next. */
function isSameAuthor(one: Said, other: Said): boolean {
	const isSame = one.sender === other.sender && one.mine === other.mine && one.bot === other.bot;
	return isSame && (one.mine || one.by === other.by);
}

function saidBefore(rows: readonly Row[], index: number): Said | undefined {
	for (let at = index - 1; at >= 0; at--) {
		const row = rows[at];
		if (row?.kind === 'said') {
			return row;
		}
	}
	return undefined;
}

/** When the last row was said, if it was by me under the name that I have. */
function lastSaidBy(nick: string, rows: readonly Row[]): number | undefined {
	const last = rows.at(-1);
	const isOwn = last?.kind === 'said' && last.mine && last.sender === nick && doingIn(last.content) === undefined;
	return isOwn ? last.timestamp : undefined;
}

function edgeLines(state: State, room: Room, width: number): readonly PaneLine[] {
	const text = edgeText(state, room, width);
	return text === undefined ? [] : [{ key: edgeKey, line: 0, spans: centred(text, 'dim', width) }];
}

/** What is said of older messages. Where there may be some, the line stays, so that nothing moves when that changes. */
function edgeText(state: State, room: Room, width: number): string | undefined {
	const { older } = room.reading ?? room;
	switch (older) {
		case 'unknown':
			return '';
		case 'loading':
			return 'loading older messages...';
		case 'all':
			return startOfHistory(state, room, width);
	}
}

/** What is above the oldest message, when there is nothing left to load. */
function startOfHistory({ link }: State, room: Room, width: number): string | undefined {
	const { firstNumber = 1 } = survey(shownRows(room));
	if (firstNumber <= 1) {
		return undefined;
	}
	if (room.where !== undefined) {
		return firstThatFits(['nothing older that is kept matches', 'nothing older matches'], width);
	}
	const base = link.state === 'online' && link.protocol === 'base';
	if (isConversation({ link }, room.name)) {
		return firstThatFits(['nothing older of this conversation is kept', 'nothing older is kept'], width);
	}
	const older = base ? 'a base broker gives no older messages' : `${olderCount(firstNumber - 1)} no longer kept`;
	return firstThatFits([`history starts at #${firstNumber} - ${older}`, `history starts at #${firstNumber}`], width);
}

function olderCount(count: number): string {
	return count === 1 ? '1 older message is' : `${count} older messages are`;
}

/** `gap: 2 messages buffered, waiting for #41` */
export function gapText(gap: Gap): string {
	return `gap: ${gap.held === 1 ? '1 message' : `${gap.held} messages`} buffered, waiting for ${numbersOf(gap)}`;
}

function numbersOf({ from, to }: Gap): string {
	return from === to ? `#${from}` : `#${from}-#${to}`;
}

type Gap = NonNullable<ReturnType<typeof visibleGap>>;

function gapLine(gap: Gap, now: number, width: number): Line {
	const missing = numbersOf(gap);
	const waited = now - (gap.askedAt ?? now);
	const asked = `asked broker ${shortTime(waited)} ago`;
	const offer = waited < 5000 ? '' : ' - /gap show';
	const text = firstThatFits(
		[
			`${gapText(gap)} - ${asked}${offer}`,
			`gap: ${gap.held} buffered, waiting for ${missing}${offer}`,
			`gap: ${gap.held} held for ${missing}${offer}`,
			`gap: ${gap.held} held for ${missing}`,
		],
		width - 4,
	);
	return ruled(text, marks.gap, 'gap', width);
}

/** What stands in a room in which nothing has been said. */
function noteLines(state: State, room: Room, width: number): readonly PaneLine[] {
	const last = room.rows.at(-1);
	// What was told last says it already.
	if (last?.kind === 'told' && last.level === 'error' && room.status?.phase === 'left') {
		return [];
	}
	const text = [span(noteText(state, room), 'dim')];
	return note(text, { mark: marks.told, style: 'dim' }, width).map((spans, line) => ({ key: noteKey, line, spans }));
}

function noteText({ link, url, user }: State, room: Room): string {
	if (isConversation({ link }, room.name) && link.state === 'online') {
		const peer = cleanLine(peerOf(room.name));
		const isAlone = user?.inbox === undefined;
		return isAlone || isWithGuest(room.name)
			? `nothing has been said here - ${isAlone ? 'you have' : `${peer} has`} no key, so nothing comes back`
			: `nothing is here yet - type and press Enter, and ${peer} alone gets it`;
	}
	switch (room.status?.phase) {
		case 'refused':
		case 'left':
			return `${roomLabel(room.name)} cannot be read${room.status.reason === undefined ? '' : `: ${cleanLine(room.status.reason)}`}`;
		case 'live':
			return emptyText(room.status);
		case 'joining':
		case undefined:
			return link.state === 'online'
				? `joining ${roomLabel(room.name)}...`
				: link.state === 'closed'
					? `there is no link to ${cleanLine(url)}`
					: `waiting for ${cleanLine(url)}...`;
	}
}

/** Why a room that can be read has nothing in its pane. */
function emptyText({ head, oldest = 1 }: RoomStatus): string {
	if (head === 0) {
		return 'nothing has been said here yet - type and press Enter';
	}
	return oldest > head
		? 'what was said here is not kept any more - type and press Enter'
		: 'nothing new here yet - PgUp loads what was said before';
}
