import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { EngineError } from './engine.ts';
import { isResults, packBatch, unpackResults } from './sqlite-packing.ts';
import type { AnyCall, FromThread, Recovered, Removed, Result, ThreadData } from './sqlite-wire.ts';

/** What a thread is started with, but for the time. */
export type ThreadSetup = Omit<ThreadData, 'at' | 'elapsed' | 'port'>;

/** What the time is, in ms: since 1970, and by a clock that never steps. */
export interface Clocks {
	readonly now: () => number;
	readonly elapsed: () => number;
}

/** Who hears from a thread. None of these is called after `ended`. */
export interface ThreadEvents {
	/** Results of the oldest unanswered calls; the writer's are those of one commit. */
	results(results: readonly Result[]): void;
	/** Something was committed that nobody was told of; told before everything that was committed later. */
	recovered(recovered: Recovered): void;
	/** A sweep has removed something; told before everything that was committed later. */
	removed(removed: Removed): void;
	/** The oldest sweep is through. */
	swept(result: Result): void;
	notice(text: string): void;
	/** The thread is gone, after `close` or for another reason. */
	ended(reason: string): void;
}

/**
 * The main thread's end of a SQLite thread. Calls of one turn of the event loop are sent together at its end.
 */
export class SqliteThread<Call extends AnyCall> {
	/** Rejects with an `EngineError` when the thread cannot do its work. */
	readonly opened: Promise<void>;
	readonly #worker: Worker;
	/** One of its own: what a `Worker` is sent passes through one more emitter, which costs as much as all that is in it. */
	readonly #port: MessagePort;
	readonly #clocks: Clocks;
	readonly #closeCall: Call;
	readonly #exited: Promise<void>;
	#calls: Call[] = [];
	#isClosing = false;

	constructor(setup: ThreadSetup, clocks: Clocks, closeCall: Call, events: ThreadEvents) {
		const file = import.meta.url.endsWith('.ts') ? './sqlite-worker.ts' : './sqlite-worker.js';
		const { port1: ours, port2: port } = new MessageChannel();
		const workerData: ThreadData = { ...setup, at: clocks.now(), elapsed: clocks.elapsed(), port };
		const name = `natter ${setup.role}`;
		this.#worker = new Worker(new URL(file, import.meta.url), { workerData, transferList: [port], name });
		this.#port = ours;
		this.#clocks = clocks;
		this.#closeCall = closeCall;
		let reason = 'it was closed';
		const { promise, resolve, reject } = Promise.withResolvers<void>();
		this.opened = promise;
		const hear = (message: FromThread) => {
			if (isResults(message)) {
				return events.results(unpackResults(message));
			}
			switch (message.type) {
				case 'opened':
					return resolve();
				case 'refused':
					reason = message.message;
					return reject(new EngineError(message.code, message.message, { outcome: 'not_applied' }));
				case 'recovered':
					return events.recovered(message.recovered);
				case 'removed':
					return events.removed(message.removed);
				case 'swept':
					return events.swept(message.result);
				case 'notice':
					return events.notice(message.text);
			}
		};
		this.#port.on('message', hear);
		this.#worker.on('error', (error: Error) => {
			reason = error.message;
		});
		this.#exited = new Promise((exited) => {
			this.#worker.on('exit', () => {
				// What it said last may not have been heard yet.
				let last: { readonly message: FromThread } | undefined = receiveMessageOnPort(ours);
				while (last !== undefined) {
					hear(last.message);
					last = receiveMessageOnPort(ours);
				}
				ours.close();
				reject(new EngineError('unavailable', `The storage thread ended: ${reason}`, { outcome: 'not_applied' }));
				events.ended(reason);
				exited();
			});
		});
	}

	/** Calls are answered in the order of `send`. After `close` nothing is sent: who asks then has no answer but `ended`. */
	send(call: Call): void {
		if (this.#isClosing) {
			return;
		}
		this.#calls.push(call);
		if (this.#calls.length === 1) {
			setImmediate(() => this.#flush());
		}
	}

	/** Resolves when everything sent before has been answered and the thread has ended. To be called once. */
	close(): Promise<void> {
		this.send(this.#closeCall);
		this.#isClosing = true;
		return this.#exited;
	}

	/** Ends a thread that was never used. */
	async terminate(): Promise<void> {
		await this.#worker.terminate();
	}

	#flush(): void {
		const batch = { at: this.#clocks.now(), elapsed: this.#clocks.elapsed(), calls: this.#calls };
		this.#calls = [];
		this.#port.postMessage(packBatch(batch));
	}
}
