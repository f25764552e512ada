/** The load generator from outside: a process of its own, so that its CPU time is not the broker's. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Gathering, Load, Outcome } from './crowd.ts';
import type { Answered, Asked, DialectName } from './generator.ts';

export class LoadGenerator implements AsyncDisposable {
	readonly #child: ChildProcess;
	readonly #ended: Promise<unknown>;

	/** Starts the process and resolves when everybody is in their rooms. */
	static async gather(dialect: DialectName, gathering: Gathering): Promise<LoadGenerator> {
		const generator = new LoadGenerator();
		await generator.#ask({ deed: 'gather', dialect, gathering });
		return generator;
	}

	private constructor() {
		this.#child = fork(new URL('generator.ts', import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
		this.#ended = once(this.#child, 'exit');
	}

	async run(load: Load): Promise<Outcome> {
		const { outcome } = await this.#ask({ deed: 'run', load });
		if (outcome === undefined) {
			throw new Error('Expected an outcome');
		}
		return outcome;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		this.#child.kill('SIGKILL');
		await this.#ended;
	}

	async #ask(asked: Asked): Promise<Extract<Answered, { ok: true }>> {
		const answer = once(this.#child, 'message');
		const ended = this.#ended.then(() => {
			throw new Error('The load generator has ended');
		});
		this.#child.send(asked);
		const [answered] = (await Promise.race([answer, ended])) as [Answered];
		if (!answered.ok) {
			throw new Error(answered.why);
		}
		return answered;
	}
}
