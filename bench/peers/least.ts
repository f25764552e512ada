/** The least that is to be done, where messages are stored first and where they are not. */
import { temporaryDirectory } from '../../test/helpers/processes.ts';
import { type Peer, startScript } from './peer.ts';

export const least: Peer = {
	name: 'least',
	note: 'what is left of a broker that stores first: one SQLite table, one write per reader; nothing else',
	dialect: 'base',
	absence: () => undefined,
	start: () => startScript(new URL('least-broker.ts', import.meta.url), [temporaryDirectory()]),
};

export const leastInMemory: Peer = {
	name: 'least, memory',
	note: 'what is left of a broker that keeps nothing: one write per reader; nothing else',
	dialect: 'base',
	absence: () => undefined,
	start: () => startScript(new URL('least-broker.ts', import.meta.url), []),
};
