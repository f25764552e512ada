/**
 * Finding among what is loaded of the room on screen, while it is typed: the pane goes to what is chosen.
 */
import { paneOf } from './lines/pane.ts';
import { type Room, type State, shownRows } from './model.ts';
import { chosen } from './slices/choices.ts';
import { centredOn } from './slices/scroll.ts';
import { activeRoom, withRoom } from './step.ts';

/** With the message that is chosen in the middle of the pane, marked. */
export function withChosenShown(state: State): State {
	const key = chosen(state)?.value;
	const room = activeRoom(state);
	const row = shownRows(room).find((one) => one.key === key);
	if (row?.kind !== 'said' || (room.sought?.state === 'found' && room.sought.key === row.key)) {
		return state;
	}
	return withRoom(state, room.name, (old) => {
		const found: Room = { ...old, sought: { state: 'found', sequence: row.sequence, key: row.key } };
		return centredOn(found, paneOf(state, found), row.key);
	});
}
