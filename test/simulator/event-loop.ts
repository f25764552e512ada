/** The event loop of a program. It may be busy for a while: what happens meanwhile waits, and timers come first then. */
import type { Agenda } from './agenda.ts';

export class EventLoop {
	readonly #agenda: Agenda;
	readonly #freed: () => void;
	readonly #timers: (() => void)[] = [];
	readonly #others: (() => void)[] = [];
	#busyUntil = 0;

	/** `freed` is called when it has done what waited. */
	constructor(agenda: Agenda, freed: () => void) {
		this.#agenda = agenda;
		this.#freed = freed;
	}

	get isBusy(): boolean {
		return this.#agenda.now < this.#busyUntil;
	}

	/** It does something else for so many ms. */
	block(ms: number): void {
		this.#busyUntil = Math.max(this.#busyUntil, this.#agenda.now + ms);
		this.#agenda.after(ms, () => this.#goOn());
	}

	/** The program is over: what waited will never be done. */
	end(): void {
		this.#timers.length = 0;
		this.#others.length = 0;
	}

	/** Does something now, or when it is free. */
	run(call: () => void): void {
		if (this.isBusy) {
			this.#others.push(call);
		} else {
			call();
		}
	}

	/** Does what a timer is for, now or when it is free. */
	runTimer(call: () => void): void {
		if (this.isBusy) {
			this.#timers.push(call);
		} else {
			call();
		}
	}

	#goOn(): void {
		while (!this.isBusy) {
			const call = this.#timers.shift() ?? this.#others.shift();
			if (call === undefined) {
				this.#freed();
				return;
			}
			call();
		}
	}
}
