/**
 * A broker on the network: takes upgrades, looks after its connections now and then, and stops without losing anything.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import { type Server as SocketServer, WebSocketServer } from 'ws';
import { fingerprintOf, publicKeyOf } from '../protocol/identity.ts';
import { closeCodes, subprotocol } from '../protocol/limits.ts';
import { requireNode } from '../protocol/node-version.ts';
import { type Access, personalAccess } from './access.ts';
import { decideEntrance, type EntranceRefusal } from './entrance.ts';
import { addressKey, type Peer, peerOf } from './forwarded.ts';
import { Hub } from './hub.ts';
import { LoopDelay, lookEveryMs } from './loop-delay.ts';
import { type BrokerOptions, checkOptions, type Settings } from './options.ts';
import { type ChatSocket, webSocketOptions } from './socket.ts';
import { type Surroundings, systemSurroundings } from './surroundings.ts';
import { Throttle } from './throttle.ts';
import { checkTls, type TlsOptions } from './tls.ts';
import { refusalResponse } from './upgrade.ts';
import { version } from './version.ts';

export interface Broker extends AsyncDisposable {
	/** Where a client on this computer connects to. Like `port` and `address`, empty while a given `server` does not listen. */
	readonly url: string;
	readonly port: number;
	/** The address that is listened on. */
	readonly address: string;
	/** Of the key by which clients know this broker: `SHA256:...`. */
	readonly fingerprint: string;
	/** Its public key. */
	readonly key: string;
	/** How many connections are open. */
	readonly connections: number;
	/**
	 * Shows new connections this certificate; those that are open go on with the old one.
	 *
	 * @throws TypeError, and changes nothing, when it cannot be used or the broker does not listen with TLS.
	 */
	setTls(tls: TlsOptions): void;
	/**
	 * Stops: no new connections, v1 clients are told, what was published is stored, acknowledged and broadcast, then every
	 * connection is closed with 1012, and cut off when it did not close within `drainMs` of the call. Does not close the
	 * engine nor a given `server`. Calling it again changes nothing.
	 */
	close(options?: { /** In ms. @default 5000 */ readonly drainMs?: number }): Promise<void>;
}

/**
 * Starts a broker: resolves when it listens, at once when it was given a `server`.
 *
 * Rejects with a TypeError when an option makes no sense, and with Node's own error (`code: 'EADDRINUSE'`) when the port
 * cannot be had.
 */
export async function createBroker(options: BrokerOptions): Promise<Broker> {
	requireNode();
	const seed = randomBytes(4).readUInt32LE();
	const settings = checkOptions(options, { node: systemSurroundings.randomId(), seed });
	const broker = new NetworkBroker(settings, systemSurroundings);
	await broker.listen();
	return broker;
}

class NetworkBroker implements Broker {
	readonly #settings: Settings;
	readonly #surroundings: Surroundings;
	readonly #hub: Hub;
	readonly #server: Server;
	readonly #webSockets: SocketServer<typeof ChatSocket>;
	readonly #connects: Throttle;
	readonly #failedLogins: Throttle;
	readonly #access: Access;
	readonly #toldOnce = new Set<string>();
	#loopDelay: LoopDelay | undefined;
	readonly #timers: NodeJS.Timeout[] = [];
	#closing: Promise<void> | undefined;

	constructor(settings: Settings, surroundings: Surroundings) {
		this.#settings = settings;
		this.#surroundings = surroundings;
		this.#hub = new Hub(settings, surroundings);
		const { directory } = this.#hub;
		this.#access = personalAccess(settings.access, (token) => directory.tokenOwner(token));
		this.#webSockets = new WebSocketServer<typeof ChatSocket>(webSocketOptions(settings.limits.frameBytes));
		this.#server = settings.server ?? serverFor(settings.tls);
		const { connectsPerSecond, connectsBurst, failedLoginsPerMinute } = settings.limits;
		this.#connects = new Throttle({ perSecond: connectsPerSecond, burst: connectsBurst });
		this.#failedLogins = new Throttle({ perSecond: failedLoginsPerMinute / 60, burst: failedLoginsPerMinute });
	}

