/**
 * The sessions of v1 clients. Whoever loses the connection stays where they were for a while: who comes back within it
 * under the same session has neither left nor come. A session belongs to a user; nobody else can resume or replace it.
 *
 *   held --lost--> in grace --the time is over--> forgotten, and what is left of it has left
 *    |  ^             |
 *    |  '---resumed---'        a newer connection may take a session over while the older one is still believed to live
 *    '--over--> forgotten at once
 *
 * What was kept of a room goes to the new connection when that subscribes to the room again. Time is ms of a clock that
 * never steps back.
 */
import type { User } from './connection.ts';
import type { Surroundings } from './surroundings.ts';

/** A connection, as far as its session is concerned. */
export interface Holder {
	/** A newer connection of the session has come. Calls `lost` before it returns. */
	supersede(): void;
}

/** What is left of a connection that was lost. */
export interface Left<Kept, Manner> {
	/** By room. */
	readonly kept: ReadonlyMap<string, Kept>;
	/** How the user was there; whoever resumes goes on with that. */
	readonly manner: Manner;
	/** From when on the time of grace counts. */
	readonly since: number;
}

export interface SessionsOptions<Kept> {
	readonly surroundings: Pick<Surroundings, 'elapsed' | 'after' | 'randomId'>;
	/** How long a user stays without a connection, in ms; 0 for not at all. */
	readonly ttlMs: number;
	/** Sessions without a connection and rooms in them, together: beyond that the oldest end early. */
	readonly most: number;
	/** The user has left a room. */
	readonly leave: (kept: Kept) => void;
}

export interface Begun<Manner> {
	readonly id: string;
	/** The session of an earlier connection goes on: nobody is told that the user left or came. */
	readonly resumed: boolean;
	/** How the user was on that connection. */
	readonly manner?: Manner;
}

interface Session<Connection, Kept, Manner> {
	readonly id: string;
	readonly user: User;
	holder: Connection | undefined;
	manner: Manner | undefined;
	/** By room: what the present connection has not asked for again, or everything when there is none. Never empty. */
	kept: Map<string, { readonly kept: Kept; until: number }> | undefined;
	/** When it is forgotten, without a holder. */
	until: number;
	cancel: (() => void) | undefined;
}

export class Sessions<Connection extends Holder, Kept, Manner> {
	readonly #options: SessionsOptions<Kept>;
	readonly #sessions = new Map<string, Session<Connection, Kept, Manner>>();
	/** Those without a holder, the one that was lost first at the beginning. */
	readonly #lost = new Set<Session<Connection, Kept, Manner>>();
	/** What is kept in all sessions. */
	#kept = 0;
	#frozen = false;

	constructor(options: SessionsOptions<Kept>) {
		this.#options = options;
	}

	/** How much is kept for those who may come back: sessions without a connection, and rooms. */
	get size(): number {
		return this.#lost.size + this.#kept;
	}

