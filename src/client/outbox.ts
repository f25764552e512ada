/**
 * Publishes that no broker has numbered yet. Per room they leave in the order they were made, and each is forgotten only
 * when it was numbered, refused for good or discarded. Pure: time comes as `at`.
 */
import type { Tags } from '../protocol/frames.ts';
import type { Unsent } from './client.ts';

export interface OutboxOptions {
	/** Publishes that may be under way at once. */
	readonly maxInFlight: number;
	/** Publishes that are kept. */
	readonly maxQueued: number;
	/** How long an answer may take until the publish is sent again, in ms. */
	readonly requestMs: number;
}

/** A publish on its way. */
export interface Parcel {
	/** The input that `settle` answers. */
	readonly id: number;
	readonly cid: string;
	readonly room: string;
	readonly content: string;
	readonly writtenAt: number;
	readonly tags?: Tags;
	readonly replyTo?: number;
	readonly ttlMs?: number;
}

interface Entry {
	readonly parcel: Parcel;
	/** How often it was handed to a link without hearing what became of it: it may have been numbered. */
	unanswered: number;
	/** It was sent as a base client does, without its cid: nobody will drop a repeat or acknowledge it. */
	isBare: boolean;
	/** Handed to the present link at this time, and not answered. */
	flyingSince: number | undefined;
}

interface Queue {
	readonly entries: Entry[];
	flying: number;
	/** Nothing leaves before this time; 0 when nothing is in the way. */
	blockedUntil: number;
	/** After a refusal that may be retried: one at a time, so that a later one cannot pass the refused one. */
	isCareful: boolean;
}

export class Outbox {
	readonly #options: OutboxOptions;
	readonly #entries = new Map<string, Entry>();
	readonly #queues = new Map<string, Queue>();
	/** In the order in which they were sent. */
	readonly #flying = new Set<Entry>();

	constructor(options: OutboxOptions) {
		this.#options = options;
	}

	get inFlight(): number {
		return this.#flying.size;
	}

