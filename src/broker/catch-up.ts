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
	/** These go first, so that there are never more pages than were asked for in one slice. */
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

	/** Goes on with those who wait, until the time is up. Returns whether nobody waits any more. */
	serve(isTimeUp: () => boolean): boolean {
		return this.#give(isTimeUp) && this.#ask(isTimeUp);
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
		}
		return true;
	}

	#ask(isTimeUp: () => boolean): boolean {
		const asked = new Map<Source, Map<string, Behind[]>>();
		for (const [reader, source] of this.#behind) {
			this.#behind.delete(reader);
			this.#attempt(reader, () => this.#askFor(reader, source, asked));
			if (isTimeUp()) {
				break;
			}
		}
		return this.#behind.size === 0;
	}

	/** Who asks for the same in one slice is answered by one page: nothing can have happened between. */
	#askFor(reader: Behind, source: Source, asked: Map<Source, Map<string, Behind[]>>): void {
		const query = reader.next();
		if (query === undefined) {
			return;
		}
		const ofSource = asked.get(source) ?? new Map<string, Behind[]>();
		asked.set(source, ofSource);
		const key = JSON.stringify(query);
		const others = ofSource.get(key);
		if (others !== undefined) {
			others.push(reader);
			return;
		}
		const readers = [reader];
		ofSource.set(key, readers);
		source.range(query).then(
			(page) => {
				this.#answers.add({ page: new SharedPage(page), readers: readers.values() });
				this.#dispatch.serve(this);
			},
			(error: unknown) => {
				for (const each of readers) {
					each.fail(error);
				}
			},
		);
	}

	/** What is thrown for one fails it alone, when the turn of the others is over. */
	#attempt(reader: Behind, act: () => void): void {
		try {
			act();
		} catch (error) {
			this.#surroundings.soon(() => reader.fail(error));
		}
	}
}
