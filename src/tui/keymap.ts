/**
 * The keys, as a table: what each does. The help is printed from it, so it lists what works and nothing else. A person may
 * bind other keys by the names of the actions.
 */
import leven from 'leven';
import { graphemes } from '../protocol/graphemes.ts';
import { characterKey, joined, readSequence } from './key-names.ts';
import type { Input } from './keys.ts';
import type { Action, Unstamped } from './model.ts';

const places = [1, 2, 3, 4, 5, 6, 7, 8, 9] as const;

type Place = (typeof places)[number];

/** What keys can be bound to. */
export type Bindable = Action | `room-${Place}`;

export interface Binding {
	readonly action: Bindable;
	/** Sequences of the names of key-names.ts; the first is the usual one. */
	readonly keys: readonly string[];
	/** In words for people. */
	readonly text: string;
}

/** As nobody has changed them. No Ctrl+B, by which tmux is told things, and no Ctrl+S and Ctrl+Q, which stop terminals. */
export const bindings: readonly Binding[] = [
	{ action: 'send', keys: ['enter'], text: 'send; on an empty line, dial now' },
	{ action: 'newline', keys: ['ctrl+j', 'alt+enter', 'shift+enter'], text: 'new line, as \\ before Enter' },
	{ action: 'next-room', keys: ['ctrl+n', 'f6', 'alt+right'], text: 'next room' },
	{ action: 'previous-room', keys: ['ctrl+p', 'f5', 'alt+left'], text: 'previous room' },
	...places.map((place): Binding => ({ action: `room-${place}`, keys: [`alt+${place}`], text: `room ${place}` })),
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
	{
		action: 'activity',
		keys: ['alt+a', 'ctrl+g'],
		text: 'next room with something new, mentions first; after the last, back',
	},
	{ action: 'previous-mention', keys: ['alt+p'], text: 'the message before that names you' },
	{ action: 'next-mention', keys: ['alt+n'], text: 'the next one' },
	{ action: 'divider', keys: ['alt+u'], text: 'to the first new message; again: to the newest' },
	{ action: 'jump', keys: ['alt+k'], text: 'go to a room, a person or a command by a few letters' },
	{ action: 'find', keys: ['ctrl+f'], text: 'find what is loaded here; again: an older one' },
	{ action: 'left', keys: ['left'], text: 'character left' },
	{ action: 'right', keys: ['right'], text: 'character right' },
	{ action: 'word-left', keys: ['alt+b', 'ctrl+left'], text: 'word left' },
	{ action: 'word-right', keys: ['alt+f', 'ctrl+right'], text: 'word right' },
	{ action: 'start', keys: ['ctrl+a', 'home'], text: 'start of the line' },
	{ action: 'end', keys: ['ctrl+e', 'end'], text: 'end of the line' },
	{ action: 'delete-back', keys: ['backspace', 'ctrl+h', 'shift+backspace'], text: 'delete backwards' },
	{ action: 'delete-forward', keys: ['delete'], text: 'delete forwards' },
	{ action: 'kill-word-back', keys: ['ctrl+w', 'alt+backspace', 'ctrl+backspace'], text: 'cut the word before' },
	{ action: 'kill-word-forward', keys: ['alt+d', 'ctrl+delete'], text: 'cut the word after' },
	{ action: 'kill-to-start', keys: ['ctrl+u'], text: 'cut to the start of the line' },
	{ action: 'kill-to-end', keys: ['ctrl+k'], text: 'cut to the end of the line; at its end, as Alt+K' },
	{ action: 'yank', keys: ['ctrl+y'], text: 'put back what was cut' },
	{ action: 'yank-earlier', keys: ['alt+y'], text: 'right after that: what was cut before it' },
	{ action: 'transpose', keys: ['ctrl+t'], text: 'swap the two characters around the cursor' },
	{ action: 'undo', keys: ['ctrl+_', 'ctrl+/', 'ctrl+x ctrl+u'], text: 'undo' },
	{ action: 'redo', keys: ['alt+z', 'ctrl+x ctrl+r'], text: 'redo' },
	{ action: 'complete', keys: ['tab'], text: 'complete what is typed; show a paste; again: the next' },
	{ action: 'complete-back', keys: ['shift+tab'], text: 'the one before' },
	{ action: 'edit', keys: ['ctrl+x ctrl+e'], text: 'write on in $VISUAL or $EDITOR, as /edit' },
	{ action: 'members', keys: ['f8', 'alt+m'], text: 'show or hide who is here' },
	{ action: 'bare', keys: ['alt+l'], text: 'messages as bare text, to be marked and copied by the terminal' },
	{ action: 'help', keys: ['f1'], text: 'this page' },
	{ action: 'redraw', keys: ['ctrl+l'], text: 'draw the screen anew' },
	{ action: 'suspend', keys: ['ctrl+z'], text: 'stop natter; fg in the shell brings it back' },
	{ action: 'interrupt', keys: ['ctrl+c'], text: 'clear the line; then ask; then quit' },
	{ action: 'end-of-input', keys: ['ctrl+d'], text: 'delete forwards; on an empty line, quit' },
];

