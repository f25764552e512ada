/**
 * One direction of a connection. It keeps order, as TCP does, unless a broken middle loses, doubles or overtakes frames.
 */
import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';

/** What a frame of text, or a control frame, is on its way. */
export type Parcel =
	| { readonly type: 'text'; readonly text: string }
	| { readonly type: 'ping' | 'pong'; readonly mark?: string }
	| { readonly type: 'close'; readonly code: number; readonly reason: string }
	/** The connection ends without a word. */
	| { readonly type: 'reset' };

/** How the network between one client and the broker is. Times are ms. */
export interface Weather {
	latencyMs: number;
	jitterMs: number;
	/** Nothing passes from the client to the broker, or back. */
	upBlocked: boolean;
	downBlocked: boolean;
	/** The client takes nothing from its socket. */
	readerStalled: boolean;
	/** Bytes per ms that the client takes. */
	bytesPerMs: number;
	/** What a broken middle does to a frame, as chances in [0, 1]. */
	loss: number;
	double: number;
	overtake: number;
	/** How many of the next messages are lost. */
	losesNext: number;
	/** No acknowledgement comes through. */
	losesAcks: boolean;
	/** How long the broker's first word is under way beyond that. */
	welcomeDelayMs: number;
	/** Until when frames may be lost, doubled or overtaken, or come that were. */
	mangledUntil: number;
	/** Until when something was or is wrong with it, or has consequences: nobody says again what was lost. */
	roughUntil: number;
}

/** What may go wrong is counted, so that it can be shown that it did. */
export type Count = (what: string) => void;

/** What may happen to a frame on its way. */
export type Fragility = 'none' | 'may be lost' | 'may be lost, doubled' | 'may be lost, doubled, overtaken';

interface PipeOptions {
	readonly agenda: Agenda;
	readonly chance: Chance;
	readonly weather: Weather;
	readonly isBlocked: () => boolean;
	readonly bytesPerMs: () => number;
	/** What a broken middle may do to this one. */
	readonly fragility: (parcel: Parcel) => Fragility;
	readonly count: Count;
	readonly arrive: (parcel: Parcel) => void;
	/** Told when bytes have left it. */
	readonly moved: () => void;
}

interface Flying {
	readonly parcel: Parcel;
	readonly bytes: number;
}

export class Pipe {
	readonly #options: PipeOptions;
	readonly #waiting: Flying[] = [];
	/** Under way. */
	#flying: Flying[] = [];
	#busyUntil = 0;
	#isMoving = false;
	#isClosed = false;
	/** Rooms whose last acknowledgement was lost: with nothing new to acknowledge, a client does not say it again. */
	readonly #unacked = new Set<string>();
	bytes = 0;

	constructor(options: PipeOptions) {
		this.#options = options;
	}

	send(parcel: Parcel): void {
		if (this.#isClosed) {
			return;
		}
		const { chance, weather, fragility, count } = this.#options;
		const mayBe = fragility(parcel);
		const acked = parcel.type === 'text' ? ackedRoom(parcel.text) : undefined;
		let copies = 1;
		const isMessage = parcel.type === 'text' && parcel.text.startsWith('{"type":"message"');
		if (mayBe === 'may be lost, doubled, overtaken' && isMessage && weather.losesNext > 0) {
			weather.losesNext -= 1;
			count('lost frames');
			copies = 0;
		} else if (weather.losesAcks && mayBe !== 'none' && acked !== undefined) {
			count('lost frames');
			copies = 0;
		} else if (mayBe !== 'none') {
			const fate = chance.next();
			if (fate < weather.loss) {
				count('lost frames');
				copies = 0;
			} else if (mayBe !== 'may be lost' && fate < weather.loss + weather.double) {
				count('doubled frames');
				copies = 2;
			}
			if (mayBe === 'may be lost, doubled, overtaken' && chance.is(weather.overtake)) {
				count('overtaken frames');
				this.#options.agenda.after(weather.latencyMs + chance.next() * 400, () => this.#arrive(parcel));
				copies -= 1;
			}
		}
		if (acked !== undefined && copies === 0) {
			this.#unacked.add(acked);
		} else if (acked !== undefined) {
			this.#unacked.delete(acked);
		}
		for (let copy = 0; copy < copies; copy += 1) {
			const bytes = parcel.type === 'text' ? Buffer.byteLength(parcel.text) : 2;
			this.bytes += bytes;
			this.#waiting.push({ parcel, bytes });
		}
		this.go();
	}

	/** Whether something is under way, or waits, that is more than a sign of life. */
	get isCarrying(): boolean {
		return !this.#isClosed && [...this.#flying, ...this.#waiting].some(({ parcel }) => !isSignOfLife(parcel));
	}

	/** Whether an acknowledgement was lost, and none of its room came after it. */
	get lacksAcks(): boolean {
		return this.#unacked.size > 0;
	}

	/** Moves what waits, if it may. */
	go(): void {
		const { agenda, chance, weather, isBlocked, bytesPerMs } = this.#options;
		const [next] = this.#waiting;
		if (next === undefined || this.#isMoving || this.#isClosed || isBlocked()) {
			return;
		}
		this.#isMoving = true;
		const transferMs = next.bytes / bytesPerMs();
		const leastAt = Math.max(this.#busyUntil, agenda.now + weather.latencyMs + weather.jitterMs * chance.next());
		this.#busyUntil = leastAt + transferMs;
		// Those behind it leave while it is under way: latency is paid once.
		const batch: Flying[] = [];
		for (let bytes = 0; this.#waiting.length > 0 && bytes < 2048; ) {
			const flying = this.#waiting.shift();
			if (flying !== undefined) {
				bytes += flying.bytes;
				batch.push(flying);
			}
		}
		this.#flying = batch;
		agenda.after(this.#busyUntil - agenda.now, () => this.#land(batch));
	}

	/** Nothing arrives any more. Returns the first so many of what was under way. */
	close(survivors: number): readonly Parcel[] {
		this.#isClosed = true;
		return [...this.#flying, ...this.#waiting].slice(0, survivors).map(({ parcel }) => parcel);
	}

	#land(batch: Flying[]): void {
		if (this.#isClosed) {
			return;
		}
		this.#isMoving = false;
		this.#flying = [];
		if (this.#options.isBlocked()) {
			this.#waiting.unshift(...batch);
			return;
		}
		for (const { parcel, bytes } of batch) {
			this.bytes -= bytes;
			this.#arrive(parcel);
		}
		this.#options.moved();
		this.go();
	}

	#arrive(parcel: Parcel): void {
		if (!this.#isClosed) {
			this.#options.arrive(parcel);
		}
	}
}

/** Which room a frame acknowledges, if it does. */
function ackedRoom(text: string): string | undefined {
	return text.startsWith('{"type":"ack"') ? (JSON.parse(text) as { readonly room: string }).room : undefined;
}

/** It comes also when all is quiet. */
function isSignOfLife(parcel: Parcel): boolean {
	return parcel.type !== 'text' || parcel.text.startsWith('{"type":"ping"') || parcel.text.startsWith('{"type":"pong"');
}
