import { randomBytes } from 'node:crypto';
import type { Position } from '../protocol/frames.ts';
import {
	type AppendOutcome,
	type Cursor,
	cursorDevices,
	cursorTtlMs,
	type Draft,
	type Engine,
	EngineError,
	type Entry,
	type Following,
	type FollowListener,
	type Located,
	type MemberEntry,
	type MemberListener,
	type Page,
	type RangeQuery,
	type RecordChange,
	type RecordGuard,
	type RecordListener,
	type Retention,
	type RoomState,
	type RoomsPage,
	type RoomsQuery,
	type SearchPage,
	type SearchQuery,
} from './engine.ts';
import { Few } from './few.ts';
import { Followers } from './followers.ts';
import { located } from './located.ts';
import { Members } from './members.ts';
import { MemoryRoom } from './memory-room.ts';
import { RecordFollowers } from './record-followers.ts';
import { Records } from './records.ts';
import { checkRetention, misuse, misusedGuards, misusedKind, misusedRecords } from './retention.ts';

export interface MemoryEngineOptions extends Retention {
	/** The clock, in ms since 1970. @default Date.now */
	readonly now?: () => number;
	/** A time in ms that never steps: ids are known for a day of it. @default performance.now */
	readonly elapsed?: () => number;
}

type SavedCursor = Cursor & { readonly timestamp: number };

/** An engine whose rooms live as long as the process: for tests and throw-away rooms. Throws for a bad option. */
export function memoryEngine(options: MemoryEngineOptions = {}): Engine {
	return new MemoryEngine(
		checkRetention(options),
		options.now ?? Date.now,
		options.elapsed ?? (() => performance.now()),
	);
}

/**
 * Calls made in one turn of the event loop are carried out together in the next, like a database's group commit: writes
 * in the order they were made, then reads. Writers hear of it first, then followers, then readers.
 */
class MemoryEngine implements Engine {
	readonly durability = 'memory';
	readonly #epoch = randomBytes(9).toString('base64url');
	readonly #retention: Required<Retention>;
	readonly #now: () => number;
	readonly #elapsed: () => number;
	readonly #rooms = new Map<string, MemoryRoom>();
	/** By user and room, and then by device in the order in which they were saved. */
	readonly #cursors = new Map<string, Few<string, SavedCursor>>();
	readonly #followers = new Followers();
	readonly #members = new Members();
	readonly #records = new Records();
	readonly #recordFollowers = new RecordFollowers();
	#writes: (() => void)[] = [];
	#reads: (() => () => void)[] = [];
	#committed = new Map<string, Entry[]>();
	#scheduled = false;
	/** Ends with the searches that were asked for so far: one at a time. */
	#searching: Promise<void> = Promise.resolve();
	#closing: Promise<void> | undefined;

	constructor(retention: Required<Retention>, now: () => number, elapsed: () => number) {
		this.#retention = retention;
		this.#now = now;
		this.#elapsed = elapsed;
	}

	append(room: string, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
		return this.#write(misuse(room, drafts), () => drafts.map((draft) => this.#append(room, draft)));
	}

	follow(room: string, listener: FollowListener): Promise<Following> {
		return this.#read(misuse(room), () => this.#followers.add(room, this.#state(room), listener));
	}

