/** One connection of the load generator: a raw socket, its frames split by their heads. */
import { connect, type Socket } from 'node:net';
import { type Framing, type Head, Splitter } from './splitter.ts';

/** What all lines read into, one after the other: nothing of it outlives the call in which it came. */
const incoming = Buffer.allocUnsafe(256 * 1024);

export interface LineOptions {
	readonly port: number;
	readonly framing: Framing;
	/** The HTTP request that is answered before the first frame. */
	readonly upgrade?: string | undefined;
	/** Answers what has to be answered, such as a ping. True when there is nothing else to a frame. */
	readonly answer: (line: Line, body: Buffer, head: Head) => boolean;
	/** Hears that something came, whatever it was. */
	readonly came: (line: Line) => void;
	/** Hears the whole of a message, when `hearsMessages`. */
	readonly message: (line: Line, body: Buffer) => void;
}

export class Line {
	/** Who speaks through it. */
	user = '';
	readonly splitter: Splitter;
	readonly socket: Socket;
	/** Why nothing comes any more. */
	end: string | undefined;
	/** The last thing that the broker refused. */
	refusal: string | undefined;
	readonly #options: LineOptions;
	/** What was heard and nobody has asked for; `undefined` when nobody will. */
	#heard: string[] | undefined = [];
	#waiting: { readonly found: (text: string) => void; readonly lost: (error: Error) => void } | undefined;
	#upgrade: string | undefined;

	constructor(options: LineOptions) {
		this.#options = options;
		this.#upgrade = options.upgrade === undefined ? undefined : '';
		this.splitter = new Splitter(options.framing, (body, head) => this.#hear(body, head), { hearsMessages: false });
		this.socket = connect({
			host: '127.0.0.1',
			port: options.port,
			noDelay: true,
			onread: { buffer: incoming, callback: (count, bytes) => this.#read(bytes as Buffer, count) },
		});
		this.socket.on('error', (error) => this.#fail(error.message));
		this.socket.on('close', () => this.#fail('closed'));
		if (options.upgrade !== undefined) {
			this.socket.write(options.upgrade);
		}
	}

	get messages(): number {
		return this.splitter.messages;
	}

	write(bytes: Buffer | string): void {
		this.socket.write(bytes);
	}

	/** The next frame that is not a message, or the status line of the upgrade. */
	next(): Promise<string> {
		return new Promise((found, lost) => {
			const text = this.#heard?.shift();
			if (text !== undefined) {
				found(text);
			} else if (this.end !== undefined) {
				lost(new Error(this.end));
			} else {
				this.#waiting = { found, lost };
			}
		});
	}

	/** The next frame of these for which `find` gives something, which it resolves to. */
	async until<Found>(find: (text: string) => Found | undefined): Promise<Found> {
		for (;;) {
			const found = find(await this.next());
			if (found !== undefined) {
				return found;
			}
		}
	}

	/** From now on frames that are not messages are dropped. */
	settle(): void {
		this.#heard = undefined;
	}

	#read(bytes: Buffer, count: number): boolean {
		if (this.#upgrade === undefined) {
			this.splitter.feed(bytes, count);
		} else {
			this.#readUpgrade(bytes.subarray(0, count));
		}
		this.#options.came(this);
		return true;
	}

	#readUpgrade(bytes: Buffer): void {
		const text = this.#upgrade + bytes.toString('latin1');
		const end = text.indexOf('\r\n\r\n');
		if (end === -1) {
			this.#upgrade = text;
			return;
		}
		this.#upgrade = undefined;
		const status = text.slice(0, text.indexOf('\r\n'));
		if (!status.includes(' 101 ')) {
			this.#fail(`Expected an upgrade, got ${status}`);
			this.socket.destroy();
			return;
		}
		this.#say(status);
		const rest = Buffer.from(text.slice(end + 4), 'latin1');
		this.splitter.feed(rest, rest.length);
	}

	#hear(body: Buffer, head: Head): void {
		if (head.isMessage) {
			this.#options.message(this, body);
		} else if (!this.#options.answer(this, body, head) && this.#heard !== undefined) {
			this.#say(body.toString());
		}
	}

	#say(text: string): void {
		if (this.#waiting === undefined) {
			this.#heard?.push(text);
		} else {
			const { found } = this.#waiting;
			this.#waiting = undefined;
			found(text);
		}
	}

	#fail(why: string): void {
		this.end ??= why;
		this.#waiting?.lost(new Error(this.end));
		this.#waiting = undefined;
	}
}
