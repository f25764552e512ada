/**
 * What a client keeps beyond one run: the publishes that no broker has numbered yet, where its person stood in each room,
 * and the name of the device. A program gives `connect` a store of its choice; without one everything is in memory.
 */
import type { Cause, Position, Tags } from '../protocol/frames.ts';

/**
 * One store belongs to one broker and the nick that it was opened for, and to one running client at a time. Every call is
 * synchronous, so that what is handed to the network was stored before. A call may throw: the client tells that by the
 * event `notice`, once, and goes on in memory.
 */
export interface ClientStore {
	/** The same for every client with the same state directory: 1..128 characters. The broker keeps cursors under it. */
	readonly device: string;
	/**
	 * The publishes that earlier runs under this nick left behind, in the order in which they were made. They belong to
	 * this run from now on, so nobody else is given them. Called once, before anything else.
	 */
	adopt(): readonly StoredParcel[];
	/** Stores a publish. One with a known `cid` takes the place of the earlier one, in its place in the order. */
	keep(parcel: StoredParcel): void;
	/** The publish was numbered, refused for good, or discarded. An unknown `cid` changes nothing. */
	forget(cid: string): void;
	/** Where this person stood in a room when it was last saved; `undefined` when that is not known. */
	position(room: string): Position | undefined;
	/**
	 * Stores where this person stands now; a lower number in the same epoch means that the log was set back. It is called
	 * with every burst of messages, so it may be written later: within a second, and at `close`. A screen may use it for its
	 * conversations: under `@bob`, up to where he was read, in the numbers of the own inbox.
	 */
	savePosition(room: string, position: Position): void;
	/** Finishes what was begun and frees everything. The client calls it last; calling it again changes nothing. */
	close(): void;
}

/** A publish that no broker has numbered yet. */
export interface StoredParcel {
	/** By which the broker drops repeats, over every run. */
	readonly cid: string;
	readonly room: string;
	/** The name under which it was sent, or is to be. Another run sends it again only under the same name. */
	readonly nick: string;
	readonly content: string;
	/** When `publish` was called, in ms since 1970 by this computer's clock. */
	readonly writtenAt: number;
	readonly tags?: Tags;
	/** The number of the message in the same room that this one answers. */
	readonly replyTo?: number;
	/** Where its author stood in other rooms when it was made. */
	readonly after?: readonly Cause[];
	/** How long the broker should keep it, in ms. */
	readonly ttlMs?: number;
	/** It was handed to a link, so a broker may have numbered it. */
	readonly sent: boolean;
	/**
	 * It was handed to a link without its `cid`, as base brokers know none, when its room stood at this number: whether it was
	 * numbered shows only in the messages after that.
	 */
	readonly bareAfter?: number;
}
