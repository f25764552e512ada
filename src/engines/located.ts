import type { Position } from '../protocol/frames.ts';
import type { Located, RoomState } from './engine.ts';

/** What a position means in a room all of whose numbers were given in one epoch. */
export function located(state: RoomState, { epoch, sequence }: Position): Located {
	if (epoch !== state.epoch) {
		return { ...state, relation: 'unknown', sequence: state.head };
	}
	return sequence > state.head
		? { ...state, relation: 'rewound', sequence: state.head }
		: { ...state, relation: 'kept', sequence };
}
