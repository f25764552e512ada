/**
 * Where the window of a room's pane stands. It hangs on a row, so that nothing that comes moves what is being read. What a
 * step costs depends on how far it goes and on the window's height, not on how much there is to read.
 */
import type { Anchor, PaneLine, Room } from '../model.ts';

export interface Pane {
	readonly blocks: Blocks;
	/** How many lines are on screen at once. */
	readonly height: number;
}

/** A room's pane, oldest first, as blocks of lines that are laid out when they are asked for. A block may be empty. */
export interface Blocks {
	readonly count: number;
	lines(index: number): readonly PaneLine[];
	/** Where the block with this key is; -1 when it is gone. */
	find(key: string): number;
	/** The lines of a block that goes on from the one above, with whose it is; none of any other block. */
	headed(index: number): readonly PaneLine[];
	/** Whether the block is a row of the room: others may be gone with the next message. */
	isRow(index: number): boolean;
}

/** A line of the pane: which one of which block. */
interface Place {
	readonly block: number;
	readonly line: number;
}

/** Moves the window by so many lines, down when positive. `Infinity` goes to an end. */
export function scrolled(room: Room, { blocks, height }: Pane, by: number): Room {
	const from = bottomOf(room, blocks);
	if (from === undefined || by === Number.POSITIVE_INFINITY) {
		return atNewest(room);
	}
	const wanted = withFullWindow(blocks, by < 0 ? upFrom(blocks, from, -by).place : downFrom(blocks, from, by), height);
	return hungAt(room, blocks, wanted, by < 0 ? -1 : 1);
}

/** With the row of this key in the middle of the window, as far as there are lines around it. */
export function centredOn(room: Room, { blocks, height }: Pane, key: string): Room {
	const block = blocks.find(key);
	if (block === -1) {
		return room;
	}
	const bottom = downFrom(blocks, { block, line: 0 }, Math.floor((height - 1) / 2));
	return hungAt(room, blocks, withFullWindow(blocks, bottom, height), -1);
}

/** With the row of this key at the top of the window, or the newest when there is not so much below it. */
export function shownFrom(room: Room, { blocks, height }: Pane, key: string): Room {
	const block = blocks.find(key);
	return block === -1 ? room : hungAt(room, blocks, downFrom(blocks, { block, line: 0 }, height - 1), 1);
}

/** The blocks that the window shows something of, from the top. */
export function blocksInWindow(room: Room, { blocks, height }: Pane): readonly number[] {
	const bottom = bottomOf(room, blocks);
	if (bottom === undefined) {
		return [];
	}
	const { block } = upFrom(blocks, bottom, height - 1).place;
	return Array.from({ length: bottom.block - block + 1 }, (_, index) => block + index);
}

/** Hangs the window on the last line that it shows: in one that became higher, that is not the one it hung on. */
export function settledScroll(room: Room, { blocks, height }: Pane): Room {
	const from = room.scroll === undefined ? undefined : bottomOf(room, blocks);
	return from === undefined ? room : hungAt(room, blocks, withFullWindow(blocks, from, height), -1);
}

/** Hangs the window on this line, or on the nearest in that direction that it can hang on. */
function hungAt(room: Room, blocks: Blocks, place: Place, direction: 1 | -1): Room {
	// Below the last line of what is read far above the newest there is more.
	const isEnd = (one: Place) => room.reading === undefined && isNewest(blocks, one);
	const hanging = isEnd(place) ? undefined : hangingPlace(blocks, place, direction);
	return hanging === undefined || isEnd(hanging) ? toNewest(room) : anchoredTo(room, anchorAt(blocks, hanging));
}

function toNewest(room: Room): Room {
	const { sought } = room;
	const newest = atNewest(room);
	return sought === undefined ? newest : { ...newest, sought };
}

/** Back to where new messages appear; what was read far above them is read no more. */
export function atNewest(room: Room): Room {
	if (room.scroll === undefined && room.below === 0 && room.sought === undefined) {
		return room;
	}
	const { scroll: _, reading: _reading, sought: _sought, ...rest } = room;
	return { ...rest, below: 0 };
}

/** So many pages beyond the screen are to be there: whoever goes on page by page need not wait for the broker. */
const pagesAhead = 3;

/** Whether the oldest line is on screen, or within `pagesAhead` of it. */
export function isNearOldest(room: Room, { blocks, height }: Pane): boolean {
	const from = bottomOf(room, blocks);
	return from === undefined || upFrom(blocks, from, height * (1 + pagesAhead)).short > 0;
}

