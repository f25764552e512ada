/**
 * Who is in a room: what this node's connections say, and what a room's readers have to be told of it. A user's state is
 * the best of all connections; joins and leaves are those of the user, never of a single connection.
 */
import type { MemberEntry } from '../engines/engine.ts';
import { Few } from '../engines/few.ts';
import type { BrokerFrames } from '../protocol/frames.ts';

/** How one connection of a user is in a room. */
export interface Visit {
	readonly state: 'online' | 'away' | 'invisible';
	readonly verified: boolean;
	/** ms since 1970. */
	readonly since: number;
	readonly status?: string;
	/** It is a program's. */
	readonly bot?: true;
	/** What the user was called on the connection before, when that was just now. */
	readonly was?: string;
}

/** One connection's being in one room. It may outlast the connection, and go on with the next one of the same session. */
export interface Stay {
	/** Under which name others see it; empty before the first `attend`. */
	userId: string;
}

/** The visit of somebody who is here on one connection, as nearly all are. */
interface Alone<Key> {
	readonly key: Key;
	readonly visit: Visit;
}

/** The visits to one room on this node. A key stands for one connection. */
export class Attendance<Key> {
	readonly #users = new Few<string, Alone<Key> | Map<Key, Visit>>();

	/** Notes how a connection of the user is in the room now. It stays there since it first came. */
	set(userId: string, key: Key, visit: Visit): void {
		const visits = this.#users.get(userId);
		if (visits === undefined || (!(visits instanceof Map) && visits.key === key)) {
			this.#users.set(userId, { key, visit: sinceThe(visits?.visit, visit) });
		} else if (visits instanceof Map) {
			visits.set(key, sinceThe(visits.get(key), visit));
		} else {
			this.#users.set(userId, new Map([[visits.key, visits.visit]]).set(key, visit));
		}
	}

	/** Forgets a connection. */
	delete(userId: string, key: Key): void {
		const visits = this.#users.get(userId);
		if (visits instanceof Map) {
			visits.delete(key);
			if (visits.size === 0) {
				this.#users.delete(userId);
			}
		} else if (visits?.key === key) {
			this.#users.delete(userId);
		}
	}

	/** On how many connections of this node the user is. */
	connections(userId: string): number {
		const found = this.#users.get(userId);
		return found instanceof Map ? found.size : Number(found !== undefined);
	}

	/** How this node sees the user: `null` when none of the connections wants to be seen. */
	entry(userId: string): MemberEntry | null {
		const found = this.#users.get(userId);
		if (found === undefined) {
			return null;
		}
		const visits = found instanceof Map ? [...found.values()] : [found.visit];
		const best = visits.find(({ state }) => state === 'online') ?? visits.find(({ state }) => state === 'away');
		if (best === undefined || best.state === 'invisible') {
			return null;
		}
		return {
			state: best.state,
			connections: visits.length,
			verified: visits.every(({ verified }) => verified),
			since: visits.reduce((first, { since }) => Math.min(first, since), best.since),
			...(visits.every(({ bot }) => bot) && { bot: true }),
			...(best.status !== undefined && { status: best.status }),
			...(best.was !== undefined && { was: best.was }),
		};
	}
}

/** A visit that goes on, from when it began. */
function sinceThe(before: Visit | undefined, visit: Visit): Visit {
	return before === undefined ? visit : { ...visit, since: before.since };
}

/** A change that readers are told by name. */
export type Told = Omit<BrokerFrames['presence'], 'type' | 'room' | 'timestamp'>;

/** What readers are told after some time of collecting. */
export interface PresenceNews {
	readonly changes: readonly Told[];
	/** How many are here; present when it changed. */
	readonly count?: Count;
	/** More are here than are told by name, so that `changes` is empty. */
	readonly crowded: boolean;
	/** The room is no longer crowded: whoever came meanwhile has to be told who is here. */
	readonly cleared?: true;
}

