/**
 * The one place that hands messages to readers. A message is encoded once, whoever reads it, and what a room got in one
 * turn of the event loop, or within a short time while much is said, is one batch.
 */
import type { Message } from '../protocol/frames.ts';
import { Alarm } from './alarm.ts';
import type { Dispatch } from './dispatch.ts';
import { frameBytes, joinFrames } from './framing.ts';
import { Pace } from './pace.ts';
import type { Surroundings } from './surroundings.ts';
import { Portion } from './window.ts';

/** What is appended to a room, or read from its log. */
export interface Said {
	readonly sequence: number;
	/** One `message` frame. */
	readonly text: string;
	/** The same as a value, where somebody has it. */
	readonly message?: Message;
}

/** Messages with consecutive numbers, as each reader gets them: one `message` frame each. */
export class Batch {
	/** The number of the first message. */
	readonly first: number;
	/** Never empty. */
	readonly texts: readonly string[];
	/** Where the messages are, the first of them at `#offset`. */
	readonly #source: readonly Said[] | undefined;
	readonly #offset: number;
	#sizes: readonly number[] | undefined;
	#portion: Portion | undefined;
	#bytes: Buffer | undefined;

	constructor(first: number, texts: readonly string[], source?: readonly Said[], offset = 0) {
		this.first = first;
		this.texts = texts;
		this.#source = source;
		this.#offset = offset;
	}

	/** The number of the last message. */
	get last(): number {
		return this.first + this.texts.length - 1;
	}

	/** UTF-16 units of their texts. */
	get length(): number {
		return lengthOf(this.texts);
	}

	/** What is kept of them until they are acknowledged. */
	get portion(): Portion {
		this.#portion ??= new Portion(this.numbers, this.#frameSizes);
		return this.#portion;
	}

	/** All of them as unmasked WebSocket text frames, joined. */
	get bytes(): Buffer {
		this.#bytes ??= joinFrames(this.texts, this.#frameSizes);
		return this.#bytes;
	}

	get #frameSizes(): readonly number[] {
		this.#sizes ??= this.texts.map(frameBytes);
		return this.#sizes;
	}

	/** The number of each, or that of the first when they are consecutive. */
	protected get numbers(): number | readonly number[] {
		return this.first;
	}

	/** Where the messages are those of a filter: nothing else matches after this number and before the first. */
	get prev(): number | undefined {
		return undefined;
	}

	/** The number of one of its messages. */
	numberAt(index: number): number {
		return this.first + index;
	}

	/** One of its messages, to look inside. */
	messageAt(index: number): Message {
		return this.#source?.[this.#offset + index]?.message ?? (JSON.parse(this.texts[index] ?? '') as Message);
	}

	/** The first so many of its messages. */
	upTo(count: number): Batch {
		return count === this.texts.length ? this : new Batch(this.first, this.texts.slice(0, count));
	}

	/** What comes after a number that lies in the batch or right before it. */
	after(sequence: number): Batch {
		return sequence < this.first ? this : new Batch(sequence + 1, this.texts.slice(sequence + 1 - this.first));
	}
}

/** Splits messages where a number is missing, and so that a batch is one bounded write. */
export function batchesOf(entries: readonly Said[]): Batch[] {
	const batches: Batch[] = [];
	let first = 0;
	let offset = 0;
	let texts: string[] = [];
	let length = 0;
	for (const { sequence, text } of entries) {
		if (texts.length > 0 && (sequence !== first + texts.length || length + text.length > batchLength)) {
			batches.push(new Batch(first, texts, entries, offset));
			offset += texts.length;
			texts = [];
			length = 0;
		}
		if (texts.length === 0) {
			first = sequence;
		}
		texts.push(text);
		length += text.length;
	}
	if (texts.length > 0) {
		batches.push(new Batch(first, texts, entries, offset));
	}
	return batches;
}

/** A reader looks whether it keeps up between two batches, so that one holds at most this many UTF-16 units. */
export const batchLength = 64 * 1024;

/** As much as this may wait for the readers of a room before nothing more is said in it, in UTF-16 units. */
const mostWaiting = 4 * batchLength;
/** Past this, what waits is left to the log: some of it was under way already, or comes from elsewhere. */
const mostKept = 16 * mostWaiting;

interface BatchReader {
	/** Takes the batch, or leaves it. Its numbers are above those of the last one. */
	accept(batch: Batch): void;
	/** It could not be given something. */
	fail(error: unknown): void;
}

/** Something else that each reader is told. */
interface News<Reader> {
	readonly give: (reader: Reader) => void;
	/** Those who came after it was made: they know what is newer. Made for the first. */
	late: Set<Reader> | undefined;
}

export interface FanOutOptions {
	readonly surroundings: Pick<Surroundings, 'elapsed' | 'after' | 'soon'>;
	readonly dispatch: Pick<Dispatch, 'serve' | 'begin'>;
	/** As that of a `Pace`. */
	readonly windowMs: number;
}

/**
 * Hands what is appended to a room to those who read it. What comes after silence goes at the end of the turn; what comes
 * soon after that waits for the end of a window, since a write costs the same for one message and for many.
 */
