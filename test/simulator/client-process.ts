/** A client's machine: one run after the other, each of which may crash; the next one has what is on the disk. */
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
	readonly #places: Map<string, Reached>;

	/** `places` is filled with how far its runs have come in each room. */
	constructor(options: ClientProcessOptions, places: Map<string, Reached>) {
		this.#places = places;
		this.#options = options;
		this.name = options.name;
		this.weather = options.weather;
		this.#rooms = new Set(options.rooms);
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
		const options = { ...this.#options, nick: this.#nick, rooms: [...this.#rooms] };
		this.#run = new Run(name, { options, disk: this.#disk, skewMs: () => this.skewMs, places: this.#places });
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
		this.#run?.join(room);
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
