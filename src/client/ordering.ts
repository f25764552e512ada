/**
 * Gives the messages of one room in the broker's order, each once, whatever order they come in.
 *
 * After `align({sequence: n})` the next item is n+1, then n+2 ... Early messages are held, late and doubled ones dropped.
 * What is missing is asked for, and what cannot be had is named by a `lost` item. Where the broker filters, each item says
 * after which number it is the next, and the numbers between are nothing for this reader. Pure: time comes as `at`, items are
 * taken with `drain`, questions to the broker with `due`.
 */
import type { BrokerFrames, GapReason, Message } from '../protocol/frames.ts';
import { CatchUp } from './catch-up.ts';
import type { Gap, Receipt, RoomItem } from './client.ts';
import { Copies } from './copies.ts';
import { Hold } from './hold.ts';
import { goneFrom, type LogPage, type Void } from './log-page.ts';
import { Receipts } from './receipts.ts';
import { Repair, type RepairOptions } from './repair.ts';
import { Voids } from './voids.ts';

export interface OrderingOptions extends RepairOptions {
	/** Early messages that are held. */
	readonly maxHeld: number;
}

/** Where a room's reader stands, as a `subscribed` frame says it. */
export interface Alignment {
	/** Absent from a base broker. */
	readonly epoch?: string | undefined;
	/** The next message has the number after this one. */
	readonly sequence: number;
	/** What became of the reader's position, where it said one. */
	readonly recovered?: BrokerFrames['subscribed']['recovered'];
	readonly head?: number | undefined;
	readonly oldest?: number | undefined;
	readonly gap?: { readonly from: number; readonly to: number; readonly reason: GapReason } | undefined;
	readonly rewind?: { readonly to: number; readonly lost: number } | undefined;
	/** Everything up to the head is old: a join or a return, not a repair. */
	readonly old: boolean;
	/** How long the reader was away, when it comes back. */
	readonly awayMs?: number | undefined;
}

/** What to ask the broker for. */
export type Question =
	| { readonly kind: 'history'; readonly after: number; readonly before: number }
	| { readonly kind: 'subscribe' };

export class Ordering {
	readonly #options: OrderingOptions;
	readonly #receipts = new Receipts();
	readonly #repair: Repair;
	/** Messages that came before `align` said how they are to be read. */
	#unplaced: Message[] = [];
	/** Early messages by number, all above `#position`. */
	readonly #held: Hold;
	#heldSince = 0;
	readonly #voids = new Voids();
	readonly #copies = new Copies();
	#items: RoomItem[] = [];
	#begun = false;
	#aligned = false;
	#epoch: string | undefined;
	#first = 0;
	/** The last number given or named as lost. It goes back only with an `epoch` item. */
	#position = 0;
	/** The last number that an earlier run had given, until this one comes there; 0 when it is not known. */
	#seen = 0;
	/** With a place of an earlier run: what has a higher number was not given by it. */
	#unseenAfter: number | undefined;
	/** The broker sends what comes after this number. What is missing before it has to be asked for. */
	#sentAfter = 0;
	#head = 0;
	/** Up to here this reader has to hear something of each number: without a filter, up to the head. */
	#owed = 0;
	#oldest: number | undefined;
	readonly #catchUp = new CatchUp();

	/** The broker sends only what matches a filter, and says so of all else. Its log would tell of everything. */
	isFiltered = false;

	constructor(options: OrderingOptions) {
		this.#options = options;
		this.#held = new Hold(options.maxHeld);
		this.#repair = new Repair(options);
	}

	/** Whether it was ever told where it stands. */
	get begun(): boolean {
		return this.#begun;
	}

	get epoch(): string | undefined {
		return this.#epoch;
	}

	get first(): number {
		return this.#first;
	}

	get position(): number {
		return this.#position;
	}

