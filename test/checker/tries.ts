/**
 * What a broker answers to each try of a publish. An answer has to be true when it is written: `published` names what the
 * log holds and whether that try put it there, and nothing that was refused with `not_applied` is stored by that try.
 */
import { type ErrorCode, isRetryable } from '../../src/protocol/limits.ts';
import type { Ledger } from './ledger.ts';
import type { Entry, Seen } from './observation.ts';
import type { Report } from './violation.ts';

/** One `publish` frame as a broker read it. */
interface Try {
	readonly connection: string;
	readonly ref: unknown;
	readonly room: string;
	readonly cid: string;
	readonly content: unknown;
	/** When it was read, among all that was observed. */
	readonly order: number;
}

interface Commit {
	readonly entry: Entry;
	readonly epoch: string;
	readonly order: number;
	/** The tries that may have put it there. */
	readonly candidates: Set<Try>;
	/** A try was told that it was the one. */
	isTaken: boolean;
}

/** All of one user's publishes with one cid in a room. */
interface Publish {
	/** Tries that may be stored yet: without an answer, or with one that leaves it open. */
	readonly open: Set<Try>;
	readonly commits: Commit[];
	/** How many tries of this run of the broker were refused as not applied. */
	refused: number;
}

export interface TriesOptions {
	/** How long a log remembers ids, in ms. */
	readonly dedupeMs: number;
}

/** On which connection something was answered, and when. */
interface Answer {
	readonly connection: string;
	readonly elapsed: number | undefined;
}

type Published = Extract<Seen<'wrote'>['frame'], { type: 'published' }>;
type Refused = Extract<Seen<'wrote'>['frame'], { type: 'error' }>;

export class Tries {
	readonly #report: Report;
	readonly #ledger: Ledger;
	readonly #options: TriesOptions;
	readonly #publishes = new Map<string, Publish>();
	/** By connection: those without an answer, in the order in which they were read. */
	readonly #unanswered = new Map<string, Try[]>();
	#order = 0;
	/** Somebody tells what the broker reads. */
	#isTold = false;

	constructor(ledger: Ledger, options: TriesOptions, report: Report) {
		this.#ledger = ledger;
		this.#options = options;
		this.#report = report;
	}

