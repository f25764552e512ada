/**
 * Coming back under another name. Who has no key is known by name alone, so that a repeat under another name would be
 * another message; with a key the repeat is known, but what was not yet numbered would stand under a name that it was not
 * said under. So whatever may have been numbered under the old name is settled first; nothing new leaves meanwhile. Pure.
 *
 *   asked --nothing in doubt--> under way --online--> done
 *     '--a link, and still in doubt after `requestMs` on it--> given up
 */
import type { Failure, Output } from './step.ts';

export interface RenamingOptions {
	readonly requestMs: number;
	tell(output: Output): void;
	/** Comes back under this name. */
	begin(nick: string, at: number): void;
}

type State =
	| { readonly name: 'none' }
	/** `onlineSince`: how long there has been a link on which the old name's publishes can be settled. */
	| { readonly name: 'asked'; readonly nick: string; readonly onlineSince: number | undefined }
	| { readonly name: 'under way' };

export class Renaming {
	readonly #options: RenamingOptions;
	#state: State = { name: 'none' };
	/** The inputs that wait for the name. */
	#waiting: number[] = [];

	constructor(options: RenamingOptions) {
		this.#options = options;
	}

	/** What may leave: all, only what was sent before, or nothing. */
	get lets(): 'all' | 'sent' | 'nothing' {
		return this.#state.name === 'none' ? 'all' : this.#state.name === 'asked' ? 'sent' : 'nothing';
	}

	get wakeAt(): number | undefined {
		const state = this.#state;
		return state.name === 'asked' && state.onlineSince !== undefined
			? state.onlineSince + this.#options.requestMs
			: undefined;
	}

	ask(id: number, nick: string, onlineSince: number | undefined): void {
		this.#waiting.push(id);
		this.#state = { name: 'asked', nick, onlineSince };
	}

	/** There is a link, on which the broker knows this client by `nick`. */
	online(nick: string, at: number): void {
		if (this.#state.name === 'asked') {
			this.#state = { ...this.#state, onlineSince: at };
			return;
		}
		this.#state = { name: 'none' };
		for (const id of this.#waiting.splice(0)) {
			this.#options.tell({ type: 'settle', id, result: { ok: true, value: nick } });
		}
	}

	offline(): void {
		if (this.#state.name === 'asked') {
			this.#state = { ...this.#state, onlineSince: undefined };
		}
	}

	/** Goes on when it can. `inDoubt`: something may have been numbered under the present name. */
	proceed(inDoubt: boolean, at: number): void {
		const state = this.#state;
		if (state.name !== 'asked') {
			return;
		}
		if (!inDoubt) {
			this.#state = { name: 'under way' };
			this.#options.begin(state.nick, at);
		} else if (at >= (this.wakeAt ?? Infinity)) {
			this.close(tooBusy);
		}
	}

	close(failure: Failure): void {
		this.#state = { name: 'none' };
		for (const id of this.#waiting.splice(0)) {
			this.#options.tell({ type: 'settle', id, result: { ok: false, failure } });
		}
	}
}

const tooBusy: Failure = {
	code: 'timeout',
	text: 'The broker has not yet numbered what you said under the old name; try again',
	outcome: 'not_applied',
};
