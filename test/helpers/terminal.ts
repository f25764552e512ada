/**
 * A terminal without a window: what is drawn on it can be read as lines and cells. It can be resized and typed into.
 */
import { PassThrough, Writable } from 'node:stream';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';
import { type Instance, render } from 'ink';
import type { ReactNode } from 'react';
import { type Canvas, createCanvas } from '../../src/tui/canvas.ts';
import type { Frame } from '../../src/tui/frame.ts';
import { watch } from './watched-terminal.ts';

interface Cell {
	readonly text: string;
	readonly width: number;
	readonly bold: boolean;
	readonly dim: boolean;
	readonly italic: boolean;
	readonly underline: boolean;
	readonly struck: boolean;
	readonly inverse: boolean;
	/** An index of the 16 colours; absent for the terminal's own. */
	readonly colour?: number;
}

export interface HeadlessTerminal {
	/** Draws a frame as natter does. Resolves when it is on the screen. */
	show(frame: Frame): Promise<void>;
	/** Has Ink mount what draws on `canvas`. Resolves when that is on the screen. */
	mount(node: ReactNode): Promise<void>;
	readonly canvas: Canvas;
	/** Resolves when everything that was drawn is on the screen. */
	settled(): Promise<void>;
	/** The lines on the screen, without trailing blanks. */
	lines(): string[];
	/** The cells on the screen, row by row; the second half of a wide cell is left out. */
	cells(): Cell[][];
	cursor(): { readonly x: number; readonly y: number };
	/** Presses keys: the bytes that a terminal sends. */
	type(keys: string): void;
	/** Changes the size as a window does, and tells who listens to stdout. */
	resize(columns: number, rows: number): void;
	/** Called with each new size, behind Ink when it is asked for after `mount`. */
	onResize(listener: (size: { readonly columns: number; readonly rows: number }) => void): void;
	/** What was done to it besides what is done to show a screen, by the names of `watch`. */
	happened(): readonly string[];
	/** The parameters of all links that were begun or ended. */
	links(): readonly string[];
	/** Everything that was written. */
	written(): string;
	close(): void;
}

/** What is done to show a screen: the cursor moves, lines are erased, styles, modes and links are set. */
const usual = new Set(['CSI m', 'CSI G', 'CSI H', 'CSI J', 'CSI K', 'CSI ?h', 'CSI ?l', 'OSC 8']);

export function openTerminal(columns: number, rows: number): HeadlessTerminal {
	const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, convertEol: true, scrollback: 0 });
	terminal.loadAddon(new UnicodeGraphemesAddon());
	const events: string[] = [];
	const links: string[] = [];
	watch(terminal, (event) => {
		if (!usual.has(event)) {
			events.push(event);
		}
	});
	terminal.parser.registerOscHandler(8, (data) => {
		links.push(data);
		return false;
	});
	let written = '';
	const stdout = Object.assign(
		new Writable({
			decodeStrings: false,
			write(chunk: string, _encoding, done) {
				written += chunk;
				terminal.write(chunk, done);
			},
		}),
		{ isTTY: true, columns, rows },
	);
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode: () => stdin,
		ref: () => stdin,
		unref: () => stdin,
	});
	const canvas = createCanvas((bytes, taken) => stdout.write(bytes, taken));
	let instance: Instance | undefined;
	const settled = async () => {
		await instance?.waitUntilRenderFlush();
		// Behind what still waits for the terminal to have taken what came before.
		await new Promise<void>((done) => stdout.write('', () => done()));
	};
	return {
		settled,
		canvas,
		show: async (frame) => {
			canvas.open();
			canvas.show(frame);
			await settled();
		},
		mount: async (node) => {
			canvas.open();
			canvas.toTop();
			instance = render(node, { stdout, stdin, interactive: true, exitOnCtrlC: false, patchConsole: false });
			await settled();
		},
		lines: () =>
			Array.from({ length: terminal.rows }, (_, row) => {
				const line = terminal.buffer.active.getLine(terminal.buffer.active.baseY + row);
				// xterm keeps what stood beyond the edge before the terminal became narrower; nobody sees it.
				return line?.translateToString(true, 0, terminal.cols).trimEnd() ?? '';
			}),
		cells: () => Array.from({ length: terminal.rows }, (_, row) => readRow(terminal, row)),
		cursor: () => ({ x: terminal.buffer.active.cursorX, y: terminal.buffer.active.cursorY }),
		type: (keys) => {
			stdin.write(keys);
		},
		resize: (newColumns, newRows) => {
			terminal.resize(newColumns, newRows);
			stdout.columns = newColumns;
			stdout.rows = newRows;
			stdout.emit('resize');
		},
		onResize: (listener) => {
			stdout.on('resize', () => listener({ columns: stdout.columns, rows: stdout.rows }));
		},
		happened: () => events,
		links: () => links,
		written: () => written,
		close: () => {
			instance?.unmount();
			instance?.cleanup();
			terminal.dispose();
		},
	};
}

function readRow(terminal: InstanceType<typeof xterm.Terminal>, row: number): Cell[] {
	const buffer = terminal.buffer.active;
	const line = buffer.getLine(buffer.baseY + row);
	return Array.from({ length: terminal.cols }, (_, column) => line?.getCell(column))
		.filter((cell) => cell !== undefined)
		.filter((cell) => cell.getWidth() > 0)
		.map((cell) => ({
			text: cell.getChars(),
			width: cell.getWidth(),
			bold: cell.isBold() !== 0,
			dim: cell.isDim() !== 0,
			italic: cell.isItalic() !== 0,
			underline: cell.isUnderline() !== 0,
			struck: cell.isStrikethrough() !== 0,
			inverse: cell.isInverse() !== 0,
			...(cell.isFgPalette() && { colour: cell.getFgColor() }),
		}));
}
