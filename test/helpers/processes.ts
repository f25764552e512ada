/**
 * Real natter processes: brokers, pipes, and the screen in a pseudo-terminal whose cells can be read. They run what
 * `npm run build` made. Everything that was started is ended by `endProcesses`.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as pty from '@lydell/node-pty';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';

export const bin = fileURLToPath(new URL('../../bin/natter.js', import.meta.url));

/** What the screen puts around each frame, for terminals that draw it in one go. */
const frameBeginning = '\x1b[?2026h';
const frameEnd = '\x1b[?2026l';

/** When a screen that does not change is given up, so that the failure can show it. */
const watchdogMs = 25_000;

const endings = new Set<() => Promise<void>>();

/** Ends every process that was started and removes every directory that was made, newest first. */
export async function endProcesses(): Promise<void> {
	for (const end of [...endings].reverse()) {
		await end();
	}
	endings.clear();
}

/** A new empty directory that `endProcesses` removes. */
export function temporaryDirectory(): string {
	const directory = mkdtempSync(join(tmpdir(), 'natter-test-'));
	endings.add(async () => rmSync(directory, { recursive: true, force: true }));
	return directory;
}

function environment(extra: Record<string, string> = {}): Record<string, string> {
	const { PATH = '', HOME = '' } = process.env;
	// Each is a person of their own on a computer of their own, unless the test wants two to be one.
	const own = ['NATTER_CONFIG_DIR', 'XDG_DATA_HOME'].map((name) => [name, extra[name] ?? temporaryDirectory()]);
	const system = { PATH, HOME, TZ: 'UTC', LANG: 'C.UTF-8', TERM: 'xterm-256color' };
	return { ...system, ...extra, ...Object.fromEntries(own) };
}

export interface Running {
	readonly child: ChildProcessWithoutNullStreams;
	/** What it has printed so far. */
	readonly output: { stdout: string; stderr: string };
	/** Resolves when standard output matches; rejects when the process ends before. */
	printed(pattern: RegExp): Promise<RegExpMatchArray>;
	/** As `printed`, for standard error. */
	complained(pattern: RegExp): Promise<RegExpMatchArray>;
	/** Resolves to the exit code, or to the signal that ended it. */
	readonly ended: Promise<number | NodeJS.Signals>;
	kill(signal: NodeJS.Signals): void;
}

interface RunOptions {
	readonly env?: Record<string, string>;
	readonly cwd?: string;
}

/** Runs `natter` with these words. */
export function runNatter(words: readonly string[], options: RunOptions = {}): Running {
	return run(process.execPath, [bin, ...words], options);
}

/** Runs a program. */
export function run(file: string, words: readonly string[], { env = {}, cwd = tmpdir() }: RunOptions = {}): Running {
	const child = spawn(file, words, { env: environment(env), cwd });
	const output = { stdout: '', stderr: '' };
	const watchers = new Set<() => void>();
	const look = () => {
		for (const watcher of watchers) {
			watcher();
		}
	};
	child.stdout.setEncoding('utf8').on('data', (text: string) => {
		output.stdout += text;
		look();
	});
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		output.stderr += text;
		look();
	});
	const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
	void ended.then(look);
	endings.add(async () => {
		child.kill('SIGKILL');
		await ended;
	});
	return {
		child,
		output,
		ended,
		printed: (pattern) => said('stdout', pattern),
		complained: (pattern) => said('stderr', pattern),
		kill: (signal) => {
			child.kill(signal);
		},
	};

	function said(stream: keyof typeof output, pattern: RegExp): Promise<RegExpMatchArray> {
		return new Promise((found, lost) => {
			const watcher = () => {
				const match = output[stream].match(pattern);
				if (match !== null) {
					watchers.delete(watcher);
					found(match);
				} else if (child.exitCode !== null || child.signalCode !== null) {
					watchers.delete(watcher);
					lost(new Error(`It ended before it printed ${pattern}:\n${output.stdout}\n${output.stderr}`));
				}
			};
			watchers.add(watcher);
			watcher();
		});
	}
}

export interface RunningBroker extends Running {
	readonly url: string;
	readonly port: number;
}

/** Runs `natter --serve`, on a free port and in memory unless the words say otherwise, until it listens. */
export async function startBroker(words: readonly string[] = []): Promise<RunningBroker> {
	const port = words.includes('--port') ? [] : ['--port', '0'];
	const store = words.includes('--data') ? [] : ['--store', 'memory'];
	const running = runNatter(['--serve', ...port, ...store, ...words]);
	const [, url = '', digits = ''] = await running.printed(/listening on (ws:\/\/\S+:(\d+))/u);
	return { ...running, url, port: Number(digits) };
}

/** A cell of a screen: what it shows and how. */
export interface Cell {
	readonly text: string;
	readonly width: number;
	readonly bold: boolean;
	readonly dim: boolean;
	readonly italic: boolean;
	readonly underline: boolean;
	readonly inverse: boolean;
	/** An index of the 256-colour palette, or 0xrrggbb; absent for the terminal's own. */
	readonly colour?: { readonly palette: number } | { readonly rgb: number };
}

