/**
 * The newest messages of one room in memory, as its log on the disk has them: from some number on everything up to the
 * head, without a hole.
 */
import type { Page, RangeQuery, RoomState, StoredEntry } from './engine.ts';
import { type FoundRow, fillPage } from './page.ts';

/** The most that is kept of one room. */
export interface RoomBounds {
	readonly roomMessages: number;
	/** Of texts in UTF-8, and what each message takes beside its text. */
	readonly roomBytes: number;
}

/** A message; one without a text is past its own time, and was removed. */
interface Kept extends FoundRow {
	readonly bytes: number;
	/** ms since 1970. */
	readonly expiresAt: number | undefined;
}

export class RecentLog {
	readonly #state: { -readonly [Key in keyof RoomState]: RoomState[Key] };
	/** Behind so many places that are free, ascending and without a hole, up to the head. */
	#kept: (Kept | undefined)[] = [];
	#free = 0;
	#bytes = 0;
	/** How many of them have a time of their own, or had one. */
	#mortals = 0;

	constructor({ epoch, head, oldest, edge }: RoomState) {
		this.#state = { epoch, head, oldest, edge };
	}

	get state(): RoomState {
		return this.#state;
	}

	get size(): number {
		return this.#kept.length - this.#free;
	}

	/** What it takes of the memory. */
	get bytes(): number {
		return this.#bytes;
	}

	append(sequence: number, text: string, expiresAt: number | undefined): void {
		if (sequence !== this.#state.head + 1) {
			// What lies between was not told; the log on the disk says why.
			this.drop(this.size);
		}
		this.#state.head = sequence;
		// What removed it may have been told before.
		if (sequence >= this.#state.oldest) {
			const kept = { sequence, text, bytes: bytesOf(text), expiresAt };
			this.#kept.push(kept);
			this.#count(kept, 1);
		}
	}

	/** Messages below `oldest` were removed. */
	raise(oldest: number, edge: RoomState['edge']): void {
		if (oldest > this.#state.oldest) {
			this.drop(oldest - this.#first);
			this.#state.oldest = oldest;
			this.#state.edge = edge;
		}
	}

	/** Texts that are past their own time are removed. */
	expire(at: number): void {
		for (let index = this.#free; this.#mortals > 0 && index < this.#kept.length; index += 1) {
			const kept = this.#kept[index];
			if (kept?.text !== undefined && isPast(kept, at)) {
				const emptied = { ...kept, text: undefined, bytes: messageBytes };
				this.#kept[index] = emptied;
				this.#count(kept, -1);
				this.#count(emptied, 1);
			}
		}
	}

	/** Takes what a page from the disk has right before what is here, as far as there is room for it. */
	prepend(entries: readonly StoredEntry[], bounds: RoomBounds): void {
		const found: Kept[] = [];
		for (const { sequence, text } of entries.toReversed()) {
			const next = this.#first - found.length - 1;
			if (sequence > next) {
				continue;
			}
			// Of one with a time of its own nobody knows whether it was removed meanwhile.
			const isTrue = sequence === next && sequence >= this.#state.oldest && !text.includes('"expiresAt":');
			// The page's texts are parts of one long text, all of which would be kept with any of them.
			const kept = { sequence, text: Buffer.from(text).toString(), bytes: bytesOf(text), expiresAt: undefined };
			const isOver = this.size + found.length >= bounds.roomMessages || this.#bytes + kept.bytes > bounds.roomBytes;
			if (!isTrue || isOver) {
				break;
			}
			found.push(kept);
			this.#count(kept, 1);
		}
		if (found.length > 0) {
			this.#kept = [...found.reverse(), ...this.#kept.slice(this.#free)];
			this.#free = 0;
		}
	}

	/** Forgets the oldest ones. */
	drop(count: number): void {
		const end = Math.min(this.#free + count, this.#kept.length);
		for (; this.#free < end; this.#free += 1) {
			const kept = this.#kept[this.#free];
			if (kept !== undefined) {
				this.#count(kept, -1);
			}
			this.#kept[this.#free] = undefined;
		}
		// Where one goes for each that comes, to move all the others each time would cost more than to store it.
		if (this.#free > this.size) {
			this.#kept = this.#kept.slice(this.#free);
			this.#free = 0;
		}
	}

	/** Forgets the oldest ones when it is over a bound, and a tenth more: most appends are then not over it. */
	fit({ roomMessages, roomBytes }: RoomBounds): void {
		if (this.size <= roomMessages && this.#bytes <= roomBytes) {
			return;
		}
		let count = 0;
		let bytes = this.#bytes;
		while (this.size - count > roomMessages * 0.9 || bytes > roomBytes * 0.9) {
			bytes -= this.#kept[this.#free + count]?.bytes ?? bytes;
			count += 1;
		}
		this.drop(count);
	}

	/** The page that is asked for at that time, in ms since 1970; `undefined` when not all of it is here. */
	page(query: RangeQuery, at: number): Page | undefined {
		const { after = 0, before = Number.POSITIVE_INFINITY, order = 'asc' } = query;
		const { head, oldest } = this.#state;
		const lowest = Math.max(Math.floor(after) + 1, oldest);
		const highest = Math.min(Math.ceil(before) - 1, head);
		const isWhole = lowest >= this.#first || lowest > highest;
		if (!isWhole && order === 'asc') {
			return undefined;
		}
		const rows = this.#rows(Math.max(lowest, this.#first), highest, query, at);
		const page = fillPage(rows, query, { ...this.#state, absent: 'damaged' });
		// One that ended within what is here says nothing of what lies below.
		return isWhole || !page.complete ? { ...this.#state, ...page } : undefined;
	}

	/** The number of the first message that is here, or would be. */
	get #first(): number {
		return this.#state.head + 1 - this.size;
	}

	#rows(lowest: number, highest: number, { order, limit }: RangeQuery, at: number): readonly FoundRow[] {
		// One more than fit shows that there are more; those without a text do not count.
		const most = this.#mortals === 0 ? limit + 1 : Number.POSITIVE_INFINITY;
		const from = order === 'desc' ? Math.max(lowest, highest + 1 - most) : lowest;
		const to = order === 'desc' ? highest : Math.min(highest, lowest + most - 1);
		const before = this.#first - this.#free;
		// From the first that is kept on, no place is free.
		const kept = this.#kept.slice(from - before, Math.max(from, to + 1) - before) as Kept[];
		const rows = this.#mortals === 0 ? kept : kept.map((one) => (isPast(one, at) ? { ...one, text: undefined } : one));
		return order === 'desc' ? rows.reverse() : rows;
	}

	#count({ bytes, expiresAt }: Kept, times: 1 | -1): void {
		this.#bytes += times * bytes;
		this.#mortals += expiresAt === undefined ? 0 : times;
	}
}

/** What a message takes beside its text, about. */
const messageBytes = 128;

/** V8 keeps two bytes for each unit of a text as soon as one of its signs is beyond Latin-1; of Latin-1 this is twice too much. */
function bytesOf(text: string): number {
	const isAscii = Buffer.byteLength(text) === text.length;
	return messageBytes + (isAscii ? 1 : 2) * text.length;
}

function isPast({ expiresAt }: Kept, at: number): boolean {
	return expiresAt !== undefined && expiresAt <= at;
}
