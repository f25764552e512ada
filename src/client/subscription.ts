/**
 * One room that this client follows: getting into it, staying in it over every link, asking for what is missing.
 *
 *   joining --subscribed--> live --kicked, banned, left--> left
 *      '--refused for good--> refused         a new link: the room is subscribed to again where it stands
 */
import type { Filter } from '../protocol/filter.ts';
import type { BrokerFrames } from '../protocol/frames.ts';
import { isInbox } from '../protocol/names.ts';
import { Acks } from './acks.ts';
import { BaseEntry } from './base-entry.ts';
import type { Causal, Standing } from './causal.ts';
import type { Member, Receipt, RoomItem, RoomStatus } from './client.ts';
import { foreignInbox } from './conversation.ts';
import { Entry, type EntryOptions } from './entry.ts';
import { safeMembers, safeMessage, safeMessages, safePresence, safeText, safeToken } from './incoming.ts';
import { Leaving } from './leaving.ts';
import { Missing } from './missing.ts';
import { Narrowing } from './narrowing.ts';
import { Ordering, type OrderingOptions } from './ordering.ts';
import { RollCall } from './roll-call.ts';
import { Roster } from './roster.ts';
import type { Desk, Failure, Result } from './step.ts';

export type SubscriptionOptions = OrderingOptions &
	EntryOptions & {
		/** What comes waits there for other rooms; absent when it need not. */
		readonly causalOrder: Causal | undefined;
		readonly filter: Filter | undefined;
	};

export class Subscription {
	readonly room: string;
	readonly #desk: Desk;
	readonly #ordering: Ordering;
	readonly #causal: Causal | undefined;
	readonly #acks = new Acks();
	readonly #roster = new Roster();
	readonly #entry: Entry;
	readonly #missing: Missing;
	readonly #leaving: Leaving;
	readonly #rollCall: RollCall;
	readonly #baseEntry: BaseEntry;
	readonly #narrowing: Narrowing;
	/** The inputs that wait for the answer to a join. */
	#joiners: number[] = [];
	#phase: RoomStatus['phase'] = 'joining';
	#reason: string | undefined;
	#canPublish = false;
	#topic: string | undefined;
	#offlineAt: number | undefined;
	/** Subscribed on the present link. */
	#isConfirmed = false;
	/** When the present link was first known to give it. */
	#confirmedAt = 0;
	#told: readonly unknown[] = [];

	constructor(desk: Desk, options: SubscriptionOptions) {
		this.#desk = desk;
		this.room = options.room;
		this.#causal = options.causalOrder;
		this.#causal?.enter(options.room);
		this.#ordering = new Ordering(options);
		this.#entry = new Entry(desk, this.#ordering, options);
		this.#missing = new Missing(desk, this.#ordering, options.room);
		this.#leaving = new Leaving(desk, options.room, options.requestMs);
		this.#rollCall = new RollCall(desk, options.room);
		this.#baseEntry = new BaseEntry(desk, this.#ordering, options);
		this.#narrowing = new Narrowing(desk, options.room, options.filter);
		this.#entry.filter = options.filter;
	}

	get phase(): RoomStatus['phase'] {
		return this.#phase;
	}

	/** It is to be followed on every link. */
	get isWanted(): boolean {
		return this.#phase === 'joining' || this.#phase === 'live';
	}

	/** Its messages are expected: it is followed, or about to be left. */
	get isExpected(): boolean {
		return this.isWanted || this.#leaving.isPending;
	}

	/** Left, and nobody waits for that any more. */
	get isOver(): boolean {
		return this.#phase === 'left' && !this.#leaving.isPending;
	}

	/** Publishes may go out. On a base broker only when all that was missed is here: it may be among that. */
	get takesPublishes(): boolean {
		const isCaughtUp = this.#ordering.position >= this.#ordering.head;
		return (
			this.#phase !== 'joining' && (this.#isConfirmed ? this.#desk.protocol === 'v1' || isCaughtUp : !this.isWanted)
		);
	}

	/** The present link gives this room's messages. */
	get isConfirmed(): boolean {
		return this.#isConfirmed;
	}

