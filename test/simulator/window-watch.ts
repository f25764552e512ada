/** How much each connection was sent and has not acknowledged, as the network sees it. */
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Observation, Seen } from '../checker/observation.ts';

/** A message that was written. */
interface Written {
	readonly sequence: number;
	readonly bytes: number;
}

interface Reader {
	epoch: string | undefined;
	/** What was written and not acknowledged, ascending. */
	unacked: Written[];
	/** The highest number in the epoch that was sent or named as gone. */
	last: number;
	/** The highest number in the epoch that was acknowledged. It may be handled later, when the reader was placed anew. */
	acked: number;
	/** The broker refused an acknowledgement: it came when the reader had been placed anew, and something may have been sent again. */
	isUnsure: boolean;
}

/** Whoever is told what was seen. */
export interface Listener {
	observe(observation: Observation): void;
	count(what: string): void;
}

/** What a connection may be sent beyond what it acknowledged. A message that is larger goes alone. */
export interface WindowBounds {
	readonly windowMessages: number;
	readonly windowBytes: number;
}

export class WindowWatch {
	readonly #bounds: WindowBounds;
	readonly #tell: Listener;
	readonly #connections = new Map<string, Map<string, Reader>>();

	constructor(bounds: WindowBounds, tell: Listener) {
		this.#bounds = bounds;
		this.#tell = tell;
	}

	/** The broker wrote a frame, which is `text` on the wire. */
	wrote(connection: string, frame: FromBroker, text: string): void {
		if (frame.type === 'welcome') {
			this.#connections.set(connection, new Map());
		}
		const rooms = this.#connections.get(connection);
		if (rooms === undefined) {
			return;
		}
		if (frame.type === 'subscribed' || frame.type === 'reset' || frame.type === 'rewind') {
			const last = frame.type === 'rewind' ? frame.to : frame.sequence;
			const before = rooms.get(frame.room);
			const known = before?.epoch === frame.epoch ? before : undefined;
			rooms.set(frame.room, {
				epoch: frame.epoch,
				unacked: [],
				last: Math.max(last, known?.last ?? 0),
				acked: known?.acked ?? 0,
				isUnsure: false,
			});
		} else if (frame.type === 'unsubscribed') {
			rooms.delete(frame.room);
		} else if (frame.type === 'error') {
			// Nothing but an acknowledgement is refused so without the `ref` of a question.
			const refused =
				frame.code === 'position_invalid' && frame.ref === undefined ? rooms.get(frame.room ?? '') : undefined;
			if (refused !== undefined) {
				refused.isUnsure = true;
			}
		} else if (frame.type === 'gap') {
			this.#reached(rooms.get(frame.room), frame.to);
		} else if (frame.type === 'position') {
			this.#reached(rooms.get(frame.room), frame.sequence);
		} else if (frame.type === 'message') {
			const reader = rooms.get(frame.room);
			if (reader !== undefined && frame.sequence > reader.acked) {
				reader.unacked.push({ sequence: frame.sequence, bytes: Buffer.byteLength(text) });
			}
			this.#reached(reader, frame.sequence);
			this.#measure(connection);
		}
	}

	/** Something is in a log: what was sent in another epoch is awaited no more, as soon as readers are moved on. */
	committed({ room, epoch }: Seen<'committed'>): void {
		for (const rooms of this.#connections.values()) {
			const reader = rooms.get(room);
			if (reader !== undefined && reader.epoch !== epoch) {
				reader.unacked = [];
			}
		}
	}

	/** The broker got a frame. */
	heard(connection: string, text: string): void {
		if (!text.startsWith('{"type":"ack"')) {
			return;
		}
		const { room, epoch, sequence } = JSON.parse(text) as { room: string; epoch: string; sequence: number };
		const reader = this.#connections.get(connection)?.get(room);
		// One that is beyond what was sent changes nothing.
		if (reader !== undefined && reader.epoch === epoch && sequence <= reader.last) {
			reader.acked = Math.max(reader.acked, sequence);
			reader.unacked = reader.unacked.filter((written) => written.sequence > sequence);
			reader.isUnsure &&= sequence < reader.last;
		}
	}

	/** Whether the broker has certainly heard of all that it sent. */
	hasAcknowledgedAll(connection: string): boolean {
		const readers = [...(this.#connections.get(connection)?.values() ?? [])];
		return readers.every(({ unacked, isUnsure }) => unacked.length === 0 && !isUnsure);
	}

	/** How many messages, and how many bytes of them. */
	#unacked(connection: string): { readonly messages: number; readonly bytes: number } {
		let [messages, bytes] = [0, 0];
		for (const { unacked } of this.#connections.get(connection)?.values() ?? []) {
			messages += unacked.length;
			bytes += unacked.reduce((sum, written) => sum + written.bytes, 0);
		}
		return { messages, bytes };
	}

	gone(connection: string): void {
		this.#connections.delete(connection);
	}

	#measure(connection: string): void {
		const { windowMessages, windowBytes } = this.#bounds;
		const { messages, bytes } = this.#unacked(connection);
		const what = `${connection} has not acknowledged`;
		this.#tell.observe({ type: 'measured', what: `messages that ${what}`, value: messages, bound: windowMessages });
		if (messages > 1) {
			this.#tell.observe({ type: 'measured', what: `bytes that ${what}`, value: bytes, bound: windowBytes });
		}
		if (messages === windowMessages) {
			this.#tell.count('windows that were full');
		}
		if (bytes > windowBytes / 2) {
			this.#tell.count('windows half full of bytes');
		}
	}

	#reached(reader: Reader | undefined, sequence: number): void {
		if (reader !== undefined) {
			reader.last = Math.max(reader.last, sequence);
		}
	}
}
