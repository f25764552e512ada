/**
 * Getting into a room of a base broker, which says only its head: what lies between that and what is wanted has to be
 * asked for.
 */
import type { Message } from '../protocol/frames.ts';
import { defaultLimits } from '../protocol/limits.ts';
import type { Ordering } from './ordering.ts';
import type { Desk } from './step.ts';

export interface BaseEntryOptions {
	readonly room: string;
	/** How many messages from before the join are wanted. */
	readonly history: number;
	/** Instead of `history`: everything after this number is wanted. */
	readonly after: number | undefined;
	readonly requestMs: number;
}

export class BaseEntry {
	readonly #desk: Desk;
	readonly #ordering: Ordering;
	readonly #options: BaseEntryOptions;
	/** The head of a room whose history is awaited before the first message is given. */
	#seed: { readonly head: number; readonly deadline: number } | undefined;

	constructor(desk: Desk, ordering: Ordering, options: BaseEntryOptions) {
		this.#desk = desk;
		this.#ordering = ordering;
		this.#options = options;
	}

	/** The newest messages of the room are awaited. */
	get isPending(): boolean {
		return this.#seed !== undefined;
	}

	get wakeAt(): number | undefined {
		return this.#seed?.deadline;
	}

	/** The broker says its head. True when the room is entered by that, false when its newest messages are awaited. */
	placed(head: number, awayMs: number | undefined, at: number): boolean {
		const { after, history, requestMs, room } = this.#options;
		const ordering = this.#ordering;
		if (!ordering.begun && after === undefined && history > 0 && head > 0) {
			this.#seed = { head, deadline: at + requestMs };
			this.#desk.send({ type: 'get_history', room });
			return false;
		}
		if (!ordering.begun) {
			ordering.begin(undefined, Math.min(after ?? head, head));
		}
		// A lower head is that of a broker that began anew: all it has is new to this client.
		const sequence = head < ordering.position ? Math.max(0, head - defaultLimits.baseHistoryMessages) : head;
		ordering.align({ sequence, head, old: true, awayMs }, at);
		ordering.hurry(at);
		return true;
	}

	/** Begins with the newest messages, as many as are wanted and follow each other up to the head. */
	sow(page: readonly Message[], at: number): void {
		const { head } = this.#seed ?? { head: 0 };
		this.#seed = undefined;
		const known = page.filter(({ sequence }) => sequence <= head).slice(-this.#options.history);
		const kept = known.filter(({ sequence }, index) => sequence === head - (known.length - 1 - index));
		this.#ordering.align({ sequence: head - kept.length, head, old: true }, at);
		for (const message of kept) {
			this.#ordering.accept(message, at);
		}
	}

	/** The link is gone, or the room is not wanted any more. */
	cancel(): void {
		this.#seed = undefined;
	}
}
