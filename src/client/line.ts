/**
 * One WebSocket, as the core knows it: opened, frames, closed. It decides nothing. Messages that are read in one go are
 * told in one go, and whatever else comes is told behind them.
 */
import { randomBytes } from 'node:crypto';
import type WebSocket from 'ws';
import { decodeFromBroker, encode } from '../protocol/codec.ts';
import type { BrokerFrames, FromClient } from '../protocol/frames.ts';
import { subprotocol } from '../protocol/limits.ts';
import { causeOfClose, causeOfError, causeOfStatus } from './cause.ts';
import type { Happening, LinkEnd } from './step.ts';

export interface LineOptions {
	readonly url: string;
	/** The core's number for this dial. */
	readonly link: number;
	readonly offerSubprotocol: boolean;
	readonly onHappening: (happening: Happening) => void;
}

/** What bounds the memory and the time that a broker can take from this side. Its types do not know all of them yet. */
const hygiene: WebSocket.ClientOptions & Readonly<Record<string, unknown>> = {
	perMessageDeflate: false,
	maxPayload: 1024 * 1024,
	maxFragments: 64,
	maxBufferedChunks: 1024,
	maxPendingAutoPongs: 8,
	closeTimeout: 2000,
	followRedirects: false,
};

export class Line {
	readonly #options: LineOptions;
	/** Absent until there is something to make it with. */
	#socket: WebSocket | undefined;
	#isHungUp = false;
	/** What went wrong, told with the close that follows. */
	#end: LinkEnd | undefined;
	#isOpen = false;
	/** What was read in this go and is not told yet. */
	#messages: BrokerFrames['message'][] = [];
	/** Resolves when the socket is gone. */
	readonly closed: Promise<void>;

	constructor(options: LineOptions) {
		this.#options = options;
		// What cannot even be dialled ends as what was cut off.
		this.closed = this.#dial().catch((error: Error) => {
			options.onHappening({ type: 'closed', link: options.link, cause: causeOfError(error) });
		});
	}

	send(frame: FromClient): void {
		this.#openSocket?.send(encode(frame));
	}

	probe(): void {
		this.#openSocket?.ping();
	}

	hangUp(abrupt: boolean): void {
		this.#isHungUp = true;
		if (abrupt) {
			this.#socket?.terminate();
		} else {
			this.#socket?.close(1000);
		}
	}

	/** The socket while something can be sent with it. */
	get #openSocket(): WebSocket | undefined {
		return this.#socket?.readyState === this.#socket?.OPEN ? this.#socket : undefined;
	}

	async #dial(): Promise<void> {
		const { url, link, offerSubprotocol, onHappening } = this.#options;
		// Loaded with the first dial, with all that it needs of Node: a screen is drawn meanwhile.
		const { WebSocket } = await import('ws');
		if (this.#isHungUp) {
			onHappening({ type: 'closed', link, cause: causeOfClose(1006, '') });
			return;
		}
		const socket = new WebSocket(url, offerSubprotocol ? [subprotocol] : [], hygiene);
		this.#socket = socket;
		const { promise, resolve } = Promise.withResolvers<void>();
		socket.on('open', () => {
			this.#isOpen = true;
			this.#tell({ type: 'opened', link, nonce: randomBytes(24).toString('base64url') });
		});
		socket.on('message', (data, isBinary) => this.#socketOnMessage(data, isBinary));
		socket.on('pong', () => this.#tell({ type: 'echo', link }));
		socket.on('error', (error) => this.#socketOnError(error));
		socket.on('unexpected-response', (_request, response) => {
			const { statusCode = 0, headers } = response;
			const cause = causeOfStatus(statusCode, bringsToken(url));
			this.#end = endOfResponse(statusCode, headers['retry-after'], offerSubprotocol, cause);
			socket.terminate();
		});
		socket.on('close', (code, reason) => {
			this.#tell({
				type: 'closed',
				link,
				...(this.#end ?? { cause: causeOfClose(code, reason.toString()), closeCode: code }),
			});
			resolve();
		});
		await promise;
	}

	#socketOnMessage(data: WebSocket.RawData, isBinary: boolean): void {
		const { link } = this.#options;
		if (isBinary) {
			const refusal = { code: 'bad_frame', detail: 'Expected a text frame, got a binary one' } as const;
			this.#tell({ type: 'garbled', link, refusal });
			return;
		}
		const decoded = decodeFromBroker(data.toString());
		if (!decoded.ok) {
			this.#tell({ type: 'garbled', link, refusal: decoded });
		} else if (decoded.frame.type !== 'message') {
			this.#tell({ type: 'frame', link, frame: decoded.frame });
		} else if (this.#messages.push(decoded.frame) === 1) {
			// `ws` gives all that was read before anything else happens.
			queueMicrotask(() => this.#tellMessages());
		}
	}

	#tell(happening: Happening): void {
		this.#tellMessages();
		this.#options.onHappening(happening);
	}

	#tellMessages(): void {
		if (this.#messages.length > 0) {
			const frames = this.#messages;
			this.#messages = [];
			this.#options.onHappening({ type: 'messages', link: this.#options.link, frames });
		}
	}

	#socketOnError(error: Error): void {
		// `ws` names the refusal of a subprotocol by its message alone.
		const subprotocolRefused = this.#options.offerSubprotocol && /subprotocol/.test(error.message);
		const isPlainDial = !this.#isOpen && /^ws:/iu.test(this.#options.url);
		this.#end ??= { cause: causeOfError(error, isPlainDial), subprotocolRefused };
	}
}

function bringsToken(url: string): boolean {
	const { searchParams, password } = new URL(url);
	return searchParams.has('token') || password !== '';
}

function endOfResponse(
	httpStatus: number,
	retryAfter: string | undefined,
	wasOffered: boolean,
	cause: LinkEnd['cause'],
): LinkEnd {
	const seconds = Number(retryAfter ?? Number.NaN);
	return {
		cause,
		httpStatus,
		subprotocolRefused: wasOffered && httpStatus === 400,
		...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
	};
}
