/**
 * One reader's place in one room. After `align(epoch, n)` the reader gets n+1, n+2 ... until it is told of another place.
 *
 *          align                   caught up with the fan-out
 *   idle --------> catching up <-----------------------------> live      any --end--> ended
 *                  from the log     the reader does not keep up,
 *                                   or the fan-out left something out
 *
 * There is no queue: whoever is behind reads on from the log, at the pace at which its line takes the pages and the reader
 * acknowledges them. Going live and being offered the next batch are both decided by `room.passed`, so that nothing falls
 * between page and batch and nothing comes twice.
 *
 * A filtered reader passes what does not match without a word, and is told of it by the `prev` of the next message, or by
 * `position` when none comes for long.
 */
import type { Gone, Located, RangeQuery, RoomState, StoredEntry } from '../engines/engine.ts';
import type { FromBroker, Position } from '../protocol/frames.ts';
import { isInbox } from '../protocol/names.ts';
import type { Behind, SharedPage } from './catch-up.ts';
import type { ChaosStream } from './chaos.ts';
import { ChaosWriter } from './chaos-writer.ts';
import type { Batch } from './fan-out.ts';
import { type FilterStream, pickedOf } from './filter-streams.ts';
import type { Governor } from './governor.ts';
import type { Stay, Told } from './presence.ts';
import type { Surroundings } from './surroundings.ts';
import { Unacked, type Window } from './window.ts';
import type { Wire } from './wire.ts';

/** Whom a subscription reads for. */
export interface Reader {
	readonly protocol: 'unknown' | 'base' | 'v1';
	readonly wire: Pick<Wire, 'unsent' | 'full' | 'write'>;
	/** What all subscriptions of the reader may send; none for a reader that does not acknowledge. */
	readonly window: Window | undefined;
	readonly governor: Pick<Governor, 'allowance'>;
	/** Notes that bytes were written to the line. */
	wrote(bytes: number): void;
	tell(frame: FromBroker): void;
	/** The same with a frame that is encoded already. */
	send(text: string): void;
	/** The subscription to this room freed some of a full window: it and others may go on. */
	freed(room: string): void;
	/** The reader begins at a position: its device goes on from there another time, also if it acknowledges nothing. */
	remember(room: string, position: Position): void;
	/** Reading cannot go on. */
	fail(error: unknown): void;
}

/** The room that is read. */
export interface ReadRoom {
	readonly name: string;
	readonly epoch: string;
	/** Everything up to this number has been offered to subscriptions. */
	readonly passed: number;
	/** Has a reader who is behind read on when it is its turn. */
	readOn(reader: Behind): void;
	/** Whether what stood in the log then was cleared since, of which readers have been told or are about to be. */
	wasClearedSince(then: RoomState): boolean;
	locate(position: Position): Promise<Located>;
}

export interface SubscriptionOptions<Room extends ReadRoom> {
	readonly room: Room;
	readonly reader: Reader;
	/** How the reader wants to hear of who comes and goes. */
	readonly presence: 'full' | 'count' | 'off';
	/** As what its user is in the room. @default a new one */
	readonly stay?: Stay;
	readonly chaos?: ChaosStream<Batch>;
	readonly surroundings: Surroundings;
}

/** Presence news of a room, encoded once for all its readers. */
export interface PresenceFrames {
	readonly changes: readonly Told[];
	readonly texts: readonly string[];
	readonly counted: string | undefined;
	/** Who is there, when the room is no longer crowded. */
	readonly listed: string | undefined;
	readonly crowded: boolean;
}

