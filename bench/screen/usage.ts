/** What is used of the processors while something is measured: by the program, by this process and by the room's. */
import { cpuUs } from '../harness/accounting.ts';
import type { Opened } from './open.ts';

export class Usage {
	readonly #opened: Pick<Opened, 'terminal' | 'room'>;
	readonly #began = performance.now();
	readonly #program: number;
	readonly #driver = cpuUs(process.pid);
	readonly #room: number;

	/** Begins now. */
	constructor(opened: Pick<Opened, 'terminal' | 'room'>) {
		this.#opened = opened;
		this.#program = cpuUs(opened.terminal.pid);
		this.#room = opened.room === undefined ? 0 : cpuUs(opened.room.pid);
	}

	/** CPU time of the program since then, in ms. */
	get programMs(): number {
		return (cpuUs(this.#opened.terminal.pid) - this.#program) / 1000;
	}

	/** Percent of one processor since then. */
	shares(name: string): Readonly<Record<string, number>> {
		const percent = (us: number) => us / 10 / (performance.now() - this.#began);
		const { terminal, room } = this.#opened;
		return {
			[name]: percent(cpuUs(terminal.pid) - this.#program),
			[`driver ${name}`]: percent(cpuUs(process.pid) - this.#driver),
			...(room !== undefined && { [`room ${name}`]: percent(cpuUs(room.pid) - this.#room) }),
		};
	}
}
