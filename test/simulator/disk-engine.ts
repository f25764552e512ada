/**
 * An engine over a simulated disk. Rooms are the product's own `MemoryRoom`, kept twice: as numbered by the writer, and as
 * committed, which is what everybody else sees. Writes are committed in groups: number, write, fsync, tell.
 */
import {
	type AppendOutcome,
	type Cursor,
	type Draft,
	type Engine,
	EngineError,
	type Following,
	type FollowListener,
	type Gone,
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
} from '../../src/engines/engine.ts';
import { Followers } from '../../src/engines/followers.ts';
import { Members } from '../../src/engines/members.ts';
import { RecentLogs } from '../../src/engines/recent-logs.ts';
import { RecordFollowers } from '../../src/engines/record-followers.ts';
import { misusedKind, misusedRecords } from '../../src/engines/retention.ts';
import { finished } from '../../src/engines/searching.ts';
import type { Message, Position } from '../../src/protocol/frames.ts';
import type { Entry as Committed, LogNow } from '../checker/observation.ts';
import type { Chance } from './chance.ts';
import type { Beginning, Change, Disk, Times } from './disk.ts';
import { type Applied, JournaledRooms } from './journaled-rooms.ts';

/** The places in the life of a message at which a broker may stop. */
export type Step = 'received' | 'numbered' | 'written' | 'fsynced' | 'acked' | 'broadcast';

/** How long things take at most, in ms. */
export interface Delays {
	writeMs: number;
	syncMs: number;
	readMs: number;
	/** From the commit until followers hear of it. */
	tellMs: number;
}

export interface DiskEngineOptions {
	readonly disk: Disk;
	readonly retention: Required<Retention>;
	/** The broker's wall clock. */
	readonly now: () => number;
	/** A clock that never steps. */
	readonly elapsed: () => number;
	/** Calls back later, unless the process has stopped by then. */
	readonly after: (ms: number, run: () => void) => void;
	readonly chance: Chance;
	/** They change while a disk is slow. */
	readonly delays: Readonly<Delays>;
	/** Numbers of a room whose text does not pass its checksum. */
	readonly damaged: ReadonlyMap<string, ReadonlySet<number>>;
	/** The name of an epoch that this engine begins, when it has to begin one. */
	readonly newEpoch: () => string;
	/** Whether a new epoch is to be begun: the journal is an older copy, or nothing is known of the epochs before. */
	readonly begins: 'nothing' | 'restored' | 'forgotten';
	/** Whether reading works. */
	readonly canRead: () => boolean;
	/** Told when somebody who is behind is given a page, and from where. */
	readonly onPage: (from: 'the log' | 'memory') => void;
	/** Told when a step is reached; the process may stop there. Returns whether it goes on. */
	readonly reached: (step: Step) => boolean;
	readonly onCommitted: (room: string, epoch: string, entries: readonly Committed[]) => void;
	/** Told when rooms go on in another epoch, and after which numbers; a room that is not named begins anew. */
	readonly onRestored: (from: string, beginning: Beginning) => void;
}

/** So little that rooms lose what they have to others, and readers go from memory to the log and back. */
const recentBounds = { roomMessages: 12, roomBytes: 8 * 1024, bytes: 16 * 1024 };

interface Write {
	readonly changes: readonly Change[];
	readonly resolve: (applied: Applied) => void;
	readonly reject: (error: EngineError) => void;
}

export class DiskEngine implements Engine {
	readonly durability = 'fsync';
	readonly #options: DiskEngineOptions;
	readonly #committed: JournaledRooms;
	#numbered: JournaledRooms;
	readonly #followers = new Followers((room) => this.#recent.end(room));
	readonly #recent: RecentLogs;
	readonly #members = new Members();
	readonly #recordFollowers = new RecordFollowers();
	#waiting: Write[] = [];
	#isCommitting = false;
	#stopped: string | undefined;
	#closing: Promise<void> | undefined;

