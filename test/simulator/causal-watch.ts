/** What a causal client has to tell of itself, so that the order across rooms can be checked. */
import type { Published, RoomItem } from '../../src/client/client.ts';
import type { Session } from '../../src/client/session.ts';
import type { Happening } from '../../src/client/step.ts';
import { isInbox } from '../../src/protocol/names.ts';
import type { Place, Seen } from '../checker/observation.ts';
import type { Watch } from './watch.ts';

export interface CausalWatchOptions {
	/** Of the run. */
	readonly name: string;
	readonly session: Session;
	readonly causalMs: number;
	readonly watch: Watch;
}

/** A client lets go of what waits when so much of a room does. */
const mostWaiting = 256;

export class CausalWatch {
	readonly #options: CausalWatchOptions;
	/** When each message of a room first came, by its id. */
	readonly #cameAt = new Map<string, number>();
	/** The last message that was shown of each room, since its numbers last began anew. */
	readonly #shown = new Map<string, number>();
	/** The last place of its own that it was told of each room and epoch. */
	readonly #spoken = new Map<string, Place>();
	/** Since when the same items of a room wait. */
	readonly #waiting = new Map<string, { readonly position: number; readonly since: number }>();
	#now = 0;

	constructor(options: CausalWatchOptions) {
		this.#options = options;
	}

	/** Something comes, and is about to be looked at. */
	comes(happening: Happening, at: number): void {
		this.#now = Math.max(this.#now, at);
		if (happening.type !== 'frame') {
			return;
		}
		const { frame } = happening;
		const messages = frame.type === 'message' ? [frame] : frame.type === 'history' ? frame.messages : [];
		for (const { room, id } of messages) {
			const key = JSON.stringify([room, id]);
			if (!this.#cameAt.has(key)) {
				this.#cameAt.set(key, this.#now);
			}
		}
	}

	/** It leaves a room, and says nothing of it any more. */
	left(room: string): void {
		this.#shown.delete(room);
		this.#waiting.delete(room);
	}

	published({ room, epoch, sequence }: Published): void {
		const key = JSON.stringify([room, epoch]);
		if ((this.#spoken.get(key)?.sequence ?? 0) < sequence) {
			this.#spoken.set(key, { room, epoch, sequence });
		}
	}

	/** What it knows that is about to say something in a room. */
	author(room: string): Pick<Seen<'intended'>, 'seen' | 'known'> {
		const seen = [...this.#shown].flatMap(([other, sequence]) => {
			const { epoch } = this.#options.session.room(other) ?? {};
			// An inbox is named to nobody.
			const isNamed = other !== room && !isInbox(other) && epoch !== undefined;
			return isNamed ? [{ room: other, epoch, sequence }] : [];
		});
		// What it said itself, and was passed over before it came round, counts in a later name of the epoch as well.
		const stands = this.#options.session.joined.flatMap((other) => {
			const { epoch, position = 0 } = this.#options.session.room(other) ?? {};
			return epoch === undefined ? [] : [{ room: other, epoch, sequence: position }];
		});
		return { seen, known: [...stands, ...this.#spoken.values()] };
	}

	/** What has to be told of an item that is shown now, with so many of its room in this step, itself included. */
	shows(room: string, item: RoomItem, given: number): Pick<Seen<'shown'>, 'following' | 'waitedMs'> {
		const { session, watch, causalMs } = this.#options;
		if (item.kind === 'epoch') {
			this.#shown.delete(room);
		}
		if (item.kind !== 'message') {
			return {};
		}
		const { id, sequence } = item.message;
		this.#shown.set(room, sequence);
		const following = session.joined.flatMap((other) => {
			const { epoch, phase } = session.room(other) ?? {};
			return epoch !== undefined && phase === 'live' ? [{ room: other, epoch }] : [];
		});
		if (item.late !== true) {
			return { following };
		}
		watch.count('late messages');
		const been = this.#now - (this.#cameAt.get(JSON.stringify([room, id])) ?? 0);
		// Behind one that was let go of, all that waited may have had nothing more to wait for.
		const isCrowded = (session.room(room)?.waiting ?? 0) + given > mostWaiting;
		return { following, ...(!isCrowded && { waitedMs: { been, most: causalMs } }) };
	}

	/** Looks at what still waits after a step. */
	measure(at: number): void {
		const { name: client, session, watch, causalMs: most } = this.#options;
		for (const room of session.joined) {
			const { waiting = 0, position = 0 } = session.room(room) ?? {};
			const before = this.#waiting.get(room);
			if (waiting === 0) {
				this.#waiting.delete(room);
				if (before !== undefined) {
					watch.count('rooms that waited for another');
				}
				continue;
			}
			const what = `items of ${room} that wait in ${client}`;
			watch.observe({ type: 'measured', what, value: waiting, bound: mostWaiting });
			const since = before?.position === position ? before.since : at;
			this.#waiting.set(room, { position, since });
			watch.observe({ type: 'waits', client, room, ms: this.#now - since, most });
		}
	}
}
