/**
 * The keys, as a table: what each does. The help is printed from it, so it lists what works and nothing else.
 */
import type { Input } from './keys.ts';
import type { Action, Unstamped } from './model.ts';

export interface Binding {
	readonly action: Action;
	/** By the names of keys.ts; the first is the usual one. */
	readonly keys: readonly string[];
	/** In words for people. */
	readonly text: string;
}

export const bindings: readonly Binding[] = [
	{ action: 'send', keys: ['enter'], text: 'send; on an empty line, dial now' },
	{ action: 'newline', keys: ['ctrl+j', 'alt+enter', 'shift+enter'], text: 'new line, as \\ before Enter' },
	{ action: 'next-room', keys: ['ctrl+n', 'f6', 'alt+right'], text: 'next room' },
	{ action: 'previous-room', keys: ['ctrl+p', 'f5', 'alt+left'], text: 'previous room' },
	{ action: 'last-room', keys: ['alt+s'], text: 'the room before this one' },
	{ action: 'page-up', keys: ['pageup'], text: 'scroll up; older messages load at the top' },
	{ action: 'page-down', keys: ['pagedown'], text: 'scroll down' },
	{ action: 'line-up', keys: ['shift+up'], text: 'scroll up three lines' },
	{ action: 'line-down', keys: ['shift+down'], text: 'scroll down three lines' },
	{ action: 'oldest', keys: ['ctrl+home'], text: 'oldest, as Home on an empty line' },
	{ action: 'newest', keys: ['ctrl+end'], text: 'newest, as End on an empty line' },
	{ action: 'escape', keys: ['escape'], text: 'close a page; on an empty line, to the newest' },
	{ action: 'history-back', keys: ['up'], text: 'line above, then what was sent before' },
	{ action: 'history-forward', keys: ['down'], text: 'line below, then what was sent after' },
	{ action: 'recall', keys: ['ctrl+r'], text: 'look for a line that was sent before; again: an older one' },
	{ action: 'left', keys: ['left', 'ctrl+b'], text: 'character left' },
	{ action: 'right', keys: ['right', 'ctrl+f'], text: 'character right' },
	{ action: 'word-left', keys: ['alt+b', 'ctrl+left'], text: 'word left' },
	{ action: 'word-right', keys: ['alt+f', 'ctrl+right'], text: 'word right' },
	{ action: 'start', keys: ['ctrl+a', 'home'], text: 'start of the line' },
	{ action: 'end', keys: ['ctrl+e', 'end'], text: 'end of the line' },
	{ action: 'delete-back', keys: ['backspace', 'ctrl+h', 'shift+backspace'], text: 'delete backwards' },
	{ action: 'delete-forward', keys: ['delete'], text: 'delete forwards' },
	{ action: 'kill-word-back', keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'], text: 'cut the word before' },
	{ action: 'kill-word-forward', keys: ['alt+d', 'ctrl+delete'], text: 'cut the word after' },
	{ action: 'kill-to-start', keys: ['ctrl+u'], text: 'cut to the start of the line' },
	{ action: 'kill-to-end', keys: ['ctrl+k'], text: 'cut to the end of the line' },
	{ action: 'yank', keys: ['ctrl+y'], text: 'put back what was cut' },
	{ action: 'complete', keys: ['tab'], text: 'complete a nick, a room or a command; again: the next' },
	{ action: 'complete-back', keys: ['shift+tab'], text: 'the one before' },
	{ action: 'members', keys: ['f8', 'alt+m'], text: 'show or hide who is here' },
	{ action: 'help', keys: ['f1'], text: 'this page' },
	{ action: 'redraw', keys: ['ctrl+l'], text: 'draw the screen anew' },
	{ action: 'interrupt', keys: ['ctrl+c'], text: 'clear the line; then ask; then quit' },
	{ action: 'end-of-input', keys: ['ctrl+d'], text: 'delete forwards; on an empty line, quit' },
];

/** How the room at a place is picked; printed with the bindings. */
export const placeKeys = { shown: 'Alt+1..9  Esc 1..9', text: 'room by its place' };

const actions: ReadonlyMap<string, Action> = new Map(
	bindings.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)),
);

/** A turn of the wheel comes as this many arrows at once. */
const arrowsPerTurn = 3;

/**
 * What the inputs of one chunk mean. Keys that nothing is bound to mean nothing. Two or more of the same vertical arrow
 * in one chunk are the wheel, as terminals send it to full screens: nobody types that fast.
 */
export function eventsOf(inputs: readonly Input[]): Unstamped[] {
	const events: Unstamped[] = [];
	for (let index = 0; index < inputs.length; index++) {
		const input = inputs[index];
		const run = input === undefined ? 0 : arrowRun(inputs, index);
		if (run > 1) {
			const action = isKey(input, 'up') ? 'line-up' : 'line-down';
			const turns = Math.ceil(run / arrowsPerTurn);
			events.push(...Array.from({ length: turns }, () => ({ type: 'did', action }) as const));
			index += run - 1;
		} else if (input !== undefined) {
			events.push(...eventOf(input));
		}
	}
	return events;
}

function eventOf(input: Input): Unstamped[] {
	switch (input.kind) {
		case 'text':
			return [{ type: 'typed', text: input.text }];
		case 'pasted':
			return [{ type: 'pasted', text: input.text }];
		case 'mode':
			return [];
		case 'key': {
			const place = /^alt\+([1-9])$/.exec(input.name)?.[1];
			if (place !== undefined) {
				return [{ type: 'picked-room', place: Number(place) }];
			}
			const action = actions.get(input.name);
			return action === undefined ? [] : [{ type: 'did', action }];
		}
	}
}

function arrowRun(inputs: readonly Input[], from: number): number {
	const first = inputs[from];
	if (!isKey(first, 'up') && !isKey(first, 'down')) {
		return 0;
	}
	const end = inputs.findIndex((input, index) => index > from && !(input.kind === 'key' && isKey(first, input.name)));
	return (end === -1 ? inputs.length : end) - from;
}

function isKey(input: Input | undefined, name: string): boolean {
	return input?.kind === 'key' && input.name === name;
}
