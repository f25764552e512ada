/** The obvious broker of the base protocol. */
import { type Peer, startScript } from './peer.ts';

export const naive: Peer = {
	name: 'naive',
	note: 'the obvious broker of the base protocol, on ws; keeps nothing on disk',
	dialect: 'base',
	absence: () => undefined,
	start: () => startScript(new URL('naive-broker.ts', import.meta.url)),
};
