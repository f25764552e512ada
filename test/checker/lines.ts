/** What a broker writes to each connection: I2 on the wire, and who is told what of whom. */
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Ledger } from './ledger.ts';
import type { Seen } from './observation.ts';
import type { Tries } from './tries.ts';
import type { Report } from './violation.ts';

/** Where a connection is in a room. */
interface Place {
	epoch: string | undefined;
	/** The number of the next message. */
	next: number;
}

interface Line {
	readonly protocol: 'base' | 'v1';
	/** Who it speaks for; a base client's name is the one of its own join. */
	user: string | undefined;
	readonly places: Map<string, Place>;
}

export class Lines {
	readonly #report: Report;
	readonly #ledger: Ledger;
	readonly #tries: Tries;
	readonly #lines = new Map<string, Line>();
	readonly #proved = new Set<string>();

	constructor(ledger: Ledger, tries: Tries, report: Report) {
		this.#ledger = ledger;
		this.#tries = tries;
		this.#report = report;
	}

	proved(user: string): void {
		this.#proved.add(user);
	}

	disconnected(connection: string): void {
		this.#lines.delete(connection);
		this.#tries.disconnected(connection);
	}

	heard(observation: Seen<'heard'>): void {
		this.#tries.heard(observation, this.#lines.get(observation.connection)?.user);
	}

	wrote({ connection, frame }: Seen<'wrote'>): void {
		const line = this.#line(connection, frame);
		const place = 'room' in frame && frame.room !== undefined ? line.places.get(frame.room) : undefined;
		switch (frame.type) {
			case 'welcome':
				line.user = frame.user.id;
				break;
			case 'subscribed':
				line.places.set(frame.room, { epoch: frame.epoch, next: frame.sequence + 1 });
				break;
			case 'unsubscribed':
				line.places.delete(frame.room);
				break;
			case 'message':
				this.#message(connection, line, place, frame);
				break;
			case 'history':
				for (const message of frame.messages) {
					this.#ledger.seen(frame.room, frame.epoch, message, `history of ${connection}`);
				}
				break;
			case 'gap':
				this.#gap(connection, line, place, frame);
				break;
			case 'rewind':
			case 'reset':
			case 'position':
				if (line.protocol === 'base') {
					this.#report('I2', `${connection}: a base client was sent ${frame.type}`);
				}
				line.places.set(frame.room, {
					epoch: frame.epoch,
					next: (frame.type === 'rewind' ? frame.to : frame.sequence) + 1,
				});
				break;
			case 'presence':
				this.#presence(connection, line, frame);
				break;
			case 'published':
			case 'error':
				if (line.protocol === 'v1' && line.user !== undefined) {
					this.#tries.wrote(connection, line.user, frame);
				}
				break;
			default:
				break;
		}
	}

	#line(connection: string, frame: FromBroker): Line {
		const known = this.#lines.get(connection);
		if (known !== undefined) {
			return known;
		}
		const protocol = frame.type === 'welcome' ? 'v1' : 'base';
		const line: Line = { protocol, user: undefined, places: new Map() };
		this.#lines.set(connection, line);
		return line;
	}

	#message(
		connection: string,
		line: Line,
		place: Place | undefined,
		frame: Extract<FromBroker, { type: 'message' }>,
	): void {
		const { room, sequence } = frame;
		if (place === undefined) {
			this.#report('I2', `${connection}: ${room} #${sequence} came without a subscription`);
			return;
		}
		const isNext = sequence === place.next || (frame.prev !== undefined && frame.prev < place.next);
		if (!isNext || sequence < place.next) {
			this.#report('I2', `${connection}: ${room} #${sequence} came where #${place.next} was to come`);
		}
		place.next = sequence + 1;
		this.#ledger.seen(room, place.epoch, frame, connection);
		if (frame.verified === true && !this.#proved.has(frame.sender)) {
			this.#report('I11', `${connection}: ${room} #${sequence} is verified, but ${frame.sender} proved nothing`);
		}
		if (room.startsWith('@') && line.user !== room.slice(1)) {
			this.#report('I7', `${connection}: ${line.user ?? 'nobody'} reads #${sequence} of ${room}`);
		}
	}

	#gap(connection: string, line: Line, place: Place | undefined, frame: Extract<FromBroker, { type: 'gap' }>): void {
		if (line.protocol === 'base') {
			this.#report('I2', `${connection}: a base client was sent a gap ${frame.from}..${frame.to} of ${frame.room}`);
		}
		if (place === undefined || frame.from !== place.next || frame.to < frame.from) {
			const next = place === undefined ? 'nothing' : `#${place.next}`;
			this.#report(
				'I2',
				`${connection}: a gap ${frame.from}..${frame.to} of ${frame.room} came where ${next} was next`,
			);
		}
		if (place !== undefined) {
			place.next = Math.max(place.next, frame.to + 1);
		}
	}

	#presence(connection: string, line: Line, frame: Extract<FromBroker, { type: 'presence' }>): void {
		const { room, userId, action } = frame;
		if (line.protocol === 'base' && action === 'join') {
			line.user ??= userId;
		}
		if (action !== 'leave' || room === undefined) {
			return;
		}
		for (const [name, other] of this.#lines) {
			if (other.user === userId && other.places.has(room)) {
				this.#report('I8', `${connection} was told that ${userId} left ${room}, but ${name} of ${userId} is there`);
				return;
			}
		}
	}
}
