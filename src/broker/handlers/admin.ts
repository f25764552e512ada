import { orderOf, type ReadOrder, typedOrder } from '../../protocol/admin.ts';
import type { ClientFrames } from '../../protocol/frames.ts';
import { type Actor, type Obeyed, obey } from '../administration.ts';
import type { Connection } from '../connection.ts';
import type { Request } from '../refusal.ts';
import { subjectsOf } from '../subject.ts';

/** Does what an owner or an admin orders, and says so; or says why not. */
export async function admin(connection: Connection, frame: ClientFrames['admin']): Promise<void> {
	const answer = await execute(connection, frame, connection.user.id, orderOf(normal(frame)));
	if (answer?.ok !== true) {
		return;
	}
	const ref = frame.ref === undefined ? {} : { ref: frame.ref };
	const { restrictions, total = 0 } = answer;
	connection.tell(
		restrictions === undefined ? { type: 'ok', ...ref } : { type: 'restrictions', ...ref, restrictions, total },
	);
}

/**
 * Does what a base client says as a command of the plain text that it is used to; `undefined` when it says none. It is no
 * message, whoever said it: a ban that was not obeyed is nothing to tell everybody.
 */
export function typedCommand(
	connection: Connection,
	frame: ClientFrames['publish'],
	{ room, sender }: { readonly room: string; readonly sender: string },
): Promise<void> | undefined {
	const typed = typedOrder(frame.content.trim(), room);
	return typed && obeyTyped(connection, frame, sender, typed);
}

async function obeyTyped(
	connection: Connection,
	frame: ClientFrames['publish'],
	sender: string,
	typed: ReadOrder,
): Promise<void> {
	const answer = await execute(connection, frame, sender, typed);
	if (answer?.ok === true) {
		// Base clients leave it out, and see what came of it; others that speak like them can show it.
		connection.tell({ type: 'notice', level: 'info', text: answer.text });
	}
}

/** What came of an order, or `undefined` when nobody is there to be told, or has been. */
async function execute(
	connection: Connection,
	request: Request,
	name: string,
	read: ReadOrder,
): Promise<Obeyed | undefined> {
	if (!read.ok) {
		refuse(connection, request, 'bad_frame', read.detail);
		return undefined;
	}
	try {
		// What was said before comes before.
		connection.hub.gathering.release();
		const answer = await obey(connection.hub, actorOf(connection, name), read.order);
		if (connection.ended) {
			return undefined;
		}
		if (!answer.ok) {
			refuse(connection, request, answer.code, answer.detail);
		}
		return answer;
	} catch (error) {
		connection.refuseUnavailable(request, error);
		return undefined;
	}
}

function refuse(
	connection: Connection,
	request: Request,
	code: Parameters<Connection['refuse']>[1],
	detail: string,
): void {
	if (connection.protocol === 'base') {
		// The words of a base broker would say nothing of why; its clients show any.
		connection.tell({ type: 'error', error: detail, code });
	} else {
		connection.refuse(request, code, detail, { outcome: 'not_applied' });
	}
}

function actorOf(connection: Connection, name: string): Actor {
	const { user, subscriptions } = connection;
	return {
		name: user.key === undefined ? name : user.id,
		role: user.role,
		subjects: subjectsOf(connection, name),
		reads: (room) => subscriptions.has(room),
		reader: connection,
	};
}

/** Names of rooms are compared in NFC. */
function normal(frame: ClientFrames['admin']): ClientFrames['admin'] {
	return frame.room === undefined ? frame : { ...frame, room: frame.room.normalize('NFC') };
}
