/** What this client says: out of the outbox, onto the link, until the broker has numbered or refused it. */
import { encode } from '../protocol/codec.ts';
import type { BrokerFrames, ClientFrames, Message } from '../protocol/frames.ts';
import { cleanContent } from '../protocol/text.ts';
import type { Causal } from './causal.ts';
import type { Published, RoomItem, Unsent } from './client.ts';
import type { NatterErrorCode } from './errors.ts';
import { Keeping } from './keeping.ts';
import { type Departure, Outbox, type OutboxOptions, type Parcel } from './outbox.ts';
import { unsupported } from './requests.ts';
import type { Desk, Failure, Happening } from './step.ts';
import type { StoredParcel } from './store.ts';
import type { Subscription } from './subscription.ts';

/** Refusals after which a publish is tried again; what else a broker says is final. */
const triedAgain: ReadonlySet<NatterErrorCode> = new Set(['rate_limited', 'unavailable', 'timeout', 'out_of_order']);
const retryMs = 1000;
const mostRetryMs = 60_000;

export interface PublishingOptions extends OutboxOptions {
	/** By which a broker knows what this run of the client says, in its order. */
	readonly producer: string;
	/** What earlier runs left behind; absent when nothing is kept beyond this one. */
	readonly adopted?: readonly StoredParcel[];
}

export class Publishing {
	readonly #desk: Desk;
	readonly #options: PublishingOptions;
	readonly #outbox: Outbox;
	readonly #keeping: Keeping | undefined;
	readonly #rooms: ReadonlyMap<string, Subscription>;
	readonly #causal: Causal | undefined;
	/** The present link was asked what kind of broker is on it. */
	#hasAsked = false;
	/** The broker cannot keep messages now, and that was told. */
	#isUnavailable = false;

	constructor(
		desk: Desk,
		options: PublishingOptions,
		{ rooms, causal }: { readonly rooms: ReadonlyMap<string, Subscription>; readonly causal: Causal | undefined },
	) {
		this.#desk = desk;
		this.#options = options;
		this.#rooms = rooms;
		this.#causal = causal;
		this.#outbox = new Outbox(options);
		const { adopted } = options;
		this.#keeping = adopted && new Keeping((output) => desk.tell(output));
		for (const stored of adopted ?? []) {
			const { nick, sent, bareAfter, ...parcel } = stored;
			// Under another name it would be another message.
			if (nick === desk.askedNick) {
				this.#outbox.adopt({ id: undefined, ...parcel }, { sent, bareAfter });
				this.#keeping?.adopted(stored);
			}
		}
	}

	get unsent(): readonly Unsent[] {
		return this.#outbox.list();
	}

	/** Whether any may have been numbered under the present name without this side knowing. */
	get hasSent(): boolean {
		return this.#outbox.hasSent;
	}

	/** When the first of those left that the link has without having answered. */
	get owedSince(): number | undefined {
		return this.#outbox.owedSince;
	}

	get wakeAt(): number | undefined {
		return this.#outbox.wakeAt;
	}

	add({ id, room, content, cid, options }: Extract<Happening, { type: 'publish' }>, at: number): void {
		const { tags, replyTo, ttlMs } = options;
		const after = this.#causal?.stamp(room) ?? [];
		const parcel = {
			...{ id, room, content, cid, writtenAt: at },
			...(tags !== undefined && { tags }),
			...(replyTo !== undefined && { replyTo }),
			...(after.length > 0 && { after }),
			...(ttlMs !== undefined && { ttlMs }),
		};
		switch (this.#outbox.add(parcel)) {
			case 'added':
				this.#keeping?.made(parcel);
				break;
			case 'full': {
				const text = `Expected at most ${this.#options.maxQueued} unsent messages`;
				this.#fail(id, { code: 'limit_exceeded', text, outcome: 'not_applied' });
				break;
			}
			case 'repeated': {
				const text = 'Expected a cid that no unsent message has';
				this.#fail(id, { code: 'duplicate_conflict', text, outcome: 'not_applied' });
				break;
			}
		}
	}

	canDiscard(cid: string): boolean {
		return this.#outbox.canDiscard(cid);
	}

	/** Drops what was never handed to a link. */
	discard(cid: string): void {
		const parcel = this.#outbox.discard(cid);
		if (parcel !== undefined) {
			this.#keeping?.over(cid);
			this.#fail(parcel.id, { code: 'closed', text: 'The message was discarded', outcome: 'not_applied' });
		}
	}

