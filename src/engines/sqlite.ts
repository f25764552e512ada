/**
 * The default engine: rooms in an SQLite database that one broker at a time may have open. Everything that touches the
 * disk happens in worker threads, so the main thread's event loop never waits for it.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Durability, Position } from '../protocol/frames.ts';
import { requireNode } from '../protocol/node-version.ts';
import { makeDirectory } from '../sqlite/directory.ts';
import {
	type AppendOutcome,
	type Cursor,
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
import { Followers } from './followers.ts';
import { cutFrame, digestOf, joinFrame, numbered } from './frame-text.ts';
import { located } from './located.ts';
import { Members } from './members.ts';
import { RecentLogs } from './recent-logs.ts';
import { RecordFollowers } from './record-followers.ts';
import { checkRetention, expected, misuse, misusedGuards, misusedKind, misusedRecords } from './retention.ts';
import { type Asked, AskedCalls, readFirst, settle } from './sqlite-asked.ts';
import { unwritable } from './sqlite-database.ts';
import { LastingThread } from './sqlite-lasting-thread.ts';
import { entryOf, errorOf, failed, type Of, outcomeOf, split } from './sqlite-results.ts';
import { searchFile } from './sqlite-search-index.ts';
import type { Clocks, ThreadSetup } from './sqlite-thread.ts';
import type {
	DraftRow,
	Place,
	ReaderCall,
	Recovered,
	Removed,
	Result,
	SearcherCall,
	WriterCall,
} from './sqlite-wire.ts';

export type { Engine, Retention } from './engine.ts';
export { EngineError } from './engine.ts';

export interface SqliteEngineOptions extends Retention {
	/** Where the database is kept. Made, for this user alone, when it is not there. */
	readonly directory: string;
	/**
	 * What an acknowledged message survives. `fsync`: a power cut. `process`: a kill of the process, but a power cut may
	 * take the newest messages; it is faster, and clients are told `memory`.
	 * @default 'fsync'
	 */
	readonly durability?: 'fsync' | 'process';
	/** The clock, in ms since 1970. @default Date.now */
	readonly now?: () => number;
	/** A time in ms that never steps: ids are known for a day of it. @default performance.now */
	readonly elapsed?: () => number;
	/** Told of what an operator may want to know (a damaged message, a full disk), one line each. @default nobody */
	readonly onNotice?: (text: string) => void;
}

/**
 * Opens the rooms kept in a directory.
 *
 * Throws a `TypeError` for a bad option, and an `EngineError` whose message is one line for people: `unwritable` when the
 * directory or its files cannot be written, `locked` when another broker has it open (until it closes, or is killed),
 * `unavailable` when the database is not one of ours or cannot be read.
 */
export async function openSqliteEngine(options: SqliteEngineOptions): Promise<Engine> {
	requireNode();
	const { directory, durability = 'fsync' } = options;
	if (typeof directory !== 'string' || directory === '') {
		throw expected('directory', 'a path', directory);
	}
	if (durability !== 'fsync' && durability !== 'process') {
		throw expected('durability', "'fsync' or 'process'", durability);
	}
	const clocks = { now: options.now ?? Date.now, elapsed: options.elapsed ?? (() => performance.now()) };
	const setup = { ...checkRetention(options), directory, fsync: durability === 'fsync' };
	try {
		makeDirectory(directory);
	} catch (error) {
		throw unwritable(directory, error);
	}
	const engine = new SqliteEngine(setup, clocks, options.onNotice ?? (() => {}));
	await engine.opened();
	return engine;
}

