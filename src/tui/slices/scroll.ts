/**
 * Where the window of a room's pane stands. It hangs on a row, so that nothing that comes moves what is being read.
 */
import type { Anchor, PaneLine, Room } from '../model.ts';

export interface Pane {
	/** Every line of the room's pane, oldest first. */
	readonly lines: readonly PaneLine[];
	/** How many of them are on screen at once. */
	readonly height: number;
}

/** Moves the window by so many lines, down when positive. `Infinity` goes to an end. */
export function scrolled(room: Room, { lines, height }: Pane, by: number): Room {
	const newest = lines.length - 1;
	const now = anchorIndex(lines, room.scroll) ?? newest;
	const wanted = Math.max(Math.min(height - 1, newest), now + by);
	const anchor = wanted >= newest ? undefined : lines[anchorable(room, lines, wanted, by)];
	return anchor === undefined ? atNewest(room) : anchoredTo(room, { key: anchor.key, line: anchor.line });
}

/** Back to where new messages appear. */
export function atNewest(room: Room): Room {
	if (room.scroll === undefined && room.below === 0) {
		return room;
	}
	const { scroll: _, ...rest } = room;
	return { ...rest, below: 0 };
}

/** Whether the oldest line is on screen, or within a page of it. */
export function isNearOldest(room: Room, { lines, height }: Pane): boolean {
	return (anchorIndex(lines, room.scroll) ?? lines.length - 1) < height * 2;
}

function anchoredTo(room: Room, scroll: Anchor): Room {
	const same = room.scroll?.key === scroll.key && room.scroll.line === scroll.line;
	return same ? room : { ...room, scroll };
}

function anchorIndex(lines: readonly PaneLine[], anchor: Anchor | undefined): number | undefined {
	if (anchor === undefined) {
		return undefined;
	}
	// A row that became narrower has more lines than before, one that became wider fewer.
	const index = lines.findLastIndex(({ key, line }) => key === anchor.key && line <= anchor.line);
	return index === -1 ? undefined : index;
}

/** The nearest line in the direction of `by` that belongs to a row: others may be gone with the next message. */
function anchorable(room: Room, lines: readonly PaneLine[], from: number, by: number): number {
	const keys = new Set(room.rows.map(({ key }) => key));
	const belongs = (index: number) => keys.has(lines[index]?.key ?? '');
	for (let index = from; by < 0 && index >= 0; index--) {
		if (belongs(index)) {
			return index;
		}
	}
	for (let index = from; index < lines.length; index++) {
		if (belongs(index)) {
			return index;
		}
	}
	return -1;
}
