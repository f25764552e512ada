/**
 * What a checker is told. Every observation is a plain value, so that processes can write them as lines of JSON and
 * another one checks them; they are told in the order in which they happened.
 */

import type { RoomItem } from '../../src/client/client.ts';
import type { Gone } from '../../src/engines/engine.ts';
import type { FromBroker, Message } from '../../src/protocol/frames.ts';

/** What makes a stored message the one that it is. */
export type Entry = Pick<Message, 'id' | 'sender' | 'content' | 'sequence'> &
	Partial<Pick<Message, 'cid' | 'timestamp' | 'verified' | 'expiresAt'>> & {
		/** When it was numbered, in ms of the clock by which ids are forgotten; `timestamp` stands for it if it is not told. */
		readonly elapsed?: number;
	};

/** A frame that a client sent: whatever it is. */
export type Asked = Readonly<Record<string, unknown>>;

/** What a room's log has. */
export interface LogNow {
	readonly epoch: string;
	readonly head: number;
	readonly oldest: number;
	/** Of every message that can be read, ascending. */
	readonly numbers: readonly number[];
}

/** `client` is one run of one client; a run that follows on another with the same disk has another name. */
export type Observation =
	/** A client was asked to publish, in the order of the calls. Each `cid` is used once; a base client has none. */
	| {
			readonly type: 'intended';
			readonly client: string;
			readonly room: string;
			readonly cid?: string;
			readonly content: string;
			/** Of a direct message: the sender's own inbox, which gets a copy and has the place that is acknowledged. */
			readonly copyIn?: string;
	  }
	/** A client learned the place of a publish. */
	| {
			readonly type: 'acked';
			readonly client: string;
			readonly room: string;
			readonly cid: string;
			readonly epoch: string;
			readonly sequence: number;
	  }
	/** A client learned that a publish is refused for good. Without an outcome nothing is known of it. */
	| {
			readonly type: 'refused';
			readonly client: string;
			readonly room: string;
			readonly cid: string;
			readonly code: string;
			readonly outcome?: 'not_applied' | 'unknown';
	  }
	/** A publish is such, or such was done to it, that it may be refused with this code. Without that it must not be. */
	| { readonly type: 'provoked'; readonly cid: string; readonly code: string }
	/** A run is over. What it left unsettled belongs to its heir, if there is one. */
	| { readonly type: 'ended'; readonly client: string; readonly heir?: string }
	/** A broker began to run: what an earlier run had read and not stored is over. What is durable was told before. */
	| { readonly type: 'started' }
	/** The broker read a frame from a connection, whatever is in it. */
	| { readonly type: 'heard'; readonly connection: string; readonly frame: Asked }
	/**
	 * The broker wrote a frame to a connection. The first one of a v1 connection is `welcome`. `log` is what the log of the
	 * frame's room has at that moment, and `elapsed` the time by the clock by which ids are forgotten, when somebody knows.
	 */
	| {
			readonly type: 'wrote';
			readonly connection: string;
			readonly frame: FromBroker;
			readonly log?: LogNow;
			readonly elapsed?: number;
	  }
	/** After all faults have stopped a client is on this connection, and has waited for nothing for a while. */
	| { readonly type: 'idles'; readonly connection: string }
	/** The broker knows that a connection is gone. */
	| { readonly type: 'disconnected'; readonly connection: string }
	/** A user may prove who they are, by this key, and then this inbox is theirs. */
	| { readonly type: 'proved'; readonly user: string; readonly key?: string; readonly inbox?: string }
	/**
	 * A client begins to show a room: the next number after `sequence` first. `seen` is what this person had seen before,
	 * in an earlier run, as far as this run can know it.
	 */
	| {
			readonly type: 'joined';
			readonly client: string;
			readonly room: string;
			readonly epoch?: string;
			readonly sequence: number;
			readonly seen?: { readonly epoch: string; readonly sequence: number };
	  }
	/** A client showed an item, in this epoch. `waited`: it had missed the next number for as long as it waits for one. */
	| {
			readonly type: 'shown';
			readonly client: string;
			readonly room: string;
			readonly epoch?: string;
			readonly item: RoomItem;
			readonly waited?: boolean;
	  }
	/** Where a client that is still subscribed stands after all faults have stopped. */
	| {
			readonly type: 'rests';
			readonly client: string;
			readonly room: string;
			readonly epoch?: string;
			readonly position: number;
	  }
	/** All has come to rest after all faults have stopped: nobody comes or goes any more. */
	| { readonly type: 'quiet' }
	/** Who is in a room as somebody was told, when all is quiet. `by` says who was told, and how. */
	| { readonly type: 'believes'; readonly by: string; readonly room: string; readonly users: readonly string[] }
	/** These entries became durable, or were found to be at a start. Once this was told, nothing may be visible that was not told here. */
	| { readonly type: 'committed'; readonly room: string; readonly epoch: string; readonly entries: readonly Entry[] }
	/** What a room's whole log holds at this moment. */
	| {
			readonly type: 'stored';
			readonly room: string;
			readonly epoch: string;
			readonly head: number;
			readonly oldest: number;
			readonly entries: readonly Entry[];
			readonly gone: readonly Gone[];
	  }
	/**
	 * A room's log was replaced by an older copy of it: it goes on in another epoch after number `kept`. `isForgotten`: the
	 * broker does not know that it does, so that nobody can be told where a position of before is.
	 */
	| {
			readonly type: 'restored';
			readonly room: string;
			readonly from: string;
			readonly to: string;
			readonly kept: number;
			readonly isForgotten?: boolean;
	  }
	/** Something that has a bound was measured. */
	| { readonly type: 'measured'; readonly what: string; readonly value: number; readonly bound: number };

export type Seen<Type extends Observation['type']> = Extract<Observation, { type: Type }>;
