/**
 * WebSocket frames and upgrades as bytes, written by hand so that they can be wrong in every way.
 */
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import type { Chance } from './chance.ts';

export interface FrameBytes {
	readonly payload?: string | Buffer;
	/** @default 1, text */
	readonly opcode?: number;
	/** @default true */
	readonly fin?: boolean;
	/** The three reserved bits, 0..7. @default 0 */
	readonly reserved?: number;
	/** Clients mask, brokers do not. */
	readonly masked: boolean;
	/** What the header says instead of the payload's length. */
	readonly claimed?: bigint;
	/** How the length is written. @default as short as it goes */
	readonly lengthBytes?: 0 | 2 | 8;
}

export function frameBytes({
	payload = '',
	opcode = 1,
	fin = true,
	reserved = 0,
	masked,
	...length
}: FrameBytes): Buffer {
	const body = Buffer.from(payload);
	const claimed = length.claimed ?? BigInt(body.length);
	const lengthBytes = length.lengthBytes ?? (claimed < 126n ? 0 : claimed < 65_536n ? 2 : 8);
	const header = Buffer.alloc(2 + lengthBytes);
	header[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
	const mask = masked ? 0x80 : 0;
	if (lengthBytes === 0) {
		header[1] = mask | Number(claimed);
	} else if (lengthBytes === 2) {
		header[1] = mask | 126;
		header.writeUInt16BE(Number(claimed), 2);
	} else {
		header[1] = mask | 127;
		header.writeBigUInt64BE(claimed, 2);
	}
	if (!masked) {
		return Buffer.concat([header, body]);
	}
	const key = randomBytes(4);
	const hidden = Buffer.from(body.map((byte, index) => byte ^ (key[index % 4] ?? 0)));
	return Buffer.concat([header, key, hidden]);
}

/** Frames that break the framing or come near to it: several per attack. `limit` is the largest payload that is taken. */
export function framingAttack(
	chance: Chance,
	{ masked, limit }: { readonly masked: boolean; readonly limit: number },
): readonly Buffer[] {
	const frame = (wrong: Omit<FrameBytes, 'masked'>) => frameBytes({ masked, ...wrong });
	const badText = Buffer.from([0x7b, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff]);
	const attacks: readonly [() => readonly Buffer[], ...(() => readonly Buffer[])[]] = [
		() => [frame({ reserved: chance.between(1, 7), payload: '{}' })],
		() => [frame({ opcode: chance.pick([3, 4, 5, 6, 7, 11, 12, 13, 14, 15]), payload: '{}' })],
		() => [frameBytes({ masked: !masked, payload: '{"type":"ping"}' })],
		() => [frame({ opcode: chance.pick([8, 9, 10]), payload: chance.bytes(chance.between(126, 300)) })],
		() => [frame({ opcode: chance.pick([8, 9, 10]), fin: false, payload: 'x' })],
		() => [frame({ opcode: 0, payload: 'no beginning' })],
		() => [frame({ fin: false, payload: '{"type":' }), frame({ payload: '"ping"}' })],
		() => [frame({ payload: badText })],
		() => [frame({ fin: false, payload: badText.subarray(0, 2) }), frame({ opcode: 0, payload: badText.subarray(2) })],
		() => [frame({ fin: false, payload: '{"type":' }), frame({ opcode: 9 }), frame({ opcode: 0, payload: '"ping"}' })],
		() => Array.from({ length: 80 }, (_, part) => frame({ opcode: part === 0 ? 1 : 0, fin: false, payload: ' ' })),
		() => Array.from({ length: 40 }, () => frame({ opcode: 9, payload: chance.bytes(chance.below(126)) })),
		() => Array.from({ length: 5 }, () => frame({ opcode: 10, payload: 'nobody asked' })),
		() => [frame({ opcode: 8, payload: Buffer.from([3]) })],
		() => [
			frame({ opcode: 8, payload: closePayload(chance.pick([0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535])) }),
		],
		() => [frame({ opcode: 8, payload: Buffer.concat([closePayload(1000), badText]) })],
		() => [frame({ opcode: 8, payload: closePayload(1000) }), frame({ payload: '{"type":"ping"}' })],
		() => [frame({ claimed: chance.pick([2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 31n]), lengthBytes: 8 })],
		() => [frame({ claimed: BigInt(limit + 1 + chance.below(1000)), payload: 'x' })],
		() => [frame({ payload: ' '.repeat(limit + 1) })],
		() => [frame({ payload: '{"type":"ping"}', lengthBytes: chance.pick([2, 8]) })],
		() => [frame({ claimed: 500n, payload: 'less than was said' })],
		() => [frame({ opcode: 2, payload: chance.bytes(chance.below(200)) })],
		() => [frame({ payload: '' }), frame({ fin: false, payload: '' }), frame({ opcode: 0, payload: '' })],
		() => [chance.bytes(chance.between(1, 400))],
	];
	return chance.pick(attacks)();
}

function closePayload(code: number): Buffer {
	const payload = Buffer.alloc(2);
	payload.writeUInt16BE(code);
	return payload;
}

export interface UpgradeOptions {
	readonly path?: string;
	readonly subprotocol?: string | undefined;
}

/** The request that opens a WebSocket. */
export function upgradeRequest(port: number, { path = '/', subprotocol }: UpgradeOptions = {}): string {
	return [
		`GET ${path} HTTP/1.1`,
		`Host: 127.0.0.1:${port}`,
		'Connection: Upgrade',
		'Upgrade: websocket',
		'Sec-WebSocket-Version: 13',
		`Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
		...(subprotocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${subprotocol}`]),
		'\r\n',
	].join('\r\n');
}

