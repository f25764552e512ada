/** A reader in a room, who says what it has as natter's own client does. */
import type { Reading } from './dialect.ts';
import type { Line } from './line.ts';

export class Place {
	readonly room: string;
	/** Messages of the room so far. */
	got = 0;
	readonly #reading: Reading;
	/** How many of these were acknowledged. */
	#acknowledged = 0;

	constructor(room: string, reading: Reading) {
		this.room = room;
		this.#reading = reading;
	}

	/** The number before the first message that comes. */
	get began(): number {
		return this.#reading.sequence;
	}

	/** Acknowledges what came, when it is at least so many messages: `everyMessages` at once, and 1 each `everyMs`. */
	acknowledge(line: Line, least: number): void {
		const { sequence, acknowledgement } = this.#reading;
		if (acknowledgement !== undefined && this.got - this.#acknowledged >= least) {
			this.#acknowledged = this.got;
			line.write(acknowledgement.make({ sequence: sequence + this.got }));
		}
	}
}

export const everyMessages = 64;
export const everyMs = 1000;
