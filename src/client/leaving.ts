import { retryAt } from './retry.ts';
import type { Desk, Failure } from './step.ts';

type State =
	| { readonly name: 'idle' }
	| { readonly name: 'asked'; readonly ref: string; readonly until: number }
	/** The broker could not do it: until then it goes on sending. */
	| { readonly name: 'waiting'; readonly until: number };

/**
 * Getting out of a room: done when the broker says so, or that there is nothing to get out of, when it does not answer in
 * time, or when there is no link any more.
 */
export class Leaving {
	readonly #desk: Desk;
	readonly #room: string;
	readonly #requestMs: number;
	/** The inputs that wait. */
	#waiting: number[] = [];
	#state: State = { name: 'idle' };

	constructor(desk: Desk, room: string, requestMs: number) {
		this.#desk = desk;
		this.#room = room;
		this.#requestMs = requestMs;
	}

	get isPending(): boolean {
		return this.#waiting.length > 0;
	}

	get wakeAt(): number | undefined {
		return this.#state.name === 'idle' ? undefined : this.#state.until;
	}

	/** Tells the broker, when there is one. */
	ask(at: number): void {
		const { protocol } = this.#desk;
		if (protocol === 'base') {
			this.#desk.send({ type: 'unsubscribe', room: this.#room });
		} else if (protocol === 'v1') {
			const ref = this.#desk.nextRef();
			this.#state = { name: 'asked', ref, until: at + this.#requestMs };
			this.#desk.send({ type: 'unsubscribe', room: this.#room, ref });
		}
	}

	/** Answers this input when the room is left, which may be at once. */
	wait(id: number): void {
		this.#waiting.push(id);
		if (this.#state.name === 'idle') {
			this.done();
		}
	}

	isAnswer(ref: string | undefined): boolean {
		return this.#state.name === 'asked' && this.#state.ref === ref;
	}

	/** An error came. False when it answers something else. */
	failed(ref: string, failure: Failure, at: number): boolean {
		if (!this.isAnswer(ref)) {
			return false;
		}
		const until = retryAt(failure, at);
		if (until === undefined) {
			this.done();
		} else {
			this.#state = { name: 'waiting', until };
		}
		return true;
	}

	tick(at: number): void {
		if (at < (this.wakeAt ?? Infinity)) {
			return;
		}
		if (this.#state.name === 'waiting') {
			this.ask(at);
		} else {
			this.done();
		}
	}

	done(): void {
		this.#state = { name: 'idle' };
		for (const id of this.#waiting.splice(0)) {
			this.#desk.tell({ type: 'settle', id, result: { ok: true, value: undefined } });
		}
	}
}
