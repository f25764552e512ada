/** Who may be told to have left: I8 over time, by what sessions promise. */
import type { Report } from './violation.ts';

/** A room in which a user stays although their connection was lost. */
interface Stay {
	readonly session: string;
	readonly user: string;
	readonly room: string;
	until: number;
}

/** That a user has left is told so many ms after it is so at the latest: it is collected, and the engine told first. */
const toldMs = 3000;

export class Stays {
	readonly #report: Report;
	#ttlMs = 0;
	/** Whose each session is that this run of the broker knows. */
	readonly #users = new Map<string, string>();
	readonly #stays = new Set<Stay>();
	/** When the last connection of a user in a room was over, or will be. */
	readonly #overAt = new Map<string, number>();

	/** Who may be banned at times, by user and room: they stay nowhere. */
	readonly #outlaws = new Set<string>();

	constructor(report: Report) {
		this.#report = report;
	}

	/** Another run of the broker knows nothing of sessions. */
	started(): void {
		this.#users.clear();
		this.#stays.clear();
		this.#overAt.clear();
	}

	welcomed(
		{ session, user, resumed, ttlMs }: { session: string; user: string; resumed: boolean; ttlMs: number },
		at: number,
	): void {
		this.#ttlMs = ttlMs;
		const owner = this.#users.get(session);
		if (resumed && owner !== user) {
			this.#report('I8', `${user} resumed the session of ${owner ?? 'nobody'}`);
		}
		const mine = [...this.#stays].filter((stay) => stay.session === session && stay.user === user && stay.until > at);
		if (!resumed && mine.length > 0) {
			this.#report('I8', `${user} came back in time and was not resumed`);
		}
		this.#users.set(session, user);
		for (const stay of mine) {
			stay.until = at + ttlMs;
			this.#over(stay.user, stay.room, stay.until);
		}
	}

	/** The user may be banned at times, from one room or from all: nobody is promised how long they stay. */
	mayBePutOut(user: string, room = ''): void {
		this.#outlaws.add(JSON.stringify([user, room]));
		for (const stay of this.#stays) {
			if (this.#isOutlaw(stay.user, stay.room)) {
				this.#stays.delete(stay);
			}
		}
	}

	/** The user is in a room, on the connection that has the session. */
	entered(session: string, room: string): void {
		for (const stay of this.#stays) {
			if (stay.session === session && stay.room === room) {
				this.#stays.delete(stay);
			}
		}
	}

	/** The user went out of a room. */
	went(user: string, room: string, at: number): void {
		this.#over(user, room, at);
	}

	/** The connection is over. Without `lostAt` its user has left with it, also what an earlier one had left behind. */
	ended(
		{ session, user, rooms }: { session: string | undefined; user: string; rooms: Iterable<string> },
		{ at, lostAt }: { at: number; lostAt: number | undefined },
	): void {
		const until = session === undefined || lostAt === undefined ? at : Math.max(at, lostAt + this.#ttlMs);
		for (const room of rooms) {
			this.#over(user, room, until);
			if (session !== undefined && lostAt !== undefined && !this.#isOutlaw(user, room)) {
				this.#stays.add({ session, user, room, until: lostAt + this.#ttlMs });
			}
		}
		if (session !== undefined && lostAt === undefined) {
			for (const stay of this.#stays) {
				if (stay.session === session) {
					this.#stays.delete(stay);
				}
			}
			this.#users.delete(session);
		}
	}

	/** Somebody was told that the user has left. */
	left(told: string, { user, room }: { user: string; room: string }, at: number): void {
		for (const stay of this.#stays) {
			if (stay.until <= at) {
				this.#stays.delete(stay);
			} else if (stay.user === user && stay.room === room) {
				const ms = Math.ceil(stay.until - at);
				this.#report('I8', `${told} was told that ${user} left ${room}, who may come back for ${ms} ms more`);
				return;
			}
		}
		const overAt = this.#overAt.get(JSON.stringify([user, room]));
		if (overAt !== undefined && at > overAt + toldMs) {
			const ms = Math.ceil(at - overAt);
			this.#report('I8', `${told} was told that ${user} left ${room} only after ${ms} ms`);
		}
	}

	#isOutlaw(user: string, room: string): boolean {
		return [room, ''].some((place) => this.#outlaws.has(JSON.stringify([user, place])));
	}

	#over(user: string, room: string, at: number): void {
		const key = JSON.stringify([user, room]);
		this.#overAt.set(key, Math.max(this.#overAt.get(key) ?? 0, at));
	}
}