	/** The last number given, in this run or an earlier one. */
	get reached(): number {
		return Math.max(this.#position, this.#seen);
	}

	get head(): number {
		return this.#head;
	}

	get oldest(): number | undefined {
		return this.#oldest;
	}

	get gap(): Gap | undefined {
		if (!this.#begun || this.#held.size === 0) {
			return undefined;
		}
		const heldFrom = this.#held.lowest;
		const { askedAt } = this.#repair;
		return {
			from: this.#position + 1,
			to: heldFrom - 1,
			held: this.#held.size,
			heldFrom,
			heldTo: this.#held.highest,
			since: this.#heldSince,
			...(askedAt !== undefined && { askedAt }),
		};
	}

	/** When `due` wants to be called next. */
	get wakeAt(): number | undefined {
		return this.#aligned ? this.#repair.wakeAt : undefined;
	}

	receipts(): readonly Receipt[] {
		return this.#receipts.list();
	}

	/** The items since the last call, in order. */
	drain(): readonly RoomItem[] {
		const items = this.#items;
		if (items.length > 0) {
			this.#items = [];
		}
		return items;
	}

	/** The link is gone, or the room is subscribed to anew: what comes before the next `align` is only kept. */
	suspend(): void {
		this.#aligned = false;
		this.#unplaced = [];
		this.#repair.rest();
	}

	/** What is known of messages that have not been given was known by another filter. */
	forget(): void {
		this.#held.clear();
		this.#voids.clear();
		this.#owed = this.#position;
	}

	/**
	 * Begins after `sequence`, before the broker has said where it goes on. `seen` is the last number that an earlier run
	 * had given: what lies between is given again, as context.
	 */
	begin(epoch: string | undefined, sequence: number, seen?: number): void {
		this.#begun = true;
		this.#seen = seen ?? 0;
		this.#unseenAfter = seen;
		this.#epoch = epoch;
		this.#first = sequence;
		this.#sentAfter = sequence;
		this.#position = sequence;
		this.#head = sequence;
		this.#owed = sequence;
		this.#catchUp.begin(sequence, undefined);
	}

	/** The broker says where it goes on. */
	align(alignment: Alignment, at: number): void {
		const { epoch, sequence, head = sequence, gap, rewind } = alignment;
		this.#aligned = true;
		if (this.#begun) {
			this.#reconcile(alignment, at);
		} else {
			this.begin(epoch, sequence);
		}
		this.#epoch ??= epoch;
		this.#tellRewound(rewind?.to ?? head);
		this.#sentAfter = sequence;
		this.#learnOldest(alignment.oldest);
		this.#reveal(Math.max(head, sequence));
		if (gap !== undefined) {
			this.#addVoid(gap);
		}
		if (alignment.old) {
			this.#tell(this.#catchUp.close(this.#position));
			this.#catchUp.begin(this.#head, alignment.awayMs);
		}
		this.#release(at);
		for (const message of this.#unplaced.splice(0)) {
			this.#take(message, at);
		}
		this.#watch(at);
		if (this.#position < sequence) {
			this.#repair.hurry(at);
		}
	}

	/** A message came. */
	accept(message: Message, at: number): void {
		this.#take(message, at);
		this.#watch(at);
	}

	/** These numbers will never be sent. */
	lose(gap: { readonly from: number; readonly to: number; readonly reason: GapReason }, at: number): void {
		this.#reveal(gap.to);
		this.#addVoid(gap);
		this.#release(at);
		this.#watch(at);
	}

	/** Nothing after `prev` and up to `sequence` is for this reader. What is missing up to `prev` has to come before that. */
	advance(
		{ prev = this.#position, sequence }: { readonly prev?: number | undefined; readonly sequence: number },
		at: number,
	): void {
		this.#reveal(sequence);
		this.#addVoid({ from: prev + 1, to: sequence, reason: undefined });
		this.#release(at);
		this.#watch(at);
	}

	/** The log was cut up to `upTo`. */
	clear(upTo: number, by: string | undefined, at: number): void {
		this.lose({ from: this.#position + 1, to: upTo, reason: 'cleared' }, at);
		this.#learnOldest(upTo + 1);
		this.#items.push({ kind: 'cleared', upTo, ...(by !== undefined && { by }) });
	}

	/** The broker says that it has sent this reader everything up to this number. */
	reveal(head: number, at: number): void {
		this.#reveal(head);
		this.#watch(at);
	}

	/** The broker is known to have given this number. Whether it is for this reader is known only without a filter. */
	hint(head: number, at: number): void {
		if (this.isFiltered) {
			this.#head = Math.max(this.#head, head);
		} else {
			this.reveal(head, at);
		}
	}

	/** The broker goes on elsewhere, of its own accord. `rewind`: what had higher numbers was lost. */
	relocate(epoch: string, sequence: number, why: 'rewind' | 'reset', at: number): void {
		const isRewind = why === 'rewind';
		if (sequence < this.#position && (isRewind || epoch === this.#epoch)) {
			this.#restart(epoch, sequence, isRewind ? this.reached - sequence : undefined, at);
		} else if (epoch !== this.#epoch && isRewind) {
			this.#follow(epoch);
			this.#tellRewound(sequence);
		} else if (epoch !== this.#epoch) {
			this.#startOver(epoch, sequence, at);
		}
		this.#reveal(sequence);
		this.#watch(at);
	}

	/** The broker's answer to a `history` question. */
	page(page: LogPage, at: number): void {
		const before = this.#position;
		this.#learnOldest(page.oldest);
		this.#reveal(page.head ?? 0);
		for (const gone of goneFrom(page)) {
			this.#addVoid(gone);
		}
		this.#release(at);
		for (const message of page.messages) {
			if (message.sequence > this.#position && !this.#held.has(message.sequence)) {
				this.#take(message, at);
			}
		}
		this.#watch(at);
		if (this.#position === before) {
			this.#repair.failed(at);
		} else if (page.complete === false) {
			this.#repair.hurry(at);
		}
	}

	/** A question was answered with an error. */
	failed(at: number): void {
		this.#repair.failed(at);
	}

	/** Do not wait for the grace period: what is missing was not sent on this link. */
	hurry(at: number): void {
		this.#repair.hurry(at);
	}

	/** What has to be asked for now. A gap that stayed open too long is given up here. */
	due(at: number): Question | undefined {
		if (!this.#aligned) {
			return undefined;
		}
		const action = this.#repair.due(at);
		const from = this.#position + 1;
		const to = this.#missingTo();
		switch (action) {
			case undefined:
				return undefined;
			case 'give up':
				this.#addVoid({ from, to, reason: 'timeout' });
				this.#release(at);
				this.#watch(at);
				return undefined;
			case 'subscribe':
				return { kind: 'subscribe' };
			case 'history':
				this.#receipts.addRange(at, from, to, 'asked');
				return this.isFiltered ? { kind: 'subscribe' } : { kind: 'history', after: this.#position, before: to + 1 };
		}
	}

	/** Finds what the reader's position is in what the broker says. Position and epoch move together or not at all. */
	#reconcile({ epoch, sequence, recovered, head = sequence, rewind, old }: Alignment, at: number): void {
		const isOther = this.#epoch !== undefined && epoch !== undefined && epoch !== this.#epoch;
		const isRewound = recovered === 'rewound' || rewind !== undefined;
		const to = isRewound ? (rewind?.to ?? sequence) : sequence;
		if (isRewound && to < this.#position) {
			this.#restart(epoch, to, this.reached - to, at);
		} else if (isOther) {
			const isKept = isRewound || recovered === 'full' || recovered === 'partial';
			if (isKept && sequence >= this.#position) {
				this.#follow(epoch);
			} else {
				this.#startOver(epoch, sequence, at);
			}
		} else if (Math.max(sequence, head) < this.#position && (old || epoch === undefined)) {
			// What was given above the head is no more, whatever the broker calls that. Within a link it proves nothing: messages
			// may have been sent since the answer was made up.
			const lost = epoch === undefined ? undefined : this.reached - head;
			this.#restart(epoch ?? this.#epoch, sequence, lost, at);
		}
	}

	/** What an earlier run had given after `to`, and this one has not, is no more. */
	#tellRewound(to: number): void {
		if (this.#seen > Math.max(to, this.#position)) {
			this.#items.push({ kind: 'epoch', epoch: this.#epoch ?? '', sequence: to, lost: this.#seen - to });
			this.#seen = 0;
			this.#unseenAfter = to;
		}
	}

	/** The log up to the position is the same under another epoch; of what comes after it nothing is known any more. */
	#follow(epoch: string): void {
		this.#tell(this.#catchUp.close(this.#position));
		this.#held.clear();
		this.#voids.clear();
		this.#repair.rest();
		this.#epoch = epoch;
		this.#head = this.#position;
		this.#owed = this.#position;
		this.#oldest = undefined;
	}

	/** Numbers of the old epoch that were held are given first: they are here, and nothing before them will come. */
	#startOver(epoch: string, sequence: number, at: number): void {
		for (const held of this.#held.numbers()) {
			if (held > this.#position + 1) {
				this.#addVoid({ from: this.#position + 1, to: held - 1, reason: 'timeout' });
			}
			this.#release(at);
		}
		this.#restart(epoch, sequence, undefined, at);
	}

	/** Numbers after `sequence` are given again, to other messages; `lost` of those that had them are no more. */
	#restart(epoch: string | undefined, sequence: number, lost: number | undefined, at: number): void {
		this.#tell(this.#catchUp.close(this.#position));
		this.#copies.expect();
		this.#held.clear();
		this.#voids.clear();
		this.#oldest = undefined;
		this.#receipts.forgetAbove(lost === undefined ? 0 : sequence);
		this.begin(epoch, sequence);
		this.#items.push({ kind: 'epoch', epoch: epoch ?? '', sequence, ...(lost !== undefined && { lost }) });
		this.#repair.moved(at);
	}

