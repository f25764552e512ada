/**
 * The frames that were read from one line and are not finished. They are handled one after the other in the order they
 * came; only publishes do not wait for the one before to be stored, and at a stop not for the client to read.
 *
 * What one client can make the broker hold, base or v1:
 * - Here at most 64 frames that wait, 256 publishes that are being stored, and 512 Ki UTF-16 units of text of both. Past
 *   any of these the line is read only for a sign of life, and past twice as much not even for that. What one read of the
 *   socket brought (64 KiB), or one frame (64 KiB), comes on top.
 * - Of what it does not read: 1 MiB (less when all lines together hold too much: see the governor), and the one answer
 *   that passed it (a page of history, 256 KiB; a page of the log, 128 KiB). At 4 MiB, or without progress for 60 s, the
 *   line is given up.
 * - Of what it does not acknowledge: nothing but where it stands, in at most as many marks as the window has messages.
 */
export interface IntakeOwner {
	/** Handles one frame. The next one waits for the promise, when there is one. */
	handle(text: string): void | Promise<void>;
	/** Whether the client has to read before more of what it asks is handled. */
	readonly isHeldUp: boolean;
	/** Whether a frame may not get lost at a stop, held up or not. */
	isUrgent(text: string): boolean;
	/** Takes what `handle` threw. */
	fail(error: unknown): void;
	/** Hears that work was begun. `finished` is called as often as this, whatever becomes of the work. */
	begun(): void;
	finished(): void;
	/** What is held has become more or less. */
	balance(): void;
}

export class Intake {
	readonly #owner: IntakeOwner;
	/** None as long as each frame was handled as it came. */
	#waiting: string[] | undefined;
	/** At a stop: those that something urgent went past. They came before `#waiting`. */
	#passed: string[] | undefined;
	/** Nothing more is to come. */
	#isLast = false;
	/** A frame is being handled that the next one has to wait for. */
	#isBusy = false;
	/** Publishes that are being stored. */
	#inFlight = 0;
	/** UTF-16 units of the text of both. */
	#held = 0;
	/** Of the frame that is being handled. */
	#length = 0;
	#isClosed = false;
	#retired: (() => void) | undefined;

	constructor(owner: IntakeOwner) {
		this.#owner = owner;
	}

	/** Whether nothing more should be read. */
	get isFull(): boolean {
		return this.#holds(1) || this.#inFlight >= maxInFlight;
	}

	/** Whether nothing more may be read, whatever it is. */
	get isOverfull(): boolean {
		return this.#holds(2);
	}

	/** Whether every frame that was read has been begun. */
	get isEmpty(): boolean {
		return !this.#waiting?.length && !this.#passed?.length && !this.#isBusy;
	}

	receive(text: string): void {
		if (this.#isClosed) {
			return;
		}
		if (this.isEmpty && this.#inFlight < maxInFlight && !this.#owner.isHeldUp) {
			this.#handle(text);
			this.#owner.balance();
		} else {
			this.#waiting ??= [];
			this.#waiting.push(text);
			this.#held += text.length;
			this.work();
		}
	}

	/** Handles what waits, as far as it may be handled now. */
	work(): void {
		while (!this.#isBusy && this.#inFlight < maxInFlight) {
			const text = this.#next();
			if (text === undefined) {
				break;
			}
			this.#held -= text.length;
			this.#handle(text);
		}
		this.#owner.balance();
	}

	/** The broker stops: from now on, what is urgent does not wait for the client to read. */
	hurry(): void {
		this.#isLast = true;
		this.work();
	}

	/** Does something in the place of a frame. */
	guard(handle: () => void | Promise<void>): void {
		try {
			this.#await(handle());
		} catch (error) {
			this.#owner.fail(error);
		}
	}

	/** Counts the publish that is being handled as under way until the work that is told of it is done; no frame waits for it. */
	storing(): (work: Promise<void>) => void {
		const length = this.#length;
		this.#inFlight += 1;
		this.#held += length;
		this.#owner.begun();
		return (work) =>
			this.#follow(work, () => {
				this.#inFlight -= 1;
				this.#held -= length;
			});
	}

	/** Takes nothing more, and calls `done` when what was begun is finished. */
	retire(done: () => void): void {
		if (this.#isClosed) {
			return;
		}
		this.close();
		this.#retired = done;
		this.#settle();
	}

	/** Forgets what waits, and takes nothing more. */
	close(): void {
		this.#isClosed = true;
		for (const { length } of [...(this.#passed ?? []), ...(this.#waiting ?? [])]) {
			this.#held -= length;
		}
		this.#passed = undefined;
		this.#waiting = undefined;
	}

	#settle(): void {
		if (!this.#isBusy && this.#inFlight === 0) {
			this.#retired?.();
			this.#retired = undefined;
		}
	}

	/** What a handler throws ends this connection and nothing else. */
	#handle(text: string): void {
		this.#length = text.length;
		try {
			this.#await(this.#owner.handle(text));
		} catch (error) {
			this.#owner.fail(error);
		}
	}

	#await(work: void | Promise<void>): void {
		if (work !== undefined) {
			this.#isBusy = true;
			this.#owner.begun();
			this.#follow(work, () => {
				this.#isBusy = false;
			});
		}
	}

	#next(): string | undefined {
		if (!this.#owner.isHeldUp) {
			return this.#passed?.shift() ?? this.#waiting?.shift();
		}
		while (this.#isLast) {
			const text = this.#waiting?.shift();
			if (text === undefined || this.#owner.isUrgent(text)) {
				return text;
			}
			this.#passed ??= [];
			this.#passed.push(text);
		}
		return undefined;
	}

	#holds(times: number): boolean {
		const waiting = this.#waiting?.length ?? 0;
		return waiting >= times * maxWaiting || this.#held >= times * maxHeld;
	}

	#follow(work: Promise<void>, settled: () => void): void {
		const done = () => {
			settled();
			this.#settle();
			this.work();
			this.#owner.finished();
		};
		work.then(done, (error: unknown) => {
			this.#owner.fail(error);
			done();
		});
	}
}

const maxWaiting = 64;
const maxInFlight = 256;
const maxHeld = 512 * 1024;
