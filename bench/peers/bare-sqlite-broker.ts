/** The obvious broker that stores what is published before it says so. It speaks as much of natter.v1 as a writer needs. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { BareSqlite } from './bare-sqlite.ts';

const store = new BareSqlite(process.argv[2] ?? '');
const server = createServer();
const sockets = new WebSocketServer({ server });

sockets.on('connection', (socket) => {
	socket.on('error', () => {});
	socket.on('message', (data) => {
		const frame = JSON.parse(data.toString());
		if (frame.type === 'hello') {
			socket.send(JSON.stringify({ type: 'welcome', v: 1, user: { id: frame.user } }));
			return;
		}
		const { room, sender, content, cid, ref } = frame;
		const id = randomUUID();
		store.store(room, JSON.stringify({ type: 'message', id, room, sender, content, cid }), (sequence) => {
			socket.send(JSON.stringify({ type: 'published', ref, cid, room, id, sequence, durability: 'fsync' }));
		});
	});
});
server.listen(0, '127.0.0.1', () => {
	console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
