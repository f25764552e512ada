/**
 * `/copy`: messages go into the clipboard of whoever sits at the terminal.
 */
import { clean } from '../protocol/text.ts';
import type { Row, State } from './model.ts';
import { counted } from './reports.ts';
import { epochStart, everyRow } from './slices/numbers.ts';
import { activeRoom, complaint, type Moment, type Step, step } from './step.ts';
import { plainMessage } from './text/plain-message.ts';

/** Numbers of messages, both ends included. */
export interface NumberSpan {
	readonly from: number;
	readonly to: number;
}

/** `407`, `#407`, `407-409` or `407-`, which is all from there on. */
export function readSpan(text: string): NumberSpan | undefined {
	const [, first, dash = '', last] = /^#?(\d{1,15})(?:(-)(?:#?(\d{1,15}))?)?$/u.exec(text) ?? [];
	const from = Number(first);
	const to = last !== undefined ? Number(last) : dash === '' ? from : Number.MAX_SAFE_INTEGER;
	return first === undefined || from === 0 || to < from ? undefined : { from, to };
}

/** `#407`, `#407-#409` or `#407-` */
export function spanText({ from, to }: NumberSpan): string {
	return from === to ? `#${from}` : to === Number.MAX_SAFE_INTEGER ? `#${from}-` : `#${from}-#${to}`;
}

type Said = Extract<Row, { kind: 'said' }>;

/** Many terminals throw away what is longer than 100 000 characters, and these bytes are so many. */
const mostBytes = 74_994;

/** `/copy [N[-M]]`: the newest message or the one of that number as it was typed; of several, who said each and when. */
export function copy(state: State, argument: string, moment: Moment): Step | undefined {
	const span = argument === '' ? newestOf(state) : readSpan(argument);
	if (span === undefined) {
		return argument === '' ? complaint(state, moment, 'There is no message here to copy') : undefined;
	}
	const found = saidIn(state, span);
	const [first] = found;
	if (first === undefined) {
		return complaint(state, moment, `${spanText(span)} is not loaded here; /goto ${span.from} goes there`);
	}
	const isOne = span.from === span.to;
	const text = isOne ? clean(first.content) : found.map(plainMessage).join('\n');
	const bytes = Buffer.byteLength(text);
	if (bytes > mostBytes) {
		const most = `most terminals take no more than ${Math.floor(mostBytes / 1000)} KB`;
		return complaint(
			state,
			moment,
			`Not copied: ${Math.ceil(bytes / 1000)} KB, and ${most}; /export writes it to a file`,
		);
	}
	const what = `${counted(text.split('\n').length, 'line', 'lines')} of ${spanText(reach(found))}`;
	return step(state, { type: 'copy', room: state.active, text, what });
}

/** What became of it: no terminal says whether it took the text. */
export function copiedText(what: string, by: 'terminal' | 'tmux'): string {
	return by === 'tmux'
		? `Copied ${what}: tmux has it, and gives it to the terminal if that lets programs do so`
		: `Copied ${what}, if this terminal lets programs do so`;
}

function newestOf(state: State): NumberSpan | undefined {
	const newest = activeRoom(state).rows.findLast((row): row is Said => row.kind === 'said');
	return newest && { from: newest.sequence, to: newest.sequence };
}

/** Messages of the room on screen by their numbers; of those before the numbers started over none. */
export function saidIn(state: State, { from, to }: NumberSpan): readonly Said[] {
	const rows = everyRow(activeRoom(state));
	const isIn = (row: Row): row is Said => row.kind === 'said' && row.sequence >= from && row.sequence <= to;
	const found = rows.slice(epochStart(rows)).filter(isIn);
	return found.length > 0 ? found : rows.filter(isIn).slice(from === to ? -1 : 0);
}

function reach(found: readonly Said[]): NumberSpan {
	return { from: found[0]?.sequence ?? 0, to: found.at(-1)?.sequence ?? 0 };
}