export class FanOut<Reader extends BatchReader> {
	readonly #readers = new Set<Reader>();
	readonly #options: FanOutOptions;
	/** Everything up to this number was offered to the readers, is being offered, or was left out: they find it in the log. */
	#passed = 0;
	#head = 0;
	#waiting: Said[] = [];
	/** UTF-16 units of what waits or is being handed out. */
	#length = 0;
	/** Those who want to say something as soon as that is less. */
	#heldBack: (() => void)[] = [];
	/** What is being handed out. Each of these goes to all readers before the next one. */
	#batches: (Batch | News<Reader>)[] = [];
	/** Those who were not handed the first of these yet, and those who come meanwhile. A loop over them may be left and gone on with. */
	#left: SetIterator<Reader> | undefined;
	/** It is to serve its readers, or does. What waits without that waits for the end of the window. */
	#isDue = false;
	readonly #alarm: Alarm;
	readonly #pace: Pace;
	/** What waits had to wait for its pace. */
	#hasWaited = false;

	constructor(options: FanOutOptions) {
		this.#options = options;
		this.#pace = new Pace(options.windowMs, this.#readers);
		this.#alarm = new Alarm(options.surroundings, () => this.#schedule());
	}

	get readers(): ReadonlySet<Reader> {
		return this.#readers;
	}

	/** Offers a reader everything that is added from now on, and perhaps what is being handed out. */
	enter(reader: Reader): void {
		this.#readers.add(reader);
		for (const batch of this.#batches) {
			if (!(batch instanceof Batch)) {
				batch.late ??= new Set();
				batch.late.add(reader);
			}
		}
	}

	leave(reader: Reader): void {
		this.#readers.delete(reader);
	}

	get passed(): number {
		return this.#passed;
	}

	/** The last number that was added. */
	get head(): number {
		return this.#head;
	}

	/** Settles when the readers can be given more; `undefined` when they can now. */
	get keepingUp(): Promise<void> | undefined {
		return this.#length <= mostWaiting
			? undefined
			: new Promise<void>((resolve) => {
					this.#heldBack.push(resolve);
				});
	}

	/** Goes on from another number. What waits is dropped. */
	start(head: number): void {
		this.#took(this.#length);
		this.#waiting = [];
		this.#batches = [];
		this.#left = undefined;
		this.#passed = head;
		this.#head = head;
	}

	/** Adds messages above `head`, in ascending order. The readers get them at the end of the turn or of the window. */
	add(entries: readonly Said[]): void {
		const isAwaited = this.#waiting.length > 0;
		if (this.#length > mostKept) {
			this.#took(lengthOf(this.#waiting.map(({ text }) => text)));
			this.#waiting = [];
		}
		for (const entry of entries) {
			this.#waiting.push(entry);
			this.#length += entry.text.length;
		}
		this.#head = entries.at(-1)?.sequence ?? this.#head;
		if (!isAwaited) {
			this.#schedule();
		}
	}

	/** Gives the readers what waits for them, and then each of those who are here now something else. */
	tell(give: (reader: Reader) => void): void {
		this.#begin();
		this.#batches.push({ give, late: undefined });
		this.#isDue = true;
		this.#options.dispatch.begin(this);
	}

	/** Gives the readers what waits for them. */
	flush(): void {
		this.#handOut(never);
		this.#begin();
		this.#handOut(never);
	}

	/** Gives readers what waits for them, until the time is up. Returns whether there is no more to do. */
	serve(isTimeUp: () => boolean): boolean {
		this.#isDue = false;
		if (this.#batches.length === 0) {
			this.#begin();
		}
		if (!this.#handOut(isTimeUp)) {
			this.#isDue = true;
			return false;
		}
		this.#schedule();
		return true;
	}

	/** Serves the readers at the end of the turn, or waits for the end of the window. */
	#schedule(): void {
		if (this.#isDue || this.#waiting.length === 0) {
			return;
		}
		const { surroundings, dispatch } = this.#options;
		const at = surroundings.elapsed();
		const waitMs = this.#pace.waitMs(at);
		if (waitMs > 0) {
			this.#hasWaited = true;
			this.#alarm.set(at + waitMs);
		} else {
			this.#isDue = true;
			dispatch.serve(this);
		}
	}

	#begin(): void {
		if (this.#waiting.length > 0) {
			this.#pace.done(this.#options.surroundings.elapsed(), this.#waiting.length, this.#hasWaited);
			this.#hasWaited = false;
			this.#batches.push(...batchesOf(this.#waiting));
			this.#waiting = [];
		}
	}

	#handOut(isTimeUp: () => boolean): boolean {
		for (let [batch] = this.#batches; batch !== undefined; [batch] = this.#batches) {
			if (batch instanceof Batch) {
				this.#passed = batch.last;
			}
			this.#left ??= this.#readers.values();
			for (const reader of this.#left) {
				this.#give(batch, reader);
				if (isTimeUp()) {
					return false;
				}
			}
			this.#left = undefined;
			this.#batches.shift();
			this.#took(batch instanceof Batch ? batch.length : 0);
		}
		return true;
	}

	/** So much waits no more. */
	#took(length: number): void {
		this.#length -= length;
		if (this.#heldBack.length > 0 && this.#length <= mostWaiting) {
			for (const goOn of this.#heldBack.splice(0)) {
				goOn();
			}
		}
	}

	/** What a reader throws fails that reader, when the turn of the others is over. */
	#give(batch: Batch | News<Reader>, reader: Reader): void {
		try {
			if (batch instanceof Batch) {
				reader.accept(batch);
			} else if (batch.late?.has(reader) !== true) {
				batch.give(reader);
			}
		} catch (error) {
			this.#options.surroundings.soon(() => reader.fail(error));
		}
	}
}

function lengthOf(texts: readonly string[]): number {
	return texts.reduce((length, text) => length + text.length, 0);
}

const never = () => false;
