/** The obvious broker of the base protocol. */
import { fileURLToPath } from 'node:url';
import { run } from '../../test/helpers/processes.ts';
import { type Peer, runningPeer } from './peer.ts';

export const naive: Peer = {
	name: 'naive',
	note: 'the obvious broker of the base protocol, on ws; keeps nothing on disk',
	dialect: 'base',
	absence: () => undefined,
	start: async () => {
		const running = run(process.execPath, [fileURLToPath(new URL('naive-broker.ts', import.meta.url))]);
		const [, digits = ''] = await running.printed(/listening on ws:\/\/\S+:(\d+)/u);
		return runningPeer(running, Number(digits));
	},
};
