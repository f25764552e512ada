import type { Connection } from '../connection.ts';

/** The client leaves. The line is closed with the code that says that nothing went wrong. */
export function bye(connection: Connection): void {
	connection.end(1000, 'bye');
}
