import type { Notice } from './client.ts';
import type { Output } from './step.ts';

const mostNotices = 20;
const withinMs = 10_000;

/** Passes on what a broker has to say to a person, but not more of it than a person can read. */
export class Notices {
	readonly #tell: (output: Output) => void;
	#since = 0;
	#count = 0;

	constructor(tell: (output: Output) => void) {
		this.#tell = tell;
	}

	pass(notice: Notice, at: number): void {
		if (at - this.#since >= withinMs) {
			this.#since = at;
			this.#count = 0;
		}
		this.#count += 1;
		if (this.#count <= mostNotices) {
			this.#tell({ type: 'notice', notice });
		}
	}
}