	/** All that wait, in the order they were made. */
	list(): readonly Unsent[] {
		return Array.from(this.#entries.values(), ({ parcel: { room, cid, content, writtenAt }, unanswered }) => ({
			room,
			cid,
			content,
			writtenAt,
			sent: unanswered > 0,
		}));
	}

	get(cid: string): Parcel | undefined {
		return this.#entries.get(cid)?.parcel;
	}

	/** Takes a publish, or says why not. */
	add(parcel: Parcel): 'added' | 'full' | 'repeated' {
		if (this.#entries.has(parcel.cid)) {
			return 'repeated';
		}
		if (this.#entries.size >= this.#options.maxQueued) {
			return 'full';
		}
		const entry: Entry = { parcel, unanswered: 0, isBare: false, flyingSince: undefined };
		this.#entries.set(parcel.cid, entry);
		const queue = this.#queues.get(parcel.room);
		if (queue === undefined) {
			this.#queues.set(parcel.room, { entries: [entry], flying: 0, blockedUntil: 0, isCareful: false });
		} else {
			queue.entries.push(entry);
		}
		return 'added';
	}

	/** What leaves now, in order. `isOpen` tells whether a room takes publishes. */
	depart(at: number, { bare, isOpen }: { bare: boolean; isOpen: (room: string) => boolean }): readonly Parcel[] {
		const parcels: Parcel[] = [];
		for (const [room, queue] of this.#queues) {
			if (queue.blockedUntil > at) {
				continue;
			}
			queue.blockedUntil = 0;
			if (!isOpen(room)) {
				continue;
			}
			for (const entry of queue.entries) {
				if (this.#flying.size >= this.#options.maxInFlight || (queue.isCareful && queue.flying > 0)) {
					break;
				}
				if (entry.flyingSince === undefined) {
					entry.flyingSince = at;
					entry.unanswered += 1;
					entry.isBare = bare;
					queue.flying += 1;
					this.#flying.add(entry);
					parcels.push(entry.parcel);
				}
			}
		}
		return parcels;
	}

	/** It was numbered, or refused for good: it is forgotten. `undefined` when it was not here. */
	remove(cid: string): Parcel | undefined {
		const entry = this.#entries.get(cid);
		if (entry === undefined) {
			return undefined;
		}
		const queue = this.#land(entry);
		this.#entries.delete(cid);
		queue?.entries.splice(queue.entries.indexOf(entry), 1);
		if (queue?.entries.length === 0) {
			this.#queues.delete(entry.parcel.room);
		}
		return entry.parcel;
	}

	/** The broker asks to try again later. Those after it in its room wait as well. */
	postpone(cid: string, until: number, outcome: 'not_applied' | 'unknown'): void {
		const entry = this.#entries.get(cid);
		const queue = entry && this.#land(entry);
		if (entry !== undefined && queue !== undefined) {
			entry.unanswered -= outcome === 'not_applied' ? 1 : 0;
			queue.blockedUntil = Math.max(queue.blockedUntil, until);
			queue.isCareful = true;
		}
	}

	/** Drops a publish that was never handed to a link. */
	discard(cid: string): Parcel | undefined {
		return this.#entries.get(cid)?.unanswered === 0 ? this.remove(cid) : undefined;
	}

	/** The one that was sent under the `ref` made of this id. */
	underWay(id: number): Parcel | undefined {
		for (const { parcel } of this.#flying) {
			if (parcel.id === id) {
				return parcel;
			}
		}
		return undefined;
	}

	/** The first one that says the same and was sent bare: that it comes back is all the acknowledgement it gets. */
	recognise(room: string, isSame: (content: string) => boolean): Parcel | undefined {
		return this.#queues
			.get(room)
			?.entries.find(({ parcel, unanswered, isBare }) => unanswered > 0 && isBare && isSame(parcel.content))?.parcel;
	}

	/** The link is gone: whatever was under way leaves again, in order, with the next one. */
	linkLost(): void {
		for (const entry of [...this.#flying]) {
			this.#land(entry);
		}
		for (const queue of this.#queues.values()) {
			queue.blockedUntil = 0;
		}
	}

	/**
	 * Those that were sent bare and did not come back in time. Others whose answer took too long leave again, with all
	 * after them in their rooms.
	 */
	overdue(at: number): readonly Parcel[] {
		const given: Parcel[] = [];
		const again = new Set<string>();
		for (const { flyingSince = at, isBare, parcel } of this.#flying) {
			if (at < flyingSince + this.#options.requestMs) {
				break;
			}
			if (isBare) {
				given.push(parcel);
			} else {
				again.add(parcel.room);
			}
		}
		for (const entry of again.size === 0 ? [] : [...this.#flying]) {
			if (again.has(entry.parcel.room) && !entry.isBare) {
				this.#land(entry);
			}
		}
		return given;
	}

	/** Everything, for good. */
	empty(): readonly { readonly parcel: Parcel; readonly sent: boolean }[] {
		const all = Array.from(this.#entries.values(), ({ parcel, unanswered }) => ({
			parcel,
			sent: unanswered > 0,
		}));
		this.#entries.clear();
		this.#queues.clear();
		this.#flying.clear();
		return all;
	}

	/** When something becomes overdue or a wait ends. */
	get wakeAt(): number | undefined {
		const [oldest] = this.#flying;
		let wakeAt = oldest?.flyingSince === undefined ? Infinity : oldest.flyingSince + this.#options.requestMs;
		for (const { blockedUntil, flying } of this.#queues.values()) {
			if (blockedUntil > 0 && flying === 0) {
				wakeAt = Math.min(wakeAt, blockedUntil);
			}
		}
		return wakeAt === Infinity ? undefined : wakeAt;
	}

	#land(entry: Entry): Queue | undefined {
		const queue = this.#queues.get(entry.parcel.room);
		if (entry.flyingSince !== undefined) {
			entry.flyingSince = undefined;
			this.#flying.delete(entry);
			if (queue !== undefined) {
				queue.flying -= 1;
			}
		}
		return queue;
	}
}