	/** The last number that has come in its turn, whether it was given or waits for other rooms. */
	get arrived(): number {
		return this.#ordering.position;
	}

	get status(): RoomStatus {
		const { head, oldest, gap } = this.#ordering;
		const { epoch, first, position } = this.#given;
		const waiting = this.#causal?.waits(this.room) ?? 0;
		return {
			room: this.room,
			phase: this.#phase,
			...(this.#reason !== undefined && { reason: this.#reason }),
			...(epoch !== undefined && { epoch }),
			first,
			position,
			head,
			...(oldest !== undefined && { oldest }),
			...(this.#narrowing.filter !== undefined && { filter: this.#narrowing.filter }),
			canPublish: this.#canPublish,
			...(this.#roster.count !== undefined && { count: this.#roster.count }),
			...(this.#topic !== undefined && { topic: this.#topic }),
			...(gap !== undefined && { gap }),
			...(waiting > 0 && { waiting }),
		};
	}

	/** Who is here, if the broker says who; `undefined` in a crowd. */
	get known(): readonly Member[] | undefined {
		return this.#roster.count === undefined ? this.#roster.list() : undefined;
	}

	get roster(): Roster {
		return this.#roster;
	}

	get wakeAt(): number | undefined {
		const never = Number.POSITIVE_INFINITY;
		const wakeAt = Math.min(
			this.#leaving.wakeAt ?? never,
			this.#entry.wakeAt ?? never,
			this.#baseEntry.wakeAt ?? never,
			(this.#isConfirmed ? this.#rollCall.wakeAt : undefined) ?? never,
			(this.#isConfirmed ? this.#ordering.wakeAt : undefined) ?? never,
			(this.#acknowledges ? this.#acks.wakeAt : undefined) ?? never,
		);
		return wakeAt === never ? undefined : wakeAt;
	}

	receipts(): readonly Receipt[] {
		return this.#ordering.receipts();
	}

	drain(): readonly RoomItem[] {
		return this.#ordering.drain();
	}

	/** Has what came in its turn wait for other rooms, instead of giving it at once. */
	pass(causal: Causal, at: number): void {
		causal.take(this.room, this.#ordering.drain(), this.#come, at);
	}

	/** What of these items is told: what matches the filter in force, if there is one. */
	wanted(items: readonly RoomItem[]): readonly RoomItem[] {
		return this.#narrowing.wanted(items);
	}

	/** Tells the broker how far this client has come, when it is time to. `given` are the items since the last call. */
	acknowledge(given: readonly RoomItem[], at: number): void {
		const { epoch } = this.#ordering;
		if (!this.#acknowledges || epoch === undefined || this.#causal?.awaitsEpoch(this.room) === true) {
			return;
		}
		const { position } = this.#given;
		const units = given.reduce((sum, item) => sum + (item.kind === 'message' ? item.message.content.length : 0), 0);
		this.#acks.moved(position, units, at);
		const sequence = this.#acks.due(at);
		if (sequence !== undefined) {
			this.#desk.send({ type: 'ack', room: this.room, epoch, sequence });
		}
	}

	/** The status when it is another than at the last call. */
	news(): RoomStatus | undefined {
		const { head, oldest, gap } = this.#ordering;
		const { epoch, first, position } = this.#given;
		const { count } = this.#roster;
		const told = [
			this.#phase,
			this.#reason,
			this.#canPublish,
			this.#topic,
			epoch,
			first,
			position,
			head,
			oldest,
			this.#causal?.waits(this.room),
			this.#narrowing.key,
			gap?.held,
			gap?.heldTo,
			gap?.askedAt,
			count?.online,
			count?.away,
		] as const;
		const before = this.#told;
		if (told.every((part, place) => part === before[place])) {
			return undefined;
		}
		this.#told = told;
		return this.status;
	}

	/** From now on, what matches this filter is wanted, or everything. */
	join(id: number, filter: Filter | undefined, at: number): void {
		if (this.#narrowing.change(filter)) {
			this.#narrow(id, filter, at);
			return;
		}
		this.#join(id, at);
	}

	leave(id: number, at: number): void {
		if (this.#phase !== 'left') {
			this.#end('left', undefined, { code: 'closed', text: `The room ${this.room} was left` });
			this.#leaving.ask(at);
		}
		this.#leaving.wait(id);
	}

	/** There is a link: gets into the room on it. */
	online(at: number): void {
		if (!this.isWanted || this.#desk.protocol === undefined) {
			return;
		}
		const foreign = this.#isPrivate ? foreignInbox(this.room, this.#desk.user?.inbox) : undefined;
		if (foreign !== undefined) {
			this.#end('refused', foreign.text, foreign);
			return;
		}
		this.#isConfirmed = false;
		this.#missing.cancel();
		this.#ordering.suspend();
		this.#ordering.isFiltered = this.#narrowing.filter !== undefined && this.#desk.protocol === 'v1';
		this.#roster.clear();
		this.#entry.join(at);
	}

	offline(at: number): void {
		this.#entry.cancel();
		this.#missing.cancel();
		this.#rollCall.cancel();
		this.#baseEntry.cancel();
		this.#isConfirmed = false;
		// Who never was in the room in this run cannot come back to it.
		if (this.#ordering.begun) {
			this.#offlineAt ??= at;
		}
		this.#ordering.suspend();
		this.#leaving.done();
	}

	/** No link will ever come. */
	close(failure: Failure): void {
		this.#settle(this.#joiners.splice(0), { ok: false, failure });
		this.#leaving.done();
	}

	tick(at: number): void {
		this.#leaving.tick(at);
		this.#entry.tick(at);
		if (at >= (this.#baseEntry.wakeAt ?? Infinity)) {
			this.#baseEntry.sow([], at);
			this.#confirmed(at);
		}
		if (this.#isConfirmed) {
			this.#rollCall.tick(at);
			this.#askForMissing(at);
		}
	}

	subscribed(frame: BrokerFrames['subscribed'], at: number): void {
		switch (this.#entry.answered(frame, at)) {
			case 'nothing':
				// What repeats a `ref` answers a question of earlier; only what has none is the broker's own word.
				if (this.#isConfirmed && frame.ref === undefined) {
					this.#realign(frame, at);
				}
				break;
			case 'again':
				// The broker has gone back to where the question said, and waits for word from there.
				if (this.#isConfirmed) {
					this.#realign(frame, at);
				}
				break;
			case 'repair':
				this.#realign(frame, at);
				break;
			case 'join':
				this.#canPublish = frame.canPublish ?? true;
				this.retitled(frame.topic);
				this.#enter(frame, at);
				break;
			case 'asked again':
				break;
		}
	}

	unsubscribed(frame: BrokerFrames['unsubscribed']): void {
		if (frame.reason !== 'client') {
			const text = `You were ${frame.reason} from ${this.room}`;
			this.#end('left', frame.reason, { code: frame.reason === 'banned' ? 'banned' : 'forbidden', text });
			this.#leaving.done();
		} else if (this.#leaving.isAnswer(frame.ref)) {
			this.#leaving.done();
		}
	}

	message(frame: BrokerFrames['message'], at: number): void {
		// What comes before the answer to a `subscribe` has a number of before, which may be another's by the answer. A v1
		// broker sends all that comes after its answer again; a base broker sends nothing again, and has one kind of number.
		const isPlaced = this.#isConfirmed || this.#desk.protocol === 'base';
		if (this.isWanted && isPlaced) {
			this.#acks.heard(frame.sequence);
			this.#ordering.accept(safeMessage(frame, this.room), at);
		}
	}

	/** The numbers of a frame count only in the epoch that this client is in. */
	gap(frame: BrokerFrames['gap'], at: number): void {
		if (this.#isIn(frame.epoch)) {
			this.#acks.heard(frame.to);
			this.#ordering.lose(frame, at);
		}
	}

	position(frame: BrokerFrames['position'], at: number): void {
		if (this.#isIn(frame.epoch)) {
			this.#acks.heard(frame.sequence);
			this.#ordering.advance(frame, at);
		}
	}

	cleared(frame: BrokerFrames['cleared'], at: number): void {
		if (this.#isIn(frame.epoch)) {
			this.#ordering.clear(frame.upTo, frame.by === undefined ? undefined : safeText(frame.by), at);
		}
	}

	/** The room is about something else now; an empty text is nothing. */
	retitled(topic = ''): void {
		this.#topic = safeText(topic) || undefined;
	}

	relocated(epoch: string, sequence: number, why: 'rewind' | 'reset', at: number): void {
		if (this.#isConfirmed) {
			this.#acks.begin(sequence);
			this.#ordering.relocate(epoch, sequence, why, at);
		}
	}

	/** The broker says that the last number that it has sent here is this one. */
	sent(epoch: string, sequence: number, at: number): void {
		if (this.#isIn(epoch)) {
			this.#acks.heard(sequence);
			this.#ordering.reveal(sequence, at);
		}
	}

	/**
	 * The broker was asked at `askedAt` which rooms it sends, and this one is not among them. If it was before, the word that
	 * this client was put out is lost: it finds out by going in again.
	 */
	unnamed(askedAt: number, at: number): void {
		if (this.#isConfirmed && askedAt > this.#confirmedAt) {
			this.online(at);
		}
	}

	/** Somebody's answer shows that the broker has given this number. */
	reveal(epoch: string | undefined, head: number | undefined, at: number): void {
		if (epoch !== undefined && head !== undefined && this.#isIn(epoch)) {
			this.#ordering.hint(head, at);
		}
	}

	history(frame: BrokerFrames['history'], at: number): void {
		if (this.#baseEntry.isPending) {
			this.#baseEntry.sow(safeMessages(frame.messages, this.room), at);
			this.#confirmed(at);
			return;
		}
		switch (this.#missing.answered(frame, at)) {
			case 'taken':
				this.#askForMissing(at);
				break;
			case 'other epoch':
				this.online(at);
				break;
			case 'nothing':
				this.reveal(frame.epoch, frame.head, at);
				break;
		}
	}

	/** An error came. False when it answers nothing that was asked here. */
	failed(ref: string | undefined, failure: Failure, at: number): boolean {
		if (ref === undefined) {
			return false;
		}
		switch (this.#entry.failed(ref, failure, at)) {
			case 'repair':
				this.#ordering.failed(at);
				return true;
			case 'refused':
				this.#end('refused', failure.text, failure);
				return true;
			case 'later':
				return true;
			case 'nothing':
				break;
		}
		if (this.#missing.failed(ref)) {
			if (failure.code === 'position_invalid') {
				this.online(at);
			} else {
				this.#ordering.failed(at);
			}
			return true;
		}
		return this.#leaving.failed(ref, failure, at) || this.#rollCall.failed(ref, failure, at);
	}

	presence(frame: BrokerFrames['presence']): void {
		const change = safePresence(frame, this.room);
		if (this.#roster.count !== undefined && change.userId !== this.#desk.nick) {
			// Names are told in no crowd: the word of its end did not come.
			this.#roster.clear();
			this.#rollCall.ask();
		}
		if (this.#roster.apply(change, { isTimed: this.#desk.protocol === 'v1' })) {
			this.#desk.tell({ type: 'presence', change });
		}
	}

	/** There are more people here than the broker names. */
	counted({ online, away }: BrokerFrames['presence_count']): void {
		this.#rollCall.cancel();
		this.#roster.counted({ online, away });
	}

	/** Who is here: all of them, unless it is a crowd. */
	members({ ref, members, asOf }: BrokerFrames['members']): void {
		// A list that is asked for in a crowd is old at once; the broker gives one by itself when the crowd is over.
		if (ref === undefined || this.#roster.count === undefined) {
			this.#roster.load(safeMembers(members), asOf);
			this.#desk.tell({ type: 'members', room: this.room, members: this.#roster.list() });
		}
	}

	#join(id: number, at: number): void {
		if (this.#phase === 'live') {
			this.#settle([id], { ok: true, value: this.status });
			return;
		}
		this.#joiners.push(id);
		if (this.#phase === 'refused') {
			this.#phase = 'joining';
			this.#reason = undefined;
			this.online(at);
		}
	}

	/** Goes on where this client is, by another filter. A broker that does not filter need not be told. */
	#narrow(id: number, filter: Filter | undefined, at: number): void {
		this.#entry.filter = filter;
		if (this.#desk.protocol !== 'base') {
			this.#ordering.forget();
		}
		if (this.isWanted && this.#desk.protocol === 'v1') {
			this.#joiners.push(id);
			this.online(at);
			return;
		}
		if (this.#isConfirmed) {
			this.#narrowing.entered();
		}
		this.#join(id, at);
	}

	/** It is somebody's inbox, where nobody else ever is. To a base broker it is a room like others. */
	get #isPrivate(): boolean {
		return this.#desk.protocol === 'v1' && isInbox(this.room);
	}

	get #acknowledges(): boolean {
		return this.#isConfirmed && this.#desk.protocol === 'v1';
	}

	/** Where the room stands with what has come. */
	get #come(): Standing {
		const { epoch, first, position } = this.#ordering;
		return { epoch, first, position };
	}

	/** Where the program stands in it. */
	get #given(): Standing {
		return this.#causal?.standing(this.room) ?? this.#come;
	}

	#isIn(epoch: string): boolean {
		return this.#isConfirmed && epoch === this.#ordering.epoch;
	}

	#awayMs(at: number): number | undefined {
		return this.#offlineAt === undefined ? undefined : Math.max(0, at - this.#offlineAt);
	}

	/** The broker goes on here, on a link that the room is on already. */
	#realign(frame: BrokerFrames['subscribed'], at: number): void {
		this.#acks.begin(frame.sequence);
		this.#ordering.align({ ...this.#entry.placeOf(frame), old: false }, at);
	}

