/**
 * The obvious broker of the base protocol, for comparison: it goes over all its clients for each message, looks whether
 * they are in the room, and sends them the text. It keeps the newest messages in memory and nothing else.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

interface Client {
	readonly socket: WebSocket;
	readonly rooms: Set<string>;
	userId: string;
}

interface Room {
	sequence: number;
	readonly messages: unknown[];
}

const keptMessages = 100;
const clients = new Set<Client>();
const rooms = new Map<string, Room>();
const server = createServer();
const sockets = new WebSocketServer({ server });

sockets.on('connection', (socket) => {
	const client: Client = { socket, rooms: new Set(), userId: '' };
	clients.add(client);
	socket.on('error', () => {});
	socket.on('message', (data) => handle(client, JSON.parse(data.toString())));
	socket.on('close', () => {
		clients.delete(client);
		for (const room of client.rooms) {
			broadcast(room, { type: 'presence', userId: client.userId, action: 'leave', timestamp: now() });
		}
	});
});
server.listen(0, '127.0.0.1', () => {
	console.log(`listening on ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
});

interface Frame {
	readonly type: string;
	readonly room: string;
	readonly userId: string;
	readonly sender: string;
	readonly content: string;
}

function handle(client: Client, frame: Frame): void {
	const room = roomOf(frame.room);
	switch (frame.type) {
		case 'subscribe':
			client.userId = frame.userId;
			client.rooms.add(frame.room);
			broadcast(frame.room, { type: 'presence', userId: frame.userId, action: 'join', timestamp: now() });
			send(client, { type: 'subscribed', room: frame.room, sequence: room.sequence });
			break;
		case 'unsubscribe':
			client.rooms.delete(frame.room);
			broadcast(frame.room, { type: 'presence', userId: client.userId, action: 'leave', timestamp: now() });
			break;
		case 'publish': {
			room.sequence += 1;
			const { sender, content } = frame;
			const { sequence } = room;
			const message = {
				type: 'message',
				id: randomUUID(),
				room: frame.room,
				sender,
				content,
				sequence,
				timestamp: now(),
			};
			room.messages.push(message);
			if (room.messages.length > keptMessages) {
				room.messages.shift();
			}
			broadcast(frame.room, message);
			break;
		}
		case 'get_history':
			send(client, { type: 'history', room: frame.room, messages: room.messages });
			break;
		default:
			send(client, { type: 'error', error: 'Invalid message format' });
	}
}

function broadcast(room: string, frame: unknown): void {
	const text = JSON.stringify(frame);
	for (const client of clients) {
		if (client.rooms.has(room) && client.socket.readyState === client.socket.OPEN) {
			client.socket.send(text);
		}
	}
}

function send(client: Client, frame: unknown): void {
	client.socket.send(JSON.stringify(frame));
}

function roomOf(name: string): Room {
	let room = rooms.get(name);
	if (room === undefined) {
		room = { sequence: 0, messages: [] };
		rooms.set(name, room);
	}
	return room;
}

function now(): string {
	return new Date().toISOString();
}
