/** What causal clients show: nothing before what its author had been shown in other rooms, save what is marked as late (I14). */
import type { Ledger } from './ledger.ts';
import type { Place, Seen } from './observation.ts';
import { type Wants, wantsOf } from './readers.ts';
import type { Report } from './violation.ts';

/** Where a client is in a room. */
interface Standing {
	epoch: string | undefined;
	position: number;
	/** What it was shown there under whatever number. */
	readonly ids: Set<string>;
	/** What it is shown there at all. */
	wants: Wants;
}

export class Causality {
	readonly #report: Report;
	readonly #ledger: Ledger;
	/** What the author of each publish had been shown in other rooms, by cid. */
	readonly #seen = new Map<string, readonly Place[]>();
	/** What it may name as such: what it had been shown, and the places of its own that it was told. */
	readonly #known = new Map<string, readonly Place[]>();
	readonly #standings = new Map<string, Standing>();
	/** The rooms by their tokens. */
	readonly #rooms = new Map<string, string>();

	constructor(ledger: Ledger, report: Report) {
		this.#ledger = ledger;
		this.#report = report;
	}

	intended({ cid, seen, known }: Seen<'intended'>): void {
		if (cid !== undefined) {
			this.#seen.set(cid, seen ?? []);
			this.#known.set(cid, known ?? []);
		}
	}

	wrote({ frame }: Seen<'wrote'>): void {
		if (frame.type === 'subscribed' && frame.token !== undefined) {
			this.#rooms.set(frame.token, frame.room);
		}
	}

	/** A publish names what its author had seen when it was made. */
	heard({ connection, frame }: Seen<'heard'>): void {
		const { type, cid, after } = frame as { readonly type?: unknown; readonly cid?: unknown; readonly after?: unknown };
		if (type !== 'publish' || typeof cid !== 'string' || !Array.isArray(after)) {
			return;
		}
		const known = this.#known.get(cid) ?? [];
		for (const { token, epoch, sequence } of after as readonly { token: string; epoch: string; sequence: number }[]) {
			const room = this.#rooms.get(token);
			const isKnown = known.some((place) => place.room === room && place.epoch === epoch && place.sequence >= sequence);
			if (!isKnown) {
				const told = JSON.stringify(known);
				this.#report(
					'I14',
					`${connection}: ${cid} comes after ${room} #${sequence} of ${epoch}, and its author knew ${told}`,
				);
			}
		}
	}

	joined({ client, room, epoch, sequence, filter }: Seen<'joined'>): void {
		this.#standings.set(key(client, room), { epoch, position: sequence, ids: new Set(), wants: wantsOf(filter) });
	}

	/** What was passed before, by the filter of before, is not shown any more. */
	narrowed({ client, room, position, filter }: Seen<'narrowed'>): void {
		const standing = this.#standings.get(key(client, room));
		if (standing !== undefined) {
			standing.position = Math.max(standing.position, position);
			standing.wants = wantsOf(filter);
		}
	}

	shown({ client, room, epoch, item, following, waitedMs }: Seen<'shown'>): void {
		const standing = this.#standings.get(key(client, room));
		if (standing === undefined) {
			return;
		}
		if (item.kind === 'epoch') {
			const { sequence, lost } = item;
			standing.epoch = item.epoch;
			standing.position = lost === undefined ? sequence : Math.min(standing.position, sequence);
			return;
		}
		standing.epoch = epoch;
		if (item.kind === 'lost') {
			standing.position = Math.max(standing.position, item.to);
		} else if (item.kind === 'message') {
			const { sequence, id, cid = '' } = item.message;
			standing.position = Math.max(standing.position, sequence);
			standing.ids.add(id);
			if (following === undefined) {
				return;
			}
			if (item.late !== true) {
				const missing = this.#seen.get(cid)?.find((place) => this.#isMissing(client, place, following));
				if (missing !== undefined) {
					const before = `${missing.room} #${missing.sequence}, which its author had seen`;
					this.#report('I14', `${client}: shows ${room} #${sequence} before ${before}`);
				}
			} else if (waitedMs !== undefined && waitedMs.been < waitedMs.most) {
				this.#report('I14', `${client}: ${room} #${sequence} is late after ${waitedMs.been} of ${waitedMs.most} ms`);
			}
		}
	}

	/** Items of a room have waited for so long. */
	waits({ client, room, ms, most }: Seen<'waits'>): void {
		if (ms >= most) {
			this.#report('I14', `${client}: ${room} has waited for other rooms for ${ms} ms, and may for ${most}`);
		}
	}

	/** Whether a client that follows the room there, in that epoch, has still to come to a place. */
	#isMissing(client: string, { room, epoch, sequence }: Place, following: readonly Omit<Place, 'sequence'>[]): boolean {
		const standing = this.#standings.get(key(client, room));
		const isThere = following.some((now) => now.room === room && now.epoch === epoch) && standing?.epoch === epoch;
		if (standing === undefined || !isThere) {
			return false;
		}
		for (let number = standing.position + 1; number <= sequence; number += 1) {
			// One that was shown under another number is not shown again, and one that is not wanted never.
			const entry = this.#ledger.find(room, epoch, number);
			if (entry === undefined || (standing.wants(entry) && !standing.ids.has(entry.id))) {
				return true;
			}
		}
		return false;
	}
}

function key(client: string, room: string): string {
	return JSON.stringify([client, room]);
}