	/** A connection of the user begins, in the session that it asks for if that is nobody else's. */
	begin(asked: string | undefined, user: User, holder: Connection): Begun<Manner> {
		const { surroundings, ttlMs } = this.#options;
		const known = asked === undefined ? undefined : this.#sessions.get(asked);
		if (known === undefined || !isSameUser(known.user, user)) {
			const id = known === undefined && asked !== undefined ? asked : surroundings.randomId();
			// Named one by one: an object that is put together of others is a third larger.
			this.#sessions.set(id, {
				id,
				user,
				holder,
				manner: undefined,
				kept: undefined,
				until: 0,
				cancel: undefined,
			});
			return { id, resumed: false };
		}
		const before = known.holder;
		known.holder = holder;
		before?.supersede();
		this.#lost.delete(known);
		// Rooms are asked for one after the other: who is back in time is back in all of them.
		const until = surroundings.elapsed() + ttlMs;
		for (const one of known.kept?.values() ?? []) {
			one.until = until;
		}
		this.#look(known);
		const resumed = ttlMs > 0;
		return { id: known.id, resumed, ...(resumed && known.manner !== undefined && { manner: known.manner }) };
	}

	/** The connection is gone, and its client may come back. */
	lost(id: string, holder: Connection, { kept, manner, since }: Left<Kept, Manner>): void {
		const session = this.#sessions.get(id);
		if (session === undefined) {
			for (const one of kept.values()) {
				this.#options.leave(one);
			}
			return;
		}
		const until = since + this.#options.ttlMs;
		session.manner = manner;
		if (kept.size > 0) {
			session.kept ??= new Map();
		}
		for (const [room, one] of kept) {
			session.kept?.set(room, { kept: one, until });
			this.#kept += 1;
		}
		if (session.holder === holder) {
			session.holder = undefined;
			session.until = until;
			this.#lost.add(session);
			for (const one of session.kept?.values() ?? []) {
				one.until = Math.min(one.until, until);
			}
		}
		this.#look(session);
		this.#bound();
	}

	/** The client of the connection has said that it does not come back. */
	over(id: string, holder: Connection): void {
		const session = this.#sessions.get(id);
		if (session?.holder === holder) {
			this.#forget(session);
		}
	}

	/** Whoever `isMeant` may not come back: what is kept of them leaves at once, of one room or of all. */
	expel(isMeant: (user: User) => boolean, room?: string): void {
		for (const session of this.#sessions.values()) {
			if (!isMeant(session.user)) {
				continue;
			}
			if (room === undefined && session.holder === undefined) {
				this.#forget(session);
				continue;
			}
			for (const name of room === undefined ? [...(session.kept?.keys() ?? [])] : [room]) {
				const found = this.#take(session, name);
				if (found !== undefined) {
					this.#options.leave(found);
				}
			}
		}
	}

	/** What was kept of a room, for the connection that holds the session now and is in the room again. */
	claim(id: string, holder: Connection, room: string): Kept | undefined {
		const session = this.#sessions.get(id);
		return session?.holder === holder ? this.#take(session, room) : undefined;
	}

	/** The broker stops: nobody can come back any more, so that nobody is told to have left for not doing it. */
	freeze(): void {
		this.#frozen = true;
	}

	/** Forgets everything: all that is kept leaves. */
	close(): void {
		for (const session of this.#sessions.values()) {
			this.#forget(session);
		}
	}

	#look(session: Session<Connection, Kept, Manner>): void {
		session.cancel?.();
		session.cancel = undefined;
		if (this.#frozen) {
			return;
		}
		const { surroundings, leave } = this.#options;
		const at = surroundings.elapsed();
		for (const [room, { kept, until }] of session.kept ?? []) {
			if (until <= at) {
				this.#take(session, room);
				leave(kept);
			}
		}
		if (session.holder === undefined && session.until <= at) {
			this.#forget(session);
			return;
		}
		const times = [...(session.kept?.values() ?? [])].map(({ until }) => until);
		if (session.holder === undefined) {
			times.push(session.until);
		}
		if (times.length > 0) {
			session.cancel = surroundings.after(Math.min(...times) - at, () => this.#look(session));
		}
	}

	#forget(session: Session<Connection, Kept, Manner>): void {
		session.cancel?.();
		session.cancel = undefined;
		this.#sessions.delete(session.id);
		this.#lost.delete(session);
		for (const [room, { kept }] of session.kept ?? []) {
			this.#take(session, room);
			this.#options.leave(kept);
		}
	}

	/** What was kept of a room is not any more. */
	#take(session: Session<Connection, Kept, Manner>, room: string): Kept | undefined {
		const found = session.kept?.get(room);
		if (found !== undefined) {
			session.kept?.delete(room);
			this.#kept -= 1;
			if (session.kept?.size === 0) {
				session.kept = undefined;
			}
		}
		return found?.kept;
	}

	#bound(): void {
		for (const session of this.#lost) {
			if (this.size <= this.#options.most) {
				break;
			}
			this.#forget(session);
		}
	}
}

function isSameUser(one: User, other: User): boolean {
	return one.id === other.id && one.key === other.key;
}
