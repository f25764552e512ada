import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocketServer } from 'ws';
import type { Connection } from '../../src/broker/connection.ts';
import { Dispatch } from '../../src/broker/dispatch.ts';
import { Batch } from '../../src/broker/fan-out.ts';
import { ChatSocket, webSocketOptions } from '../../src/broker/socket.ts';
import { systemSurroundings } from '../../src/broker/surroundings.ts';
import { frameBytes, upgradeRequest } from '../endurance/wire-bytes.ts';
import { range } from './numbers.ts';

const opcodes = { 1: 'text', 8: 'close', 9: 'ping', 10: 'pong' } as const;

/** A client that takes the bytes as they are. */
class Client {
	readonly socket: Socket;
	readonly ended: Promise<unknown>;
	#bytes = Buffer.alloc(0);
	#wake = () => {};

	constructor(socket: Socket) {
		this.socket = socket;
		this.ended = once(socket, 'close');
		socket.on('error', () => {});
		socket.on('data', (bytes) => {
			this.#bytes = Buffer.concat([this.#bytes, bytes]);
			this.#wake();
		});
	}

	/** The frames that came: what they are and what they say. Throws when the bytes are no frames of a server. */
	get frames(): { readonly kind: string; readonly text: string }[] {
		const frames: { kind: string; text: string }[] = [];
		const bytes = this.#bytes;
		let at = bytes.indexOf('\r\n\r\n') + 4;
		while (at < bytes.length) {
			const kind = opcodes[((bytes[at] ?? 0) ^ 0x80) as keyof typeof opcodes];
			if (kind === undefined) {
				throw new Error(`Expected a whole frame at ${at}, got ${bytes[at]}`);
			}
			const short = bytes[at + 1] ?? 0;
			const [head, size] =
				short < 126 ? [2, short] : short === 126 ? [4, bytes.readUInt16BE(at + 2)] : [10, bytes.readUInt32BE(at + 6)];
			const text = bytes.subarray(at + head, at + head + size);
			frames.push({ kind, text: kind === 'close' ? `${text.readUInt16BE()} ${text.subarray(2)}` : text.toString() });
			at += head + size;
		}
		return frames;
	}

	get texts(): string[] {
		return this.frames.flatMap(({ kind, text }) => (kind === 'text' ? [text] : []));
	}

	/** Resolves when so many bytes have come after the upgrade. */
	async has(bytes: number): Promise<void> {
		while (this.#bytes.length - (this.#bytes.indexOf('\r\n\r\n') + 4) < bytes) {
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
		}
	}

	send(payload: string | Buffer, opcode: number): void {
		this.socket.write(frameBytes({ payload, opcode, masked: true }));
	}
}

/** What a close frame says whose code is 1000. */
const goodbye = Buffer.from([3, 232]);

const cleanups: (() => void)[] = [];

afterEach(() => {
	for (const clean of cleanups.splice(0)) {
		clean();
	}
});

/** A chat socket, the stream below it, a client at its other end, and what its connection heard. */
async function open() {
	const heard: string[] = [];
	const { promise: closed, resolve: close } = Promise.withResolvers<void>();
	const dispatch = new Dispatch(systemSurroundings);
	const connection = {
		hub: { dispatch },
		receive: (text: string) => heard.push(text),
		pinged: () => heard.push('ping'),
		drained: () => heard.push('drained'),
		closed: (code: number) => {
			heard.push(`closed ${code}`);
			close();
		},
	} as unknown as Connection;
	const server = createServer();
	const webSockets = new WebSocketServer<typeof ChatSocket>(webSocketOptions(64 * 1024));
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const { port } = server.address() as AddressInfo;
	const raw = connect(port, '127.0.0.1');
	const client = new Client(raw);
	raw.write(upgradeRequest(port));
	const [request, stream, head] = (await once(server, 'upgrade')) as [Parameters<typeof upgrade>[0], Socket, Buffer];
	expect(stream.remoteAddress).toBe('127.0.0.1');
	const socket = await new Promise<ChatSocket>((resolve) => webSockets.handleUpgrade(request, stream, head, resolve));
	socket.attach(stream, true, () => connection);
	cleanups.push(() => {
		raw.destroy();
		socket.terminate();
		server.close();
	});
	const before = stream.bytesWritten;
	return { socket, stream, client, heard, closed, written: () => stream.bytesWritten - before };
}

