/**
 * People in rooms of any size, at a natter broker: they read, acknowledge, talk and go away now and then. Where `Crowd`
 * has many equal rooms and compares brokers, this has the rooms of the model, and counts what the model counts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../../test/endurance/chance.ts';
import { cpuUs } from '../harness/accounting.ts';
import type { Reading } from '../load/dialect.ts';
import { jsonFrame } from '../load/dialects/base.ts';
import { natter } from '../load/dialects/natter.ts';
import { Line } from '../load/line.ts';
import type { Stencil } from '../load/stencil.ts';

export interface Settlement {
	readonly port: number;
	/** The broker's process, whose CPU time is read. */
	readonly pid: number;
	/** For each person the rooms that they are in, by numbers. */
	readonly seats: readonly (readonly number[])[];
}

/** What they do for a while. */
export interface Activity {
	readonly seconds: number;
	/** Messages a second of all rooms together. */
	readonly messagesPerSecond: number;
	/** How many messages come at once, in one write. @default 1 */
	readonly burst?: number;
	/** How often each room is talked in, in terms of the others; all alike when it is not given. */
	readonly weights?: readonly number[];
	/** Changes of presence a second, of all people together. */
	readonly statesPerSecond?: number;
}

export interface Doings {
	readonly published: number;
	/** Messages that came to readers: exactly what was published, by as many as were in the room. */
	readonly delivered: number;
	readonly states: number;
	readonly seconds: number;
	/** CPU time of the broker, in us. */
	readonly brokerUs: number;
	/** What should not have happened. */
	readonly wrong: readonly string[];
}

interface Person {
	readonly line: Line;
	readonly places: Map<string, Place>;
	isAway: boolean;
}

interface Room {
	readonly name: string;
	readonly members: Person[];
}

interface Place {
	readonly reading: Reading;
	readonly publication: Stencil;
	said: number;
	got: number;
	acknowledged: number;
}

export class Inhabitants implements Disposable {
	readonly #settlement: Settlement;
	readonly #people: Person[] = [];
	readonly #rooms: Room[] = [];
	readonly #chance = new Chance(1);
	readonly #acknowledging: NodeJS.Timeout;
	#delivered = 0;
	#arrived = () => {};

	constructor(settlement: Settlement) {
		this.#settlement = settlement;
		this.#acknowledging = setInterval(() => this.#acknowledgeAll(1), everyMs);
	}

