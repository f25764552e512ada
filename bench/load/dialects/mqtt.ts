/** MQTT 3.1.1 over TCP, QoS 0. */
import type { Dialect } from '../dialect.ts';
import type { Framing } from '../splitter.ts';
import { Stencil } from '../stencil.ts';
import { jsonRoom } from './base.ts';
import { payloadParts } from './payload.ts';

const types = { connect: 1, connack: 2, publish: 3, subscribe: 8, suback: 9 } as const;

const framing: Framing = {
	read: (bytes, at, end, head) => {
		let size = 0;
		for (let index = 1; index <= 4; index++) {
			if (at + index >= end) {
				return false;
			}
			const byte = bytes[at + index] ?? 0;
			size |= (byte & 0x7f) << (7 * (index - 1));
			if (byte < 0x80) {
				head.length = index + 1;
				head.size = size;
				head.kind = (bytes[at] ?? 0) >> 4;
				head.isMessage = head.kind === types.publish;
				return true;
			}
		}
		throw new Error('Expected a length of at most four bytes');
	},
};

export const mqtt: Dialect = {
	framing,
	// Nobody asks for signs of life: the keep-alive is 0.
	answer: (line, body, { kind }) => {
		if ((kind === types.connack && body[1] !== 0) || (kind === types.suback && body[2] !== 0)) {
			line.refusal = `packet ${kind}: ${body.toString('hex')}`;
		}
		return false;
	},
	acknowledges: false,
	roomOf: jsonRoom,
	enter: async (line, user) => {
		line.user = user;
		const cleanSession = 2;
		line.write(
			packet(types.connect, 0, Buffer.concat([field('MQTT'), Buffer.from([4, cleanSession, 0, 0]), field(user)])),
		);
		await line.next();
	},
	read: async (line, room) => {
		line.write(packet(types.subscribe, 2, Buffer.concat([Buffer.from([0, 1]), field(room), Buffer.from([0])])));
		await line.next();
		return { sequence: 0 };
	},
	publication: (line, room) =>
		new Stencil(payloadParts(room, line.user), {
			head: (size) => {
				const topic = field(room);
				return Buffer.concat([packetHead(types.publish, 0, topic.length + size), topic]);
			},
		}),
};

function packet(type: number, flags: number, body: Buffer): Buffer {
	return Buffer.concat([packetHead(type, flags, body.length), body]);
}

function packetHead(type: number, flags: number, size: number): Buffer {
	const bytes = [(type << 4) | flags];
	let rest = size;
	do {
		bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
		rest >>= 7;
	} while (rest > 0);
	return Buffer.from(bytes);
}

function field(text: string): Buffer {
	return Buffer.concat([Buffer.from([text.length >> 8, text.length & 0xff]), Buffer.from(text)]);
}
