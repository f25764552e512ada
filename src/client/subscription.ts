/**
 * One room that this client follows: getting into it, staying in it over every link, asking for what is missing.
 *
 *   joining --subscribed--> live --kicked, banned, left--> left
 *      '--refused for good--> refused         a new link: the room is subscribed to again where it stands
 */
import type { BrokerFrames, FromClient, Message, Position } from '../protocol/frames.ts';
import { defaultLimits, isRetryable } from '../protocol/limits.ts';
import { Acks } from './acks.ts';
import { maxAskedMs } from './backoff.ts';
import type { Receipt, RoomItem, RoomStatus } from './client.ts';
import { safeMessage, safeMessages, safePresence, safeText } from './incoming.ts';
import { Ordering, type OrderingOptions } from './ordering.ts';
import { Roster } from './roster.ts';
import type { Desk, Failure, Result } from './step.ts';

export interface SubscriptionOptions extends OrderingOptions {
	readonly room: string;
	/** How many messages from before the join are wanted. */
	readonly history: number;
	/** Instead of `history`: everything after this number is wanted. */
	readonly after: number | undefined;
	/** Where an earlier run stood: everything after it is wanted, and `history` messages before it. */
	readonly from: Position | undefined;
	readonly requestMs: number;
}

/** A `subscribe` that waits for its answer. */
interface Asked {
	readonly frame: Extract<FromClient, { type: 'subscribe' }>;
	readonly purpose: 'join' | 'repair';
	deadline: number;
}

/** How many messages of a new epoch are wanted: all of them are new to this client. */
const renewedHistory = 500;
const retryMs = 1000;

export class Subscription {
	readonly room: string;
	readonly #options: SubscriptionOptions;
	readonly #desk: Desk;
	readonly #ordering: Ordering;
	readonly #acks = new Acks();
	readonly #roster = new Roster();
	/** The inputs that wait for the answer to a join, and to a leave. */
	#joiners: number[] = [];
	#leavers: number[] = [];
	#leaveRef: string | undefined;
	#leaveBy = 0;
	#phase: RoomStatus['phase'] = 'joining';
	#reason: string | undefined;
	#canPublish = false;
	#asked: Asked | undefined;
	#retryAt: number | undefined;
	/** The part of the log that was asked for. */
	#question: { readonly ref: string; readonly after: number; readonly before: number } | undefined;
	#membersRef: string | undefined;
	/** The head of a base room whose history is awaited before the first message is given. */
	#seed: { readonly head: number; readonly deadline: number } | undefined;
	#offlineAt: number | undefined;
	/** Subscribed on the present link. */
	#isConfirmed = false;
	#told = '';

	constructor(desk: Desk, options: SubscriptionOptions) {
		this.#desk = desk;
		this.#options = options;
		this.room = options.room;
		this.#ordering = new Ordering(options);
	}

	get phase(): RoomStatus['phase'] {
		return this.#phase;
	}

	/** It is to be followed on every link. */
	get isWanted(): boolean {
		return this.#phase === 'joining' || this.#phase === 'live';
	}