export class Subscription<Room extends ReadRoom = ReadRoom> {
	readonly room: Room;
	readonly reader: Reader;
	readonly stay: Stay;
	presence: SubscriptionOptions<Room>['presence'];
	readonly #surroundings: Surroundings;
	#state: 'idle' | 'catching up' | 'live' | 'ended' = 'idle';
	#epoch = '';
	/**
	 * The last number that was written to the reader, or passed because it was told to skip it or its filter left it out.
	 * While live it is >= `room.passed`.
	 */
	#position = 0;
	/** The last number of which the reader was told. Below `#position` only while its filter leaves out what came since. */
	#told = 0;
	/** The head that the reader was told of: without a filter's matches it waits for word up to there. */
	#owed = 0;
	#stream: FilterStream | undefined;
	/** The last number that the reader acknowledged, or where it was aligned since. Never above `#position`. */
	#acked = 0;
	/** Made for the first message. */
	#unacked: Unacked | undefined;
	/** Counts alignments, so that a page that was asked for before one is not taken for an answer after it. */
	#alignment = 0;
	#reading = false;
	/** Takes what is live. */
	readonly #live: Pick<Wire, 'write'>;
	readonly #chaos: ChaosWriter | undefined;
	#cancelRetry: (() => void) | undefined;

	constructor({ room, reader, presence, stay, chaos, surroundings }: SubscriptionOptions<Room>) {
		this.room = room;
		this.reader = reader;
		this.presence = presence;
		this.stay = stay ?? { userId: '' };
		this.#chaos = chaos && new ChaosWriter({ chaos, wire: reader.wire, surroundings });
		this.#live = this.#chaos ?? reader.wire;
		this.#surroundings = surroundings;
	}

	/** Under which name others see the reader in this room. */
	get userId(): string {
		return this.stay.userId;
	}

	/** The epoch of `position`. */
	get epoch(): string {
		return this.#epoch;
	}

	get position(): number {
		return this.#position;
	}

	get state(): 'idle' | 'catching up' | 'live' | 'ended' {
		return this.#state;
	}

	/** From the next `align` on the reader gets only what a filter lets through; without a stream, everything again. */
	filter(stream: FilterStream | undefined): void {
		if (stream !== this.#stream && this.#state !== 'ended') {
			// What is held back was chosen by another filter, and would be taken for the word of this one.
			this.#chaos?.end();
			this.#stream?.leave(this);
			this.#stream = stream;
			stream?.enter(this);
		}
	}

	/** Goes on after `position`. The reader was told so right before, and that the head is `owed`. */
	align(epoch: string, position: number, owed = position): void {
		if (this.#state === 'ended') {
			return;
		}
		this.#place(epoch, position);
		this.#owed = owed;
		this.#state = 'catching up';
		this.#release(Number.POSITIVE_INFINITY);
		this.#goOn();
	}

	/** Tells the reader that the room's numbers begin anew, and goes on after `position` in `epoch`. */
	reset(epoch: string, position: number): void {
		if (this.#state === 'idle' || this.#state === 'ended') {
			return;
		}
		const { name } = this.room;
		this.reader.tell(
			this.reader.protocol === 'base'
				? { type: 'subscribed', room: name, sequence: position }
				: { type: 'reset', room: name, epoch, sequence: position },
		);
		// What was remembered of it until now is of numbers that mean nothing any more.
		this.reader.remember(name, { epoch, sequence: position });
		this.align(epoch, position);
	}

	/**
	 * The room's log goes on in another epoch. The reader goes on where it is, as far as the log still is what it was; else
	 * its numbers begin anew after `position`.
	 */
	move(epoch: string, position: number): void {
		if (this.#state === 'idle' || this.#state === 'ended' || this.#epoch === epoch) {
			return;
		}
		this.tellSkipped();
		this.#place(this.#epoch, this.#position);
		this.#state = 'catching up';
		this.#reading = true;
		this.#release(Number.POSITIVE_INFINITY);
		this.#relocate({ epoch, sequence: position }, this.#alignment).catch((error: unknown) => this.reader.fail(error));
	}

