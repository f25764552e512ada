/**
 * A hostile broker cannot hurt the client: bad handshakes, malformed frames and broken framing towards `connect`, which
 * must not throw, grow or forget what nobody answered, and must work with a good broker afterwards.
 */
import { createHash } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { WebSocket } from 'ws';
import type { Client } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { brokerSchemas } from '../../src/protocol/frames.ts';
import { malformedOf } from '../helpers/frame-arbitrary.ts';
import { BrokerProcess } from './broker-process.ts';
import { Chance } from './chance.ts';
import { pause, until } from './crowd.ts';
import { collectGarbage, command, mebibytes, type Options, type Report, type Run } from './report.ts';
import { frameBytes, framingAttack } from './wire-bytes.ts';

export interface HostileBrokerOptions extends Options {
	/** Frames towards the clients, a tenth of them broken in their framing. */
	readonly frames: number;
}

const rooms = ['eden', '__proto__'];
const linesPerClient = 10;
/** Clients that stay for the whole run, each with publishes that nobody answers. They dial a path of their own. */
const stayers = 4;
const stayersPath = '/unanswered';
/** What a client may hold for what it was sent: rooms, members and gaps that were made up, all of them bounded. */
const maxGrowthBytes = 64 * 2 ** 20;
const clientFrameBytes = 1024 * 1024;
const patienceMs = 30_000;

export async function run({ seed, frames }: HostileBrokerOptions): Promise<Report> {
	const violations: string[] = [];
	const onThrown = (error: unknown) => {
		violations.push(`thrown: ${error instanceof Error ? error.stack : error}`);
	};
	process.on('uncaughtException', onThrown);
	process.on('unhandledRejection', onThrown);
	let read = 0;
	const stopCounting = countTexts(() => {
		read += 1;
	});
	const good = await BrokerProcess.make(['--store', 'memory']);
	const chance = new Chance(seed);
	const sent = { texts: 0, framing: 0, handshakes: 0, left: frames };
	const server = await listen(good.port, (socket) => serve(socket, chance.fork(), sent));

	const stays = Array.from({ length: stayers }, (_, index) => stay(good.url + stayersPath, `stayer-${index}`));
	const hurry = setInterval(() => {
		for (const { client } of stays) {
			if (client.status.state === 'waiting') {
				client.reconnect();
			}
		}
	}, 5);
	await until(patienceMs, () => violations.length > 0 || sent.left < frames * 0.9);
	const before = heldBytes();
	const began = performance.now();
	while (sent.left > 0 && violations.length === 0) {
		// These may be sent away for good.
		const passers = Array.from({ length: 8 }, (_, index) => stay(good.url, `passer-${index}`).client);
		// Closed earlier, they would have read nothing.
		const isAway = (client: Client) => ['waiting', 'closed'].includes(client.status.state);
		await until(patienceMs, () => violations.length > 0 || passers.every(isAway));
		await closed(passers);
	}
	const seconds = (performance.now() - began) / 1000;
	clearInterval(hurry);
	if (read < sent.texts / 2) {
		violations.push(`only ${read} of ${sent.texts} texts were read, so too little was tried`);
	}
	const grown = heldBytes() - before;
	if (grown > maxGrowthBytes) {
		violations.push(`the clients hold ${mebibytes(grown)} more than before`);
	}
	const kept = stays.reduce((sum, { client }) => sum + client.unsent.length, 0);
	for (const { client, said, settled } of stays) {
		const unsent = client.unsent.map(({ cid }) => cid);
		if (unsent.join() !== said.join() || settled.length > 0) {
			violations.push(`kept is ${unsent.join()} of ${said.join()}; settled: ${settled.join()}`);
		}
	}
	stopCounting();
	await server.close();
	await good.start();
	if (violations.length === 0) {
		violations.push(...(await checkAfterwards(good.url, stays)));
	}
	await closed(stays.map(({ client }) => client));
	await good.stop();
	process.off('uncaughtException', onThrown);
	process.off('unhandledRejection', onThrown);
	return {
		promise: 'a hostile broker neither breaks a client nor makes it forget',
		figures: [
			['malformed frames', `${sent.texts}; the clients read ${read} texts`],
			['frames of broken framing', String(sent.framing)],
			['broken handshakes', String(sent.handshakes)],
			['frames per second', ((sent.texts + sent.framing) / seconds).toFixed(0)],
			['unanswered publishes that were kept', `${kept} of ${stayers * linesPerClient}`],
			['memory of the clients grew by', mebibytes(grown)],
		],
		violations,
	};
}

