import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';

/**
 * Answers at once, with what was sent and with the last number of each room that is read, so that a lost last message is
 * noticed, and a room that is read no more.
 */
export function ping(connection: Connection, { t }: ClientFrames['ping']): void {
	for (const subscription of connection.subscriptions.values()) {
		subscription.tellSkipped();
	}
	const heads = [...connection.subscriptions.values()].map(({ room, epoch, position }) => ({
		room: room.name,
		epoch,
		sequence: position,
	}));
	const isSaid = heads.length > 0 || connection.protocol === 'v1';
	connection.tell({ type: 'pong', ...(t !== undefined && { t }), ...(isSaid && { heads }) });
}
