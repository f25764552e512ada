/**
 * Many who read and a few who publish, at one broker. What is published is counted, and so is what every reader gets: a
 * run is over when everybody has everything.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { cpuUs } from '../harness/accounting.ts';
import { percentile } from '../harness/statistics.ts';
import { Arrivals, patienceMs } from './arrivals.ts';
import { type Dialect, stampMark, stampWidth } from './dialect.ts';
import { Line } from './line.ts';
import { everyMessages, everyMs, Place } from './place.ts';
import type { Stencil } from './stencil.ts';

export interface Gathering {
	readonly port: number;
	/** The broker's process, whose CPU time is read. */
	readonly pid: number;
	readonly rooms: number;
	readonly readersPerRoom: number;
	/** @default 1 */
	readonly roomsPerReader?: number;
	readonly publishers: number;
	/** What the names of rooms and readers begin with. @default '' */
	readonly prefix?: string;
}

/** How much is published. */
export type Load = {
	readonly seconds: number;
} & (
	| {
			/** Publishes per second, over all rooms. */
			readonly perSecond: number;
			/** How many of them come at once, in one write. @default 1 */
			readonly burst?: number;
	  }
	| {
			/** As fast as it goes: so many publishes are on their way at most. */
			readonly window: number;
	  }
);

export interface Outcome {
	readonly publishes: number;
	readonly deliveries: number;
	readonly seconds: number;
	/** CPU time of the broker, in us. */
	readonly brokerUs: number;
	/** CPU time of the load generator, in us. */
	readonly loadUs: number;
	/** From the publish to one of the readers, in ms. */
	readonly p50Ms: number;
	readonly p99Ms: number;
	/** Bytes of all deliveries on the wire. */
	readonly bytes: number;
	/** What should not have happened, such as a message that did not come. */
	readonly wrong: readonly string[];
}

interface Reader {
	readonly line: Line;
	readonly rooms: readonly Place[];
	/** The messages that it had before the run. */
	before: number;
	bytesBefore: number;
}

interface Publication {
	readonly line: Line;
	readonly room: string;
	readonly stencil: Stencil;
	count: number;
}

export class Crowd {
	readonly #dialect: Dialect;
	readonly #gathering: Gathering;
	readonly #readers: Reader[] = [];
	readonly #readerOf = new Map<Line, Reader>();
	readonly #publications: Publication[] = [];
	readonly #publishers: Line[] = [];
	readonly #latencies: number[] = [];
	readonly #wrong: string[] = [];
	readonly #arrivals = new Arrivals();
	#next = 0;
	#lastSequence: number | undefined;

	constructor(dialect: Dialect, gathering: Gathering) {
		this.#dialect = dialect;
		this.#gathering = gathering;
	}