/** How many users are in a room. */
export interface Count {
	readonly online: number;
	readonly away: number;
}

/** Everyone in a room over all nodes, and what its readers know of it. */
export class Roster {
	/** Members up to which each change is told by name. */
	readonly #full: number;
	/** Members down to which a crowded room has to go to be none: one comes and one goes, and nobody is told a whole list. */
	readonly #cleared: number;
	readonly #members = new Few<string, MemberEntry>();
	/**
	 * Of those who are here, or are not, in another way than readers were told by name, what these were told last; in a
	 * crowded room, before it became one. Each of these three only while there is somebody in it: there are very many rooms
	 * in which nothing happens.
	 */
	#untold: Map<string, MemberEntry | undefined> | undefined;
	/** Who was told last to have left, as many as may come back under another name. */
	#left: Set<string> | undefined;
	/** Who was in a list before readers were told by name: should they leave, that has to be told. */
	#listed: Set<string> | undefined;
	#online = 0;
	/** How many readers were told of last. */
	#counted: Count = nobody;
	#crowded = false;

	constructor({ full }: { readonly full: number }) {
		this.#full = full;
		this.#cleared = full - Math.floor(full / 10);
	}

	/** How many users are here, online or away. */
	get size(): number {
		return this.#members.size;
	}

	/** Whether a user is here who would be told by name, and has not been. */
	isUntold(userId: string): boolean {
		return this.#members.has(userId) && this.#told(userId) === undefined && !this.#crowded;
	}

