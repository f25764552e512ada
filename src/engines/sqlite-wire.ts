/**
 * What the main thread and the SQLite threads say to each other. Calls are tuples because they are cloned between threads:
 * a tuple's clone costs a third of an object's. What there is most of travels in yet another shape: see sqlite-packing.ts.
 */
import type { MessagePort } from 'node:worker_threads';
import type { Position } from '../protocol/frames.ts';
import type {
	Author,
	Cursor,
	Gone,
	Located,
	RangeQuery,
	RecordChange,
	RecordGuard,
	RoomState,
	RoomsPage,
	RoomsQuery,
	SearchPage,
	SearchQuery,
} from './engine.ts';
import type { PackedResults } from './sqlite-packing.ts';
import type { RecordKey } from './sqlite-records.ts';

/** What a thread is started with. */
export interface ThreadData {
	readonly role: 'writer' | 'reader' | 'searcher';
	readonly directory: string;
	readonly historySize: number;
	readonly historyTtlMs: number;
	/** The main thread's clock. */
	readonly at: number;
	/** Its time by a clock that never steps, in ms. */
	readonly elapsed: number;
	/** Whether COMMIT waits for the disk. */
	readonly fsync: boolean;
	/** Where it is asked and answers. */
	readonly port: MessagePort;
}

/** Calls that one turn of the main thread made, in order, and its clocks then. */
export interface Batch<Call> {
	readonly at: number;
	readonly elapsed: number;
	readonly calls: readonly Call[];
}

/** A draft for the writer: its frame cut where the number goes. What it does not have is null. */
export type DraftRow = readonly [
	id: string,
	before: string,
	after: string,
	digest: number,
	expiresAt: number | null,
	producer: string | null,
	pseq: number,
	author: Author | null,
];

export type WriterCall =
	| readonly [kind: 'append', room: string, drafts: readonly DraftRow[]]
	| readonly [kind: 'state', room: string]
	| readonly [kind: 'locate', room: string, position: Position]
	| readonly [kind: 'clear', room: string, provided?: readonly RecordGuard[]]
	| readonly [kind: 'saveCursors', cursors: readonly Cursor[]]
	| readonly [kind: 'putRecords', changes: readonly RecordChange[]]
	| readonly [kind: 'records', of: string]
	| readonly [kind: 'sweep']
	/** What rooms hold above these numbers, and how these records are: asked once, before anything is written. */
	| readonly [kind: 'above', heads: ReadonlyMap<string, number>, records: readonly RecordKey[]]
	| readonly [kind: 'close'];

/**
 * A draft's place. Where its number would be there stands for one that is out of order the `pseq` that is expected, and for
 * one whose author is restricted when that ends (`Infinity`: not by itself).
 */
export type Place = readonly [
	fate: 'stored' | 'duplicate' | 'conflict' | 'out_of_order' | 'banned' | 'muted',
	sequence: number,
	timestamp: number,
];

/** What became of commits that had failed, or were not heard of. */
export interface Recovered {
	readonly rooms: readonly RecoveredRoom[];
	/** Records that were to be changed, as they are. */
	readonly records: readonly RecordChange[];
}

/** Messages that turned out to be stored, as `message` frames in order. Those that cannot be read any more are left out. */
interface RecoveredRoom {
	readonly room: string;
	readonly epoch: string;
	readonly texts: readonly string[];
}

/** What a sweep has removed in one of its steps. */
export interface Removed {
	/** To where it has raised the floors of rooms. */
	readonly floors: readonly (readonly [room: string, floor: number, edge: RoomState['edge']])[];
	/** Texts have gone, or are about to, that are past their own time at this one. */
	readonly expiredAt: number | undefined;
}

export type ReaderCall =
	/** Answered when the database can be read. */
	| readonly [kind: 'open']
	/** Rows above `highest` are left out, and the page says that the head is there. */
	| readonly [kind: 'range', room: string, query: RangeQuery, highest: number]
	| readonly [kind: 'rooms', query: RoomsQuery]
	| readonly [kind: 'cursors', user: string, room: string]
	| readonly [kind: 'close'];

export type SearcherCall =
	/** Numbers above `highest` are not looked at, and the page says that the head is there. */
	| readonly [kind: 'search', room: string, query: SearchQuery, highest: number]
	/** Begins the housekeeping of the index, of which `swept` says when what retention asks for is done. */
	| readonly [kind: 'tidy']
	| readonly [kind: 'close'];

export type AnyCall = WriterCall | ReaderCall | SearcherCall;

export type Result =
	| readonly [kind: 'append', epoch: string, places: readonly Place[]]
	| readonly [kind: 'state', state: RoomState]
	| readonly [kind: 'located', located: Located]
	| readonly [kind: 'range', page: JoinedPage]
	| readonly [kind: 'search', page: SearchPage]
	| readonly [kind: 'rooms', page: RoomsPage]
	| readonly [kind: 'cursors', cursors: readonly Cursor[]]
	| readonly [kind: 'putRecords', isMade: boolean]
	| readonly [kind: 'records', records: ReadonlyMap<string, string>]
	| readonly [kind: 'recovered', recovered: Recovered]
	| readonly [kind: 'done']
	| readonly [kind: 'failed', message: string, outcome: 'not_applied' | 'unknown'];

/** A page whose texts travel as one string, a line each: JSON text has no line ends of its own. */
export interface JoinedPage extends RoomState {
	readonly sequences: readonly number[];
	readonly lines: string;
	readonly complete: boolean;
	readonly gone: readonly Gone[];
}

export type FromThread =
	/** Of the oldest calls that have none yet, in the order of the calls. The writer's are those of one commit. */
	| PackedResults
	| { readonly type: 'opened' }
	| { readonly type: 'refused'; readonly code: 'locked' | 'unwritable' | 'unavailable'; readonly message: string }
	/** They come before everything that was committed later. */
	| { readonly type: 'recovered'; readonly recovered: Recovered }
	/** It is told before everything that was committed later. */
	| { readonly type: 'removed'; readonly removed: Removed }
	/** The oldest sweep is through. */
	| { readonly type: 'swept'; readonly result: Result }
	| { readonly type: 'notice'; readonly text: string };
