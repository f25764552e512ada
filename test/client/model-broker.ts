/**
 * The smallest broker that keeps the promises of natter.v1: rooms with dense numbers, one log entry per (user, room, cid),
 * the order of each producer, resume, ranges, and a window of what is sent beyond the last ack. Synchronous and without
 * I/O: frames in, frames out.
 */
import { readFilter } from '../../src/protocol/filter.ts';
import type { BrokerFrames, FromBroker, FromClient, Message } from '../../src/protocol/frames.ts';
import { defaultLimits, type ErrorCode } from '../../src/protocol/limits.ts';
import { compileFilter, type Matches } from '../../src/protocol/matching.ts';

export interface Peer {
	send(frame: FromBroker): void;
}

interface Room {
	readonly log: Message[];
	readonly readers: Map<Peer, Reader>;
	/** The last `pseq` stored of each producer. */
	readonly producers: Map<string, number>;
	oldest: number;
}

/** What of a room was sent on a connection, and what was acked of it. */
interface Reader {
	sent: number;
	acked: number;
	/** What is sent at all, and the last number that a reader with a filter was told of. */
	readonly matches: Matches | undefined;
	told: number;
}

/** After so many numbers that do not match a reader is told where it is. */
const mostSkipped = 8;

/** Refuses a publish, or lets it pass. With `stored` it is kept all the same: the broker only cannot say so. */
export type Mood = (
	publish: Extract<FromClient, { type: 'publish' }>,
) => { code: ErrorCode; retryAfterMs?: number; stored?: true } | undefined;

export class ModelBroker {
	epoch = 'e1';
	mood: Mood = () => undefined;
	/** Messages sent on one connection beyond its last acks. */
	windowMessages = 512;
	/** Every ack that came, and whether it could be meant. */
	readonly acks: { readonly room: string; readonly sequence: number; readonly isMeant: boolean }[] = [];
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

	/** As an engine does that has not heard of them for a day. */
	forgetProducers(): void {
		for (const { producers } of this.#rooms.values()) {
			producers.clear();
		}
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
			case 'ack':
				this.#ack(peer, frame);
				break;
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
				for (const [name, { readers }] of this.#rooms) {
					this.#tellSkipped(peer, name, readers.get(peer));
				}
				const heads = [...this.#rooms].flatMap(([room, { readers }]) => {
					const reader = readers.get(peer);
					return reader === undefined ? [] : [{ room, epoch: this.epoch, sequence: reader.sent }];
				});
				peer.send({
					type: 'pong',
					...(frame.t !== undefined && { t: frame.t }),
					heads,
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
		const read = frame.filter === undefined ? undefined : readFilter(frame.filter);
		const matches = read?.ok ? compileFilter(read.filter) : undefined;
		room.readers.set(peer, { sent: sequence, acked: sequence, told: sequence, matches });
		peer.send({
			...{ type: 'subscribed', room: frame.room, ...refOf(frame), sequence, epoch: this.epoch, head },
			...{ oldest: room.oldest, canPublish: true },
			recovered: isKnown ? (sequence > since.sequence ? 'partial' : 'full') : since === undefined ? 'new' : 'none',
			...(isKnown &&
				sequence > since.sequence && { gap: { from: since.sequence + 1, to: sequence, reason: 'trimmed' } }),
		});
		this.#push(peer, room);
		this.#tellSkipped(peer, frame.room, room.readers.get(peer));
	}

	#tellSkipped(peer: Peer, room: string, reader: Reader | undefined): void {
		if (reader?.matches !== undefined && reader.told < reader.sent) {
			peer.send({ type: 'position', room, epoch: this.epoch, sequence: reader.sent, prev: reader.told });
			reader.told = reader.sent;
		}
	}

	/** Sends what the peer's window lets through. */
	#push(peer: Peer, { log, readers }: Room): void {
		const reader = readers.get(peer);
		while (reader !== undefined && reader.sent < log.length && this.#underWay(peer) < this.windowMessages) {
			const message = log[reader.sent];
			reader.sent += 1;
			if (message === undefined) {
				continue;
			}
			if (reader.matches === undefined) {
				peer.send({ type: 'message', ...message });
			} else if (reader.matches(message)) {
				peer.send({ type: 'message', ...message, prev: reader.told });
				reader.told = reader.sent;
			} else if (reader.sent - reader.told >= mostSkipped) {
				this.#tellSkipped(peer, message.room, reader);
			}
		}
	}

	#underWay(peer: Peer): number {
		return [...this.#rooms.values()].reduce((sum, { readers }) => {
			const { sent, acked } = readers.get(peer) ?? { sent: 0, acked: 0 };
			return sum + sent - acked;
		}, 0);
	}

	#ack(peer: Peer, { room, epoch, sequence }: Extract<FromClient, { type: 'ack' }>): void {
		const reader = this.#room(room).readers.get(peer);
		const isMeant = reader !== undefined && epoch === this.epoch && sequence >= reader.acked && sequence <= reader.sent;
		this.acks.push({ room, sequence, isMeant });
		if (!isMeant) {
			const code = reader === undefined ? 'not_subscribed' : 'position_invalid';
			peer.send({ type: 'error', error: code, code, room });
			return;
		}
		reader.acked = sequence;
		for (const one of this.#rooms.values()) {
			this.#push(peer, one);
		}
	}

	#publish(peer: Peer, frame: Extract<FromClient, { type: 'publish' }>): void {
		const { room, cid = 'none', content, producer = '', pseq } = frame;
		const refusal = this.mood(frame);
		const refuse = (code: ErrorCode, more: Partial<BrokerFrames['error']> = {}) =>
			peer.send({ type: 'error', error: code, code, ...refOf(frame), room, cid, outcome: 'not_applied', ...more });
		if (refusal !== undefined && refusal.stored !== true) {
			refuse(refusal.code, { ...refusal });
			return;
		}
		const sender = this.#names.get(peer) ?? frame.sender;
		const id = `id-${sender}-${cid}`;
		const { log, producers } = this.#room(room);
		const known = log.find((message) => message.id === id);
		const expected = (producers.get(producer) ?? 0) + 1;
		if (known === undefined && pseq !== undefined && pseq !== expected) {
			refuse('out_of_order', { expected });
			return;
		}
		if (pseq === expected) {
			producers.set(producer, pseq);
		}
		const { sequence, timestamp } = known ?? this.#append(room, { id, sender, content, cid });
		if (refusal !== undefined) {
			refuse(refusal.code, { outcome: 'unknown' });
			return;
		}
		peer.send({
			...{ type: 'published', ...refOf(frame), cid, room, id, sequence, epoch: this.epoch, timestamp },
			...{ duplicate: known !== undefined, durability: 'memory' },
		});
	}

	#append(name: string, draft: Pick<Message, 'id' | 'sender' | 'content' | 'cid'>): Message {
		const room = this.#room(name);
		const message = { ...draft, room: name, sequence: room.log.length + 1, timestamp: room.log.length };
		room.log.push(message);
		for (const peer of room.readers.keys()) {
			this.#push(peer, room);
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
		const room = this.#rooms.get(name) ?? { log: [], readers: new Map(), producers: new Map(), oldest: 1 };
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
