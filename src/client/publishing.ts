/** What this client says: out of the outbox, onto the link, until the broker has numbered or refused it. */
import { encode } from '../protocol/codec.ts';
import type { BrokerFrames, ClientFrames, Message } from '../protocol/frames.ts';
import { cleanContent } from '../protocol/text.ts';
import type { Published, RoomItem, Unsent } from './client.ts';
import type { NatterErrorCode } from './errors.ts';
import { Outbox, type OutboxOptions, type Parcel } from './outbox.ts';
import { unsupported } from './requests.ts';
import type { Desk, Failure, Happening } from './step.ts';
import type { Subscription } from './subscription.ts';

/** Refusals after which a publish is tried again; what else a broker says is final. */
const triedAgain: ReadonlySet<NatterErrorCode> = new Set(['rate_limited', 'unavailable', 'timeout', 'out_of_order']);
const retryMs = 1000;
const mostRetryMs = 60_000;
/** A publish's `ref` is this and the id of its input. */
const publishRef = 'p';

export class Publishing {
	readonly #desk: Desk;
	readonly #options: OutboxOptions;
	readonly #outbox: Outbox;
	readonly #rooms: ReadonlyMap<string, Subscription>;

	constructor(desk: Desk, options: OutboxOptions, rooms: ReadonlyMap<string, Subscription>) {
		this.#desk = desk;
		this.#options = options;
		this.#rooms = rooms;
		this.#outbox = new Outbox(options);
	}

	get unsent(): readonly Unsent[] {
		return this.#outbox.list();
	}

	/** How many have been sent and wait for their answer. */
	get inFlight(): number {
		return this.#outbox.inFlight;
	}

	get wakeAt(): number | undefined {
		return this.#outbox.wakeAt;
	}

	add({ id, room, content, cid, options }: Extract<Happening, { type: 'publish' }>, at: number): void {
		const { tags, replyTo, ttlMs } = options;
		const added = this.#outbox.add({
			...{ id, room, content, cid, writtenAt: at },
			...(tags !== undefined && { tags }),
			...(replyTo !== undefined && { replyTo }),
			...(ttlMs !== undefined && { ttlMs }),
		});
		switch (added) {
			case 'added':
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

	/** Drops what was never handed to a link. */
	discard(cid: string): void {
		const parcel = this.#outbox.discard(cid);
		if (parcel !== undefined) {
			this.#fail(parcel.id, { code: 'closed', text: 'The message was discarded', outcome: 'not_applied' });
		}
	}

	/** Sends all that may leave now. */
	send(at: number): void {
		// What is refused on the spot makes place for the next.
		while (this.#sendSome(at)) {}
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
		this.#outbox.linkLost();
	}

	/** No link will ever come. */
	close(failure: Failure): void {
		for (const { parcel, sent } of this.#outbox.empty()) {
			this.#fail(parcel.id, { ...failure, outcome: sent ? 'unknown' : 'not_applied' });
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
	delivered(items: readonly RoomItem[]): void {
		for (const item of items) {
			if (item.kind === 'message' && item.message.sender === this.#desk.nick) {
				this.#recognise(item.message);
			}
		}
	}

	/** An error came. False when it answers no publish. */
	failed({ ref, cid, room }: BrokerFrames['error'], failure: Failure, at: number): boolean {
		const parcel = ref?.startsWith(publishRef)
			? this.#outbox.underWay(Number(ref.slice(publishRef.length)))
			: this.#outbox.get(cid ?? '');
		if (parcel === undefined || (room !== undefined && room !== parcel.room)) {
			return false;
		}
		if (triedAgain.has(failure.code)) {
			const waitMs = Math.min(failure.retryAfterMs ?? retryMs, mostRetryMs);
			const outcome = failure.outcome ?? (failure.code === 'rate_limited' ? 'not_applied' : 'unknown');
			this.#outbox.postpone(parcel.cid, at + waitMs, outcome);
		} else {
			this.#refuse(parcel, failure);
		}
		return true;
	}

	#recognise({ id, room, content, sequence, timestamp }: Message): void {
		const parcel = this.#outbox.recognise(room, (mine) => isSameText(mine, content));
		if (parcel !== undefined) {
			const place = { id, sequence, epoch: '', timestamp, duplicate: false, durability: 'memory' } as const;
			this.#accept(parcel, { room, cid: parcel.cid, ...place });
		}
	}

	/** True when some were refused on the spot. */
	#sendSome(at: number): boolean {
		const parcels = this.#outbox.depart(at, {
			bare: this.#desk.protocol === 'base',
			isOpen: (room) => this.#rooms.get(room)?.takesPublishes ?? true,
		});
		let hasRefused = false;
		for (const parcel of parcels) {
			const frame = this.#frameOf(parcel);
			const failure = this.#localRefusal(parcel, frame);
			if (failure === undefined) {
				this.#desk.send(frame);
			} else {
				hasRefused = true;
				this.#refuse(parcel, failure);
			}
		}
		return hasRefused;
	}

	#frameOf({ id, room, content, cid, tags, replyTo, ttlMs }: Parcel): ClientFrames['publish'] {
		const base = { type: 'publish', room, sender: this.#desk.nick, content } as const;
		return this.#desk.protocol === 'base'
			? base
			: {
					...{ ...base, ref: `${publishRef}${id}`, cid },
					...(tags !== undefined && { tags }),
					...(replyTo !== undefined && { replyTo }),
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
		this.#outbox.remove(cid);
		this.#desk.tell({ type: 'published', published });
		this.#desk.tell({ type: 'settle', id, result: { ok: true, value: published } });
	}

	/** Tells that a publish was refused for good. */
	#refuse({ id, cid, room }: Parcel, failure: Failure): void {
		this.#outbox.remove(cid);
		this.#desk.tell({ type: 'refused', refused: { room, cid, code: failure.code, text: failure.text } });
		this.#fail(id, failure);
	}

	#fail(id: number, failure: Failure): void {
		this.#desk.tell({ type: 'settle', id, result: { ok: false, failure } });
	}
}

/** Whether a frame is larger than the broker takes, which would cost the connection. */
function exceeds(frame: ClientFrames['publish'], frameBytes: number): boolean {
	// No character takes more than six bytes of JSON, so that most frames need not be encoded to know.
	const isSurelySmall = frame.content.length * 6 + 2048 <= frameBytes && frame.tags === undefined;
	return !isSurelySmall && Buffer.byteLength(encode(frame)) > frameBytes;
}

function isSameText(mine: string, theirs: string): boolean {
	return mine === theirs || cleaned(mine) === cleaned(theirs);
}

function cleaned(content: string): string {
	const result = cleanContent(content, { contentBytes: Infinity, contentLines: Infinity });
	return result.ok ? result.text : content;
}
