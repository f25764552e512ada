import { describe, expect, it } from 'vitest';
import { commands } from '../../src/tui/commands.ts';
import { helpLines } from '../../src/tui/help.ts';
import { readSequence } from '../../src/tui/key-names.ts';
import { type Binding, bindings, type Chord, eventsOf, keyOf, rebound } from '../../src/tui/keymap.ts';
import { readKeys } from '../../src/tui/keys.ts';
import { screen } from '../../src/tui/selectors.ts';
import { marks } from '../../src/tui/text/marks.ts';
import { begun, play, sending } from './happenings.ts';
import { flatRows } from './states.ts';

/** What comes of chunks, and of ms that pass between them; a lone Esc is one that nothing has followed. */
function pressing(table: readonly Binding[], ...steps: readonly (string | number)[]) {
	let chord: Chord | undefined;
	let at = 0;
	return steps.flatMap((step) => {
		if (typeof step === 'number') {
			at += step;
			return [];
		}
		const inputs = step === '\x1b' ? ([{ kind: 'key', name: 'escape' }] as const) : readKeys('', step).inputs;
		const { events, chord: next } = eventsOf(inputs, { bindings: table, chord, at });
		chord = next;
		return events;
	});
}

const pressed = (...steps: readonly (string | number)[]) => pressing(bindings, ...steps);
const did = (action: string) => ({ type: 'did', action });
const typed = (text: string) => ({ type: 'typed', text });
const picked = (place: number) => ({ type: 'picked-room', place });

function bound(wishes: Readonly<Record<string, readonly string[]>>): readonly Binding[] {
	const result = rebound(wishes);
	if (!result.ok) {
		throw new Error(`${result.field}: ${result.detail}`);
	}
	return result.bindings;
}