	range(room: string, query: RangeQuery): Promise<Page> {
		return this.#read(misuse(room), () => {
			const page = this.#rooms.get(room)?.page(query, this.#now()) ?? { entries: [], complete: true, gone: [] };
			return { ...this.#state(room), ...page };
		});
	}

	async search(room: string, query: SearchQuery): Promise<SearchPage> {
		await this.#read(misuse(room), () => undefined);
		const page = this.#searching.then(() => this.#search(room, query));
		this.#searching = page.then(ignore, ignore);
		return page;
	}

	state(room: string): Promise<RoomState> {
		return this.#read(misuse(room), () => this.#state(room));
	}

	locate(room: string, position: Position): Promise<Located> {
		return this.#read(misuse(room), () => located(this.#state(room), position));
	}

	rooms({ prefix = '', after, limit }: RoomsQuery): Promise<RoomsPage> {
		return this.#read(undefined, () => {
			const names = [...this.#rooms]
				.filter(([room]) => room.startsWith(prefix) && (after === undefined || byCodePoint(room, after) > 0))
				.sort(([one], [other]) => byCodePoint(one, other));
			return {
				rooms: names.slice(0, limit).map(([room, { head, lastActivity }]) => ({ room, head, lastActivity })),
				more: names.length > limit,
			};
		});
	}

	clear(room: string, provided: readonly RecordGuard[] = []): Promise<RoomState | undefined> {
		return this.#write(misuse(room) ?? misusedGuards(provided), () => {
			if (!this.#records.isAsExpected(provided)) {
				return undefined;
			}
			this.#rooms.get(room)?.clear();
			return this.#state(room);
		});
	}

	sweep(): Promise<void> {
		return this.#write(undefined, () => {
			const [now, elapsed] = [this.#now(), this.#elapsed()];
			for (const room of this.#rooms.values()) {
				room.sweep(now, elapsed);
			}
			for (const [key, devices] of this.#cursors) {
				for (const { device, timestamp } of devices.values()) {
					if (timestamp <= now - cursorTtlMs) {
						devices.delete(device);
					}
				}
				if (devices.size === 0) {
					this.#cursors.delete(key);
				}
			}
		});
	}

	saveCursors(cursors: readonly Cursor[]): Promise<void> {
		return this.#write(undefined, () => {
			for (const cursor of cursors) {
				const key = cursorsKey(cursor.user, cursor.room);
				const devices = this.#cursors.get(key) ?? new Few<string, SavedCursor>();
				this.#cursors.set(key, devices);
				const stored = devices.get(cursor.device);
				const furthest = stored?.epoch === cursor.epoch ? Math.max(stored.sequence, cursor.sequence) : cursor.sequence;
				devices.delete(cursor.device);
				devices.set(cursor.device, { ...cursor, sequence: furthest, timestamp: this.#now() });
				if (devices.size > cursorDevices) {
					const [longest] = devices.values();
					devices.delete((longest as SavedCursor).device);
				}
			}
		});
	}

	cursors(user: string, room: string): Promise<readonly Cursor[]> {
		return this.#read(undefined, () =>
			[...(this.#cursors.get(cursorsKey(user, room))?.values() ?? [])].map(({ timestamp: _, ...cursor }) => cursor),
		);
	}

	putRecords(changes: readonly RecordChange[]): Promise<boolean> {
		return this.#write(misusedRecords(changes), () => {
			const isAsExpected = this.#records.isAsExpected(changes);
			if (isAsExpected) {
				this.#records.apply(changes);
				this.#recordFollowers.tell(changes);
			}
			return isAsExpected;
		});
	}

	records(kind: string): Promise<ReadonlyMap<string, string>> {
		return this.#read(misusedKind(kind), () => this.#records.list(kind));
	}

	followRecords(listener: RecordListener): Promise<() => void> {
		return this.#atOnce(() => this.#recordFollowers.add(listener));
	}

	setMember(room: string, userId: string, entry: MemberEntry | null): Promise<void> {
		return this.#atOnce(() => this.#members.set(room, userId, entry));
	}

	members(room: string): Promise<ReadonlyMap<string, readonly MemberEntry[]>> {
		return this.#atOnce(() => this.#members.get(room));
	}

	followMembers(room: string, listener: MemberListener): Promise<() => void> {
		return this.#atOnce(() => this.#members.follow(room, listener));
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	close(): Promise<void> {
		this.#closing ??= this.#read(undefined, () => undefined)
			.then(() => this.#searching)
			.then(() => {
				this.#followers.clear();
				this.#members.clear();
				this.#rooms.clear();
				this.#cursors.clear();
				this.#records.clear();
				this.#recordFollowers.clear();
			});
		return this.#closing;
	}

	#append(room: string, draft: Draft): AppendOutcome {
		const log = this.#rooms.get(room) ?? new MemoryRoom(room, this.#retention);
		const now = this.#now();
		const restriction = this.#records.restriction(room, draft.author, now);
		const { outcome, entry } = log.append(draft, this.#epoch, now, this.#elapsed(), restriction);
		if (entry !== undefined) {
			this.#rooms.set(room, log);
			const entries = this.#committed.get(room) ?? [];
			entries.push(entry);
			this.#committed.set(room, entries);
		}
		return outcome;
	}

	/** Others have their turns while it looks. */
	async #search(room: string, query: SearchQuery): Promise<SearchPage> {
		const steps = this.#rooms.get(room)?.search(query, this.#now());
		let step = steps?.next();
		while (step?.done === false) {
			await new Promise((resolve) => setImmediate(resolve));
			step = steps?.next();
		}
		return { ...this.#state(room), ...(step?.value ?? { entries: [], from: 1, complete: true }) };
	}

	#state(room: string): RoomState {
		const { head = 0, oldest = 1, edge = 'trimmed' } = this.#rooms.get(room) ?? {};
		return { epoch: this.#epoch, head, oldest, edge };
	}

	#write<Result>(wrong: TypeError | undefined, work: () => Result): Promise<Result> {
		const refusal = this.#refusal(wrong);
		if (refusal !== undefined) {
			return Promise.reject(refusal);
		}
		this.#schedule();
		return new Promise((resolve) => this.#writes.push(() => resolve(work())));
	}

	#read<Result>(wrong: TypeError | undefined, work: () => Result): Promise<Result> {
		const refusal = this.#refusal(wrong);
		if (refusal !== undefined) {
			return Promise.reject(refusal);
		}
		this.#schedule();
		return new Promise((resolve) =>
			this.#reads.push(() => {
				const result = work();
				return () => resolve(result);
			}),
		);
	}

	#atOnce<Result>(work: () => Result): Promise<Result> {
		const refusal = this.#refusal(undefined);
		return refusal === undefined ? Promise.resolve(work()) : Promise.reject(refusal);
	}

	#refusal(wrong: TypeError | undefined): Error | undefined {
		return this.#closing === undefined
			? wrong
			: new EngineError('unavailable', 'The engine is closed', { outcome: 'not_applied' });
	}

	#schedule(): void {
		if (!this.#scheduled) {
			this.#scheduled = true;
			setImmediate(() => this.#commit());
		}
	}

	#commit(): void {
		const writes = this.#writes;
		const reads = this.#reads;
		this.#writes = [];
		this.#reads = [];
		this.#scheduled = false;
		for (const write of writes) {
			write();
		}
		const tell = [...this.#committed].map(([room, entries]) => this.#followers.committed(room, entries, this.#epoch));
		this.#committed.clear();
		const answers = reads.map((read) => read());
		queueMicrotask(() => {
			for (const call of [...tell, ...answers]) {
				call();
			}
		});
	}
}

function ignore(): void {}

function cursorsKey(user: string, room: string): string {
	return JSON.stringify([user, room]);
}

function byCodePoint(one: string, other: string): number {
	return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