/** Requests that are no upgrade, although they look like one. */
export function brokenUpgrade(chance: Chance, port: number): string | Buffer {
	const good = upgradeRequest(port, {
		subprotocol: chance.pick([undefined, 'natter.v1', 'chat', 'natter.v9, natter.v1']),
	});
	const lines = good.split('\r\n').slice(0, -2);
	const rebuilt = (changed: readonly string[]) => `${changed.join('\r\n')}\r\n\r\n`;
	const without = (name: string) => rebuilt(lines.filter((line) => !line.toLowerCase().startsWith(name)));
	const attacks: readonly [() => string | Buffer, ...(() => string | Buffer)[]] = [
		() => good.slice(0, chance.below(good.length)),
		() => without(chance.pick(['host', 'connection', 'upgrade', 'sec-websocket-key', 'sec-websocket-version'])),
		() => good.replace('GET', chance.pick(['POST', 'PUT', 'CONNECT', 'OPTIONS', 'get', 'G\u0000T', 'DELETE'])),
		() => good.replace('HTTP/1.1', chance.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'HTCPCP/1.0', ''])),
		() =>
			good.replace(/Version: 13/u, `Version: ${chance.pick(['0', '7', '14', 'x', '13, 13', '-1', '9'.repeat(99)])}`),
		() => good.replace(/Key: .*/u, `Key: ${chance.pick(['', 'short', 'x'.repeat(24), '='.repeat(24), '\u00ff'])}`),
		() => good.replace('websocket', chance.pick(['h2c', 'websocket2', 'WebSocket, h2c', ''])),
		() => rebuilt([...lines, `Origin: ${chance.pick(['null', 'http://evil.example', 'file://', '\u0001'])}`]),
		() => rebuilt([...lines, `X-Long: ${'x'.repeat(chance.between(8_000, 20_000))}`]),
		() => rebuilt([...lines, ...Array.from({ length: 2500 }, (_, index) => `X-${index}: 1`)]),
		() => rebuilt([...lines, ...lines.slice(1)]),
		() => rebuilt([...lines, 'Content-Length: 5', 'Transfer-Encoding: chunked']),
		() => rebuilt([...lines, 'Sec-WebSocket-Protocol: \u0000,,;;', 'Sec-WebSocket-Extensions: permessage-deflate; =']),
		() => rebuilt([...lines, 'no colon at all', ': no name', ' folded']),
		() =>
			good.replace('GET / ', `GET ${chance.pick(['/'.repeat(7000), '*', 'http://evil.example/', '/%00%ff', '/?#'])} `),
		() => good.replaceAll('\r\n', '\n'),
		() => Buffer.concat([Buffer.from(good), chance.bytes(chance.between(1, 200))]),
		() => good + good + good,
		() => chance.bytes(chance.between(1, 600)),
		() => '',
	];
	return chance.pick(attacks)();
}

/** A TCP connection that swallows what comes and complains about nothing. Resolves when it is open. */
export async function dialBytes(port: number): Promise<Socket> {
	const socket = connect(port, '127.0.0.1');
	socket.on('error', () => {});
	await new Promise((resolve) => socket.once('connect', resolve).once('close', resolve));
	return socket;
}

/** Resolves when a connection is over, at the latest after so many ms. */
export async function over(socket: Socket, ms: number): Promise<void> {
	const timer = setTimeout(() => socket.destroy(), ms);
	if (!socket.destroyed) {
		await new Promise((resolve) => socket.resume().once('close', resolve));
	}
	clearTimeout(timer);
}
