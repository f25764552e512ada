/**
 * Publishes that no broker has numbered yet. Per room they leave in the order they were made, many at once, and each is
 * forgotten only when it was numbered, refused for good or discarded. Pure: time comes as `at`.
 *
 *   waiting --departs--> under way --numbered, refused for good--> forgotten
 *      ^---- lands: refused for now, no answer in time, link lost, or one before it in its room landed or was refused
 */
import type { Cause, Tags } from '../protocol/frames.ts';
import type { Unsent } from './client.ts';
import { Numbering } from './numbering.ts';

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
	/** The input that `settle` answers; none for one of an earlier run. */
	readonly id: number | undefined;
	readonly cid: string;
	readonly room: string;
	readonly content: string;
	readonly writtenAt: number;
	readonly tags?: Tags;
	readonly replyTo?: number;
	/** Where its author stood in other rooms when it was made. */
	readonly after?: readonly Cause[];
	readonly ttlMs?: number;
}

/** A parcel as it leaves. */
export interface Departure {
	readonly parcel: Parcel;
	/** Another one for each departure, so that a late answer to an earlier one is known as such. */
	readonly ref: string;
	/** Absent when it leaves bare. */
	readonly pseq: number | undefined;
	/** Which of its room's numbers from 1 on `pseq` is one of. */
	readonly series: number;
	/** Where its room stood when it first left bare; absent when it never did. */
	readonly bareAfter: number | undefined;
}

export interface Gate {
	/** They leave as a base client sends them, without cid: nobody will drop a repeat or acknowledge them. */
	readonly bare: boolean;
	/** Only what was sent before, and what stands before that in its room. */
	readonly onlySent: boolean;
	isOpen(room: string): boolean;
	/** The number up to which a room is known. */
	standing(room: string): number;
}

/** What an earlier run did with what it left behind. */
export interface Past {
	readonly sent: boolean;
	readonly bareAfter?: number | undefined;
}

interface Entry {
	parcel: Parcel;
	/** The refs of its tries whose outcome the present link has not told. */
	readonly refs: Set<string>;
	/** What became of an earlier try will never be known: it may have been numbered. */
	isDoubtful: boolean;
	/** Its last try went without cid. */
	isBare: boolean;
	/** Only a message after this number can be one of its bare tries. */
	bareAfter: number | undefined;
	pseq: number | undefined;
	/** The try that counts while it is under way. */
	ref: string | undefined;
}

/** A departure whose outcome the present link has not told. */
interface Try {
	readonly entry: Entry;
	readonly since: number;
}

interface Queue {
	readonly numbering: Numbering;
	/** The first `flying` of them are under way, so that none leaves before one that was made before it. */
	readonly entries: Entry[];
	flying: number;
	/** How many may be under way: one after the broker asked to wait or was late, and one more for each that it numbers. */
	window: number;
	/** Nothing leaves before this time; 0 when nothing is in the way. */
	blockedUntil: number;
	/** The broker expected another number, and has numbered nothing since. */
	wasCorrected: boolean;
}

const refPrefix = 'p';

export class Outbox {
	readonly #options: OutboxOptions;
	readonly #entries = new Map<string, Entry>();
	/** Those of them that `isSent`: whether there are any is asked at every step, and may not cost more with a long queue. */
	readonly #sent = new Set<Entry>();
	/** Rooms with entries. */
	readonly #queues = new Map<string, Queue>();
	readonly #numberings = new Map<string, Numbering>();
	/** By ref, in the order in which they left; also of what has landed since. */
	readonly #tries = new Map<string, Try>();
	#departures = 0;

	constructor(options: OutboxOptions) {
		this.#options = options;
	}

	/** How many publishes the link has without having answered. */
	get inFlight(): number {
		return this.#tries.size;
	}

	/** When the first of those left. */
	get owedSince(): number | undefined {
		const [oldest] = this.#tries.values();
		return oldest?.since;
	}

