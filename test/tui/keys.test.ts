import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { keyReader } from '../../src/tui/key-reader.ts';
import { awaited, flushKeys, type Input, longestPaste, type Pending, readKeys } from '../../src/tui/keys.ts';

/** What a chunk is read as: keys by name, text as it is, the rest as values. */
function read(chunk: string): unknown[] {
	const { inputs, pending } = readKeys('', chunk);
	return [...inputs, ...flushKeys(pending).inputs].map(short);
}

function short(input: Input): unknown {
	switch (input.kind) {
		case 'key':
			return `<${input.name}>`;
		case 'text':
			return input.text;
		default:
			return input;
	}
}

const table: Readonly<Record<string, readonly (readonly [string, string])[]>> = {
	'every terminal': [
		['\r', 'enter'],
		['\n', 'ctrl+j'],
		['\t', 'tab'],
		['\x7f', 'backspace'],
		['\b', 'backspace'],
		['\x01', 'ctrl+a'],
		['\x0e', 'ctrl+n'],
		['\x10', 'ctrl+p'],
		['\x1a', 'ctrl+z'],
		['\x00', 'ctrl+space'],
		['\x1f', 'ctrl+_'],
		['\x1b', 'escape'],
		['\x1bb', 'alt+b'],
		['\x1bB', 'alt+shift+b'],
		['\x1b1', 'alt+1'],
		['\x1b9', 'alt+9'],
		['\x1b\x7f', 'alt+backspace'],
		['\x1b\r', 'alt+enter'],
		['\x1b ', 'alt+space'],
		['\x1bé', 'alt+é'],
		['\x1b[A', 'up'],
		['\x1b[5~', 'pageup'],
		['\x1b[6~', 'pagedown'],
		['\x1b[3~', 'delete'],
		['\x1b[2~', 'insert'],
		['\x1b[Z', 'shift+tab'],
	],
	xterm: [
		['\x1bOA', 'up'],
		['\x1bOP', 'f1'],
		['\x1b[15~', 'f5'],
		['\x1b[17~', 'f6'],
		['\x1b[19~', 'f8'],
		['\x1b[24~', 'f12'],
		['\x1b[H', 'home'],
		['\x1bOF', 'end'],
		['\x1b[1;2A', 'shift+up'],
		['\x1b[1;2B', 'shift+down'],
		['\x1b[1;3C', 'alt+right'],
		['\x1b[1;5D', 'ctrl+left'],
		['\x1b[1;5H', 'ctrl+home'],
		['\x1b[1;5F', 'ctrl+end'],
		['\x1b[1;2P', 'shift+f1'],
		['\x1b[15;5~', 'ctrl+f5'],
		['\x1b[3;5~', 'ctrl+delete'],
		['\x1b[27;2;13~', 'shift+enter'],
		['\x1b[27;5;9~', 'ctrl+tab'],
		['\x1bOM', 'enter'],
	],
	'tmux and screen': [
		['\x1b[1~', 'home'],
		['\x1b[4~', 'end'],
		['\x1bOQ', 'f2'],
		['\x1b[1;3D', 'alt+left'],
		['\x1b\x1b[C', 'alt+right'],
		['\x1b\x1bOD', 'alt+left'],
	],
	'the Linux console': [
		['\x1b[[A', 'f1'],
		['\x1b[[E', 'f5'],
		['\x1b[17~', 'f6'],
		['\x1b[1~', 'home'],
		['\x1b[4~', 'end'],
	],
	rxvt: [
		['\x1b[7~', 'home'],
		['\x1b[8~', 'end'],
		['\x1b[11~', 'f1'],
		['\x1b[a', 'shift+up'],
		['\x1bOd', 'ctrl+left'],
		['\x1b[7^', 'ctrl+home'],
		['\x1b[3$', 'shift+delete'],
		['\x1b[3@', 'ctrl+shift+delete'],
	],
	'the kitty protocol': [
		['\x1b[27u', 'escape'],
		['\x1b[110;5u', 'ctrl+n'],
		['\x1b[49;3u', 'alt+1'],
		['\x1b[98;3u', 'alt+b'],
		['\x1b[13;2u', 'shift+enter'],
		['\x1b[13;3u', 'alt+enter'],
		['\x1b[127;5u', 'ctrl+backspace'],
		['\x1b[127;3u', 'alt+backspace'],
		['\x1b[127;2u', 'shift+backspace'],
		['\x1b[106;5u', 'ctrl+j'],
		['\x1b[99;5:1u', 'ctrl+c'],
		['\x1b[99;5:2u', 'ctrl+c'],
		['\x1b[107;69u', 'ctrl+k'],
		['\x1b[P', 'f1'],
		['\x1b[1;1:1A', 'up'],
		['\x1b[57414u', 'enter'],
		['\x1b[57421u', 'pageup'],
	],
};

