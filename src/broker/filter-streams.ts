/**
 * What the readers of one room with one filter get: each message is judged once for all of them, and what those read who
 * are live is encoded once.
 */
import type { Filter } from '../protocol/filter.ts';
import type { Message } from '../protocol/frames.ts';
import { compileFilter, type Matches } from '../protocol/matching.ts';
import { Batch, batchLength, type Said } from './fan-out.ts';
import { frameBytes } from './framing.ts';
import type { Surroundings } from './surroundings.ts';

/** One who reads what a filter lets through. */
interface FilteredReader {
	tellSkipped(): void;
}

/** Messages that match a filter, ascending: each frame names the number (`prev`) after which nothing else matches. */
export class Picked extends Batch {
	readonly #prev: number;
	readonly #numbers: readonly number[];

	/** `texts` are those of the messages with these `numbers`, with their `prev`; that of the first is `prev`. */
	constructor(numbers: readonly number[], texts: readonly string[], prev: number) {
		super(numbers[0] ?? 0, texts);
		this.#prev = prev;
		this.#numbers = numbers;
	}

	override get prev(): number {
		return this.#prev;
	}

	override get last(): number {
		return this.numberAt(this.texts.length - 1);
	}

	override numberAt(index: number): number {
		return this.#numbers[index] ?? 0;
	}

	protected override get numbers(): readonly number[] {
		return this.#numbers;
	}

	/** What comes after a number; `undefined` when nothing does. */
	beyond(sequence: number): Picked | undefined {
		if (sequence < this.first) {
			return this;
		}
		const from = this.#numbers.findIndex((number) => number > sequence);
		return from === -1
			? undefined
			: new Picked(this.#numbers.slice(from), this.texts.slice(from), this.numberAt(from - 1));
	}
}

/** Matching messages, ascending, before which nothing after `prev` matches. */
export function pickedOf(entries: readonly Said[], prev: number): Picked[] {
	const batches: Picked[] = [];
	let numbers: number[] = [];
	let texts: string[] = [];
	let length = 0;
	let start = prev;
	let last = prev;
	for (const { sequence, text } of entries) {
		if (texts.length > 0 && length + text.length > batchLength) {
			batches.push(new Picked(numbers, texts, start));
			[numbers, texts, length, start] = [[], [], 0, last];
		}
		numbers.push(sequence);
		texts.push(withPrev(text, last));
		length += text.length;
		last = sequence;
	}
	if (texts.length > 0) {
		batches.push(new Picked(numbers, texts, start));
	}
	return batches;
}

export class FilterStream {
	readonly #surroundings: Surroundings;
	readonly #matches: Matches;
	readonly #onDeserted: () => void;
	readonly #readers = new Set<FilteredReader>();
	/** The last batch that was judged, and what matched of it. */
	#judged: { readonly batch: Batch; readonly picked: Picked | undefined } | undefined;
	/** The number that the next batch begins with, if nothing is missing between. */
	#next = 0;
	/** Nothing matches after this number and before `#next`. */
	#prev = 0;
	#cancelWord: (() => void) | undefined;

	constructor(filter: Filter, surroundings: Surroundings, onDeserted: () => void) {
		this.#matches = compileFilter(filter);
		this.#surroundings = surroundings;
		this.#onDeserted = onDeserted;
	}

	enter(reader: FilteredReader): void {
		this.#readers.add(reader);
	}

	leave(reader: FilteredReader): void {
		if (this.#readers.delete(reader) && this.#readers.size === 0) {
			this.#cancelWord?.();
			this.#onDeserted();
		}
	}

	/** The numbers of what comes next may stand for other messages than those that were judged. */
	restart(): void {
		this.#judged = undefined;
		this.#next = 0;
	}

	/** What matches of a batch, after a number. The batches come in their order; one is judged when it is first asked for. */
	pick(batch: Batch, after: number): Picked | undefined {
		if (this.#judged?.batch !== batch) {
			this.#judged = { batch, picked: this.#judge(batch) };
		}
		return this.#judged.picked?.beyond(after);
	}

	/** Of a message's stored text: its size as a frame with `prev`, at most, and whether it matches. */
	judge(text: string): readonly [bytes: number, matches: boolean] {
		const matches = this.#matches(JSON.parse(text) as Message);
		return [matches ? frameBytes(withPrev(text, Number.MAX_SAFE_INTEGER)) : 0, matches];
	}

	/** Has all readers told where they are, in a while. */
	tellLater(): void {
		this.#cancelWord ??= this.#surroundings.after(longestSilenceMs, () => {
			this.#cancelWord = undefined;
			for (const reader of this.#readers) {
				reader.tellSkipped();
			}
		});
	}

	#judge(batch: Batch): Picked | undefined {
		// Of what nobody asked for, or what cannot be read, nothing is known.
		const prev = batch.first === this.#next ? this.#prev : batch.first - 1;
		const chosen: Said[] = [];
		for (const [index, text] of batch.texts.entries()) {
			if (this.#matches(batch.messageAt(index))) {
				chosen.push({ sequence: batch.numberAt(index), text });
			}
		}
		this.#next = batch.last + 1;
		this.#prev = chosen.at(-1)?.sequence ?? prev;
		return pickedOf(chosen, prev)[0];
	}
}

/** The filters by which a room is read now. */
export class FilterStreams {
	readonly #surroundings: Surroundings;
	readonly #streams = new Map<string, FilterStream>();

	constructor(surroundings: Surroundings) {
		this.#surroundings = surroundings;
	}

	/** The one of a filter. A filter that `readFilter` gave has its members in one order, so that its text tells it. */
	of(filter: Filter): FilterStream {
		const key = JSON.stringify(filter);
		const known = this.#streams.get(key);
		if (known !== undefined) {
			return known;
		}
		const stream = new FilterStream(filter, this.#surroundings, () => this.#streams.delete(key));
		this.#streams.set(key, stream);
		return stream;
	}

	/** The room's numbers begin anew. */
	restart(): void {
		for (const stream of this.#streams.values()) {
			stream.restart();
		}
	}
}

/** How long a reader is told nothing while its filter leaves out all that comes. */
const longestSilenceMs = 30_000;

/** A stored text ends with the brace of its one object, which has members. */
function withPrev(text: string, prev: number): string {
	return `${text.slice(0, -1)},"prev":${prev}}`;
}