describe('the keymap', () => {
	it('binds no key twice, and only keys that can be written in a configuration, as they are written there', () => {
		const keys = bindings.flatMap((binding) => binding.keys);
		expect(keys).toEqual([...new Set(keys)]);
		const doubles = ['ctrl+h'];
		expect(keys.filter((key) => !doubles.includes(key)).map((key) => readSequence(key))).toEqual(
			keys.filter((key) => !doubles.includes(key)).map((key) => ({ ok: true, keys: key })),
		);
	});

	it('binds nothing that a terminal or a multiplexer takes for itself', () => {
		const keys = bindings.flatMap((binding) => binding.keys);
		const foreign = ['ctrl+b', 'ctrl+s', 'ctrl+q', 'ctrl+tab', 'ctrl+i', 'ctrl+m'];
		expect(keys.filter((key) => foreign.includes(key) || /^alt\+[!-/:-@[-`{-~]$/u.test(key))).toEqual([]);
	});

	it.each([
		['\r', 'send'],
		['\x0e', 'next-room'],
		['\x1b[17~', 'next-room'],
		['\x1b[15~', 'previous-room'],
		['\x1b[[E', 'previous-room'],
		['\x1bOP', 'help'],
		['\x1b[19~', 'members'],
		['\x1b[5~', 'page-up'],
		['\x1b[1;2B', 'line-down'],
		['\x1b[A', 'history-back'],
		['\n', 'newline'],
		['\x1b\r', 'newline'],
		['\x1b[13;2u', 'newline'],
		['\x1b[D', 'left'],
		['\x04', 'end-of-input'],
		['\x08', 'delete-back'],
		['\x1b\x7f', 'kill-word-back'],
		['\x1bd', 'kill-word-forward'],
		['\x1b[H', 'start'],
		['\x03', 'interrupt'],
	])('takes %j for %s', (bytes, action) => {
		expect(pressed(bytes)).toEqual([did(action)]);
	});

	it('takes Alt and a digit for a room', () => {
		expect(pressed('\x1b3')).toEqual([picked(3)]);
		expect(pressed('\x1b[51;3u')).toEqual([picked(3)]);
	});

	it('takes the same arrow twice and more in one chunk for the wheel', () => {
		expect(pressed('\x1b[A\x1b[A')).toEqual([did('line-up')]);
		expect(pressed('\x1bOB\x1bOB\x1bOB\x1bOB\x1bOB\x1bOB')).toEqual([did('line-down'), did('line-down')]);
		expect(pressed('\x1b[A\x1b[B')).toEqual([did('history-back'), did('history-forward')]);
		expect(pressed('\x1b[D\x1b[D')).toEqual([did('left'), did('left')]);
		expect(pressed('x\x1b[A\x1b[Ay')).toEqual([typed('x'), did('line-up'), typed('y')]);
	});

	it('means nothing by keys that are bound to nothing', () => {
		expect(pressed('\x1b[23~\x1b[111;3u\x1b[?1007;1$y')).toEqual([]);
	});

	it('is printed in the help, with every key and every command', () => {
		const help = helpLines(bindings);
		expect(help).toContainEqual({ name: 'next-room', keys: 'Ctrl+N  F6  Alt+Right', text: 'next room' });
		expect(help).toContainEqual({ name: 'room-1..9', keys: 'Alt+1..9', text: 'room by its place' });
		expect(help).toContainEqual({ keys: '/gap show|why', text: 'what is held back; the proof of the order' });
		// Nine keys in one line, and one line more for Esc.
		expect(help.filter(({ keys }) => keys !== '')).toHaveLength(bindings.length - 8 + 1 + commands.length + 6 + 17);
	});
});

describe('sequences of keys', () => {
	it('take Esc and a key within 300 ms for that key with Alt, after Esc has done what it does', () => {
		expect(pressed('\x1b', 300, 's')).toEqual([did('escape'), did('last-room')]);
		expect(pressed('\x1b', 300, '2')).toEqual([did('escape'), picked(2)]);
		expect(pressed('\x1b', 300, '\x1b[C')).toEqual([did('escape'), did('next-room')]);
		expect(pressed('\x1b', 300, '\r')).toEqual([did('escape'), did('newline')]);
		expect(pressed('\x1b', 300, '\x7f')).toEqual([did('escape'), did('kill-word-back')]);
		expect(pressed('\x1b', 301, 's')).toEqual([did('escape'), typed('s')]);
		expect(pressed('\x1b', 301, '\r')).toEqual([did('escape'), did('send')]);
	});

	it('leave what follows them to be typed, and what is no sequence as it is', () => {
		expect(pressed('\x1b', '2nd')).toEqual([did('escape'), picked(2), typed('nd')]);
		expect(pressed('\x1b', 'ooh')).toEqual([did('escape'), typed('ooh')]);
		expect(pressed('\x1b', '\x1b[D', '2')).toEqual([did('escape'), did('previous-room'), typed('2')]);
		expect(pressed('\x1b', '\x1b', 's')).toEqual([did('escape'), did('escape'), did('last-room')]);
	});

	it('that nothing is bound to are Esc and then the key, when that may be what was pressed', () => {
		expect(pressed('\x1b/gap why\r')).toEqual([did('escape'), typed('/'), typed('gap why'), did('send')]);
		expect(pressed('\x1bHello')).toEqual([did('escape'), typed('H'), typed('ello')]);
		expect(pressed('\x1b\x03')).toEqual([did('escape'), did('interrupt')]);
		expect(pressed('\x1b\x00')).toEqual([did('escape')]);
		expect(pressed('\x1b😀')).toEqual([did('escape'), typed('😀')]);
		expect(pressed('\x1b[', 400, 'A')).toEqual([typed('A')]);
	});

	it('are forgotten at a paste and a turn of the wheel', () => {
		const paste = { type: 'pasted', text: 'x' };
		expect(pressed('\x1b', '\x1b[200~x\x1b[201~', '2')).toEqual([did('escape'), paste, typed('2')]);
		expect(pressed('\x1b', '\x1b[A\x1b[A', '2')).toEqual([did('escape'), did('line-up'), typed('2')]);
	});

	it('of other keys wait 3 s for the next one, and do nothing before', () => {
		const table = bound({ 'last-room': ['ctrl+x ctrl+e', 'ctrl+x a', 'alt+x 1'], redraw: ['ctrl+x alt+r'] });
		const steps = (...all: readonly (string | number)[]) => pressing(table, ...all);
		expect(steps('\x18')).toEqual([]);
		expect(steps('\x18', 3000, '\x05')).toEqual([did('last-room')]);
		expect(steps('\x18', 3001, '\x05')).toEqual([did('end')]);
		expect(steps('\x18', 'ab')).toEqual([did('last-room'), typed('b')]);
		expect(steps('\x18', 'b')).toEqual([typed('b')]);
		expect(steps('\x18', '\x03')).toEqual([did('interrupt')]);
		expect(steps('\x18', '\x1br')).toEqual([did('redraw')]);
		expect(steps('\x18', '\x1b', 'r')).toEqual([did('redraw')]);
		expect(steps('\x1bx1')).toEqual([did('last-room')]);
		expect(steps('\x1b', 'x', 2000, '1')).toEqual([did('escape'), did('last-room')]);
		expect(steps('\x1b', 'x1st')).toEqual([did('escape'), did('last-room'), typed('st')]);
	});
});

describe('a person binds keys by the names of actions', () => {
	it('in place of those that were there', () => {
		const table = bound({ 'next-room': ['Ctrl+Right', 'Esc PgDn'], help: [] });
		expect(pressing(table, '\x1b[1;5C', '\x1b[6;3~')).toEqual([did('next-room'), did('next-room')]);
		expect(pressing(table, '\x0e', '\x1bOP')).toEqual([]);
		// It was taken from the action that had it.
		expect(table.find(({ action }) => action === 'word-right')?.keys).toEqual(['alt+f']);
		expect([keyOf(table, 'help'), keyOf(table, 'next-room')]).toEqual([undefined, 'ctrl+right']);
	});

	it('and the help and the hints say so', () => {
		const table = bound({ 'next-room': ['ctrl+x ctrl+n'], help: [], 'room-2': ['f2'] });
		expect(helpLines(table)).toContainEqual({ name: 'next-room', keys: 'Ctrl+X Ctrl+N', text: 'next room' });
		expect(helpLines(table)).toContainEqual({ name: 'help', keys: 'no key', text: 'this page' });
		expect(helpLines(table).filter(({ text }) => /^room [12]/.test(text))).toEqual([
			{ name: 'room-1', keys: 'Alt+1', text: 'room 1' },
			{ name: 'room-2', keys: 'F2', text: 'room 2' },
		]);
		const usual = begun({ size: { columns: 80, rows: 24 } });
		const mine = { ...usual, preferences: { ...usual.preferences, bindings: table } };
		expect([usual, mine].map((state) => flatRows(screen(state)).at(-1))).toEqual([
			' Enter send  ^J newline  ^N/^P room  PgUp scroll                        F1 help ',
			' Enter send  ^J newline  ^X^N/^P room  PgUp scroll                   /help help ',
		]);
	});

	it('and /keys shows them before all else', () => {
		const page = flatRows(screen(play(begun(), ...sending('/keys')).state));
		expect(page.slice(3, 6)).toEqual([
			' Keys                                                              │ here ?     ',
			'  Enter                   send; on an empty line, dial now         │            ',
			'  Ctrl+J  Alt+Enter       new line, as \\ before Enter              │            ',
		]);
	});

	it.each([
		[{ 'nxt-room': ['f9'] }, 'nxt-room', 'there is no action of this name; did you mean next-room?'],
		[{ dance: ['f9'] }, 'dance', 'there is no action of this name; natter keys lists them'],
		[{ help: ['f9', 'f13'] }, 'help[1]', '"f13" is no key, such as ctrl+n, alt+right, f6 or pageup'],
		[{ help: ['hyper+x'] }, 'help[0]', '"hyper+x" is no key, such as ctrl+n, alt+right, f6 or pageup'],
		[{ help: [''] }, 'help[0]', '"" is no key, such as ctrl+n, alt+right, f6 or pageup'],
		[{ help: ['ctrl+i'] }, 'help[0]', 'ctrl+i is tab in most terminals; name that one'],
		[{ help: ['x'] }, 'help[0]', 'x alone is text that is typed'],
		[{ help: ['X 1'] }, 'help[0]', 'shift+x alone is text that is typed'],
		[{ help: ['f9', 'F9'] }, 'help[1]', 'f9 is bound by help[0] already'],
		[{ help: ['alt+x'], members: ['f9', 'esc x'] }, 'members[1]', 'alt+x is bound by help[0] already'],
		[{ help: ['f9 a'], members: ['f9'] }, 'members[0]', 'f9 begins f9 a, which help[0] binds'],
		[{ help: ['f9'], members: ['f9 a'] }, 'members[0]', 'f9 a begins with f9, which help[0] binds'],
	])('and hears what is wrong with %j', (wishes, field, detail) => {
		expect(rebound(wishes)).toEqual({ ok: false, field, detail });
	});
});

it('the help explains every sign that a line or a person can have', () => {
	const explained = helpLines(bindings).flatMap(({ keys }) => keys.split('  '));
	const { waiting, numbered, refused, mention, here, away, unknown, told } = marks;
	expect(explained).toEqual(expect.arrayContaining([waiting, numbered, refused, mention, here, away, unknown, told]));
	expect(explained).toContain('~maya');
});
