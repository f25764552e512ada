import {
	type AppendOutcome,
	type Draft,
	dedupeMs,
	type Entry,
	type Origin,
	type RangeQuery,
	type Restriction,
	type Retention,
	type RoomState,
	type SearchQuery,
} from './engine.ts';
import { cutFrame, digestOf, joinFrame, numbered } from './frame-text.ts';
import { type FilledPage, type FoundRow, fillPage } from './page.ts';
import { type Searched, searchOf, searchSteps } from './searching.ts';

/** How much text one search looks at, in UTF-16 units, and how much in one step: it runs where the broker does. */
const searchUnits = { units: 128 * 1024, stepUnits: 16 * 1024 };

interface Kept extends FoundRow {
	readonly timestamp: number;
	readonly expiresAt: number;
}

/** How far a producer has come, and when by the clock that never steps. */
interface Progress {
	readonly pseq: number;
	readonly elapsed: number;
}

interface Place {
	readonly sequence: number;
	readonly timestamp: number;
	/** When, by the clock that never steps. */
	readonly elapsed: number;
	readonly digest: number;
}

/**
 * One room's log as plain values. Time is told with every call: `now` is ms since 1970, `elapsed` a time in ms that never
 * steps, by which ids and producers are forgotten.
 */
export class MemoryRoom {
	readonly #name: string;
	readonly #retention: Required<Retention>;
	#head = 0;
	#oldest = 1;
	#edge: RoomState['edge'] = 'trimmed';
	#timestamp = 0;
	readonly #kept = new Map<number, Kept>();
	/** Numbers of kept messages that have a time to go of their own. */
	readonly #expiring = new Set<number>();
	/** In ascending order of number, and so of time. */
	readonly #places = new Map<string, Place>();
	readonly #producers = new Map<string, Progress>();

	constructor(name: string, retention: Required<Retention>) {
		this.#name = name;
		this.#retention = retention;
	}

	get head(): number {
		return this.#head;
	}

	get oldest(): number {
		return this.#oldest;
	}

	/** The time of the last message, 0 before the first. */
	get lastActivity(): number {
		return this.#timestamp;
	}

	/** Numbers and keeps a draft, unless something restricts its author; a new message comes back as an entry too. */
	append(
		draft: Draft,
		epoch: string,
		now: number,
		elapsed = now,
		restriction?: Restriction,
	): { readonly outcome: AppendOutcome; readonly entry?: Entry } {
		const digest = digestOf(draft);
		const known = this.#places.get(draft.id);
		if (known !== undefined && known.elapsed > elapsed - dedupeMs) {
			const { sequence, timestamp } = known;
			if (known.digest !== digest) {
				return { outcome: { ok: false, code: 'duplicate_conflict' } };
			}
			this.#advance(draft.origin, elapsed);
			return { outcome: { ok: true, sequence, epoch, timestamp, duplicate: true } };
		}
		if (restriction !== undefined) {
			return { outcome: { ok: false, ...restriction } };
		}
		const { origin } = draft;
		if (origin !== undefined && origin.pseq !== this.#expected(origin)) {
			return { outcome: { ok: false, code: 'out_of_order', expected: this.#expected(origin) } };
		}
		this.#advance(origin, elapsed);
		this.#head += 1;
		this.#timestamp = Math.max(this.#timestamp, now);
		const sequence = this.#head;
		const timestamp = this.#timestamp;
		const { before, after } = cutFrame(this.#name, draft);
		const text = joinFrame(before, after, sequence, timestamp);
		this.#kept.set(sequence, { sequence, text, timestamp, expiresAt: draft.expiresAt ?? Number.POSITIVE_INFINITY });
		if (draft.expiresAt !== undefined) {
			this.#expiring.add(sequence);
		}
		this.#places.delete(draft.id);
		this.#places.set(draft.id, { sequence, timestamp, elapsed, digest });
		this.#trim(sequence - this.#retention.historySize + 1, 'trimmed');
		return {
			outcome: { ok: true, sequence, epoch, timestamp, duplicate: false },
			entry: { message: numbered(this.#name, draft, sequence, timestamp), text },
		};
	}

	/** Why `oldest` is where it is. */
	get edge(): RoomState['edge'] {
		return this.#edge;
	}

	page(query: RangeQuery, now: number): FilledPage {
		const { head, oldest, edge } = this;
		return fillPage(this.#rows(query, now), query, { head, oldest, edge, absent: 'expired' });
	}

	/** In steps, between which the log may change: what is not kept any more at the end is not found. */
	*search(query: SearchQuery, now: number): Generator<undefined, Searched> {
		const search = searchOf(query, this);
		if (search === undefined) {
			return { entries: [], from: this.#oldest, complete: true };
		}
		const rows = this.#rows({ before: search.highest + 1, order: 'desc', limit: Number.POSITIVE_INFINITY }, now);
		const { entries, from, complete } = yield* searchSteps(rows, search, query, searchUnits);
		return {
			entries: entries.filter(({ sequence }) => this.#kept.has(sequence)),
			from: Math.max(from, this.#oldest),
			complete: complete || from <= this.#oldest,
		};
	}

	clear(): void {
		this.#trim(this.#head + 1, 'cleared');
	}

	sweep(now: number, elapsed = now): void {
		for (const sequence of this.#expiring) {
			if ((this.#kept.get(sequence)?.expiresAt ?? 0) <= now) {
				this.#drop(sequence);
			}
		}
		const tooOld = now - this.#retention.historyTtlMs;
		let oldest = this.#oldest;
		while (oldest <= this.#head && (this.#kept.get(oldest)?.timestamp ?? Number.NEGATIVE_INFINITY) <= tooOld) {
			oldest += 1;
		}
		this.#trim(oldest, 'expired');
		for (const [id, place] of this.#places) {
			if (place.elapsed > elapsed - dedupeMs) {
				break;
			}
			this.#places.delete(id);
		}
		for (const [producer, progress] of this.#producers) {
			if (progress.elapsed <= elapsed - dedupeMs) {
				this.#producers.delete(producer);
			}
		}
	}

	#expected({ producer }: Origin): number {
		return (this.#producers.get(producer)?.pseq ?? 0) + 1;
	}

	/** Notes that a producer has come to a draft, when it is its next one. */
	#advance(origin: Origin | undefined, elapsed: number): void {
		if (origin !== undefined && origin.pseq === this.#expected(origin)) {
			const { producer, pseq } = origin;
			this.#producers.set(producer, { pseq, elapsed });
		}
	}

	#trim(oldest: number, edge: RoomState['edge']): void {
		if (this.#oldest < oldest) {
			this.#edge = edge;
		}
		while (this.#oldest < oldest) {
			this.#drop(this.#oldest);
			this.#oldest += 1;
		}
	}

	#drop(sequence: number): void {
		this.#kept.delete(sequence);
		this.#expiring.delete(sequence);
	}

	*#rows(
		{ after = 0, before = Number.POSITIVE_INFINITY, order = 'asc' }: RangeQuery,
		now: number,
	): Generator<FoundRow> {
		const lowest = Math.max(Math.floor(after) + 1, this.#oldest);
		const highest = Math.min(Math.ceil(before) - 1, this.#head);
		for (let index = 0; index <= highest - lowest; index += 1) {
			const row = this.#kept.get(order === 'asc' ? lowest + index : highest - index);
			if (row !== undefined && row.expiresAt > now) {
				yield row;
			}
		}
	}
}
