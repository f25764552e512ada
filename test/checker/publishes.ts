/** What clients meant to say, what they learned of it, and what the log holds of it. */
import type { Ledger } from './ledger.ts';
import type { Entry, Seen } from './observation.ts';
import type { Report } from './violation.ts';

interface Publish {
	readonly room: string;
	readonly content: string;
	/** The inbox of its sender, for a direct message of somebody who has one. */
	readonly copyIn: string | undefined;
	/** The first of the runs that hand this on to each other. */
	readonly producer: string;
	/** Its place among all that the producer said. */
	readonly index: number;
	/** The run that has to learn what became of it; none when it ended without an heir. */
	owner: string | undefined;
	/** Codes with which it may be refused. */
	readonly provoked: Set<string>;
	/** What each run learned. */
	readonly learned: (Seen<'acked'> | Seen<'refused'>)[];
}

export interface PublishesOptions {
	/** How long a log remembers ids, in ms: a repeat that comes later is another message. */
	readonly dedupeMs: number;
}

export class Publishes {
	/** Codes with which any may be refused. */
	readonly #refusable = new Set<string>();
	readonly #report: Report;
	readonly #ledger: Ledger;
	readonly #options: PublishesOptions;
	readonly #publishes = new Map<string, Publish>();
	/** What base clients said: it has no cid to be known by. */
	readonly #bare = new Set<string>();
	readonly #producers = new Map<string, string>();
	#count = 0;

	constructor(ledger: Ledger, options: PublishesOptions, report: Report) {
		this.#ledger = ledger;
		this.#options = options;
		this.#report = report;
	}

