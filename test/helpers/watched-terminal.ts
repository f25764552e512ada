/**
 * A terminal that tells whatever a text made it do besides showing characters.
 */
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import { Terminal } from '@xterm/headless';

/** What became of one written text. */
export interface Written {
	/** Where the cursor stood afterwards, from 0. */
	readonly column: number;
	readonly row: number;
	/** Everything that happened besides: `bell`, `title`, `report`, `CSI m`, `OSC 52`, `DCS q`, `ESC c` ... */
	readonly events: readonly string[];
}

/** A terminal of the given size that counts by grapheme. Texts are written to it one by one, each on an empty screen. */
export function watchedTerminal({ columns, rows }: { columns: number; rows: number }) {
	const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, scrollback: 0 });
	terminal.loadAddon(new UnicodeGraphemesAddon());
	terminal.unicode.activeVersion = '15-graphemes';
	let events: string[] = [];
	watch(terminal, (event) => events.push(event));

	/**
	 * Clears the screen, writes a text from its first cell on, and tells what happened. Many texts at once are written one
	 * after the other, and much faster than when each waits for the one before.
	 */
	function write(text: string): Promise<Written> {
		terminal.write('\x1b[H\x1b[2J\x1b[m', () => {
			events = [];
		});
		return new Promise((done) => {
			terminal.write(text, () => {
				const { cursorX, cursorY } = terminal.buffer.active;
				done({ column: cursorX, row: cursorY, events });
				events = [];
			});
		});
	}

	return { terminal, write };
}

/** Has a terminal tell of everything that it is made to do besides showing characters. */
export function watch(terminal: Terminal, tell: (event: string) => void): void {
	const told = (event: string) => () => {
		tell(event);
		return false;
	};
	terminal.onBell(told('bell'));
	terminal.onTitleChange(told('title'));
	terminal.onData(told('report'));
	terminal.onBinary(told('report'));
	const { parser } = terminal;
	for (let code = 0x40; code <= 0x7e; code++) {
		const final = String.fromCharCode(code);
		for (const prefix of [undefined, '?', '>', '<', '=']) {
			parser.registerCsiHandler({ final, ...(prefix && { prefix }) }, told(`CSI ${prefix ?? ''}${final}`));
		}
		for (const intermediates of [undefined, '$', '+', '!']) {
			parser.registerDcsHandler({ final, ...(intermediates && { intermediates }) }, told(`DCS ${final}`));
		}
	}
	for (let code = 0x30; code <= 0x7e; code++) {
		const final = String.fromCharCode(code);
		parser.registerEscHandler({ final }, told(`ESC ${final}`));
	}
	for (const command of [0, 1, 2, 4, 7, 8, 9, 10, 11, 12, 52, 99, 104, 110, 112, 133, 633, 777, 1337]) {
		parser.registerOscHandler(command, told(`OSC ${command}`));
	}
}
