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
	/** It could not be flushed. */
	fail(error: unknown): void;
}

export class Dispatch {
	readonly #surroundings: Pick<Surroundings, 'elapsed' | 'soon'>;
	/** In the order in which they are to be served. */
	readonly #rooms = new Set<Serving>();
	/**
	 * In the order in which they are to be flushed. One that sent what it held since it came here, as it was given more than
	 * it keeps, is here once more for each time: it has been written to, which counts as much as what is still to be.
	 */
	#lines: Holding[] = [];
	#isDue = false;
	/** Since when the rooms and lines wait. */
	#waitsSince = 0;
	/** What this turn has used of its slice, in ms. */
	#usedMs = 0;
	/** When the slice ends. */
	#until = 0;
	/** A slice is under way. */
	#isServing = false;

	constructor(surroundings: Pick<Surroundings, 'elapsed' | 'soon'>) {
		this.#surroundings = surroundings;
	}

	/** Has a room serve its readers at the end of this turn. */
	serve(room: Serving): void {
		this.#rooms.add(room);
		this.#schedule();
	}

	/** Has a room serve its readers now, as far as it comes in the slice of this turn; the rest at the end of it. */
	begin(room: Serving): void {
		this.serve(room);
		if (!this.#isServing && this.#usedMs < sliceMs) {
			this.#spend(sliceMs, () => this.#serve(room));
		}
	}

	/** Has a line flushed at the end of this turn, when rooms have served their readers. */
	flush(line: Holding): void {
		this.#lines.push(line);
		this.#schedule();
	}

	#schedule(): void {
		if (!this.#isDue) {
			this.#isDue = true;
			this.#waitsSince = this.#surroundings.elapsed();
			this.#surroundings.soon(this.#endOfTurn);
		}
	}

	/** Whatever is thrown here, the others have their turn. */
	readonly #endOfTurn = (): void => {
		const waitedMs = this.#surroundings.elapsed() - this.#waitsSince - this.#usedMs;
		this.#isDue = false;
		try {
			this.#spend(Math.min(Math.max(waitedMs, sliceMs), longestSliceMs), () => this.#work());
		} finally {
			this.#usedMs = 0;
			if (this.#rooms.size + this.#lines.length > 0) {
				this.#schedule();
			}
		}
	};

	/** Does something until the turn has used so much in all. */
	#spend(ms: number, work: () => void): void {
		const from = this.#surroundings.elapsed();
		this.#until = from + ms - this.#usedMs;
		this.#isServing = true;
		try {
			work();
		} finally {
			this.#isServing = false;
			this.#usedMs += this.#surroundings.elapsed() - from;
		}
	}

	#work(): void {
		do {
			this.#serveRooms();
			this.#flushLines();
		} while (this.#rooms.size > 0 && this.#surroundings.elapsed() < this.#until);
	}

	#serveRooms(): void {
		for (const room of this.#rooms) {
			this.#serve(room);
			if (this.#isTimeUp()) {
				return;
			}
		}
	}

	/** Whoever is not done when its time is up goes on after the others. */
	#serve(room: Serving): void {
		this.#rooms.delete(room);
		if (!room.serve(this.#isTimeUp)) {
			this.#rooms.add(room);
		}
	}

	#flushLines(): void {
		const lines = this.#lines;
		let flushed = 0;
		for (const line of lines) {
			flushed += 1;
			try {
				line.flush();
			} catch (error) {
				this.#surroundings.soon(() => line.fail(error));
			}
			if (this.#surroundings.elapsed() >= this.#until) {
				break;
			}
		}
		this.#lines = lines.slice(flushed);
	}

	/** What was given to lines is still to be written: of that there is to be no more at a time than takes long. */
	readonly #isTimeUp = (): boolean => this.#lines.length >= linesAtOnce || this.#surroundings.elapsed() >= this.#until;
}

/** How long others wait at most, in ms, unless rooms and lines have waited for longer: then they get as much. */
const sliceMs = 2;
const longestSliceMs = 20;
/** So many writes, one for each time that a line began to hold something, take about as long as a slice. */
const linesAtOnce = 256;
