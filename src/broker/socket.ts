/**
 * A WebSocket as the broker's core sees it. Messages go to the socket below as ready-made frames, beside the frames that
 * `ws` writes: without compression and fragments `ws` writes each frame whole, so that the two never mix within one.
 */
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Connection } from './connection.ts';
import type { Batch } from './fan-out.ts';
import type { Wire } from './wire.ts';

export class ChatSocket extends WebSocket implements Wire {
	/** Set right after the upgrade, by `attach`. */
	#stream!: Socket;
	#connection!: Connection;
	loopback = false;

	/** Joins the upgraded socket with its WebSocket and lets a connection hear of both. */
	attach(stream: Socket, loopback: boolean, connect: (wire: Wire) => Connection): void {
		this.#stream = stream;
		this.loopback = loopback;
		this.#connection = connect(this);
		ownerOf.set(stream, this);
		stream.on('drain', streamOnDrain);
		this.on('message', socketOnMessage);
		this.on('pong', socketOnPong);
		this.on('close', socketOnClose);
		this.on('error', socketOnError);
	}

	get connection(): Connection {
		return this.#connection;
	}

	get unsent(): number {
		return this.#stream.writableLength;
	}

	get sent(): number {
		return this.#stream.bytesWritten - this.#stream.writableLength;
	}

	get full(): boolean {
		return this.#stream.writableNeedDrain;
	}

	write(batch: Batch): void {
		if (this.readyState === WebSocket.OPEN) {
			this.#stream.write(batch.bytes);
		}
	}
}

const ownerOf = new WeakMap<Socket, ChatSocket>();

function streamOnDrain(this: Socket): void {
	ownerOf.get(this)?.connection.drained();
}

function socketOnMessage(this: WebSocket, data: WebSocket.RawData, isBinary: boolean): void {
	const { connection } = this as ChatSocket;
	if (isBinary) {
		connection.receiveBinary();
	} else {
		connection.receive(data.toString());
	}
}

function socketOnPong(this: WebSocket, mark: Buffer): void {
	(this as ChatSocket).connection.receivePong(mark.toString());
}

function socketOnClose(this: WebSocket, code: number): void {
	(this as ChatSocket).connection.closed(code);
}

/** What is wrong with a frame or a socket closes it: `ws` sees to that, and `close` follows. */
function socketOnError(): void {}
