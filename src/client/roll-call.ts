import { retryAt } from './retry.ts';
import type { Desk, Failure } from './step.ts';

type State =
	| { readonly name: 'idle' }
	| { readonly name: 'asked'; readonly ref: string }
	/** The broker could not say: until then nobody knows. */
	| { readonly name: 'waiting'; readonly until: number };

/**
 * Who is in a room that was entered just now. Those who come and go are told only from then on, so that a question which
 * the broker cannot answer yet is asked again.
 */
export class RollCall {
	readonly #desk: Desk;
	readonly #room: string;
	#state: State = { name: 'idle' };

	constructor(desk: Desk, room: string) {
		this.#desk = desk;
		this.#room = room;
	}

	get wakeAt(): number | undefined {
		return this.#state.name === 'waiting' ? this.#state.until : undefined;
	}

	ask(): void {
		const ref = this.#desk.nextRef();
		this.#state = { name: 'asked', ref };
		this.#desk.send({ type: 'members', room: this.#room, ref });
	}

	/** An error came. False when it answers something else. */
	failed(ref: string, failure: Failure, at: number): boolean {
		if (this.#state.name !== 'asked' || this.#state.ref !== ref) {
			return false;
		}
		const until = retryAt(failure, at);
		this.#state = until === undefined ? { name: 'idle' } : { name: 'waiting', until };
		return true;
	}

	tick(at: number): void {
		if (at >= (this.wakeAt ?? Infinity)) {
			this.ask();
		}
	}

	/** The link is gone. */
	cancel(): void {
		this.#state = { name: 'idle' };
	}
}
