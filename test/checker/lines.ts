/** What a broker writes to each connection: I2 on the wire, and who is told what of whom. */
import { readFilter } from '../../src/protocol/filter.ts';
import type { FromBroker, Position } from '../../src/protocol/frames.ts';
import { compileFilter, type Matches } from '../../src/protocol/matching.ts';
import type { Answers } from './answers.ts';
import type { Ledger } from './ledger.ts';
import type { Asked, LogNow, Seen } from './observation.ts';
import { wrongBasePage, wrongPage } from './pages.ts';
import { reachOf, wrongBasePlace, wrongMove, wrongPlace } from './places.ts';
import { Stays } from './stays.ts';
import type { Tries } from './tries.ts';
import type { Report } from './violation.ts';

/** Where a connection is in a room. */
interface Place {
	epoch: string | undefined;
	/** The number of the next message, or the lowest that it may have where a filter chooses. */
	next: number;
	readonly matches: Matches | undefined;
}

interface Line {
	readonly protocol: 'base' | 'v1';
	/** Who it speaks for; a base client's name is the one of its own join. */
	user: string | undefined;
	session: string | undefined;
	readonly places: Map<string, Place>;
	/** Each `subscribe` without a `ref` that was not answered yet: a base client gives none. */
	readonly asked: Asked[];
}

type Frame<Type extends FromBroker['type']> = Extract<FromBroker, { type: Type }>;

/** What a frame may be held against. */
interface Now {
	readonly log: LogNow | undefined;
}

/** What lines are checked together with. */
interface Others {
	readonly ledger: Ledger;
	readonly tries: Tries;
	readonly answers: Answers;
}

export class Lines {
	readonly #report: Report;
	readonly #ledger: Ledger;
	readonly #tries: Tries;
	readonly #answers: Answers;
	readonly #lines = new Map<string, Line>();
	/** By user: the key, if it is told. */
	readonly #proved = new Map<string, string | undefined>();
	/** By user, of those who have one. */
	readonly #inboxes = new Map<string, string>();
	readonly #stays: Stays;
	/** What was asked for on connections on which nothing was written yet. */
	readonly #speechless = new Map<string, Asked[]>();
	#isQuiet = false;

	constructor({ ledger, tries, answers }: Others, report: Report) {
		this.#ledger = ledger;
		this.#tries = tries;
		this.#answers = answers;
		this.#report = report;
		this.#stays = new Stays(report);
	}

	/** A broker began to run. */
	started(): void {
		this.#stays.started();
	}

	mayBePutOut({ user, room }: Seen<'may be put out'>): void {
		this.#stays.mayBePutOut(user, room);
	}

	proved({ user, key, inbox }: Seen<'proved'>): void {
		this.#proved.set(user, key);
		if (inbox !== undefined) {
			this.#inboxes.set(user, inbox);
		}
	}

	disconnected({ connection, at, lostAt }: Seen<'disconnected'>): void {
		const { session, user, places } = this.#lines.get(connection) ?? {};
		if (at !== undefined && user !== undefined && places !== undefined) {
			this.#stays.ended({ session, user, rooms: places.keys() }, { at, lostAt });
		}
		this.#lines.delete(connection);
		this.#tries.disconnected(connection);
		this.#answers.disconnected(connection);
		this.#speechless.delete(connection);
	}

	/** From here on whatever is said of who is there is true: before, it may be older than it was told. */
	quiet(): void {
		this.#isQuiet = true;
	}