/** Calls for each text that a client of this process takes from its socket. */
function countTexts(call: () => void): () => void {
	const { emit } = WebSocket.prototype;
	WebSocket.prototype.emit = function (this: WebSocket, ...event: Parameters<typeof emit>) {
		if (event[0] === 'message') {
			call();
		}
		return emit.apply(this, event);
	};
	return () => {
		WebSocket.prototype.emit = emit;
	};
}

interface Stay {
	readonly client: Client;
	readonly said: readonly string[];
	/** What the promises of its publishes came to. */
	readonly settled: readonly string[];
}

/** A client with publishes under way. */
function stay(url: string, nick: string): Stay {
	// Dialling and greeting have time, however busy this process is: a connection that is given up has read nothing.
	const client = connect(url, { nick, rooms, welcomeMs: 1000, graceMs: 10, giveUpMs: 50, requestMs: 5000 });
	const said = Array.from({ length: linesPerClient }, (_, line) => `${nick}-${line}`);
	const settled: string[] = [];
	for (const cid of said) {
		client.publish('eden', cid, { cid }).then(
			() => settled.push(`${cid} is published`),
			(error) => settled.push(`${cid} is refused: ${error}`),
		);
	}
	client.on('items', () => {
		client.receipts('eden');
		client.room('eden');
	});
	return { client, said, settled };
}

/** Resolves when clients are closed; a client that is broken may never be. */
async function closed(clients: readonly Client[]): Promise<void> {
	await Promise.race([Promise.all(clients.map((client) => client.close())), pause(patienceMs)]);
}

/** What nobody answered reaches the good broker, once and in order. */
async function checkAfterwards(url: string, stays: readonly Stay[]): Promise<readonly string[]> {
	const violations: string[] = [];
	const reader = connect(url, { nick: 'reader', history: 500 });
	const heard: string[] = [];
	reader.on('items', (_, items) => {
		heard.push(...items.flatMap((item) => (item.kind === 'message' ? [item.message.content] : [])));
	});
	await reader.join('eden');
	for (const { client } of stays) {
		client.reconnect();
	}
	const isSettled = await until(patienceMs, () =>
		stays.every(({ client }) => client.unsent.length === 0 && client.status.state === 'online'),
	);
	if (!isSettled) {
		violations.push(
			...stays.map(({ client }) => `${JSON.stringify(client.status)} with ${client.unsent.length} unsent`),
		);
	}
	await until(patienceMs, () => heard.length >= stays.length * linesPerClient);
	for (const { said } of stays) {
		const seen = heard.filter((line) => said.includes(line));
		if (seen.join() !== said.join()) {
			violations.push(`the good broker has ${seen.join()}; expected was ${said.join()}`);
		}
	}
	await reader.close();
	return violations;
}

const malformed = malformedOf(brokerSchemas, {
	room: fc.constantFrom('eden', 'eden', '__proto__', 'other'),
	epoch: fc.constantFrom('e', 'e', 'f'),
	sequence: fc.oneof(fc.nat({ max: 50 }), fc.maxSafeNat()),
	head: fc.oneof(fc.nat({ max: 50 }), fc.maxSafeNat()),
	// One that the client never chose: an answer in its own words is one.
	cid: fc.constant('nobody’s'),
});

const welcome = JSON.stringify({
	...{ type: 'welcome', v: 1, server: { name: 'natter', version: '0' }, node: 'n', connection: 'c', session: 's' },
	...{ sessionTtlMs: 0, user: { id: 'eve', verified: false, role: 'guest' }, time: 0, durability: 'memory' },
	...{ limits: {}, heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 }, resumed: false },
});

/** Frames that may be an answer, made up as they are: those who are to keep their publishes are not told them. */
const refusing = /"(?:error|unsubscribed)"/u;

