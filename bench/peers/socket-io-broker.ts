/**
 * A broker on Socket.IO as its documentation shows it: rooms of its own, one `emit` for each message. It keeps nothing.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

const server = createServer();
const io = new Server(server, { transports: ['websocket'] });
const sequences = new Map<string, number>();

io.on('connection', (socket) => {
	socket.on('subscribe', ({ room }: { room: string }) => {
		socket.join(room);
		socket.emit('subscribed', { room, sequence: sequences.get(room) ?? 0 });
	});
	socket.on('publish', ({ room, sender, content }: { room: string; sender: string; content: string }) => {
		const sequence = (sequences.get(room) ?? 0) + 1;
		sequences.set(room, sequence);
		const timestamp = new Date().toISOString();
		io.to(room).emit('message', { id: randomUUID(), room, sender, content, sequence, timestamp });
	});
});
server.listen(0, '127.0.0.1', () => {
	console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
