/**
 * Going to a message by its number, wherever in the log of its room it is.
 */
import { paneOf } from './lines/pane.ts';
import { type Event, type Room, type Row, type State, shownRows } from './model.ts';
import { roomTitle } from './reports.ts';
import { sectionStart } from './slices/numbers.ts';
import { type Around, withAround } from './slices/pages.ts';
import { liveStart, withoutReading } from './slices/reading.ts';
import { joinText, switchedTo } from './slices/rooms.ts';
import { centredOn } from './slices/scroll.ts';
import { isPrivate, type Reader } from './slices/transcript.ts';
import { withoutOverlay } from './slices/view.ts';
import { type Moment, roomNamed, type Step, step, tell, withRoom } from './step.ts';

/** A message of a room; in a conversation the numbers are those of the inbox. */
interface Target {
	readonly room: string;
	readonly sequence: number;
	/** That the number is of. @default the present one */
	readonly epoch?: string;
}

/** How many messages are asked for on either side. */
const aroundLimit = 100;

/**
 * Shows the message with this number in the middle of the pane, marked, its room on screen. What is not here is asked for
 * first. When it cannot be shown it is said why, and nothing moves.
 */
export function jumpTo(state: State, target: Target, moment: Moment): Step {
	const { room: name, sequence, epoch } = target;
	const room = roomNamed(state, name);
	if (room === undefined) {
		const text = `#${sequence} is in ${roomTitle(name)}, and you are not; ${joinText(name)} goes there`;
		return step(missing(state, { room: state.active, sequence }, text, moment));
	}
	const there = switchedTo(withoutOverlay(state), name);
	const present = room.status?.epoch;
	if (epoch !== undefined && present !== undefined && epoch !== present) {
		return step(missing(there, target, `it was #${sequence} before the numbers started over`, moment));
	}
	const shown = shownAt(there, target);
	if (shown !== undefined) {
		return step(shown);
	}
	const why = whyNotHere(there, room, sequence);
	if (why !== undefined) {
		return step(missing(there, target, why, moment));
	}
	const seeking = withRoom(there, name, (old) => ({ ...old, sought: { state: 'loading', sequence } }));
	return step(seeking, { type: 'load-around', room: name, sequence, limit: aroundLimit });
}

/** What is around a number came; it is shown unless something else is looked at by now. */
export function jumped(
	state: State,
	{ room: name, ...around }: Extract<Event, { type: 'around' }>,
	reader: Reader,
	moment: Moment,
): State {
	const { sequence } = around;
	const room = roomNamed(state, name);
	if (room === undefined || !isSought(room, sequence)) {
		return state;
	}
	const target = { room: name, sequence };
	const isKept = sequence >= (around.after.oldest ?? 1);
	const read = isKept ? withAround(room, around, reader) : undefined;
	const shown =
		shownAt(state, target) ??
		(read &&
			shownAt(
				withRoom(state, name, () => read),
				target,
			));
	return shown ?? missing(state, target, whyNotThere(room, around, reader), moment);
}

/** What is around a number did not come; it is said unless something else is looked at by now. */
export function notJumped(
	state: State,
	{ room: name, sequence = 0, text }: Pick<Extract<Event, { type: 'failed' }>, 'room' | 'sequence' | 'text'>,
	moment: Moment,
): State {
	const room = roomNamed(state, name);
	return room !== undefined && isSought(room, sequence)
		? missing(state, { room: name, sequence }, `#${sequence} did not come: ${text}`, moment)
		: state;
}

function isSought({ sought }: Room, sequence: number): boolean {
	return sought?.state === 'loading' && sought.sequence === sequence;
}

/** With the message on screen, if it is among what is loaded. */
function shownAt(state: State, { room: name, sequence }: Target): State | undefined {
	const room = roomNamed(state, name);
	const read = room && keyOf(shownRows(room), sequence);
	const key = read ?? (room && keyOf(room.rows, sequence));
	return key === undefined
		? undefined
		: withRoom(state, name, (old) => {
				const found: Room = {
					...(read === undefined ? withoutReading(old) : old),
					sought: { state: 'found', sequence, key },
				};
				return centredOn(found, paneOf(state, found), key);
			});
}

/** The row that says what became of a number, since the numbers started over last. */
function keyOf(rows: readonly Row[], sequence: number): string | undefined {
	return rows.slice(sectionStart(rows)).findLast((row) => {
		switch (row.kind) {
			case 'said':
				return row.sequence === sequence;
			case 'lost':
				return row.from <= sequence && sequence <= row.to;
			default:
				return false;
		}
	})?.key;
}

/** Why a number that is not among what is loaded is not worth asking for; `undefined` when it is. */
function whyNotHere(state: State, room: Room, sequence: number): string | undefined {
	const { status, reading } = room;
	const { head = 0, position = 0, oldest = 1 } = status ?? {};
	if (status?.phase === 'live' && sequence > Math.max(head, position)) {
		return head === 0 ? 'nothing has been said here yet' : `#${sequence} is above the newest, #${head}`;
	}
	if (sequence < oldest) {
		return keptNoMore(sequence, oldest);
	}
	const isRead = reading !== undefined && sequence >= reading.from && sequence <= reading.to;
	if (isRead || (sequence >= liveStart(room) && sequence <= position)) {
		return notShown(room, sequence, state.user?.inbox);
	}
	if (status?.phase === 'live' && sequence > position) {
		return `#${sequence} has not come yet`;
	}
	return state.link.state === 'online' ? undefined : `there is no link to the broker to load #${sequence} over`;
}

/** Why a number is not on the pages around it. */
function whyNotThere(room: Room, { sequence, after: { messages, oldest = 1, head } }: Around, reader: Reader): string {
	if (messages.some((message) => message.sequence === sequence)) {
		return notShown(room, sequence, reader.inbox);
	}
	return head === undefined
		? `#${sequence} is not among the newest messages, and a base broker gives no others`
		: keptNoMore(sequence, oldest);
}

function keptNoMore(sequence: number, oldest: number): string {
	return sequence < oldest
		? `#${sequence} is not kept any more, the oldest is #${oldest}`
		: `#${sequence} is not kept any more`;
}

function notShown(room: Room, sequence: number, inbox: string | undefined): string {
	if (isPrivate(room, { inbox })) {
		return `#${sequence} of your inbox is not of this conversation`;
	}
	return room.where === undefined
		? `#${sequence} is not shown here: you ignore who said it`
		: `#${sequence} does not match what is shown here`;
}

/** Says why a message cannot be shown: in the pane, or on its edge when the newest lines are not on screen. */
function missing(state: State, { room: name, sequence }: Target, text: string, moment: Moment): State {
	const isRead = roomNamed(state, name)?.scroll !== undefined;
	const told = withRoom(state, name, ({ sought: _, ...room }) => ({
		...room,
		...(isRead && { sought: { state: 'missing' as const, sequence, text } }),
	}));
	const line = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
	return isRead ? told : tell(told, moment, { room: name, level: 'error', text: line });
}
