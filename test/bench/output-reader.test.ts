import { describe, expect, test } from 'vitest';
import { OutputReader } from '../../bench/screen/output-reader.ts';

function reading(): { reader: OutputReader; answers: string[]; read(text: string): void } {
	const answers: string[] = [];
	const reader = new OutputReader((answer) => answers.push(answer));
	return { reader, answers, read: (text) => reader.read(Buffer.from(text)) };
}

describe('what was typed', () => {
	test('is shown when it comes as text', () => {
		const { reader, read } = reading();
		reader.expect('Q');
		read('abc');
		expect(reader.isShown).toBe(false);
		read('\x1b[1;31mQ\x1b[m');
		expect(reader.isShown).toBe(true);
	});

	test.each(['\x1b[1Q', '\x1b]0;Q\x07', '\x1b]8;;Q\x1b\\', '\x1bPQ\x1b\\', '\x1b(Q', '\x1bQ'])(
		'is not shown by a sequence: %j',
		(sequence) => {
			const { reader, read } = reading();
			reader.expect('Q');
			for (const byte of sequence) {
				read(byte);
			}
			expect(reader.isShown).toBe(false);
			read('Q');
			expect(reader.isShown).toBe(true);
		},
	);

	test('is shown when the frame that it belongs to has ended', () => {
		const { reader, read } = reading();
		reader.expect('Q');
		read('\x1b[?2026hQ and more');
		expect(reader.isShown).toBe(false);
		read('\x1b[?20');
		read('26l');
		expect(reader.isShown).toBe(true);
	});

	test('has to come after it was typed', () => {
		const { reader, read } = reading();
		read('Q');
		reader.expect('Q');
		expect(reader.isShown).toBe(false);
	});
});

test('nothing can be seen of blanks and sequences', () => {
	const { reader, read } = reading();
	read('\x1b[?1049h\x1b[H \r\n\x1b]0;title\x07');
	expect(reader.hasText).toBe(false);
	read('é');
	expect(reader.hasText).toBe(true);
});

test('questions are answered as xterm does, others are left', () => {
	const { answers, read } = reading();
	read('\x1b[c\x1b[?u\x1b]11;?\x07\x1b]11;?\x1b\\\x1b[6n');
	expect(answers).toEqual([
		'\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c',
		'\x1b]11;rgb:0000/0000/0000\x1b\\',
		'\x1b]11;rgb:0000/0000/0000\x1b\\',
		'\x1b[1;1R',
	]);
});