class SqliteEngine implements Engine {
	readonly durability: Durability;
	readonly #writer: LastingThread<WriterCall>;
	readonly #reader: LastingThread<ReaderCall>;
	/** Started when somebody searches, or when there is an index to be tidied. */
	#searcher: LastingThread<SearcherCall> | undefined;
	readonly #startSearcher: () => LastingThread<SearcherCall>;
	readonly #directory: string;
	readonly #askedSearcher = new AskedCalls();
	/** The tidying of the index that is under way. */
	#tidying: PromiseWithResolvers<void> | undefined;
	readonly #askedWriter = new AskedCalls();
	readonly #askedReader = new AskedCalls();
	/** The sweep that is under way. */
	#sweeping: PromiseWithResolvers<void> | undefined;
	/** What the commit that is being looked at added to rooms with followers. */
	readonly #committed = new Map<string, { readonly epoch: string; readonly entries: Entry[] }>();
	readonly #followers = new Followers((room) => this.#recent.end(room));
	readonly #clocks: Clocks;
	/** Of rooms with followers. */
	readonly #recent: RecentLogs;
	readonly #members = new Members();
	readonly #recordFollowers = new RecordFollowers();
	/** Changes of which nobody knows whether they were made. */
	#openChanges: RecordChange[] = [];
	#closing: Promise<void> | undefined;

