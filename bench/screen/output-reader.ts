/**
 * Reads what a program writes to its terminal, as far as a stopwatch must and as cheaply: which bytes are text and which
 * belong to sequences, whether a frame that is to be shown in one go is still open, and what the terminal is asked. It
 * draws nothing.
 */

type Place = 'text' | 'escape' | 'charset' | 'control' | 'string' | 'string-escape';

const escapeByte = 0x1b;
const bell = 0x07;
/** Questions are short; what is longer is none. */
const longestSequence = 64;

export class OutputReader {
	/** Whether anything that can be seen was written. */
	hasText = false;
	/** Whether a synchronized update is open: the terminal shows nothing of it before its end. */
	isHeld = false;
	#place: Place = 'text';
	#sequence = '';
	#wanted = -1;
	#found = false;
	readonly #asked: (answer: string) => void;

	/** `asked` is called with what xterm answers to a question of the program. */
	constructor(asked: (answer: string) => void) {
		this.#asked = asked;
	}

	/** From now on `isShown` tells whether this sign, one of ASCII, came as text and stands on the screen. */
	expect(sign: string): void {
		this.#wanted = sign.charCodeAt(0);
		this.#found = false;
	}

	get isShown(): boolean {
		return this.#found && !this.isHeld;
	}

	read(bytes: Uint8Array): void {
		for (const byte of bytes) {
			if (this.#place === 'text' && byte !== escapeByte) {
				this.#found ||= byte === this.#wanted;
				this.hasText ||= byte > 0x20;
			} else {
				this.#step(byte);
			}
		}
	}

	#step(byte: number): void {
		switch (this.#place) {
			case 'text':
				this.#begin('escape');
				return;
			case 'escape':
				if (byte === 0x5b) {
					this.#begin('control');
				} else if (byte === 0x5d || byte === 0x50 || byte === 0x5f || byte === 0x5e || byte === 0x58) {
					this.#begin('string');
					this.#add(byte);
				} else {
					this.#begin(byte >= 0x20 && byte <= 0x2f ? 'charset' : 'text');
				}
				return;
			case 'charset':
				this.#begin('text');
				return;
			case 'control':
				this.#add(byte);
				if (byte >= 0x40 && byte <= 0x7e) {
					this.#controlled(this.#sequence);
					this.#begin('text');
				}
				return;
			case 'string':
				if (byte === bell) {
					this.#ask(this.#sequence);
					this.#begin('text');
				} else if (byte === escapeByte) {
					this.#place = 'string-escape';
				} else {
					this.#add(byte);
				}
				return;
			case 'string-escape':
				this.#ask(this.#sequence);
				this.#begin('text');
				return;
		}
	}

	#begin(place: Place): void {
		this.#place = place;
		this.#sequence = '';
	}

	#add(byte: number): void {
		if (this.#sequence.length < longestSequence) {
			this.#sequence += String.fromCharCode(byte);
		}
	}

	#controlled(sequence: string): void {
		if (sequence === '?2026h') {
			this.isHeld = true;
		} else if (sequence === '?2026l') {
			this.isHeld = false;
		} else {
			this.#ask(sequence);
		}
	}

	#ask(question: string): void {
		const answer = answers.get(question);
		if (answer !== undefined) {
			this.#asked(answer);
		}
	}
}

/** What xterm answers, with a dark background; where the cursor is, nobody here knows. */
const answers: ReadonlyMap<string, string> = new Map([
	['c', '\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c'],
	['0c', '\x1b[?64;1;2;6;9;15;16;17;18;21;22;28c'],
	['>c', '\x1b[>41;379;0c'],
	['>0c', '\x1b[>41;379;0c'],
	['5n', '\x1b[0n'],
	['6n', '\x1b[1;1R'],
	[']10;?', '\x1b]10;rgb:e5e5/e5e5/e5e5\x1b\\'],
	[']11;?', '\x1b]11;rgb:0000/0000/0000\x1b\\'],
]);
