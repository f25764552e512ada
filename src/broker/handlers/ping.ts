import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';

/** Answers at once, with what was sent. */
export function ping(connection: Connection, { t }: ClientFrames['ping']): void {
	connection.tell({ type: 'pong', ...(t !== undefined && { t }) });
}