	constructor(options: DiskEngineOptions) {
		this.#options = options;
		const { disk, retention, begins, onCommitted } = options;
		this.#committed = new JournaledRooms(retention);
		this.#recent = new RecentLogs(retention.historySize, recentBounds);
		const { entries } = this.#committed.apply(disk.read());
		for (const { room, entry, elapsed } of entries) {
			onCommitted(room, this.#committed.epoch, [{ ...entry.message, elapsed }]);
		}
		if (this.#committed.epoch === '' || begins !== 'nothing') {
			this.#begin(begins === 'forgotten');
		}
		this.#numbered = this.#replayed();
	}

	get epoch(): string {
		return this.#committed.epoch;
	}

	/** Whether an fsync failed, after which only a new start helps. */
	get isStopped(): boolean {
		return this.#stopped !== undefined;
	}

	/** Begins another epoch as soon as nothing is being written; then tells so. */
	beginAnew(isForgotten: boolean, begun: () => void): void {
		if (this.#isCommitting || this.#waiting.length > 0) {
			this.#options.after(1, () => this.beginAnew(isForgotten, begun));
		} else if (this.#closing === undefined && this.#stopped === undefined) {
			this.#begin(isForgotten);
			this.#numbered = this.#replayed();
			begun();
		}
	}

	/** Where a room stands. */
	standing(room: string): RoomState {
		return this.#committed.state(room);
	}

	/** Everything that is committed, for whoever looks at the end. */
	whole(room: string): {
		readonly state: RoomState;
		readonly messages: readonly Message[];
		readonly gone: readonly Gone[];
	} {
		const { entries, gone } = this.#page(room, { limit: Number.POSITIVE_INFINITY });
		return {
			state: this.#committed.state(room),
			messages: entries.map(({ text }) => JSON.parse(text) as Message),
			gone,
		};
	}

	/** Where a room stands, and every number that can be read. */
	log(room: string): LogNow {
		const { entries } = this.#page(room, { limit: Number.POSITIVE_INFINITY });
		const { epoch, head, oldest } = this.#committed.state(room);
		return { epoch, head, oldest, numbers: entries.map(({ sequence }) => sequence) };
	}

	/** Where a device is, or any of a user's in the present epoch, as far as it is stored. */
	cursor(user: string, device: string | undefined, room: string): Cursor | undefined {
		if (device !== undefined) {
			return this.#committed.cursors.get(JSON.stringify([user, device, room]));
		}
		const isTheirs = (cursor: Cursor) => cursor.user === user && cursor.room === room && cursor.epoch === this.epoch;
		return [...this.#committed.cursors.values()].find(isTheirs);
	}

	async append(room: string, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
		const times = this.#times;
		const { outcomes } = await this.#write(drafts.map((draft) => ({ type: 'append', room, draft, ...times })));
		return outcomes;
	}

	follow(room: string, listener: FollowListener): Promise<Following> {
		return this.#read(() => {
			const following = this.#followers.add(room, this.#committed.state(room), listener);
			this.#recent.begin(room, following);
			return following;
		});
	}

	async range(room: string, query: RangeQuery): Promise<Page> {
		// Memory would serve what is damaged on the disk, and whoever checks pages takes it for lost.
		const isAsked = this.#closing === undefined && !this.#options.damaged.has(room);
		const recent = isAsked ? this.#recent.page(room, query, this.#options.now()) : undefined;
		const page = recent ?? (await this.#read(() => this.#page(room, query)));
		if (recent === undefined) {
			this.#recent.learn(room, page);
		}
		if (query.before === undefined && query.order === undefined && page.entries.length > 0) {
			this.#options.onPage(recent === undefined ? 'the log' : 'memory');
		}
		return page;
	}

	search(room: string, query: SearchQuery): Promise<SearchPage> {
		return this.#read(() => {
			const steps = this.#committed.byName.get(room)?.search(query, this.#options.now());
			const found = steps === undefined ? { entries: [], from: 1, complete: true } : finished(steps);
			return { ...this.#committed.state(room), ...found };
		});
	}

	state(room: string): Promise<RoomState> {
		return this.#read(() => this.#committed.state(room));
	}

	locate(room: string, position: Position): Promise<Located> {
		return this.#read(() => this.#committed.locate(room, position));
	}

