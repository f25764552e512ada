/** What is known of each room's log, from whoever said it: one number has one content, in an epoch and its heirs. */
import type { Entry, Seen } from './observation.ts';
import type { Report } from './violation.ts';

interface Chapter {
	/** The epoch that this one goes on from, and the last number that they share. */
	readonly parent: { readonly chapter: Chapter; readonly kept: number } | undefined;
	/** The broker does not know the parent. */
	readonly isForgotten: boolean;
	readonly epoch: string;
	readonly entries: Map<number, Entry>;
	/** The last number that is known to have been given. */
	head: number;
}

interface RoomLedger {
	readonly chapters: Map<string, Chapter>;
	/** The chapter that was told of last. */
	present: Chapter | undefined;
	/** The last look at the whole log. */
	stored: (Seen<'stored'> & { readonly kept: ReadonlyMap<number, Entry> }) | undefined;
}

export class Ledger {
	readonly #report: Report;
	readonly #rooms = new Map<string, RoomLedger>();
	#knowsDurable = false;

	constructor(report: Report) {
		this.#report = report;
	}

	/** Somebody tells what is durable. */
	get knowsDurable(): boolean {
		return this.#knowsDurable;
	}

	get rooms(): Iterable<string> {
		return this.#rooms.keys();
	}

	/** The epoch that a room is in. */
	epoch(room: string): string | undefined {
		return this.#rooms.get(room)?.present?.epoch;
	}

	/** The last number that is known to have been given in an epoch. */
	head(room: string, epoch: string): number {
		return this.#rooms.get(room)?.chapters.get(epoch)?.head ?? 0;
	}

	/** The room's whole log as it was told last. */
	stored(room: string): RoomLedger['stored'] {
		return this.#rooms.get(room)?.stored;
	}

	/** What a number stands for. */
	find(room: string, epoch: string, sequence: number): Entry | undefined {
		let chapter = this.#rooms.get(room)?.chapters.get(epoch);
		while (chapter?.parent !== undefined && sequence <= chapter.parent.kept) {
			chapter = chapter.parent.chapter;
		}
		return chapter?.entries.get(sequence);
	}

	/** Up to which number two epochs of a room are the same log. */
	shared(room: string, one: string, other: string): number {
		const { chapters } = this.#room(room);
		const reach = new Map<string, number>();
		let chapter = chapters.get(one);
		for (let upTo = Number.POSITIVE_INFINITY; chapter !== undefined; chapter = chapter.parent?.chapter) {
			reach.set(chapter.epoch, upTo);
			upTo = Math.min(upTo, chapter.parent?.kept ?? 0);
		}
		chapter = chapters.get(other);
		for (let upTo = Number.POSITIVE_INFINITY; chapter !== undefined; chapter = chapter.parent?.chapter) {
			const common = reach.get(chapter.epoch);
			if (common !== undefined) {
				return Math.min(upTo, common);
			}
			upTo = Math.min(upTo, chapter.parent?.kept ?? 0);
		}
		return 0;
	}

	/** Whether the broker knows that an epoch of a room goes on from another one. */
	goesOnFrom(room: string, epoch: string, other: string): boolean {
		let chapter = this.#room(room).chapters.get(epoch);
		while (chapter !== undefined && chapter.epoch !== other) {
			chapter = chapter.isForgotten ? undefined : chapter.parent?.chapter;
		}
		return chapter !== undefined;
	}