	/** The broker read a frame of a user. */
	heard({ connection, frame }: Seen<'heard'>, user: string | undefined): void {
		this.#isTold = true;
		const { type, ref, room, cid, content } = frame;
		if (type !== 'publish' || user === undefined || typeof room !== 'string' || typeof cid !== 'string') {
			return;
		}
		this.#order += 1;
		const one: Try = { connection, ref, room, cid, content, order: this.#order };
		this.#publish(user, room, cid).open.add(one);
		const unanswered = this.#unanswered.get(connection) ?? [];
		unanswered.push(one);
		this.#unanswered.set(connection, unanswered);
	}

	/** The broker answered. */
	wrote(
		{ connection, elapsed }: Seen<'wrote'>,
		user: string,
		frame: Published | Refused,
		inbox: string | undefined,
	): void {
		if (!this.#isTold) {
			return;
		}
		this.#order += 1;
		if (frame.type === 'published') {
			this.#published(connection, user, frame, inbox);
		} else if (frame.cid !== undefined) {
			this.#refused({ connection, elapsed }, user, frame);
		}
	}

	/** Entries are about to be noted as committed. */
	committed({ room, epoch, entries }: Seen<'committed'>): void {
		for (const entry of entries) {
			const { sender, cid, sequence } = entry;
			if (!this.#isTold || cid === undefined || this.#ledger.find(room, epoch, sequence) !== undefined) {
				continue;
			}
			this.#order += 1;
			const publish = this.#publish(sender, room, cid);
			if (publish.open.size === 0 && publish.refused > 0) {
				this.#report(
					'I9',
					`${cid} of ${sender} is ${room} #${sequence}, but each try of it was refused as not applied`,
				);
			}
			const candidates = new Set(publish.open);
			publish.commits.push({ entry, epoch, order: this.#order, candidates, isTaken: false });
		}
	}

	/** A connection is gone: its tries may be stored all the same. */
	disconnected(connection: string): void {
		this.#unanswered.delete(connection);
	}

	/** A broker began to run: what was not stored by then never will be. */
	started(): void {
		this.#unanswered.clear();
		for (const publish of this.#publishes.values()) {
			publish.open.clear();
			publish.refused = 0;
		}
	}

	#published(connection: string, user: string, frame: Published, inbox: string | undefined): void {
		const { cid, room: said, epoch, sequence, duplicate, id, timestamp } = frame;
		// A direct message has its place in the inbox of its sender, and none that a guest may know.
		const isDirect = said.startsWith('@');
		const room = isDirect ? (inbox ?? said) : said;
		const one = this.#answered(connection, frame, duplicate ? 'last' : 'first');
		const what = `${connection}: published says that ${cid} of ${user} is ${room} #${sequence} of ${epoch}`;
		if (one === undefined) {
			this.#report('I6', `${what}, but no such publish was waiting for an answer`);
			return;
		}
		const publish = this.#publish(user, said, cid);
		publish.open.delete(one);
		if (isDirect && !this.#ledger.holds(said, cid)) {
			this.#report('I6', `${what}, and it is not in ${said}`);
		}
		if (isDirect && inbox === undefined) {
			if (sequence !== 0 || epoch !== 'hidden') {
				this.#report('I7', `${what}, which only its reader may know`);
			}
			return;
		}
		const entry = this.#ledger.find(room, epoch, sequence);
		if (entry === undefined || epoch !== this.#ledger.epoch(room)) {
			this.#report('I6', `${what}, which is not durable; the room is in ${this.#ledger.epoch(room)}`);
			return;
		}
		const isSame = entry.id === id && (entry.timestamp ?? timestamp) === timestamp;
		if (entry.cid !== cid || entry.sender !== user || !isSame) {
			this.#report('I6', `${what} with id ${id} at ${timestamp}, but there is ${JSON.stringify(entry)}`);
			return;
		}
		const commit = publish.commits.find((known) => known.entry === entry);
		if (commit === undefined) {
			return;
		}
		if (duplicate) {
			commit.candidates.delete(one);
			if (commit.candidates.size === 0 && !commit.isTaken && one.order < commit.order) {
				this.#report('I5', `${what} as a duplicate, but no other try can have put it there`);
			}
		} else {
			if (one.order > commit.order || commit.isTaken) {
				this.#report('I5', `${what} and no duplicate, but another try had put it there`);
			}
			commit.isTaken = true;
		}
	}

	#refused({ connection, elapsed }: Answer, user: string, frame: Refused): void {
		const { cid = '', room = '', code, outcome } = frame;
		const one = this.#answered(connection, frame, 'last');
		if (one === undefined || outcome !== 'not_applied') {
			return;
		}
		const publish = this.#publish(user, room, cid);
		publish.open.delete(one);
		publish.refused += 1;
		for (const { entry, candidates } of publish.commits) {
			if (candidates.delete(one) && candidates.size === 0) {
				this.#report(
					'I9',
					`${connection}: ${cid} of ${user} was refused (${code}) as not applied, but that try is ${room} #${entry.sequence}`,
				);
			}
		}
		const known = publish.commits.findLast((commit) => this.#isKnown(commit, one, elapsed));
		if (known !== undefined && !mayBeSaidOfKnown(code, known.entry.content !== one.content)) {
			this.#report(
				'I9',
				`${connection}: ${cid} of ${user} was refused (${code}) as not applied, but it is ${room} #${known.entry.sequence}`,
			);
		}
	}

	/** The room as it is now had this message before a try was read, and has to know its id still. */
	#isKnown({ entry, order }: Commit, one: Try, elapsed: number | undefined): boolean {
		const epoch = this.#ledger.epoch(one.room);
		const isThere = epoch !== undefined && this.#ledger.find(one.room, epoch, entry.sequence) === entry;
		const ageMs = (elapsed ?? Number.POSITIVE_INFINITY) - (entry.elapsed ?? 0);
		return isThere && order < one.order && ageMs < this.#options.dedupeMs;
	}

	/** Takes the try that a frame answers. Of several that cannot be told apart it is the first or the last. */
	#answered(connection: string, frame: Published | Refused, which: 'first' | 'last'): Try | undefined {
		const unanswered = this.#unanswered.get(connection) ?? [];
		const isMeant = ({ ref, room, cid }: Try) => ref === frame.ref && room === frame.room && cid === frame.cid;
		const index = which === 'first' ? unanswered.findIndex(isMeant) : unanswered.findLastIndex(isMeant);
		return index === -1 ? undefined : unanswered.splice(index, 1)[0];
	}

	#publish(user: string, room: string, cid: string): Publish {
		const key = JSON.stringify([user, room, cid]);
		const known = this.#publishes.get(key);
		if (known !== undefined) {
			return known;
		}
		const publish: Publish = { open: new Set(), commits: [], refused: 0 };
		this.#publishes.set(key, publish);
		return publish;
	}
}

/** With which codes a repeat of what is stored may be refused: those that say nothing of the message, but of this moment. */
function mayBeSaidOfKnown(code: ErrorCode | undefined, isOtherContent: boolean): boolean {
	switch (code) {
		case 'duplicate_conflict':
			return isOtherContent;
		// A known id is looked for before the number of its producer is.
		case 'out_of_order':
			return false;
		default:
			return code !== undefined && (isRetryable(code) || isOtherContent);
	}
}
