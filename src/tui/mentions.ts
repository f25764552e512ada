/**
 * From one message that names me to the next: by key in the room on screen, and from a list of those of all rooms.
 */
import { jumpTo } from './jumping.ts';
import { type Choice, type Room, type Row, type State, shownRows } from './model.ts';
import { roomTitle } from './reports.ts';
import { saidInWindow, scrolledBy } from './scrolling.ts';
import { sectionStart } from './slices/numbers.ts';
import { atNewest } from './slices/scroll.ts';
import { noted } from './slices/view.ts';
import { activeRoom, type Moment, type Step, step, withRoom } from './step.ts';

type Said = Extract<Row, { kind: 'said' }>;

/** To the mention before the one that is marked, or before the window; where there is none older messages are loaded. */
export function toPreviousMention(state: State, moment: Moment): Step {
	const room = activeRoom(state);
	const from = markedNumber(state, room) ?? (saidInWindow(state).at(-1)?.sequence ?? 0) + 1;
	const row = mentionsIn(shownRows(room)).findLast(({ sequence }) => sequence < from);
	if (row !== undefined) {
		return jumpTo(state, { room: room.name, sequence: row.sequence }, moment);
	}
	const { older } = room.reading ?? room;
	const { state: next, effects } = scrolledBy(state, Number.NEGATIVE_INFINITY);
	const text =
		older === 'all'
			? `No earlier message of ${roomTitle(room.name)} names you`
			: 'No earlier message here names you; older ones are loading, then press it again';
	return { state: noted(next, text), effects };
}

/** To the mention after the one that is marked, or after the window; to the newest message where there is none. */
export function toNextMention(state: State, moment: Moment): Step {
	const room = activeRoom(state);
	const from = markedNumber(state, room) ?? saidInWindow(state).at(-1)?.sequence ?? 0;
	const isAfter = ({ sequence }: Said) => sequence > from;
	const row = mentionsIn(shownRows(room)).find(isAfter) ?? mentionsIn(room.rows).find(isAfter);
	return row === undefined
		? step(noted(withRoom(state, room.name, atNewest), 'No later message here names you'))
		: jumpTo(state, { room: room.name, sequence: row.sequence }, moment);
}

/** What was chosen of the list of `/mentions`. */
export function takeMention(state: State, { value }: Choice, moment: Moment): Step {
	const [sequence, ...room] = value.split(' ');
	return jumpTo(state, { room: room.join(' '), sequence: Number(sequence) }, moment);
}

/** The number that somebody has gone to, while it is on screen. */
function markedNumber(state: State, { sought }: Room): number | undefined {
	const isShown = sought?.state === 'found' && saidInWindow(state).some(({ key }) => key === sought.key);
	return isShown ? sought.sequence : undefined;
}

/** Since the numbers last started over: the others lead nowhere. */
function mentionsIn(rows: readonly Row[]): readonly Said[] {
	return rows.slice(sectionStart(rows)).filter((row): row is Said => row.kind === 'said' && row.mention);
}
