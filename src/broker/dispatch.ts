/**
 * What goes out at the end of a turn of the event loop: rooms hand their readers what was said, and then each line sends
 * all that it was given, of whatever room, in one write. Neither takes long at a time: whoever speaks, asks or reads
 * another room does not wait for the last reader of a large one.
 */
import type { Surroundings } from './surroundings.ts';

/** A room that has something for its readers. */
interface Serving {
	/** Serves its readers, until the time is up. Returns whether it has served them all. */
	serve(isTimeUp: () => boolean): boolean;
}

/** A line that keeps what it is given until it is told to send it. */
interface Holding {
	flush(): void;
}

export class Dispatch {
	readonly #surroundings: Pick<Surroundings, 'elapsed' | 'soon'>;
	/** In the order in which they are to be served. */
	readonly #rooms = new Set<Serving>();
	/** In the order in which they are to be flushed. */
	readonly #lines = new Set<Holding>();
	#isDue = false;
	/** When the slice ends. */
	#until = 0;

	constructor(surroundings: Pick<Surroundings, 'elapsed' | 'soon'>) {
		this.#surroundings = surroundings;
	}

	/** Has a room serve its readers at the end of this turn. */
	serve(room: Serving): void {
		this.#rooms.add(room);
		this.#schedule();
	}

	/** Has a room serve its readers now, as far as it comes in a slice; the rest at the end of this turn. */
	begin(room: Serving): void {
		this.#until = this.#surroundings.elapsed() + sliceMs;
		if (!room.serve(this.#isTimeUp)) {
			this.serve(room);
		}
	}

	/** Has a line flushed at the end of this turn, when rooms have served their readers. */
	flush(line: Holding): void {
		this.#lines.add(line);
		this.#schedule();
	}

	#schedule(): void {
		if (!this.#isDue) {
			this.#isDue = true;
			this.#surroundings.soon(this.#endOfTurn);
		}
	}

	readonly #endOfTurn = (): void => {
		this.#until = this.#surroundings.elapsed() + sliceMs;
		this.#serveRooms();
		this.#flushLines();
		this.#isDue = false;
		if (this.#rooms.size + this.#lines.size > 0) {
			this.#schedule();
		}
	};

	/** Whoever is not done when its time is up goes on after the others. */
	#serveRooms(): void {
		for (const room of this.#rooms) {
			this.#rooms.delete(room);
			if (!room.serve(this.#isTimeUp)) {
				this.#rooms.add(room);
				return;
			}
			if (this.#isTimeUp()) {
				return;
			}
		}
	}

	#flushLines(): void {
		for (const line of this.#lines) {
			this.#lines.delete(line);
			line.flush();
			if (this.#surroundings.elapsed() >= this.#until) {
				return;
			}
		}
	}

	/** What was given to lines is still to be written: of that there is to be no more than a slice takes. */
	readonly #isTimeUp = (): boolean => this.#lines.size >= linesPerSlice || this.#surroundings.elapsed() >= this.#until;
}

/** How long others wait at most, in ms. */
const sliceMs = 2;
/** To write to so many lines takes about as long. */
const linesPerSlice = 256;
