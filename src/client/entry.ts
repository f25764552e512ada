/**
 * Getting into a room, and back to where its reader stands: the `subscribe` that is under way, and where to begin by its
 * answer.
 */
import type { Filter } from '../protocol/filter.ts';
import type { BrokerFrames, FromClient, Position } from '../protocol/frames.ts';
import { isInbox } from '../protocol/names.ts';
import type { Alignment, Ordering } from './ordering.ts';
import { retryAt } from './retry.ts';
import type { Desk, Failure } from './step.ts';

export interface EntryOptions {
	readonly room: string;
	/** How many messages from before the join are wanted. */
	readonly history: number;
	/** Instead of `history`: everything after this number is wanted. */
	readonly after: number | undefined;
	/** Where an earlier run stood: everything after it is wanted, and `history` messages before it as context. */
	readonly from: Position | undefined;
	readonly requestMs: number;
}

/** A `subscribe` that waits for its answer. */
interface Asked {
	readonly frame: Extract<FromClient, { type: 'subscribe' }>;
	readonly purpose: 'join' | 'repair';
	deadline: number;
	/** How often it was sent on this link: a broker that was only slow answers each of them. */
	tries: number;
}

type Place = Omit<Alignment, 'old' | 'awayMs'>;

/** How many messages of a new epoch are wanted: all of them are new to this client. */
const renewedHistory = 500;

export class Entry {
	readonly #desk: Desk;
	readonly #ordering: Ordering;
	readonly #options: EntryOptions;
	#asked: Asked | undefined;
	#retryAt: number | undefined;
	/** The last one answered, and how many answers to it may still come. */
	#late: { readonly ref: string; count: number } | undefined;
	/** What became of the position, when the room is asked for once more: the next answer is about another one. */
	#verdict: Pick<Alignment, 'recovered'> = {};

	/** What the broker is to leave out, in every `subscribe`. */
	filter: Filter | undefined;

	constructor(desk: Desk, ordering: Ordering, options: EntryOptions) {
		this.#desk = desk;
		this.#ordering = ordering;
		this.#options = options;
	}

	get wakeAt(): number | undefined {
		return this.#asked?.purpose === 'join' ? this.#asked.deadline : this.#retryAt;
	}

	/** Asks for the room where its reader stands, or where a new one is to begin. */
	join(at: number): void {
		const { begun, epoch, reached } = this.#ordering;
		const since = begun ? epoch && { epoch, sequence: reached } : this.#options.from;
		this.#verdict = {};
		if (since) {
			this.#ask({ since, history: renewedHistory }, 'join', at);
		} else {
			this.#ask({ history: this.#unepochedFrom === undefined ? this.#options.history : 0 }, 'join', at);
		}
	}

	/** Asks for what comes after the position to be sent again. */
	repair(since: Position, at: number): void {
		this.#ask({ since }, 'repair', at);
	}

	/** The link is gone, or the room is not wanted any more. */
	cancel(): void {
		this.#asked = undefined;
		this.#retryAt = undefined;
		this.#late = undefined;
		this.#verdict = {};
	}

