import type { Departure, Gate, Outbox } from '../../src/client/outbox.ts';

/** That of a v1 link on which every room is open. */
export const v1: Gate = { bare: false, onlySent: false, isOpen: () => true, standing: () => 5 };

/** All that leaves now. */
export function departures(box: Outbox, at = 0, how = v1): readonly Departure[] {
	const left: Departure[] = [];
	for (let next = box.depart(at, how); next !== undefined; next = box.depart(at, how)) {
		left.push(next);
	}
	return left;
}
