/** How much each connection was sent and has not acknowledged, as the network sees it. */
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Observation } from '../checker/checker.ts';

interface Reader {
	epoch: string | undefined;
	/** Numbers that were written and not acknowledged, ascending. */
	unacked: number[];
	/** The last number that was sent or named as gone. */
	last: number;
}

interface Listener {
	observe(observation: Observation): void;
	count(what: string): void;
}

export class WindowWatch {
	readonly #bound: number;
	readonly #tell: Listener;
	readonly #connections = new Map<string, Map<string, Reader>>();

	constructor(bound: number, tell: Listener) {
		this.#bound = bound;
		this.#tell = tell;
	}

	wrote(connection: string, frame: FromBroker): void {
		if (frame.type === 'welcome') {
			this.#connections.set(connection, new Map());
		}
		const rooms = this.#connections.get(connection);
		if (rooms === undefined) {
			return;
		}
		if (frame.type === 'subscribed' || frame.type === 'reset' || frame.type === 'rewind') {
			const last = frame.type === 'rewind' ? frame.to : frame.sequence;
			rooms.set(frame.room, { epoch: frame.epoch, unacked: [], last });
		} else if (frame.type === 'unsubscribed') {
			rooms.delete(frame.room);
		} else if (frame.type === 'gap') {
			this.#reached(rooms.get(frame.room), frame.to);
		} else if (frame.type === 'message') {
			const reader = rooms.get(frame.room);
			reader?.unacked.push(frame.sequence);
			this.#reached(reader, frame.sequence);
			const value = this.unacked(connection);
			this.#tell.observe({
				type: 'measured',
				what: `what ${connection} has not acknowledged`,
				value,
				bound: this.#bound,
			});
			if (value === this.#bound) {
				this.#tell.count('windows that were full');
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
			reader.unacked = reader.unacked.filter((number) => number > sequence);
		}
	}

	/** How many messages. */
	unacked(connection: string): number {
		const rooms = this.#connections.get(connection)?.values() ?? [];
		return [...rooms].reduce((sum, { unacked }) => sum + unacked.length, 0);
	}

	gone(connection: string): void {
		this.#connections.delete(connection);
	}

	#reached(reader: Reader | undefined, sequence: number): void {
		if (reader !== undefined) {
			reader.last = Math.max(reader.last, sequence);
		}
	}
}