	/** Takes what was just appended, if that is what the reader needs next and can take now. */
	accept(batch: Batch): void {
		if (this.#state === 'catching up') {
			this.#goOn();
		}
		if (this.#state !== 'live' || batch.last <= this.#position) {
			return;
		}
		const next = this.#stream === undefined ? batch.after(this.#position) : this.#stream.pick(batch, this.#position);
		if (batch.first > this.#position + 1 || (next !== undefined && !this.#isAffordable(next))) {
			this.#state = 'catching up';
			this.#goOn();
			return;
		}
		if (next !== undefined) {
			this.#tellUpTo(next.prev ?? 0);
			this.#send(next, this.#live);
		}
		if (this.#stream !== undefined) {
			this.#passTo(batch.last);
		}
	}

	/** Says that nothing for the reader lies between the last number that it was told of and where it is. */
	tellSkipped(): void {
		if (this.#state !== 'idle' && this.#state !== 'ended') {
			this.#tellUpTo(this.#position);
		}
	}

	/** The reader's line takes more, or there is room in its window. */
	resume(): void {
		if (this.#state === 'catching up') {
			this.#goOn();
		}
	}

	/** Whether an acknowledgement of this position would free something. */
	awaits({ epoch, sequence }: Position): boolean {
		return epoch === this.#epoch && sequence > this.#acked && sequence <= this.#position;
	}

	/**
	 * Takes the reader's word that it has everything up to a position. `invalid`: it has not been sent that much, has said
	 * more before, or means another epoch; nothing has changed.
	 */
	ack({ epoch, sequence }: Position): 'moved' | 'known' | 'invalid' {
		if (this.awaits({ epoch, sequence })) {
			this.#acked = sequence;
			this.#release(sequence);
			return 'moved';
		}
		return epoch === this.#epoch && sequence === this.#acked ? 'known' : 'invalid';
	}

	/** Which frames of the room's presence news the reader gets: `texts` belong to `changes`, `counted` to the count. */
	hears({ changes, texts, counted, listed, crowded }: PresenceFrames): readonly string[] {
		const isBase = this.reader.protocol === 'base';
		if (this.presence === 'off') {
			return [];
		}
		if (this.presence === 'count' || crowded) {
			return counted === undefined || isBase ? [] : [counted];
		}
		if (listed !== undefined && !isBase) {
			return [listed];
		}
		return texts.filter((_, index) => {
			const change = changes[index];
			const isOwnJoin = change?.action === 'join' && change.userId === this.userId;
			return !isOwnJoin && !(isBase && change?.action === 'update');
		});
	}

	/** Whether the reader is told that somebody is typing. It goes beside what is said, and so never to a line that is behind. */
	hearsTypingOf(userId: string): boolean {
		const { protocol, wire } = this.reader;
		const wants = this.presence === 'full' || isInbox(this.room.name);
		return protocol === 'v1' && wants && userId !== this.userId && !wire.full;
	}

	/** The reader could not be given something. */
	fail(error: unknown): void {
		this.reader.fail(error);
	}

	end(): void {
		this.#state = 'ended';
		this.#stream?.leave(this);
		this.#unacked?.clear();
		this.#chaos?.end();
		this.#cancelRetry?.();
	}

