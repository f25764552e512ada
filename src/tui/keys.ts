/**
 * What a terminal sends, as keys. Ink's `useInput` has no words for F-keys and hands unknown sequences on as text, so the
 * chunks are read here: a table of the sequences of xterm, VTE, tmux, rxvt, the Linux console and the kitty protocol.
 * What is in no table is dropped.
 */

/**
 * One thing that came from the keyboard. A key's name is `ctrl+`, `alt+`, `shift+` in this order, then `f1`, `pageup`,
 * `enter` or the character.
 */
export type Input =
	| {
			readonly kind: 'key';
			readonly name: string;
			/** An Esc and then this is the same bytes. */
			readonly afterEscape?: Input;
	  }
	| { readonly kind: 'text'; readonly text: string }
	| { readonly kind: 'pasted'; readonly text: string }
	/** The terminal's answer to the question what its background is like. */
	| { readonly kind: 'background'; readonly background: 'light' | 'dark' }
	/** The terminal has the keyboard, or has it no more. */
	| { readonly kind: 'focus'; readonly focused: boolean }
	/** A button of the mouse went down, or its wheel turned, at this cell, counted from 0 at the top left. */
	| { readonly kind: 'mouse'; readonly what: 'click' | 'up' | 'down'; readonly x: number; readonly y: number }
	/** The terminal's answer to a question about one of its private modes. */
	| { readonly kind: 'mode'; readonly mode: number; readonly set: boolean };

export interface Reading {
	readonly inputs: readonly Input[];
	/** What the inputs were read from, and what was dropped among it. */
	readonly bytes: string;
	/** What has begun and whose rest has not come; it belongs before the next chunk. */
	readonly pending: Pending;
}

/** The beginning of a sequence, or of a paste. */
export type Pending = string | Paste;

interface Paste {
	/** No more than a chunk longer than `longestPaste`. */
	readonly text: string;
	/** The last characters that came, which may be the beginning of the paste's end. */
	readonly tail: string;
}

/** What is pasted beyond so many UTF-16 units is dropped: a text that is longer is not whole. */
export const longestPaste = 1024 * 1024;

/** Reads a chunk after what was pending. A lone Esc is pending: only time tells it from the beginning of a sequence. */
export function readKeys(pending: Pending, chunk: string): Reading {
	let paste = typeof pending === 'string' ? undefined : pending;
	const text = typeof pending === 'string' ? pending + chunk : chunk;
	const inputs: Input[] = [];
	let bytes = '';
	let at = 0;
	while (at < text.length) {
		if (paste !== undefined) {
			const { pasted, next, rest } = readPaste(paste, text, at);
			paste = rest;
			if (pasted !== undefined) {
				inputs.push({ kind: 'pasted', text: pasted });
				bytes += pasteStart + pasted + pasteEnd;
			}
			at = next;
			continue;
		}
		if (text.startsWith(pasteStart, at)) {
			paste = { text: '', tail: '' };
			at += pasteStart.length;
			continue;
		}
		const found = text[at] === esc ? readEscape(text, at) : readPlain(text, at);
		if (found === undefined) {
			return { inputs, bytes, pending: text.slice(at) };
		}
		inputs.push(...found.inputs);
		bytes += text.slice(at, found.next);
		at = found.next;
	}
	return { inputs, bytes, pending: paste ?? '' };
}

/** Goes on with a paste, looking at no more of what came before than may be the beginning of its end. */
function readPaste(
	{ text, tail }: Paste,
	chunk: string,
	at: number,
): { readonly pasted?: string; readonly next: number; readonly rest?: Paste } {
	const isLong = text.length > longestPaste;
	const seen = tail + chunk.slice(at);
	const end = seen.indexOf(pasteEnd);
	if (end === -1) {
		const rest = { text: isLong ? text : text + chunk.slice(at), tail: seen.slice(1 - pasteEnd.length) };
		return { next: chunk.length, rest };
	}
	const pasted = isLong ? text : (text + chunk.slice(at)).slice(0, text.length - tail.length + end);
	return { pasted, next: at - tail.length + end + pasteEnd.length };
}

/**
 * Reads what was pending when nothing follows: Esc, a key with Alt that looked like the beginning of a sequence, or a paste
 * whose end was lost.
 */
export function flushKeys(pending: Pending): Reading {
	if (typeof pending !== 'string') {
		const { text } = pending;
		return { inputs: [{ kind: 'pasted', text }], bytes: pasteStart + text, pending: '' };
	}
	return { inputs: flushed(pending), bytes: pending, pending: '' };
}

function flushed(pending: string): readonly Input[] {
	if (pending === esc) {
		return [key('escape')];
	}
	if (pending.startsWith(esc + esc)) {
		return [key('escape'), ...flushed(pending.slice(1))];
	}
	return pending.length === 2 ? altered(pending.slice(1)) : [];
}

