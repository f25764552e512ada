/**
 * The one place that writes messages to readers. A message is encoded once, whoever reads it, and what a room got in one
 * turn of the event loop is one write per reader.
 */
import type { Message } from '../protocol/frames.ts';
import type { Surroundings } from './surroundings.ts';
import type { Unacked } from './window.ts';

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

	/** Of how many bytes each frame is. */
	get sizes(): readonly number[] {
		this.#sizes ??= this.texts.map((text) => frameBytes(text));
		return this.#sizes;
	}

	/** All of them as unmasked WebSocket text frames, joined. */
	get bytes(): Buffer {
		this.#bytes ??= joinFrames(this.texts, this.sizes);
		return this.#bytes;
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

	/** Notes in a reader's account that it is sent all of them. */
	noteIn(unacked: Pick<Unacked, 'add'>): void {
		unacked.add(this.first, this.sizes);
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

interface BatchReader {
	/** Takes the batch, or leaves it. Its numbers are above those of the last one. */
	accept(batch: Batch): void;
}

/** Hands what is appended to a room to those who read it. */
export class FanOut<Reader extends BatchReader> {
	readonly readers = new Set<Reader>();
	readonly #surroundings: Surroundings;
	/** Everything up to this number was offered to the readers, or was left out: they find it in the log. */
	#passed = 0;
	#waiting: Said[] = [];

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	get passed(): number {
		return this.#passed;
	}

	/** The last number that was added. */
	get head(): number {
		return this.#waiting.at(-1)?.sequence ?? this.#passed;
	}

	/** Goes on from another number. What waits is dropped. */
	start(head: number): void {
		this.#waiting = [];
		this.#passed = head;
	}

	/** Adds messages above `head`, in ascending order. The readers get them at the end of the turn. */
	add(entries: readonly Said[]): void {
		if (this.#waiting.length === 0 && entries.length > 0) {
			this.#surroundings.soon(() => this.flush());
		}
		for (const entry of entries) {
			this.#waiting.push(entry);
		}
	}

	/** Gives the readers what waits for them. */
	flush(): void {
		const batches = batchesOf(this.#waiting);
		this.#waiting = [];
		for (const batch of batches) {
			this.#passed = batch.last;
			for (const reader of this.readers) {
				reader.accept(batch);
			}
		}
	}
}

function joinFrames(texts: readonly string[], sizes: readonly number[]): Buffer {
	const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, 0));
	let offset = 0;
	for (const text of texts) {
		offset = writeHeader(bytes, offset, Buffer.byteLength(text));
		offset += bytes.write(text, offset);
	}
	return bytes;
}

/** Bytes of a text as one frame. */
export function frameBytes(text: string): number {
	const length = Buffer.byteLength(text);
	return headerLength(length) + length;
}

function headerLength(length: number): number {
	if (length < 126) {
		return 2;
	}
	return length < 65_536 ? 4 : 10;
}

/** RFC 6455, section 5.2: one unfragmented text frame, not masked. Returns where the payload begins. */
function writeHeader(bytes: Buffer, offset: number, length: number): number {
	bytes[offset] = 0x81;
	switch (headerLength(length)) {
		case 2:
			return bytes.writeUInt8(length, offset + 1);
		case 4:
			bytes[offset + 1] = 126;
			return bytes.writeUInt16BE(length, offset + 2);
		default:
			bytes[offset + 1] = 127;
			return bytes.writeBigUInt64BE(BigInt(length), offset + 2);
	}
}
