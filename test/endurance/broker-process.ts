/**
 * A broker process that is killed, stopped and started again on the same port and the same data.
 */
import { residentBytes } from '../../bench/harness/accounting.ts';
import { freePort } from '../helpers/free-port.ts';
import { type Running, runNatter } from '../helpers/processes.ts';

export class BrokerProcess {
	readonly port: number;
	readonly url: string;
	/** What it has said of trouble of its own, over every start. */
	readonly complaints: string[] = [];
	readonly #words: readonly string[];
	#moreWords: readonly string[] = [];
	#running: Running | undefined;

	/** `words` are those of `natter --serve`, `--data` or `--store memory` among them. The port is a free one. */
	static async make(words: readonly string[]): Promise<BrokerProcess> {
		return new BrokerProcess(await freePort(), words);
	}

	private constructor(port: number, words: readonly string[]) {
		this.port = port;
		this.url = `ws://127.0.0.1:${port}`;
		this.#words = ['--serve', '--port', String(port), ...words];
	}

	/** `words` are said with every later start, besides those that it was made with. */
	use(words: readonly string[]): void {
		this.#moreWords = words;
	}

	/** Resolves when it listens. Rejects with what it has printed when it ends before, also because it was killed. */
	async start(): Promise<void> {
		this.#running = runNatter([...this.#words, ...this.#moreWords]);
		await this.#running.printed(/listening on/u);
	}

	/** Ends it at once and resolves when it is gone. Without a process nothing happens. */
	async kill(): Promise<void> {
		this.#running?.kill('SIGKILL');
		await this.#gone();
	}

	/** Asks it to stop; resolves to the exit code, or to the signal that ended it, and to the time that it took. */
	async stop(): Promise<{ readonly code: number | NodeJS.Signals | undefined; readonly ms: number }> {
		const began = performance.now();
		this.#running?.kill('SIGTERM');
		const code = await this.#gone();
		return { code, ms: performance.now() - began };
	}

	get isAlive(): boolean {
		const child = this.#running?.child;
		return child !== undefined && child.exitCode === null && child.signalCode === null;
	}

	/** What it has logged since the last start. */
	get log(): string {
		return this.#running?.output.stderr ?? '';
	}

	/** Resident memory in bytes. */
	get residentBytes(): number {
		return residentBytes(this.#running?.child.pid ?? 0);
	}

	/** `GET /healthz`, as it is answered. */
	async health(): Promise<{ readonly status: string; readonly connections: number }> {
		const response = await fetch(`http://127.0.0.1:${this.port}/healthz`);
		return (await response.json()) as { status: string; connections: number };
	}

	async #gone(): Promise<number | NodeJS.Signals | undefined> {
		const code = await this.#running?.ended;
		// A handler that threw: the client at the other end is cut off, and nobody else hears of it.
		this.complaints.push(...this.log.split('\n').filter((line) => /"event":"internal"|^\s+at |Error:/u.test(line)));
		this.#running = undefined;
		return code;
	}
}