	/** The rooms of all that wait. */
	get rooms(): readonly string[] {
		return [...this.#queues.keys()];
	}

	/** Whether any may have been numbered without this side knowing. */
	get hasSent(): boolean {
		return this.#sent.size > 0;
	}

	/** All that wait, in the order they were made. */
	list(): readonly Unsent[] {
		return Array.from(this.#entries.values(), (entry) => {
			const { room, cid, content, replyTo, writtenAt } = entry.parcel;
			return { room, cid, content, ...(replyTo !== undefined && { replyTo }), writtenAt, sent: isSent(entry) };
		});
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
		this.#put(parcel, { sent: false });
		return 'added';
	}

	/** Takes over what an earlier run left behind, and may have had numbered. */
	adopt(parcel: Parcel, past: Past): void {
		if (!this.#entries.has(parcel.cid)) {
			this.#put(parcel, past);
		}
	}

	/** The next that leaves now, if any. It counts as under way from here on. */
	depart(at: number, gate: Gate): Departure | undefined {
		if (this.#tries.size >= this.#options.maxInFlight) {
			return undefined;
		}
		for (const [room, queue] of this.#queues) {
			const entry = queue.entries[queue.flying];
			if (entry === undefined || queue.flying >= queue.window || queue.blockedUntil > at || !gate.isOpen(room)) {
				continue;
			}
			if (!gate.onlySent || queue.entries.findLastIndex(isSent) >= queue.flying) {
				return this.#launch(entry, queue, gate, at);
			}
		}
		return undefined;
	}

	/** The one that is under way under this ref, or for want of a ref with this cid. */
	underWay(ref: string | undefined, cid: string | undefined): Parcel | undefined {
		const entry = ref === undefined ? this.#entries.get(cid ?? '') : this.#tries.get(ref)?.entry;
		return entry?.ref !== undefined && (ref ?? entry.ref) === entry.ref ? entry.parcel : undefined;
	}

	/** A ref that was given out here, now or earlier. */
	isOwn(ref: string): boolean {
		const number = Number(ref.slice(refPrefix.length));
		return ref.startsWith(refPrefix) && Number.isInteger(number) && number >= 1 && number <= this.#departures;
	}

	/** The broker says what became of the try with this ref. */
	answered(ref: string, outcome: 'not_applied' | 'unknown'): void {
		const entry = this.#tries.get(ref)?.entry;
		if (entry !== undefined) {
			this.#tries.delete(ref);
			entry.refs.delete(ref);
			entry.isDoubtful ||= outcome === 'unknown';
			if (!isSent(entry)) {
				this.#sent.delete(entry);
			}
		}
	}

