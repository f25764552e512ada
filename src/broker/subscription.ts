/**
 * One reader's place in one room. After `align(epoch, n)` the reader gets n+1, n+2 ... until it is told of another place.
 *
 *          align                   caught up with the fan-out
 *   idle --------> catching up <-----------------------------> live      any --end--> ended
 *                  from the log     the reader does not keep up
 *
 * There is no queue: whoever is behind reads on from the log, at the pace at which its line takes the pages.
 */
import type { Page, RangeQuery } from '../engines/engine.ts';
import type { FromBroker } from '../protocol/frames.ts';
import type { ChaosStream } from './chaos.ts';
import { Batch, batchesOf } from './fan-out.ts';
import type { Told } from './presence.ts';
import type { Surroundings } from './surroundings.ts';
import type { Wire } from './wire.ts';

/** Whom a subscription reads for. */
export interface Reader {
	readonly protocol: 'unknown' | 'base' | 'v1';
	readonly wire: Pick<Wire, 'unsent' | 'full' | 'send' | 'write'>;
	tell(frame: FromBroker): void;
	/** Reading cannot go on. */
	fail(error: unknown): void;
}

/** The room that is read. */
export interface ReadRoom {
	readonly name: string;
	readonly epoch: string;
	/** Everything up to this number has been offered to subscriptions. */
	readonly passed: number;
	range(query: RangeQuery): Promise<Page>;
}

export interface SubscriptionOptions<Room extends ReadRoom> {
	readonly room: Room;
	readonly reader: Reader;
	/** How the reader wants to hear of who comes and goes. */
	readonly presence: 'full' | 'count' | 'off';
	readonly chaos?: ChaosStream<Batch>;
	readonly surroundings: Surroundings;
}

/** Presence news of a room, encoded once for all its readers. */
export interface PresenceFrames {
	readonly changes: readonly Told[];
	readonly texts: readonly string[];
	readonly counted: string | undefined;
	readonly crowded: boolean;
}

/** Above this many unsent bytes a reader gets nothing live. */
export const maxUnsent = 1024 * 1024;

export class Subscription<Room extends ReadRoom = ReadRoom> {
	readonly room: Room;
	readonly reader: Reader;
	/** Under which name others see the reader in this room. */
	userId = '';
	presence: SubscriptionOptions<Room>['presence'];
	readonly #surroundings: Surroundings;
	#state: 'idle' | 'catching up' | 'live' | 'ended' = 'idle';
	#epoch = '';
	/** The last number that was written to the reader or that it was told to skip. While live it is >= `room.passed`. */
	#position = 0;
	/** Counts alignments, so that a page that was asked for before one is not taken for an answer after it. */
	#alignment = 0;
	#reading = false;
	#chaos: ChaosStream<Batch> | undefined;
	#cancelWake: (() => void) | undefined;

	constructor({ room, reader, presence, chaos, surroundings }: SubscriptionOptions<Room>) {
		this.room = room;
		this.reader = reader;
		this.presence = presence;
		this.#chaos = chaos;
		this.#surroundings = surroundings;
	}

	get position(): number {
		return this.#position;
	}

	get state(): 'idle' | 'catching up' | 'live' | 'ended' {
		return this.#state;
	}

	/** Goes on after `position`. The reader was told so right before. */
	align(epoch: string, position: number): void {
		if (this.#state === 'ended') {
			return;
		}
		this.#epoch = epoch;
		this.#position = position;
		this.#alignment += 1;
		this.#reading = false;
		this.#state = 'catching up';
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
		this.align(epoch, position);
	}

	/** Takes what was just appended, if that is what the reader needs next and can take now. */
	accept(batch: Batch): void {
		if (this.#state === 'catching up') {
			this.#goOn();
		}
		if (this.#state !== 'live' || batch.last <= this.#position) {
			return;
		}
		if (this.reader.wire.unsent > maxUnsent) {
			this.#state = 'catching up';
			return;
		}
		const next = batch.after(this.#position);
		this.#position = next.last;
		if (this.#chaos === undefined) {
			this.reader.wire.write(next);
		} else {
			this.#misbehave(this.#chaos, next);
		}
	}

	/** The reader's line takes more. */
	resume(): void {
		if (this.#state === 'catching up') {
			this.#goOn();
		}
	}

	/** Which frames of the room's presence news the reader gets: `texts` belong to `changes`, `counted` to the count. */
	hears({ changes, texts, counted, crowded }: PresenceFrames): readonly string[] {
		const isBase = this.reader.protocol === 'base';
		if (this.presence === 'off') {
			return [];
		}
		if (this.presence === 'count' || crowded) {
			return counted === undefined || isBase ? [] : [counted];
		}
		return texts.filter((_, index) => {
			const change = changes[index];
			const isOwnJoin = change?.action === 'join' && change.userId === this.userId;
			return !isOwnJoin && !(isBase && change?.action === 'update');
		});
	}

	end(): void {
		this.#state = 'ended';
		this.#cancelWake?.();
	}

	#goOn(): void {
		if (this.#epoch === this.room.epoch && this.#position >= this.room.passed) {
			this.#state = 'live';
		} else if (!this.#reading && !this.reader.wire.full) {
			this.#reading = true;
			this.#readOn(this.#alignment).catch((error: unknown) => this.reader.fail(error));
		}
	}

	async #readOn(alignment: number): Promise<void> {
		const page = await this.room.range({ after: this.#position, limit: pageMessages, maxBytes: pageBytes });
		if (alignment !== this.#alignment || this.#state === 'ended') {
			return;
		}
		this.#reading = false;
		if (page.epoch !== this.#epoch) {
			this.reset(page.epoch, page.head);
			return;
		}
		const before = this.#position;
		for (const batch of batchesOf(page.entries)) {
			this.#skipTo(batch.first - 1);
			this.#position = batch.last;
			this.reader.wire.write(batch);
		}
		if (page.complete) {
			this.#skipTo(Math.max(page.oldest - 1, page.entries.length === 0 ? page.head : 0));
		}
		// A page that brought nothing means that the log lags behind what was offered: the next batch tries again.
		if (this.#position > before || this.#position >= this.room.passed) {
			this.#goOn();
		}
	}

	/** Tells the reader that what lies before it up to `sequence` is not kept any more. */
	#skipTo(sequence: number): void {
		const from = this.#position + 1;
		if (sequence < from) {
			return;
		}
		const { name } = this.room;
		this.#position = sequence;
		this.reader.tell(
			this.reader.protocol === 'base'
				? { type: 'subscribed', room: name, sequence }
				: { type: 'gap', room: name, epoch: this.#epoch, from, to: sequence, reason: 'trimmed' },
		);
	}

	#misbehave(chaos: ChaosStream<Batch>, batch: Batch): void {
		const at = this.#surroundings.elapsed();
		for (const [index, text] of batch.texts.entries()) {
			const single = new Batch(batch.first + index, [text]);
			for (const out of chaos.pass(single.first, single, at)) {
				this.reader.wire.write(out);
			}
		}
		this.#wakeFor(chaos);
	}

	#wakeFor(chaos: ChaosStream<Batch>): void {
		this.#cancelWake?.();
		const { wakeAt } = chaos;
		this.#cancelWake =
			wakeAt === undefined
				? undefined
				: this.#surroundings.after(Math.max(0, wakeAt - this.#surroundings.elapsed()), () => {
						for (const out of chaos.due(this.#surroundings.elapsed())) {
							this.reader.wire.write(out);
						}
						this.#wakeFor(chaos);
					});
	}
}

const pageMessages = 256;
const pageBytes = 128 * 1024;