	/** Resolves to the CPU time of the broker in us when the next so many people are in their rooms. */
	async enter(count: number): Promise<number> {
		const { pid, seats } = this.#settlement;
		const before = cpuUs(pid);
		const from = this.#people.length;
		const to = Math.min(seats.length, from + count);
		for (let index = from; index < to; index += atOnce) {
			const some = seats.slice(index, Math.min(to, index + atOnce));
			const entered = await Promise.all(some.map((rooms, offset) => this.#enterPerson(index + offset, rooms)));
			this.#people.push(...entered);
		}
		return cpuUs(pid) - before;
	}

	/** Does it, and resolves when everything has come or nothing more comes. */
	async act({ seconds, messagesPerSecond, burst = 1, weights, statesPerSecond = 0 }: Activity): Promise<Doings> {
		const { pid } = this.#settlement;
		const pick = picker(weights ?? this.#rooms.map(() => 1), this.#chance);
		const wrong: string[] = [];
		const beforeUs = cpuUs(pid);
		const beforeCount = this.#delivered;
		const start = performance.now();
		let [published, expected, states] = [0, 0, 0];
		for (let elapsed = 0; elapsed < seconds; elapsed = (performance.now() - start) / 1000) {
			for (; published < elapsed * messagesPerSecond; published += burst) {
				const { name = '', members = [] } = this.#rooms[pick()] ?? {};
				expected += members.length * burst;
				this.#say(members[this.#chance.below(members.length)], name, burst);
			}
			for (; states < elapsed * statesPerSecond; states++) {
				this.#turn(this.#people[this.#chance.below(this.#people.length)]);
			}
			await pause(1);
		}
		await this.#arrival(beforeCount + expected);
		// What is counted has to be over: presence is gathered for a quarter of a second.
		await pause(settleMs);
		const delivered = this.#delivered - beforeCount;
		if (delivered !== expected) {
			wrong.push(`${delivered} of ${expected} messages came`);
		}
		for (const { line } of this.#people) {
			if (line.end !== undefined || line.refusal !== undefined) {
				wrong.push(`${line.user}: ${line.end ?? line.refusal}`);
			}
		}
		return {
			published,
			delivered,
			states,
			seconds: (performance.now() - start) / 1000,
			brokerUs: cpuUs(pid) - beforeUs,
			wrong: wrong.slice(0, mostWrong),
		};
	}

	[Symbol.dispose](): void {
		clearInterval(this.#acknowledging);
		for (const { line } of this.#people) {
			line.socket.destroy();
		}
	}

	async #enterPerson(index: number, rooms: readonly number[]): Promise<Person> {
		const { port } = this.#settlement;
		let had = 0;
		const line = new Line({
			port,
			framing: natter.framing,
			upgrade: natter.upgrade?.(port),
			answer: natter.answer,
			message: (_, body) => this.#hear(person, natter.roomOf(body)),
			came: ({ messages }) => {
				if (messages !== had) {
					this.#delivered += messages - had;
					had = messages;
					this.#arrived();
				}
			},
		});
		const person: Person = { line, places: new Map(), isAway: false };
		await natter.enter(line, `person-${index}`);
		line.splitter.hearsMessages = true;
		for (const number of rooms) {
			this.#rooms[number] ??= { name: `room-${number}`, members: [] };
			const { name, members } = this.#rooms[number];
			members.push(person);
			const reading = await natter.read(line, name);
			const publication = natter.publication(line, name);
			person.places.set(name, { reading, publication, said: 0, got: 0, acknowledged: 0 });
		}
		line.settle();
		return person;
	}

	#say(person: Person | undefined, room: string, burst: number): void {
		const place = person?.places.get(room);
		if (place !== undefined) {
			const bytes = Buffer.allocUnsafe(burst * place.publication.size);
			for (let index = 0, at = 0; index < burst; index++) {
				place.said += 1;
				at = place.publication.fill(bytes, at, { number: place.said, stamp: 0 });
			}
			person?.line.write(bytes);
		}
	}

	#turn(person: Person | undefined): void {
		if (person !== undefined) {
			person.isAway = !person.isAway;
			person.line.write(jsonFrame({ type: 'presence', state: person.isAway ? 'away' : 'online' }));
		}
	}

	#hear(person: Person, room: string): void {
		const place = person.places.get(room);
		if (place !== undefined) {
			place.got += 1;
			this.#acknowledge(person, place, everyMessages);
		}
	}

	#acknowledgeAll(least: number): void {
		for (const person of this.#people) {
			for (const place of person.places.values()) {
				this.#acknowledge(person, place, least);
			}
		}
	}

	/** As natter's own client does: after 64 messages or a second. */
	#acknowledge({ line }: Person, place: Place, least: number): void {
		const { sequence, acknowledgement } = place.reading;
		if (acknowledgement !== undefined && place.got - place.acknowledged >= least) {
			place.acknowledged = place.got;
			line.write(acknowledgement.make({ sequence: sequence + place.got }));
		}
	}

	async #arrival(count: number): Promise<void> {
		for (let last = -1; this.#delivered < count && this.#delivered !== last; ) {
			last = this.#delivered;
			await new Promise<void>((resolve) => {
				const patience = setTimeout(resolve, patienceMs);
				this.#arrived = () => {
					if (this.#delivered >= count) {
						clearTimeout(patience);
						resolve();
					}
				};
				this.#arrived();
			});
			this.#arrived = () => {};
		}
	}
}

/** Draws numbers from 0, each as often as it weighs. */
function picker(weights: readonly number[], chance: Chance): () => number {
	let sum = 0;
	const ends = weights.map((weight) => {
		sum += weight;
		return sum;
	});
	return () => {
		const drawn = chance.fraction() * sum;
		let [low, high] = [0, ends.length - 1];
		while (low < high) {
			const middle = (low + high) >> 1;
			if ((ends[middle] ?? sum) > drawn) {
				high = middle;
			} else {
				low = middle + 1;
			}
		}
		return low;
	};
}

const atOnce = 50;
const everyMessages = 64;
const everyMs = 1000;
const settleMs = 300;
/** Nothing more comes when nothing has come for so long. */
const patienceMs = 5000;
const mostWrong = 8;