describe('the keyboard', () => {
	describe.each(Object.entries(table))('of %s', (_terminal, keys) => {
		it.each(keys)('reads %j as %s', (bytes, name) => {
			expect(read(bytes)).toEqual([`<${name}>`]);
		});
	});

	it.each([
		['hello', ['hello']],
		['grüße 漢字 👩‍👩‍👧', ['grüße 漢字 👩‍👩‍👧']],
		['hi\r', ['hi', '<enter>']],
		['one\rtwo\r', ['one', '<enter>', 'two', '<enter>']],
		['ab\x7f\x7fc', ['ab', '<backspace>', '<backspace>', 'c']],
		['\x1b[65;2u', ['A']],
		['\x1b[97;2u', ['A']],
		['\x1b[49:33;2u', ['!']],
		['\x1b[97;1;228u', ['ä']],
		['\x1b[32u', [' ']],
		['\x1b[57401u', ['2']],
		['\x1bOp', ['0']],
		['\x1bOk', ['+']],
	])('reads %j as text', (bytes, wanted) => {
		expect(read(bytes)).toEqual(wanted);
	});

	it.each([
		['a right mouse button', '\x1b[<2;10;5M'],
		['a released mouse button', '\x1b[<0;10;5m'],
		['an old mouse report', '\x1b[M !!'],
		['a cursor position', '\x1b[24;80R'],
		['device attributes', '\x1b[?64;1;2;6;22c'],
		['an answer about the kitty protocol', '\x1b[?1u'],
		['a colour', '\x1b]10;rgb:1e1e/1e1e/2e2e\x1b\\'],
		['a title', '\x1b]l with words\x07'],
		['a device string', '\x1bP>|xterm(380)\x1b\\'],
		['a released key', '\x1b[97;1:3u'],
		['a released arrow', '\x1b[1;1:3A'],
		['a modifier by itself', '\x1b[57441;2u'],
		['a key with super', '\x1b[97;9u'],
		['a volume key', '\x1b[57438u'],
		['a code point that is none', '\x1b[55296u'],
		['a sequence that nobody knows', '\x1b[99;99;99z'],
		['a C1 control', '\x9b'],
	])('drops %s and reads on behind it', (_what, bytes) => {
		expect(read(`a${bytes}b`)).toEqual(['a', 'b']);
	});

	it('reads a paste as one text, with its line ends and what looks like keys', () => {
		expect(read('x\x1b[200~one\r\ntwo \x1b[A\x03\x1b[201~\r')).toEqual([
			'x',
			{ kind: 'pasted', text: 'one\r\ntwo \x1b[A\x03' },
			'<enter>',
		]);
	});

	it('waits for the end of a paste', () => {
		const { inputs, pending } = readKeys('', '\x1b[200~first ');
		expect([inputs, awaited(pending)]).toEqual([[], 'rest']);
		expect(readKeys(pending, 'second\x1b[201~').inputs).toEqual([{ kind: 'pasted', text: 'first second' }]);
	});

	it('takes what came for the paste when its end was lost', () => {
		const { pending } = readKeys('', 'a\x1b[200~first\x03');
		expect(flushKeys(pending)).toEqual({
			inputs: [{ kind: 'pasted', text: 'first\x03' }],
			bytes: '\x1b[200~first\x03',
			pending: '',
		});
	});

	it.each([
		['a background', '\x1b]11;rgb:0000/0000'],
		['a title', '\x1b]l with words'],
		['a device string', '\x1bP>|xterm'],
	])('reads keys behind %s that was cut short', (_what, bytes) => {
		expect(read(`${bytes}\x03b`)).toEqual(['<ctrl+c>', 'b']);
		expect(read(`${bytes}\x1b[A`)).toEqual(['<up>']);
		expect(read(`${bytes}${'x'.repeat(128)}`)).toEqual([]);
		expect(readKeys('', `${bytes}${'x'.repeat(128)}`).pending).toBe('');
	});

	it('keeps no more of a paste than is told to be too long', () => {
		const chunk = 'x'.repeat(longestPaste / 2 + 1);
		let pending = readKeys('', `\x1b[200~`).pending;
		for (let count = 0; count < 5; count += 1) {
			({ pending } = readKeys(pending, chunk));
		}
		const { inputs } = readKeys(pending, '\x1b[201~a');
		expect(inputs.map((input) => (input.kind === 'pasted' ? input.text.length : short(input)))).toEqual([
			chunk.length * 2,
			'a',
		]);
	});

	it('gives the keyboard back when the end of a paste or of an answer never comes', () => {
		vi.useFakeTimers();
		try {
			for (const [begun, wanted] of [
				['\x1b[200~abc', [{ kind: 'pasted', text: 'abc' }]],
				['\x1b]11;rgb:0000/0000', []],
			] as const) {
				const inputs: Input[] = [];
				const reader = keyReader((some) => inputs.push(...some));
				reader.read(begun);
				vi.advanceTimersByTime(900);
				expect(inputs).toEqual([]);
				vi.advanceTimersByTime(200);
				reader.read('\x03');
				expect(inputs).toEqual([...wanted, { kind: 'key', name: 'ctrl+c' }]);
				reader.close();
			}
		} finally {
			vi.useRealTimers();
		}
	});

	it('waits a while for what may follow an Esc', () => {
		const { inputs, pending } = readKeys('', 'a\x1b');
		expect([inputs.map(short), awaited(pending)]).toEqual([['a'], 'key']);
		expect(flushKeys(pending).inputs.map(short)).toEqual(['<escape>']);
		expect(readKeys(pending, '[A').inputs.map(short)).toEqual(['<up>']);
		expect(awaited('')).toBe('nothing');
	});

	it('reads two Esc as two, and Alt with a bracket as that when nothing follows', () => {
		expect(read('\x1b\x1b')).toEqual(['<escape>', '<escape>']);
		expect(read('\x1b[')).toEqual(['<alt+[>']);
		expect(read('\x1bO')).toEqual(['<alt+shift+o>']);
	});

	it('tells whether the terminal has the keyboard', () => {
		expect(read('a\x1b[Ib\x1b[O')).toEqual([
			'a',
			{ kind: 'focus', focused: true },
			'b',
			{ kind: 'focus', focused: false },
		]);
	});

	it('tells what the terminal says of its modes', () => {
		expect(read('\x1b[?1007;1$y')).toEqual([{ kind: 'mode', mode: 1007, set: true }]);
		expect(read('\x1b[?1007;2$y')).toEqual([{ kind: 'mode', mode: 1007, set: false }]);
	});

	it('reads the same however the bytes are cut into chunks', () => {
		const sequences = Object.values(table).flatMap((keys) => keys.map(([bytes]) => bytes));
		// A lone Esc before another key is Alt: it stands only where something that is not a key of its own follows.
		const unambiguous = sequences.filter((bytes) => bytes !== '\x1b');
		const stream = fc.array(fc.constantFrom(...unambiguous, 'text', '\x1b[<0;1;1M', '\x1b[200~a\rb\x1b[201~'), {
			maxLength: 12,
		});
		fc.assert(
			fc.property(stream, fc.array(fc.nat(80), { maxLength: 10 }), (all, cuts) => {
				const bytes = all.join('');
				const edges = [
					0,
					...cuts.map((cut) => Math.min(cut, bytes.length)).sort((one, other) => one - other),
					bytes.length,
				];
				let pending: Pending = '';
				const inputs: Input[] = [];
				let read = '';
				for (let index = 1; index < edges.length; index++) {
					const reading = readKeys(pending, bytes.slice(edges[index - 1], edges[index]));
					inputs.push(...reading.inputs);
					read += reading.bytes;
					({ pending } = reading);
				}
				expect(joined(inputs)).toEqual(joined(readKeys('', bytes).inputs));
				expect(read).toBe(bytes);
				expect(pending).toBe('');
			}),
			{ numRuns: 500 },
		);
	});

	it('never throws and never gives a control character as text', () => {
		const noise = fc.array(
			fc.oneof(
				fc.constantFrom('\x1b', '[', 'O', ']', '?', ';', '1', '200~', '$', 'u', 'M', '\x07', '\r'),
				fc.string({ unit: 'binary', maxLength: 3 }),
			),
			{ maxLength: 20 },
		);
		fc.assert(
			fc.property(noise, (all) => {
				const { inputs, pending } = readKeys('', all.join(''));
				for (const input of [...inputs, ...flushKeys(pending).inputs]) {
					// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
					expect(input.kind === 'text' ? input.text : '').not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
				}
			}),
		);
	});

	it.each([
		['\x1b]11;rgb:ffff/ffff/ffff\x1b\\', 'light'],
		['\x1b]11;rgb:fd/f6/e3\x07', 'light'],
		['\x1b]11;rgb:0000/2b2b/3636\x07', 'dark'],
		['\x1b]11;rgba:0/0/0/f\x07', 'dark'],
	])('takes %j for the background', (bytes, background) => {
		const inputs = [{ kind: 'background', background }];
		expect(readKeys('', bytes)).toEqual({ inputs, bytes, pending: '' });
		const [head, tail] = [bytes.slice(0, 9), bytes.slice(9)];
		expect(awaited(readKeys('', head).pending)).toBe('rest');
		expect(readKeys(head, tail)).toEqual({ inputs, bytes, pending: '' });
	});
});

/** Text that came in pieces is the same text. */
function joined(inputs: readonly Input[]): unknown[] {
	const all: unknown[] = [];
	for (const input of inputs) {
		const last = all.at(-1);
		if (input.kind === 'text' && typeof last === 'string' && !last.startsWith('<')) {
			all[all.length - 1] = last + input.text;
		} else {
			all.push(short(input));
		}
	}
	return all;
}
