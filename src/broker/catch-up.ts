/**
 * What those read from the log who are behind: in the slices in which rooms serve their readers, so that nobody waits for
 * all of them when very many come back at once. Those who stand at the same place get the very same page.
 */
import type { Page, RangeQuery } from '../engines/engine.ts';
import type { Dispatch } from './dispatch.ts';
import { type Batch, batchesOf } from './fan-out.ts';
import type { Surroundings } from './surroundings.ts';

/** Whose log is read. */
interface Source {
	range(query: RangeQuery): Promise<Page>;
}

/** One who reads on, once. */
export interface Behind {
	/** What comes next for them, when it is their turn; `undefined` when they do not read on any more. */
	next(): RangeQuery | undefined;
	/** Takes what was read. */
	take(page: SharedPage): void;
	/** It could not be read, or they could not be given it. */
	fail(error: unknown): void;
}

/** What the readers with one filter have in common. */
interface Judge {
	judge(text: string): readonly [bytes: number, matches: boolean];
}

/** A page of a log, encoded once for all who get it, and judged once for those who get it with the same filter. */
export class SharedPage {
	readonly page: Page;
	#batches: readonly Batch[] | undefined;
	#judged: Map<Judge, ReturnType<Judge['judge']>[]> | undefined;

	constructor(page: Page) {
		this.page = page;
	}

	get batches(): readonly Batch[] {
		this.#batches ??= batchesOf(this.page.entries);
		return this.#batches;
	}

	/** What a filter says of one of the entries. */
	judge(index: number, filter: Judge): readonly [bytes: number, matches: boolean] {
		this.#judged ??= new Map();
		const judged = this.#judged.get(filter) ?? [];
		this.#judged.set(filter, judged);
		judged[index] ??= filter.judge(this.page.entries[index]?.text ?? '');
		return judged[index];
	}
}

/** What is to be read, and for whom. */
interface Wanted {
	readonly source: Source;
	readonly query: RangeQuery;
	readonly readers: Behind[];
}

/** A page that was read, and those who wait for it. */
interface Answer {
	readonly page: SharedPage;
	/** Those who were not given it yet: a loop over them may be left and gone on with. */
	readonly readers: ArrayIterator<Behind>;
}

export class CatchUp {
	readonly #surroundings: Pick<Surroundings, 'soon'>;
	readonly #dispatch: Pick<Dispatch, 'serve'>;
	/** In the order in which they came. */
	readonly #behind = new Map<Behind, Source>();
	/** What was not asked for yet, by source and query, each in the order in which the first came who wants it. */
	readonly #wanted = new Set<Wanted>();
	readonly #wantedOf = new Map<Source, Map<string, Wanted>>();
	/** How many pages are asked for, or were read and not given to all who wait for them. Never above `mostPages`. */
	#pages = 0;
	/** These go first. */
	readonly #answers = new Set<Answer>();

	constructor(surroundings: Pick<Surroundings, 'soon'>, dispatch: Pick<Dispatch, 'serve'>) {
		this.#surroundings = surroundings;
		this.#dispatch = dispatch;
	}

	/** Has somebody read on at the end of this turn, or of one of the next. */
	readOn(source: Source, reader: Behind): void {
		this.#behind.set(reader, source);
		this.#dispatch.serve(this);
	}

	/** Goes on with those who wait, until the time is up. Returns whether nothing can be done for any of them now. */
	serve(isTimeUp: () => boolean): boolean {
		return this.#give(isTimeUp) && this.#gather(isTimeUp) && this.#ask(isTimeUp);
	}

	#give(isTimeUp: () => boolean): boolean {
		for (const answer of this.#answers) {
			const { page, readers } = answer;
			for (const reader of readers) {
				this.#attempt(reader, () => reader.take(page));
				if (isTimeUp()) {
					return false;
				}
			}
			this.#answers.delete(answer);
			this.#pages -= 1;
		}
		return true;
	}

	/** Finds out who wants the same. */
	#gather(isTimeUp: () => boolean): boolean {
		for (const [reader, source] of this.#behind) {
			this.#behind.delete(reader);
			this.#attempt(reader, () => this.#want(source, reader));
			if (isTimeUp()) {
				return false;
			}
		}
		return true;
	}

	/** Who wants the same before it is asked for is answered by one page. */
	#want(source: Source, reader: Behind): void {
		const query = reader.next();
		if (query === undefined) {
			return;
		}
		const ofSource = this.#wantedOf.get(source) ?? new Map<string, Wanted>();
		this.#wantedOf.set(source, ofSource);
		const key = keyOf(query);
		const known = ofSource.get(key);
		if (known !== undefined) {
			known.readers.push(reader);
			return;
		}
		const wanted = { source, query, readers: [reader] };
		ofSource.set(key, wanted);
		this.#wanted.add(wanted);
	}

	/** Whoever has to wait until pages were given is asked for then. */
	#ask(isTimeUp: () => boolean): boolean {
		for (const wanted of this.#wanted) {
			if (this.#pages >= mostPages) {
				return true;
			}
			this.#forget(wanted);
			if (wanted.readers.some((reader) => this.#attempt(reader, () => reader.next()) !== undefined)) {
				this.#pages += 1;
				void this.#read(wanted);
			}
			if (isTimeUp()) {
				return this.#wanted.size === 0;
			}
		}
		return true;
	}

	/** Nobody else is answered by what is asked for now. */
	#forget(wanted: Wanted): void {
		const { source, query } = wanted;
		const ofSource = this.#wantedOf.get(source);
		this.#wanted.delete(wanted);
		ofSource?.delete(keyOf(query));
		if (ofSource?.size === 0) {
			this.#wantedOf.delete(source);
		}
	}

	async #read({ source, query, readers }: Wanted): Promise<void> {
		try {
			const page = await source.range(query);
			this.#answers.add({ page: new SharedPage(page), readers: readers.values() });
		} catch (error) {
			this.#pages -= 1;
			for (const reader of readers) {
				this.#surroundings.soon(() => reader.fail(error));
			}
		}
		this.#dispatch.serve(this);
	}

	/** What is thrown for one fails it alone, when the turn of the others is over. */
	#attempt<Result>(reader: Behind, act: () => Result): Result | undefined {
		try {
			return act();
		} catch (error) {
			this.#surroundings.soon(() => reader.fail(error));
			return undefined;
		}
	}
}

function keyOf(query: RangeQuery): string {
	return JSON.stringify(query);
}

/** Pages are of a bounded size. So many keep the disk busy while others are given. */
const mostPages = 64;