	intended({ client, room, cid, content, copyIn }: Seen<'intended'>): void {
		this.#count += 1;
		if (cid === undefined) {
			this.#bare.add(JSON.stringify([room, content]));
			return;
		}
		const producer = this.#producers.get(client) ?? client;
		const place = { producer, index: this.#count, owner: client };
		this.#publishes.set(cid, { room, content, copyIn, ...place, provoked: new Set(), learned: [] });
	}

	mayBeRefused({ code }: Seen<'may be refused'>): void {
		this.#refusable.add(code);
	}

	provoked({ cid, code }: Seen<'provoked'>): void {
		this.#publishes.get(cid)?.provoked.add(code);
	}

	ended({ client, heir }: Seen<'ended'>): void {
		if (heir !== undefined) {
			this.#producers.set(heir, this.#producers.get(client) ?? client);
		}
		for (const publish of this.#publishes.values()) {
			if (publish.owner === client && publish.learned.length === 0) {
				publish.owner = heir;
			}
		}
	}

	learned(observation: Seen<'acked'> | Seen<'refused'>): void {
		const { client, room, cid } = observation;
		const publish = this.#publishes.get(cid);
		if (publish === undefined) {
			this.#report('I5', `${client}: ${cid} in ${room} is ${observation.type}, but nobody published it`);
			return;
		}
		for (const before of publish.learned) {
			if (before.type !== observation.type) {
				this.#report(
					'I9',
					`${cid} in ${room} was ${before.type} to ${before.client} and ${observation.type} to ${client}`,
				);
			} else if (before.client === client) {
				this.#report('I5', `${client}: ${cid} in ${room} was settled twice`);
			}
		}
		publish.learned.push(observation);
		const isFree = observation.type === 'refused' && this.#refusable.has(observation.code);
		if (observation.type === 'refused' && !isFree && !publish.provoked.has(observation.code)) {
			this.#report(
				'I9',
				`${client}: ${cid} "${publish.content.slice(0, 40)}" in ${room} was refused with ${observation.code} for no reason`,
			);
		}
		if (observation.type === 'acked') {
			this.#acked(observation, publish);
		}
	}

	#acked(acked: Seen<'acked'>, publish: Publish): void {
		const { room, cid, epoch, sequence } = acked;
		if (isDirect(publish) && this.#ledger.knowsDurable && !this.#ledger.holds(room, cid)) {
			this.#report('I6', `${cid} was acknowledged, and ${room} does not have it`);
		}
		const log = logOf(publish);
		if (log !== undefined) {
			const entry = { id: '', sender: '', ...publish, cid, sequence };
			this.#checkPlace({ ...acked, room: log }, this.#ledger.find(log, epoch, sequence), entry);
		}
	}

	/** Looks at everything that is known of the logs in the end. */
	finish(): void {
		for (const room of this.#ledger.rooms) {
			for (const epoch of this.#ledger.ends(room)) {
				this.#checkLog(room, epoch);
			}
		}
		for (const [cid, publish] of this.#publishes) {
			if (publish.owner !== undefined && publish.learned.length === 0) {
				this.#report('I12', `${cid} "${publish.content}" in ${publish.room} of ${publish.owner} was never settled`);
			}
			for (const observation of publish.learned) {
				if (observation.type === 'acked') {
					this.#checkKept(cid, publish, observation);
				}
			}
		}
	}

	/** An acknowledged message is where its acknowledgement said, in its own epoch and all that go on from it. */
	#checkKept(cid: string, publish: Publish, acked: Seen<'acked'>): void {
		const { epoch, sequence } = acked;
		const room = logOf(publish);
		if (room === undefined) {
			return;
		}
		const stored = this.#ledger.stored(room);
		const entry = { id: '', sender: '', ...publish, cid, sequence };
		const known = this.#ledger.find(room, epoch, sequence);
		this.#checkPlace({ ...acked, room }, known, entry);
		if (stored === undefined || sequence > this.#ledger.shared(room, epoch, stored.epoch)) {
			return;
		}
		const isGone = sequence < stored.oldest || stored.gone.some(({ from, to }) => from <= sequence && sequence <= to);
		if (!isGone && stored.kept.get(sequence)?.content !== publish.content) {
			this.#report(
				'I6',
				`${cid} was acknowledged at ${room} #${sequence} of ${epoch}, but the log has ${wording(stored.kept.get(sequence))} there`,
			);
		}
	}

	#checkPlace({ room, epoch, sequence, cid }: Seen<'acked'>, known: Entry | undefined, entry: Entry): void {
		if (known === undefined) {
			if (this.#ledger.knowsDurable) {
				this.#report('I6', `${cid} was acknowledged at ${room} #${sequence} of ${epoch}, which is not durable`);
			}
		} else if (known.content !== entry.content || (known.cid !== undefined && known.cid !== cid)) {
			this.#report('I6', `${cid} was acknowledged at ${room} #${sequence} of ${epoch}, which is ${wording(known)}`);
		}
	}

	/** I3, I5 and I9 in a log from its first number on. */
	#checkLog(room: string, epoch: string): void {
		const last = new Map<string, { readonly index: number; readonly sequence: number }>();
		const places = new Map<string, Entry>();
		for (const entry of this.#ledger.entries(room, epoch)) {
			const { cid, sequence, content } = entry;
			const publish = cid === undefined ? undefined : this.#publishes.get(cid);
			const isMeant = publish === undefined ? this.#isBare(room, content) : publish.content === content;
			if (this.#count > 0 && !isMeant) {
				this.#report('I5', `${room} #${sequence} of ${epoch} holds ${wording(entry)}, which nobody published so`);
			}
			if (cid === undefined || publish === undefined) {
				continue;
			}
			if (room !== publish.room && room !== publish.copyIn) {
				this.#report('I7', `${cid} was said in ${publish.room}, and is ${room} #${sequence} of ${epoch}`);
			}
			const before = places.get(cid);
			if (before !== undefined) {
				const apartMs = timeOf(entry) - timeOf(before);
				places.set(cid, entry);
				if (apartMs < this.#options.dedupeMs) {
					this.#report('I5', `${room}: ${cid} is stored as #${before.sequence} and as #${sequence} of ${epoch}`);
				}
				continue;
			}
			places.set(cid, entry);
			// What one says to several people is in their own inbox, in the order of each of them.
			const series = JSON.stringify([publish.producer, publish.room]);
			const earlier = last.get(series);
			if (earlier !== undefined && earlier.index > publish.index) {
				this.#report(
					'I3',
					`${room} #${sequence} ${cid} was said by ${publish.producer} before what is #${earlier.sequence} of ${epoch}`,
				);
			}
			last.set(series, { index: publish.index, sequence });
			const refused = publish.learned.find((one) => one.type === 'refused');
			if (refused?.outcome === 'not_applied') {
				this.#report(
					'I9',
					`${cid} was refused to ${refused.client} (${refused.code}), but is ${room} #${sequence} of ${epoch}`,
				);
			}
		}
	}

	#isBare(room: string, content: string): boolean {
		return this.#bare.has(JSON.stringify([room, content]));
	}
}

function isDirect({ room }: Publish): boolean {
	return room.startsWith('@');
}

/** In which log an acknowledgement gives it a place; in none that a guest may know. */
function logOf(publish: Publish): string | undefined {
	return isDirect(publish) ? publish.copyIn : publish.room;
}

/** By which clock it was numbered; of one log they are all the same. */
function timeOf({ elapsed, timestamp = 0 }: Entry): number {
	return elapsed ?? timestamp;
}

function wording(entry: Entry | undefined): string {
	return entry === undefined ? 'nothing' : `"${entry.content}" (${entry.cid ?? entry.id})`;
}