	/** Whoever reads a room is there, and nobody else is. */
	believes({ by, room, users, isPart = false }: Omit<Seen<'believes'>, 'type'>): void {
		const reading = [...this.#lines.values()].filter(({ places }) => places.has(room));
		const there = new Set(reading.map(({ user }) => user));
		const left = users.filter((user) => !there.has(user));
		const missing = [...there].filter((user) => user !== undefined && !users.includes(user));
		if (left.length > 0) {
			this.#report('I8', `${by}: ${left} were never said to have left ${room}`);
		}
		if (missing.length > 0 && !isPart) {
			this.#report('I8', `${by}: ${missing} are in ${room} and were not said to be`);
		}
	}

	heard(observation: Seen<'heard'>): void {
		const { connection, frame } = observation;
		const line = this.#lines.get(connection);
		this.#tries.heard(observation, line?.user);
		this.#answers.heard(observation);
		if (frame['type'] === 'auth' && line !== undefined) {
			// What was asked before it is refused.
			line.asked.length = 0;
		}
		if (frame['type'] === 'subscribe' && frame['ref'] === undefined) {
			const asked = line?.asked ?? this.#speechless.get(connection) ?? [];
			asked.push(frame);
			if (line === undefined) {
				this.#speechless.set(connection, asked);
			}
		}
	}

	wrote(observation: Seen<'wrote'>): void {
		const { connection, frame, log } = observation;
		const line = this.#line(connection, frame);
		const asked = this.#answers.wrote(observation);
		const place = 'room' in frame && frame.room !== undefined ? line.places.get(frame.room) : undefined;
		switch (frame.type) {
			case 'welcome':
				line.user = frame.user.id;
				line.session = frame.session;
				this.#welcomed(frame, observation.at);
				if (frame.user.verified) {
					this.#checkVerified(`${connection}: welcome`, frame.user.id, frame.user.key);
				}
				break;
			case 'subscribed':
				if (line.protocol === 'base' && frame.room.startsWith('@')) {
					// It reads nothing there.
					const index = line.asked.findIndex(({ room }) => room === frame.room);
					line.asked.splice(index === -1 ? 0 : index, index === -1 ? 0 : 1);
					break;
				}
				this.#subscribed(connection, line, frame, { asked, log, place });
				if (line.session !== undefined) {
					this.#stays.entered(line.session, frame.room);
				}
				break;
			case 'unsubscribed':
				line.places.delete(frame.room);
				if (line.user !== undefined && observation.at !== undefined) {
					this.#stays.went(line.user, frame.room, observation.at);
				}
				break;
			case 'message':
				this.#message(connection, line, place, frame);
				break;
			case 'history':
				this.#history(connection, line, frame, { asked, log });
				break;
			case 'found':
				this.#found(connection, frame, log);
				break;
			case 'gap':
				this.#gap(connection, line, place, frame);
				this.#checkGone(`${connection}: a gap`, frame.room, frame, log);
				break;
			case 'members':
				if (this.#isQuiet) {
					const users = frame.members.map(({ userId }) => userId);
					this.believes({ by: `members for ${connection}`, room: frame.room, users });
				}
				break;
			case 'pong':
				this.#pong(connection, line, frame);
				break;
			case 'rewind':
			case 'reset':
			case 'position':
				if (line.protocol === 'base') {
					this.#report('I2', `${connection}: a base client was sent ${frame.type}`);
				}
				if (frame.type === 'reset' && log !== undefined && place?.epoch !== undefined) {
					this.#reset(connection, frame, { epoch: place.epoch, sequence: place.next - 1 }, log);
				}
				if (frame.type === 'position') {
					this.#position(connection, place, frame);
				}
				line.places.set(frame.room, {
					epoch: frame.epoch,
					next: (frame.type === 'rewind' ? frame.to : frame.sequence) + 1,
					matches: place?.matches,
				});
				break;
			case 'presence':
				this.#presence(connection, line, frame, observation.at);
				break;
			case 'published':
			case 'error':
				if (line.protocol === 'v1' && line.user !== undefined) {
					this.#tries.wrote(observation, line.user, frame, this.#inboxes.get(line.user));
				}
				if (frame.type === 'error' && line.protocol === 'base' && line.places.size === 0) {
					// Perhaps it was what a base client asked for that could not be.
					line.asked.length = 0;
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
		const protocol = frame.type === 'welcome' || frame.type === 'challenge' ? 'v1' : 'base';
		const asked = this.#speechless.get(connection) ?? [];
		const line: Line = { protocol, user: undefined, session: undefined, places: new Map(), asked };
		this.#speechless.delete(connection);
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
		const isNext = place.matches === undefined ? sequence === place.next : (frame.prev ?? sequence) < place.next;
		if (!isNext || sequence < place.next) {
			this.#report('I2', `${connection}: ${room} #${sequence} came where #${place.next} was to come`);
		}
		if (place.matches?.(frame) === false) {
			this.#report('I2', `${connection}: ${room} #${sequence} came and does not match the filter`);
		}
		this.#passes(connection, room, place, { prev: frame.prev, sequence: sequence - 1 });
		place.next = sequence + 1;
		// A base reader goes on in another epoch without a word, when the log is the same up to where it is.
		const epoch = line.protocol === 'base' ? (this.#ledger.epoch(room) ?? place.epoch) : place.epoch;
		this.#ledger.seen(room, epoch, frame, connection);
		if (frame.verified === true) {
			this.#checkVerified(`${connection}: ${room} #${sequence}`, frame.sender, frame.key);
		}
		if (room.startsWith('@') && line.user !== room.slice(1)) {
			this.#report('I7', `${connection}: ${line.user ?? 'nobody'} reads #${sequence} of ${room}`);
		}
	}

	/** Whoever filters is told where it is, and that nothing up to there is for it. */
	#position(connection: string, place: Place | undefined, { room, epoch, sequence, prev }: Frame<'position'>): void {
		if (place?.matches === undefined || place.epoch !== epoch) {
			this.#report('I2', `${connection}: a position in ${room} #${sequence} of ${epoch} came to one that is not there`);
		} else if (prev === undefined || prev >= place.next || sequence < place.next) {
			this.#report('I2', `${connection}: ${room} #${sequence} was told after #${prev} where #${place.next} was next`);
		} else {
			this.#passes(connection, room, place, { prev, sequence });
		}
	}

	/** What a filtered reader is told to be nothing for it, after `prev` and up to `sequence`, does not match. */
	#passes(
		connection: string,
		room: string,
		{ matches, epoch = '', next }: Place,
		{ prev = next - 1, sequence }: { readonly prev: number | undefined; readonly sequence: number },
	): void {
		for (let number = prev + 1; matches !== undefined && number <= sequence; number += 1) {
			const entry = this.#ledger.find(room, epoch, number);
			if (entry !== undefined && matches(entry)) {
				this.#report('I4', `${connection}: is taken past ${room} #${number}, which matches, to #${sequence}`);
				return;
			}
		}
	}

	#checkVerified(what: string, user: string, key: string | undefined): void {
		const known = this.#proved.get(user);
		if (!this.#proved.has(user)) {
			this.#report('I11', `${what} is verified, but ${user} proved nothing`);
		} else if (known !== undefined && known !== key) {
			this.#report('I11', `${what} is verified for ${key}, and ${user} has ${known}`);
		}
	}

	/** Whoever is told of a place is told the truth; one that nobody asked for is a move. */
	#subscribed(
		connection: string,
		line: Line,
		frame: Frame<'subscribed'>,
		{ asked, log, place }: { readonly asked: Asked | undefined; readonly place: Place | undefined } & Now,
	): void {
		const bare = frame.ref === undefined ? line.asked.findIndex(({ room }) => room === frame.room) : -1;
		const question = asked ?? (bare === -1 ? undefined : line.asked.splice(bare, 1)[0]);
		const was = place && { epoch: place.epoch ?? '', sequence: place.next - 1 };
		const filter = line.protocol === 'v1' && question !== undefined ? readFilter(question['filter']) : undefined;
		line.places.set(frame.room, {
			// Only its first place tells a base reader an epoch, of which it knows nothing.
			epoch: frame.epoch ?? log?.epoch ?? place?.epoch,
			next: frame.sequence + 1,
			matches: question === undefined ? place?.matches : filter?.ok ? compileFilter(filter.filter) : undefined,
		});
		if (log === undefined) {
			return;
		}
		let wrong: string | undefined;
		if (line.protocol === 'base') {
			wrong =
				was === undefined || question !== undefined
					? wrongBasePlace(frame, log)
					: this.#wrongAlignment(frame, was, log);
		} else if (question !== undefined) {
			wrong = wrongPlace(this.#ledger, frame, question, log);
		} else if (frame.ref === undefined) {
			wrong = was === undefined ? 'comes to nobody' : wrongMove(this.#ledger, frame, was, log);
		}
		if (wrong !== undefined) {
			this.#report('I2', `${connection}: subscribed of ${frame.room} ${wrong}`);
		}
		if (frame.gap !== undefined) {
			this.#checkGone(`${connection}: subscribed`, frame.room, frame.gap, log);
		}
	}

	/** A base reader is taken past what is gone, or back to where another log is still the one that it knew. */
	#wrongAlignment({ room, sequence }: Frame<'subscribed'>, was: Position, log: LogNow): string | undefined {
		const reach = reachOf(this.#ledger, room, was, log);
		if (reach === undefined || (was.epoch !== log.epoch && sequence === reach)) {
			return undefined;
		}
		if (sequence < was.sequence) {
			return `goes back from #${was.sequence} to #${sequence} in one epoch`;
		}
		const kept = log.numbers.find((number) => was.sequence < number && number <= sequence);
		return kept === undefined
			? undefined
			: `takes a reader of ${room} from #${was.sequence} to #${sequence} past #${kept}`;
	}

	#history(
		connection: string,
		line: Line,
		frame: Frame<'history'>,
		{ asked, log }: { readonly asked: Asked | undefined } & Now,
	) {
		const { room, epoch, messages, gaps = [] } = frame;
		for (const message of messages) {
			this.#ledger.seen(room, epoch, message, `history of ${connection}`);
			if (message.verified === true) {
				this.#checkVerified(`${connection}: ${room} #${message.sequence}`, message.sender, message.key);
			}
		}
		if (log === undefined || (line.protocol === 'base' && room.startsWith('@'))) {
			return;
		}
		const wrong =
			line.protocol === 'base'
				? wrongBasePage(frame, log)
				: asked === undefined
					? undefined
					: wrongPage(frame, asked, log);
		if (wrong !== undefined) {
			this.#report('I4', `${connection}: a page of ${room} ${wrong}`);
		}
		for (const gap of gaps) {
			this.#checkGone(`${connection}: a page`, room, gap, log);
		}
	}

	#found(connection: string, { room, epoch, messages }: Frame<'found'>, log: LogNow | undefined): void {
		for (const message of messages) {
			this.#ledger.seen(room, epoch, message, `search of ${connection}`);
			if (message.verified === true) {
				this.#checkVerified(`${connection}: ${room} #${message.sequence}`, message.sender, message.key);
			}
		}
		const gone = messages.find(({ sequence }) => log !== undefined && !log.numbers.includes(sequence));
		if (gone !== undefined) {
			this.#report('I4', `${connection}: a search of ${room} found #${gone.sequence}, which is not kept`);
		}
	}

