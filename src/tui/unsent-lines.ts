/**
 * My lines that have no number: what waits is listed and dropped by `/unsent` and `/discard`, what was refused is sent again
 * by `/retry`.
 */
import { cleanLine } from '../protocol/text.ts';
import type { Pending, Room, Row, State } from './model.ts';
import { aligned, counted, roomTitle } from './reports.ts';
import { say } from './saying.ts';
import { isUnsent } from './slices/unsent.ts';
import { activeRoom, type Moment, type Step, step, tell, withRoom } from './step.ts';
import { timeOfDay } from './text/dates.ts';

type Refused = Extract<Row, { kind: 'refused' }>;

/** `/retry [N]`: the refused lines of this room in their order, or the one of this number among them. */
export function retry(state: State, argument: string, moment: Moment): Step | undefined {
	if (!/^\d*$/u.test(argument)) {
		return undefined;
	}
	const refused = activeRoom(state).rows.filter((row): row is Refused => row.kind === 'refused');
	const wanted = argument === '' ? refused : refused.slice(Number(argument) - 1, Number(argument));
	if (wanted.length === 0 || argument === '0') {
		const title = roomTitle(state.active);
		const text =
			refused.length === 0
				? `Nothing of yours was refused in ${title}`
				: `${counted(refused.length, 'line of yours was', 'lines of yours were')} refused in ${title}`;
		return step(tell(state, moment, { text }));
	}
	let sent = step(state);
	for (const [index, { key, line }] of wanted.entries()) {
		const without = withRoom(sent.state, state.active, (room) => withoutRow(room, key));
		const spoken = say(without, line.content, { ...moment, id: `${moment.id}-${index}` }, line.replyTo);
		if (!spoken.said) {
			// The reason stands below the lines that are refused still.
			return {
				state: withRoom(spoken.state, state.active, (room) => withReason(sent.state, room)),
				effects: sent.effects,
			};
		}
		sent = { state: spoken.state, effects: [...sent.effects, ...spoken.effects] };
	}
	return sent;
}

function withoutRow(room: Room, key: string): Room {
	return { ...room, rows: room.rows.filter((row) => row.key !== key) };
}

/** The rows that there were, and what was told last. */
function withReason(before: State, room: Room): Room {
	return { ...room, rows: [...activeRoom(before).rows, ...room.rows.slice(-1)] };
}

interface Waiting {
	readonly room: string;
	readonly line: Pending;
}

function waitingIn({ rooms }: State): readonly Waiting[] {
	return rooms.flatMap(({ name, pending }) => pending.filter(isUnsent).map((line) => ({ room: name, line })));
}

/** `/unsent`: with the numbers that `/discard` takes. */
export function listUnsent(state: State, moment: Moment): Step {
	const waiting = waitingIn(state);
	if (waiting.length === 0) {
		return step(tell(state, moment, { text: 'Nothing of yours waits to be sent' }));
	}
	const lines = waiting.map(({ room, line }, index) => [
		`${index + 1}`,
		roomTitle(room),
		`${timeOfDay(line.shownAt ?? line.writtenAt)}  ${cleanLine(line.content)}`,
	]);
	const text = [
		`${counted(waiting.length, 'line waits', 'lines wait')} for the broker; /discard N drops one`,
		...aligned(lines),
	].join('\n');
	return step(tell({ ...state, listedUnsent: waiting.map(({ line }) => line.cid) }, moment, { text }));
}

/** `/discard N`: the line that had this number when they were listed last. */
export function discard(state: State, argument: string, moment: Moment): Step | undefined {
	if (!/^[1-9]\d*$/u.test(argument)) {
		return undefined;
	}
	const waiting = waitingIn(state);
	const cids = state.listedUnsent ?? waiting.map(({ line }) => line.cid);
	const cid = cids[Number(argument) - 1];
	const found = waiting.find(({ line }) => line.cid === cid);
	if (cid !== undefined && found !== undefined) {
		return step(state, { type: 'discard', room: found.room, cid });
	}
	const text = cid === undefined ? `There is no unsent line ${argument}` : `Line ${argument} does not wait any more`;
	return step(tell(state, moment, { level: 'error', text: `${text}; /unsent lists what waits` }));
}

/** The client has dropped a line. */
export function withDiscarded(
	state: State,
	{ room, cid }: { readonly room: string; readonly cid: string },
	moment: Moment,
): State {
	const line = state.rooms.flatMap(({ pending }) => pending).find((one) => one.cid === cid);
	const next = withRoom(state, room, (old) => ({ ...old, pending: old.pending.filter((one) => one.cid !== cid) }));
	return line === undefined ? next : tell(next, moment, { text: `Dropped, and not sent: ${cleanLine(line.content)}` });
}