	/** Left, and nobody waits for that any more. */
	get isOver(): boolean {
		return this.#phase === 'left' && this.#leavers.length === 0;
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

	get status(): RoomStatus {
		const { epoch, first, position, head, oldest, gap } = this.#ordering;
		return {
			room: this.room,
			phase: this.#phase,
			...(this.#reason !== undefined && { reason: this.#reason }),
			...(epoch !== undefined && { epoch }),
			first,
			position,
			head,
			...(oldest !== undefined && { oldest }),
			canPublish: this.#canPublish,
			...(gap !== undefined && { gap }),
		};
	}

	get roster(): Roster {
		return this.#roster;
	}

	get wakeAt(): number | undefined {
		const times = [
			this.#leavers.length > 0 ? this.#leaveBy : undefined,
			this.#asked?.purpose === 'join' ? this.#asked.deadline : undefined,
			this.#retryAt,
			this.#seed?.deadline,
			this.#isConfirmed ? this.#ordering.wakeAt : undefined,
			this.#acknowledges ? this.#acks.wakeAt : undefined,
		].filter((time) => time !== undefined);
		return times.length === 0 ? undefined : Math.min(...times);
	}

	receipts(): readonly Receipt[] {
		return this.#ordering.receipts();
	}

	drain(): readonly RoomItem[] {
		return this.#ordering.drain();
	}

	/** Tells the broker how far this client has come, when it is time to. `given` are the items since the last call. */
	acknowledge(given: readonly RoomItem[], at: number): void {
		const { epoch, position } = this.#ordering;
		if (!this.#acknowledges || epoch === undefined) {
			return;
		}
		const units = given.reduce((sum, item) => sum + (item.kind === 'message' ? item.message.content.length : 0), 0);
		this.#acks.moved(position, units, at);
		const sequence = this.#acks.due(at);
		if (sequence !== undefined) {
			this.#desk.send({ type: 'ack', room: this.room, epoch, sequence });
		}
	}

	/** The status when it is another than at the last call. */
	news(): RoomStatus | undefined {
		const { epoch, first, position, head, oldest, gap } = this.#ordering;
		const told = [
			...[this.#phase, this.#reason, this.#canPublish, epoch, first, position, head, oldest],
			...(gap === undefined ? [] : [gap.held, gap.heldTo, gap.askedAt]),
		].join();
		if (told === this.#told) {
			return undefined;
		}
		this.#told = told;
		return this.status;
	}

	join(id: number, at: number): void {
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

	leave(id: number, at: number): void {
		if (this.#phase !== 'left') {
			this.#end('left', undefined, { code: 'closed', text: `The room ${this.room} was left` });
			const { protocol } = this.#desk;
			if (protocol === 'base') {
				this.#desk.send({ type: 'unsubscribe', room: this.room });
			} else if (protocol === 'v1') {
				this.#leaveRef = this.#desk.nextRef();
				this.#leaveBy = at + this.#options.requestMs;
				this.#desk.send({ type: 'unsubscribe', room: this.room, ref: this.#leaveRef });
			}
		}
		this.#leavers.push(id);
		if (this.#leaveRef === undefined) {
			this.#left();
		}
	}

	/** There is a link: gets into the room on it. */
	online(at: number): void {
		if (!this.isWanted || this.#desk.protocol === undefined) {
			return;
		}
		this.#isConfirmed = false;
		this.#ordering.suspend();
		this.#roster.clear();
		this.#subscribe(at);
	}

	offline(at: number): void {
		this.#asked = undefined;
		this.#retryAt = undefined;
		this.#question = undefined;
		this.#membersRef = undefined;
		this.#seed = undefined;
		this.#isConfirmed = false;
		this.#offlineAt ??= at;
		this.#ordering.suspend();
		this.#left();
	}

	/** No link will ever come. */
	close(failure: Failure): void {
		this.#settle(this.#joiners.splice(0), { ok: false, failure });
		this.#left();
	}

	tick(at: number): void {
		if (this.#leavers.length > 0 && at >= this.#leaveBy) {
			this.#left();
		}
		if (this.#asked?.purpose === 'join' && at >= this.#asked.deadline) {
			this.#asked.deadline = at + this.#options.requestMs;
			this.#desk.send(this.#asked.frame);
		}
		if (this.#retryAt !== undefined && at >= this.#retryAt) {
			this.#retryAt = undefined;
			this.#subscribe(at);
		}
		if (this.#seed !== undefined && at >= this.#seed.deadline) {
			this.#sow([], this.#seed.head, at);
		}
		if (this.#isConfirmed) {
			this.#askForMissing(at);
		}
	}

	subscribed(frame: BrokerFrames['subscribed'], at: number): void {
		const asked = this.#asked;
		const isAnswer = asked !== undefined && (frame.ref === asked.frame.ref || this.#desk.protocol === 'base');
		if (!isAnswer) {
			// What repeats a `ref` answers a question of earlier; only what has none is the broker's own word.
			if (this.#isConfirmed && frame.ref === undefined) {
				this.#acks.begin(frame.sequence);
				this.#ordering.align({ ...placeOf(frame), old: false }, at);
			}
			return;
		}
		this.#asked = undefined;
		this.#acks.begin(frame.sequence);
		if (asked.purpose === 'repair') {
			this.#ordering.align({ ...placeOf(frame), old: false }, at);
			return;
		}
		this.#canPublish = frame.canPublish ?? true;
		if (this.#desk.protocol === 'base') {
			this.#placedByBase(frame.sequence, at);
			return;
		}
		const from = this.#unepochedFrom();
		const start = from === undefined ? frame.sequence : Math.min(from, frame.head ?? frame.sequence);
		if (asked.frame.since === undefined && frame.epoch !== undefined && start !== frame.sequence) {
			this.#ask({ since: { epoch: frame.epoch, sequence: start } }, 'join', at);
			return;
		}
		const { since, history } = asked.frame;
		const { epoch, oldest } = frame;
		if (
			since !== undefined &&
			history !== undefined &&
			(frame.recovered ?? 'none') === 'none' &&
			epoch !== undefined &&
			epoch !== since.epoch &&
			oldest !== undefined &&
			oldest <= frame.sequence
		) {
			// The numbers started over, and more is kept than came with the answer: all of it was missed.
			this.#ask({ since: { epoch, sequence: oldest - 1 } }, 'join', at);
			return;
		}
		if (!this.#ordering.begun) {
			this.#begin(asked.frame.since, oldest);
		}
		this.#ordering.align({ ...placeOf(frame), old: true, awayMs: this.#awayMs(at) }, at);
		this.#confirmed();
		this.#membersRef = this.#desk.nextRef();
		this.#desk.send({ type: 'members', room: this.room, ref: this.#membersRef });
	}

	unsubscribed(frame: BrokerFrames['unsubscribed']): void {
		if (frame.reason !== 'client') {
			const text = `You were ${frame.reason} from ${this.room}`;
			this.#end('left', frame.reason, { code: frame.reason === 'banned' ? 'banned' : 'forbidden', text });
			this.#left();
		} else if (frame.ref === this.#leaveRef) {
			this.#left();
		}
	}

	message(frame: BrokerFrames['message'], at: number): void {
		if (this.isWanted) {
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
			this.#ordering.advance(frame.sequence, at);
		}
	}

	cleared(frame: BrokerFrames['cleared'], at: number): void {
		if (this.#isIn(frame.epoch)) {
			this.#ordering.clear(frame.upTo, frame.by === undefined ? undefined : safeText(frame.by), at);
		}
	}

	relocated(epoch: string, sequence: number, why: 'rewind' | 'reset', at: number): void {
		if (this.#isConfirmed) {
			this.#acks.begin(sequence);
			this.#ordering.relocate(epoch, sequence, why, at);
		}
	}

	/** Somebody's answer shows that the broker has given this number. */
	reveal(epoch: string | undefined, head: number | undefined, at: number): void {
		if (epoch !== undefined && head !== undefined && this.#isIn(epoch)) {
			this.#ordering.reveal(head, at);
		}
	}

	history(frame: BrokerFrames['history'], at: number): void {
		const question = this.#question;
		if (this.#seed !== undefined) {
			this.#sow(safeMessages(frame.messages, this.room), this.#seed.head, at);
		} else if (question !== undefined && (frame.ref === question.ref || this.#desk.protocol === 'base')) {
			this.#question = undefined;
			if (this.#ordering.epoch !== frame.epoch) {
				this.online(at);
				return;
			}
			const { head, oldest, complete, gap, gaps } = frame;
			const messages = safeMessages(frame.messages, this.room);
			const { after, before } = question;
			this.#ordering.page({ messages, after, before, head, oldest, complete, reason: gap?.reason, gone: gaps }, at);
			this.#askForMissing(at);
		} else {
			this.reveal(frame.epoch, frame.head, at);
		}
	}

	/** An error came. False when it answers nothing that was asked here. */
	failed(ref: string | undefined, failure: Failure, at: number): boolean {
		if (ref === undefined) {
			return false;
		}
		if (ref === this.#asked?.frame.ref) {
			this.#subscribeFailed(this.#asked, failure, at);
		} else if (ref === this.#question?.ref) {
			this.#question = undefined;
			if (failure.code === 'position_invalid') {
				this.online(at);
			} else {
				this.#ordering.failed(at);
			}
		} else if (ref === this.#leaveRef) {
			this.#left();
		} else if (ref !== this.#membersRef) {
			return false;
		}
		return true;
	}

	presence(frame: BrokerFrames['presence']): void {
		const change = safePresence(frame, this.room);
		if (this.#desk.protocol === 'base') {
			this.#roster.apply(change);
		}
		this.#desk.tell({ type: 'presence', change });
	}

	get #acknowledges(): boolean {
		return this.#isConfirmed && this.#desk.protocol === 'v1';
	}

	#isIn(epoch: string): boolean {
		return this.#isConfirmed && epoch === this.#ordering.epoch;
	}

	/** After which number this client wants to go on, while it does not know in which epoch that is. */
	#unepochedFrom(): number | undefined {
		if (this.#ordering.begun) {
			return this.#ordering.epoch === undefined ? this.#ordering.position : undefined;
		}
		return this.#options.after;
	}

	#awayMs(at: number): number | undefined {
		return this.#ordering.begun && this.#offlineAt !== undefined ? Math.max(0, at - this.#offlineAt) : undefined;
	}

	/** The number after which the first message is wanted of a room that an earlier run followed. */
	get #storedStart(): Position | undefined {
		const { from, history } = this.#options;
		return from && { epoch: from.epoch, sequence: Math.max(0, from.sequence - history) };
	}

	/** What is not kept any more of the history before where an earlier run stood is no loss. */
	#begin(since: Position | undefined, oldest = 1): void {
		const { from } = this.#options;
		const start = this.#storedStart ?? since;
		if (start !== undefined) {
			const sequence =
				from === undefined ? start.sequence : Math.max(start.sequence, Math.min(oldest - 1, from.sequence));
			this.#ordering.begin(start.epoch, sequence, from?.sequence);
		}
	}