/**
 * What the rest of what is pending is waited for as: of a key it comes at once, of a paste or an answer that nobody types
 * it may take a while.
 */
export function awaited(pending: Pending): 'nothing' | 'key' | 'rest' {
	if (pending === '') {
		return 'nothing';
	}
	return typeof pending === 'string' && !pending.startsWith(backgroundStart) ? 'key' : 'rest';
}

const esc = '\x1b';
const pasteStart = '\x1b[200~';
const backgroundStart = '\x1b]11;';
const pasteEnd = '\x1b[201~';

interface Found {
	readonly inputs: readonly Input[];
	readonly next: number;
}

function key(name: string, modifiers: { ctrl?: boolean; alt?: boolean; shift?: boolean } = {}): Input {
	const { ctrl = false, alt = false, shift = false } = modifiers;
	return { kind: 'key', name: `${ctrl ? 'ctrl+' : ''}${alt ? 'alt+' : ''}${shift ? 'shift+' : ''}${name}` };
}

function readPlain(text: string, at: number): Found {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are keys here
	const run = /[^\x00-\x1f\x7f-\x9f]+/y;
	run.lastIndex = at;
	const match = run.exec(text);
	if (match !== null) {
		return { inputs: [{ kind: 'text', text: match[0] }], next: run.lastIndex };
	}
	return { inputs: controlKey(text.charCodeAt(at)), next: at + 1 };
}

function controlKey(code: number, alt = false): readonly Input[] {
	if (code === 0x0d) {
		return [key('enter', { alt })];
	}
	if (code === 0x09) {
		return [key('tab', { alt })];
	}
	if (code === 0x7f || code === 0x08) {
		return [key('backspace', { alt })];
	}
	if (code >= 1 && code <= 26) {
		return [key(String.fromCharCode(code + 96), { ctrl: true, alt })];
	}
	if (code === 0) {
		return [key('space', { ctrl: true, alt })];
	}
	return code < 0x20 ? [key(String.fromCharCode(code + 64), { ctrl: true, alt })] : [];
}

/** `undefined`: the rest has not come. */
function readEscape(text: string, at: number): Found | undefined {
	switch (text[at + 1]) {
		case undefined:
			return undefined;
		case '[':
			return readControlSequence(text, at, false);
		case 'O':
			return readSingleShift(text, at, false);
		case ']':
		case 'P':
		case '_':
		case '^':
		case 'X':
			return readString(text, at);
		case esc:
			return readTwoEscapes(text, at);
		default: {
			const character = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
			return { inputs: eitherWay(character), next: at + 1 + character.length };
		}
	}
}

/** Some terminals put an Esc before a sequence for Alt; else these are two keys. */
function readTwoEscapes(text: string, at: number): Found | undefined {
	if (text.startsWith(pasteStart, at + 1)) {
		return { inputs: [key('escape')], next: at + 1 };
	}
	switch (text[at + 2]) {
		case undefined:
			return undefined;
		case '[':
			return readControlSequence(text, at + 1, true);
		case 'O':
			return readSingleShift(text, at + 1, true);
		default:
			return { inputs: [key('escape')], next: at + 1 };
	}
}

/** A key with Alt, which may have been Esc and then that key. */
function eitherWay(character: string): readonly Input[] {
	const [afterEscape] = readPlain(character, 0).inputs;
	return altered(character).map((input) => (afterEscape === undefined ? input : { ...input, afterEscape }));
}

function altered(character: string): readonly Input[] {
	const code = character.codePointAt(0) ?? 0;
	if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
		return controlKey(code, true);
	}
	const lower = character.toLowerCase();
	return [key(character === ' ' ? 'space' : lower, { alt: true, shift: lower !== character })];
}

/** A control string that is longer and has no end is none. */
const longestString = 128;

/**
 * Titles, colours and the like that a terminal answers with, up to their end: dropped, save its background. A control
 * character that does not end it, Ctrl+C say, is a key behind one that was cut short.
 */
function readString(text: string, at: number): Found | undefined {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the ends of a control string
	const end = /(\x07|\x1b\\)|\x1b?$|[\x00-\x1f]/g;
	end.lastIndex = at + 2;
	const match = end.exec(text);
	const index = match?.index ?? text.length;
	const [found = '', whole] = match ?? [];
	if (whole !== undefined) {
		return { inputs: backgroundOf(text.slice(at + 1, index)), next: index + found.length };
	}
	const isCut = index + found.length < text.length || (found !== '' && found !== esc);
	return isCut || index - at > longestString ? { inputs: [], next: index } : undefined;
}