	get url(): string {
		const { path = '', tls } = this.#settings;
		const { address } = this;
		const scheme = tls === undefined ? 'ws' : 'wss';
		const anywhere = address === '0.0.0.0' || address === '::';
		const host = anywhere ? '127.0.0.1' : address.includes(':') ? `[${address}]` : address;
		return address === '' ? '' : `${scheme}://${host}:${this.port}${path === '/' ? '' : path}`;
	}

	get port(): number {
		return this.#bound?.port ?? 0;
	}

	get address(): string {
		return this.#bound?.address ?? '';
	}

	get connections(): number {
		return this.#hub.connections.size;
	}

	get key(): string {
		return publicKeyOf(this.#hub.directory.key);
	}

	get fingerprint(): string {
		return fingerprintOf(publicKeyOf(this.#hub.directory.key));
	}

	/** Begins to take upgrades, when it is known who is known. */
	async listen(): Promise<void> {
		await this.#hub.directory.ready;
		const { server, port, host, chaos, pingMs, pongMs, sweepMs, limits, log } = this.#settings;
		if (server === undefined) {
			await new Promise<void>((resolve, reject) => {
				this.#server.once('error', reject);
				this.#server.listen(port, host, () => {
					this.#server.off('error', reject);
					resolve();
				});
			});
			this.#hub.port = this.port;
			this.#server.on('error', (error) => log('error', 'server', { error: String(error) }));
			this.#server.on('request', this.#serverOnRequest);
			this.#timers.push(this.#watchLoop());
		}
		this.#server.on('upgrade', this.#serverOnUpgrade);
		const tickMs = Math.min(1000, Math.max(5, Math.min(pingMs, pongMs, limits.handshakeMs) / 4));
		this.#timers.push(
			setInterval(() => this.#hub.tick(), tickMs).unref(),
			setInterval(() => this.#sweep(), sweepMs).unref(),
		);
		if (chaos !== undefined) {
			log('warn', 'chaos', { faults: chaos.faults.join(','), seed: chaos.seed });
		}
	}

	setTls(tls: TlsOptions): void {
		if (this.#settings.tls === undefined) {
			throw new TypeError('Expected a broker that listens with TLS');
		}
		(this.#server as TlsServer).setSecureContext(checkTls(tls));
	}

	close({ drainMs = 5000 }: { readonly drainMs?: number } = {}): Promise<void> {
		this.#closing ??= this.#close(drainMs);
		return this.#closing;
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	get #bound(): AddressInfo | undefined {
		const address = this.#server.address();
		return typeof address === 'object' && address !== null ? address : undefined;
	}

	async #close(drainMs: number): Promise<void> {
		const hub = this.#hub;
		const deadline = this.#surroundings.elapsed() + drainMs;
		hub.drain(reconnectAfterMs);
		await this.#atMost(drainMs / 2, hub.settled());
		const connections = [...hub.connections];
		// Many clients that come back in the same moment would hit whoever serves them next.
		const slices = Math.ceil(connections.length / closedAtOnce);
		for (let slice = 0; slice < slices; slice += 1) {
			if (slice > 0) {
				await this.#pause((deadline - this.#surroundings.elapsed()) / 2 / (slices - slice));
			}
			for (const connection of connections.slice(slice * closedAtOnce, (slice + 1) * closedAtOnce)) {
				connection.end(closeCodes.restart, 'the broker is shutting down');
			}
		}
		this.#webSockets.close();
		const allClosed = hub.emptied();
		await this.#atMost(deadline - this.#surroundings.elapsed(), allClosed);
		for (const { wire } of hub.connections) {
			(wire as ChatSocket).terminate();
		}
		await allClosed;
		for (const timer of this.#timers) {
			clearInterval(timer);
		}
		this.#server.off('upgrade', this.#serverOnUpgrade);
		await this.#atMost(farewellMs, hub.farewell());
		if (this.#settings.server === undefined) {
			await new Promise<void>((resolve) => {
				this.#server.close(() => resolve());
				this.#server.closeAllConnections();
			});
		}
	}

	#pause(ms: number): Promise<void> {
		return new Promise((resolve) => setTimeout(resolve, ms));
	}

	async #atMost(ms: number, work: Promise<void>): Promise<void> {
		let timer: NodeJS.Timeout | undefined;
		const limit = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, ms);
		});
		await Promise.race([work, limit]);
		clearTimeout(timer);
	}

	/** Looks how late the event loop is, and tells of it when it was stalled. */
	#watchLoop(): NodeJS.Timeout {
		const loopDelay = new LoopDelay(this.#surroundings.elapsed());
		this.#loopDelay = loopDelay;
		return setInterval(() => {
			const lateMs = loopDelay.look(this.#surroundings.elapsed());
			if (lateMs !== undefined) {
				const text =
					'nothing was done for so long: too much work at once, a slow disk, or the computer was busy or asleep';
				this.#settings.log('warn', 'stalled', { lateMs, text });
			}
		}, lookEveryMs).unref();
	}

	#sweep(): void {
		this.#hub.sweep().catch((error: unknown) => this.#settings.log('warn', 'sweep', { error: String(error) }));
	}

	readonly #serverOnUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
		const { path, server } = this.#settings;
		if (path !== undefined && pathOf(request) !== path) {
			// A given server's other upgrades are for others to take, if there are others.
			if (server === undefined || server.listenerCount('upgrade') === 1) {
				refuse(stream, { status: 404, reason: 'there is nothing here' });
			}
			return;
		}
		const { limits, allowOrigins, hosts, authenticate, log } = this.#settings;
		const access = this.#access;
		const peer = this.#peerOf(request);
		const key = addressKey(peer.address);
		const at = this.#surroundings.elapsed();
		const authorizations = headersOf(request, 'authorization');
		const entrance = decideEntrance(
			{
				origin: request.headers.origin,
				host: request.headers.host,
				target: request.url ?? '',
				authorizations,
				isLocal: peer.isLocal,
			},
			{
				draining: this.#hub.draining,
				overloaded: this.#hub.governor.isOverloaded,
				connections: this.#hub.connections.size,
				fromAddress: this.#hub.connectionsFrom(key),
				connectWaitMs: peer.isLocal ? 0 : this.#connects.take(key, at),
				loginWaitMs: this.#failedLogins.waitMs(key, at),
			},
			{ limits, allowOrigins, access, hosts },
		);
		if (!entrance.ok) {
			const { refusal, isFailedLogin } = entrance;
			if (isFailedLogin) {
				this.#failedLogins.take(key, at);
			}
			log('warn', 'refused', { status: refusal.status, reason: refusal.reason, address: peer.address });
			refuse(stream, refusal);
			return;
		}
		if (access.wants !== undefined && !peer.isEncrypted && !peer.isLocal) {
			this.#warnOnce('not encrypted', 'tokens and messages can be read on the way: --tls-cert, or a proxy with TLS');
		}
		const { credential } = entrance;
		this.#webSockets.handleUpgrade(request, stream, head, (socket) => {
			socket.attach(stream as Socket, peer.isLocal, (wire) =>
				this.#hub.accept(wire, {
					offersV1: socket.protocol === subprotocol,
					credential,
					...(!peer.isLocal && { address: key }),
					...(authenticate !== undefined && {
						request: { url: request.url ?? '', headers: request.headers, remoteAddress: peer.address },
					}),
				}),
			);
		});
	};

	#peerOf({ socket, headers }: IncomingMessage): Peer {
		const { proxies } = this.#settings;
		const peer = peerOf(
			{
				remoteAddress: socket.remoteAddress,
				isTls: (socket as Partial<TLSSocket>).encrypted === true,
				forwardedFor: oneOf(headers['x-forwarded-for']),
				forwardedProto: oneOf(headers['x-forwarded-proto']),
				isPassedOn: ['forwarded', 'via', 'x-real-ip'].some((name) => headers[name] !== undefined),
			},
			proxies,
		);
		if (peer.isUnheeded) {
			this.#warnOnce('proxy', 'a proxy names its clients, and all count as one: --trust-proxy believes it');
		}
		return peer;
	}

	#warnOnce(event: string, text: string): void {
		if (!this.#toldOnce.has(event)) {
			this.#toldOnce.add(event);
			this.#settings.log('warn', event, { text });
		}
	}

	readonly #serverOnRequest = (request: IncomingMessage, response: ServerResponse): void => {
		const { path = '/' } = this.#settings;
		const asked = pathOf(request);
		if (asked === '/healthz') {
			this.#answerHealth(request, response).catch((error: unknown) => response.destroy(error as Error));
		} else if (asked === path) {
			answer(response, 426, 'This is a natter broker; come in with: npx natter ws://HOST:PORT (wss:// with TLS)', {
				Upgrade: 'websocket',
				Connection: 'Upgrade, close',
			});
		} else {
			answer(response, 404, 'There is nothing here');
		}
	};

	/** Anyone may ask whether the broker is well; how it does is told on this computer alone. */
	async #answerHealth(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const status = this.#hub.draining ? 'draining' : await this.#engineStatus();
		const health = this.#peerOf(request).isLocal
			? { status, connections: this.connections, eventLoopDelayMs: this.#loopDelay?.delays, version }
			: { status };
		response.writeHead(status === 'ok' ? 200 : 503, {
			'Content-Type': 'application/json',
			'Cache-Control': 'no-store',
		});
		response.end(`${JSON.stringify(health)}\n`);
	}

	/** How the engine is: a write of nothing, and a short read, say so. */
	async #engineStatus(): Promise<'ok' | 'cannot store' | 'cannot read'> {
		const { engine } = this.#settings;
		const [stored, read] = await Promise.allSettled([engine.saveCursors([]), engine.rooms({ limit: 1 })]);
		if (stored.status === 'rejected') {
			return 'cannot store';
		}
		return read.status === 'rejected' ? 'cannot read' : 'ok';
	}
}

