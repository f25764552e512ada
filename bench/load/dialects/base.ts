/** The base protocol: JSON in WebSocket text frames, nothing acknowledged. */
import { upgradeRequest } from '../../../test/endurance/wire-bytes.ts';
import type { Dialect } from '../dialect.ts';
import { said, stampWidth } from '../dialect.ts';
import { Stencil } from '../stencil.ts';
import { clientFrame, clientHead, type IsMessage, mask, opcodes, webSocketFraming } from '../websocket.ts';

/** `{"id":` or `{"type":"message"`: frames of other types begin with their type. */
export const isJsonMessage: IsMessage = (bytes, at, end) =>
	end - at >= 12 && (bytes[at + 2] === letterI || (bytes[at + 9] === letterM && bytes[at + 11] === letterS));

const letterE = 0x65;
const letterR = 0x72;
const letterI = 0x69;
const letterM = 0x6d;
const letterS = 0x73;

/** Of natter's protocol and of the base protocol. */
export const webSocketAnswer: Dialect['answer'] = (line, body, { kind }) => {
	if (kind === opcodes.ping) {
		line.write(clientFrame(Buffer.from(body), opcodes.pong));
	} else if (kind === opcodes.close) {
		line.end ??= `closed with ${body.length < 2 ? 'no code' : `${body.readUInt16BE()} ${body.subarray(2)}`}`;
	} else if (body[9] === letterE && body[10] === letterR) {
		line.refusal = body.toString();
	}
	return kind !== opcodes.text;
};

export function jsonFrame(value: unknown): Buffer {
	return clientFrame(JSON.stringify(value));
}

/** The room that a JSON message names. */
export function jsonRoom(body: Buffer): string {
	const at = body.indexOf(roomMark) + roomMark.length;
	return body.toString('latin1', at, body.indexOf('"', at));
}

const roomMark = '"room":"';

export const base: Dialect = {
	framing: webSocketFraming(isJsonMessage),
	upgrade: (port) => upgradeRequest(port),
	answer: webSocketAnswer,
	acknowledges: false,
	roomOf: jsonRoom,
	enter: async (line, user) => {
		line.user = user;
		await line.next();
	},
	read: async (line, room) => {
		line.write(jsonFrame({ type: 'subscribe', room, userId: line.user }));
		const sequence = await line.until((text) => {
			const frame = JSON.parse(text);
			return frame.type === 'subscribed' && frame.room === room ? Number(frame.sequence) : undefined;
		});
		return { sequence };
	},
	publication: (line, room) =>
		new Stencil(
			[
				`{"type":"publish","room":"${room}","sender":"${line.user}","content":"${said.before}`,
				{ name: 'stamp', width: stampWidth, pad: '0' },
				`${said.after}"}`,
			],
			{ head: clientHead, mask },
		),
};
