/**
 * My lines that have no number yet, over all rooms.
 */
import type { Pending, State } from '../model.ts';

/** A broker that is well numbers a line sooner than this, in ms. */
const promptMs = 2000;

/** How many lines of mine wait for their numbers, in all rooms. */
export function unsentCount({ rooms }: Pick<State, 'rooms'>): number {
	return rooms.reduce((count, { pending }) => count + pending.filter(isUnsent).length, 0);
}

/** When a line has waited for its number so long that this is worth a word, in ms since 1970; `undefined` without one. */
export function overdueAt({ rooms }: Pick<State, 'rooms'>): number | undefined {
	const first = rooms.flatMap(({ pending }) => pending.find(isUnsent)?.writtenAt ?? []);
	return first.length === 0 ? undefined : Math.min(...first) + promptMs;
}

/** Whether a line of mine waits for its number. */
export function isUnsent({ refused, place }: Pending): boolean {
	return refused === undefined && place === undefined;
}
