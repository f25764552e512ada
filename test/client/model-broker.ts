/**
 * The smallest broker that keeps the promises of natter.v1: rooms with dense numbers, `published` once per cid, resume,
 * ranges. Synchronous and without I/O: frames in, frames out.
 */
import type { BrokerFrames, FromBroker, FromClient, Message } from '../../src/protocol/frames.ts';
import { defaultLimits, type ErrorCode } from '../../src/protocol/limits.ts';

export interface Peer {
	send(frame: FromBroker): void;
}

interface Room {
	readonly log: Message[];
	readonly readers: Set<Peer>;
	oldest: number;
}

/** Refuses a publish that it was not going to store, or lets it pass. */
export type Mood = (
	publish: Extract<FromClient, { type: 'publish' }>,
) => { code: ErrorCode; retryAfterMs?: number } | undefined;

export class ModelBroker {
	epoch = 'e1';
	mood: Mood = () => undefined;
	readonly #rooms = new Map<string, Room>();
	readonly #names = new Map<Peer, string>();

	log(room: string): readonly Message[] {
		return this.#room(room).log;
	}

	/** Forgets everything up to `upTo`. */
	trim(room: string, upTo: number): void {
		this.#room(room).oldest = Math.max(this.#room(room).oldest, upTo + 1);
	}

	/** Loses everything, as a broker without a disk does. */
	restart(epoch: string): void {
		this.epoch = epoch;
		this.#rooms.clear();
	}

	gone(peer: Peer): void {
		this.#names.delete(peer);
		for (const room of this.#rooms.values()) {
			room.readers.delete(peer);
		}
	}

	/** Says something as nobody in particular. */
	say(name: string, content: string): void {
		this.#append(name, { id: `id-${name}-${this.#room(name).log.length}`, sender: 'broker', content });
	}

	receive(peer: Peer, frame: FromClient): void {
		switch (frame.type) {
			case 'hello': {
				const id = frame.user ?? 'guest';
				this.#names.set(peer, id);
				peer.send(welcome(id));
				break;
			}
			case 'subscribe':
				this.#subscribe(peer, frame);
				break;
			case 'unsubscribe':
				this.#room(frame.room).readers.delete(peer);
				peer.send({ type: 'unsubscribed', room: frame.room, ...refOf(frame), reason: 'client' });
				break;
			case 'publish':
				this.#publish(peer, frame);
				break;
			case 'get_history':
				peer.send(this.#history(frame));
				break;
			case 'members':
				peer.send({ type: 'members', room: frame.room, ...refOf(frame), members: [], asOf: 0 });
				break;
			case 'ping': {
				const heads = [...this.#rooms].filter(([, { readers }]) => readers.has(peer));
				peer.send({
					type: 'pong',
					...(frame.t !== undefined && { t: frame.t }),
					heads: heads.map(([room, { log }]) => ({ room, epoch: this.epoch, sequence: log.length })),
				});
				break;
			}
			case 'rooms':
				peer.send({ type: 'rooms', ...refOf(frame), rooms: [] });
				break;
			case 'presence':
			case 'bye':
				break;
		}
	}

	#subscribe(peer: Peer, frame: Extract<FromClient, { type: 'subscribe' }>): void {
		const { since, history = 0 } = frame;
		const room = this.#room(frame.room);
		const head = room.log.length;
		const isKnown = since?.epoch === this.epoch;
		const from = isKnown ? Math.min(since.sequence, head) : head - history;
		const sequence = Math.max(from, room.oldest - 1);
		room.readers.add(peer);
		peer.send({
			...{ type: 'subscribed', room: frame.room, ...refOf(frame), sequence, epoch: this.epoch, head },
			...{ oldest: room.oldest, canPublish: true },
			recovered: isKnown ? (sequence > since.sequence ? 'partial' : 'full') : since === undefined ? 'new' : 'none',
			...(isKnown &&
				sequence > since.sequence && { gap: { from: since.sequence + 1, to: sequence, reason: 'trimmed' } }),
		});
		for (const message of room.log.slice(sequence)) {
			peer.send({ type: 'message', ...message });
		}
	}

	#publish(peer: Peer, frame: Extract<FromClient, { type: 'publish' }>): void {
		const { room, cid = 'none', content } = frame;
		const refusal = this.mood(frame);
		if (refusal !== undefined) {
			const { code, ...rest } = refusal;
			peer.send({ type: 'error', error: code, code, ...refOf(frame), room, cid, outcome: 'not_applied', ...rest });
			return;
		}
		const sender = this.#names.get(peer) ?? frame.sender;
		const id = `id-${cid}`;
		const known = this.#room(room).log.find((message) => message.id === id);
		const { sequence, timestamp } = known ?? this.#append(room, { id, sender, content, cid });
		peer.send({
			...{ type: 'published', ...refOf(frame), cid, room, id, sequence, epoch: this.epoch, timestamp },
			...{ duplicate: known !== undefined, durability: 'memory' },
		});
	}

	#append(name: string, draft: Pick<Message, 'id' | 'sender' | 'content' | 'cid'>): Message {
		const room = this.#room(name);
		const message = { ...draft, room: name, sequence: room.log.length + 1, timestamp: room.log.length };
		room.log.push(message);
		for (const reader of room.readers) {
			reader.send({ type: 'message', ...message });
		}
		return message;
	}

	#history(frame: Extract<FromClient, { type: 'get_history' }>): BrokerFrames['history'] {
		const { log, oldest } = this.#room(frame.room);
		const { after = 0, before = Infinity, limit = 100, order = 'desc' } = frame;
		const all = log.filter(({ sequence }) => sequence > after && sequence < before && sequence >= oldest);
		const messages = order === 'asc' ? all.slice(0, limit) : all.slice(-limit);
		const place = { epoch: this.epoch, head: log.length, oldest, complete: messages.length === all.length };
		return { type: 'history', room: frame.room, ...refOf(frame), messages, ...place };
	}

	#room(name: string): Room {
		const room = this.#rooms.get(name) ?? { log: [], readers: new Set(), oldest: 1 };
		this.#rooms.set(name, room);
		return room;
	}
}

export function welcome(id: string): BrokerFrames['welcome'] {
	return {
		...{ type: 'welcome', v: 1, server: { name: 'model', version: '1' }, node: 'n', connection: 'c', session: 's' },
		...{ sessionTtlMs: 0, user: { id, verified: false, role: 'guest' }, time: 0, durability: 'memory' },
		...{ limits: { ...defaultLimits }, heartbeat: { intervalMs: 25_000, timeoutMs: 10_000 }, resumed: false },
	};
}

function refOf({ ref }: { readonly ref?: string | undefined }): { readonly ref?: string } {
	return ref === undefined ? {} : { ref };
}
