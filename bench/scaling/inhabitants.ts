/**
 * People in rooms of any size, at a natter broker: they read, acknowledge, talk and go away now and then. Where `Crowd`
 * has many equal rooms and compares brokers, this has the rooms of the model, and counts what the model counts.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { Chance } from '../../test/endurance/chance.ts';
import { cpuUs } from '../harness/accounting.ts';
import { Arrivals } from '../load/arrivals.ts';
import { jsonFrame } from '../load/dialects/base.ts';
import { natter } from '../load/dialects/natter.ts';
import { Line } from '../load/line.ts';
import { everyMessages, everyMs, Place } from '../load/place.ts';
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
	readonly voices: Map<string, Voice>;
	isAway: boolean;
}

interface Room {
	readonly name: string;
	readonly members: Person[];
}

/** What somebody says in a room. */
interface Voice {
	readonly stencil: Stencil;
	count: number;
}

export class Inhabitants implements Disposable {
	readonly #settlement: Settlement;
	readonly #people: Person[] = [];
	readonly #rooms: Room[] = [];
	readonly #chance = new Chance(1);
	readonly #acknowledging: NodeJS.Timeout;
	readonly #arrivals = new Arrivals();

	constructor(settlement: Settlement) {
		this.#settlement = settlement;
		this.#acknowledging = setInterval(() => this.#acknowledgeAll(), everyMs);
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
		const beforeCount = this.#arrivals.count;
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
		await this.#arrivals.until(beforeCount + expected);
		// What is counted has to be over: presence is gathered for a quarter of a second.
		await pause(settleMs);
		const delivered = this.#arrivals.count - beforeCount;
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
					this.#arrivals.add(messages - had);
					had = messages;
				}
			},
		});
		const person: Person = { line, places: new Map(), voices: new Map(), isAway: false };
		await natter.enter(line, `person-${index}`);
		line.splitter.hearsMessages = true;
		for (const number of rooms) {
			this.#rooms[number] ??= { name: `room-${number}`, members: [] };
			const { name, members } = this.#rooms[number];
			members.push(person);
			person.places.set(name, new Place(name, await natter.read(line, name)));
			person.voices.set(name, { stencil: natter.publication(line, name), count: 0 });
		}
		line.settle();
		return person;
	}

	#say(person: Person | undefined, room: string, burst: number): void {
		const voice = person?.voices.get(room);
		if (voice !== undefined) {
			person?.line.write(voice.stencil.makeMany(burst, { number: voice.count, stamp: 0 }));
			voice.count += burst;
		}
	}

	#turn(person: Person | undefined): void {
		if (person !== undefined) {
			person.isAway = !person.isAway;
			person.line.write(jsonFrame({ type: 'presence', state: person.isAway ? 'away' : 'online' }));
		}
	}

	#hear({ line, places }: Person, room: string): void {
		const place = places.get(room);
		if (place !== undefined) {
			place.got += 1;
			place.acknowledge(line, everyMessages);
		}
	}

	#acknowledgeAll(): void {
		for (const { line, places } of this.#people) {
			for (const place of places.values()) {
				place.acknowledge(line, 1);
			}
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
		return ends.findIndex((end) => end > drawn);
	};
}

const atOnce = 50;
const settleMs = 300;
const mostWrong = 8;
