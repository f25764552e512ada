/** I15: what is kept from being stored, by what brokers have answered to those who ordered it. */
import type { Seen } from './observation.ts';
import type { Report } from './violation.ts';

export class Restraints {
	readonly #report: Report;
	/** What is in force, by kind, user and room. */
	readonly #inForce = new Set<string>();
	/** Messages that are, or were, in a log. */
	readonly #stored = new Set<string>();

	constructor(report: Report) {
		this.#report = report;
	}

	restrained({ kind, user, room = '' }: Seen<'restrained'>): void {
		this.#inForce.add(nameOf(kind, user, room));
	}

	freed({ kind, user, room = '' }: Seen<'freed'>): void {
		this.#inForce.delete(nameOf(kind, user, room));
	}

	committed({ room, entries }: Seen<'committed'>): void {
		for (const { id, sender, sequence } of entries) {
			const name = JSON.stringify([room, id]);
			// A broker that begins tells again what is on its disk.
			const isKnown = this.#stored.has(name);
			this.#stored.add(name);
			if (isKnown || this.#inForce.size === 0) {
				continue;
			}
			const kind = (['ban', 'mute'] as const).find((one) =>
				[room, ''].some((place) => this.#inForce.has(nameOf(one, sender, place))),
			);
			if (kind !== undefined) {
				this.#report(
					'I15',
					`${room} #${sequence} is of ${sender}, and was stored after the broker had said of a ${kind} that it holds`,
				);
			}
		}
	}

	/** The disk was put back: what was ordered since is not on it. */
	restored(): void {
		this.#inForce.clear();
	}
}

function nameOf(kind: string, user: string, room: string): string {
	return JSON.stringify([kind, user, room]);
}
