/**
 * A client of the base protocol, as strict as those that exist: after `subscribed{n}` it takes n+1, n+2 ... and nothing
 * else, knows no acknowledgement, and can be moved only by another `subscribed`.
 */
import type { RoomItem } from '../../src/client/client.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import type { Agenda } from './agenda.ts';
import type { DialOptions } from './client-run.ts';
import type { ClientEnd, Line } from './line.ts';
import type { Weather } from './pipe.ts';
import type { Watch } from './watch.ts';

export interface BaseProcessOptions {
	readonly agenda: Agenda;
	readonly name: string;
	readonly room: string;
	readonly weather: Weather;
	readonly watch: Watch;
	/** The epoch that the broker's log is in. */
	readonly epoch: () => string | undefined;
	readonly dial: (end: ClientEnd, options: DialOptions) => void;
}

const retryMs = 2000;

export class BaseProcess {
	readonly name: string;
	readonly weather: Weather;
	readonly room: string;
	readonly #options: BaseProcessOptions;
	#line: Line | undefined;
	/** The number of the last message; `undefined` until it is subscribed. */
	#position: number | undefined;
	/** Each place that it asked for is like a new reader: it cannot know what lies between. */
	#places = 0;
	/** How often it has asked for the room on its line without being told of a place. */
	#asked = 0;
	/** It is to ask again. */
	#isRetrying = false;
	/** Who has come since it is in the room and was not said to have left. */
	readonly present = new Set<string>();
	/** It knows nothing of epochs, but the checker does: the one of its position. */
	#epoch: string | undefined;

	constructor(options: BaseProcessOptions) {
		this.#options = options;
		this.name = options.name;
		this.weather = options.weather;
		this.room = options.room;
		this.#dial();
	}

	/** As the checker knows it. */
	get reader(): string {
		return `${this.name}.${this.#places}`;
	}

	get line(): Line | undefined {
		return this.#line;
	}

	/** Where it stands; `undefined` while it is not subscribed. */
	get position(): number | undefined {
		return this.#line === undefined ? undefined : this.#position;
	}

	publish(content: string): void {
		if (this.#line !== undefined) {
			this.#options.watch.observe({ type: 'intended', client: this.name, room: this.room, content });
			this.#say({ type: 'publish', room: this.room, sender: this.name, content });
		}
	}

	history(): void {
		this.#say({ type: 'get_history', room: this.room });
	}

	/** Says what none of them would say; a publish would be its own, which nobody meant. */
	pry(frame: Readonly<Record<string, unknown>>): void {
		const { type, room } = frame;
		if (type === 'subscribe' || type === 'get_history' || type === 'unsubscribe') {
			this.#say({ type, room: String(room), userId: this.name });
		}
	}

	cut(sides: Parameters<Line['cut']>[0]): void {
		this.#line?.cut(sides);
	}

	go(): void {
		this.#line?.go();
	}

	#dial(): void {
		const { agenda } = this.#options;
		let isOver = false;
		// The log may be in another epoch when a frame comes: it is of the one in which it was written.
		const underWay: (string | undefined)[] = [];
		const end: ClientEnd = {
			isBusy: false,
			text: (text) => this.#hear(JSON.parse(text) as FromBroker, underWay.shift()),
			pong: () => {},
			closed: () => {
				if (!isOver) {
					isOver = true;
					this.#line = undefined;
					this.#position = undefined;
					agenda.after(retryMs, () => this.#dial());
				}
			},
		};
		this.#options.dial(end, {
			offersV1: false,
			wrote: () => {
				underWay.push(this.#options.epoch());
			},
			opened: (line) => {
				this.#line = line;
				this.#asked = 0;
				this.present.clear();
				this.#subscribe();
			},
		});
	}

	#subscribe(): void {
		if (this.#position === undefined) {
			this.#asked += 1;
			this.#say({ type: 'subscribe', room: this.room, userId: this.name });
		}
	}

	#say(frame: Readonly<Record<string, string>>): void {
		this.#line?.clientSends({ type: 'text', text: JSON.stringify(frame) });
	}

	/** `epoch` is the one that the log was in when the frame was written. */
	#hear(frame: FromBroker, epoch: string | undefined): void {
		const { watch } = this.#options;
		if ('room' in frame && frame.room !== this.room) {
			return;
		}
		if (frame.type === 'subscribed' && (this.#asked > 0 || this.#position === undefined)) {
			this.#asked = Math.max(0, this.#asked - 1);
			this.#epoch = frame.epoch;
			this.#begin(frame.sequence);
		} else if (frame.type === 'subscribed') {
			this.#moved(this.#position ?? 0, frame.sequence, epoch);
		} else if (frame.type === 'presence') {
			if (frame.action === 'leave') {
				this.present.delete(frame.userId);
			} else {
				this.present.add(frame.userId);
			}
		} else if (frame.type === 'message') {
			this.#epoch = epoch;
			this.#position = frame.sequence;
			watch.count('shown to base clients');
			this.#show({ kind: 'message', message: frame, old: false });
		} else if (frame.type === 'error' && this.#position === undefined && !this.#isRetrying) {
			// What was refused is not said; it may have been something else.
			this.#isRetrying = true;
			this.#options.agenda.after(retryMs, () => {
				this.#isRetrying = false;
				this.#subscribe();
			});
		}
	}

	#begin(sequence: number): void {
		const { watch } = this.#options;
		this.#places += 1;
		this.#position = sequence;
		watch.log(() => `${this.reader} begins after #${sequence}`);
		watch.observe({ type: 'joined', client: this.reader, room: this.room, sequence });
	}

	/** Nobody asked for this place: what lies between will never come, unless numbers have begun anew. */
	#moved(from: number, to: number, epoch: string | undefined): void {
		this.#options.watch.count('base clients that were taken past something');
		if (epoch !== this.#epoch) {
			this.#epoch = epoch;
			this.#begin(to);
		} else if (to > from) {
			this.#position = to;
			this.#show({ kind: 'lost', from: from + 1, to, reason: 'trimmed' });
		}
	}

	#show(item: RoomItem): void {
		// Of a message it is not told of which epoch it is; what is missing is missing in the one that it was told of.
		const epoch = item.kind === 'lost' ? this.#epoch : undefined;
		this.#options.watch.log(() => `${this.reader} shows ${JSON.stringify(item)}`);
		this.#options.watch.observe({
			...{ type: 'shown', client: this.reader, room: this.room, item },
			...(epoch !== undefined && { epoch }),
		});
	}
}
