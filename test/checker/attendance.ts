/** Who is in a room, as those who read it are told: in the end neither somebody who has left nor one who is there is amiss. */
import type { Seen } from './observation.ts';
import type { Report } from './violation.ts';

export class Attendance {
	readonly #report: Report;
	readonly #users = new Map<string, ReadonlySet<string>>();

	constructor(report: Report) {
		this.#report = report;
	}

	attended({ room, users }: Seen<'attended'>): void {
		this.#users.set(room, new Set(users));
	}

	believes({ by, room, users }: Seen<'believes'>): void {
		const there = this.#users.get(room) ?? new Set();
		const left = users.filter((user) => !there.has(user));
		const missing = [...there].filter((user) => !users.includes(user));
		if (left.length > 0) {
			this.#report('I8', `${by}: ${left} were never said to have left ${room}`);
		}
		if (missing.length > 0) {
			this.#report('I8', `${by}: ${missing} are in ${room} and were not said to be`);
		}
	}
}