	/** It was numbered: it is forgotten. `undefined` when it was not here. */
	numbered(cid: string): Parcel | undefined {
		const entry = this.#entries.get(cid);
		const queue = entry && this.#queueOf(entry);
		if (queue !== undefined) {
			queue.window = Math.min(queue.window + 1, this.#options.maxInFlight);
			queue.wasCorrected = false;
		}
		return entry && this.#forget(entry);
	}

	/**
	 * It was refused for good: it is forgotten. Answers whether it was certainly not numbered, by this try or an earlier
	 * one; then all after it in its room leave anew, counted from its number. Otherwise they keep theirs: if it was not
	 * stored after all, the broker will say which number it expects.
	 */
	refused(cid: string, outcome: 'not_applied' | 'unknown'): 'not_applied' | 'unknown' {
		const entry = this.#entries.get(cid);
		if (entry === undefined) {
			return 'unknown';
		}
		if (entry.ref !== undefined) {
			this.answered(entry.ref, outcome);
		}
		const isCertain = !isSent(entry);
		this.#drop(entry, isCertain);
		return isCertain ? 'not_applied' : 'unknown';
	}

	/** The broker asks to try again later. Those after it in its room wait as well. */
	postpone(cid: string, until: number, outcome: 'not_applied' | 'unknown'): void {
		const entry = this.#entries.get(cid);
		if (entry?.ref !== undefined) {
			this.answered(entry.ref, outcome);
			this.#land(entry);
			this.#hold(this.#queueOf(entry), until);
		}
	}

	/**
	 * The broker stored neither this one nor any after it, because it expects another `pseq`. All of its room leave anew, in
	 * another series; at once the first time, not before `until` when nothing was numbered since.
	 */
	correct(cid: string, expected: number, until: number, outcome: 'not_applied' | 'unknown' = 'not_applied'): void {
		const entry = this.#entries.get(cid);
		if (entry?.ref === undefined) {
			return;
		}
		this.answered(entry.ref, outcome);
		const queue = this.#queueOf(entry);
		const numbered = queue.entries.filter(({ pseq }) => pseq !== undefined);
		this.#land(numbered[0] ?? entry);
		const isMeant = queue.numbering.canBeExpected(expected);
		if (isMeant) {
			queue.numbering.restart(numbered.length);
			for (const [index, one] of numbered.entries()) {
				one.pseq = 1 + index;
			}
		}
		if (!isMeant || queue.wasCorrected) {
			this.#hold(queue, until);
		}
		queue.wasCorrected = true;
	}

	/** Whether it waits, and no broker can have numbered it. */
	canDiscard(cid: string): boolean {
		const entry = this.#entries.get(cid);
		return entry !== undefined && !isSent(entry);
	}

	/** Drops a publish that no broker can have numbered. */
	discard(cid: string): Parcel | undefined {
		const entry = this.#entries.get(cid);
		if (entry === undefined || !this.canDiscard(cid)) {
			return undefined;
		}
		this.#drop(entry, true);
		return entry.parcel;
	}

	/** The first one that says the same and was sent bare: that it comes back is all the acknowledgement it gets. */
	recognise(
		{ room, sequence }: { readonly room: string; readonly sequence: number },
		isSame: (content: string) => boolean,
	): Parcel | undefined {
		return this.#queues
			.get(room)
			?.entries.find(
				(entry) => entry.isBare && sequence > (entry.bareAfter ?? 0) && isSent(entry) && isSame(entry.parcel.content),
			)?.parcel;
	}

	/** The numbers of a room begin anew after this one: what was sent bare may come back under any of them. */
	renumbered(room: string, sequence: number): void {
		for (const entry of this.#queues.get(room)?.entries ?? []) {
			if (entry.bareAfter !== undefined) {
				entry.bareAfter = Math.min(entry.bareAfter, sequence);
			}
		}
	}

	/** The link is gone: whatever was under way leaves again, in order, with the next one. */
	linkLost(): void {
		for (const ref of [...this.#tries.keys()]) {
			this.answered(ref, 'unknown');
		}
		for (const queue of this.#queues.values()) {
			const [first] = queue.entries;
			if (first !== undefined) {
				this.#land(first, 'also bare ones');
			}
			queue.blockedUntil = 0;
			queue.window = this.#options.maxInFlight;
			queue.wasCorrected = false;
		}
	}

	/**
	 * Ends waits. Gives those that were sent bare and did not come back in time; others whose answer took too long leave
	 * again, with all after them in their rooms, one first.
	 */
	overdue(at: number): readonly Parcel[] {
		const given: Parcel[] = [];
		for (const [ref, { entry, since }] of [...this.#tries]) {
			if (at < since + this.#options.requestMs) {
				break;
			}
			const isUnderWay = entry.ref === ref;
			this.answered(ref, 'unknown');
			if (entry.isBare) {
				given.push(entry.parcel);
			} else {
				// What is on the link still arrives: with as much again it would take longer each time, and end in nothing else.
				this.#queueOf(entry).window = 1;
				if (isUnderWay) {
					this.#land(entry);
				}
			}
		}
		for (const queue of this.#queues.values()) {
			queue.blockedUntil = queue.blockedUntil > at ? queue.blockedUntil : 0;
		}
		return given;
	}

	/** From now on no input waits for an answer about what is here. Gives the parcels as they were. */
	disown(): readonly Parcel[] {
		return Array.from(this.#entries.values(), (entry) => {
			const { parcel } = entry;
			entry.parcel = { ...parcel, id: undefined };
			return parcel;
		});
	}

	/** Everything, for good. */
	empty(): readonly { readonly parcel: Parcel; readonly sent: boolean }[] {
		const all = Array.from(this.#entries.values(), (entry) => ({ parcel: entry.parcel, sent: isSent(entry) }));
		this.#entries.clear();
		this.#sent.clear();
		this.#queues.clear();
		this.#tries.clear();
		return all;
	}

	/** When something becomes overdue or a wait ends. */
	get wakeAt(): number | undefined {
		const [oldest] = this.#tries.values();
		let wakeAt = oldest === undefined ? Infinity : oldest.since + this.#options.requestMs;
		for (const { blockedUntil, flying, window } of this.#queues.values()) {
			if (blockedUntil > 0 && flying < window) {
				wakeAt = Math.min(wakeAt, blockedUntil);
			}
		}
		return wakeAt === Infinity ? undefined : wakeAt;
	}

	#put(parcel: Parcel, { sent, bareAfter }: Past): void {
		const { cid, room } = parcel;
		const past = { isDoubtful: sent, isBare: bareAfter !== undefined, bareAfter };
		const entry: Entry = { parcel, refs: new Set(), ...past, pseq: undefined, ref: undefined };
		this.#entries.set(cid, entry);
		if (sent) {
			this.#sent.add(entry);
		}
		const queue = this.#queues.get(room);
		if (queue !== undefined) {
			queue.entries.push(entry);
			return;
		}
		const numbering = this.#numberings.get(room) ?? new Numbering();
		this.#numberings.set(room, numbering);
		const window = this.#options.maxInFlight;
		this.#queues.set(room, { numbering, entries: [entry], flying: 0, window, blockedUntil: 0, wasCorrected: false });
	}

	#queueOf({ parcel: { room } }: Entry): Queue {
		const queue = this.#queues.get(room);
		if (queue === undefined) {
			throw new Error(`Expected a queue for ${room}`);
		}
		return queue;
	}

	#launch(entry: Entry, queue: Queue, { bare, standing }: Gate, at: number): Departure {
		this.#departures += 1;
		const ref = `${refPrefix}${this.#departures}`;
		if (bare) {
			entry.bareAfter = Math.min(entry.bareAfter ?? Infinity, standing(entry.parcel.room));
		} else {
			entry.pseq ??= queue.numbering.take();
		}
		entry.isBare = bare;
		entry.ref = ref;
		entry.refs.add(ref);
		this.#sent.add(entry);
		this.#tries.set(ref, { entry, since: at });
		queue.flying += 1;
		const { parcel, pseq, bareAfter } = entry;
		return { parcel, ref, pseq, series: queue.numbering.series, bareAfter };
	}

