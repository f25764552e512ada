/**
 * Moving through what stands in the room on screen, by keys and by commands alike.
 */
import { paneOf } from './lines/pane.ts';
import type { Effect, Room, State } from './model.ts';
import { isNearOldest, scrolled } from './slices/scroll.ts';
import { olderThan } from './slices/transcript.ts';
import { activeRoom, type Step, step, withRoom } from './step.ts';

/** How many older messages are asked for at the top. */
const olderPage = 100;

/** How far a turn of the wheel goes, and the keys for little. */
export const linesPerStep = 3;

/** How many lines a page is. */
export function pageOf(state: State): number {
	return Math.max(1, paneOf(state, activeRoom(state)).height - 2);
}

/** Moves the window by so many lines, down when positive; near the oldest line older ones are asked for. */
export function scrolledBy(state: State, by: number): Step {
	const room = activeRoom(state);
	const pane = paneOf(state, room);
	const moved = withRoom(state, room.name, (old) => scrolled(old, pane, by));
	return by < 0 && isNearOldest(activeRoom(moved), pane) ? loadOlder(moved, activeRoom(moved)) : step(moved);
}

function loadOlder(state: State, room: Room): Step {
	if (room.older !== 'unknown' || state.link.state !== 'online') {
		return step(state);
	}
	const before = olderThan(room);
	const effect: Effect = {
		type: 'load-older',
		room: room.name,
		...(before !== undefined && { before }),
		limit: olderPage,
		asked: 'scroll',
	};
	return step(
		withRoom(state, room.name, (old) => ({ ...old, older: 'loading' })),
		effect,
	);
}
