/** Socket.IO 5 on Engine.IO 4, as a client says it over WebSocket: `42` and a JSON array of event and value. */
import { upgradeRequest } from '../../../test/endurance/wire-bytes.ts';
import type { Dialect } from '../dialect.ts';
import { said, stampWidth } from '../dialect.ts';
import { Stencil } from '../stencil.ts';
import { clientFrame, clientHead, mask, webSocketFraming } from '../websocket.ts';
import { jsonRoom, webSocketAnswer } from './base.ts';

export const socketIo: Dialect = {
	// `42["message"`: no other event that is sent here begins with m.
	framing: webSocketFraming((bytes, at, end) => end - at > 4 && bytes[at + 4] === letterM),
	upgrade: (port) => upgradeRequest(port, { path: '/socket.io/?EIO=4&transport=websocket' }),
	answer: (line, body, head) => {
		const isPing = body.length === 1 && body[0] === enginePing;
		if (isPing) {
			line.write(clientFrame('3'));
		}
		return isPing || webSocketAnswer(line, body, head);
	},
	acknowledges: false,
	roomOf: jsonRoom,
	enter: async (line, user) => {
		line.user = user;
		await line.until((text) => text.startsWith('0') || undefined);
		line.write(clientFrame('40'));
		await line.until((text) => text.startsWith('40') || undefined);
	},
	read: async (line, room) => {
		line.write(clientFrame(`42["subscribe",{"room":"${room}"}]`));
		const prefix = '42["subscribed",';
		const { sequence } = await line.until((text) => {
			const value = text.startsWith(prefix) ? JSON.parse(text.slice(2))[1] : undefined;
			return value?.room === room ? value : undefined;
		});
		return { sequence };
	},
	publication: (line, room) =>
		new Stencil(
			[
				`42["publish",{"room":"${room}","sender":"${line.user}","content":"${said.before}`,
				{ name: 'stamp', width: stampWidth, pad: '0' },
				`${said.after}"}]`,
			],
			{ head: clientHead, mask },
		),
};

const letterM = 0x6d;
const enginePing = 0x32;
