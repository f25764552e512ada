/**
 * A client of the base protocol, written from the protocol page alone: it knows seven frame types, parses without care,
 * and keeps its own order. Whatever would break the published clients breaks this one.
 */
import { WebSocket } from 'ws';

export interface BaseMessage {
	readonly id?: string;
	readonly room: string;
	readonly sender: string;
	readonly content: string;
	readonly sequence: number;
	readonly timestamp?: unknown;
}

export type BaseFrame = Readonly<Record<string, unknown>>;

interface BaseRoom {
	expected: number;
	readonly shown: BaseMessage[];
	readonly buffered: Map<number, BaseMessage>;
}

export class BaseClient {
	/** Every frame as it came. */
	readonly frames: BaseFrame[] = [];
	readonly texts: string[] = [];
	/** What would have crashed or stalled one of the published clients. */
	readonly faults: string[] = [];
	/** Resolves to the code with which the connection was closed. */
	readonly closed: Promise<number>;
	readonly socket: WebSocket;
	readonly #rooms = new Map<string, BaseRoom>();
	readonly #userId: string;
	#waiting: { readonly matches: (frame: BaseFrame) => boolean; readonly found: (frame: BaseFrame) => void }[] = [];

	static async connect(url: string, userId: string): Promise<BaseClient> {
		const client = new BaseClient(new WebSocket(url, { perMessageDeflate: false }), userId);
		await new Promise<void>((resolve, reject) => {
			client.socket.once('open', resolve);
			client.socket.once('error', reject);
		});
		return client;
	}

	private constructor(socket: WebSocket, userId: string) {
		this.socket = socket;
		this.#userId = userId;
		this.closed = new Promise((resolve) => socket.once('close', resolve));
		socket.on('message', (data, isBinary) => this.#receive(data.toString(), isBinary));
	}

	/** What the user sees of a room. */
	shown(room: string): readonly BaseMessage[] {
		return this.#room(room).shown;
	}

	subscribe(room: string, userId = this.#userId): Promise<BaseFrame> {
		this.send({ type: 'subscribe', room, userId });
		return this.next((frame) => frame['type'] === 'subscribed' && frame['room'] === room);
	}

	unsubscribe(room: string): void {
		this.send({ type: 'unsubscribe', room });
	}

	publish(room: string, content: string, sender = this.#userId): void {
		this.send({ type: 'publish', room, sender, content });
	}

	async getHistory(room: string): Promise<readonly BaseMessage[]> {
		this.send({ type: 'get_history', room });
		const frame = await this.next(({ type, room: of }) => type === 'history' && of === room);
		return frame['messages'] as BaseMessage[];
	}

	send(frame: Readonly<Record<string, unknown>> | string): void {
		this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
	}

	/** The next frame to come that matches. */
	next(matches: (frame: BaseFrame) => boolean): Promise<BaseFrame> {
		return new Promise((found) => this.#waiting.push({ matches, found }));
	}

	/** Resolves when the room shows this many messages. */
	async shows(room: string, count: number): Promise<readonly BaseMessage[]> {
		while (this.shown(room).length < count) {
			await this.next(({ type }) => type === 'message');
		}
		return this.shown(room);
	}

	close(): void {
		this.socket.close();
	}

	#receive(text: string, isBinary: boolean): void {
		this.texts.push(text);
		if (isBinary) {
			this.faults.push('a binary frame');
		}
		const frame = JSON.parse(text) as BaseFrame;
		this.frames.push(frame);
		switch (frame['type']) {
			case 'subscribed':
				this.#requireKeys(frame, ['room', 'sequence']);
				this.#room(String(frame['room'])).expected = Number(frame['sequence']) + 1;
				break;
			case 'message':
				this.#requireKeys(frame, ['room', 'sender', 'content', 'sequence']);
				this.#order(frame as unknown as BaseMessage);
				break;
			case 'presence':
				this.#requireKeys(frame, ['userId', 'action', 'timestamp']);
				if (frame['action'] !== 'join' && frame['action'] !== 'leave') {
					this.faults.push(`presence with the action ${frame['action']}`);
				}
				break;
			case 'history':
				this.#requireKeys(frame, ['room', 'messages']);
				for (const message of frame['messages'] as BaseFrame[]) {
					this.#requireKeys(message, ['room', 'sender', 'content', 'sequence']);
				}
				break;
		}
		const found = this.#waiting.filter(({ matches }) => matches(frame));
		this.#waiting = this.#waiting.filter((waiting) => !found.includes(waiting));
		for (const waiting of found) {
			waiting.found(frame);
		}
	}

	/** Shows what is expected, buffers what is early, ignores what is late; frees one buffered message per fill. */
	#order(message: BaseMessage): void {
		const room = this.#room(message.room);
		if (message.sequence !== room.expected) {
			this.faults.push(`number ${message.sequence} in ${message.room}, expected ${room.expected}`);
		}
		if (message.sequence > room.expected) {
			room.buffered.set(message.sequence, message);
		} else if (message.sequence === room.expected) {
			room.shown.push(message);
			room.expected += 1;
			const early = room.buffered.get(room.expected);
			if (early !== undefined) {
				room.buffered.delete(room.expected);
				room.shown.push(early);
				room.expected += 1;
			}
		}
	}

	#requireKeys(frame: BaseFrame, keys: readonly string[]): void {
		for (const key of keys) {
			if (!(key in frame)) {
				this.faults.push(`${frame['type']} without ${key}`);
			}
		}
	}

	#room(name: string): BaseRoom {
		const room = this.#rooms.get(name) ?? { expected: 1, shown: [], buffered: new Map() };
		this.#rooms.set(name, room);
		return room;
	}
}
