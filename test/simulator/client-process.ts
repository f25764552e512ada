/** A client's machine: one run after the other, each of which may crash; the next one has what is on the disk. */
import type { Filter } from '../../src/protocol/filter.ts';
import { ClientDisk } from './client-disk.ts';
import { type ClientProcessOptions, type Reached, Run } from './client-run.ts';
import type { Weather } from './pipe.ts';

export class ClientProcess {
	readonly weather: Weather;
	readonly name: string;
	/** How far the wall clock is from the true time, in ms. */
	skewMs = 0;
	readonly #options: ClientProcessOptions;
	#disk: ClientDisk;
	/** The name that the next run asks for. */
	#nick: string;
	#runs = 0;
	#run: Run | undefined;
	/** Rooms that this person follows, over all runs, and where they have come to in them. */
	readonly #rooms: Set<string>;
	/** By which it follows each of them, over all runs. */
	readonly #filters: Map<string, Filter>;
	readonly #places: Map<string, Reached>;

	/** `places` is filled with how far its runs have come in each room. */
	constructor(options: ClientProcessOptions, places: Map<string, Reached>) {
		this.#places = places;
		this.#options = options;
		this.name = options.name;
		this.weather = options.weather;
		this.#rooms = new Set(options.rooms);
		this.#filters = new Map(options.filters);
		this.#disk = new ClientDisk(`device-${options.name}`, options.agenda);
		this.#nick = options.nick;
	}

	get run(): Run | undefined {
		return this.#run;
	}

	get rooms(): ReadonlySet<string> {
		return this.#rooms;
	}

	/** The rooms and the inbox, if it has one: all whose messages it is to have in the end. */
	get followed(): readonly string[] {
		const { inbox } = this.#options;
		return [...this.#rooms, ...(inbox === undefined ? [] : [inbox])];
	}

	/** How many publishes wait to be numbered, also of a run that is to come. */
	get unsent(): number {
		return (this.#run?.session.unsent ?? this.#disk.adopt()).length;
	}

	start(): void {
		const { memory, watch } = this.#options;
		const name = `${this.name}.${this.#runs}`;
		this.#runs += 1;
		if (this.#runs > 1) {
			watch.observe({
				type: 'ended',
				client: `${this.name}.${this.#runs - 2}`,
				...(memory === 'disk' && { heir: name }),
			});
		}
		if (memory === 'new device') {
			this.#disk = new ClientDisk(`device-${name}`, this.#options.agenda);
		}
		this.#disk.nick = this.#nick;
		const options = { ...this.#options, nick: this.#nick, rooms: [...this.#rooms], filters: new Map(this.#filters) };
		const wants = (room: string) => this.#rooms.has(room);
		const filterOf = (room: string) => this.#filters.get(room);
		const own = { disk: this.#disk, skewMs: () => this.skewMs, places: this.#places };
		this.#run = new Run(name, { options, ...own, wants, filterOf });
	}

	/** The program is killed. */
	crash(): void {
		this.#run?.kill();
		this.#run = undefined;
		this.#disk.crash();
	}

	/** Comes back under another name. What is on a disk under one name is not sent under another. */
	rename(nick: string): void {
		const { memory } = this.#options;
		if (this.#run?.isBusy === false && (memory !== 'disk' || this.#run.session.unsent.length === 0)) {
			this.#nick = nick;
			this.#run.rename(nick);
		}
	}

	join(room: string): void {
		this.#rooms.add(room);
		this.#run?.join(room, this.#filters.get(room));
	}

	/** Follows a room by another filter from now on, or by none. */
	narrow(room: string, filter: Filter | undefined): void {
		if (filter === undefined) {
			this.#filters.delete(room);
		} else {
			this.#filters.set(room, filter);
		}
		if (this.#rooms.has(room)) {
			this.#run?.join(room, filter);
		}
	}

	leave(room: string): void {
		this.#rooms.delete(room);
		this.#run?.leave(room);
	}

	/** The weather has changed. */
	go(): void {
		this.#run?.line?.go();
	}
}