type Rebinding =
	| { readonly ok: true; readonly bindings: readonly Binding[] }
	/** `field` is the path below the wishes, such as `next-room[1]`. */
	| { readonly ok: false; readonly field: string; readonly detail: string };

/**
 * The table with a person's wishes: the keys of an action in place of those that it has. A wish takes a key from the action
 * that has it by itself; no two wishes may have the same one, nor one that begins the other.
 */
export function rebound(wishes: Readonly<Record<string, readonly string[]>>): Rebinding {
	const wished = new Map<string, { readonly field: string; readonly keys: string }[]>();
	for (const [action, keys] of Object.entries(wishes)) {
		if (!bindings.some((binding) => binding.action === action)) {
			return { ok: false, field: action, detail: `there is no action of this name${nearestAction(action)}` };
		}
		const own: { readonly field: string; readonly keys: string }[] = [];
		for (const [index, written] of keys.entries()) {
			const field = `${action}[${index}]`;
			const read = readSequence(written);
			if (!read.ok) {
				return { ok: false, field, detail: read.detail };
			}
			const other = [...wished.values(), own].flat().find((wish) => interfere(wish.keys, read.keys));
			if (other !== undefined) {
				return { ok: false, field, detail: clash(read.keys, other) };
			}
			own.push({ field, keys: read.keys });
		}
		wished.set(action, own);
	}
	const taken = [...wished.values()].flat();
	return {
		ok: true,
		bindings: bindings.map((binding) => ({
			...binding,
			keys:
				wished.get(binding.action)?.map(({ keys }) => keys) ??
				binding.keys.filter((key) => !taken.some(({ keys }) => interfere(keys, key))),
		})),
	};
}

function nearestAction(typed: string): string {
	const [nearest] = bindings
		.map(({ action }) => ({ action, distance: leven(typed, action) }))
		.sort((one, other) => one.distance - other.distance);
	return nearest !== undefined && nearest.distance <= nearest.action.length / 2
		? `; did you mean ${nearest.action}?`
		: '; natter keys lists them';
}

/** One is the other, or its beginning: then the other could never be pressed. Esc alone may begin others. */
function interfere(one: string, other: string): boolean {
	return one === other || begins(one, other) || begins(other, one);
}

function begins(start: string, sequence: string): boolean {
	return start !== 'escape' && sequence.startsWith(`${start} `);
}

function clash(keys: string, other: { readonly field: string; readonly keys: string }): string {
	if (keys === other.keys) {
		return `${keys} is bound by ${other.field} already`;
	}
	return begins(keys, other.keys)
		? `${keys} begins ${other.keys}, which ${other.field} binds`
		: `${keys} begins with ${other.keys}, which ${other.field} binds`;
}

/** The usual key of an action; `undefined` when nothing is bound to it. */
export function keyOf(table: readonly Binding[], action: Bindable): string | undefined {
	return table.find((binding) => binding.action === action)?.keys[0];
}

interface Keymap {
	readonly actions: ReadonlyMap<string, Bindable>;
	/** What a longer sequence begins with. */
	readonly beginnings: ReadonlySet<string>;
}

const keymaps = new WeakMap<readonly Binding[], Keymap>();

function keymapOf(table: readonly Binding[]): Keymap {
	const known = keymaps.get(table);
	if (known !== undefined) {
		return known;
	}
	const actions = new Map(table.flatMap(({ action, keys }) => keys.map((key) => [key, action] as const)));
	const keymap = { actions, beginnings: new Set([...actions.keys()].flatMap(beginningsOf)) };
	keymaps.set(table, keymap);
	return keymap;
}

function beginningsOf(sequence: string): string[] {
	const keys = sequence.split(' ');
	return keys.flatMap((key, index) => {
		const before = keys.slice(0, index);
		const escaped = /(^|\+)alt\+/u.test(key) ? [[...before, 'escape'].join(' ')] : [];
		return index === 0 ? escaped : [before.join(' '), ...escaped];
	});
}

