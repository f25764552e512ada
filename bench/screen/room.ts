/**
 * A room that a screen can be put into, in a process of its own: natter's broker, or an IRC server with one channel. Both
 * say the same messages, numbered from 1, when they are told to; who comes later gets what was said before as the kind of
 * server does it: from the broker a client asks for what it shows, the IRC server sends everything.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type RoomKind = 'natter' | 'irc';

export type Order =
	| { readonly say: number; readonly perSecond?: number }
	/** No more of what is being said. */
	| { readonly hush: true };

export type Report = { readonly port: number } | { readonly head: number };

export interface RoomProcess extends AsyncDisposable {
	readonly pid: number;
	readonly port: number;
	/** Says so many more messages, at once or at a rate; resolves to the number of the last one when it is said. */
	say(count: number, perSecond?: number): Promise<number>;
	/** Ends what is being said: `say` resolves to the last number that was. */
	hush(): void;
}

/** When an answer is given up: more than anything takes that a room is told to say. */
const patienceMs = 180_000;

/** Starts a room that is empty. */
export async function startRoom(kind: RoomKind): Promise<RoomProcess> {
	const child = fork(fileURLToPath(new URL('room-process.ts', import.meta.url)), [kind], {
		execArgv: ['--disable-warning=ExperimentalWarning'],
	});
	await using unopened = new AsyncDisposableStack();
	unopened.defer(() => end(child));
	const begun = await reportOf(child);
	if (!('port' in begun)) {
		throw new Error('Expected the port of the room');
	}
	const opened = unopened.move();
	return {
		pid: child.pid ?? 0,
		port: begun.port,
		async say(count, perSecond) {
			tell(child, { say: count, ...(perSecond !== undefined && { perSecond }) });
			const report = await reportOf(child);
			return 'head' in report ? report.head : 0;
		},
		hush: () => tell(child, { hush: true }),
		[Symbol.asyncDispose]: () => opened.disposeAsync(),
	};
}

async function end(child: ChildProcess): Promise<void> {
	if (child.exitCode === null && child.signalCode === null) {
		const ended = once(child, 'exit');
		child.kill('SIGKILL');
		await ended;
	}
}

function tell(child: ChildProcess, order: Order): void {
	child.send(order);
}

async function reportOf(child: ChildProcess): Promise<Report> {
	const ended = new AbortController();
	const onExit = () => ended.abort(new Error('The process of the room has ended'));
	const onLate = () => ended.abort(new Error(`The room has not answered for ${patienceMs} ms`));
	const watchdog = setTimeout(onLate, patienceMs);
	child.once('exit', onExit);
	try {
		const [report] = (await once(child, 'message', { signal: ended.signal })) as [Report];
		return report;
	} finally {
		clearTimeout(watchdog);
		child.off('exit', onExit);
	}
}
