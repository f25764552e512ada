import type { ClientFrames } from '../../protocol/frames.ts';
import type { Connection } from '../connection.ts';

/** Shows the user as online, away or not at all in every room that the connection is in. */
export function presence(connection: Connection, { ref, state, status }: ClientFrames['presence']): void {
	connection.present(state, status);
	connection.showPresence();
	if (ref !== undefined) {
		connection.tell({ type: 'ok', ref });
	}
}
