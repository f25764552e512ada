import { describe, expect, it } from 'vitest';
import { commands } from '../../src/tui/commands.ts';
import { helpLines } from '../../src/tui/help.ts';
import { bindings, eventsOf } from '../../src/tui/keymap.ts';
import { readKeys } from '../../src/tui/keys.ts';
import { marks } from '../../src/tui/text/marks.ts';

const events = (chunk: string) => eventsOf(readKeys('', chunk).inputs);
const did = (action: string) => ({ type: 'did', action });

describe('the keymap', () => {
	it('binds no key twice', () => {
		const keys = bindings.flatMap((binding) => binding.keys);
		expect(keys).toEqual([...new Set(keys)]);
	});

	it('binds nothing that a terminal or a multiplexer takes for itself', () => {
		const keys = bindings.flatMap((binding) => binding.keys);
		expect(keys.filter((key) => ['ctrl+s', 'ctrl+q', 'ctrl+tab', 'ctrl+i', 'ctrl+m'].includes(key))).toEqual([]);
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
		['\x02', 'left'],
		['\x04', 'end-of-input'],
		['\x08', 'delete-back'],
		['\x1b\x7f', 'kill-word-back'],
		['\x1bd', 'kill-word-forward'],
		['\x1b[H', 'start'],
		['\x03', 'interrupt'],
	])('takes %j for %s', (bytes, action) => {
		expect(events(bytes)).toEqual([did(action)]);
	});

	it('takes Alt and a digit for a room', () => {
		expect(events('\x1b3')).toEqual([{ type: 'picked-room', place: 3 }]);
		expect(events('\x1b[51;3u')).toEqual([{ type: 'picked-room', place: 3 }]);
	});

	it('takes the same arrow twice and more in one chunk for the wheel', () => {
		expect(events('\x1b[A\x1b[A')).toEqual([did('line-up')]);
		expect(events('\x1bOB\x1bOB\x1bOB\x1bOB\x1bOB\x1bOB')).toEqual([did('line-down'), did('line-down')]);
		expect(events('\x1b[A\x1b[B')).toEqual([did('history-back'), did('history-forward')]);
		expect(events('\x1b[D\x1b[D')).toEqual([did('left'), did('left')]);
		expect(events('x\x1b[A\x1b[Ay')).toEqual([
			{ type: 'typed', text: 'x' },
			did('line-up'),
			{ type: 'typed', text: 'y' },
		]);
	});

	it('means nothing by keys that are bound to nothing', () => {
		expect(events('\x1b[23~\x1bz\x1b[?1007;1$y')).toEqual([]);
	});

	it('is printed in the help, with every key and every command', () => {
		const help = helpLines();
		expect(help).toContainEqual({ keys: 'Ctrl+N  F6  Alt+Right', text: 'next room' });
		expect(help).toContainEqual({ keys: 'Alt+1..9  Esc 1..9', text: 'room by its place' });
		expect(help).toContainEqual({ keys: '/gap show|why', text: 'what is held back; the proof of the order' });
		expect(help.filter(({ keys }) => keys !== '')).toHaveLength(bindings.length + 1 + commands.length + 6 + 9);
	});
});

it('the help explains every sign that a line or a person can have', () => {
	const explained = helpLines().flatMap(({ keys }) => keys.split('  '));
	const { waiting, numbered, refused, mention, here, away, unknown, told } = marks;
	expect(explained).toEqual(expect.arrayContaining([waiting, numbered, refused, mention, here, away, unknown, told]));
	expect(explained).toContain('~maya');
});
