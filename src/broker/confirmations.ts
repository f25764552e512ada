import type { Position } from '../protocol/frames.ts';

/**
 * What a client has got that cannot acknowledge: the pong to a ping says that everything arrived which was sent before it.
 * Pure.
 */
export class Confirmations {
	#marks = 0;
	#confirmed: ReadonlyMap<string, Position> = new Map();
	/** Pings without a pong, oldest first. */
	#pending: { readonly mark: string; readonly positions: ReadonlyMap<string, Position> }[] = [];

	/** Whether something was sent of which no ping on its way would tell. */
	isDue(positions: ReadonlyMap<string, Position>): boolean {
		const known = this.#pending.at(-1)?.positions ?? this.#confirmed;
		return [...positions].some(([room, { epoch, sequence }]) => {
			const before = known.get(room);
			return before?.epoch !== epoch || before.sequence !== sequence;
		});
	}

	/** A ping goes out now: what it has to carry, and have repeated. `positions` is what was sent of each room until now. */
	pinged(positions: ReadonlyMap<string, Position>): string {
		this.#marks += 1;
		const mark = String(this.#marks);
		this.#pending = [...this.#pending.slice(1 - mostPending), { mark, positions }];
		return mark;
	}

	/** A pong came: what the client has now. A peer may answer only the last of several pings. */
	ponged(mark: string): ReadonlyMap<string, Position> {
		const index = this.#pending.findIndex((ping) => ping.mark === mark);
		const [answered, ...later] = this.#pending.slice(Math.max(0, index));
		if (index === -1 || answered === undefined) {
			return new Map();
		}
		this.#pending = later;
		this.#confirmed = answered.positions;
		return answered.positions;
	}
}

/** Pings that may be on their way; of more, the oldest are forgotten, and confirmed by a later one. */
const mostPending = 8;
