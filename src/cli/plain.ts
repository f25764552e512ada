/**
 * `natter --plain`: the chat as lines. What is said is printed below what was printed before, and lines are read and said
 * or, when they begin with `/`, run. Nothing else goes to the terminal: no cursor is moved, nothing has a colour.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:os';
import { createInterface, type Interface } from 'node:readline';
import { steadyClock } from '../client/steady-clock.ts';
import { isInbox } from '../protocol/names.ts';
import { listen, perform } from '../tui/effects.ts';
import { createExporter } from '../tui/export-file.ts';
import type { ScreenOptions } from '../tui/main.ts';
import type { Room, State } from '../tui/model.ts';
import { printed } from '../tui/printing.ts';
import { counted } from '../tui/reports.ts';
import { nextDecisionAt } from '../tui/selectors.ts';
import { followRooms, type StartOptions, startingState } from '../tui/starting.ts';
import { createStore } from '../tui/store.ts';
import { Failure } from './failure.ts';
import { linkWithin, patienceMs } from './link.ts';

type PlainOptions = StartOptions & Pick<ScreenOptions, 'notices' | 'end'>;

/** Lines under way at once that came from a pipe; more are read only when some of them are numbered. */
const maxUnderWay = 256;

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs until the person quits or a signal comes, and resolves to the exit code. What comes from a pipe is sent to its end;
 * unless a person reads what is printed that is the end. Rejects with a Failure when not all of it was sent.
 */
