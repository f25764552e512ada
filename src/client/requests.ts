/** Questions to the broker that wait for their answers: pages of history, members, rooms. */
import type { BrokerFrames } from '../protocol/frames.ts';
import { cleanLine } from '../protocol/text.ts';
import type { FoundPage, HistoryPage, HistoryQuery, Member, RoomInfo, SearchQuery } from './client.ts';
import { safeMembers, safeMessages, safeRestrictions, safeRooms } from './incoming.ts';
import type { Desk, Failure, Request } from './step.ts';

interface Pending {
	readonly id: number;
	readonly request: Request;
	readonly deadline: number;
	/** The `ref` under which it was last asked on the present link. */
	ref: string | undefined;
	/** What came on earlier pages. */
	readonly rooms: RoomInfo[];
}

/** Questions that may wait at once. */
const maxPending = 1000;
const maxListedRooms = 500;
const defaultHistory = 100;

export class Requests {
	readonly #desk: Desk;
	readonly #requestMs: number;
	readonly #seen: (room: string) => readonly Member[];
	/** The broker on the present link does not know what a search is: being asked again would count against this client. */
	#cannotSearch = false;
	/** In the order they were asked, and so of their deadlines. */
	readonly #pending = new Set<Pending>();

	/** `seen` tells who is known to be in a room: all there is to say on a base broker. */
	constructor(desk: Desk, requestMs: number, seen: (room: string) => readonly Member[]) {
		this.#desk = desk;
		this.#requestMs = requestMs;
		this.#seen = seen;
	}

	/** When the first of those was asked that wait for their answers. */
	get owedSince(): number | undefined {
		const [first] = this.#pending;
		return first && first.deadline - this.#requestMs;
	}

	get wakeAt(): number | undefined {
		const [first] = this.#pending;
		return first?.deadline;
	}

	add(id: number, request: Request, at: number): void {
		if (this.#pending.size >= maxPending) {
			this.#fail(id, { code: 'limit_exceeded', text: `Expected at most ${maxPending} requests at once` });
			return;
		}
		const pending: Pending = { id, request, deadline: at + this.#requestMs, ref: undefined, rooms: [] };
		this.#pending.add(pending);
		if (this.#desk.protocol !== undefined) {
			this.#ask(pending);
		}
	}

	online(): void {
		this.#cannotSearch = false;
		for (const pending of this.#pending) {
			if (pending.request.kind === 'admin' && pending.ref !== undefined) {
				this.#refuse(pending, unanswered);
			} else {
				this.#ask(pending);
			}
		}
	}

	/** That the broker is a base broker was a guess, and is certain now. */
	proved(): void {
		for (const pending of this.#pending) {
			if (pending.request.kind !== 'history') {
				this.#ask(pending);
			}
		}
	}

	tick(at: number): void {
		for (const pending of this.#pending) {
			if (at < pending.deadline) {
				break;
			}
			this.#refuse(pending, {
				code: 'timeout',
				text: `Expected an answer within ${this.#requestMs} ms, got none`,
			});
		}
	}

	close(failure: Failure): void {
		for (const pending of this.#pending) {
			this.#refuse(pending, failure);
		}
	}

	/** An error came. False when it answers none of these. */
	failed(ref: string | undefined, failure: Failure): boolean {
		const pending = ref === undefined ? undefined : this.#find(ref);
		if (pending?.request.kind === 'search' && failure.code === 'unknown_type') {
			this.#cannotSearch = true;
			this.#refuse(pending, tooOld);
		} else if (pending !== undefined) {
			this.#refuse(pending, failure);
		}
		return pending !== undefined;
	}

	history(frame: BrokerFrames['history']): void {
		for (const pending of this.#pending) {
			const { request } = pending;
			// A base broker repeats no `ref`, and gives all who ask about a room the same page.
			const isAnswer = frame.ref === undefined ? this.#desk.protocol === 'base' : pending.ref === frame.ref;
			if (isAnswer && request.kind === 'history' && request.room === frame.room) {
				this.#answer(pending, pageOf(frame, request.query));
			}
		}
	}

	found(frame: BrokerFrames['found']): void {
		const pending = this.#find(frame.ref);
		if (pending?.request.kind === 'search' && pending.request.room === frame.room) {
			this.#answer(pending, foundPageOf(frame, pending.request.query));
		}
	}

	/** `known`: who is there by everything that was told, if that is more than the frame. */
	members(frame: BrokerFrames['members'], known: readonly Member[] | undefined): void {
		const pending = this.#find(frame.ref);
		if (pending?.request.kind === 'members') {
			this.#answer(pending, known ?? safeMembers(frame.members));
		}
	}

	rooms(frame: BrokerFrames['rooms']): void {
		const pending = this.#find(frame.ref);
		if (pending?.request.kind !== 'rooms') {
			return;
		}
		const { rooms, request } = pending;
		rooms.push(...safeRooms(frame.rooms).slice(0, maxListedRooms - rooms.length));
		if (frame.cursor !== undefined && frame.rooms.length > 0 && rooms.length < maxListedRooms) {
			this.#askRooms(pending, request.prefix, frame.cursor.slice(0, 256));
		} else {
			this.#answer(pending, rooms);
		}
	}

	token({ ref, token, revoked = 0 }: BrokerFrames['token']): void {
		const pending = this.#find(ref);
		if (pending?.request.kind === 'token') {
			this.#answer(pending, pending.request.revoke ? revoked : cleanLine(token ?? '', 128));
		}
	}

	restrictions(frame: BrokerFrames['restrictions']): void {
		const pending = this.#find(frame.ref);
		if (pending?.request.kind === 'admin') {
			this.#answer(pending, safeRestrictions(frame.restrictions));
		}
	}

	/** What was ordered is done. */
	done(ref: string | undefined): void {
		const pending = this.#find(ref);
		if (pending?.request.kind === 'admin') {
			this.#answer(pending, undefined);
		}
	}

	#find(ref: string | undefined): Pending | undefined {
		if (ref !== undefined) {
			for (const pending of this.#pending) {
				if (pending.ref === ref) {
					return pending;
				}
			}
		}
		return undefined;
	}

	#ask(pending: Pending): void {
		const { request } = pending;
		const { isGuess } = this.#desk;
		const isBase = this.#desk.protocol === 'base';
		pending.rooms.length = 0;
		switch (request.kind) {
			case 'history': {
				const { room, query } = request;
				pending.ref = this.#desk.nextRef();
				this.#desk.send(
					isBase
						? { type: 'get_history', room }
						: { type: 'get_history', room, ref: pending.ref, limit: defaultHistory, order: 'desc', ...query },
				);
				break;
			}
			case 'search':
				if (isBase && !isGuess) {
					this.#refuse(pending, unsupported);
				} else if (this.#cannotSearch) {
					this.#refuse(pending, tooOld);
				} else if (!isBase) {
					const { room, text, query } = request;
					pending.ref = this.#desk.nextRef();
					this.#desk.send({ type: 'search', room, text, ref: pending.ref, ...query });
				}
				break;
			case 'members':
				if (isGuess) {
					// Who is there is answered when it is known who has to be asked: any base broker answers this.
					this.#desk.send({ type: 'get_history', room: request.room });
					return;
				}
				if (isBase) {
					this.#answer(pending, this.#seen(request.room));
					return;
				}
				pending.ref = this.#desk.nextRef();
				this.#desk.send({ type: 'members', room: request.room, ref: pending.ref });
				break;
			case 'admin':
				if (isGuess) {
					// A broker that says welcome later would have refused it for being early, and it is asked only once.
					return;
				}
				if (isBase) {
					this.#refuse(pending, unsupported);
					return;
				}
				pending.ref = this.#desk.nextRef();
				this.#desk.send({ type: 'admin', ref: pending.ref, ...request.order });
				break;
			case 'rooms':
				if (isBase && !isGuess) {
					this.#refuse(pending, unsupported);
					return;
				}
				this.#askRooms(pending, request.prefix);
				break;
			case 'token':
				if (isBase && !isGuess) {
					this.#refuse(pending, unsupported);
				} else if (!isBase) {
					pending.ref = this.#desk.nextRef();
					this.#desk.send({ type: 'token', ref: pending.ref, ...(request.revoke && { revoke: true }) });
				}
				break;
		}
	}

	#askRooms(pending: Pending, prefix: string | undefined, cursor?: string): void {
		pending.ref = this.#desk.nextRef();
		this.#desk.send({
			type: 'rooms',
			ref: pending.ref,
			...(prefix !== undefined && prefix !== '' && { prefix }),
			...(cursor !== undefined && { cursor }),
		});
	}

	#answer(pending: Pending, value: unknown): void {
		this.#pending.delete(pending);
		this.#desk.tell({ type: 'settle', id: pending.id, result: { ok: true, value } });
	}

	#refuse(pending: Pending, failure: Failure): void {
		this.#pending.delete(pending);
		this.#fail(pending.id, failure);
	}

	#fail(id: number, failure: Failure): void {
		this.#desk.tell({ type: 'settle', id, result: { ok: false, failure } });
	}
}

