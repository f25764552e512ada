/**
 * The names of keys, as people write them in their configuration and read them in the help. A name is `ctrl+`, `alt+` and
 * `shift+` in this order, then a named key or a character; a sequence is several, with blanks between them.
 */
import { graphemes } from '../protocol/graphemes.ts';

const otherNames: Readonly<Record<string, string>> = {
	esc: 'escape',
	return: 'enter',
	del: 'delete',
	ins: 'insert',
	pgup: 'pageup',
	pgdn: 'pagedown',
	pgdown: 'pagedown',
};

const namedKeys = new Set([
	...['enter', 'tab', 'backspace', 'escape', 'space', 'insert', 'delete', 'home', 'end', 'pageup', 'pagedown'],
	...['up', 'down', 'left', 'right'],
	...Array.from({ length: 12 }, (_, index) => `f${index + 1}`),
]);

/** Terminals send the same for both, unless they speak the kitty protocol. */
const doubles: Readonly<Record<string, string>> = {
	'ctrl+i': 'tab',
	'ctrl+m': 'enter',
	'ctrl+h': 'backspace',
	'ctrl+[': 'escape',
};

export type ReadSequence =
	| { readonly ok: true; readonly keys: string }
	| { readonly ok: false; readonly detail: string };

/**
 * Reads a sequence of keys as a person has written it. What Esc and a key after it are is one with Alt and that key, for
 * terminals send the same for both.
 */
export function readSequence(written: string): ReadSequence {
	const keys: string[] = [];
	for (const word of written.trim().split(/\s+/u)) {
		const key = readName(word);
		if (key === undefined) {
			return { ok: false, detail: `${JSON.stringify(word)} is no key, such as ctrl+n, alt+right, f6 or pageup` };
		}
		const double = doubles[key];
		if (double !== undefined) {
			return { ok: false, detail: `${key} is ${double} in most terminals; name that one` };
		}
		keys.push(key);
	}
	const sequence = joined(keys);
	const [first = ''] = sequence.split(' ');
	if (isTyped(first)) {
		return { ok: false, detail: `${first} alone is text that is typed` };
	}
	return { ok: true, keys: sequence };
}

/** These keys one after the other; Esc and a key after it are that key with Alt. */
export function joined(keys: readonly string[]): string {
	const all: string[] = [];
	for (const key of keys) {
		const altered = all.at(-1) === 'escape' ? withAlt(key) : undefined;
		if (altered !== undefined) {
			all.pop();
		}
		all.push(altered ?? key);
	}
	return all.join(' ');
}

/** A typed character as a key of a sequence: `shift+a` for a capital. */
export function characterKey(character: string): string {
	const lower = character.toLowerCase();
	return character === ' ' ? 'space' : lower === character ? character : `shift+${lower}`;
}

/** `ctrl+x ctrl+e` as `Ctrl+X Ctrl+E`. */
export function shownKeys(sequence: string): string {
	return sequence.split(' ').map(shownKey).join(' ');
}

/** As short as it is written in hints: `^X^E`. */
export function shortKeys(sequence: string): string {
	return sequence
		.split(' ')
		.map((key) => (/^ctrl\+.$/u.test(key) ? `^${key.slice(5).toUpperCase()}` : shownKey(key)))
		.join('');
}

const words: Readonly<Record<string, string>> = { pageup: 'PgUp', pagedown: 'PgDn', escape: 'Esc' };

function shownKey(key: string): string {
	const { modifiers, base } = partsOf(key);
	return [...modifiers, base].map((part) => words[part] ?? part.charAt(0).toUpperCase() + part.slice(1)).join('+');
}

/** With Alt; `undefined` for a key that has it already, and for Esc, which may begin anew. */
function withAlt(key: string): string | undefined {
	const { modifiers, base } = partsOf(key);
	return modifiers.includes('alt') || base === 'escape' ? undefined : named([...modifiers, 'alt'], base);
}

const modifierNames = ['ctrl', 'alt', 'shift'];

function partsOf(key: string): { readonly modifiers: readonly string[]; readonly base: string } {
	const [, before = '', base = ''] = /^((?:(?:ctrl|alt|shift)\+)*)(.+)$/u.exec(key) ?? [];
	return { modifiers: before.split('+').filter((part) => part !== ''), base };
}

function named(modifiers: readonly string[], base: string): string {
	return [...modifierNames.filter((name) => modifiers.includes(name)), base].join('+');
}

function readName(word: string): string | undefined {
	const { modifiers, base: written } = partsOf(graphemes(word).length === 1 ? characterKey(word) : word.toLowerCase());
	const base = otherNames[written] ?? written;
	const isKey = namedKeys.has(base) || (graphemes(base).length === 1 && !/[\p{C}\p{M}\s]/u.test(base));
	return isKey ? named(modifiers, base) : undefined;
}

function isTyped(key: string): boolean {
	const { modifiers, base } = partsOf(key);
	const isText = base === 'space' || !namedKeys.has(base);
	return isText && !modifiers.includes('ctrl') && !modifiers.includes('alt');
}