	rooms({ prefix = '', after = '', limit }: RoomsQuery): Promise<RoomsPage> {
		return this.#read(() => {
			const names = [...this.#committed.byName]
				.filter(([room]) => room.startsWith(prefix) && room > after)
				.sort(([one], [other]) => (one < other ? -1 : 1));
			return {
				rooms: names.slice(0, limit).map(([room, { head, lastActivity }]) => ({ room, head, lastActivity })),
				more: names.length > limit,
			};
		});
	}

	async clear(room: string, provided: readonly RecordGuard[] = []): Promise<RoomState | undefined> {
		const { made } = await this.#write([{ type: 'clear', room, provided }]);
		return made.length > 0 ? this.#committed.state(room) : undefined;
	}

	async sweep(): Promise<void> {
		await this.#write([{ type: 'sweep', ...this.#times }]);
	}

	async saveCursors(cursors: readonly Cursor[]): Promise<void> {
		await this.#write([{ type: 'cursors', cursors }]);
	}

	cursors(user: string, room: string): Promise<readonly Cursor[]> {
		return this.#read(() =>
			[...this.#committed.cursors.values()].filter((cursor) => cursor.user === user && cursor.room === room),
		);
	}

	async putRecords(changes: readonly RecordChange[]): Promise<boolean> {
		const wrong = misusedRecords(changes);
		if (wrong !== undefined) {
			throw wrong;
		}
		const { made } = await this.#write([{ type: 'records', changes }]);
		return made.length > 0;
	}

	async records(kind: string): Promise<ReadonlyMap<string, string>> {
		const wrong = misusedKind(kind);
		if (wrong !== undefined) {
			throw wrong;
		}
		return this.#read(() => this.#committed.records.list(kind));
	}

	async followRecords(listener: RecordListener): Promise<() => void> {
		return this.#recordFollowers.add(listener);
	}

	async setMember(room: string, userId: string, entry: MemberEntry | null): Promise<void> {
		this.#members.set(room, userId, entry);
	}

	async members(room: string): Promise<ReadonlyMap<string, readonly MemberEntry[]>> {
		return this.#members.get(room);
	}

	async followMembers(room: string, listener: MemberListener): Promise<() => void> {
		return this.#members.follow(room, listener);
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	close(): Promise<void> {
		this.#closing ??= new Promise((resolve) => this.#whenIdle(resolve));
		return this.#closing;
	}

	#begin(isForgotten: boolean): void {
		const { disk, newEpoch, onRestored } = this.#options;
		const before = this.#committed.epoch;
		const change: Change = { type: 'epoch', epoch: newEpoch(), heads: this.#committed.heads, isForgotten };
		disk.write([change], { isReserved: true });
		// A broker that cannot write its first word does not start.
		while (!disk.sync()) {}
		this.#committed.apply([change]);
		this.#recent.clear();
		if (before !== '') {
			onRestored(before, change);
		}
	}

	get #times(): Times {
		const { now, elapsed } = this.#options;
		return { at: now(), elapsed: elapsed() };
	}

	#whenIdle(done: () => void): void {
		if (this.#isCommitting || this.#waiting.length > 0) {
			this.#options.after(1, () => this.#whenIdle(done));
		} else {
			done();
		}
	}

	#replayed(): JournaledRooms {
		const rooms = new JournaledRooms(this.#options.retention);
		rooms.apply(this.#options.disk.read());
		return rooms;
	}

	#page(room: string, query: RangeQuery): Page {
		const state = this.#committed.state(room);
		const damaged = this.#options.damaged.get(room);
		const kept = this.#committed.byName.get(room);
		const now = this.#options.now();
		if (kept === undefined || damaged === undefined) {
			return { ...state, ...(kept?.page(query, now) ?? { entries: [], gone: [], complete: true }) };
		}
		const { limit, maxBytes = Number.POSITIVE_INFINITY, order = 'asc' } = query;
		const all = kept.page({ ...query, limit: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY }, now);
		const readable = all.entries.filter(({ sequence }) => !damaged.has(sequence));
		const inOrder = order === 'asc' ? readable : readable.toReversed();
		let bytes = 0;
		const fitting = inOrder.findIndex(({ text }, index) => {
			bytes += Buffer.byteLength(text);
			return index >= limit || (index > 0 && bytes > maxBytes);
		});
		const taken = fitting === -1 ? inOrder : inOrder.slice(0, fitting);
		const complete = taken.length === inOrder.length;
		const last = taken.at(-1)?.sequence ?? 0;
		const isPassed = ({ from, to }: Gone) => complete || (order === 'asc' ? to < last : from > last);
		const holes = all.entries.filter(({ sequence }) => damaged.has(sequence));
		const gone = [...all.gone, ...holes.map(({ sequence: at }) => ({ from: at, to: at, reason: 'damaged' as const }))];
		return {
			...state,
			entries: order === 'asc' ? taken : taken.toReversed(),
			complete,
			gone: gone.filter(isPassed).sort((one, other) => one.from - other.from),
		};
	}

	#read<Value>(work: () => Value): Promise<Value> {
		const { after, chance, delays, canRead } = this.#options;
		return new Promise((resolve, reject) => {
			after(delays.readMs * chance.next(), () => {
				if (this.#closing !== undefined || !canRead()) {
					reject(new EngineError('unavailable', 'The disk cannot be read', { outcome: 'not_applied' }));
				} else {
					resolve(work());
				}
			});
		});
	}

	#write(changes: readonly Change[]): Promise<Applied> {
		return new Promise((resolve, reject) => {
			if (this.#closing !== undefined || this.#stopped !== undefined) {
				reject(new EngineError('unavailable', this.#stopped ?? 'The engine is closed', { outcome: 'not_applied' }));
				return;
			}
			this.#waiting.push({ changes, resolve, reject });
			if (!this.#isCommitting) {
				this.#isCommitting = true;
				this.#options.after(0, () => this.#number());
			}
		});
	}

	#number(): void {
		const { after, delays, chance, reached } = this.#options;
		const group = this.#waiting.splice(0);
		const applied = group.map(({ changes }) => this.#numbered.apply(changes));
		if (reached('numbered')) {
			after(delays.writeMs * chance.next(), () => this.#writeOut(group, applied));
		}
	}

	#writeOut(group: readonly Write[], applied: readonly Applied[]): void {
		const { after, delays, chance, disk, reached } = this.#options;
		const isWritten = disk.write(group.flatMap(({ changes }) => changes));
		if (!isWritten) {
			this.#numbered = this.#replayed();
			this.#fail(group, new EngineError('unavailable', 'The disk is full', { outcome: 'not_applied' }));
			this.#next();
		} else if (reached('written')) {
			after(delays.syncMs * (0.5 + chance.next()), () => this.#sync(group, applied));
		}
	}

	#sync(group: readonly Write[], applied: readonly Applied[]): void {
		const { after, chance, delays, disk, reached, onCommitted } = this.#options;
		if (!disk.sync()) {
			this.#stopped = 'An fsync failed';
			const refused = new EngineError('unavailable', this.#stopped, { outcome: 'not_applied' });
			this.#fail(group, new EngineError('unavailable', this.#stopped, { outcome: 'unknown' }));
			this.#fail(this.#waiting.splice(0), refused);
			this.#isCommitting = false;
			return;
		}
		for (const { changes } of group) {
			this.#committed.apply(changes);
		}
		const { epoch } = this.#committed;
		this.#remember(group, applied);
		const byRoom = Map.groupBy(
			applied.flatMap(({ entries }) => entries),
			({ room }) => room,
		);
		for (const [room, added] of byRoom) {
			onCommitted(
				room,
				epoch,
				added.map(({ entry, elapsed }) => ({ ...entry.message, elapsed })),
			);
		}
		if (!reached('fsynced')) {
			return;
		}
		const tell = [...byRoom].map(([room, added]) => {
			const entries = added.map(({ entry }) => entry);
			return this.#followers.committed(room, entries, epoch);
		});
		for (const [index, { resolve }] of group.entries()) {
			const { outcomes = [], entries = [], made = [] } = applied[index] ?? {};
			for (const changes of made) {
				this.#recordFollowers.tell(changes);
			}
			resolve({ outcomes, entries, made });
		}
		// Another thread reads: it may see what followers have not been told yet.
		after(chance.is(0.5) ? 0 : delays.tellMs * chance.next(), () => {
			for (const call of tell) {
				call();
			}
			this.#next();
		});
	}

	/** In the order of the writes, as an engine is told of them whose log is written elsewhere. */
	#remember(group: readonly Write[], applied: readonly Applied[]): void {
		for (const [index, { changes }] of group.entries()) {
			for (const { room, entry } of applied[index]?.entries ?? []) {
				this.#recent.append(room, this.epoch, [entry]);
			}
			for (const change of changes) {
				if (change.type === 'sweep') {
					this.#recent.expire(change.at);
					this.#raise(this.#committed.byName.keys());
				} else if (change.type === 'clear') {
					this.#raise([change.room]);
				}
			}
		}
	}

	/** Messages may have been removed from these rooms. */
	#raise(rooms: Iterable<string>): void {
		for (const room of rooms) {
			const { oldest, edge } = this.#committed.state(room);
			this.#recent.raise(room, oldest, edge);
		}
	}

	#next(): void {
		this.#isCommitting = this.#waiting.length > 0;
		if (this.#isCommitting) {
			this.#options.after(0, () => this.#number());
		}
	}

	#fail(group: readonly Write[], error: EngineError): void {
		for (const { reject } of group) {
			reject(error);
		}
	}
}