	#enter(frame: BrokerFrames['subscribed'], at: number): void {
		this.#causal?.named(this.room, safeToken(frame.token));
		if (this.#desk.protocol === 'base') {
			if (this.#baseEntry.placed(frame.sequence, this.#awayMs(at), at)) {
				this.#confirmed(at);
				this.#askForMissing(at);
			}
			return;
		}
		this.#acks.begin(frame.sequence);
		this.#ordering.align({ ...this.#entry.placeOf(frame), old: true, awayMs: this.#awayMs(at) }, at);
		this.#confirmed(at);
		if (this.#roster.count === undefined && !this.#isPrivate) {
			this.#rollCall.ask();
		}
	}

	#confirmed(at: number): void {
		this.#isConfirmed = true;
		this.#confirmedAt = at;
		this.#offlineAt = undefined;
		this.#phase = 'live';
		this.#reason = undefined;
		this.#narrowing.entered();
		this.#settle(this.#joiners.splice(0), { ok: true, value: this.status });
	}

	#end(phase: 'refused' | 'left', reason: string | undefined, failure: Failure): void {
		this.#phase = phase;
		this.#reason = reason;
		this.#canPublish = false;
		if (phase === 'left') {
			this.#causal?.leave(this.room);
		} else {
			this.#causal?.named(this.room, undefined);
		}
		this.#entry.cancel();
		this.#missing.cancel();
		this.#baseEntry.cancel();
		this.#isConfirmed = false;
		this.#ordering.suspend();
		this.#settle(this.#joiners.splice(0), { ok: false, failure });
	}

	#askForMissing(at: number): void {
		const question = this.#ordering.due(at);
		if (question === undefined) {
			return;
		}
		const { epoch, position, head } = this.#ordering;
		if (question.kind === 'history') {
			this.#missing.ask(question.after, question.before);
		} else if (this.#desk.protocol === 'v1' && epoch !== undefined) {
			this.#entry.repair({ epoch, sequence: position }, at);
		} else {
			this.#missing.ask(position, head + 1);
		}
	}

	#settle(ids: readonly number[], result: Result): void {
		for (const id of ids) {
			this.#desk.tell({ type: 'settle', id, result });
		}
	}
}
