import { describe, expect, it } from 'vitest';
import { freshTest, keysText, tested } from '../../src/cli/keys.ts';
import { bindings, rebound } from '../../src/tui/keymap.ts';
import { readKeys } from '../../src/tui/keys.ts';
import { read, refusal } from '../helpers/reading-settings.ts';

const own = rebound({ 'next-room': ['ctrl+x ctrl+n'], help: [] });
const mine = own.ok ? own.bindings : [];

/** What is shown for chunks that come soon one after the other. */
function testing(chunks: readonly string[], table = bindings) {
	let test = freshTest;
	let ends = false;
	const lines = chunks.flatMap((bytes) => {
		const inputs = bytes === '\x1b' ? ([{ kind: 'key', name: 'escape' }] as const) : readKeys('', bytes).inputs;
		const next = tested(test, { inputs, bytes, bindings: table, at: 0 });
		test = next.test;
		ends = next.ends;
		return next.lines.map((line) => line.replaceAll(/ {2,}/gu, ' | '));
	});
	return { lines, ends };
}

describe('natter keys', () => {
	it('prints keys and commands as a configuration binds them', () => {
		const lines = keysText(mine).split('\n');
		expect(lines.slice(0, 2)).toEqual([
			'Commands',
			expect.stringMatching(/^ {2}\/join ROOM \[where FILTER\] +join a room/u),
		]);
		expect(lines).toContainEqual(expect.stringMatching(/^ {2}next-room +Ctrl\+X Ctrl\+N +next room$/u));
		expect(lines).toContainEqual(expect.stringMatching(/^ {2}help +no key +this page$/u));
	});

	it('takes the keys of a configuration, and nothing else', () => {
		expect(read(['keys'])).toEqual({ command: 'keys', test: false, bindings });
		expect(read(['keys'], { test: true }, {}, { bindings: mine })).toEqual({
			command: 'keys',
			test: true,
			bindings: mine,
		});
		expect(refusal(['keys', 'x'])).toBe('Unexpected argument "x"; see natter --help');
		expect(refusal([], { test: true })).toBe('--test belongs to natter keys');
	});
});

describe('natter keys --test', () => {
	it('shows what came, what it is called, and what it does', () => {
		expect(
			testing(['\x0e', '\x1b[17~', '\x1b3', 'x', 'A', 'ä', '\x1b[23~', '\x1b[200~two\nlines\x1b[201~']).lines,
		).toEqual([
			'\\x0e | ctrl+n | next-room',
			'\\x1b[17~ | f6 | next-room',
			'\\x1b3 | alt+3 | room-3',
			'x | x | typed',
			'A | shift+a | typed',
			'ä | ä | typed',
			'\\x1b[23~ | f11 | nothing',
			expect.stringMatching(/^\\x1b\[200~two\\nli… paste | pasted$/u),
		]);
	});

	it('shows keys that came together below each other, and what natter does not know', () => {
		expect(testing(['a\x7f', '\x1b[99~', '\x9c']).lines).toEqual([
			'a\\x7f | a | typed',
			' | backspace | delete-back',
			'\\x1b[99~ | unknown | nothing',
			'\\x9c | unknown | nothing',
		]);
	});

	it('shows what a sequence begins with, and what it does', () => {
		expect(testing(['\x18', '\x0e', '\x1b', 's'], mine).lines).toEqual([
			'\\x18 | ctrl+x | ctrl+x ...',
			'\\x0e | ctrl+n | next-room',
			'\\x1b | escape | escape, escape ...',
			's | s | last-room',
		]);
	});

	it('ends with q, or Ctrl+C twice', () => {
		expect(testing(['q']).ends).toBe(true);
		expect(testing(['\x03']).ends).toBe(false);
		expect(testing(['\x03', '\x03']).ends).toBe(true);
		expect(testing(['\x03', 'x', '\x03']).ends).toBe(false);
	});
});
