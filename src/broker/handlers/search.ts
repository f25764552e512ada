import type { ClientFrames } from '../../protocol/frames.ts';
import { readSought } from '../../protocol/words.ts';
import type { Connection } from '../connection.ts';
import { isBanned } from './banned.ts';
import { roomName } from './room-name.ts';

/** Messages in an answer, unless the client says how many. */
const usualMessages = 50;

/** Answers with the newest messages of a room that say what is sought. They go out as they were stored. */
export async function search(connection: Connection, frame: ClientFrames['search']): Promise<void> {
	const { engine, limits } = connection.hub.settings;
	const { text, before, limit = usualMessages } = frame;
	const room = roomName(connection, frame);
	if (room === undefined || isBanned(connection, frame, room)) {
		return;
	}
	if (readSought(text) === undefined) {
		connection.refuse(frame, 'empty', 'Expected a word to search for, got none');
		return;
	}
	try {
		const { epoch, entries, from, complete } = await engine.search(room, {
			text,
			...(before !== undefined && { before }),
			limit: Math.min(limit, limits.historyMessages),
			maxBytes: limits.historyBytes,
		});
		// Somebody may have been banned meanwhile.
		if (connection.ended || isBanned(connection, frame, room)) {
			return;
		}
		if (frame.epoch !== undefined && frame.epoch !== epoch) {
			connection.refuse(frame, 'position_invalid', `Expected a position in epoch ${epoch}`);
			return;
		}
		const fields = { type: 'found', room, ...(frame.ref !== undefined && { ref: frame.ref }), epoch, from, complete };
		const messages = entries.map(({ text }) => text).join(',');
		connection.send(`${JSON.stringify(fields).slice(0, -1)},"messages":[${messages}]}`);
	} catch (error) {
		connection.refuseUnavailable(frame, error);
	}
}
