/**
 * The newest messages of rooms that somebody follows, in memory: a reader that comes back after a moment, or is a little
 * behind, waits for no disk. A page from here is the one that the log on the disk would give at that moment; whoever asks
 * for more than is here gets nothing from here, and has to ask the disk.
 */
import type { Entry, Page, RangeQuery, RoomState } from './engine.ts';
import { RecentLog, type RoomBounds } from './recent-log.ts';

/** How much is kept. */
export interface RecentBounds extends RoomBounds {
	/** Of all rooms: what is over it goes from those that were not written to or asked for longest, all that they have. */
	readonly bytes: number;
}

const recentBounds: RecentBounds = { roomMessages: 2048, roomBytes: 1024 * 1024, bytes: 32 * 1024 * 1024 };

export class RecentLogs {
	readonly #historySize: number;
	readonly #bounds: RecentBounds;
	/** By room. */
	readonly #logs = new Map<string, RecentLog>();
	/** Those that hold something; the one last that was used last. */
	readonly #used = new Set<RecentLog>();
	#bytes = 0;

	/** `historySize` is how many messages of a room are kept at all. */
	constructor(historySize: number, bounds: RecentBounds = recentBounds) {
		this.#historySize = historySize;
		this.#bounds = bounds;
	}

	/** What all that is kept takes of the memory. */
	get bytes(): number {
		return this.#bytes;
	}

	/** What is appended to a room that stands there is kept from here on, unless that was begun before. */
	begin(room: string, state: RoomState): void {
		if (!this.#logs.has(room)) {
			this.#logs.set(room, new RecentLog(state));
		}
	}

	/** Nothing of a room is kept any more. */
	end(room: string): void {
		const log = this.#logs.get(room);
		if (log !== undefined) {
			this.#logs.delete(room);
			this.#change(log, () => log.drop(log.size));
		}
	}

	/** The same of all rooms: nobody knows where they stand. */
	clear(): void {
		this.#logs.clear();
		this.#used.clear();
		this.#bytes = 0;
	}

	/** Where a room stands; `undefined` when nobody knows here. */
	state(room: string): RoomState | undefined {
		const state = this.#logs.get(room)?.state;
		return state && { ...state };
	}

	/** Takes in what was appended to a room, in ascending order. */
	append(room: string, epoch: string, entries: readonly Entry[]): void {
		const log = this.#logs.get(room);
		if (log === undefined) {
			return;
		}
		if (log.state.epoch !== epoch) {
			this.end(room);
			return;
		}
		this.#change(log, () => {
			for (const { message, text } of entries) {
				log.append(message.sequence, text, message.expiresAt);
			}
			log.raise(log.state.head - this.#historySize + 1, 'trimmed');
		});
	}

	/** Takes note that messages below `oldest` were removed from a room. */
	raise(room: string, oldest: number, edge: RoomState['edge']): void {
		const log = this.#logs.get(room);
		if (log !== undefined) {
			this.#change(log, () => log.raise(oldest, edge));
		}
	}

	/** Takes note that texts past their own time were removed, whatever a clock says later that is set back. */
	expire(at: number): void {
		for (const log of this.#used) {
			const before = log.bytes;
			log.expire(at);
			this.#bytes += log.bytes - before;
		}
	}

	/** Takes over what a page from the disk has of the messages before those that are here. */
	learn(room: string, { epoch, entries }: Page): void {
		const log = this.#logs.get(room);
		if (log !== undefined && log.state.epoch === epoch) {
			this.#change(log, () => log.prepend(entries, this.#bounds));
		}
	}

	/** The page that is asked for at that time, in ms since 1970; `undefined` when not all of it is here. */
	page(room: string, query: RangeQuery, at: number): Page | undefined {
		const log = this.#logs.get(room);
		const page = log?.page(query, at);
		if (log !== undefined && page !== undefined) {
			this.#use(log);
		}
		return page;
	}

	/** Does something to a log, and sees to the bounds. */
	#change(log: RecentLog, change: () => void): void {
		const before = log.bytes;
		change();
		log.fit(this.#bounds);
		this.#bytes += log.bytes - before;
		this.#use(log);
		for (const idle of this.#used) {
			if (this.#bytes <= this.#bounds.bytes) {
				break;
			}
			this.#bytes -= idle.bytes;
			idle.drop(idle.size);
			this.#used.delete(idle);
		}
	}

	#use(log: RecentLog): void {
		this.#used.delete(log);
		if (log.size > 0) {
			this.#used.add(log);
		}
	}
}