/** `]11;rgb:ffff/ffff/ffff`: one to four hexadecimal digits each. */
function backgroundOf(reply: string): readonly Input[] {
	const [, ...parts] = /^\]11;rgba?:([\da-f]{1,4})\/([\da-f]{1,4})\/([\da-f]{1,4})/iu.exec(reply) ?? [];
	const [red, green, blue] = parts.map((part) => Number.parseInt(part, 16) / (16 ** part.length - 1));
	if (red === undefined || green === undefined || blue === undefined) {
		return [];
	}
	// How bright it looks, by ITU-R BT.709.
	const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
	return [{ kind: 'background', background: luminance > 0.5 ? 'light' : 'dark' }];
}

const numbered: Readonly<Record<string, string>> = {
	1: 'home',
	2: 'insert',
	3: 'delete',
	4: 'end',
	5: 'pageup',
	6: 'pagedown',
	7: 'home',
	8: 'end',
	11: 'f1',
	12: 'f2',
	13: 'f3',
	14: 'f4',
	15: 'f5',
	17: 'f6',
	18: 'f7',
	19: 'f8',
	20: 'f9',
	21: 'f10',
	23: 'f11',
	24: 'f12',
};

const lettered: Readonly<Record<string, string>> = {
	A: 'up',
	B: 'down',
	C: 'right',
	D: 'left',
	F: 'end',
	H: 'home',
	P: 'f1',
	Q: 'f2',
	S: 'f4',
};

const consoleKeys: Readonly<Record<string, string>> = { A: 'f1', B: 'f2', C: 'f3', D: 'f4', E: 'f5' };

/** Keys of the kitty protocol that are not characters. */
const codedKeys: Readonly<Record<number, string>> = {
	9: 'tab',
	13: 'enter',
	27: 'escape',
	32: 'space',
	127: 'backspace',
	57414: 'enter',
	57417: 'left',
	57418: 'right',
	57419: 'up',
	57420: 'down',
	57421: 'pageup',
	57422: 'pagedown',
	57423: 'home',
	57424: 'end',
	57425: 'insert',
	57426: 'delete',
};

/** The digits and signs of the keypad begin here in the kitty protocol, and at `p` and `j` after `Esc O`. */
const kittyKeypad = 57399;
const keypadTexts = '0123456789./*-+';
const keypadLetters = 'pqrstuvwxynojmk';

const longestSequence = 64;