	#take(message: Message, at: number): void {
		const { sequence, prev } = message;
		const isNext = sequence === this.#position + 1 || (prev !== undefined && prev <= this.#position);
		if (!this.#aligned) {
			if (this.#unplaced.length < this.#options.maxHeld) {
				this.#unplaced.push(message);
			}
		} else if (sequence <= this.#position) {
			this.#receipts.add(at, sequence, 'duplicate');
		} else if (isNext) {
			this.#held.take(sequence);
			this.#give(message, 'shown', at);
			this.#release(at);
		} else {
			this.#hold(message, at);
		}
	}

	#hold(message: Message, at: number): void {
		const { sequence } = message;
		if (this.#held.has(sequence)) {
			this.#receipts.add(at, sequence, 'duplicate');
			return;
		}
		this.#reveal(sequence);
		if (this.#held.size === 0) {
			this.#heldSince = at;
		}
		if (!this.#held.add(message)) {
			this.#repair.overflowed(at);
		}
		if (this.#held.has(sequence)) {
			this.#receipts.add(at, sequence, 'held');
		}
	}

	/** Gives what can be given now. */
	#release(at: number): void {
		while (this.#held.size > 0 || !this.#voids.isEmpty) {
			const next = this.#position + 1;
			const message = this.#held.take(this.#held.after(this.#position) ?? 0);
			const gone = this.#voids.at(next);
			if (message !== undefined) {
				this.#give(message, 'released', at);
			} else if (gone !== undefined) {
				this.#skip(next, Math.min(gone.to, this.#held.lowest - 1), gone.reason, at);
			} else {
				break;
			}
		}
		this.#voids.passed(this.#position);
	}

	#give(message: Message, what: 'shown' | 'released', at: number): void {
		const { id, sequence } = message;
		const old = sequence <= this.#catchUp.upTo;
		this.#tell(this.#catchUp.open(sequence, this.#voids.ranges));
		this.#moveTo(sequence, at);
		if (this.#copies.isCopy(id)) {
			this.#receipts.add(at, sequence, 'duplicate');
		} else {
			this.#receipts.add(at, sequence, what);
			const unseen = old && this.#unseenAfter !== undefined && sequence > this.#unseenAfter;
			this.#items.push({ kind: 'message', message, old, ...(unseen && { unseen }) });
		}
		this.#tell(this.#catchUp.moved(sequence));
	}

	#skip(from: number, to: number, reason: Void['reason'], at: number): void {
		this.#moveTo(to, at);
		if (reason !== undefined) {
			this.#items.push({ kind: 'lost', from, to, reason });
			this.#receipts.addRange(at, from, to, 'lost');
		}
		this.#tell(this.#catchUp.moved(to));
	}

	#moveTo(sequence: number, at: number): void {
		this.#position = sequence;
		this.#reveal(sequence);
		this.#heldSince = at;
		this.#repair.moved(at);
		// A message that names the one before it can pass over some that are held.
		while (this.#held.lowest <= sequence) {
			this.#receipts.add(at, this.#held.lowest, 'duplicate');
			this.#held.take(this.#held.lowest);
		}
	}

	#tell(item: RoomItem | undefined): void {
		if (item !== undefined) {
			this.#items.push(item);
		}
	}

	#addVoid(gap: Void): void {
		if (gap.to > this.#position) {
			this.#voids.add(gap);
		}
	}

	#learnOldest(oldest: number | undefined): void {
		if (oldest !== undefined && oldest > (this.#oldest ?? 0)) {
			this.#oldest = oldest;
		}
	}

	#reveal(head: number): void {
		this.#head = Math.max(this.#head, head);
		this.#owed = Math.max(this.#owed, head);
	}

	/** Begins or ends the watch over a gap, after anything that may have opened or closed one. */
	#watch(at: number): void {
		if (this.#aligned) {
			this.#repair.watch(this.#owed > this.#position, at);
		}
	}

	/** The highest of the numbers that are missing now; also at the tail, where nothing came after them. */
	#missingTo(): number {
		const to = this.#held.size > 0 ? this.#held.lowest - 1 : this.#owed;
		return this.#position < this.#sentAfter ? Math.min(to, this.#sentAfter) : to;
	}
}
