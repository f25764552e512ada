/**
 * A program in a pseudo-terminal, with a stopwatch. What is on the way of a key costs as little as can be: bytes are only
 * looked through for what is waited for, and put by. What they draw is found out afterwards, by an emulator that gets them
 * piece by piece with the times at which they came.
 */
import * as pty from '@lydell/node-pty';
import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import xterm from '@xterm/headless';
import { OutputReader } from './output-reader.ts';

const size = { columns: 120, rows: 40 } as const;

export interface Command {
	readonly file: string;
	readonly words: readonly string[];
	readonly env: Readonly<Record<string, string>>;
	readonly cwd: string;
}

/** When what is waited for is given up. */
const patienceMs = 20_000;

/** What a program may take to end before it is made to. */
const graceMs = 3000;

interface Chunk {
	readonly bytes: Uint8Array;
	/** By performance.now(). */
	readonly at: number;
	/** Whether the terminal shows it at once: it does not end within a frame that is held. */
	readonly isShown: boolean;
}

interface Waiting {
	readonly look: () => boolean;
	readonly done: (at: number) => void;
}

export class Terminal implements AsyncDisposable {
	readonly pid: number;
	/** By performance.now(). */
	readonly startedAt = performance.now();
	/** How many bytes it has written. */
	written = 0;
	/** When it first wrote something that can be seen. */
	firstTextAt: number | undefined;
	endedAt: number | undefined;
	readonly #child: pty.IPty;
	readonly #reader: OutputReader;
	readonly #emulator = new xterm.Terminal({
		cols: size.columns,
		rows: size.rows,
		allowProposedApi: true,
		scrollback: 0,
	});
	#undrawn: Chunk[] = [];
	#lookedAt = this.startedAt;
	#waiting: Waiting | undefined;
	readonly #ended: Promise<void>;

	constructor({ file, words, env, cwd }: Command) {
		this.#emulator.loadAddon(new UnicodeGraphemesAddon());
		this.#child = pty.spawn(file, [...words], {
			cols: size.columns,
			rows: size.rows,
			cwd,
			env: { ...env },
			name: env['TERM'] ?? 'xterm-256color',
			encoding: null,
		});
		this.pid = this.#child.pid;
		this.#reader = new OutputReader((answer) => this.#child.write(answer));
		// With no encoding the bytes come as they are, whatever the types say.
		(this.#child.onData as unknown as pty.IEvent<Buffer>)((bytes) => this.#took(bytes));
		this.#ended = new Promise((resolve) => {
			this.#child.onExit(() => {
				this.endedAt = performance.now();
				this.#waiting?.done(Number.NaN);
				resolve();
			});
		});
	}

	/** Presses keys: the bytes that a terminal sends. */
	type(keys: string): void {
		this.#child.write(keys);
	}

	/** Types a sign that is nowhere on the screen; resolves to the ms until it is. */
	async echo(what: string, sign: string): Promise<number> {
		this.#reader.expect(sign);
		const began = performance.now();
		this.#child.write(sign);
		return (await this.#wait(() => this.#reader.isShown, `${what}: ${sign}`)) - began;
	}

	/**
	 * Resolves, by performance.now(), to when the screen was first as sought, of all that came since it was last looked at;
	 * to when that was where nothing has to come.
	 */
	async shows(
		what: string,
		isSought: (lines: readonly string[]) => boolean,
		{ waitMs = patienceMs }: { waitMs?: number } = {},
	): Promise<number> {
		const end = performance.now() + waitMs;
		if (isSought(this.#lines())) {
			return this.#lookedAt;
		}
		for (;;) {
			const isLate = performance.now() > end;
			const chunk = isLate ? undefined : this.#undrawn.shift();
			if (chunk !== undefined) {
				await this.#draw(chunk);
				if (chunk.isShown && isSought(this.#lines())) {
					return chunk.at;
				}
			} else if (this.endedAt !== undefined || isLate) {
				const why = isLate ? `not seen for ${waitMs} ms` : 'the program has ended';
				throw new Error(`${what}: ${why}. The screen:\n${this.#lines().join('\n')}`);
			} else {
				await this.#wait(() => this.#undrawn.length > 0, what).catch(() => undefined);
			}
		}
	}

	/** What is on the screen now. */
	async lines(): Promise<readonly string[]> {
		const chunks = this.#undrawn;
		this.#undrawn = [];
		for (const chunk of chunks) {
			await this.#draw(chunk);
		}
		return this.#lines();
	}

	/** Resolves when the program has ended. */
	ended(): Promise<void> {
		return this.#ended;
	}

	/** Has the program end as it does when its terminal is told to go, and all of it gone. */
	async end(): Promise<void> {
		if (this.endedAt === undefined) {
			this.#child.kill('SIGTERM');
			const grace = setTimeout(() => this.#child.kill('SIGKILL'), graceMs);
			await this.#ended;
			clearTimeout(grace);
		}
		await this[Symbol.asyncDispose]();
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.endedAt === undefined) {
			this.#child.kill('SIGKILL');
			await this.#ended;
		}
		this.#emulator.dispose();
	}

	#took(bytes: Buffer): void {
		const at = performance.now();
		this.written += bytes.length;
		this.#reader.read(bytes);
		if (this.#reader.hasText) {
			this.firstTextAt ??= at;
		}
		this.#undrawn.push({ bytes, at, isShown: !this.#reader.isHeld });
		if (this.#waiting?.look() === true) {
			this.#waiting.done(at);
		}
	}

	#wait(look: () => boolean, what: string): Promise<number> {
		return new Promise((resolve, reject) => {
			const done = (at: number) => {
				clearTimeout(watchdog);
				this.#waiting = undefined;
				if (Number.isNaN(at)) {
					reject(new Error(`${what}: the program has ended`));
				} else {
					resolve(at);
				}
			};
			const watchdog = setTimeout(() => {
				this.#waiting = undefined;
				reject(new Error(`${what}: not seen for ${patienceMs} ms`));
			}, patienceMs);
			this.#waiting = { look, done };
		});
	}

	#draw({ bytes, at }: Chunk): Promise<void> {
		this.#lookedAt = at;
		return new Promise((resolve) => this.#emulator.write(bytes, resolve));
	}

	#lines(): readonly string[] {
		const buffer = this.#emulator.buffer.active;
		return Array.from(
			{ length: size.rows },
			(_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true, 0, size.columns) ?? '',
		);
	}
}
