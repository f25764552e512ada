/** Members by what they have in common. Most have it with nobody, so that a group of one is that member and no set. */
export class Groups<Member extends object> {
	readonly #groups = new Map<string, Member | Set<Member>>();

	add(key: string, member: Member): void {
		const group = this.#groups.get(key);
		if (group === undefined) {
			this.#groups.set(key, member);
		} else if (group instanceof Set) {
			group.add(member);
		} else if (group !== member) {
			this.#groups.set(key, new Set([group, member]));
		}
	}

	delete(key: string, member: Member): void {
		const group = this.#groups.get(key);
		if (group === member) {
			this.#groups.delete(key);
		} else if (group instanceof Set && group.delete(member) && group.size === 0) {
			this.#groups.delete(key);
		}
	}

	/** A copy: whoever is told something may leave at once. */
	of(key: string): readonly Member[] {
		const group = this.#groups.get(key);
		if (group === undefined) {
			return [];
		}
		return group instanceof Set ? [...group] : [group];
	}
}
