/**
 * A scripted v1 peer: sends exactly what it is told to, and keeps every frame that comes.
 */
import { WebSocket } from 'ws';
import { decodeFromBroker } from '../../src/protocol/codec.ts';
import type { BrokerFrames, FromBroker } from '../../src/protocol/frames.ts';

export interface RawPeerOptions {
	/** Subprotocols to offer. @default ['natter.v1'] */
	readonly protocols?: readonly string[];
	readonly headers?: Readonly<Record<string, string>>;
	/** @default true */
	readonly answersPings?: boolean;
}

export interface Closing {
	readonly code: number;
	readonly reason: string;
}

export class RawPeer {
	readonly socket: WebSocket;
	/** Every frame that came, in order. */
	readonly frames: FromBroker[] = [];
	readonly closed: Promise<Closing>;
	#read = 0;
	#wake: () => void = () => {};

	/** Connects without saying a word. Rejects with `HTTP <status>` when the upgrade is refused. */
	static async dial(url: string, options: RawPeerOptions = {}): Promise<RawPeer> {
		const { protocols = ['natter.v1'], headers = {}, answersPings = true } = options;
		const socket = new WebSocket(url, [...protocols], {
			headers,
			autoPong: answersPings,
			perMessageDeflate: false,
		});
		const peer = new RawPeer(socket);
		await new Promise<void>((resolve, reject) => {
			socket.once('open', resolve);
			socket.once('unexpected-response', (_, response) => {
				reject(Object.assign(new Error(`HTTP ${response.statusCode}`), { headers: response.headers }));
				socket.terminate();
			});
			socket.once('error', reject);
		});
		return peer;
	}

	/** Connects and says hello as `user`. */
	static async join(url: string, user: string, options?: RawPeerOptions): Promise<RawPeer> {
		const peer = await RawPeer.dial(url, options);
		peer.send({ type: 'hello', v: 1, user });
		await peer.take('welcome');
		return peer;
	}

	private constructor(socket: WebSocket) {
		this.socket = socket;
		this.closed = new Promise((resolve) => {
			socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() }));
		});
		socket.on('error', () => {});
		socket.on('message', (data) => {
			const decoded = decodeFromBroker(data.toString());
			if (!decoded.ok) {
				throw new Error(`The broker sent a frame that does not decode: ${decoded.detail}`);
			}
			this.frames.push(decoded.frame);
			this.#wake();
		});
	}

	send(frame: unknown): void {
		this.socket.send(JSON.stringify(frame));
	}

	sendText(text: string): void {
		this.socket.send(text);
	}

	sendBinary(bytes: Uint8Array): void {
		this.socket.send(bytes, { binary: true });
	}

	/** Sends a request and resolves to the next frame of the type that answers it. */
	ask<Type extends FromBroker['type']>(frame: unknown, type: Type): Promise<BrokerFrames[Type]> {
		this.send(frame);
		return this.take(type);
	}

	/** The next frame of this type after the last one that was taken. Others are passed over. */
	take<Type extends FromBroker['type']>(type: Type): Promise<BrokerFrames[Type]> {
		return this.takeOneOf([type]);
	}

	/** The same of several types, for a request that may be refused. */
	async takeOneOf<Type extends FromBroker['type']>(types: readonly Type[]): Promise<BrokerFrames[Type]> {
		for (;;) {
			while (this.#read < this.frames.length) {
				const frame = this.frames[this.#read];
				this.#read += 1;
				if (frame !== undefined && (types as readonly string[]).includes(frame.type)) {
					return frame as BrokerFrames[Type];
				}
			}
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	/** Everything that came before the answer to a ping that is sent now, since the last frame that was taken. */
	async untilPong(): Promise<readonly FromBroker[]> {
		const from = this.#read;
		const t = this.frames.length;
		this.send({ type: 'ping', t });
		let pong = await this.take('pong');
		while (pong.t !== t) {
			pong = await this.take('pong');
		}
		return this.frames.slice(from, this.#read - 1);
	}
}