	/** How many are here, online and away. */
	get count(): Count {
		return { online: this.#online, away: this.size - this.#online };
	}

	/** Whether more are here than are told by name. It is so at once when they come, and ends with the next news. */
	get crowded(): boolean {
		return this.#crowded;
	}

	/**
	 * How many times as long as in a room that is not crowded news are to be collected, so that it tells all its readers
	 * together no more words a second than a room that is almost crowded, however many they are. Nobody waits for a number
	 * as they wait for a name.
	 */
	get pace(): number {
		return this.#crowded ? countPace * Math.max(1, this.size / Math.max(1, this.#full)) : 1;
	}

	/** Begins with who is here already, which nobody is told. Users that changed since the list was made keep that. */
	load(members: ReadonlyMap<string, readonly MemberEntry[]>): void {
		for (const [userId, entries] of members) {
			const entry = merge(entries);
			if (entry !== undefined && this.#untold?.has(userId) !== true) {
				this.#set(userId, entry);
			}
		}
		this.#counted = this.count;
		this.#crowded = this.size > this.#full;
	}

	/** Notes the entries that the nodes now have of a user. */
	change(userId: string, entries: readonly MemberEntry[]): void {
		const told = this.#told(userId);
		this.#set(userId, merge(entries));
		this.#untold ??= new Map();
		this.#untold.set(userId, told);
		this.#crowded ||= this.size > this.#full;
		if (this.#crowded && told === undefined && !this.#members.has(userId)) {
			// Very many may come and go while nobody is told.
			this.#untold.delete(userId);
		}
	}

	/** What the readers have to be told of everything that changed since the last time. */
	news(): PresenceNews {
		const { count } = this;
		const isSame = count.online === this.#counted.online && count.away === this.#counted.away;
		const changedCount = isSame ? {} : { count };
		this.#counted = count;
		const wasCrowded = this.#crowded;
		this.#crowded = wasCrowded && this.size > this.#cleared;
		if (this.#crowded) {
			this.#listed = undefined;
			return { changes: [], crowded: true, ...changedCount };
		}
		const untold = [...(this.#untold ?? none)];
		this.#untold = undefined;
		if (wasCrowded) {
			// Who came under another name is told of after that other one has left.
			untold.sort(([, one], [, other]) => Number(one === undefined) - Number(other === undefined));
		}
		const changes = untold.flatMap(([userId, before]) => this.#tell(userId, before) ?? []);
		this.#listed = undefined;
		return { changes, crowded: false, ...(wasCrowded && { cleared: true }), ...changedCount };
	}

	/** Those who are here, at most `limit`: first who is online, then by name. */
	list(limit: number): readonly (MemberEntry & { readonly userId: string })[] {
		for (const [userId, told] of this.#untold ?? none) {
			if (told === undefined && this.#members.has(userId)) {
				this.#listed ??= new Set();
				this.#listed.add(userId);
			}
		}
		return [...this.#leaving(), ...this.#members.entries()]
			.map(([userId, entry]) => ({ userId, ...entry }))
			.sort((one, other) => rank(one) - rank(other) || (one.userId < other.userId ? -1 : 1))
			.slice(0, limit);
	}

	/** Whoever is back before it was told that they left is told of no more, so that they have to be in the list meanwhile. */
	#leaving(): readonly (readonly [string, MemberEntry])[] {
		return this.#crowded
			? []
			: [...(this.#untold ?? none)].flatMap(([userId, told]) =>
					told === undefined || this.#members.has(userId) ? [] : [[userId, told] as const],
				);
	}

	/** What readers were told of somebody last. */
	#told(userId: string): MemberEntry | undefined {
		return this.#untold?.has(userId) === true ? this.#untold.get(userId) : this.#members.get(userId);
	}

	#set(userId: string, entry: MemberEntry | undefined): void {
		this.#online -= this.#members.get(userId)?.state === 'online' ? 1 : 0;
		this.#online += entry?.state === 'online' ? 1 : 0;
		if (entry === undefined) {
			this.#members.delete(userId);
		} else {
			this.#members.set(userId, entry);
		}
	}

	#noteLeft(userId: string): void {
		this.#left ??= new Set();
		this.#left.delete(userId);
		this.#left.add(userId);
		const [oldest] = this.#left;
		if (this.#left.size > mostLeft && oldest !== undefined) {
			this.#left.delete(oldest);
		}
	}

	#tell(userId: string, before: MemberEntry | undefined): Told | undefined {
		const now = this.#members.get(userId);
		if (now === undefined) {
			this.#noteLeft(userId);
			const isKnown = before !== undefined || this.#listed?.has(userId) === true;
			return isKnown ? { userId, action: 'leave', state: 'offline', connections: 0 } : undefined;
		}
		this.#left?.delete(userId);
		const was = before === undefined && now.was !== undefined && this.#left?.has(now.was) ? { was: now.was } : {};
		if (before !== undefined && isSeenAlike(before, now)) {
			return undefined;
		}
		return {
			userId,
			action: before === undefined ? 'join' : 'update',
			state: now.state,
			connections: now.connections,
			verified: now.verified,
			...(now.bot === true && { bot: now.bot }),
			...was,
			...(now.status !== undefined && { status: now.status }),
		};
	}
}

const none: ReadonlyMap<string, undefined> = new Map();
const nobody: Count = Object.freeze({ online: -1, away: -1 });
const mostLeft = 100;
/** How many times as long as names a number is collected. */
const countPace = 4;

/** Whether others are shown the same. */
function isSeenAlike(one: MemberEntry, other: MemberEntry): boolean {
	return (
		one.state === other.state && one.status === other.status && one.verified === other.verified && one.bot === other.bot
	);
}

function rank({ state }: MemberEntry): number {
	return state === 'online' ? 0 : 1;
}

function merge(entries: readonly MemberEntry[]): MemberEntry | undefined {
	if (entries.length === 1) {
		return entries[0];
	}
	const best = entries.find(({ state }) => state === 'online') ?? entries[0];
	if (best === undefined) {
		return undefined;
	}
	const { bot: _, ...rest } = best;
	return {
		...rest,
		connections: entries.reduce((sum, { connections }) => sum + connections, 0),
		verified: entries.every(({ verified }) => verified),
		since: Math.min(...entries.map(({ since }) => since)),
		...(entries.every(({ bot }) => bot) && { bot: true }),
	};
}
