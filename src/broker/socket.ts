/**
 * A WebSocket as the broker's core sees it. Text goes to the socket below as ready-made frames, beside the pings, pongs and
 * closes that `ws` writes: without compression and fragments `ws` writes each frame whole and at once, so that the two
 * never mix within one. What a line is given in one turn is one write: a system call costs more than all else.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { subprotocol } from '../protocol/limits.ts';
import type { Connection } from './connection.ts';
import type { Batch } from './fan-out.ts';
import { frameBytes, frameOf } from './framing.ts';
import type { Wire } from './wire.ts';

export class ChatSocket extends WebSocket implements Wire {
	/** Set right after the upgrade, by `attach`. */
	#stream!: Socket;
	#connection!: Connection;
	/** Whole frames that the end of the turn sends, at most `mostHeld` bytes. */
	#held: Buffer[] | undefined;
	#heldBytes = 0;
	loopback = false;

	/** Joins the upgraded socket with its WebSocket and lets a connection hear of both. */
	attach(stream: OwnedSocket, loopback: boolean, connect: (wire: Wire) => Connection): void {
		this.#stream = stream;
		this.loopback = loopback;
		this.#connection = connect(this);
		stream[owner] = this;
		stream.on('drain', streamOnDrain);
		Object.assign(this, unheard);
		Object.assign(stream, forgotten);
	}

	/** Takes what `ws` tells: listeners for it would be a table of their own in each of very many sockets. */
	override emit(event: string | symbol, ...told: unknown[]): boolean {
		const take = takers.get(event);
		take?.(this.#connection, told);
		return take !== undefined;
	}

	get connection(): Connection {
		return this.#connection;
	}

	get unsent(): number {
		return this.#stream.writableLength + this.#heldBytes;
	}

	get sent(): number {
		return this.#stream.bytesWritten - this.#stream.writableLength;
	}

	get full(): boolean {
		return this.#stream.writableNeedDrain;
	}

	override send(text: string): number {
		const bytes = frameBytes(text);
		this.#hold(frameOf(text, bytes));
		return bytes;
	}

	write(batch: Batch): void {
		this.#hold(batch.bytes);
	}

	/** Sends what was held until now. */
	flush(): void {
		const held = this.#held;
		if (held !== undefined) {
			const [first] = held;
			const bytes = this.#heldBytes;
			this.#held = undefined;
			this.#heldBytes = 0;
			this.#put(held.length === 1 ? (first as Buffer) : Buffer.concat(held, bytes));
		}
	}

	fail(error: unknown): void {
		this.#connection.fail(error);
	}

	/** A pong says that the other end has all that was sent before. */
	override ping(mark: string): void {
		this.flush();
		super.ping(mark);
	}

	/** `ws` itself closes a socket this way when the other end does. */
	override close(code?: number, reason?: string | Buffer): void {
		this.flush();
		super.close(code, reason);
	}

	/** What is large is never copied: it goes as it is, so that all readers share it as long as it waits. */
	#hold(frames: Buffer): void {
		if (this.#heldBytes + frames.length > mostHeld) {
			this.flush();
		}
		if (frames.length > mostHeld) {
			this.#put(frames);
			return;
		}
		if (this.#held === undefined) {
			this.#held = [frames];
			this.#connection.hub.dispatch.flush(this);
		} else {
			this.#held.push(frames);
		}
		this.#heldBytes += frames.length;
	}

	#put(frames: Buffer): void {
		if (this.readyState === WebSocket.OPEN) {
			this.#stream.write(frames);
		}
	}
}

/** With which `ws` makes them: without compression, or it would write some frames later than others. */
export function webSocketOptions(maxPayload: number) {
	return {
		noServer: true,
		WebSocket: ChatSocket,
		// The hub knows them.
		clientTracking: false,
		maxPayload,
		maxFragments: 64,
		maxBufferedChunks: 1024,
		maxPendingAutoPongs: 8,
		perMessageDeflate: false,
		closeTimeout: 2000,
		handleProtocols: (offered: ReadonlySet<string>): string | false => {
			const [first = false] = offered;
			return offered.has(subprotocol) ? subprotocol : first;
		},
	};
}

/** Less than any reader may have waiting, so that nobody is held up by what is only held. */
const mostHeld = 16 * 1024;

const owner = Symbol('owner');

interface OwnedSocket extends Socket {
	[owner]?: ChatSocket;
}

function streamOnDrain(this: OwnedSocket): void {
	this[owner]?.connection.drained();
}

/**
 * What Node keeps with each socket though nobody asks for it, by names of its own: a table of listeners that stays empty, as
 * `emit` takes all events (whoever adds one after all gets an error), and where the other end is.
 */
const unheard = { _events: Object.freeze(Object.create(null)) };
const forgotten = { _peername: undefined };

type Taker = (connection: Connection, told: readonly unknown[]) => void;

/** What is wrong with a frame or a socket closes it: `ws` sees to that, and `close` follows its `error`. */
const takers: ReadonlyMap<string | symbol, Taker> = new Map<string, Taker>([
	[
		'message',
		(connection, [data, isBinary]) => (isBinary ? connection.receiveBinary() : connection.receive(String(data))),
	],
	['ping', (connection) => connection.pinged()],
	['pong', (connection, [mark]) => connection.receivePong(String(mark))],
	['close', (connection, [code]) => connection.closed(code as number)],
	['error', () => {}],
]);
