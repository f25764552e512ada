import { defaultLimits } from '../protocol/limits.ts';
import { retryAt } from './retry.ts';
import type { Desk, Failure } from './step.ts';

/** An `unsubscribe` that was sent. */
interface Told {
	readonly ref: string;
	/** Nothing more is said of the room before this. */
	readonly quietUntil: number;
	/** For now: the broker is to be told again then. */
	readonly isRefused: boolean;
}

/**
 * Rooms whose messages come although nobody follows them here. Nobody acknowledges those, so that they would fill the
 * window that all rooms share. The broker is told that the room is not wanted, but not with each message.
 */
export class Strays {
	readonly #desk: Desk;
	readonly #quietMs: number;
	readonly #told = new Map<string, Told>();

	constructor(desk: Desk, quietMs: number) {
		this.#desk = desk;
		this.#quietMs = quietMs;
	}

	get wakeAt(): number | undefined {
		return this.#told.size === 0 ? undefined : Math.min(...[...this.#told.values()].map((one) => one.quietUntil));
	}

	/** A message of such a room came. */
	heard(room: string, at: number): void {
		if (this.#desk.protocol === 'v1' && !this.#told.has(room) && this.#told.size < defaultLimits.roomsPerConnection) {
			this.#tell(room, at);
		}
	}

	/** An error came. False when it answers none of these. */
	failed(ref: string | undefined, failure: Failure, at: number): boolean {
		for (const [room, told] of this.#told) {
			if (told.ref === ref) {
				const again = retryAt(failure, at);
				if (again !== undefined) {
					this.#told.set(room, { ref, quietUntil: again, isRefused: true });
				}
				return true;
			}
		}
		return false;
	}

	tick(at: number): void {
		for (const [room, { quietUntil, isRefused }] of this.#told) {
			if (at >= quietUntil) {
				this.#told.delete(room);
				if (isRefused) {
					this.#tell(room, at);
				}
			}
		}
	}

	/** The room is followed again. */
	wanted(room: string): void {
		this.#told.delete(room);
	}

	offline(): void {
		this.#told.clear();
	}

	#tell(room: string, at: number): void {
		const ref = this.#desk.nextRef();
		this.#told.set(room, { ref, quietUntil: at + this.#quietMs, isRefused: false });
		this.#desk.send({ type: 'unsubscribe', room, ref });
	}
}