/** How long a client should wait until it dials a broker that stops, in ms. */
const reconnectAfterMs = 1000;
const closedAtOnce = 200;
/** How long an engine may take to hear that nobody is here any more, in ms. */
const farewellMs = 1000;

const httpOptions = {
	headersTimeout: 10_000,
	requestTimeout: 15_000,
	maxHeaderSize: 8 * 1024,
	connectionsCheckingInterval: 5000,
};

function serverFor(tls: TlsOptions | undefined): Server {
	return tls === undefined
		? createServer(httpOptions)
		: createTlsServer({ ...httpOptions, ...checkTls(tls), handshakeTimeout: 10_000 });
}

/** A header as often as it came. */
function headersOf({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
	const found: string[] = [];
	for (let index = 1; index < rawHeaders.length; index += 2) {
		const [header, value] = [rawHeaders[index - 1], rawHeaders[index]];
		if (header?.length === name.length && header.toLowerCase() === name && value !== undefined) {
			found.push(value);
		}
	}
	return found;
}

/** A header that came several times is one list. */
function oneOf(header: string | string[] | undefined): string | undefined {
	return Array.isArray(header) ? header.join(',') : header;
}

function pathOf({ url = '/' }: IncomingMessage): string {
	const end = url.indexOf('?');
	return end === -1 ? url : url.slice(0, end);
}

function refuse(stream: Duplex, refusal: EntranceRefusal): void {
	stream.on('error', () => stream.destroy());
	stream.end(refusalResponse(refusal), () => stream.destroy());
}

function answer(response: ServerResponse, status: number, text: string, headers: Record<string, string> = {}): void {
	response.writeHead(status, { 'Content-Type': 'text/plain', Connection: 'close', ...headers });
	response.end(`${text}\n`);
}
