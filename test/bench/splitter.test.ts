import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isJsonMessage } from '../../bench/load/dialects/base.ts';
import { Splitter } from '../../bench/load/splitter.ts';
import { clientFrame, mask, webSocketFraming } from '../../bench/load/websocket.ts';

/** As a broker sends it. */
function brokerFrame(text: string, opcode = 1): Buffer {
	const body = Buffer.from(text);
	const head =
		body.length < 126
			? Buffer.from([0x80 | opcode, body.length])
			: body.length < 65_536
				? Buffer.from([0x80 | opcode, 126, body.length >> 8, body.length & 0xff])
				: Buffer.concat([Buffer.from([0x80 | opcode, 127, 0, 0, 0, 0]), uint32(body.length)]);
	return Buffer.concat([head, body]);
}

function uint32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32BE(value);
	return bytes;
}

function split(chunks: readonly Buffer[], hearsMessages: boolean) {
	const heard: string[] = [];
	const splitter = new Splitter(webSocketFraming(isJsonMessage), (body, { kind }) => heard.push(`${kind} ${body}`), {
		hearsMessages,
	});
	for (const chunk of chunks) {
		// What was fed is written over, as the buffer that all sockets read into is.
		const reused = Buffer.concat([chunk, Buffer.alloc(3)]);
		splitter.feed(reused, chunk.length);
		reused.fill(0xff);
	}
	return { messages: splitter.messages, bytes: splitter.messageBytes, heard };
}

const text = (type: string, length: number) => JSON.stringify({ type, content: 'x'.repeat(length) });
const frames = fc.array(
	fc.oneof(
		fc.constantFrom(0, 90, 100, 300, 70_000).map((length) => ({ text: text('message', length), opcode: 1 })),
		fc.nat(200).map((length) => ({ text: `{"id":"1","type":"message","x":"${'y'.repeat(length)}"}`, opcode: 1 })),
		fc.constantFrom('members', 'presence', 'published').map((type) => ({ text: text(type, 20), opcode: 1 })),
		fc.constantFrom('{}', '', 'a').map((short) => ({ text: short, opcode: 1 })),
		fc.constantFrom('', 'mark').map((mark) => ({ text: mark, opcode: 9 })),
	),
	{ maxLength: 12 },
);

test('messages are counted and everything else is heard, wherever a chunk ends', () => {
	fc.assert(
		fc.property(frames, fc.array(fc.nat(400)), fc.boolean(), (sent, cuts, hearsMessages) => {
			const bytes = Buffer.concat(sent.map(({ text: body, opcode }) => brokerFrame(body, opcode)));
			const places = [...new Set([0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length])].sort(
				(one, other) => one - other,
			);
			const chunks = places.slice(1).map((end, index) => bytes.subarray(places[index], end));
			const isMessage = (body: string) => body.includes('"type":"message"');
			const messages = sent.filter(({ text: body }) => isMessage(body));
			expect(split(chunks, hearsMessages)).toEqual({
				messages: messages.length,
				bytes: messages.reduce((sum, { text: body }) => sum + brokerFrame(body).length, 0),
				heard: sent
					.filter(({ text: body }) => hearsMessages || !isMessage(body))
					.map(({ text: body, opcode }) => `${opcode} ${body}`),
			});
		}),
	);
});

test('a frame of a client is masked, and its mask is not zero', () => {
	const frame = clientFrame('hello');
	expect([...frame.subarray(0, 2)]).toEqual([0x81, 0x80 | 5]);
	expect(frame.subarray(2, 6)).toEqual(mask);
	expect(mask.every((byte) => byte !== 0)).toBe(true);
	expect(Buffer.from(frame.subarray(6).map((byte, index) => byte ^ (mask[index & 3] ?? 0))).toString()).toBe('hello');
	expect([...clientFrame('x'.repeat(300)).subarray(0, 4)]).toEqual([0x81, 0x80 | 126, 1, 44]);
});
