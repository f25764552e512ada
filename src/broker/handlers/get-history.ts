import type { Page, RangeQuery } from '../../engines/engine.ts';
import type { ClientFrames } from '../../protocol/frames.ts';
import { baseFrameBytes, type Limits } from '../../protocol/limits.ts';
import { answerDelayMs } from '../chaos.ts';
import type { Connection } from '../connection.ts';
import { isBanned } from './banned.ts';
import { isForeignInbox, roomName } from './room-name.ts';

/** Answers with a page of a room's log. The messages go out as they were stored, without being parsed. */
export function getHistory(connection: Connection, frame: ClientFrames['get_history']): void | Promise<void> {
	const { hub, protocol } = connection;
	if (isForeignInbox(connection, frame)) {
		connection.tell({ type: 'history', room: frame.room, messages: [] });
		return;
	}
	const room = roomName(connection, frame);
	if (room === undefined) {
		return;
	}
	const { chaos } = hub.settings;
	if (chaos !== undefined && protocol === 'v1' && frame.after !== undefined) {
		// A gap that is closed within a millisecond is seen by nobody, and chaos is there to be seen.
		hub.surroundings.after(answerDelayMs(chaos, frame.after), () => {
			hub.begun();
			answer(connection, frame, room)
				.catch((error: unknown) => connection.fail(error))
				.finally(() => hub.finished());
		});
		return;
	}
	return answer(connection, frame, room);
}

async function answer(connection: Connection, frame: ClientFrames['get_history'], room: string): Promise<void> {
	const { hub } = connection;
	const { engine, limits } = hub.settings;
	const isBase = connection.protocol === 'base';
	try {
		const page = await engine.range(room, isBase ? baseQuery(limits) : queryOf(frame, limits));
		if (connection.ended || isBanned(connection, frame, room)) {
			return;
		}
		if (!isBase && frame.epoch !== undefined && frame.epoch !== page.epoch) {
			connection.refuse(frame, 'position_invalid', `Expected a position in epoch ${page.epoch}`);
			return;
		}
		if (!isBase && frame.after !== undefined && frame.after > page.head) {
			connection.refuse(frame, 'position_invalid', `Expected a position up to ${page.head}`);
			return;
		}
		const fields = isBase ? { type: 'history', room } : fieldsOf(frame, room, page);
		const messages = page.entries.map(({ text }) => text).join(',');
		connection.send(`${JSON.stringify(fields).slice(0, -1)},"messages":[${messages}]}`);
	} catch (error) {
		connection.refuseUnavailable(frame, error);
	}
}

/** Everything around the messages of a base client's history fits in this many bytes. */
const envelopeBytes = 4096;

function baseQuery(limits: Limits): RangeQuery {
	return { order: 'desc', limit: limits.baseHistoryMessages, maxBytes: baseFrameBytes - envelopeBytes };
}

function queryOf({ after, before, limit = 100, order }: ClientFrames['get_history'], limits: Limits): RangeQuery {
	return {
		...(after !== undefined && { after }),
		...(before !== undefined && { before }),
		limit: Math.min(limit, limits.historyMessages),
		maxBytes: limits.historyBytes,
		order: order ?? (after === undefined ? 'desc' : 'asc'),
	};
}

function fieldsOf({ ref, after }: ClientFrames['get_history'], room: string, page: Page) {
	const { epoch, head, oldest, complete, gone } = page;
	const [first] = gone;
	return {
		type: 'history',
		room,
		...(ref !== undefined && { ref }),
		epoch,
		head,
		oldest,
		complete,
		...(first !== undefined && after !== undefined && first.from === after + 1 && { gap: first }),
		...(first !== undefined && { gaps: gone }),
	};
}