	constructor(setup: Omit<ThreadSetup, 'role'>, clocks: Clocks, notice: (text: string) => void) {
		// The wire has no word for what survives a kill but not a power cut, so clients are promised less.
		this.durability = setup.fsync ? 'fsync' : 'memory';
		this.#clocks = clocks;
		this.#recent = new RecentLogs(setup.historySize);
		this.#writer = new LastingThread<WriterCall>({
			setup: { ...setup, role: 'writer' },
			clocks,
			closeCall: ['close'],
			events: {
				results: (results) => this.#takeCommit(results),
				recovered: (recovered) => this.#takeRecovered(recovered),
				removed: (removed) => this.#takeRemoved(removed),
				swept: (result) => this.#endSweep(result),
				notice,
				ended: (reason) => {
					// What it had committed and not told of is not known.
					this.#recent.clear();
					this.#takeCommit(this.#askedWriter.failures(reason));
					this.#endSweep(failed(reason));
				},
			},
			resume: () => this.#catchUp(),
		});
		this.#reader = new LastingThread<ReaderCall>({
			setup: { ...setup, role: 'reader' },
			clocks,
			closeCall: ['close'],
			events: {
				results: (results) => this.#takeAnswers(this.#askedReader, results),
				recovered: () => {},
				removed: () => {},
				swept: () => {},
				notice,
				ended: (reason) => this.#takeAnswers(this.#askedReader, this.#askedReader.failures(reason)),
			},
			resume: () => this.#openReader(),
		});
		this.#directory = setup.directory;
		this.#startSearcher = () =>
			new LastingThread<SearcherCall>({
				setup: { ...setup, role: 'searcher' },
				clocks,
				closeCall: ['close'],
				events: {
					results: (results) => this.#takeAnswers(this.#askedSearcher, results),
					recovered: () => {},
					removed: () => {},
					swept: () => this.#tidying?.resolve(),
					notice,
					ended: (reason) => {
						this.#takeAnswers(this.#askedSearcher, this.#askedSearcher.failures(reason));
						this.#tidying?.resolve();
					},
				},
				resume: () => Promise.resolve(),
			});
	}

	/** To be awaited before anything else is called. */
	async opened(): Promise<void> {
		try {
			await Promise.all([this.#writer.opened, this.#reader.opened]);
			await this.#openReader();
		} catch (error) {
			this.#closing = Promise.all([this.#writer.terminate(), this.#reader.terminate()]).then(() => undefined);
			await this.#closing;
			throw error;
		}
	}

	append(room: string, drafts: readonly Draft[]): Promise<readonly AppendOutcome[]> {
		const refusal = this.#refusal(misuse(room, drafts), this.#writer.failure);
		if (refusal !== undefined) {
			return Promise.reject(refusal);
		}
		const rows = drafts.map((draft): DraftRow => {
			const { before, after } = cutFrame(room, draft);
			const { producer = null, pseq = 0 } = draft.origin ?? {};
			const { author = null } = draft;
			return [draft.id, before, after, digestOf(draft), draft.expiresAt ?? null, producer, pseq, author];
		});
		return this.#askWriter(undefined, ['append', room, rows], true, ([, epoch, places]: Of<'append'>) => {
			if (this.#followers.head(room) !== undefined) {
				this.#collect(room, epoch, places, drafts, rows);
			}
			return places.map((place) => outcomeOf(place, epoch));
		});
	}

	follow(room: string, listener: FollowListener): Promise<Following> {
		return this.#askWriter(misuse(room), ['state', room], false, ([, state]: Of<'state'>) => {
			const following = this.#followers.add(room, state, listener);
			this.#beginRecent(room, state);
			return following;
		});
	}

	range(room: string, query: RangeQuery): Promise<Page> {
		// Only what is committed and told of is there, so nobody can see the difference to the disk but by the time.
		const recent = this.#closing === undefined ? this.#recent.page(room, query, this.#clocks.now()) : undefined;
		if (recent !== undefined) {
			return Promise.resolve(recent);
		}
		// The reader may see a commit before this thread has told the room's followers of it; they are to be told first.
		const highest = this.#followers.head(room) ?? Number.MAX_SAFE_INTEGER;
		return this.#askReader(misuse(room), ['range', room, query, highest], ([, joined]: Of<'range'>) => {
			const page = split(joined);
			this.#recent.learn(room, page);
			return page;
		});
	}

	search(room: string, query: SearchQuery): Promise<SearchPage> {
		const highest = this.#followers.head(room) ?? Number.MAX_SAFE_INTEGER;
		const wrong = this.#refusal(misuse(room), this.#searcher?.failure);
		if (wrong !== undefined) {
			return Promise.reject(wrong);
		}
		this.#running().send(['search', room, query, highest]);
		return this.#askedSearcher.add(false, ([, page]: Of<'search'>) => page);
	}

	state(room: string): Promise<RoomState> {
		// Whatever somebody was told of is there: those who come to a room that is read do not wait for the disk.
		const state = this.#closing === undefined ? this.#recent.state(room) : undefined;
		if (state !== undefined) {
			return Promise.resolve(state);
		}
		return this.#askWriter(misuse(room), ['state', room], false, ([, state]: Of<'state'>) => {
			this.#beginRecent(room, state);
			return state;
		});
	}

	locate(room: string, position: Position): Promise<Located> {
		// What was given in this epoch is kept. Whoever comes back after a moment does not wait for the disk to hear it.
		const state = this.#closing === undefined ? this.#recent.state(room) : undefined;
		if (state !== undefined && position.epoch === state.epoch && position.sequence <= state.head) {
			return Promise.resolve(located(state, position));
		}
		return this.#askWriter(misuse(room), ['locate', room, position], false, ([, found]: Of<'located'>) => found);
	}

	rooms(query: RoomsQuery): Promise<RoomsPage> {
		return this.#askReader(undefined, ['rooms', query], ([, page]: Of<'rooms'>) => page);
	}

	clear(room: string, provided: readonly RecordGuard[] = []): Promise<RoomState | undefined> {
		return this.#askWriter(
			misuse(room) ?? misusedGuards(provided),
			['clear', room, provided],
			true,
			([kind, state]: Of<'state'> | Of<'putRecords'>) => {
				if (kind !== 'state') {
					return undefined;
				}
				this.#recent.raise(room, state.oldest, state.edge);
				return state;
			},
		);
	}

	sweep(): Promise<void> {
		const refusal = this.#refusal(undefined, this.#writer.failure);
		if (refusal !== undefined) {
			return Promise.reject(refusal);
		}
		if (this.#sweeping === undefined) {
			this.#sweeping = Promise.withResolvers();
			// Its first result only says that it has begun.
			this.#askedWriter.addSilent();
			this.#writer.send(['sweep']);
		}
		return this.#sweeping.promise;
	}

	saveCursors(cursors: readonly Cursor[]): Promise<void> {
		return this.#askWriter(undefined, ['saveCursors', cursors], true, () => undefined);
	}

	cursors(user: string, room: string): Promise<readonly Cursor[]> {
		return this.#askReader(undefined, ['cursors', user, room], ([, cursors]: Of<'cursors'>) => cursors);
	}

	putRecords(changes: readonly RecordChange[]): Promise<boolean> {
		const made = this.#askWriter(
			misusedRecords(changes),
			['putRecords', changes],
			true,
			([, isMade]: Of<'putRecords'>) => {
				if (isMade) {
					this.#recordFollowers.tell(changes);
				}
				return isMade;
			},
		);
		return made.catch((error: unknown) => {
			if (error instanceof EngineError && error.outcome === 'unknown') {
				this.#openChanges.push(...changes);
			}
			throw error;
		});
	}

	/** The writer is asked, because a reader may see changes that followers have not been told of. */
	records(kind: string): Promise<ReadonlyMap<string, string>> {
		return this.#askWriter(misusedKind(kind), ['records', kind], false, ([, records]: Of<'records'>) => records);
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
		this.#closing ??= this.#shutDown();
		return this.#closing;
	}

	/** Those who only read go first: the writer can then bring the whole log into the database file. */
	async #shutDown(): Promise<void> {
		if (this.#searcher !== undefined) {
			this.#askedSearcher.addSilent();
			await this.#searcher.close();
		}
		this.#askedReader.addSilent();
		await this.#reader.close();
		this.#askedWriter.addSilent();
		await this.#writer.close();
		this.#followers.clear();
		this.#recent.clear();
		this.#members.clear();
		this.#recordFollowers.clear();
	}

	/** Results of one commit: writers hear of them, then followers, then those who asked where a room stands. */
	#takeCommit(results: readonly Result[]): void {
		const reads: { readonly asked: Asked; readonly result: Result }[] = [];
		this.#askedWriter.match(results, (asked, result) => {
			if (asked.writes) {
				settle(asked, result);
			} else {
				reads.push({ asked, result });
			}
		});
		const later: (() => void)[] = [];
		for (const [room, { entries, epoch }] of this.#committed) {
			this.#recent.append(room, epoch, entries);
			later.push(this.#followers.committed(room, entries, epoch));
		}
		this.#committed.clear();
		// New followers are added only now: this commit is below the head that they are given.
		for (const { asked, result } of reads) {
			later.push(readFirst(asked, result));
		}
		queueMicrotask(() => {
			for (const call of later) {
				call();
			}
		});
	}

	/** Tells followers what a writer that ended had committed and not told of. */
	#catchUp(): Promise<void> {
		this.#writer.send(['above', this.#followers.heads(), this.#openChanges]);
		return this.#askedWriter.add(false, ([, recovered]: Of<'recovered'>) => this.#takeRecovered(recovered));
	}

	#openReader(): Promise<void> {
		this.#reader.send(['open']);
		return this.#askedReader.add(false, () => undefined);
	}

	/** Followers get what they have missed before they are told of a later commit. */
	#takeRecovered({ rooms, records }: Recovered): void {
		// Commits that were not told of may have removed messages too.
		this.#recent.clear();
		for (const { room, epoch, texts } of rooms) {
			this.#followers.committed(room, texts.map(entryOf), epoch)();
		}
		this.#openChanges = [];
		if (records.length > 0) {
			this.#recordFollowers.tell(records);
		}
		if (this.#closing !== undefined) {
			return;
		}
		// Where it cannot be told where a room stands, the next who asks for its state begins.
		for (const room of this.#followers.heads().keys()) {
			this.#writer.send(['state', room]);
			const begun = this.#askedWriter.add(false, ([, state]: Of<'state'>) => this.#beginRecent(room, state));
			begun.catch(() => {});
		}
	}

	#takeRemoved({ floors, expiredAt }: Removed): void {
		for (const [room, oldest, edge] of floors) {
			this.#recent.raise(room, oldest, edge);
		}
		if (expiredAt !== undefined) {
			this.#recent.expire(expiredAt);
		}
	}

	/** Keeps what is appended to a room that is followed, from where it stands by the last commit. */
	#beginRecent(room: string, state: RoomState): void {
		if (this.#followers.head(room) === state.head) {
			this.#recent.begin(room, state);
		}
	}

	#takeAnswers(calls: AskedCalls, results: readonly Result[]): void {
		calls.match(results, settle);
	}

	#endSweep(result: Result): void {
		const ended = this.#sweeping;
		if (result[0] === 'failed') {
			this.#sweeping = undefined;
			ended?.reject(errorOf(result));
			return;
		}
		// What the log has forgotten, the index forgets after it.
		void this.#tidyIndex().then(() => {
			this.#sweeping = undefined;
			ended?.resolve();
		});
	}

	async #tidyIndex(): Promise<void> {
		const isOff = this.#closing !== undefined || this.#searcher?.failure !== undefined;
		if (isOff || (this.#searcher === undefined && !existsSync(join(this.#directory, searchFile)))) {
			return;
		}
		this.#tidying = Promise.withResolvers();
		this.#askedSearcher.addSilent();
		this.#running().send(['tidy']);
		await this.#tidying.promise;
		this.#tidying = undefined;
	}

	#running(): LastingThread<SearcherCall> {
		if (this.#searcher === undefined) {
			this.#searcher = this.#startSearcher();
			// Its end says why to whoever asked.
			this.#searcher.opened.catch(() => {});
		}
		return this.#searcher;
	}

	#collect(
		room: string,
		epoch: string,
		places: readonly Place[],
		drafts: readonly Draft[],
		rows: readonly DraftRow[],
	): void {
		const entries = this.#committed.get(room)?.entries ?? [];
		this.#committed.set(room, { epoch, entries });
		places.forEach(([fate, sequence, timestamp], index) => {
			const draft = drafts[index];
			const row = rows[index];
			if (fate === 'stored' && draft !== undefined && row !== undefined) {
				const [, before, after] = row;
				const text = joinFrame(before, after, sequence, timestamp);
				entries.push({ message: numbered(room, draft, sequence, timestamp), text });
			}
		});
	}

	#askWriter<Kind extends Result[0], Value>(
		wrong: TypeError | undefined,
		call: WriterCall,
		writes: boolean,
		read: (result: Of<Kind>) => Value,
	): Promise<Value> {
		const refusal = this.#refusal(wrong, this.#writer.failure);
		if (refusal !== undefined) {
			return Promise.reject(refusal);
		}
		this.#writer.send(call);
		return this.#askedWriter.add(writes, read);
	}

	#askReader<Kind extends Result[0], Value>(
		wrong: TypeError | undefined,
		call: ReaderCall,
		read: (result: Of<Kind>) => Value,
	): Promise<Value> {
		const refusal = this.#refusal(wrong, this.#reader.failure);
		if (refusal !== undefined) {
			return Promise.reject(refusal);
		}
		this.#reader.send(call);
		return this.#askedReader.add(false, read);
	}

	#atOnce<Value>(work: () => Value): Promise<Value> {
		const refusal = this.#refusal(undefined, undefined);
		return refusal === undefined ? Promise.resolve(work()) : Promise.reject(refusal);
	}

	#refusal(wrong: TypeError | undefined, failure: string | undefined): Error | undefined {
		const reason = this.#closing === undefined ? failure : 'The engine is closed';
		return reason === undefined ? wrong : new EngineError('unavailable', reason, { outcome: 'not_applied' });
	}
}
