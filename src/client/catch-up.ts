import type { RoomItem } from './client.ts';
import { overlap, type Void } from './log-page.ts';

/**
 * The bracket around what was missed: `resumed`, the messages, `caught_up`. It opens only with the first missed message,
 * when it is known how many will follow; nothing missed, no bracket.
 */
export class CatchUp {
	#state: { readonly name: 'none' | 'open' } | { readonly name: 'due'; readonly awayMs: number } = { name: 'none' };
	#upTo = 0;

	/** Everything up to this number is old. */
	get upTo(): number {
		return this.#upTo;
	}

	/** A join, or with `awayMs` a return: what comes up to `upTo` is old. */
	begin(upTo: number, awayMs: number | undefined): void {
		this.#upTo = upTo;
		this.#state = awayMs === undefined ? { name: 'none' } : { name: 'due', awayMs };
	}

	/** Before a message is given. `voids` are the numbers that are known to be gone. */
	open(sequence: number, voids: readonly Void[]): RoomItem | undefined {
		if (this.#state.name !== 'due') {
			return undefined;
		}
		const to = this.#upTo;
		const { awayMs } = this.#state;
		this.#state = { name: sequence <= to ? 'open' : 'none' };
		const gone = voids.reduce((sum, gap) => sum + overlap(gap, { from: sequence, to }), 0);
		return sequence <= to
			? { kind: 'resumed', from: sequence, to, missed: to - sequence + 1 - gone, awayMs }
			: undefined;
	}

	/** After the room has moved on. */
	moved(position: number): RoomItem | undefined {
		return position >= this.#upTo ? this.close(position) : undefined;
	}

	/** Whatever was missed and has not come will not come within this bracket. */
	close(position: number): RoomItem | undefined {
		const isOpen = this.#state.name === 'open';
		this.#state = { name: 'none' };
		return isOpen ? { kind: 'caught_up', to: Math.min(position, this.#upTo) } : undefined;
	}
}
