/** What clients show: in order, each once, every hole named (I2, I4), and in the end everything (I12). */
import type { RoomItem } from '../../src/client/client.ts';
import type { Filter } from '../../src/protocol/filter.ts';
import { compileFilter } from '../../src/protocol/matching.ts';
import type { Ledger } from './ledger.ts';
import type { Entry, Seen } from './observation.ts';
import type { Report } from './violation.ts';

interface Reader {
	readonly client: string;
	readonly room: string;
	epoch: string | undefined;
	/** The last number that was shown or named. */
	position: number;
	/** What was shown, so that a copy may be left out when numbers went back. */
	readonly ids: Set<string>;
	/** Numbers that were named as never to come, and why. */
	readonly named: Hole[];
	/** Numbers that were passed when the reader went on in another epoch. */
	readonly passed: Hole[];
	/** Whether it is to show a message. */
	wants: Wants;
}

interface Hole {
	readonly epoch: string | undefined;
	readonly from: number;
	readonly to: number;
	readonly reason: string;
}

export class Readers {
	readonly #report: Report;
	readonly #ledger: Ledger;
	readonly #readers = new Map<string, Reader>();

	constructor(ledger: Ledger, report: Report) {
		this.#ledger = ledger;
		this.#report = report;
	}

	joined({ client, room, epoch, sequence, seen, filter }: Seen<'joined'>): void {
		const passed: Hole[] = [];
		if (seen !== undefined && epoch !== undefined && this.#isKnown(room, seen.epoch, epoch)) {
			const known = Math.min(seen.sequence, this.#ledger.shared(room, seen.epoch, epoch));
			passed.push({ epoch, from: known + 1, to: sequence, reason: `begins after #${sequence} and had seen #${known}` });
		}
		this.#readers.set(key(client, room), {
			...{ client, room, epoch, position: sequence, ids: new Set(), named: [], passed },
			wants: wantsOf(filter),
		});
	}

	/** What was passed before that was passed by the filter of before. */
	narrowed({ client, room, position, filter }: Seen<'narrowed'>): void {
		const reader = this.#readers.get(key(client, room));
		if (reader !== undefined) {
			this.#goTo(reader, position + 1, 'another filter');
			reader.position = Math.max(reader.position, position);
			reader.wants = wantsOf(filter);
		}
	}

	shown({ client, room, epoch, item, waited = false }: Seen<'shown'>): void {
		const reader = this.#readers.get(key(client, room));
		if (reader === undefined) {
			this.#report('I4', `${client}: shows ${wording(item)} of ${room} before it was told where it begins`);
			return;
		}
		if (item.kind !== 'epoch') {
			reader.epoch = epoch;
		}
		switch (item.kind) {
			case 'message':
				this.#message(reader, item.message);
				break;
			case 'lost':
				this.#goTo(reader, item.from, wording(item));
				// What stays away for long may be given up, and need not be shown in the end.
				if (item.reason !== 'timeout' || !waited) {
					reader.named.push({ epoch, from: item.from, to: item.to, reason: item.reason });
				}
				reader.position = Math.max(reader.position, item.to);
				break;
			case 'epoch':
				this.#goOn(reader, item);
				break;
			case 'resumed':
			case 'caught_up':
			case 'cleared':
				break;
		}
	}

	rests({ client, room, epoch, position }: Seen<'rests'>): void {
		const reader = this.#readers.get(key(client, room));
		if (reader === undefined) {
			this.#report('I12', `${client}: never began to show ${room}`);
			return;
		}
		reader.epoch = epoch;
		const present = this.#ledger.epoch(room);
		if (present !== undefined && epoch !== undefined && epoch !== present) {
			this.#report('I12', `${client}: rests in epoch ${epoch} of ${room}, which is in ${present}`);
			return;
		}
		const head = present === undefined ? 0 : this.#ledger.head(room, present);
		if (position !== head) {
			this.#report('I12', `${client}: rests at ${room} #${position}, and the head is #${head}`);
		}
		this.#goTo(reader, position + 1, 'its rest');
	}

	/** Looks at all that was passed over, also by readers that are no more. */
	finish(): void {
		for (const reader of this.#readers.values()) {
			for (const hole of [...reader.named, ...reader.passed]) {
				this.#checkGone(reader, hole);
			}
		}
	}

	#message(reader: Reader, message: Extract<RoomItem, { kind: 'message' }>['message']): void {
		const { client, room } = reader;
		const { sequence, id } = message;
		if (sequence <= reader.position) {
			this.#report('I2', `${client}: shows ${room} #${sequence} after #${reader.position}`);
		} else {
			this.#goTo(reader, sequence, `#${sequence}`);
		}
		if (!reader.wants(message)) {
			this.#report('I2', `${client}: shows ${room} #${sequence}, which does not match its filter`);
		}
		// One that was said again after its id was forgotten is two messages.
		const isTwice = reader.ids.has(id) && !this.#holdsTwice(reader, id);
		if (isTwice) {
			this.#report('I2', `${client}: shows ${room} #${sequence} (${id}) twice`);
		}
		reader.ids.add(id);
		reader.position = Math.max(reader.position, sequence);
		this.#ledger.seen(room, reader.epoch, message, client);
	}

	#holdsTwice({ room, epoch = this.#ledger.epoch(room) ?? '' }: Reader, id: string): boolean {
		return [...this.#ledger.entries(room, epoch)].filter((entry) => entry.id === id).length > 1;
	}

	/** What lies between the position and the next number shown was shown before, under another number. */
	#goTo(reader: Reader, next: number, what: string): void {
		const { client, room, epoch = this.#ledger.epoch(room) ?? '' } = reader;
		for (let sequence = reader.position + 1; sequence < next; sequence += 1) {
			const entry = this.#ledger.find(room, epoch, sequence);
			if (entry === undefined || (reader.wants(entry) && !reader.ids.has(entry.id))) {
				this.#report(
					'I4',
					`${client}: passes from ${room} #${reader.position} to ${what} without a word of #${sequence}`,
				);
				return;
			}
		}
	}

	/** Another epoch, or the same one with numbers that were taken back: a reader that stood lower stays there. */
	#goOn(reader: Reader, { epoch, sequence, lost }: Extract<RoomItem, { kind: 'epoch' }>): void {
		const before = reader.epoch;
		const shared = before === undefined ? reader.position : this.#ledger.shared(reader.room, before, epoch);
		const known = Math.min(reader.position, shared);
		const position = lost === undefined ? sequence : Math.min(reader.position, sequence);
		const reason = `goes on in epoch ${epoch} after #${position} and had seen #${known} of it`;
		if (before === undefined || this.#isKnown(reader.room, before, epoch)) {
			reader.passed.push({ epoch, from: known + 1, to: position, reason });
		}
		reader.epoch = epoch;
		reader.position = position;
	}

	/** Whether a broker that is in an epoch knows what a position of another one is. Otherwise all begins anew. */
	#isKnown(room: string, before: string, epoch: string): boolean {
		return before === epoch || this.#ledger.goesOnFrom(room, epoch, before);
	}

	/** Only what is not kept may be named as gone. */
	#checkGone({ client, room, ids, wants }: Reader, { epoch, from, to, reason }: Hole): void {
		const stored = this.#ledger.stored(room);
		const isInPresent = epoch === undefined || epoch === stored?.epoch;
		// An older copy may have what was gone when it was taken the place of.
		if (stored === undefined || !isInPresent) {
			return;
		}
		for (let sequence = from; sequence <= to; sequence += 1) {
			const entry = stored.kept.get(sequence);
			// What has a time to go may be back when the clock is set back.
			if (entry !== undefined && entry.expiresAt === undefined && wants(entry) && !ids.has(entry.id)) {
				this.#report(
					'I12',
					`${client}: never shows ${room} #${sequence}, which the log has; ${from}..${to}: ${reason}`,
				);
				return;
			}
		}
	}
}

function key(client: string, room: string): string {
	return JSON.stringify([client, room]);
}

/** Whether whoever reads by a filter, or by none, is shown a message. */
export type Wants = (entry: Entry) => boolean;

export function wantsOf(filter: Filter | undefined): Wants {
	return filter === undefined ? () => true : compileFilter(filter);
}

function wording(item: RoomItem): string {
	switch (item.kind) {
		case 'message':
			return `#${item.message.sequence}`;
		case 'lost':
			return `lost ${item.from}..${item.to} (${item.reason})`;
		default:
			return item.kind;
	}
}
