/** I7: what is said to one person is written to their connections and those of its sender, and nothing about it to others. */
import type { FromBroker, Message } from '../../src/protocol/frames.ts';
import type { Seen } from './observation.ts';
import type { Report } from './violation.ts';

interface Line {
	readonly isV1: boolean;
	/** What the broker says is the reader's own inbox. */
	inbox: string | undefined;
}

export class Privacy {
	readonly #report: Report;
	/** By user, as far as it is told whose inbox is whose. */
	readonly #inboxes = new Map<string, string>();
	readonly #lines = new Map<string, Line>();
	/** By what was said: whose inboxes it may be in. */
	readonly #said = new Map<string, readonly string[]>();

	constructor(report: Report) {
		this.#report = report;
	}

	proved({ user, inbox }: Seen<'proved'>): void {
		if (inbox !== undefined) {
			this.#inboxes.set(user, inbox);
		}
	}

	intended({ room, content, copyIn }: Seen<'intended'>): void {
		if (room.startsWith('@')) {
			this.#said.set(content, copyIn === undefined ? [room] : [room, copyIn]);
		}
	}

	disconnected(connection: string): void {
		this.#lines.delete(connection);
	}

	wrote({ connection, frame }: Seen<'wrote'>): void {
		const isV1 = frame.type === 'welcome' || frame.type === 'challenge';
		const line = this.#lines.get(connection) ?? { isV1, inbox: undefined };
		this.#lines.set(connection, line);
		if (frame.type === 'welcome') {
			const { id, inbox, verified } = frame.user;
			line.inbox = inbox;
			const own = verified ? this.#inboxes.get(id) : undefined;
			if (inbox !== undefined && this.#inboxes.size > 0 && inbox !== own) {
				this.#report('I7', `${connection}: ${id} was given the inbox ${inbox}, and theirs is ${own}`);
			}
		}
		for (const room of roomsOf(frame)) {
			if (room.startsWith('@') && room !== line.inbox && !isHarmless(frame, line)) {
				this.#report('I7', `${connection}: a ${frame.type} tells of ${room}, and its reader's inbox is ${line.inbox}`);
			}
		}
		for (const message of messagesOf(frame)) {
			this.#message(connection, line, message);
		}
	}

	#message(connection: string, { inbox = 'none' }: Line, { room, sequence, content, to, from }: Message): void {
		const readers = this.#said.get(content);
		const isPrivate = readers !== undefined || to !== undefined || from !== undefined;
		if (!isPrivate) {
			return;
		}
		const isTheirs = readers === undefined ? inbox === to || inbox === from : readers.includes(inbox);
		if (!isTheirs || room !== inbox) {
			const who = readers?.join(' and ') ?? `${from} and ${to}`;
			this.#report(
				'I7',
				`${connection}: is sent ${room} #${sequence} "${content.slice(0, 40)}", which is between ${who}`,
			);
		}
	}
}

/** What a frame may say of an inbox to somebody who may write there and not read. */
function isHarmless(frame: FromBroker, { isV1 }: Line): boolean {
	switch (frame.type) {
		case 'error':
			return true;
		case 'published':
			// Its numbers are those of another room, or none: that is looked at with what was published.
			return true;
		case 'subscribed':
			return !isV1 && frame.sequence === 0 && frame.epoch === undefined && frame.head === undefined;
		case 'history':
			return !isV1 && frame.messages.length === 0 && frame.epoch === undefined && frame.head === undefined;
		default:
			return false;
	}
}

function roomsOf(frame: FromBroker): readonly string[] {
	switch (frame.type) {
		case 'pong':
			return (frame.heads ?? []).map(({ room }) => room);
		case 'rooms':
			return [...frame.rooms.map(({ room }) => room), frame.cursor ?? ''];
		default:
			return 'room' in frame && frame.room !== undefined ? [frame.room] : [];
	}
}

function messagesOf(frame: FromBroker): readonly Message[] {
	switch (frame.type) {
		case 'message':
			return [frame];
		case 'history':
		case 'found':
			return frame.messages;
		default:
			return [];
	}
}
