/**
 * The full-screen chat: puts store, effects, client and screen together, and gives the terminal back on every way out.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Client } from '../client/client.ts';
import { type SteadyClock, steadyClock } from '../client/steady-clock.ts';
import type { Position } from '../protocol/frames.ts';
import { cleanLine } from '../protocol/text.ts';
import { isBare } from './bare.ts';
import { createCanvas } from './canvas.ts';
import { toClipboard } from './clipboard.ts';
import { EditFailure, editorOf, editText } from './editor.ts';
import { listen, perform } from './effects.ts';
import { createExporter } from './export-file.ts';
import { frameOf } from './frame.ts';
import { createLoan, type Loan } from './loan.ts';
import type { Hosting, Ignored, Size, Tabs } from './model.ts';
import { openOutside } from './opener.ts';
import type { Preferences } from './preferences.ts';
import { nextWakeAt, screen } from './selectors.ts';
import { hasNewGap } from './slices/rooms.ts';
import { followRooms, startingState } from './starting.ts';
import { createStore } from './store.ts';
import { suspendable } from './suspension.ts';
import { bell, mouseOff, mouseOn, notificationSequence } from './terminal-sequences.ts';
import { createTitle } from './terminal-title.ts';
import { themeOf } from './theme.ts';

export interface ScreenOptions {
	/** Already dialling. Its rooms become tabs; where there are none the screen joins `general`. It is closed at the end. */
	readonly client: Client;
	/** Where the broker is, when this process hosts it. */
	readonly host?: Hosting;
	/** Where others join, best first: addresses with their token. @default nowhere */
	readonly invitation?: readonly string[];
	/** What is kept beyond this run. @default nothing */
	readonly kept?: Kept;
	/** Who is ignored, and how that is kept. @default nobody, and it is not */
	readonly ignored?: { readonly list: readonly Ignored[]; save(ignored: readonly Ignored[]): void };
	/** The tabs of the run before, and how they are kept. Rooms of the client come on screen. @default not known, and they are not */
	readonly tabs?: { readonly found: Tabs | undefined; save(tabs: Tabs): void };
	/** Lines that earlier runs sent, oldest first, and how others are added. @default none, and they are not */
	readonly sentLines?: { readonly found: readonly string[]; add(line: string): void };
	/** How the person wants their screen. @default as nobody has changed it */
	readonly preferences?: Preferences;
	/** Where the program beside the screen tells what a person should know. @default nothing is told */
	readonly notices?: Notices;
	/** Ends the screen, as if the person had quit. @default nothing does */
	readonly end?: AbortSignal;
	/** @default process.stdin */
	readonly stdin?: ReadStream;
	/** @default process.stdout */
	readonly stdout?: WriteStream;
	/** @default the clock that the client goes by */
	readonly clock?: Pick<SteadyClock, 'now' | 'setBackMs'>;
}

/** What the screen finds from earlier runs, and leaves for later ones. */
interface Kept {
	/** What was typed in each room and not sent. */
	readonly drafts: ReadonlyMap<string, string>;
	saveDraft(room: string, text: string): void;
	/** Where rooms were, and conversations were read, in earlier runs. */
	readonly positions: ReadonlyMap<string, Position>;
	savePosition(room: string, position: Position): void;
	/** The unsent lines that are not kept, because they could not be. */
	readonly unkept: readonly unknown[];
}

/** Gives every line to the listener, those first that came before it. The answer ends that. */
interface Notices {
	listen(listener: (text: string, level: 'info' | 'warning') => void): () => void;
}

/** How long a program that is to open an address has to say that it cannot. */
const patienceMs = 2000;

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the screen until the person quits, a signal comes or the terminal goes away. Resolves to an exit code when the
 * terminal is as it was: 0 after quitting, 128 and the number of the signal after a signal. Rejects when the streams are
 * not a terminal, and with any error that nobody caught, then too with the terminal given back.
 */