function readControlSequence(text: string, at: number, alt: boolean): Found | undefined {
	const console = /\[\[([A-E])?/y;
	console.lastIndex = at + 1;
	const consoleMatch = console.exec(text);
	if (consoleMatch !== null) {
		const name = consoleKeys[consoleMatch[1] ?? ''];
		if (name === undefined && text.length === console.lastIndex) {
			return undefined;
		}
		return { inputs: name === undefined ? [] : [key(name, { alt })], next: console.lastIndex };
	}
	const sequence = /\[([\x30-\x3f]*)([\x20-\x2f]*)([\x40-\x7e]?)/y;
	sequence.lastIndex = at + 1;
	const [whole = '', parameters = '', between = '', final = ''] = sequence.exec(text) ?? [];
	const next = at + 1 + whole.length;
	// rxvt ends keys with Shift in a character that would otherwise stand before the end.
	if (between === '$' && /^\d$/.test(parameters)) {
		return { inputs: named(numbered[parameters], { alt, shift: true }), next: at + 2 + parameters.length + 1 };
	}
	if (final === '') {
		// A sequence that goes on where none can is given up with what came of it.
		return next === text.length && whole.length < longestSequence ? undefined : { inputs: [], next };
	}
	if (final === 'M' && parameters === '') {
		return text.length < next + 3 ? undefined : { inputs: [], next: next + 3 };
	}
	if ((final === 'I' || final === 'O') && whole.length === 2) {
		return { inputs: [{ kind: 'focus', focused: final === 'I' }], next };
	}
	if ((final === 'M' || final === 'm') && parameters.startsWith('<')) {
		return { inputs: final === 'M' ? mouseReport(parameters) : [], next };
	}
	if (final === 'y' && between === '$') {
		return { inputs: modeReply(parameters), next };
	}
	return { inputs: between === '' && /^[\d;:]*$/.test(parameters) ? sequenceKey(parameters, final, alt) : [], next };
}

/** The left button alone, and the wheel; with Shift they are the terminal's own. */
const mouseButtons: Readonly<Record<string, 'click' | 'up' | 'down'>> = { 0: 'click', 64: 'up', 65: 'down' };

function mouseReport(parameters: string): readonly Input[] {
	const [, button = '', x, y] = /^<(\d+);(\d+);(\d+)$/.exec(parameters) ?? [];
	const what = mouseButtons[button];
	return what === undefined ? [] : [{ kind: 'mouse', what, x: Number(x) - 1, y: Number(y) - 1 }];
}

function modeReply(parameters: string): readonly Input[] {
	const [, mode, value] = /^\?(\d+);(\d)$/.exec(parameters) ?? [];
	return mode === undefined ? [] : [{ kind: 'mode', mode: Number(mode), set: value === '1' }];
}

function sequenceKey(parameters: string, final: string, alt: boolean): readonly Input[] {
	const fields = parameters.split(';');
	const [code = '', ,] = (fields[0] ?? '').split(':');
	const [mask = '', event = ''] = (fields[1] ?? '').split(':');
	if (event === '3') {
		return [];
	}
	const modifiers = modifiersOf(mask, alt);
	switch (final) {
		case 'u':
			return codedKey(Number(code), modifiers, fields);
		case '~':
			return code === '27' ? codedKey(Number(fields[2]), modifiers, []) : named(numbered[code], modifiers);
		case '^':
			return named(numbered[code], { ...modifiers, ctrl: true });
		case '@':
			return named(numbered[code], { ...modifiers, ctrl: true, shift: true });
		case 'Z':
			return [key('tab', { ...modifiers, shift: true })];
		case 'a':
		case 'b':
		case 'c':
		case 'd':
			return named(lettered[final.toUpperCase()], { ...modifiers, shift: true });
		default:
			return code === '' || code === '1' ? named(lettered[final], modifiers) : [];
	}
}

interface Modifiers {
	readonly ctrl: boolean;
	readonly alt: boolean;
	readonly shift: boolean;
	/** Super, hyper: keys of the window system, never ours. */
	readonly foreign: boolean;
}

function modifiersOf(mask: string, alt: boolean): Modifiers {
	const bits = mask === '' ? 0 : Number(mask) - 1;
	return {
		shift: (bits & 1) !== 0,
		alt: alt || (bits & (2 | 32)) !== 0,
		ctrl: (bits & 4) !== 0,
		foreign: (bits & (8 | 16)) !== 0,
	};
}

function named(name: string | undefined, modifiers: Partial<Modifiers>): readonly Input[] {
	return name === undefined || modifiers.foreign === true ? [] : [key(name, modifiers)];
}

/** A key by its code point, as the kitty protocol and xterm's modifyOtherKeys tell it. */
function codedKey(code: number, modifiers: Modifiers, fields: readonly string[]): readonly Input[] {
	const special = codedKeys[code];
	const typed = !modifiers.ctrl && !modifiers.alt && !modifiers.foreign;
	if (special !== undefined) {
		return special === 'space' && typed ? [{ kind: 'text', text: ' ' }] : named(special, modifiers);
	}
	const keypad = keypadTexts[code - kittyKeypad];
	if (keypad !== undefined) {
		return typed ? [{ kind: 'text', text: keypad }] : named(keypad, modifiers);
	}
	if (!isCharacter(code)) {
		return [];
	}
	const character = String.fromCodePoint(code);
	if (!typed) {
		const lower = character.toLowerCase();
		return named(lower, { ...modifiers, shift: modifiers.shift || lower !== character });
	}
	const told = (fields[2] ?? '').split(':').map(Number).filter(isCharacter);
	const shifted = Number((fields[0] ?? '').split(':')[1] || Number.NaN);
	const capital = isCharacter(shifted) ? String.fromCodePoint(shifted) : character.toUpperCase();
	const text = told.length > 0 ? String.fromCodePoint(...told) : modifiers.shift ? capital : character;
	return [{ kind: 'text', text }];
}

/** Not a control, not a surrogate, not one of the kitty protocol's own keys in the private use area. */
function isCharacter(code: number): boolean {
	return (code > 0x20 && code < 0x7f) || (code > 0x9f && code < 0xd800) || (code > 0xf8ff && code <= 0x10ffff);
}

function readSingleShift(text: string, at: number, alt: boolean): Found | undefined {
	const sequence = /O(\d*)(?:;(\d+))?([A-Za-z])?/y;
	sequence.lastIndex = at + 1;
	const [whole = '', first = '', second, final] = sequence.exec(text) ?? [];
	const next = at + 1 + whole.length;
	if (final === undefined) {
		return next === text.length ? undefined : { inputs: [], next };
	}
	const modifiers = modifiersOf(second ?? first, alt);
	if (final === 'M') {
		return { inputs: [key('enter', modifiers)], next };
	}
	if (final === 'R') {
		return { inputs: [key('f3', modifiers)], next };
	}
	if ('abcd'.includes(final)) {
		return { inputs: named(lettered[final.toUpperCase()], { ...modifiers, ctrl: true }), next };
	}
	const keypad = keypadTexts[keypadLetters.indexOf(final)];
	return { inputs: keypad === undefined ? named(lettered[final], modifiers) : [{ kind: 'text', text: keypad }], next };
}