	#subscribe(at: number): void {
		const { begun, epoch, position } = this.#ordering;
		const since = begun ? epoch && { epoch, sequence: position } : this.#storedStart;
		if (since) {
			this.#ask({ since, history: renewedHistory }, 'join', at);
		} else {
			this.#ask({ history: this.#unepochedFrom() === undefined ? this.#options.history : 0 }, 'join', at);
		}
	}

	#ask(place: Pick<Asked['frame'], 'since' | 'history'>, purpose: Asked['purpose'], at: number): void {
		const who = { type: 'subscribe', room: this.room, userId: this.#desk.nick } as const;
		const frame = this.#desk.protocol === 'base' ? who : { ...who, ref: this.#desk.nextRef(), ...place };
		this.#asked = { frame, purpose, deadline: at + this.#options.requestMs };
		this.#desk.send(frame);
	}

	#subscribeFailed({ purpose, frame }: Asked, failure: Failure, at: number): void {
		this.#asked = undefined;
		if (purpose === 'repair') {
			this.#ordering.failed(at);
		} else if (failure.code === 'position_invalid' && frame.since !== undefined) {
			this.#ask({ history: renewedHistory }, 'join', at);
		} else if (isRetryableFailure(failure)) {
			this.#retryAt = at + Math.min(failure.retryAfterMs ?? retryMs, maxAskedMs);
		} else {
			this.#end('refused', failure.text, failure);
		}
	}

	#confirmed(): void {
		this.#isConfirmed = true;
		this.#offlineAt = undefined;
		this.#phase = 'live';
		this.#reason = undefined;
		this.#settle(this.#joiners.splice(0), { ok: true, value: this.status });
	}

	#end(phase: 'refused' | 'left', reason: string | undefined, failure: Failure): void {
		this.#phase = phase;
		this.#reason = reason;
		this.#canPublish = false;
		this.#asked = undefined;
		this.#retryAt = undefined;
		this.#question = undefined;
		this.#seed = undefined;
		this.#isConfirmed = false;
		this.#ordering.suspend();
		this.#settle(this.#joiners.splice(0), { ok: false, failure });
	}

	#left(): void {
		this.#leaveRef = undefined;
		this.#settle(this.#leavers.splice(0), { ok: true, value: undefined });
	}

	#askForMissing(at: number): void {
		const question = this.#ordering.due(at);
		if (question === undefined) {
			return;
		}
		const { room } = this;
		if (question.kind === 'subscribe' && this.#desk.protocol === 'v1' && this.#ordering.epoch !== undefined) {
			const since = { epoch: this.#ordering.epoch, sequence: this.#ordering.position };
			this.#ask({ since }, 'repair', at);
			return;
		}
		const { position, head } = this.#ordering;
		const range = question.kind === 'history' ? question : { after: position, before: head + 1 };
		const ref = this.#desk.nextRef();
		this.#question = { ref, after: range.after, before: range.before };
		const { epoch } = this.#ordering;
		this.#desk.send(
			this.#desk.protocol === 'base'
				? { type: 'get_history', room }
				: {
						...{ type: 'get_history', room, ref, after: range.after, before: range.before },
						...(epoch !== undefined && { epoch }),
						...{ limit: defaultLimits.historyMessages, order: 'asc' },
					},
		);
	}

	/** A base broker says only its head: what lies between it and what is wanted has to be asked for. */
	#placedByBase(head: number, at: number): void {
		const { after, history, requestMs } = this.#options;
		const ordering = this.#ordering;
		if (!ordering.begun && after === undefined && history > 0 && head > 0) {
			this.#seed = { head, deadline: at + requestMs };
			this.#desk.send({ type: 'get_history', room: this.room });
			return;
		}
		const awayMs = this.#awayMs(at);
		if (!ordering.begun) {
			ordering.begin(undefined, Math.min(after ?? head, head));
		}
		// A lower head is that of a broker that began anew: all it has is new to this client.
		const sequence = head < ordering.position ? Math.max(0, head - defaultLimits.baseHistoryMessages) : head;
		ordering.align({ sequence, head, old: true, awayMs }, at);
		ordering.hurry(at);
		this.#confirmed();
		this.#askForMissing(at);
	}

	/** Begins a base room with its newest messages, as many as are wanted and follow each other up to the head. */
	#sow(page: readonly Message[], head: number, at: number): void {
		this.#seed = undefined;
		const known = page.filter(({ sequence }) => sequence <= head).slice(-this.#options.history);
		const kept = known.filter(({ sequence }, index) => sequence === head - (known.length - 1 - index));
		this.#ordering.align({ sequence: head - kept.length, head, old: true }, at);
		for (const message of kept) {
			this.#ordering.accept(message, at);
		}
		this.#confirmed();
	}

	#settle(ids: readonly number[], result: Result): void {
		for (const id of ids) {
			this.#desk.tell({ type: 'settle', id, result });
		}
	}
}

/** Whether the same may succeed later without being changed. */
function isRetryableFailure({ code }: Failure): boolean {
	return code !== 'closed' && code !== 'invalid_argument' && code !== 'unsupported' && isRetryable(code);
}

function placeOf({ epoch, sequence, recovered, head, oldest, gap, rewind }: BrokerFrames['subscribed']) {
	return { epoch, sequence, recovered, head, oldest, gap, rewind };
}
