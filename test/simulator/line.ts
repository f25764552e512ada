/**
 * A connection between a client and the broker, as both see it. What a reader does not take fills the kernel's buffer, and
 * then waits in the broker's process.
 */
import type { Batch } from '../../src/broker/fan-out.ts';
import { frameBytes } from '../../src/broker/framing.ts';
import type { Wire } from '../../src/broker/wire.ts';
import type { LinkEnd } from '../../src/client/step.ts';
import type { Agenda } from './agenda.ts';
import type { Chance } from './chance.ts';
import { type Count, type Fragility, type Parcel, Pipe, type Weather } from './pipe.ts';

/** What the broker's process hears from a connection. */
export interface BrokerEnd {
	receive(text: string): void;
	receivePong(mark: string): void;
	drained(): void;
	closed(code?: number): void;
}

/** What the client's process hears from a connection. */
export interface ClientEnd {
	/** It takes nothing from its socket just now. */
	readonly isBusy: boolean;
	text(text: string): void;
	pong(): void;
	closed(end: LinkEnd): void;
}

export interface LineOptions {
	/** As those who look on know it. */
	readonly name: string;
	readonly agenda: Agenda;
	readonly chance: Chance;
	readonly weather: Weather;
	/** Bytes that the kernels keep for a reader that takes nothing. */
	readonly kernelBytes: number;
	readonly loopback: boolean;
	/** Whether the client can live with a broken middle. */
	readonly isSturdy: boolean;
	readonly count: Count;
	/** Told before messages are written. */
	readonly writes: (line: Line) => void;
	/** Told of each frame that the broker writes. Returns whether the broker still runs after it. */
	readonly wrote: (text: string) => boolean;
	/** Told of each frame that the broker reads. */
	readonly heard: (text: string) => void;
	/**
	 * Told when the broker closes it, and whether its client can acknowledge no more than it has: because it will not say
	 * again what was lost, or has not got yet what it was sent.
	 */
	readonly closing: (code: number, reason: string, isHelpless: boolean) => void;
	readonly clientEnd: ClientEnd;
	/** Told when the connection is no longer on the network, and the code of the client's close if it said one. */
	readonly gone: (code?: number) => void;
}

/** Node says that a stream is full above this many bytes. */
const highWaterBytes = 4096;
const closeTimeoutMs = 2000;

export class Line implements Wire {
	readonly #options: LineOptions;
	readonly #up: Pipe;
	readonly #down: Pipe;
	#broker: BrokerEnd | undefined;
	#client: ClientEnd | undefined;
	#isClosing = false;
	#isPaused = false;
	/** One side believes that it goes on, and nothing passes any more. */
	#isDead = false;
	/** The handshake is over; before it, a middle that takes frames apart would be noticed. */
	#isGreeted = false;
	/** Until when what was written is held up on its way. */
	#heldUntil = 0;
	#written = 0;
	/** A broken middle has done something to it. */
	isMangled = false;
	/** When the broker heard of the client last. */
	heardAt: number;
	#wasFull = false;