const unanswered: Failure = {
	code: 'unavailable',
	text: 'The link was lost before the broker answered: it may have been done',
	outcome: 'unknown',
};

/** What only a v1 broker can do. */
export const unsupported: Failure = {
	code: 'unsupported',
	text: 'This broker speaks only the base protocol, which cannot do that',
	outcome: 'not_applied',
};

const tooOld: Failure = {
	code: 'unsupported',
	text: 'This broker is older than searching, and cannot do that',
	outcome: 'not_applied',
};

/** A broker's page of what it found. One that would not bring the search on is the last. */
function foundPageOf(frame: BrokerFrames['found'], { before = Infinity }: SearchQuery): FoundPage {
	const { room, epoch, from, complete } = frame;
	const messages = safeMessages(frame.messages, room).filter(({ sequence }) => sequence < before);
	return { room, epoch, messages: messages.toReversed(), from, complete: complete || from >= before };
}

/** A broker's page as the answer to what was asked; a base broker's has to be cut to it first. */
function pageOf(frame: BrokerFrames['history'], query: HistoryQuery): HistoryPage {
	const { room, epoch, head, oldest, gaps } = frame;
	const { after = 0, before = Infinity, limit = defaultHistory, order = 'desc' } = query;
	const all = safeMessages(frame.messages, room);
	const asked = all.filter(({ sequence }) => sequence > after && sequence < before);
	const messages = order === 'asc' ? asked.slice(0, limit) : asked.slice(-limit);
	const reachesDown = (all[0]?.sequence ?? 1) <= after + 1;
	return {
		room,
		messages,
		...(epoch !== undefined && { epoch }),
		...(head !== undefined && { head }),
		...(oldest !== undefined && { oldest }),
		...(gaps !== undefined && { gaps: gaps.map(({ from, to, reason }) => ({ from, to, reason })) }),
		complete: frame.complete ?? (reachesDown && messages.length === asked.length),
	};
}
