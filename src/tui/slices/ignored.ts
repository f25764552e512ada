/**
 * Whom this person does not want to read: by key, whatever they are called; somebody without one by name.
 */
import type { Message } from '../../protocol/frames.ts';
import { unmarkedName } from '../../protocol/marked-name.ts';
import { type Ignored, type Room, type Row, type State, shownRows } from '../model.ts';
import { uncounted } from './divider.ts';
import { everyRow } from './numbers.ts';

/** Whether a message is by somebody who is ignored. */
export function ignoring(ignored: readonly Ignored[]): (message: Pick<Message, 'sender' | 'key'>) => boolean {
	const keys = new Set(ignored.flatMap(({ key }) => key ?? []));
	const guests = new Set(ignored.flatMap(({ name, key }) => (key === undefined ? [guestNamed(name)] : [])));
	return ({ sender, key }) => (key === undefined ? guests.has(guestNamed(sender)) : keys.has(key));
}

/** Somebody without a key: the broker marks their name when it is somebody's, and the screen whatever it is. */
function guestNamed(name: string): string {
	return unmarkedName(name).toLowerCase();
}

/** Who is meant by a name, as far as something of them is on this screen: `~jo` is somebody without a key. */
export function personNamed({ rooms }: Pick<State, 'rooms'>, name: string): Ignored | undefined {
	if (name.startsWith('~')) {
		return { name: unmarkedName(name) };
	}
	const wanted = name.toLowerCase();
	for (const room of rooms) {
		const row = everyRow(room).findLast(
			(one) => one.kind === 'said' && !one.mine && one.sender.toLowerCase() === wanted,
		);
		if (row?.kind === 'said' && row.by !== undefined) {
			return { name: row.sender, key: row.by };
		}
	}
	const isGuest = rooms.some((room) =>
		everyRow(room).some((row) => row.kind === 'said' && row.sender.toLowerCase() === `~${wanted}`),
	);
	return isGuest ? { name } : undefined;
}

/** Nothing that they said stands on the screen any more, and nothing will; the numbers go on as if it did. */
export function withIgnored(state: State, person: Ignored): State {
	const isTheirs = ignoring([person]);
	const isShown = (row: Row) =>
		row.kind !== 'said' || row.mine || !isTheirs({ sender: row.sender, ...(row.by !== undefined && { key: row.by }) });
	const rooms = state.rooms.map((room) =>
		everyRow(room).every(isShown)
			? room
			: withRowsThat(
					isShown,
					uncounted(room, (row) => !isShown(row)),
				),
	);
	return { ...state, rooms, ignored: [...(state.ignored ?? []).filter((one) => !isSame(one, person)), person] };
}

/** The same without one person; `undefined` when nobody of this name is ignored. */
export function withoutIgnored(state: State, name: string): State | undefined {
	const { ignored = [] } = state;
	const wanted = guestNamed(name);
	const rest = ignored.filter((one) => one.name.toLowerCase() !== wanted);
	return rest.length === ignored.length ? undefined : { ...state, ignored: rest };
}

function withRowsThat(isShown: (row: Row) => boolean, room: Room): Room {
	const { reading, scroll } = room;
	const shown = shownRows(room);
	const anchor = shown.findLastIndex(({ key }) => key === scroll?.key);
	const anchored = shown[anchor];
	// What is read stays where it is: on the nearest row that does.
	const nearest =
		anchored === undefined || isShown(anchored)
			? undefined
			: (shown.slice(0, anchor).findLast(isShown) ?? shown.slice(anchor).find(isShown));
	return {
		...room,
		rows: room.rows.filter(isShown),
		...(reading !== undefined && { reading: { ...reading, rows: reading.rows.filter(isShown) } }),
		...(nearest !== undefined && { scroll: { key: nearest.key, line: 0 } }),
	};
}

function isSame(one: Ignored, other: Ignored): boolean {
	return one.key === other.key && (one.key !== undefined || one.name.toLowerCase() === other.name.toLowerCase());
}