	#pong(connection: string, { places }: Line, { heads = [] }: Frame<'pong'>): void {
		const said = heads.map(({ room, epoch, sequence }) => `${room} #${sequence} of ${epoch}`).sort();
		const known = [...places].map(([room, { epoch, next }]) => `${room} #${next - 1} of ${epoch}`).sort();
		if (said.join() !== known.join()) {
			this.#report('I2', `${connection}: pong says that it was sent ${said}, and it was ${known}`);
		}
	}

	#reset(connection: string, { room, epoch, sequence }: Frame<'reset'>, was: Position, log: LogNow): void {
		const reach = reachOf(this.#ledger, room, was, log);
		if (reach !== undefined || epoch !== log.epoch || sequence > log.head) {
			const there =
				reach === undefined ? `the head is #${log.head} of ${log.epoch}` : `the log is the same up to #${reach}`;
			this.#report('I2', `${connection}: ${room} begins anew after #${sequence} of ${epoch}, but ${there}`);
		}
	}

	/** What is said to be gone cannot be read. */
	#checkGone(
		what: string,
		room: string,
		{ from, to }: { readonly from: number; readonly to: number },
		log?: LogNow,
	): void {
		const kept = log?.numbers.find((number) => from <= number && number <= to);
		if (kept !== undefined) {
			this.#report('I4', `${what} of ${room} says that ${from}..${to} are gone, and #${kept} is there`);
		}
	}

	#gap(connection: string, line: Line, place: Place | undefined, frame: Frame<'gap'>): void {
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

	#welcomed({ session, user, resumed, sessionTtlMs: ttlMs }: Frame<'welcome'>, at: number | undefined): void {
		if (at !== undefined) {
			this.#stays.welcomed({ session, user: user.id, resumed, ttlMs }, at);
		}
	}

	#presence(
		connection: string,
		line: Line,
		frame: Extract<FromBroker, { type: 'presence' }>,
		at: number | undefined,
	): void {
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
		if (at !== undefined) {
			this.#stays.left(connection, { user: userId, room }, at);
		}
	}
}
