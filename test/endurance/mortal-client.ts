/**
 * A person whose client is a process that is killed and started again with the same state on disk.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Observation } from '../checker/checker.ts';
import { type Running, run, temporaryDirectory } from '../helpers/processes.ts';
import type { Order, Task, Told } from './client-process.ts';

const program = fileURLToPath(new URL('client-process.ts', import.meta.url));

export class MortalClient {
	readonly room: string;
	/** How often it was killed. */
	kills = 0;
	readonly #task: Omit<Task, 'run' | 'journal'>;
	readonly #runs: { readonly name: string; readonly journal: string }[] = [];
	#running: Running | undefined;

	constructor(task: Omit<Task, 'run' | 'journal' | 'directory'>) {
		this.room = task.room;
		this.#task = { ...task, directory: temporaryDirectory() };
		this.#start();
	}

	/** Ends the process at once and starts the next one. */
	async killAndStart(): Promise<void> {
		this.kills += 1;
		this.#running?.kill('SIGKILL');
		await this.#running?.ended;
		this.#start();
	}

	/** Says no more; resolves when everything is settled, or was waited for in vain. */
	async stop(): Promise<void> {
		this.#order('stop');
		await this.#running?.printed(/settled/u);
	}

	/** Lets it read up to the head of its room; resolves when it is gone. */
	async rest(head: number): Promise<void> {
		this.#order(`rest ${head}`);
		const code = await this.#running?.ended;
		if (code !== 0) {
			throw new Error(`a client process ended with ${code}:\n${this.#running?.output.stderr}`);
		}
	}

	/** What all its runs saw, in their order, and what they complained about. */
	observations(): { readonly observations: readonly Observation[]; readonly notices: readonly string[] } {
		const journals = this.#runs.map(({ journal }) => linesOf(journal));
		const known = new Set(journals.flat().flatMap((told) => (told.type === 'acked' ? [told.cid] : [])));
		const observations: Observation[] = [];
		const notices: string[] = [];
		for (const [index, { name }] of this.#runs.entries()) {
			const begun = new Set<string | undefined>();
			for (const told of journals[index] ?? []) {
				switch (told.type) {
					case 'kept':
						begun.delete(told.cid);
						break;
					case 'notice':
						notices.push(`${name} said: ${told.text}`);
						break;
					case 'intended':
						begun.add(told.cid);
						observations.push(told);
						break;
					default:
						observations.push(told);
				}
			}
			// It was killed in the middle of `publish`: whether that was kept, nobody was told.
			for (const cid of begun) {
				if (cid !== undefined && !known.has(cid)) {
					observations.push({ type: 'provoked', cid, code: 'killed' });
					observations.push({ type: 'refused', client: name, room: this.room, cid, code: 'killed' });
				}
			}
			const heir = this.#runs[index + 1]?.name;
			if (heir !== undefined) {
				observations.push({ type: 'ended', client: name, heir });
			}
		}
		return { observations, notices };
	}

	#start(): void {
		const name = `${this.#task.nick}-${this.#runs.length + 1}`;
		const journal = join(this.#task.directory, `${name}.journal`);
		this.#runs.push({ name, journal });
		const task: Task = { ...this.#task, run: name, journal };
		this.#running = run(process.execPath, [program, JSON.stringify(task)]);
	}

	#order(order: Order): void {
		this.#running?.child.stdin.write(`${order}\n`);
	}
}

/** The lines of a journal; one that was not written whole is none, and neither is a journal that was never begun. */
function linesOf(journal: string): readonly Told[] {
	let text = '';
	try {
		text = readFileSync(journal, 'utf8');
	} catch {
		return [];
	}
	return text
		.slice(0, text.lastIndexOf('\n') + 1)
		.split('\n')
		.filter((line) => line !== '')
		.map((line) => JSON.parse(line) as Told);
}
