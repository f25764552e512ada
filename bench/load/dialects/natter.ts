/** natter.v1, as natter's own client speaks it: with ids, numbers of its own, a device, and acknowledgements. */
import { randomUUID } from 'node:crypto';
import { subprotocol } from '../../../src/protocol/limits.ts';
import { upgradeRequest } from '../../../test/endurance/wire-bytes.ts';
import type { Dialect } from '../dialect.ts';
import { said, stampWidth } from '../dialect.ts';
import { Stencil } from '../stencil.ts';
import { clientHead, mask, webSocketFraming } from '../websocket.ts';
import { isJsonMessage, jsonFrame, jsonRoom, webSocketAnswer } from './base.ts';

export const natter: Dialect = {
	framing: webSocketFraming(isJsonMessage),
	upgrade: (port) => upgradeRequest(port, { subprotocol }),
	answer: webSocketAnswer,
	acknowledges: true,
	// Of what begins with `{"type":"p` it alone goes on with a u.
	isPublished: (body) => body[9] === letterP && body[10] === letterU,
	roomOf: jsonRoom,
	enter: async (line, user) => {
		await line.next();
		line.write(jsonFrame({ type: 'hello', v: 1, user, session: randomUUID(), device: randomUUID() }));
		line.user = await line.until((text) => {
			const frame = JSON.parse(text);
			return frame.type === 'welcome' ? String(frame.user.id) : undefined;
		});
	},
	read: async (line, room) => {
		line.write(jsonFrame({ type: 'subscribe', room, userId: line.user, ref: room }));
		const { sequence, epoch } = await line.until((text) => {
			const frame = JSON.parse(text);
			if (frame.type === 'error') {
				throw new Error(text);
			}
			return frame.type === 'subscribed' && frame.room === room ? frame : undefined;
		});
		return {
			sequence,
			acknowledgement: new Stencil(
				[
					`{"type":"ack","room":"${room}","epoch":"${epoch}","sequence":`,
					{ name: 'sequence', width: 9, pad: ' ' },
					'}',
				],
				{ head: clientHead, mask },
			),
		};
	},
	publication: (line, room) =>
		new Stencil(
			[
				`{"type":"publish","room":"${room}","sender":"${line.user}","content":"${said.before}`,
				{ name: 'stamp', width: stampWidth, pad: '0' },
				`${said.after}","ref":"`,
				{ name: 'number', width: 9, pad: '0' },
				`","cid":"${randomUUID()}-`,
				{ name: 'number', width: 9, pad: '0' },
				`","producer":"${randomUUID()}","pseq":`,
				{ name: 'number', width: 9, pad: ' ' },
				'}',
			],
			{ head: clientHead, mask },
		),
};

const letterP = 0x70;
const letterU = 0x75;
