import { type Clocks, SqliteThread, type ThreadEvents, type ThreadSetup } from './sqlite-thread.ts';
import type { AnyCall } from './sqlite-wire.ts';

export interface LastingThreadOptions<Call extends AnyCall> {
	readonly setup: ThreadSetup;
	readonly clocks: Clocks;
	readonly closeCall: Call;
	readonly events: ThreadEvents;
	/** Makes a thread ready that was started again. It is not used before this has resolved. */
	readonly resume: () => Promise<unknown>;
}

/** Between the end of a thread and the start of the next, in ms. */
const restartMs = 1000;

/** A SQLite thread that is started again when it ends and nobody closed it, until it is well or closed. */
export class LastingThread<Call extends AnyCall> {
	readonly #options: LastingThreadOptions<Call>;
	#thread: SqliteThread<Call>;
	#isClosing = false;
	#failure: string | undefined;
	#restart: NodeJS.Timeout | undefined;

	constructor(options: LastingThreadOptions<Call>) {
		this.#options = options;
		this.#thread = this.#start();
	}

	/** Rejects with an `EngineError` when the first thread cannot do its work. */
	get opened(): Promise<void> {
		return this.#thread.opened;
	}

	/** Why there is no thread to ask just now. */
	get failure(): string | undefined {
		return this.#failure;
	}

	send(call: Call): void {
		this.#thread.send(call);
	}

	/** Resolves when everything sent before has been answered and the thread has ended. To be called once. */
	close(): Promise<void> {
		this.#end();
		return this.#thread.close();
	}

	/** Ends a thread that was never used. */
	terminate(): Promise<void> {
		this.#end();
		return this.#thread.terminate();
	}

	#end(): void {
		this.#isClosing = true;
		clearTimeout(this.#restart);
	}

	#start(): SqliteThread<Call> {
		const { setup, clocks, closeCall, events } = this.#options;
		const ended = (reason: string): void => {
			events.ended(reason);
			if (!this.#isClosing) {
				this.#fail(reason);
			}
		};
		return new SqliteThread(setup, clocks, closeCall, { ...events, ended });
	}

	#fail(reason: string): void {
		const { setup, events } = this.#options;
		const failure = `The ${setup.role} of stored messages ended, and is started again: ${reason}`;
		if (failure !== this.#failure) {
			events.notice(failure);
		}
		this.#failure = failure;
		this.#restart = setTimeout(() => void this.#startAgain(), restartMs);
	}

	async #startAgain(): Promise<void> {
		const { setup, events, resume } = this.#options;
		const thread = this.#start();
		this.#thread = thread;
		try {
			await thread.opened;
			await resume();
			this.#failure = undefined;
			events.notice(`The ${setup.role} of stored messages works again`);
		} catch {
			// Its end begins the next attempt.
			await thread.terminate();
		}
	}
}
