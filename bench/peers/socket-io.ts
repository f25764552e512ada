/** Socket.IO, over WebSocket from the first byte. */
import { type Peer, startScript } from './peer.ts';

export const socketIo: Peer = {
	name: 'Socket.IO',
	note: 'socket.io 4.8, transport websocket, one emit to the room for each message; keeps nothing',
	dialect: 'socket.io',
	absence: () => undefined,
	start: () => startScript(new URL('socket-io-broker.ts', import.meta.url)),
};