declare function upgrade(...args: Parameters<WebSocketServer['handleUpgrade']>): void;

/** Lets a turn end. */
const endTurn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));

const batch = (first: number, texts: readonly string[]) => new Batch(first, texts);

describe('a chat socket', () => {
	test('brings everything once and in order: messages, answers, pings, pongs and the close', async () => {
		const text = fc.oneof(
			fc.string({ maxLength: 30 }),
			fc.integer({ min: 100, max: 140 }).map((length) => 'x'.repeat(length)),
			fc.integer({ min: 8000, max: 20_000 }).map((length) => 'y'.repeat(length)),
			fc.constant('z'.repeat(66_000)),
		);
		const step = fc.oneof(
			fc.record({ does: fc.constant('send' as const), text }),
			fc.record({ does: fc.constant('write' as const), texts: fc.array(text, { minLength: 1, maxLength: 4 }) }),
			fc.record({ does: fc.constantFrom('ping', 'is pinged', 'turn ends') }),
		);
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
				const { socket, stream, client, written } = await open();
				const expected: { kind: string; text: string }[] = [];
				let pongs = 0;
				for (const [index, one] of steps.entries()) {
					switch (one.does) {
						case 'send':
							socket.send(one.text);
							expected.push({ kind: 'text', text: one.text });
							break;
						case 'write':
							socket.write(batch(1, one.texts));
							expected.push(...one.texts.map((text) => ({ kind: 'text', text })));
							break;
						case 'ping':
							socket.ping(`${index}`);
							expected.push({ kind: 'ping', text: `${index}` });
							break;
						case 'is pinged':
							client.send('are you there', 9);
							pongs += 1;
							await once(stream, 'data');
							break;
						case 'turn ends':
							await endTurn();
							break;
					}
				}
				socket.close(1012, 'restart');
				socket.send('too late');
				await endTurn();
				await client.has(written());
				expect(client.frames.filter(({ kind }) => kind !== 'pong')).toEqual([
					...expected,
					{ kind: 'close', text: '1012 restart' },
				]);
				expect(client.frames.filter(({ kind }) => kind === 'pong').length).toBe(pongs);
				cleanups.pop()?.();
			}),
			{ numRuns: 40 },
		);
	});

	test('sends what it was given in a turn as one write', async () => {
		const { socket, stream, client, written } = await open();
		const writes: number[] = [];
		const write = stream.write.bind(stream);
		stream.write = ((bytes: Buffer) => {
			writes.push(bytes.length);
			return write(bytes);
		}) as typeof stream.write;
		socket.send('one');
		socket.write(batch(1, ['two', 'three']));
		socket.write(batch(3, ['four']));
		expect([writes, socket.unsent]).toEqual([[], 4 * 2 + 15]);
		await endTurn();
		expect(writes).toEqual([4 * 2 + 15]);
		await client.has(written());
		expect(client.texts).toEqual(['one', 'two', 'three', 'four']);
	});

	test('shares what is large with the other readers, and holds little of what is not', async () => {
		const { socket, stream } = await open();
		const writes: Uint8Array[] = [];
		stream.write = ((bytes: Buffer) => writes.push(bytes) > 0) as typeof stream.write;
		const large = batch(2, ['x'.repeat(20_000)]);
		socket.send('before');
		socket.write(large);
		expect(writes.length).toBe(2);
		expect(writes[1]).toBe(large.bytes);
		for (const _ of range(1, 100)) {
			socket.send('y'.repeat(1000));
			expect(socket.unsent).toBeLessThanOrEqual(16 * 1024);
		}
		expect(writes.every(({ length }) => length <= 16 * 1024 || length === large.bytes.length)).toBe(true);
	});

	test('counts each byte once, from when it is given one until the system has it, and says when the line takes more', async () => {
		const { socket, stream, client, heard, written } = await open();
		const before = socket.sent;
		client.socket.pause();
		let given = 0;
		while (!socket.full) {
			socket.send('x'.repeat(15_000));
			given += 15_004;
			expect(socket.unsent + socket.sent - before).toBe(given);
			await endTurn();
			expect(socket.unsent + socket.sent - before).toBe(given);
		}
		expect(stream.writableLength).toBeGreaterThan(0);
		expect(heard).toEqual([]);
		client.socket.resume();
		await client.has(written());
		while (socket.unsent > 0) {
			await endTurn();
		}
		expect(new Set(heard)).toEqual(new Set(['drained']));
		expect([socket.unsent, socket.sent - before, socket.full]).toEqual([0, given, false]);
	});

	test('gives what it holds to a client that closes, and nothing to one that has', async () => {
		const { socket, stream, client, heard, closed, written } = await open();
		stream.prependOnceListener('data', () => socket.send('last'));
		client.send(goodbye, 8);
		await closed;
		await client.has(written());
		expect(client.frames).toEqual([
			{ kind: 'text', text: 'last' },
			{ kind: 'close', text: '1000 ' },
		]);
		socket.send('nobody');
		socket.write(batch(1, ['nobody']));
		socket.ping('x');
		await endTurn();
		expect(heard).toEqual(['closed 1000']);
		expect(socket.unsent).toBe(0);
	});

	test('gives what it holds to a client that breaks the protocol before it is told so', async () => {
		const { socket, stream, client, closed, written } = await open();
		socket.send('before');
		client.socket.write(frameBytes({ payload: 'not masked', masked: false }));
		stream.prependOnceListener('data', () => socket.send('held'));
		await closed;
		await client.has(written());
		expect(client.frames.map(({ kind, text }) => `${kind} ${text.slice(0, 6)}`)).toEqual([
			...['text before', 'text held', 'close 1002 '],
		]);
	});

	test('of a client that is gone in the middle of a turn ends once, and takes nothing more', async () => {
		const { socket, stream, client, heard, closed } = await open();
		socket.send('held');
		stream.destroy(new Error('reset'));
		socket.write(batch(1, ['held as well']));
		await closed;
		socket.send('nobody');
		socket.ping('nobody');
		socket.close(1000);
		await endTurn();
		await client.ended;
		expect([heard, client.frames]).toEqual([['closed 1006'], []]);
	});
});

