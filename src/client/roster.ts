import type { Member, PresenceChange } from './client.ts';

/** Who is in a room as far as presence told: what stands in for a list that a base broker cannot give. */
export class Roster {
	/** By name, in the order they came. */
	readonly #members = new Map<string, Member>();

	/** A broker that names more people than this has the rest left out. */
	static readonly limit = 1000;

	apply({ userId, action, state, status, timestamp }: PresenceChange): void {
		const known = this.#members.get(userId);
		if (action === 'leave') {
			this.#members.delete(userId);
		} else if (known !== undefined || this.#members.size < Roster.limit) {
			this.#members.set(userId, {
				userId,
				state,
				verified: false,
				since: known?.since ?? timestamp,
				...(status !== undefined && { status }),
			});
		}
	}

	clear(): void {
		this.#members.clear();
	}

	list(): readonly Member[] {
		return [...this.#members.values()];
	}
}