/** One connection of a client: a handshake that may fail, then anything. */
function serve(
	socket: Socket,
	chance: Chance,
	sent: { texts: number; framing: number; handshakes: number; left: number },
) {
	let request = '';
	const onData = (data: Buffer) => {
		request += data.toString('latin1');
		if (!request.includes('\r\n\r\n')) {
			return;
		}
		socket.off('data', onData).resume();
		const mayRefuse = !request.startsWith(`GET ${stayersPath} `);
		if (mayRefuse && chance.below(10) === 0) {
			sent.handshakes += 1;
			socket.end(brokenAnswer(chance, request));
			return;
		}
		socket.write(upgradeAnswer(request, mayRefuse && chance.below(3) === 0 ? undefined : 'natter.v1'));
		if (chance.below(4) > 0) {
			socket.write(frameBytes({ payload: welcome, masked: false }));
			socket.write(
				frameBytes({ payload: '{"type":"subscribed","room":"eden","sequence":5,"epoch":"e"}', masked: false }),
			);
		}
		const texts = fc
			.sample(malformed, { seed: chance.below(2 ** 31), numRuns: chance.between(1, 60) })
			.filter((text) => mayRefuse || !refusing.test(text));
		for (const text of texts) {
			socket.write(frameBytes({ payload: text, masked: false }));
		}
		sent.texts += texts.length;
		const framing = chance.below(2) === 0 ? framingAttack(chance, { masked: false, limit: clientFrameBytes }) : [];
		for (const frame of framing) {
			socket.write(frame);
		}
		sent.framing += framing.length;
		sent.left -= texts.length + framing.length;
		const isAbrupt = chance.below(4) === 0;
		setTimeout(() => (isAbrupt ? socket.destroy() : socket.end()), chance.between(1, 30));
	};
	socket.on('data', onData);
}

function upgradeAnswer(request: string, protocol: string | undefined): string {
	const key = /sec-websocket-key: (.*)\r\n/iu.exec(request)?.[1] ?? '';
	const isOffered = protocol !== undefined && request.includes(protocol);
	return [
		'HTTP/1.1 101 Switching Protocols',
		'Upgrade: websocket',
		'Connection: Upgrade',
		`Sec-WebSocket-Accept: ${createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')}`,
		...(isOffered ? [`Sec-WebSocket-Protocol: ${protocol}`] : []),
		'\r\n',
	].join('\r\n');
}

function brokenAnswer(chance: Chance, request: string): string | Buffer {
	const good = upgradeAnswer(request, undefined);
	const answers: readonly [() => string | Buffer, ...(() => string | Buffer)[]] = [
		() => good.replace(/Accept: .*/u, 'Accept: bm90aGluZw=='),
		() => good.replace('101', chance.pick(['200', '301', '400', '401', '403', '404', '429', '500', '503', '999'])),
		() =>
			good.replace('Connection:', `Sec-WebSocket-Protocol: ${chance.pick(['other', ',', '\u0001'])}\r\nConnection:`),
		() => good.replace('Connection:', 'Sec-WebSocket-Extensions: permessage-deflate\r\nConnection:'),
		() => good.replace('Connection:', `X-Long: ${'x'.repeat(100_000)}\r\nConnection:`),
		() => 'HTTP/1.1 503 Busy\r\nRetry-After: -1\r\n\r\n',
		() => 'HTTP/1.1 302 Found\r\nLocation: ws://127.0.0.1:1/\r\n\r\n',
		() => good.slice(0, chance.below(good.length)),
		() => chance.bytes(chance.between(0, 500)),
	];
	return chance.pick(answers)();
}

/** Listens; `close` cuts off everyone. */
async function listen(port: number, serveOne: (socket: Socket) => void): Promise<{ close(): Promise<void> }> {
	const sockets = new Set<Socket>();
	const server: Server = createServer((socket) => {
		sockets.add(socket);
		socket.on('error', () => {}).on('close', () => sockets.delete(socket));
		serveOne(socket);
	});
	await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
	return {
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				for (const socket of sockets) {
					socket.destroy();
				}
			}),
	};
}

function heldBytes(): number {
	collectGarbage();
	return process.memoryUsage().heapUsed;
}

export const hostileBrokerRun: Run<HostileBrokerOptions> = {
	name: 'hostile-broker',
	defaults: { frames: 50_000 },
	run,
};

await command(hostileBrokerRun, import.meta);