	/** Resolves when everybody is in their rooms. */
	async gather(): Promise<void> {
		const { rooms, readersPerRoom, roomsPerReader = 1, publishers, prefix = '' } = this.#gathering;
		const names = Array.from({ length: rooms }, (_, index) => `${prefix}room-${index}`);
		const count = (rooms * readersPerRoom) / roomsPerReader;
		for (let from = 0; from < count; from += atOnce) {
			const some = Array.from({ length: Math.min(atOnce, count - from) }, (_, index) => from + index);
			const entered = some.map((index) => {
				const first = index * roomsPerReader;
				const own = Array.from({ length: roomsPerReader }, (_, offset) => names[(first + offset) % rooms] ?? '');
				return this.#enterReader(`${prefix}reader-${index}`, own);
			});
			this.#readers.push(...(await Promise.all(entered)));
		}
		for (let index = 0; index < publishers; index++) {
			const line = this.#dial();
			await this.#dialect.enter(line, `publisher-${index}`);
			line.settle();
			this.#publishers.push(line);
		}
		for (let index = 0; index < Math.max(rooms, publishers); index++) {
			const line = this.#publishers[index % publishers];
			const room = names[index % rooms];
			if (line !== undefined && room !== undefined) {
				this.#publications.push({ line, room, stencil: this.#dialect.publication(line, room), count: 0 });
			}
		}
		const probe = this.#readers.at(-1);
		if (probe !== undefined) {
			probe.line.splitter.hearsMessages = true;
		}
		if (this.#dialect.acknowledges) {
			setInterval(() => this.#acknowledgeAll(), everyMs).unref();
		}
	}

	/** Publishes, and resolves when everything has come or nothing more comes. */
	async run(load: Load): Promise<Outcome> {
		const { pid, readersPerRoom } = this.#gathering;
		this.#latencies.length = 0;
		this.#wrong.length = 0;
		for (const reader of this.#readers) {
			reader.before = reader.line.messages;
			reader.bytesBefore = reader.line.splitter.messageBytes;
		}
		const counts = this.#publications.map(({ count }) => count);
		const before = this.#arrivals.count;
		const own = process.cpuUsage();
		const startUs = cpuUs(pid);
		const start = performance.now();
		const publishes = await ('window' in load ? this.#saturate(load, before) : this.#pace(load, before));
		const deliveries = publishes * readersPerRoom;
		await this.#arrivals.until(before + deliveries);
		const seconds = (performance.now() - start) / 1000;
		const brokerUs = cpuUs(pid) - startUs;
		const { user, system } = process.cpuUsage(own);
		const published = new Map<string, number>();
		for (const [index, { room, count }] of this.#publications.entries()) {
			published.set(room, (published.get(room) ?? 0) + count - (counts[index] ?? 0));
		}
		this.#check(published);
		return {
			publishes,
			deliveries: this.#arrivals.count - before,
			seconds,
			brokerUs,
			loadUs: user + system,
			p50Ms: percentile(this.#latencies, 0.5),
			p99Ms: percentile(this.#latencies, 0.99),
			bytes: this.#readers.reduce((sum, { line, bytesBefore }) => sum + line.splitter.messageBytes - bytesBefore, 0),
			wrong: [...this.#wrong],
		};
	}

	async #enterReader(user: string, rooms: readonly string[]): Promise<Reader> {
		const line = this.#dial();
		await this.#dialect.enter(line, user);
		const places: Place[] = [];
		for (const room of rooms) {
			places.push(new Place(room, await this.#dialect.read(line, room)));
		}
		line.settle();
		const reader = { line, rooms: places, before: 0, bytesBefore: 0 };
		this.#readerOf.set(line, reader);
		line.splitter.hearsMessages = places.length > 1;
		return reader;
	}

	#dial(): Line {
		const { port } = this.#gathering;
		let had = 0;
		return new Line({
			port,
			framing: this.#dialect.framing,
			upgrade: this.#dialect.upgrade?.(port),
			answer: this.#dialect.answer,
			message: (line, body) => this.#heard(line, body),
			came: (line) => {
				const { messages } = line;
				if (messages !== had) {
					const came = messages - had;
					had = messages;
					this.#acknowledge(line);
					this.#arrivals.add(came);
				}
			},
		});
	}

	/** Publishes so many a second, as long as they come. Resolves to how many it were. */
	async #pace(
		{ seconds, perSecond, burst = 1 }: Extract<Load, { perSecond: number }>,
		before: number,
	): Promise<number> {
		const { readersPerRoom } = this.#gathering;
		const all = Math.round((seconds * perSecond) / burst) * burst;
		const start = performance.now();
		let count = 0;
		let [came, cameAt] = [before, start];
		while (count < all && performance.now() < cameAt + patienceMs) {
			if (this.#arrivals.count !== came) {
				[came, cameAt] = [this.#arrivals.count, performance.now()];
			}
			const due = Math.min(all, Math.floor((((performance.now() - start) / 1000) * perSecond) / burst + 1) * burst);
			const most = (came - before) / readersPerRoom + mostOnTheirWay;
			for (; count < Math.min(due, most); count += burst) {
				this.#publish(burst);
			}
			await pause(1);
		}
		return count;
	}

	async #saturate({ seconds, window }: Extract<Load, { window: number }>, before: number): Promise<number> {
		const { readersPerRoom } = this.#gathering;
		const end = performance.now() + seconds * 1000;
		let count = 0;
		const fill = () => {
			while (count - (this.#arrivals.count - before) / readersPerRoom <= window - step) {
				this.#publish(step);
				count += step;
			}
		};
		await new Promise<void>((resolve) => {
			const watchdog = setTimeout(resolve, seconds * 1000 + patienceMs);
			this.#arrivals.heard = () => {
				if (performance.now() < end) {
					fill();
				} else {
					clearTimeout(watchdog);
					resolve();
				}
			};
			fill();
		});
		this.#arrivals.heard = () => {};
		return count;
	}

	/** Publishes to the room whose turn it is, all in one write. */
	#publish(count: number): void {
		const publication = this.#publications[this.#next++ % this.#publications.length];
		if (publication !== undefined) {
			const { line, stencil, count: number } = publication;
			line.write(stencil.makeMany(count, { number, stamp: Math.round(performance.now() * 1000) }));
			publication.count += count;
		}
	}

	#heard(line: Line, body: Buffer): void {
		const reader = this.#readerOf.get(line);
		if (reader === undefined) {
			return;
		}
		if (reader === this.#readers.at(-1)) {
			const at = body.indexOf(stampMark) + stampMark.length;
			const stamp = Number(body.toString('latin1', at, at + stampWidth));
			this.#latencies.push(performance.now() - stamp / 1000);
			this.#checkOrder(reader, body);
		}
		if (this.#dialect.acknowledges && reader.rooms.length > 1) {
			const room = this.#dialect.roomOf(body);
			const place = reader.rooms.find((candidate) => candidate.room === room);
			if (place !== undefined) {
				place.got += 1;
			}
		}
	}

	/** Of a reader of one room, where messages are numbered. */
	#checkOrder({ rooms }: Reader, body: Buffer): void {
		const at = body.indexOf(sequenceMark);
		if (at === -1 || rooms.length > 1) {
			return;
		}
		const sequence = Number.parseInt(
			body.toString('latin1', at + sequenceMark.length, at + sequenceMark.length + 16),
			10,
		);
		const expected = (this.#lastSequence ?? rooms[0]?.began ?? 0) + 1;
		if (sequence !== expected && this.#wrong.length < mostWrong) {
			this.#wrong.push(`number ${sequence} came where ${expected} was expected`);
		}
		this.#lastSequence = sequence;
	}

	#acknowledge(line: Line): void {
		const reader = this.#dialect.acknowledges ? this.#readerOf.get(line) : undefined;
		const [only, ...others] = reader?.rooms ?? [];
		if (only !== undefined && others.length === 0) {
			only.got = line.messages;
		}
		for (const place of reader?.rooms ?? []) {
			place.acknowledge(line, everyMessages);
		}
	}

	#acknowledgeAll(): void {
		for (const { line, rooms } of this.#readers) {
			for (const place of rooms) {
				place.acknowledge(line, 1);
			}
		}
	}