	constructor(options: LineOptions) {
		const { agenda, chance, weather, count, isSturdy } = options;
		this.#options = options;
		this.heardAt = agenda.now;
		this.#client = options.clientEnd;
		const noted: Count = (what) => {
			this.isMangled = true;
			count(what);
		};
		const shared = { agenda, chance, weather, count: noted };
		const isFragile = (parcel: Parcel) => isSturdy && this.#isGreeted && parcel.type === 'text';
		this.#up = new Pipe({
			...shared,
			isBlocked: () => weather.upBlocked || this.#isPaused || this.#isDead,
			bytesPerMs: () => 10_000,
			fragility: (parcel) => (isFragile(parcel) ? fragilityOfAsked(parcel) : 'none'),
			arrive: (parcel) => this.#atBroker(parcel),
			moved: () => {},
		});
		this.#down = new Pipe({
			...shared,
			isBlocked: () => weather.downBlocked || this.#isDead || this.#isReaderAway,
			bytesPerMs: () => weather.bytesPerMs,
			fragility: (parcel) => (isFragile(parcel) ? 'may be lost, doubled, overtaken' : 'none'),
			arrive: (parcel) => this.#atClient(parcel),
			moved: () => this.#checkDrained(),
		});
	}

	/** The broker took the connection. */
	accepted(broker: BrokerEnd): void {
		this.#broker = broker;
	}

	get name(): string {
		return this.#options.name;
	}

	get loopback(): boolean {
		return this.#options.loopback;
	}

	get unsent(): number {
		return Math.max(0, this.#down.bytes - this.#options.kernelBytes);
	}

	get sent(): number {
		return this.#written - this.unsent;
	}

	get full(): boolean {
		return this.unsent > highWaterBytes;
	}

	send(text: string): number {
		const bytes = frameBytes(text);
		if (this.#isClosing || this.#broker === undefined || !this.#options.wrote(text)) {
			return bytes;
		}
		if (text.startsWith('{"type":"welcome"')) {
			this.#holdUp(this.#options.weather.welcomeDelayMs);
		}
		this.#written += Buffer.byteLength(text);
		this.#down.send({ type: 'text', text });
		this.#wasFull ||= this.full;
		return bytes;
	}

	write(batch: Batch): void {
		if (!this.#isClosing) {
			this.#options.writes(this);
		}
		for (const text of batch.texts) {
			this.send(text);
		}
	}

	ping(mark: string): void {
		if (!this.#isClosing) {
			this.#down.send({ type: 'ping', mark });
		}
	}

	pause(): void {
		this.#isPaused = true;
	}

	resume(): void {
		this.#isPaused = false;
		this.#up.go();
	}

	close(code: number, reason: string): void {
		if (this.#isClosing) {
			return;
		}
		this.#isClosing = true;
		this.#options.closing(code, reason, this.#up.lacksAcks || this.#down.isCarrying);
		this.#down.send({ type: 'close', code, reason });
		this.#options.agenda.after(closeTimeoutMs, () => this.#brokerHears());
	}

	/** Whether the broker has its end of it. */
	get hasBroker(): boolean {
		return this.#broker !== undefined;
	}

	/** Whether something is under way, in either direction, that is more than a sign of life. */
	get isCarrying(): boolean {
		return this.#up.isCarrying || this.#down.isCarrying;
	}

	/** The weather has changed. */
	go(): void {
		this.#up.go();
		this.#down.go();
	}

	/** The client sends a frame, or asks for a sign of life. */
	clientSends(parcel: Parcel): void {
		if (this.#client !== undefined) {
			this.#up.send(parcel);
		}
	}

	/** The client's side is gone: the other one learns it if the network lets it. */
	clientLeaves(abrupt: boolean): void {
		if (this.#client !== undefined) {
			this.#client = undefined;
			this.#up.send(abrupt ? { type: 'reset' } : { type: 'close', code: 1000, reason: '' });
		}
	}

	/** The connection breaks. Each side hears of it, or believes that it goes on. */
	cut({ clientHears, brokerHears }: { readonly clientHears: boolean; readonly brokerHears: boolean }): void {
		const { agenda, chance, weather } = this.#options;
		this.#isDead = true;
		if (clientHears) {
			agenda.after(chance.next() * weather.latencyMs, () => this.#clientHears());
		}
		if (brokerHears) {
			agenda.after(chance.next() * weather.latencyMs, () => this.#brokerHears());
		}
	}

	/** The broker's process is gone: some of what it had written still arrives, then the end of the connection. */
	brokerDies(): void {
		const { chance } = this.#options;
		this.#broker = undefined;
		this.#isClosing = true;
		this.#options.gone();
		const arriving = this.#down.close(chance.whole(0, 8));
		this.#whenPassable(() => {
			for (const parcel of arriving) {
				this.#atClient(parcel);
			}
			this.#clientHears();
		});
	}

	/** What the broker's kernel says last reaches the client when the network lets it. */
	#whenPassable(act: () => void): void {
		const { agenda, weather } = this.#options;
		agenda.after(weather.latencyMs, () => {
			if (weather.downBlocked) {
				agenda.after(1000, () => this.#whenPassable(act));
			} else if (!this.#isDead) {
				act();
			}
		});
	}

	#atBroker(parcel: Parcel): void {
		switch (parcel.type) {
			case 'text':
				if (this.#broker !== undefined) {
					this.heardAt = this.#options.agenda.now;
					this.#options.heard(parcel.text);
					this.#broker.receive(parcel.text);
				}
				break;
			case 'ping':
				this.#down.send({ type: 'pong' });
				break;
			case 'pong':
				this.heardAt = this.#options.agenda.now;
				this.#broker?.receivePong(parcel.mark ?? '');
				break;
			case 'close':
				this.#brokerHears(parcel.code);
				break;
			case 'reset':
				this.#brokerHears();
				break;
		}
	}

	#atClient(parcel: Parcel): void {
		const client = this.#client;
		if (client === undefined) {
			return;
		}
		switch (parcel.type) {
			case 'text':
				this.#isGreeted ||= parcel.text.startsWith('{"type":"welcome"');
				client.text(parcel.text);
				break;
			case 'ping':
				this.#up.send({ type: 'pong', ...(parcel.mark !== undefined && { mark: parcel.mark }) });
				break;
			case 'pong':
				client.pong();
				break;
			case 'close': {
				const { code, reason } = parcel;
				this.#up.send({ type: 'close', code, reason });
				this.#client = undefined;
				client.closed({ cause: { text: reason, code: String(code) }, closeCode: code });
				break;
			}
			case 'reset':
				this.#clientHears();
				break;
		}
	}

	#clientHears(): void {
		const client = this.#client;
		this.#client = undefined;
		client?.closed({ cause: { text: 'the connection broke', code: 'ECONNRESET' }, closeCode: 1006 });
	}

	#brokerHears(code?: number): void {
		const broker = this.#broker;
		this.#broker = undefined;
		this.#isClosing = true;
		if (broker !== undefined) {
			this.#down.close(0);
			broker.closed(code);
			// A client that was not told learns it from the end of its stream.
			this.#whenPassable(() => this.#clientHears());
		}
		this.#options.gone(code);
	}

	get #isReaderAway(): boolean {
		const { agenda, weather } = this.#options;
		return weather.readerStalled || this.#client?.isBusy === true || agenda.now < this.#heldUntil;
	}

	#holdUp(ms: number): void {
		const { agenda, count } = this.#options;
		if (ms > 0) {
			count('late welcomes');
			this.#heldUntil = agenda.now + ms;
			agenda.after(ms, () => this.go());
		}
	}

	#checkDrained(): void {
		if (this.#wasFull && this.unsent === 0) {
			this.#wasFull = false;
			this.#broker?.drained();
		}
	}
}

/**
 * What is known by its number does no harm when it comes twice at once. Nothing is overtaken on its way up: a `pseq` may
 * stand for another message in a later try, so that a try which came after that would be taken for it. That none does, the
 * protocol takes from a WebSocket, and from the broker's closing a session's older connection.
 */
function fragilityOfAsked(parcel: Parcel): Fragility {
	const isNumbered = parcel.type === 'text' && /^\{"type":"(?:publish|ack)"/u.test(parcel.text);
	return isNumbered ? 'may be lost, doubled' : 'may be lost';
}
