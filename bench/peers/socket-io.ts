/** Socket.IO, over WebSocket from the first byte. */
import { fileURLToPath } from 'node:url';
import { run } from '../../test/helpers/processes.ts';
import { type Peer, runningPeer } from './peer.ts';

export const socketIo: Peer = {
	name: 'Socket.IO',
	note: 'socket.io 4.8, transport websocket, one emit to the room for each message; keeps nothing',
	dialect: 'socket.io',
	absence: () => undefined,
	start: async () => {
		const running = run(process.execPath, [fileURLToPath(new URL('socket-io-broker.ts', import.meta.url))]);
		const [, digits = ''] = await running.printed(/listening on ws:\/\/\S+:(\d+)/u);
		return runningPeer(running, Number(digits));
	},
};