	/** Sends all that may leave now, which is nothing while the broker is not known; with `onlySent` only what was sent before, and what stands before that in its room. */
	send(at: number, { onlySent }: { readonly onlySent: boolean }): void {
		if (this.#desk.isGuess) {
			this.#askWhat();
			return;
		}
		const bare = this.#desk.protocol === 'base';
		const isOpen = (room: string) => this.#rooms.get(room)?.takesPublishes ?? true;
		const standing = (room: string) => this.#rooms.get(room)?.arrived ?? 0;
		for (;;) {
			const departure = this.#outbox.depart(at, { bare, onlySent, isOpen, standing });
			if (departure === undefined) {
				return;
			}
			this.#sendOne(departure);
		}
	}

	/** Has the store keep what was made and is still here. */
	keep(): void {
		this.#keeping?.keepFresh(this.#desk.askedNick);
	}

	tick(at: number): void {
		for (const parcel of this.#outbox.overdue(at)) {
			this.#refuse(parcel, {
				code: 'timeout',
				text: `Expected the message to come back within ${this.#options.requestMs} ms, and it did not`,
				outcome: 'unknown',
			});
		}
	}

	offline(): void {
		this.#hasAsked = false;
		this.#isUnavailable = false;
		this.#outbox.linkLost();
	}

	/** No link will come unless it is asked for. What the store has is said with that one, or by another run. */
	rest(failure: Failure): void {
		if (this.#keeping === undefined) {
			this.close(failure);
			return;
		}
		for (const { id } of this.#outbox.disown()) {
			this.#fail(id, { ...failure, outcome: 'unknown' });
		}
	}

	/** No link will come in this run. What the store has, another run may say. */
	close(failure: Failure): void {
		for (const { parcel, sent } of this.#outbox.empty()) {
			const isOpen = sent || this.#keeping !== undefined;
			this.#fail(parcel.id, { ...failure, outcome: isOpen ? 'unknown' : 'not_applied' });
		}
	}

	published(frame: BrokerFrames['published']): void {
		const { room, cid, id, sequence, epoch, timestamp, duplicate, durability } = frame;
		const parcel = this.#outbox.get(cid);
		if (parcel?.room === room) {
			this.#accept(parcel, {
				...{ room, cid, id: id.slice(0, 128), sequence, epoch, timestamp, duplicate, durability },
			});
		}
	}

	/** On a base broker an own message that comes back is its acknowledgement. */
	delivered(room: string, items: readonly RoomItem[]): void {
		for (const item of items) {
			if (item.kind === 'message' && item.message.sender === this.#desk.nick) {
				this.#recognise(item.message);
			} else if (item.kind === 'epoch') {
				this.#outbox.renumbered(room, item.sequence);
			}
		}
	}

	/** An error came. False when it answers no publish. */
	failed({ ref, cid, room, expected }: BrokerFrames['error'], failure: Failure, at: number): boolean {
		const { outcome = 'unknown' } = failure;
		const parcel = this.#outbox.underWay(ref, cid);
		if (parcel === undefined) {
			// A late answer to a try that was given up says only what did not become of it.
			const isOwn = ref !== undefined && this.#outbox.isOwn(ref);
			if (isOwn) {
				this.#outbox.answered(ref, outcome);
			}
			return isOwn;
		}
		if (room !== undefined && room !== parcel.room) {
			return false;
		}
		const until = at + Math.min(failure.retryAfterMs ?? retryMs, mostRetryMs);
		if (failure.code === 'out_of_order' && expected !== undefined) {
			this.#outbox.correct(parcel.cid, expected, until, failure.outcome);
		} else if (triedAgain.has(failure.code)) {
			this.#outbox.postpone(parcel.cid, until, outcome);
			this.#tellUnavailable(failure);
		} else {
			this.#refuse(parcel, failure);
		}
		return true;
	}

	/** Once until a publish is numbered or the link is lost: it is tried every second. */
	#tellUnavailable({ code, text }: Failure): void {
		if (code === 'unavailable' && !this.#isUnavailable) {
			this.#isUnavailable = true;
			this.#desk.tell({ type: 'notice', notice: { level: 'warning', code, text } });
		}
	}

	/** A base broker says nothing of its own accord: where no answer is due anyway, one has to be asked for. */
	#askWhat(): void {
		const room = this.#outbox.rooms.find((name) => this.#rooms.get(name)?.isWanted !== true);
		if (room !== undefined && !this.#hasAsked) {
			this.#hasAsked = true;
			this.#desk.send({ type: 'get_history', room });
		}
	}

	#recognise({ id, room, content, sequence, timestamp }: Message): void {
		const parcel = this.#outbox.recognise({ room, sequence }, (mine) => isSameText(mine, content));
		if (parcel !== undefined) {
			const place = { id, sequence, epoch: '', timestamp, duplicate: false, durability: 'memory' } as const;
			this.#accept(parcel, { room, cid: parcel.cid, ...place });
		}
	}

	#sendOne(departure: Departure): void {
		const { parcel, bareAfter } = departure;
		const frame = this.#frameOf(departure);
		const failure = this.#localRefusal(parcel, frame);
		if (failure === undefined) {
			this.#keeping?.leaves(parcel, this.#desk.askedNick, bareAfter);
			this.#desk.send(frame);
		} else {
			this.#refuse(parcel, failure);
		}
	}

	#frameOf({ parcel, ref, pseq, series }: Departure): ClientFrames['publish'] {
		const { room, content, cid, tags, replyTo, after, ttlMs } = parcel;
		const base = { type: 'publish', room, sender: this.#desk.nick, content } as const;
		const producer = series === 0 ? this.#options.producer : `${this.#options.producer}.${series}`;
		return this.#desk.protocol === 'base'
			? base
			: {
					...{ ...base, ref, cid, producer, pseq },
					...(tags !== undefined && { tags }),
					...(replyTo !== undefined && { replyTo }),
					...(after !== undefined && { after: [...after] }),
					...(ttlMs !== undefined && { ttlMs }),
				};
	}

	/** Why a publish cannot go to this broker at all. */
	#localRefusal({ room, tags, replyTo, ttlMs }: Parcel, frame: ClientFrames['publish']): Failure | undefined {
		const { frameBytes, protocol } = this.#desk;
		if (exceeds(frame, frameBytes)) {
			const text = `Expected at most ${frameBytes} bytes with everything around it`;
			return { code: 'too_large', text, outcome: 'not_applied' };
		}
		if (protocol === 'base' && (tags !== undefined || replyTo !== undefined || ttlMs !== undefined)) {
			return unsupported;
		}
		if (protocol === 'base' && this.#rooms.get(room)?.isConfirmed !== true) {
			const text = `Expected ${room} to be joined: this broker acknowledges a message only by sending it back`;
			return { code: 'not_subscribed', text, outcome: 'not_applied' };
		}
		return undefined;
	}

	#accept({ id, cid }: Parcel, published: Published): void {
		this.#isUnavailable = false;
		this.#outbox.numbered(cid);
		this.#keeping?.over(cid);
		this.#causal?.published(published.room, published.epoch, published.sequence);
		this.#desk.tell({ type: 'published', published });
		if (id !== undefined) {
			this.#desk.tell({ type: 'settle', id, result: { ok: true, value: published } });
		}
	}

	/** Tells that a publish was refused for good. */
	#refuse({ id, cid, room }: Parcel, failure: Failure): void {
		const outcome = this.#outbox.refused(cid, failure.outcome ?? 'unknown');
		this.#keeping?.over(cid);
		const { code, text } = failure;
		this.#desk.tell({ type: 'refused', refused: { room, cid, code, text, outcome } });
		this.#fail(id, { ...failure, outcome });
	}

	#fail(id: number | undefined, failure: Failure): void {
		if (id !== undefined) {
			this.#desk.tell({ type: 'settle', id, result: { ok: false, failure } });
		}
	}
}

/** Whether a frame is larger than the broker takes, which would cost the connection. */
function exceeds(frame: ClientFrames['publish'], frameBytes: number): boolean {
	// No character takes more than six bytes of JSON, so that most frames need not be encoded to know.
	const isSurelySmall =
		frame.content.length * 6 + 2048 <= frameBytes && frame.tags === undefined && frame.after === undefined;
	return !isSurelySmall && Buffer.byteLength(encode(frame)) > frameBytes;
}

function isSameText(mine: string, theirs: string): boolean {
	return mine === theirs || cleaned(mine) === cleaned(theirs);
}

function cleaned(content: string): string {
	const result = cleanContent(content, { contentBytes: Infinity, contentLines: Infinity });
	return result.ok ? result.text : content;
}