/** Whether the last line is on screen, or within `pagesAhead` of it once the window has moved by so many lines. */
export function isNearEnd(room: Room, { blocks, height }: Pane, by: number): boolean {
	const from = bottomOf(room, blocks);
	return from === undefined || isNewest(blocks, downFrom(blocks, from, by + height * (1 + pagesAhead)));
}

function anchoredTo(room: Room, scroll: Anchor): Room {
	const same = room.scroll?.key === scroll.key && room.scroll.line === scroll.line;
	return same ? room : { ...room, scroll };
}

/** The last line of the window; `undefined` when the pane has no line at all. */
function bottomOf({ scroll }: Room, blocks: Blocks): Place | undefined {
	const block = scroll === undefined ? -1 : blocks.find(scroll.key);
	const lines = block === -1 ? 0 : blocks.lines(block).length;
	// A row that became narrower has more lines than before, one that became wider fewer.
	return lines === 0 ? lastPlace(blocks) : { block, line: Math.min(scroll?.line ?? 0, lines - 1) };
}

function lastPlace(blocks: Blocks): Place | undefined {
	const block = nextWithLines(blocks, blocks.count, -1);
	return block === undefined ? undefined : { block, line: blocks.lines(block).length - 1 };
}

function isNewest(blocks: Blocks, { block, line }: Place): boolean {
	return line === blocks.lines(block).length - 1 && nextWithLines(blocks, block, 1) === undefined;
}

/** This line, or the nearest below it that has a window full of lines down to itself, as far as there are so many. */
function withFullWindow(blocks: Blocks, place: Place, height: number): Place {
	const isFull = upFrom(blocks, place, height - 1).short === 0;
	return isFull ? place : downFrom(blocks, { block: -1, line: 0 }, height);
}

/** The line so many above this one, and by how many lines the pane is too `short` for that. */
function upFrom(blocks: Blocks, from: Place, count: number): { readonly place: Place; readonly short: number } {
	let { block, line } = from;
	if (count === Number.POSITIVE_INFINITY) {
		return { place: { block: 0, line: 0 }, short: count };
	}
	for (let left = count; ; ) {
		if (line >= left) {
			return { place: { block, line: line - left }, short: 0 };
		}
		const above = nextWithLines(blocks, block, -1);
		if (above === undefined) {
			return { place: { block, line: 0 }, short: left - line };
		}
		left -= line + 1;
		block = above;
		line = blocks.lines(above).length - 1;
	}
}

/** The line so many below this one, or the last one. A block of -1 is above all lines. */
function downFrom(blocks: Blocks, from: Place, count: number): Place {
	let { block, line } = from;
	for (let left = count; ; ) {
		const rest = block === -1 ? 0 : blocks.lines(block).length - 1 - line;
		if (rest >= left) {
			return { block, line: line + left };
		}
		const below = nextWithLines(blocks, block, 1);
		if (below === undefined) {
			return { block, line: line + rest };
		}
		left -= rest + 1;
		block = below;
		line = 0;
	}
}

/** The nearest block in that direction that has a line. */
function nextWithLines(blocks: Blocks, from: number, direction: 1 | -1): number | undefined {
	for (let block = from + direction; block >= 0 && block < blocks.count; block += direction) {
		if (blocks.lines(block).length > 0) {
			return block;
		}
	}
	return undefined;
}

/** The nearest line in that direction that the window can hang on. */
function hangingPlace(blocks: Blocks, from: Place, direction: 1 | -1): Place | undefined {
	return hangingIn(blocks, from, direction) ?? (direction === -1 ? hangingIn(blocks, from, 1) : undefined);
}

function hangingIn(blocks: Blocks, from: Place, direction: 1 | -1): Place | undefined {
	if (blocks.isRow(from.block)) {
		return from;
	}
	for (
		let block = nextWithLines(blocks, from.block, direction);
		block !== undefined;
		block = nextWithLines(blocks, block, direction)
	) {
		if (blocks.isRow(block)) {
			return { block, line: direction === 1 ? 0 : blocks.lines(block).length - 1 };
		}
	}
	return undefined;
}

function anchorAt(blocks: Blocks, { block, line }: Place): Anchor {
	const { key = '' } = blocks.lines(block)[line] ?? {};
	return { key, line };
}
