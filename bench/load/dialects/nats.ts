/** The protocol of NATS over TCP: lines, and bodies of the length that their line says. */
import type { Dialect } from '../dialect.ts';
import type { Framing } from '../splitter.ts';
import { Stencil } from '../stencil.ts';
import { jsonRoom } from './base.ts';
import { payloadParts } from './payload.ts';

const lineFeed = 0x0a;
const zero = 0x30;

/** `MSG room-1 1 260` and a body with a line end behind it; anything else is a line, which is its own body. */
const framing: Framing = {
	read: (bytes, at, end, head) => {
		const last = bytes.indexOf(lineFeed, at);
		if (last === -1 || last >= end) {
			return false;
		}
		const length = last + 1 - at;
		head.kind = 0;
		head.isMessage = bytes[at] === letterM;
		head.length = head.isMessage ? length : 0;
		head.size = head.isMessage ? numberBefore(bytes, last - 1) + 2 : length;
		return true;
	},
};

const letterM = 0x4d;

/** The number whose last digit stands right before `end`. */
function numberBefore(bytes: Buffer, end: number): number {
	let number = 0;
	for (let index = end - 1, weight = 1; ; index--, weight *= 10) {
		const digit = (bytes[index] ?? 0) - zero;
		if (digit < 0 || digit > 9) {
			return number;
		}
		number += digit * weight;
	}
}

export const nats: Dialect = {
	framing,
	answer: (line, body) => {
		const text = body.toString('latin1');
		if (text.startsWith('PING')) {
			line.write('PONG\r\n');
			return true;
		}
		if (text.startsWith('-ERR')) {
			line.refusal = text.trim();
		}
		return false;
	},
	acknowledges: false,
	roomOf: jsonRoom,
	enter: async (line, user) => {
		line.user = user;
		await line.until((text) => text.startsWith('INFO') || undefined);
		line.write(`CONNECT {"verbose":false,"pedantic":false,"name":"${user}"}\r\nPING\r\n`);
		await line.until((text) => text.startsWith('PONG') || undefined);
	},
	read: async (line, room) => {
		line.write(`SUB ${room} 1\r\nPING\r\n`);
		await line.until((text) => text.startsWith('PONG') || undefined);
		return { sequence: 0 };
	},
	publication: (line, room) =>
		new Stencil([...payloadParts(room, line.user), '\r\n'], {
			head: (size) => Buffer.from(`PUB ${room} ${size - 2}\r\n`),
		}),
};