/** Keys that may be the beginning of a sequence. */
export interface Chord {
	readonly keys: string;
	/** When the last of them was pressed, ms by any clock that does not go back. */
	readonly at: number;
}

/**
 * How long after Esc a key is one with Alt, for keyboards and terminals without it: Esc alone has acted already. Whoever
 * means both presses them together; whoever goes on to type after Esc is to lose no letter, so that it is short.
 */
const escapeMs = 300;

/** How long the next key of any other sequence is waited for. */
const sequenceMs = 3000;

export interface Pressed {
	readonly events: readonly Unstamped[];
	/** What the next key may belong to. */
	readonly chord: Chord | undefined;
}

export interface Pressing {
	readonly bindings: readonly Binding[];
	/** What came of the chunk before. */
	readonly chord: Chord | undefined;
	/** By the clock of the chord. */
	readonly at: number;
}

/** A turn of the wheel comes as this many arrows at once. */
const arrowsPerTurn = 3;

/**
 * What the inputs of one chunk mean. Keys that nothing is bound to mean nothing. Two or more of the same vertical arrow
 * in one chunk are the wheel, as terminals send it to full screens: nobody types that fast. A key that ends no sequence is
 * taken by itself, and one with Alt that nothing is bound to as Esc and then that key, so that no text is lost.
 */
export function eventsOf(inputs: readonly Input[], { bindings: table, chord: begun, at }: Pressing): Pressed {
	const keymap = keymapOf(table);
	const events: Unstamped[] = [];
	let chord = begun;
	/** Whether the key does something, or begins what may. */
	const press = (key: string): boolean => {
		const before = chord !== undefined && isAwaited(chord, at) ? [chord.keys] : [];
		chord = undefined;
		for (const keys of [...before.map((earlier) => joined([...earlier.split(' '), key])), key]) {
			const action = keymap.actions.get(keys);
			const isBeginning = keymap.beginnings.has(keys);
			if (action !== undefined || isBeginning) {
				events.push(...(action === undefined ? [] : [eventOf(action)]));
				chord = isBeginning ? { keys, at } : undefined;
				return true;
			}
		}
		return false;
	};
	const type = (text: string): void => {
		const [character] = chord === undefined ? [] : graphemes(text);
		const rest = character !== undefined && press(characterKey(character)) ? text.slice(character.length) : text;
		if (rest !== '' && rest !== text && chord !== undefined) {
			type(rest);
		} else if (rest !== '') {
			events.push({ type: 'typed', text: rest });
		}
	};
	const pressKey = ({ name, afterEscape }: Extract<Input, { kind: 'key' }>): void => {
		if (press(name) || afterEscape === undefined) {
			return;
		}
		press('escape');
		if (afterEscape.kind === 'text') {
			type(afterEscape.text);
		} else if (afterEscape.kind === 'key') {
			pressKey(afterEscape);
		}
	};
	for (let index = 0; index < inputs.length; index++) {
		const input = inputs[index];
		const run = input === undefined ? 0 : arrowRun(inputs, index);
		if (run > 1) {
			const action = isKey(input, 'up') ? 'line-up' : 'line-down';
			const turns = Math.ceil(run / arrowsPerTurn);
			events.push(...Array.from({ length: turns }, () => ({ type: 'did', action }) as const));
			chord = undefined;
			index += run - 1;
			continue;
		}
		switch (input?.kind) {
			case 'text':
				type(input.text);
				break;
			case 'pasted':
				events.push({ type: 'pasted', text: input.text });
				chord = undefined;
				break;
			case 'key':
				pressKey(input);
				break;
			case 'mouse':
				events.push({ type: 'mouse', what: input.what, x: input.x, y: input.y });
				break;
			case 'background':
				events.push({ type: 'background', background: input.background });
				break;
			case 'focus':
				events.push({ type: 'focus', focused: input.focused });
				break;
		}
	}
	return { events, chord };
}

function isAwaited({ keys, at }: Chord, now: number): boolean {
	return now - at <= (/(^| )escape$/u.test(keys) ? escapeMs : sequenceMs);
}

function eventOf(action: Bindable): Unstamped {
	const place = /^room-(\d)$/u.exec(action)?.[1];
	return place === undefined
		? { type: 'did', action: action as Action }
		: { type: 'picked-room', place: Number(place) };
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
