/** WebSocket frames (RFC 6455) as a client sends and gets them. */
import { randomBytes } from 'node:crypto';
import type { Framing, Head } from './splitter.ts';

export const opcodes = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Whether a text is a message, by as many of its first bytes as `peek`; `end` is where what is there of it ends. */
export type IsMessage = (bytes: Buffer, at: number, end: number) => boolean;

/** So many bytes of a body a framing looks at. */
const peek = 14;

/** Unmasked and unfragmented frames, as every broker here sends them. */
export function webSocketFraming(isMessage: IsMessage): Framing {
	return {
		read(bytes: Buffer, at: number, end: number, head: Head): boolean {
			if (end - at < 2) {
				return false;
			}
			let length = 2;
			let size = (bytes[at + 1] ?? 0) & 0x7f;
			if (size === 126) {
				length = 4;
				if (end - at < length) {
					return false;
				}
				size = bytes.readUInt16BE(at + 2);
			} else if (size === 127) {
				length = 10;
				if (end - at < length) {
					return false;
				}
				size = Number(bytes.readBigUInt64BE(at + 2));
			}
			const body = at + length;
			const seen = Math.min(size, peek);
			if (end - body < seen) {
				return false;
			}
			head.length = length;
			head.size = size;
			head.kind = (bytes[at] ?? 0) & 0x0f;
			head.isMessage = head.kind === opcodes.text && isMessage(bytes, body, body + seen);
			return true;
		},
	};
}

/** One masked frame. */
export function clientFrame(body: string | Buffer, opcode: number = opcodes.text): Buffer {
	const bytes = Buffer.from(body);
	return Buffer.concat([clientHead(bytes.length, opcode, mask), masked(bytes)]);
}

/** What stands before a masked body. */
export function clientHead(size: number, opcode: number = opcodes.text, key: Buffer = mask): Buffer {
	const length = size < 126 ? [0x80 | size] : size < 65_536 ? [0x80 | 126, size >> 8, size & 0xff] : undefined;
	if (length === undefined) {
		throw new RangeError(`Expected a body below 64 KiB, got ${size} bytes`);
	}
	return Buffer.concat([Buffer.from([0x80 | opcode, ...length]), key]);
}

/** The mask of this process: a broker cannot skip unmasking, for it is not zero. */
export const mask = Buffer.from(randomBytes(4).map((byte) => byte | 1));

/** In place. */
function masked(bytes: Buffer): Buffer {
	for (let index = 0; index < bytes.length; index++) {
		bytes[index] = (bytes[index] ?? 0) ^ (mask[index & 3] ?? 0);
	}
	return bytes;
}
