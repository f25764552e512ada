/**
 * Moving through what stands in the room on screen, by keys and by commands alike.
 */
import { jumpTo } from './jumping.ts';
import { paneOf } from './lines/pane.ts';
import { type Effect, type Room, type Row, type State, shownRows } from './model.ts';
import { atNextActivity } from './slices/activity.ts';
import { olderThan } from './slices/numbers.ts';
import { joined, withoutReading } from './slices/reading.ts';
import { atNewest, blocksInWindow, isNearEnd, isNearOldest, scrolled, shownFrom } from './slices/scroll.ts';
import { noted } from './slices/view.ts';
import { activeRoom, type Moment, type Step, step, withRoom } from './step.ts';

/** How many messages are asked for at an end of what is there. */
const pageLimit = 100;

/** How far a turn of the wheel goes, and the keys for little. */
export const linesPerStep = 3;

/** How many lines a page is. */
export function pageOf(state: State): number {
	return Math.max(1, paneOf(state, activeRoom(state)).height - 2);
}

/** Moves the window by so many lines, down when positive; near an end of what is there more is asked for. */
export function scrolledBy(state: State, by: number): Step {
	const met = withRoom(state, state.active, (room) => meeting(notSeeking(room), state, by));
	const moved = withRoom(met, state.active, (room) => scrolled(room, paneOf(met, room), by));
	const room = activeRoom(moved);
	const pane = paneOf(moved, room);
	if (by < 0) {
		return isNearOldest(room, pane) ? loadOlder(moved, room) : step(moved);
	}
	return room.reading !== undefined && isNearEnd(room, pane, 0) ? loadNewer(moved, room) : step(moved);
}

/** A key that moves the window ends what would move it later; it stays where it is. */
export function notSeeking(room: Room): Room {
	const { sought, ...rest } = room;
	return sought === undefined || sought.state === 'found' ? room : rest;
}

/** What is read far above the newest is one with the rest when the window comes near its end and nothing is between. */
function meeting(room: Room, state: State, by: number): Room {
	return by > 0 && room.reading !== undefined && isNearEnd(room, paneOf(state, room), by) ? joined(room) : room;
}

/** Asks for messages older than all that can be scrolled to, if there may be any. */
export function askOlder({ name, reading, ...room }: Room, asked: 'scroll' | 'command', limit: number): Effect {
	const before = reading?.from ?? olderThan({ ...room, name });
	return { type: 'load-older', room: name, ...(before !== undefined && { before }), limit, asked };
}

/** They are on their way. */
export function loadingOlder(room: Room): Room {
	const { reading } = room;
	return reading === undefined ? { ...room, older: 'loading' } : { ...room, reading: { ...reading, older: 'loading' } };
}

/** To the line above what was unread; to the newest from there. */
export function toDivider(state: State, moment: Moment): Step {
	const room = activeRoom(state);
	const { name, divider } = room;
	if (divider === undefined) {
		return step(noted(state, 'Nothing here was unread when you came'));
	}
	const near = withoutReading(room);
	const pane = paneOf(state, near);
	if (pane.blocks.find(divider.key) === -1) {
		return jumpTo(state, { room: name, sequence: divider.sequence }, moment);
	}
	const moved = shownFrom(near, pane, divider.key);
	const isThere = moved.scroll?.key === room.scroll?.key && moved.scroll?.line === room.scroll?.line;
	return step(withRoom(state, name, () => (isThere ? atNewest(room) : moved)));
}

/** To the next room with something new: to the line above it, when all of that is not on screen with the newest. */
export function toActivity(state: State): State {
	const next = atNextActivity(state);
	if (next.active === state.active) {
		return next;
	}
	const { name, divider } = activeRoom(next);
	return withRoom(next, name, (room) => {
		const near = atNewest(room);
		return divider === undefined ? near : shownFrom(near, paneOf(next, near), divider.key);
	});
}

/** The messages that the window shows something of, oldest first. */
export function saidInWindow(state: State): readonly Extract<Row, { kind: 'said' }>[] {
	const room = activeRoom(state);
	const pane = paneOf(state, room);
	const shown = new Set(blocksInWindow(room, pane).map((block) => pane.blocks.lines(block)[0]?.key));
	return shownRows(room).filter((row) => row.kind === 'said' && shown.has(row.key)) as Extract<Row, { kind: 'said' }>[];
}

function loadOlder(state: State, room: Room): Step {
	const { older } = room.reading ?? room;
	return older !== 'unknown' || state.link.state !== 'online'
		? step(state)
		: step(withRoom(state, room.name, loadingOlder), askOlder(room, 'scroll', pageLimit));
}

function loadNewer(state: State, { name, reading }: Room): Step {
	if (reading?.newer !== 'unknown' || state.link.state !== 'online') {
		return step(state);
	}
	return step(
		withRoom(state, name, (old) => ({ ...old, reading: { ...reading, newer: 'loading' } })),
		{ type: 'load-newer', room: name, after: reading.to, limit: pageLimit },
	);
}