export async function runScreen(options: ScreenOptions): Promise<number> {
	const { client, kept, notices } = options;
	const { stdin = process.stdin, stdout = process.stdout, clock = steadyClock } = options;
	if (!stdin.isTTY || !stdout.isTTY) {
		throw new Error('Expected a terminal to draw on and to read keys from, got a pipe or a file');
	}
	const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<number>();
	const loan = createLoan();
	const canvas = createCanvas((bytes, taken) => stdout.write(bytes, taken));
	const title = createTitle({ loan, write: (sequence) => stdout.write(sequence), env: process.env });
	const closing = new AbortController();
	let editing: Promise<unknown> = Promise.resolve();
	/** What became of a text in the editor when there is no screen any more to say it on. */
	let unsaid: string | undefined;
	const edit = (text: string): Promise<string> => {
		const result = inEditor(text, { loan, signal: closing.signal });
		editing = result.then(refresh, (error) => {
			unsaid = closing.signal.aborted && error instanceof EditFailure && error.kept ? error.message : undefined;
			refresh();
		});
		return result;
	};
	const store = createStore({
		state: startingState(options, { at: clock.now(), size: sizeOf(stdout) }),
		clock: { now: () => clock.now(), setBackMs: () => clock.setBackMs, after },
		run: randomUUID(),
		wakeAt: nextWakeAt,
		isNotable: hasNewGap,
		isHeld: isBare,
		perform: (effect) =>
			perform(effect, {
				client,
				receive: (event) => store.receive(event),
				quit: () => end(0),
				redraw,
				edit,
				suspend: () => void suspension.suspend(),
				showBare: (lines, hint) => showPage(barePage(lines, hint)),
				open: (address) => openOutside(address, { env: process.env, platform: process.platform, patienceMs }),
				exportHistory: (order) => exporter.begin(order),
				stopExport: () => exporter.stop(),
				copy: (text) => toClipboard(text, { env: process.env, write: (sequence) => stdout.write(sequence) }),
				ring: () => stdout.write(bell),
				notify: (notification) => stdout.write(notificationSequence(notification, process.env)),
				setTitle: title.set,
				saveDraft: (room, text) => kept?.saveDraft(room, text),
				saveRead: (room, position) => kept?.savePosition(room, position),
				saveLine: (line) => options.sentLines?.add(line),
				saveTabs: (tabs) => options.tabs?.save(tabs),
				saveIgnored: (ignored) => options.ignored?.save(ignored),
				unkept: () => kept?.unkept.length,
			}),
	});
	loan.around(
		() => store.receive({ type: 'lent', isLent: true }),
		() => {
			canvas.showAgain();
			store.receive({ type: 'lent', isLent: false });
		},
	);
	const exporter = createExporter(client, (event) => store.receive(event));
	const stopListening = listen(client, (event) => store.receive(event));
	const stopNotices = notices?.listen((text, level) => store.receive({ type: 'notice', notice: { level, text } }));
	followRooms(client, store);

	// A frame may have been drawn before this process heard of a new size, and terminals move what stands there: all is drawn
	// anew.
	const resize = () => {
		forget();
		store.send({ type: 'resized', size: sizeOf(stdout) });
	};
	const hangUp = () => end(0);
	// Ctrl+C in an editor is for the editor.
	const onSignal = (signal: NodeJS.Signals) =>
		signal === 'SIGINT' && loan.isLent() ? undefined : end(128 + constants.signals[signal]);
	// It stays: when the terminal is gone, what is still on its way to it fails later.
	stdout.on('error', hangUp);
	stdin.on('end', hangUp);
	stdin.on('error', hangUp);
	process.on('uncaughtException', fail);
	process.on('unhandledRejection', fail);
	for (const signal of endings) {
		process.on(signal, onSignal);
	}
	const suspension = suspendable(loan, refresh);
	process.on('exit', canvas.close);
	// What is typed before somebody reads it is not to be echoed meanwhile.
	stdin.setRawMode(true);
	canvas.open();
	canvas.show(frameOf(screen(store.snapshot()), themeOf(store.snapshot())));
	const mounting = import('./mount.tsx').then(({ mount }) => {
		if (closing.signal.aborted) {
			return undefined;
		}
		const mounted = mount({ store, loan, canvas, stdin, stdout });
		// Ink ends by itself only when a component throws.
		mounted.ended.catch(fail);
		// Behind Ink, which erases rows of a terminal that has become narrower.
		stdout.on('resize', resize);
		store.send({ type: 'resized', size: sizeOf(stdout) });
		return mounted;
	});
	mounting.catch(fail);
	options.end?.addEventListener('abort', hangUp);

	/** Something else stands on the screen in place of what was drawn. */
	let hasPage = false;

	function showPage(text: string): void {
		hasPage = true;
		canvas.forget();
		stdout.write(text);
	}

	function redraw(): void {
		forget();
		if (!loan.isLent()) {
			canvas.showAgain();
		}
	}

	/** Has the next frame drawn whole, and the page gone. */
	function forget(): void {
		canvas.forget();
		if (!hasPage || loan.isLent()) {
			return;
		}
		hasPage = false;
		if (store.snapshot().preferences.mouse) {
			stdout.write(mouseOn);
		}
	}

	/** The terminal may have another size since it was given away, of which a process in the background hears nothing. */
	function refresh(): void {
		if (process.platform !== 'win32') {
			process.kill(process.pid, 'SIGWINCH');
		}
	}

	if (options.end?.aborted === true) {
		end(0);
	}
	try {
		return await ended;
	} finally {
		options.end?.removeEventListener('abort', hangUp);
		stopListening();
		stopNotices?.();
		store.close();
		suspension.close();
		closing.abort();
		await editing;
		stdout.off('resize', resize);
		const mounted = await mounting.catch(() => undefined);
		mounted?.unmount();
		title.restore();
		await mounted?.ended.catch(() => undefined);
		stdin.setRawMode(false);
		canvas.close();
		await written(stdout);
		process.off('exit', canvas.close);
		if (unsaid !== undefined) {
			process.stderr.write(`natter: ${cleanLine(unsaid, 4096)}\n`);
		}
		await exporter.stop();
		await client.close().catch(() => undefined);
		stdin.off('end', hangUp);
		stdin.off('error', hangUp);
		process.off('uncaughtException', fail);
		process.off('unhandledRejection', fail);
		for (const signal of endings) {
			process.off(signal, onSignal);
		}
	}
}

/** What the person makes of a text, in their editor and on this terminal. */
async function inEditor(text: string, { loan, signal }: { loan: Loan; signal: AbortSignal }): Promise<string> {
	const editor = editorOf(process.env);
	if (editor === undefined) {
		throw new Error('There is no editor: VISUAL or EDITOR names one, as in EDITOR=nano natter');
	}
	let edited = text;
	await loan.lend(async () => {
		edited = await editText(text, { editor, signal });
	});
	return edited;
}

/** The terminal breaks the lines itself, and so knows that they are one; and it has the mouse to mark them. */
function barePage(lines: readonly string[], hint: string): string {
	return `${mouseOff}\x1b[H\x1b[2J${[...lines, `\x1b[2m${hint}\x1b[22m`].join('\r\n')}`;
}

/** Resolves when all that was written is with the terminal, or cannot come there. */
function written(stdout: WriteStream): Promise<void> {
	return new Promise((done) => {
		stdout.write('', () => done());
	});
}

function sizeOf({ columns, rows }: WriteStream): Size {
	return { columns: columns || 80, rows: rows || 24 };
}

function after(ms: number, callback: () => void): () => void {
	const timer = setTimeout(callback, ms);
	return () => clearTimeout(timer);
}
