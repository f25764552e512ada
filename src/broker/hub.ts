/**
 * A broker without sockets: its connections and the rooms that they read. Everything it needs from outside comes with
 * `Settings` and `Surroundings`, so that it runs the same in a simulator.
 */
import { CatchUp } from './catch-up.ts';
import { Connection, type LineOptions, type Manner, type Shared, sharedBy } from './connection.ts';
import { CursorKeeper } from './cursors.ts';
import { Directory } from './directory.ts';
import { Dispatch } from './dispatch.ts';
import { connectionsOf, enforce } from './enforcement.ts';
import { Gathering } from './gathering.ts';
import { type Backlog, Governor } from './governor.ts';
import { Groups } from './groups.ts';
import { isOwnAuthority } from './hosts.ts';
import { Login } from './login.ts';
import { NamesInUse } from './names-in-use.ts';
import type { Settings } from './options.ts';
import type { Stay } from './presence.ts';
import { Room, type RoomOptions } from './room.ts';
import { RoomTokens, secretFrom } from './room-tokens.ts';
import { Sessions } from './sessions.ts';
import type { Surroundings } from './surroundings.ts';
import { Throttle } from './throttle.ts';
import { Timetable } from './timetable.ts';
import { sweepTopics } from './topics.ts';
import { Welcome } from './welcome.ts';
import type { Wire } from './wire.ts';

/** A user who is in a room, with or without a connection. The room is held open. */
export interface Kept {
	readonly room: Room;
	readonly stay: Stay;
}

export class Hub {
	readonly settings: Settings;
	readonly surroundings: Surroundings;
	readonly shared: Shared;
	readonly welcome: Welcome;
	/** Every line that is open or closing. */
	readonly connections = new Set<Connection>();
	/**
	 * Those of them that the next tick looks at: something was written to them since the last one, or waits. All in whose
	 * lines something waits are among them.
	 */
	readonly #stirred = new Set<Connection>();
	/** How many of them came from each address that counts for limits. */
	readonly #fromAddress = new Map<string, number>();
	/** Those who wait until none is left. */
	readonly #whenEmpty: (() => void)[] = [];
	/** When it has to look at the others. */
	readonly #timetable = new Timetable<Connection>();
	/** Connections of users, by their keys. */
	readonly #ofUser = new Groups<Connection>();
	/** Who holds a session, and who may still come back to one. */
	readonly sessions: Sessions<Connection, Kept, Manner>;
	readonly governor: Governor;
	readonly dispatch: Dispatch;
	readonly gathering: Gathering<Connection>;
	readonly cursors: CursorKeeper;
	/** Who is known here. */
	readonly directory: Directory;
	/** How many keys each address may come with that were never seen before. */
	readonly #newKeys: Throttle;
	/** Names that are in use. */
	readonly names = new NamesInUse<Connection>();
	/** Where this broker listens, if it does so by itself. */
	port: number | undefined;
	readonly #rooms = new Map<string, Room>();
	readonly #roomOptions: RoomOptions;
	/** How much was read from clients and is not finished. */
	#open = 0;
	/** Those who wait until that is nothing. */
	#whenQuiet: (() => void)[] = [];
	/** What rooms that were closed still tell the engine. */
	readonly #farewells = new Set<Promise<void>>();
	#draining = false;
	#login: Login | undefined;
	#tokens: RoomTokens | undefined;

