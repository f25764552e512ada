/**
 * What a checker is told. Every observation is a plain value, so that processes can write them as lines of JSON and
 * another one checks them; they are told in the order in which they happened.
 */

import type { RoomItem } from '../../src/client/client.ts';
import type { Gone } from '../../src/engines/engine.ts';
import type { Filter } from '../../src/protocol/filter.ts';
import type { FromBroker, Message } from '../../src/protocol/frames.ts';

/** What makes a stored message the one that it is. */
export type Entry = Pick<Message, 'id' | 'sender' | 'content' | 'sequence'> &
	Partial<Pick<Message, 'cid' | 'timestamp' | 'verified' | 'expiresAt' | 'tags'>> & {
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

/** A place in a room. */
export interface Place {
	readonly room: string;
	readonly epoch: string;
	readonly sequence: number;
}

/** `client` is one run of one client; a run that follows on another with the same disk has another name. */
export type Observation =
	/**
	 * A client was asked to publish, in the order of the calls. Each `cid` is used once; a base client has none. A causal
	 * client tells the last message that it was shown in each other room that it follows, and all places that it knows there:
	 * also those of what it said itself.
	 */
	| {
			readonly type: 'intended';
			readonly client: string;
			readonly room: string;
			readonly cid?: string;
			readonly content: string;
			readonly seen?: readonly Place[];
			readonly known?: readonly Place[];
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
	/** From here on any publish may be refused with this code: somebody is banned, or muted, at times. */
	| { readonly type: 'may be refused'; readonly code: string }
	/** From here on somebody may be banned at times, and so leave without having said so; without a room, all of them. */
	| { readonly type: 'may be put out'; readonly user: string; readonly room?: string }
	/** A broker answered that somebody is banned or muted; without a room, in all of them. */
	| { readonly type: 'restrained'; readonly kind: 'ban' | 'mute'; readonly user: string; readonly room?: string }
	/** A broker is asked to lift it. */
	| { readonly type: 'freed'; readonly kind: 'ban' | 'mute'; readonly user: string; readonly room?: string }
	/** A run is over. What it left unsettled belongs to its heir, if there is one. */
	| { readonly type: 'ended'; readonly client: string; readonly heir?: string }
	/** A broker began to run: what an earlier run had read and not stored is over. What is durable was told before. */
	| { readonly type: 'started' }
	/** The broker read a frame from a connection, whatever is in it. */
	| { readonly type: 'heard'; readonly connection: string; readonly frame: Asked }
	/**
	 * The broker wrote a frame to a connection. The first one of a v1 connection is `welcome`. `log` is what the log of the
	 * frame's room has at that moment, `elapsed` the time by the clock by which ids are forgotten, and `at` the time by the
	 * clock of sessions, when somebody knows.
	 */
	| {
			readonly type: 'wrote';
			readonly connection: string;
			readonly frame: FromBroker;
			readonly log?: LogNow;
			readonly elapsed?: number;
			readonly at?: number;
	  }
	/** After all faults have stopped a client is on this connection, and has waited for nothing for a while. */
	| { readonly type: 'idles'; readonly connection: string }
	/**
	 * The broker knows that a connection is gone. `lostAt`: its client did not say that it goes, and may come back to its
	 * session for a while from that time on.
	 */
	| { readonly type: 'disconnected'; readonly connection: string; readonly at?: number; readonly lostAt?: number }
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
			/** It shows only what matches. */
			readonly filter?: Filter;
	  }
	/** A client shows by another filter from here on, or everything: it has gone through all up to `position`. */
	| {
			readonly type: 'narrowed';
			readonly client: string;
			readonly room: string;
			readonly position: number;
			readonly filter?: Filter;
	  }
	/**
	 * A client showed an item, in this epoch. `waited`: it had missed the next number for as long as it waits for one. A causal
	 * client tells which rooms it follows, and of a late message how long it has been here and how long it may wait.
	 */
	| {
			readonly type: 'shown';
			readonly client: string;
			readonly room: string;
			readonly epoch?: string;
			readonly item: RoomItem;
			readonly waited?: boolean;
			readonly following?: readonly Omit<Place, 'sequence'>[];
			readonly waitedMs?: { readonly been: number; readonly most: number };
	  }
	/** Items of a room have waited for other rooms for so long, and a causal client would have given them by `most`. */
	| {
			readonly type: 'waits';
			readonly client: string;
			readonly room: string;
			readonly ms: number;
			readonly most: number;
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
	/** Who is in a room as somebody was told, when all is quiet. `by` says who was told, and how; `isPart`: not of all. */
	| {
			readonly type: 'believes';
			readonly by: string;
			readonly room: string;
			readonly users: readonly string[];
			readonly isPart?: boolean;
	  }
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