export async function runPlain(options: PlainOptions): Promise<number> {
	const { client, kept, notices } = options;
	const { stdin, stdout } = process;
	const isTyped = stdin.isTTY === true;
	const { promise: ended, resolve: end, reject: fail } = Promise.withResolvers<number>();
	const refusals: string[] = [];
	let published = 0;
	let input: Interface | undefined;
	let hasQuit = false;
	let room: string | undefined;
	let state: State = startingState(options, { at: steadyClock.now(), size: usualSize, isPlain: true });
	const watchers = new Set<() => void>();
	const print = (before: State | undefined, after: State) => {
		const { lines, room: last } = printed(before, after, room);
		room = last;
		if (lines.length > 0) {
			stdout.write(`${lines.join('\n')}\n`);
		}
	};
	const quit = () => {
		hasQuit = true;
		input?.close();
		if (isTyped) {
			end(0);
		}
	};
	const store = createStore({
		state,
		clock: { now: () => steadyClock.now(), setBackMs: () => steadyClock.setBackMs, after },
		run: randomUUID(),
		wakeAt: nextDecisionAt,
		watch: (before, next) => {
			state = next;
			print(before, next);
			for (const watcher of watchers) {
				watcher();
			}
		},
		perform: (effect) => {
			published += effect.type === 'publish' ? 1 : 0;
			perform(effect, {
				...onlyOnScreen,
				client,
				receive: (event) => store.receive(event),
				quit,
				exportHistory: (order) => exporter.begin(order),
				stopExport: () => exporter.stop(),
				saveRead: (name, position) => kept?.savePosition(name, position),
				saveTabs: (tabs) => options.tabs?.save(tabs),
				saveIgnored: (ignored) => options.ignored?.save(ignored),
				unkept: () => kept?.unkept.length,
			});
		},
	});
	const exporter = createExporter(client, (event) => store.receive(event));
	const onRefused = ({ text }: { readonly text: string }) => refusals.push(text);
	const hangUp = () => end(0);
	const onSignal = (signal: NodeJS.Signals) => end(128 + constants.signals[signal]);
	stdout.on('error', hangUp);
	for (const signal of endings) {
		process.on(signal, onSignal);
	}
	options.end?.addEventListener('abort', hangUp);
	if (options.end?.aborted === true) {
		end(0);
	}
	print(undefined, state);
	const stopListening = listen(client, (event) => store.receive(event));
	const stopNotices = notices?.listen((text, level) => store.receive({ type: 'notice', notice: { level, text } }));
	client.on('refused', onRefused);
	followRooms(client, store);
	(isTyped ? readTyped() : readPipe()).catch(fail);

	/** Resolves when the state is as it is waited for. */
	function reached(isSo: (state: State) => boolean): Promise<void> {
		return new Promise((resolve) => {
			const watcher = () => {
				if (isSo(state)) {
					watchers.delete(watcher);
					resolve();
				}
			};
			watchers.add(watcher);
			watcher();
		});
	}

	/** Waits, but without a link or a broker that can keep anything only as long as `natter send`; then it is a Failure. */
	async function withinPatience(wait: () => Promise<unknown>, what: string): Promise<void> {
		const { promise: tired, reject } = Promise.withResolvers<never>();
		const giveUp = (cause: string) => reject(new Failure(`${cause}: ${what}`, 1));
		let timer: NodeJS.Timeout | undefined;
		const watcher = () => {
			if (state.isRefusing === true) {
				timer ??= setTimeout(() => giveUp('the broker cannot keep messages now'), patienceMs);
			} else {
				clearTimeout(timer);
				timer = undefined;
			}
		};
		watchers.add(watcher);
		watcher();
		const stop = linkWithin(client, giveUp);
		try {
			await Promise.race([wait(), tired]);
		} finally {
			stop();
			watchers.delete(watcher);
			clearTimeout(timer);
		}
	}

	async function readTyped(): Promise<void> {
		input = createInterface({ input: stdin, terminal: false });
		for await (const line of input) {
			store.send({ type: 'entered', line });
		}
		quit();
	}

	async function readPipe(): Promise<void> {
		// Commands are of their moment: without a link they would have no answer.
		await withinPatience(() => reached(({ link }) => link.state === 'online'), 'nothing was read');
		// An error ends the loop over its lines too.
		input = createInterface({ input: stdin.on('error', () => undefined) });
		for await (const line of input) {
			if (hasQuit) {
				break;
			}
			const before = published;
			store.send({ type: 'entered', line });
			if (published === before && line.trim() !== '' && !/^\/(?!\/)/u.test(line)) {
				refusals.push('it cannot be a message here');
			}
			if (waiting(state) >= maxUnderWay) {
				await withinPatience(() => reached((now) => waiting(now) < maxUnderWay), 'not all was sent');
			}
		}
		// What was asked is answered before.
		const settled = () => Promise.all([reached(isSettled), client.rooms().catch(() => undefined)]);
		await withinPatience(settled, 'not all was sent');
		if (hasQuit || !stdout.isTTY) {
			const [reason] = refusals;
			if (reason !== undefined) {
				throw new Failure(`${counted(refusals.length, 'line was', 'lines were')} not sent: ${reason}`, 1);
			}
			end(0);
		}
	}

	try {
		return await ended;
	} finally {
		options.end?.removeEventListener('abort', hangUp);
		client.off('refused', onRefused);
		stopListening();
		stopNotices?.();
		store.close();
		input?.close();
		stdin.destroy();
		await exporter.stop();
		await client.close().catch(() => undefined);
		for (const signal of endings) {
			process.off(signal, onSignal);
		}
	}
}

/** There is no screen; what depends on its size goes by this one. */
const usualSize = { columns: 80, rows: 24 };

const never = () => new Promise<never>(() => undefined);
const nothing = () => undefined;

/** No command that leads to one of these is run without a screen, or what it does is said in words as well. */
const onlyOnScreen = {
	redraw: nothing,
	edit: never,
	suspend: nothing,
	showBare: nothing,
	open: never,
	copy: never,
	ring: nothing,
	notify: nothing,
	setTitle: nothing,
	// A draft waits for the screen, which has an input to write on in.
	saveDraft: nothing,
	// Lines are recalled in that input alone.
	saveLine: nothing,
};

/** My lines that are on their way. */
function waiting({ rooms }: State): number {
	return rooms.reduce((count, { pending }) => count + pending.length, 0);
}

/** All of mine is numbered or refused, and what was said before is printed. */
function isSettled(state: State): boolean {
	const isRead = ({ name, status }: Room) =>
		isInbox(name) || (status !== undefined && status.phase !== 'joining' && status.position >= status.head);
	return waiting(state) === 0 && state.rooms.every(isRead);
}

function after(ms: number, callback: () => void): () => void {
	const timer = setTimeout(callback, ms);
	return () => clearTimeout(timer);
}
