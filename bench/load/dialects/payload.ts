/** What is published at a broker that does not look into it: the message as a broker of JSON would have made it. */
import { randomUUID } from 'node:crypto';
import { said, stampWidth } from '../dialect.ts';
import type { Slot } from '../stencil.ts';

export function payloadParts(room: string, user: string): readonly (string | Slot)[] {
	const time = new Date().toISOString();
	return [
		`{"type":"message","id":"${randomUUID()}","room":"${room}","sender":"${user}","content":"${said.before}`,
		{ name: 'stamp', width: stampWidth, pad: '0' },
		`${said.after}","number":`,
		{ name: 'number', width: 9, pad: ' ' },
		`,"timestamp":"${time}"}`,
	];
}