	/** Where the reader stands by an answer, which may be the last of two. */
	placeOf({ epoch, sequence, recovered, head, oldest, gap, rewind }: BrokerFrames['subscribed']): Place {
		return { epoch, sequence, recovered, head, oldest, gap, rewind, ...this.#verdict };
	}

	tick(at: number): void {
		if (this.#asked?.purpose === 'join' && at >= this.#asked.deadline) {
			this.#asked.deadline = at + this.#options.requestMs;
			this.#asked.tries += 1;
			this.#desk.send(this.#asked.frame);
		}
		if (this.#retryAt !== undefined && at >= this.#retryAt) {
			this.#retryAt = undefined;
			this.join(at);
		}
	}

	/** What a `subscribed` answers: nothing that was asked, what was answered before, a repair, or a join. */
	answered(frame: BrokerFrames['subscribed'], at: number): 'nothing' | 'again' | 'repair' | 'join' | 'asked again' {
		const asked = this.#asked;
		const isBase = this.#desk.protocol === 'base';
		if (asked === undefined || (!isBase && frame.ref !== asked.frame.ref)) {
			return this.#isLate(frame.ref) ? 'again' : 'nothing';
		}
		this.#asked = undefined;
		this.#late = asked.frame.ref === undefined ? undefined : { ref: asked.frame.ref, count: asked.tries - 1 };
		if (asked.purpose === 'repair') {
			return 'repair';
		}
		if (isBase) {
			return 'join';
		}
		const better = this.#betterStart(asked.frame, frame);
		if (better !== undefined) {
			this.#verdict = asked.frame.since === undefined ? {} : { recovered: frame.recovered };
			this.#ask({ since: better }, 'join', at);
			return 'asked again';
		}
		if (!this.#ordering.begun) {
			this.#begin(asked.frame.since, frame);
		}
		return 'join';
	}

	/** What an error answers. `refused`: for good. */
	failed(ref: string, failure: Failure, at: number): 'nothing' | 'repair' | 'later' | 'refused' {
		const asked = this.#asked;
		if (ref !== asked?.frame.ref) {
			return 'nothing';
		}
		this.#asked = undefined;
		if (asked.purpose === 'repair') {
			return 'repair';
		}
		if (failure.code === 'position_invalid' && asked.frame.since !== undefined) {
			this.#ask({ history: renewedHistory }, 'join', at);
			return 'later';
		}
		this.#retryAt = retryAt(failure, at);
		return this.#retryAt === undefined ? 'refused' : 'later';
	}

	#ask(place: Pick<Asked['frame'], 'since' | 'history'>, purpose: Asked['purpose'], at: number): void {
		const who = { type: 'subscribe', room: this.#options.room, userId: this.#desk.nick } as const;
		const alone = isInbox(who.room) ? ({ presence: 'off' } as const) : {};
		const frame =
			this.#desk.protocol === 'base'
				? who
				: {
						...{ ...who, ref: this.#desk.nextRef(), ...place, ...alone },
						...(this.filter !== undefined && { filter: this.filter }),
					};
		this.#asked = { frame, purpose, deadline: at + this.#options.requestMs, tries: 1 };
		this.#desk.send(frame);
	}

	#isLate(ref: string | undefined): boolean {
		const late = this.#late;
		if (late === undefined || late.count === 0 || ref !== late.ref) {
			return false;
		}
		late.count -= 1;
		return true;
	}

	/** Where to begin instead, when the answer tells of a place that could not be named before. */
	#betterStart(
		{ since, history }: Asked['frame'],
		{ epoch, sequence, head = sequence, oldest, recovered = 'none' }: BrokerFrames['subscribed'],
	): Position | undefined {
		if (epoch === undefined) {
			return undefined;
		}
		if (since === undefined) {
			const start = Math.min(this.#unepochedFrom ?? sequence, head);
			return start === sequence ? undefined : { epoch, sequence: start };
		}
		// The numbers started over, and when more is kept than came with the answer, all of it was missed.
		const isNew = history !== undefined && recovered === 'none' && epoch !== since.epoch;
		return isNew && oldest !== undefined && oldest <= sequence ? { epoch, sequence: oldest - 1 } : undefined;
	}

	/** After which number this client wants to go on, while it does not know in which epoch that is. */
	get #unepochedFrom(): number | undefined {
		if (this.#ordering.begun) {
			return this.#ordering.epoch === undefined ? this.#ordering.position : undefined;
		}
		return this.#options.after;
	}

	/**
	 * Begins where an earlier run stood, or where that is now, less the wanted history. What is not kept any more of the
	 * history is no loss; the rest of it has to be asked for.
	 */
	#begin(since: Position | undefined, { oldest = 1, rewind }: BrokerFrames['subscribed']): void {
		const { from, history } = this.#options;
		if (from !== undefined) {
			const to = rewind?.to ?? from.sequence;
			const start = Math.max(0, to - history, Math.min(oldest - 1, to));
			this.#ordering.begin(from.epoch, start, from.sequence);
		} else if (since !== undefined) {
			this.#ordering.begin(since.epoch, since.sequence);
		}
	}
}
