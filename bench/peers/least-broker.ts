/**
 * The least that a broker on Node does: the frames of a room are joined once, and every reader gets them in one write, a
 * large room's not more often than each 5 ms. With a directory messages are stored before their readers get them: a thread
 * puts what has come into an SQLite table and syncs it. It speaks the base protocol, and nothing is checked, acknowledged,
 * limited or counted: what it costs is what is left where all else is for nothing.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { frameBytes } from '../../test/endurance/wire-bytes.ts';
import { BareSqlite } from './bare-sqlite.ts';

interface Room {
	readonly readers: Set<Socket>;
	waiting: Buffer[];
	flushedAt: number;
}

/** As natter has it. */
const windowMs = 5;
const fewestForWindow = 20;

const rooms = new Map<string, Room>();
const [, , directory] = process.argv;
const sqlite = directory === undefined ? undefined : new BareSqlite(directory);
const server = createServer();
const sockets = new WebSocketServer({ noServer: true });

server.on('upgrade', (request, stream, head) => {
	const socket = stream as Socket;
	sockets.handleUpgrade(request, socket, head, (client) => {
		client.on('error', () => {});
		client.on('message', (data) => {
			const frame = JSON.parse(data.toString());
			const room = roomOf(frame.room);
			if (frame.type === 'subscribe') {
				room.readers.add(socket);
				client.on('close', () => room.readers.delete(socket));
				client.send(JSON.stringify({ type: 'subscribed', room: frame.room, sequence: 0 }));
				return;
			}
			const { sender, content } = frame;
			const message = { id: randomUUID(), type: 'message', room: frame.room, sender, content };
			const text = JSON.stringify({ ...message, timestamp: new Date().toISOString() });
			const stored = () => deliver(room, frameBytes({ payload: text, masked: false }));
			if (sqlite === undefined) {
				stored();
			} else {
				sqlite.store(frame.room, text, stored);
			}
		});
	});
});
server.listen(0, '127.0.0.1', () => {
	console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

function deliver(room: Room, frame: Buffer): void {
	room.waiting.push(frame);
	if (room.waiting.length > 1) {
		return;
	}
	const dueMs = room.readers.size < fewestForWindow ? 0 : room.flushedAt + windowMs - performance.now();
	if (dueMs > 0) {
		setTimeout(flush, dueMs, room);
	} else {
		setImmediate(flush, room);
	}
}

function flush(room: Room): void {
	const [first, ...others] = room.waiting;
	if (first !== undefined) {
		const bytes = others.length === 0 ? first : Buffer.concat(room.waiting);
		room.waiting = [];
		room.flushedAt = performance.now();
		for (const reader of room.readers) {
			reader.write(bytes);
		}
	}
}

function roomOf(name: string): Room {
	let room = rooms.get(name);
	if (room === undefined) {
		room = { readers: new Set(), waiting: [], flushedAt: 0 };
		rooms.set(name, room);
	}
	return room;
}