/** Frames that the socket writes itself would come before or into those of `ws` if this changed. */
describe('what a chat socket relies on in ws and Node', () => {
	test('is that control frames go to the stream whole and at once', async () => {
		const { socket, stream, written } = await open();
		stream.cork();
		socket.ping('mark');
		expect([written(), socket.bufferedAmount]).toEqual([6, 6]);
		socket.pong('answer');
		expect([written(), socket.bufferedAmount]).toEqual([14, 14]);
		socket.close(1000, 'bye');
		expect([written(), socket.bufferedAmount]).toEqual([21, 21]);
		expect(socket.extensions).toBe('');
	});

	test('is what it keeps of each socket, and need not', async () => {
		const [one, other] = [await open(), await open()];
		const tableOf = ({ socket }: typeof one) => Reflect.get(socket, '_events');
		expect(tableOf(one)).toBe(tableOf(other));
		expect(() => one.socket.on('message', () => {})).toThrow(TypeError);
		const places = () => Object.values(one.stream).filter((value) => value?.address === '127.0.0.1').length;
		expect(places()).toBe(0);
		expect([one.stream.remoteAddress, places()]).toEqual(['127.0.0.1', 1]);
	});

	test('is that it closes by the method of the socket when its client does', async () => {
		const { socket, client, closed } = await open();
		const closings: unknown[][] = [];
		const close = socket.close.bind(socket);
		socket.close = (...args) => {
			closings.push([socket.readyState, args[0]]);
			close(...args);
		};
		client.send(goodbye, 8);
		await closed;
		expect(closings).toEqual([[ChatSocket.OPEN, 1000]]);
	});
});
