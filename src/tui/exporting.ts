/**
 * `/export`: the history of the room on screen goes to a file.
 */
import { cleanLine } from '../protocol/text.ts';
import { type NumberSpan, readSpan } from './copying.ts';
import type { Event, State } from './model.ts';
import { counted, roomTitle } from './reports.ts';
import { isConversation } from './slices/conversations.ts';
import { activeRoom, complaint, type Moment, type Step, step, tell } from './step.ts';

/** What an export came to. */
export interface Exported {
	/** Messages in the file. */
	readonly count: number;
	/** Numbers that cannot be had, which the file names. */
	readonly missing: number;
	/** The numbers of the first and the last of them; 0 without any. */
	readonly first: number;
	readonly last: number;
	/** It ends before its time. */
	readonly stopped?: { readonly after: number; readonly why: string };
}

/** `/export FILE [N-M] [--force]`; alone it stops the one that goes on. */
export function exportRoom(state: State, argument: string, moment: Moment): Step | undefined {
	const { exporting } = state;
	if (exporting !== undefined) {
		const text = `${cleanLine(exporting.file)} is being written; /export alone stops that`;
		return argument === '' ? step(state, { type: 'stop-export' }) : complaint(state, moment, text);
	}
	const order = readOrder(argument);
	if (order === undefined) {
		return undefined;
	}
	if (state.link.state !== 'online') {
		return complaint(state, moment, 'There is no link to the broker to read the history over');
	}
	if (isConversation(state, state.active) && state.user?.inbox === undefined) {
		return complaint(state, moment, 'Without a key you have no inbox, so nothing of this is kept');
	}
	const room = state.active;
	const { file, force, from, to } = order;
	const { head } = activeRoom(state).status ?? {};
	if (head !== undefined && from > Math.max(1, head)) {
		return complaint(state, moment, `There is no #${from} yet, the newest is #${head}`);
	}
	return step({ ...state, exporting: { room, file, count: 0 } }, { type: 'export', room, file, force, from, to });
}

interface Order extends NumberSpan {
	readonly file: string;
	readonly force: boolean;
}

function readOrder(argument: string): Order | undefined {
	const words = [...argument.matchAll(/"([^"]+)"|(\S+)/gu)].map(([, quoted, bare = '']) => ({ quoted, bare }));
	const isForce = ({ bare }: (typeof words)[number]) => bare === '--force';
	const [file, span, ...more] = words.filter((word) => !isForce(word));
	const numbers = span === undefined ? { from: 1, to: Number.MAX_SAFE_INTEGER } : readSpan(span.bare);
	if (file === undefined || numbers === undefined || more.length > 0) {
		return undefined;
	}
	return { ...numbers, file: file.quoted ?? file.bare, force: words.some(isForce) };
}

/** What came of an export, as far as it has gone. */
export function exportWent(
	state: State,
	event: Extract<Event, { type: 'exporting' | 'exported' | 'export-failed' }>,
	moment: Moment,
): State {
	const { exporting, ...rest } = state;
	if (exporting === undefined) {
		return state;
	}
	const { room, file } = exporting;
	switch (event.type) {
		case 'exporting':
			return { ...rest, exporting: { ...exporting, count: event.count } };
		case 'exported': {
			const { level, text } = exportedText(event.outcome, `${roomTitle(room)} to ${cleanLine(file)}`);
			return tell(rest, moment, { room, level, text });
		}
		case 'export-failed': {
			const text = event.text === undefined ? 'stopped, and nothing was written' : cleanLine(event.text);
			return tell(rest, moment, { room, level: 'error', text: `/export: ${text}` });
		}
	}
}

function exportedText({ count, missing, first, last, stopped }: Exported, where: string) {
	const numbers = count === 0 ? '' : first === last ? ` (#${first})` : ` (#${first}-#${last})`;
	const lacks = missing === 0 ? '' : `; ${counted(missing, 'number is', 'numbers are')} missing, which it says`;
	const text = `Wrote ${counted(count, 'message', 'messages')}${numbers} of ${where}${lacks}`;
	return stopped === undefined
		? ({ level: 'info', text } as const)
		: ({ level: 'warning', text: `${text}. It ends after #${stopped.after}: ${cleanLine(stopped.why)}` } as const);
}