	#place(epoch: string, position: number): void {
		this.#epoch = epoch;
		this.#position = position;
		this.#told = position;
		this.#acked = position;
		this.#alignment += 1;
		this.#reading = false;
	}

	/** What was sent up to a number counts no more; whoever waited for that goes on. */
	#release(sequence: number): void {
		const isWaitedFor = this.reader.window?.full === true;
		this.#unacked?.ack(sequence);
		if (isWaitedFor) {
			this.reader.freed(this.room.name);
		}
	}

	#goOn(): void {
		const { wire, window, governor } = this.reader;
		if (this.#epoch === this.room.epoch && this.#position >= this.room.passed) {
			this.#state = 'live';
			this.tellSkipped();
			// A page asked for before the room was in this epoch has what is offered from here on.
			this.#alignment += 1;
			this.#reading = false;
		} else if (!this.#reading && !wire.full && wire.unsent <= governor.allowance && !window?.full) {
			this.#reading = true;
			this.#readOn(this.#alignment);
		}
	}

	#readOn(alignment: number): void {
		const isWanted = () => alignment === this.#alignment && this.#state !== 'ended';
		this.room.readOn({
			next: () => (isWanted() ? this.#nextPage() : undefined),
			take: (shared) => {
				if (isWanted()) {
					this.#take(shared);
				}
			},
			fail: (error) => this.reader.fail(error),
		});
	}

	#nextPage(): RangeQuery {
		const left = this.#stream === undefined ? this.reader.window?.left : undefined;
		const { messages = pageMessages, bytes = pageBytes } = left ?? {};
		return {
			after: this.#position,
			limit: Math.min(pageMessages, Math.max(1, messages)),
			maxBytes: Math.min(pageBytes, bytes),
		};
	}

	#take(shared: SharedPage): void {
		const { page } = shared;
		if (page.epoch !== this.#epoch) {
			const anew = { epoch: page.epoch, sequence: page.head };
			this.#relocate(anew, this.#alignment).catch((error: unknown) => this.reader.fail(error));
			return;
		}
		this.#reading = false;
		if (this.room.wasClearedSince(page)) {
			this.#goOn();
			return;
		}
		const before = this.#position;
		if (this.#stream === undefined) {
			this.#sendPage(shared);
		} else {
			this.#sendMatching(shared, this.#stream);
		}
		const isInRoomsEpoch = this.#epoch === this.room.epoch;
		if (this.#position > before || (isInRoomsEpoch && this.#position >= this.room.passed)) {
			this.#goOn();
		} else if (isInRoomsEpoch && !this.reader.window?.full) {
			// The log lags behind what was offered.
			this.#cancelRetry?.();
			this.#cancelRetry = this.#surroundings.after(retryMs, () => this.resume());
		}
	}

	/** Sends what fits of a page, and says why there is nothing in between. */
	#sendPage({ page, batches }: SharedPage): void {
		const told = page.gone.values();
		let next = told.next().value;
		const skipUpTo = (sequence: number): void => {
			for (; next !== undefined && next.to <= sequence; next = told.next().value) {
				this.#skip(next);
			}
		};
		for (const batch of batches) {
			const fitting = this.#fitting(batch);
			if (fitting !== undefined) {
				skipUpTo(batch.first - 1);
				this.#send(fitting, this.reader.wire);
			}
			if (fitting !== batch) {
				this.reader.window?.refuse();
				return;
			}
		}
		skipUpTo(Number.POSITIVE_INFINITY);
	}

	/** The same for a filtered reader: what does not match is passed over as far as the rest fits. */
	#sendMatching(shared: SharedPage, stream: FilterStream): void {
		const { entries, gone } = shared.page;
		const told = gone.values();
		let next = told.next().value;
		let chosen: StoredEntry[] = [];
		let bytes = 0;
		const sendChosen = (): void => {
			for (const batch of pickedOf(chosen, this.#told)) {
				this.#send(batch, this.reader.wire);
			}
			chosen = [];
			bytes = 0;
		};
		const skipUpTo = (sequence: number): void => {
			for (; next !== undefined && next.to <= sequence; next = told.next().value) {
				sendChosen();
				this.#passTo(next.from - 1);
				this.#tellUpTo(next.from - 1);
				this.#skip(next);
			}
		};
		let passed = this.#position;
		for (const [index, { sequence, text }] of entries.entries()) {
			skipUpTo(sequence - 1);
			const [size, matches] = shared.judge(index, stream);
			if (matches) {
				bytes += size;
				if (this.reader.window?.fits(chosen.length + 1, bytes) === false) {
					sendChosen();
					this.reader.window.refuse();
					this.#passTo(passed);
					return;
				}
				chosen.push({ sequence, text });
			}
			passed = sequence;
		}
		skipUpTo(Number.POSITIVE_INFINITY);
		sendChosen();
		this.#passTo(passed);
	}

	/** The first messages of a batch, as many as may be sent now; `undefined` when none may. */
	#fitting(batch: Batch): Batch | undefined {
		const { window } = this.reader;
		const { portion } = batch;
		let count = portion.messages;
		while (count > 0 && window?.fits(count, portion.bytesOf(count)) === false) {
			count -= 1;
		}
		return count === 0 ? undefined : batch.upTo(count);
	}

	/** Tells the reader that it will never get some numbers. */
	#skip({ from, to, reason }: Gone): void {
		const { name } = this.room;
		this.reader.tell(
			this.reader.protocol === 'base'
				? { type: 'subscribed', room: name, sequence: to }
				: { type: 'gap', room: name, epoch: this.#epoch, from: Math.max(from, this.#position + 1), to, reason },
		);
		this.#position = to;
		this.#told = to;
	}

	/** Numbers up to this one are nothing for a filtered reader, as far as it was not sent them. */
	#passTo(sequence: number): void {
		this.#position = Math.max(this.#position, sequence);
		const skipped = this.#position - this.#told;
		const isOwed = this.#told < this.#owed || skipped >= mostSkipped;
		if (skipped > 0 && isOwed && this.reader.wire.unsent <= this.reader.governor.allowance) {
			this.#tellUpTo(this.#position);
		} else if (skipped > 0) {
			this.#stream?.tellLater();
		}
	}

	/** Tells a filtered reader that it was sent all that is for it up to a number. */
	#tellUpTo(sequence: number): void {
		if (this.#stream !== undefined && sequence > this.#told) {
			const prev = this.#told;
			this.#told = sequence;
			this.reader.tell({ type: 'position', room: this.room.name, epoch: this.#epoch, sequence, prev });
		}
	}

	/** Finds the reader's place in a log of another epoch. `anew` is where its numbers begin if it has none there. */
	async #relocate(anew: Position, alignment: number): Promise<void> {
		const { name } = this.room;
		const before = this.#position;
		this.tellSkipped();
		const { epoch, head, oldest, relation, sequence } = await this.room.locate({
			epoch: this.#epoch,
			sequence: before,
		});
		if (alignment !== this.#alignment || this.#state === 'ended') {
			return;
		}
		if (relation === 'unknown') {
			this.reset(epoch, epoch === anew.epoch ? anew.sequence : head);
			return;
		}
		if (this.reader.protocol === 'v1' && epoch !== this.#epoch) {
			const [recovered, rewind] =
				relation === 'kept'
					? (['full', {}] as const)
					: (['rewound', { rewind: { to: sequence, lost: before - sequence } }] as const);
			const place = { sequence, epoch, head, oldest, recovered, ...rewind, canPublish: true };
			this.reader.tell({ type: 'subscribed', room: name, ...place });
		} else if (sequence < before) {
			this.reset(epoch, sequence);
			return;
		}
		this.align(epoch, sequence, head);
	}

	/** Whether the reader may be sent a batch now. */
	#isAffordable(batch: Batch): boolean {
		const { wire, window, governor } = this.reader;
		if (wire.unsent > governor.allowance) {
			return false;
		}
		const isFitting = window === undefined || window.fits(batch.texts.length, batch.portion.bytes);
		if (!isFitting && window.left.messages < worthReading) {
			window.refuse();
		}
		return isFitting;
	}

	/** It is noted afterwards: what waits in the line may be looked at at once. */
	#send(batch: Batch, line: Pick<Wire, 'write'>): void {
		this.#position = batch.last;
		this.#told = batch.last;
		if (this.reader.window !== undefined) {
			this.#unacked ??= new Unacked(this.reader.window);
			this.#unacked.add(batch.portion);
		}
		line.write(batch);
		this.reader.wrote(batch.portion.bytes);
	}
}

/** After so many numbers that its filter left out a reader is told where it is. */
const mostSkipped = 256;
const pageMessages = 256;
const pageBytes = 128 * 1024;
/** For fewer messages than this a reader that fell behind waits until it has acknowledged some. */
const worthReading = 64;
const retryMs = 250;