export interface PtyScreen {
	/** The cells on the screen, row by row; the second half of a wide cell is left out. */
	cells(): Cell[][];
	cursor(): { readonly x: number; readonly y: number };
	/** The lines on the screen, without trailing blanks. */
	lines(): string[];
	/** Resolves when the screen as one text matches; rejects with the screen when the process ends before, or after `waitMs`. */
	shows(pattern: RegExp, waitMs?: number): Promise<string>;
	/** Presses keys: the bytes that a terminal sends. */
	type(keys: string): void;
	resize(columns: number, rows: number): void;
	kill(signal: NodeJS.Signals): void;
	readonly pid: number;
	/** Resolves to the exit code and the signal. */
	readonly ended: Promise<{ readonly exitCode: number; readonly signal?: number | undefined }>;
	/** Everything that the process has written. */
	readonly written: () => string;
	/** Whether the terminal shows the alternate screen. */
	alternate(): boolean;
}

/** Runs a program, `natter` by default, in a pseudo-terminal. */
export function startScreen(
	words: readonly string[],
	{
		columns = 100,
		rows = 30,
		env = {},
		command = [process.execPath, bin],
		cwd = tmpdir(),
	}: {
		columns?: number;
		rows?: number;
		env?: Record<string, string>;
		command?: readonly string[];
		cwd?: string;
	} = {},
): PtyScreen {
	const terminal = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 0 });
	terminal.loadAddon(new UnicodeGraphemesAddon());
	const [file = '', ...args] = [...command, ...words];
	// Nothing of this person, and nothing that another screen has left, unless the test wants it.
	const state = env['XDG_STATE_HOME'] ?? temporaryDirectory();
	// Whoever has the state of another is the same person.
	const config = env['NATTER_CONFIG_DIR'] ?? join(state, 'identity');
	const surroundings = environment({ ...env, XDG_STATE_HOME: state, NATTER_CONFIG_DIR: config });
	const child = pty.spawn(file, args, {
		cols: columns,
		rows,
		cwd,
		env: surroundings,
		name: surroundings['TERM'] ?? '',
	});
	const watchers = new Set<() => void>();
	let written = '';
	let over = false;
	const look = () => {
		for (const watcher of watchers) {
			watcher();
		}
	};
	child.onData((data) => {
		written += data;
		// A frame comes in several pieces. Nobody sees it before its end, so no test does.
		const isWhole = written.lastIndexOf(frameEnd) >= written.lastIndexOf(frameBeginning);
		terminal.write(data, () => {
			if (isWhole) {
				look();
			}
		});
	});
	// A terminal answers questions about itself, and programs wait for the answers.
	terminal.onData((answer) => {
		if (!over) {
			child.write(answer);
		}
	});
	const ended = new Promise<{ exitCode: number; signal?: number | undefined }>((done) => {
		child.onExit(({ exitCode, signal }) => {
			over = true;
			terminal.write('', () => {
				look();
				done({ exitCode, signal });
			});
		});
	});
	endings.add(async () => {
		if (!over) {
			child.kill('SIGKILL');
			await ended;
		}
		terminal.dispose();
	});
	const lines = () =>
		Array.from({ length: terminal.rows }, (_, row) => {
			const buffer = terminal.buffer.active;
			return buffer.getLine(buffer.baseY + row)?.translateToString(true, 0, terminal.cols) ?? '';
		});
	return {
		lines,
		cells: () => readCells(terminal),
		cursor: () => ({ x: terminal.buffer.active.cursorX, y: terminal.buffer.active.cursorY }),
		ended,
		pid: child.pid,
		written: () => written,
		alternate: () => terminal.buffer.active.type === 'alternate',
		type: (keys) => child.write(keys),
		resize: (newColumns, newRows) => {
			terminal.resize(newColumns, newRows);
			child.resize(newColumns, newRows);
		},
		kill: (signal) => child.kill(signal),
		shows: (pattern, waitMs = watchdogMs) =>
			new Promise((found, lost) => {
				const giveUp = (why: string) => {
					watchers.delete(watcher);
					lost(new Error(`${why} ${pattern}:\n${lines().join('\n')}`));
				};
				const watchdog = setTimeout(() => giveUp(`For ${waitMs} ms the screen has not shown`), waitMs);
				const watcher = () => {
					const text = lines().join('\n');
					if (pattern.test(text)) {
						clearTimeout(watchdog);
						watchers.delete(watcher);
						found(text);
					} else if (over) {
						clearTimeout(watchdog);
						giveUp('The process ended before its screen showed');
					}
				};
				watchers.add(watcher);
				watcher();
			}),
	};
}

function readCells(terminal: InstanceType<typeof xterm.Terminal>): Cell[][] {
	const buffer = terminal.buffer.active;
	return Array.from({ length: terminal.rows }, (_, row) => {
		const line = buffer.getLine(buffer.baseY + row);
		return Array.from({ length: terminal.cols }, (_unused, column) => line?.getCell(column))
			.filter((cell) => cell !== undefined)
			.filter((cell) => cell.getWidth() > 0)
			.map((cell) => ({
				text: cell.getChars(),
				width: cell.getWidth(),
				bold: cell.isBold() !== 0,
				dim: cell.isDim() !== 0,
				italic: cell.isItalic() !== 0,
				underline: cell.isUnderline() !== 0,
				inverse: cell.isInverse() !== 0,
				...(cell.isFgPalette() && { colour: { palette: cell.getFgColor() } }),
				...(cell.isFgRGB() && { colour: { rgb: cell.getFgColor() } }),
			}));
	});
}
