import type { Count, Member, PresenceChange } from './client.ts';

/**
 * Who is in a room, of a list and of the changes that are told beside it. Each says as of when it is: the newest word on a
 * person counts, in whatever order the words come. In a crowd only the number is known.
 */
export class Roster {
	/** By name, in the order they came. */
	readonly #members = new Map<string, Known>();
	/** When those who have left did so: a list of before does not bring them back. */
	readonly #left = new Map<string, number>();
	#asOf = 0;
	#count: Count | undefined;

	/** A broker that names more people than this has the rest left out. */
	static readonly limit = 10_000;

	/** How many are here, while the broker does not say who. */
	get count(): Count | undefined {
		return this.#count;
	}

	/**
	 * Takes in a change. False when something newer is known of that person. Times of a base broker count for nothing:
	 * `isTimed` is false.
	 */
	apply(change: PresenceChange, { isTimed }: { readonly isTimed: boolean }): boolean {
		const { userId, action, timestamp } = change;
		const known = this.#members.get(userId);
		const at = Math.max(this.#asOf, known?.at ?? 0, this.#left.get(userId) ?? 0);
		if (isTimed && timestamp < at) {
			return false;
		}
		if (action === 'leave') {
			this.#members.delete(userId);
			this.#note(userId, timestamp);
		} else if (known !== undefined || this.#members.size < Roster.limit) {
			this.#left.delete(userId);
			this.#members.set(userId, { member: memberOf(change, known?.member), at: timestamp });
		}
		return true;
	}

	/** Takes in who is here, all of them. What was told with a later time stays. */
	load(members: readonly Member[], asOf: number): void {
		if (asOf < this.#asOf) {
			return;
		}
		const newer = [...this.#members].filter(([, { at }]) => at > asOf);
		this.#members.clear();
		for (const member of members.slice(0, Roster.limit)) {
			if ((this.#left.get(member.userId) ?? 0) <= asOf) {
				this.#members.set(member.userId, { member, at: asOf });
			}
		}
		for (const [userId, known] of newer) {
			const verified = known.member.verified ?? this.#members.get(userId)?.member.verified;
			const member = { ...known.member, ...(verified !== undefined && { verified }) };
			this.#members.set(userId, { ...known, member });
		}
		this.#asOf = asOf;
		this.#count = undefined;
	}

	/** There are so many here that from now on nobody is named. */
	counted(count: Count): void {
		this.clear();
		this.#count = count;
	}

	clear(): void {
		this.#members.clear();
		this.#left.clear();
		this.#asOf = 0;
		this.#count = undefined;
	}

	list(): readonly Member[] {
		return Array.from(this.#members.values(), ({ member }) => member);
	}

	#note(userId: string, at: number): void {
		this.#left.delete(userId);
		this.#left.set(userId, at);
		const [oldest] = this.#left.keys();
		if (this.#left.size > mostLeft && oldest !== undefined) {
			this.#left.delete(oldest);
		}
	}
}

interface Known {
	readonly member: Member;
	/** As of when. */
	readonly at: number;
}

const mostLeft = 1000;

/** Somebody after a change, by what was known of them. */
export function memberOf(change: PresenceChange, known: Member | undefined): Member {
	const { userId, state, status, timestamp, bot, verified = known?.verified } = change;
	return {
		userId,
		state,
		...(verified !== undefined && { verified }),
		since: known?.since ?? timestamp,
		...(status !== undefined && { status }),
		...(bot !== undefined && { bot }),
	};
}