	constructor(settings: Settings, surroundings: Surroundings) {
		this.settings = settings;
		this.surroundings = surroundings;
		this.shared = sharedBy(settings);
		this.welcome = new Welcome(settings);
		this.dispatch = new Dispatch(surroundings);
		this.gathering = new Gathering(surroundings);
		const { engine, limits, log } = settings;
		const { newKeysPerMinute } = limits;
		this.#newKeys = new Throttle({ perSecond: newKeysPerMinute / 60, burst: newKeysPerMinute });
		this.governor = new Governor(limits.unsentBytes, () => this.#backlog());
		this.sessions = new Sessions({
			...{ surroundings, ttlMs: settings.sessionTtlMs, most: 2 * limits.connections },
			leave: ({ room, stay }) => {
				room.forget(stay);
				this.release(room);
			},
		});
		const { presenceMs, flushWindowMs } = settings;
		this.#roomOptions = {
			...{ engine, surroundings, dispatch: this.dispatch, flushWindowMs, presenceMs },
			catchUp: new CatchUp(surroundings, this.dispatch),
			...{ presenceFull: limits.presenceFull, typingMs: limits.typingMs },
			onPresenceError: (room, error) => log('warn', 'presence', { room, error: String(error) }),
		};
		this.cursors = new CursorKeeper({
			engine,
			surroundings,
			onError: (error) => log('warn', 'cursors', { error: String(error) }),
		});
		this.directory = new Directory({
			...{ engine, surroundings, limits, owners: settings.owners, key: settings.key },
			onNick: (lookalike) => {
				for (const connection of this.names.holders(lookalike)) {
					connection.checkName();
				}
			},
			onRole: (key, role) => {
				for (const connection of connectionsOf(this, [key])) {
					connection.become(role);
				}
			},
			onChanged: (changes) => enforce(this, changes),
			onError: (error) => log('warn', 'directory', { error: String(error) }),
		});
	}