	/** Whether a message was ever in a room, in any epoch. */
	holds(room: string, cid: string): boolean {
		const chapters = [...(this.#rooms.get(room)?.chapters.values() ?? [])];
		return chapters.some(({ entries }) => [...entries.values()].some((entry) => entry.cid === cid));
	}

	/** Every number of an epoch with what it stands for, ascending. */
	*entries(room: string, epoch: string): Generator<Entry> {
		for (let sequence = 1; sequence <= this.head(room, epoch); sequence += 1) {
			const entry = this.find(room, epoch, sequence);
			if (entry !== undefined) {
				yield entry;
			}
		}
	}

	/** The epochs of a room that no other goes on from. */
	ends(room: string): readonly string[] {
		const { chapters } = this.#room(room);
		const parents = new Set([...chapters.values()].map(({ parent }) => parent?.chapter.epoch));
		return [...chapters.keys()].filter((epoch) => !parents.has(epoch));
	}

	committed({ room, epoch, entries }: Seen<'committed'>): void {
		this.#knowsDurable = true;
		const ledger = this.#room(room);
		const chapter = this.#chapter(ledger, epoch);
		ledger.present = chapter;
		for (const entry of entries) {
			// What is known already is told again when a broker starts.
			if (entry.sequence > chapter.head + 1) {
				this.#report('I1', `${room}: number ${entry.sequence} was committed after ${chapter.head} in epoch ${epoch}`);
			}
			this.#note(ledger, chapter, room, entry, 'committed');
		}
	}

	/** Somebody saw a message: in an epoch, or in one that they do not know. */
	seen(room: string, epoch: string | undefined, entry: Entry, where: string): void {
		const ledger = this.#room(room);
		const isIt = (known: Chapter) => this.find(room, known.epoch, entry.sequence)?.id === entry.id;
		const anyEpoch = () => [...ledger.chapters.values()].findLast(isIt) ?? ledger.present;
		const chapter = epoch === undefined ? anyEpoch() : this.#chapter(ledger, epoch);
		if (chapter === undefined) {
			return;
		}
		const isKnown = this.find(room, chapter.epoch, entry.sequence) !== undefined;
		if (this.#knowsDurable && !isKnown) {
			this.#report('I6', `${where}: ${room} #${entry.sequence} "${entry.content}" was visible before it was durable`);
		} else {
			this.#note(ledger, chapter, room, entry, where);
		}
	}

	restored({ room, from, to, kept, isForgotten = false }: Seen<'restored'>): void {
		const ledger = this.#room(room);
		const parent = { chapter: this.#chapter(ledger, from), kept };
		const chapter: Chapter = { parent, isForgotten, epoch: to, entries: new Map(), head: kept };
		ledger.chapters.set(to, chapter);
		ledger.present = chapter;
		ledger.stored = undefined;
	}

	look(observation: Seen<'stored'>): void {
		const { room, epoch, head, oldest, entries, gone } = observation;
		const ledger = this.#room(room);
		const chapter = this.#chapter(ledger, epoch);
		if (head < chapter.head) {
			this.#report('I1', `${room}: the head is ${head}, but number ${chapter.head} was given in epoch ${epoch}`);
		}
		ledger.present = chapter;
		const kept = new Map(entries.map((entry) => [entry.sequence, entry]));
		for (const entry of entries) {
			this.#note(ledger, chapter, room, entry, 'stored');
		}
		chapter.head = Math.max(chapter.head, head);
		for (let sequence = oldest; sequence <= head; sequence += 1) {
			if (!kept.has(sequence) && !gone.some(({ from, to }) => from <= sequence && sequence <= to)) {
				this.#report('I1', `${room}: number ${sequence} of ${oldest}..${head} is neither kept nor named as gone`);
			}
		}
		ledger.stored = { ...observation, kept };
	}

	#note(ledger: RoomLedger, chapter: Chapter, room: string, entry: Entry, where: string): void {
		const known = this.find(room, chapter.epoch, entry.sequence);
		if (known === undefined) {
			chapter.entries.set(entry.sequence, entry);
		} else if (known.id !== entry.id || known.content !== entry.content || known.sender !== entry.sender) {
			this.#report(
				'I1',
				`${where}: ${room} #${entry.sequence} is ${wording(entry)}, but it was ${wording(known)} in epoch ${chapter.epoch}`,
			);
		}
		chapter.head = Math.max(chapter.head, entry.sequence);
		ledger.present ??= chapter;
	}

	#room(room: string): RoomLedger {
		const known = this.#rooms.get(room);
		if (known !== undefined) {
			return known;
		}
		const ledger: RoomLedger = { chapters: new Map(), present: undefined, stored: undefined };
		this.#rooms.set(room, ledger);
		return ledger;
	}

	#chapter(ledger: RoomLedger, epoch: string): Chapter {
		const known = ledger.chapters.get(epoch);
		if (known !== undefined) {
			return known;
		}
		const chapter: Chapter = { parent: undefined, isForgotten: false, epoch, entries: new Map(), head: 0 };
		ledger.chapters.set(epoch, chapter);
		return chapter;
	}
}

function wording({ id, sender, content }: Entry): string {
	return `"${content}" of ${sender} (${id})`;
}