	/** Every reader has as many messages as were published in its rooms, and those of one room the same bytes. */
	#check(published: ReadonlyMap<string, number>): void {
		const bytesOf = new Map<string, number>();
		for (const { line, rooms, before, bytesBefore } of this.#readers) {
			const expected = rooms.reduce((sum, { room }) => sum + (published.get(room) ?? 0), 0);
			const got = line.messages - before;
			const bytes = line.splitter.messageBytes - bytesBefore;
			const key = rooms.map(({ room }) => room).join();
			const usual = bytesOf.get(key) ?? bytes;
			bytesOf.set(key, usual);
			if (got !== expected) {
				this.#wrong.push(`${line.user} got ${got} of ${expected} messages`);
			} else if (bytes !== usual) {
				this.#wrong.push(`${line.user} got ${bytes} bytes where another got ${usual}`);
			}
			if (line.end !== undefined) {
				this.#wrong.push(`${line.user}: ${line.end}`);
			}
		}
		for (const line of [...this.#publishers, ...this.#readerOf.keys()]) {
			if (line.refusal !== undefined) {
				this.#wrong.push(`${line.user} was refused: ${line.refusal}`);
				line.refusal = undefined;
			}
		}
		this.#wrong.splice(mostWrong);
	}
}

/** So many dial at the same time. */
const atOnce = 50;
/** So many are published in one write when as many as possible are. */
const step = 16;
/** So many publishes are on their way at most, much fewer than a room keeps: what a reader has not got is not removed. */
const mostOnTheirWay = 4096;
const mostWrong = 8;
const sequenceMark = '"sequence":';