	/** How clients prove whose they are. Only once the directory is ready. */
	get login(): Login {
		const { authorities } = this.settings;
		this.#login ??= new Login({
			key: this.directory.key,
			isExpected: (authority) => isOwnAuthority(authority, authorities, this.port),
		});
		return this.#login;
	}

	/** What names a room to those who may read it. Only once the directory is ready. */
	tokenOf(room: Room): string {
		this.#tokens ??= new RoomTokens(this.settings.secret ?? secretFrom(this.directory.key));
		room.token ??= this.#tokens.of(room.name);
		return room.token;
	}

	/** The time by a clock that never steps back, in whole ms: wherever a fraction is kept, it is an object of its own. */
	get elapsed(): number {
		return Math.trunc(this.surroundings.elapsed());
	}

	get draining(): boolean {
		return this.#draining;
	}

	/** The rooms that somebody on this node reads. */
	get rooms(): ReadonlyMap<string, Room> {
		return this.#rooms;
	}

	/** Takes a new line. The caller then calls `receive`, `receiveBinary`, `drained` and `closed` of what it gets. */
	accept(wire: Wire, options: LineOptions): Connection {
		const connection = new Connection(this, wire, options);
		this.connections.add(connection);
		this.#count(connection.address, 1);
		this.stir(connection);
		return connection;
	}

	/** How many connections there are from an address. */
	connectionsFrom(address: string): number {
		return this.#fromAddress.get(address) ?? 0;
	}

	/** Settles when every line is gone. */
	async emptied(): Promise<void> {
		if (this.connections.size > 0) {
			await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
		}
	}

	/** The line is gone. */
	forget(connection: Connection): void {
		if (this.connections.delete(connection)) {
			this.#count(connection.address, -1);
		}
		this.#stirred.delete(connection);
		this.#timetable.delete(connection);
		this.names.delete(connection);
		if (connection.user.key !== undefined) {
			this.#ofUser.delete(connection.user.key, connection);
		}
		if (this.connections.size === 0) {
			for (const resolve of this.#whenEmpty.splice(0)) {
				resolve();
			}
		}
	}

	/** A connection is one of a user from now on. */
	joined(connection: Connection): void {
		if (connection.user.key !== undefined) {
			this.#ofUser.add(connection.user.key, connection);
		}
	}

	/** The next tick looks at this connection, whose line is not gone. */
	stir(connection: Connection): void {
		if (!connection.isStirred) {
			connection.isStirred = true;
			this.#stirred.add(connection);
		}
	}

	/** In how many ms an address may come with another key that was never seen before; it counts if it may now. */
	takeNewKey(address: string | undefined): number {
		return address === undefined ? 0 : this.#newKeys.take(address, this.surroundings.elapsed());
	}

	/** The open connections of a user. */
	connectionsOf(key: string): readonly Connection[] {
		return this.#ofUser.of(key).filter(({ ended }) => !ended);
	}

	/** The room, opened if it is not. It stays open until `release` was called as often as this. */
	hold(name: string): Room {
		const room = this.#rooms.get(name) ?? new Room(name, this.#roomOptions);
		this.#rooms.set(name, room);
		room.holders += 1;
		return room;
	}

	release(room: Room): void {
		room.holders -= 1;
		if (room.holders === 0) {
			this.#rooms.delete(room.name);
			room.close();
			const farewell = room.settled().finally(() => this.#farewells.delete(farewell));
			this.#farewells.add(farewell);
		}
	}

	/** Something was begun that `settled` has to wait for. `finished` is to be called as often as this. */
	begun(): void {
		this.#open += 1;
	}

	finished(): void {
		this.#open -= 1;
		if (this.#open === 0) {
			for (const resolve of this.#whenQuiet.splice(0)) {
				resolve();
			}
		}
	}

	/**
	 * Looks after those connections of which something is to be expected: signs of life, time limits, progress. To be called
	 * often. What it costs grows with what happens, not with how many are connected.
	 */
	tick(): void {
		const at = this.elapsed;
		this.governor.measure();
		for (let due = this.#timetable.take(at); due !== undefined; due = this.#timetable.take(at)) {
			this.stir(due);
		}
		for (const connection of [...this.#stirred]) {
			const next = connection.look(at);
			if (next > at) {
				connection.isStirred = false;
				this.#stirred.delete(connection);
				this.#timetable.set(connection, next);
			}
		}
	}

	/** Removes what is no longer to be kept. To be called now and then, once the directory is ready. Rejects with an `EngineError`. */
	async sweep(): Promise<void> {
		await this.settings.engine.sweep();
		await sweepTopics(this);
	}

	/** Says to v1 clients that this broker stops, and reads nothing more from anybody. */
	drain(reconnectAfterMs: number): void {
		this.#draining = true;
		this.sessions.freeze();
		for (const connection of this.connections) {
			connection.drain(reconnectAfterMs);
		}
		this.gathering.release();
	}

	/**
	 * Settles when everything that was said is committed, acknowledged and broadcast, what was asked is answered save to
	 * those who do not read, and where readers stand is stored. An engine in trouble may take its time over it.
	 */
	async settled(): Promise<void> {
		do {
			await this.#quiet();
			await new Promise<void>((resolve) => this.surroundings.soon(resolve));
		} while (this.#open > 0);
		for (const room of this.#rooms.values()) {
			room.flush();
		}
		await this.cursors.flush();
	}

	/**
	 * Settles when the engine knows that nobody is here any more, and is asked nothing more. All connections have ended
	 * before.
	 */
	async farewell(): Promise<void> {
		this.directory.close();
		this.sessions.close();
		await Promise.all([...this.#farewells, this.cursors.close()]);
	}

	#count(address: string | undefined, change: 1 | -1): void {
		if (address === undefined) {
			return;
		}
		const count = this.connectionsFrom(address) + change;
		if (count > 0) {
			this.#fromAddress.set(address, count);
		} else {
			this.#fromAddress.delete(address);
		}
	}

	async #quiet(): Promise<void> {
		if (this.#open > 0) {
			await new Promise<void>((resolve) => this.#whenQuiet.push(resolve));
		}
	}

	#backlog(): Backlog {
		let unsent = 0;
		let lines = 0;
		for (const { wire } of this.#stirred) {
			unsent += wire.unsent;
			lines += wire.unsent > 0 ? 1 : 0;
		}
		return { unsent, lines };
	}
}