	/**
	 * Lands this one and all after it in its room. One that was sent bare comes back or does not, whatever becomes of
	 * others: it lands only when the link is lost.
	 */
	#land(first: Entry, which: 'numbered ones' | 'also bare ones' = 'numbered ones'): void {
		if (first.isBare && which === 'numbered ones') {
			return;
		}
		const queue = this.#queueOf(first);
		const from = queue.entries.indexOf(first);
		const landing = queue.entries.slice(from, queue.flying);
		for (const entry of landing) {
			entry.ref = undefined;
		}
		queue.flying -= landing.length;
	}

	#hold(queue: Queue, until: number): void {
		queue.blockedUntil = Math.max(queue.blockedUntil, until);
		queue.window = 1;
	}

	/** Forgets one that was not numbered. With `isCertain` all after it move down into its number. */
	#drop(entry: Entry, isCertain: boolean): void {
		if (isCertain && entry.pseq !== undefined) {
			const { entries, numbering } = this.#queueOf(entry);
			this.#land(entry);
			for (const later of entries.slice(entries.indexOf(entry) + 1)) {
				if (later.pseq !== undefined) {
					later.pseq -= 1;
				}
			}
			numbering.close();
		}
		this.#forget(entry);
	}

	#forget(entry: Entry): Parcel {
		const { parcel } = entry;
		const queue = this.#queueOf(entry);
		if (entry.ref !== undefined) {
			queue.flying -= 1;
		}
		for (const ref of entry.refs) {
			this.#tries.delete(ref);
		}
		this.#entries.delete(parcel.cid);
		this.#sent.delete(entry);
		queue.entries.splice(queue.entries.indexOf(entry), 1);
		if (queue.entries.length === 0) {
			this.#queues.delete(parcel.room);
		}
		return parcel;
	}
}

/** Whether it was handed to a link without hearing that it was not numbered. */
function isSent({ refs, isDoubtful }: Entry): boolean {
	return isDoubtful || refs.size > 0;
}
