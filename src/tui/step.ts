/**
 * What every decision of the screen comes to: the next state, and what is wanted done.
 */
import type { Effect, Room, Row, State } from './model.ts';

export interface Step {
	readonly state: State;
	readonly effects: readonly Effect[];
}

/** When something is decided, and a name for it that no other decision of this run has. */
export interface Moment {
	readonly at: number;
	/** What this computer's clock shows then: for people, and to compare with times of a broker. */
	readonly time: number;
	readonly id: string;
}

export function step(state: State, ...effects: readonly Effect[]): Step {
	return { state, effects };
}

export function roomNamed({ rooms }: Pick<State, 'rooms'>, name: string): Room | undefined {
	return rooms.find((room) => room.name === name);
}

/** The room on screen. */
export function activeRoom(state: State): Room {
	const room = roomNamed(state, state.active) ?? state.rooms[0];
	if (room === undefined) {
		throw new Error('Expected at least one room');
	}
	return room;
}

/** Puts a changed room in the place of the old one; the state itself comes back when nothing changed. */
export function withRoom(state: State, name: string, change: (room: Room) => Room): State {
	const index = state.rooms.findIndex((room) => room.name === name);
	const room = state.rooms[index];
	if (room === undefined) {
		return state;
	}
	const changed = change(room);
	return changed === room ? state : { ...state, rooms: state.rooms.with(index, changed) };
}

export type Level = Extract<Row, { kind: 'told' }>['level'];

/**
 * Says something to this person alone: in the named room, or in the one on screen when that room is gone. A warning or an
 * error that stands there as the newest already is not said once more.
 */
export function tell(
	state: State,
	moment: Moment,
	{ room = state.active, level = 'info', text }: { room?: string; level?: Level; text: string },
): State {
	const name = roomNamed(state, room) === undefined ? state.active : room;
	return withRoom(state, name, (old) => {
		const last = old.rows.at(-1);
		const isSaid = level !== 'info' && last?.kind === 'told' && last.level === level && last.text === text;
		const row = { kind: 'told', key: rowKey(moment, old.rows.length), at: moment.time, level, text } as const;
		return isSaid ? old : { ...old, rows: [...old.rows, row] };
	});
}

/** Says in the room on screen why something cannot be done, and does nothing else. */
export function complaint(state: State, moment: Moment, text: string): Step {
	return step(tell(state, moment, { level: 'error', text }));
}

/** A key for the row that becomes number `place` of a room: rows are only added within one decision. */
export function rowKey(moment: Moment, place: number): string {
	return `${moment.id}/${place}`;
}
