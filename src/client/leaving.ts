import type { Desk } from './step.ts';

/** Getting out of a room: answered when the broker says so, when it does not in time, or when there is no link any more. */
export class Leaving {
	readonly #desk: Desk;
	readonly #room: string;
	readonly #requestMs: number;
	/** The inputs that wait. */
	#waiting: number[] = [];
	#asked: { readonly ref: string; readonly deadline: number } | undefined;

	constructor(desk: Desk, room: string, requestMs: number) {
		this.#desk = desk;
		this.#room = room;
		this.#requestMs = requestMs;
	}

	get isPending(): boolean {
		return this.#waiting.length > 0;
	}

	get wakeAt(): number | undefined {
		return this.isPending ? this.#asked?.deadline : undefined;
	}

	/** Tells the broker, when there is one. */
	ask(at: number): void {
		const { protocol } = this.#desk;
		if (protocol === 'base') {
			this.#desk.send({ type: 'unsubscribe', room: this.#room });
		} else if (protocol === 'v1') {
			const ref = this.#desk.nextRef();
			this.#asked = { ref, deadline: at + this.#requestMs };
			this.#desk.send({ type: 'unsubscribe', room: this.#room, ref });
		}
	}

	/** Answers this input when the room is left, which may be at once. */
	wait(id: number): void {
		this.#waiting.push(id);
		if (this.#asked === undefined) {
			this.done();
		}
	}

	isAnswer(ref: string | undefined): boolean {
		return ref !== undefined && ref === this.#asked?.ref;
	}

	tick(at: number): void {
		if (at >= (this.wakeAt ?? Infinity)) {
			this.done();
		}
	}

	done(): void {
		this.#asked = undefined;
		for (const id of this.#waiting.splice(0)) {
			this.#desk.tell({ type: 'settle', id, result: { ok: true, value: undefined } });
		}
	}
}
