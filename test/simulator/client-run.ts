/** One run of a client: the product's core over a simulated network, clock and disk. */
import type { PresenceChange, RoomItem } from '../../src/client/client.ts';
import { Kept } from '../../src/client/kept.ts';
import { resolveOptions } from '../../src/client/options.ts';
import type { Identity } from '../../src/client/proof.ts';
import { createSession, type Session } from '../../src/client/session.ts';
import { SteadyClock } from '../../src/client/steady-clock.ts';
import type { Happening, Output, Result } from '../../src/client/step.ts';
import { decodeFromBroker, encode } from '../../src/protocol/codec.ts';
import type { Filter } from '../../src/protocol/filter.ts';
import type { Position, Tags } from '../../src/protocol/frames.ts';
import type { Agenda } from './agenda.ts';
import { epochMs } from './broker-process.ts';
import { CausalWatch } from './causal-watch.ts';
import { Chance } from './chance.ts';
import type { ClientDisk } from './client-disk.ts';
import { EventLoop } from './event-loop.ts';
import { authority } from './keys.ts';
import type { ClientEnd, Line } from './line.ts';
import type { Weather } from './pipe.ts';
import type { Watch } from './watch.ts';

/** A client holds so many messages of a room that come early. */
const mostHeld = 256;

/** After so many ms somebody who was put out of a room tries to come back. */
const comeBackMs = 3000;

/** What a client has beyond a run. */
export type Memory = 'disk' | 'device' | 'new device' | 'none';

export interface ClientProcessOptions {
	readonly agenda: Agenda;
	readonly seed: number;
	/** Names the machine. */
	readonly name: string;
	readonly nick: string;
	/** What is kept beyond a run: all on a disk, the name of the device alone, nothing; each run may be on a new device. */
	readonly memory: Memory;
	/** It keeps the order across rooms. */
	readonly causal: boolean;
	/** What the broker has stored of a device's place in a room, or of that of any device, if anything. */
	readonly remembered: (user: string, device: string | undefined, room: string) => Remembered | undefined;
	/** How far the runs of all of the user's machines have come in each room. */
	readonly placesOfUser: readonly ReadonlyMap<string, Reached>[];
	/** The broker's run. */
	readonly brokerRun: () => number;
	/** Its key, for somebody who has one; then it has an inbox too. */
	readonly identity?: Identity | undefined;
	readonly inbox?: string | undefined;
	readonly giveUpMs: number;
	readonly rooms: readonly string[];
	/** By which it follows them. */
	readonly filters: ReadonlyMap<string, Filter>;
	readonly weather: Weather;
	readonly watch: Watch;
	/** Dials. The returned function says what the client does with the line. */
	readonly dial: (end: ClientEnd, options: DialOptions) => void;
}

export interface Remembered {
	/** The broker's run that knows it. */
	readonly by: number;
	/** The epoch that it is of. */
	readonly epoch: string;
}

/** How far a machine's runs have come in a room, and which run of the broker told them. */
export interface Reached extends Position {
	readonly toldBy: number;
}

export interface DialOptions {
	readonly offersV1: boolean;
	/** The line is open. */
	readonly opened: (line: Line) => void;
	/** Told when the broker writes a frame, which comes later, in its turn, or never. */
	readonly wrote?: () => void;
}

interface SimulatedPublish {
	readonly ttlMs?: number;
	readonly tags?: Tags;
	/** The code with which it is refused, if something is wrong with it. */
	readonly provokes?: string;
}

/** What a run finds on its machine. */
export interface Machine {
	readonly options: ClientProcessOptions;
	readonly disk: ClientDisk;
	readonly skewMs: () => number;
	/** How far its runs have come in each room. */
	readonly places: Map<string, Reached>;
	/** Whether its person wants to be in a room. */
	readonly wants: (room: string) => boolean;
	/** What of a room the person wants now. */
	readonly filterOf: (room: string) => Filter | undefined;
}

/** One run of the program. */
export class Run {
	readonly name: string;
	readonly session: Session;
	line: Line | undefined;
	readonly #options: ClientProcessOptions;
	readonly #kept: Kept | undefined;
	readonly #clock: SteadyClock;
	readonly #loop: EventLoop;
	readonly #chance: Chance;
	/** Publishes by the id of their input. */
	readonly #publishes = new Map<number, { readonly room: string; readonly cid: string }>();
	readonly #adopted: ReadonlySet<string>;
	/** Rooms whose beginning was told, and the epochs in which they are. */
	readonly #begun = new Map<string, string | undefined>();
	/** Where each room was joined that goes on from a run before. */
	readonly #seen = new Map<string, Position>();
	/** How far the machine's runs have come in each room. */
	readonly #places: Map<string, Reached>;
	readonly #wants: (room: string) => boolean;
	readonly #filterOf: Machine['filterOf'];
	/** The broker's run that remembered a room when this run of the client began. */
	readonly #rememberedBy: ReadonlyMap<string, number | undefined>;
	/** The broker's run that its line is with. */
	#brokerRun = 0;
	/** Who is in each room, as it was told. */
	readonly present = new Map<string, Set<string>>();
	/** When each room last moved on, by this client's own clock. */
	readonly #movedAt = new Map<string, number>();
	readonly #patienceMs: number;
	readonly #causal: CausalWatch | undefined;
	/** It has another name than the one that the broker remembers its device by. */
	#isRenamed = false;
	#ids = 0;
	/** The dial that is wanted; one that was given up may still succeed. */
	#wanted: number | undefined;
	#isRunning = true;
	#cancelTimer: (() => void) | undefined;
	/** How long the program is busy from the next `subscribe` on, in ms. */
	#blocksWhenAskingMs: number | undefined;

	constructor(name: string, { options, disk, skewMs, places, wants, filterOf }: Machine) {
		const { agenda, seed, nick, giveUpMs, memory, rooms, causal } = options;
		this.name = name;
		this.#options = options;
		this.#places = places;
		this.#wants = wants;
		this.#filterOf = filterOf;
		this.#kept =
			memory === 'disk'
				? new Kept(disk, (text) => {
						throw new Error(text);
					})
				: undefined;
		this.#clock = new SteadyClock(() => epochMs + Math.floor(agenda.now) + skewMs());
		this.#loop = new EventLoop(agenda, () => this.line?.go());
		this.#chance = new Chance(seed, 'client', name);
		const settings = resolveOptions({ nick, giveUpMs, history: 20, causal }, { name: 'simulated', version: '0' });
		this.#patienceMs = settings.giveUpMs - settings.graceMs;
		const adopted = this.#kept?.adopt();
		this.#adopted = new Set(adopted?.map(({ cid }) => cid));
		for (const _ of this.#adopted) {
			options.watch.count('adopted publishes');
		}
		this.session = createSession({
			...settings,
			session: `session-${name}`,
			producer: `producer-${name}`,
			...(memory !== 'none' && { device: disk.device }),
			...(adopted !== undefined && { adopted }),
			...(options.identity !== undefined && { proof: { identity: options.identity, authority, pin: undefined } }),
		});
		this.#causal = causal
			? new CausalWatch({ name, session: this.session, causalMs: settings.causalMs, watch: options.watch })
			: undefined;
		const mayJoin = options.inbox === undefined ? rooms : [...rooms, options.inbox];
		this.#rememberedBy = new Map(mayJoin.map((room) => [room, this.#remembered(room)?.by]));
		for (const room of rooms) {
			this.join(room, options.filters.get(room));
		}
		this.#step({ type: 'start' });
	}

	/** It is online, has nothing left to say, and stands at the head of every room as far as it knows. */
	isAtRest(rooms: Iterable<string>): boolean {
		const { session } = this;
		return (
			!this.isBusy &&
			session.status.state === 'online' &&
			session.status.protocol === 'v1' &&
			session.unsent.length === 0 &&
			[...rooms].every((room) => session.room(room)?.phase === 'live')
		);
	}

	get isBusy(): boolean {
		return this.#loop.isBusy;
	}

	/** Of a room that it follows it changes the filter. */
	join(room: string, filter: Filter | undefined): void {
		this.#loop.run(() => {
			const { position, filter: before } = this.session.room(room) ?? {};
			if (position !== undefined && JSON.stringify(before) !== JSON.stringify(filter)) {
				this.#options.watch.count('filters changed');
				this.#options.watch.log(() => `${this.name} follows ${room} from #${position} by ${JSON.stringify(filter)}`);
				this.#options.watch.observe({
					...{ type: 'narrowed', client: this.name, room, position },
					...(filter !== undefined && { filter }),
				});
			}
			this.#join(room, filter);
		});
	}

	#join(room: string, filter?: Filter): void {
		const from = this.session.joined.includes(room) ? undefined : this.#kept?.from(room);
		if (from !== undefined) {
			this.#seen.set(room, from);
		}
		this.#ids += 1;
		this.#step({ type: 'join', id: this.#ids, room, options: filter === undefined ? {} : { filter }, from });
	}

	leave(room: string): void {
		this.#loop.run(() => {
			this.#ids += 1;
			this.#step({ type: 'leave', id: this.#ids, room });
			this.#begun.delete(room);
			this.#seen.delete(room);
			this.#causal?.left(room);
		});
	}

	publish(room: string, content: string, cid: string, options: SimulatedPublish): void {
		this.#loop.run(() => {
			const { provokes, ...product } = options;
			this.#ids += 1;
			this.#publishes.set(this.#ids, { room, cid });
			const { inbox } = this.#options;
			this.#options.watch.observe({
				...{ type: 'intended', client: this.name, room, cid, content },
				...(room.startsWith('@') && inbox !== undefined && { copyIn: inbox }),
				...this.#causal?.author(room),
			});
			if (provokes !== undefined) {
				this.#options.watch.observe({ type: 'provoked', cid, code: provokes });
			}
			this.#step({ type: 'publish', id: this.#ids, room, content, cid, options: product });
		});
	}

	rename(nick: string): void {
		this.#loop.run(() => {
			this.#isRenamed = true;
			this.#ids += 1;
			this.#step({ type: 'rename', id: this.#ids, nick });
		});
	}

	history(room: string): void {
		this.#loop.run(() => {
			this.#ids += 1;
			this.#step({ type: 'request', id: this.#ids, request: { kind: 'history', room, query: {} } });
		});
	}

	/** Searches a room for what every message says. */
	search(room: string): void {
		this.#loop.run(() => {
			this.#ids += 1;
			this.#step({ type: 'request', id: this.#ids, request: { kind: 'search', room, text: 'text', query: {} } });
		});
	}

	/** Asks who is in a room. */
	members(room: string): void {
		this.#loop.run(() => {
			this.#ids += 1;
			this.#step({ type: 'request', id: this.#ids, request: { kind: 'members', room } });
		});
	}

	/** Asks which rooms there are. */
	listRooms(): void {
		this.#loop.run(() => {
			this.#ids += 1;
			this.#step({ type: 'request', id: this.#ids, request: { kind: 'rooms' } });
		});
	}

	presence(state: 'online' | 'away'): void {
		this.#loop.run(() => {
			this.#step({ type: 'presence', state });
		});
	}

	reconnect(): void {
		this.#loop.run(() => {
			this.#step({ type: 'reconnect' });
		});
	}

	/** The program is busy with something else for so many ms, and neither reads nor looks at the time. */
	block(ms: number): void {
		const { agenda, weather, watch } = this.#options;
		watch.count('blocked clients');
		weather.roughUntil = Math.max(weather.roughUntil, agenda.now + ms);
		this.#loop.block(ms);
	}

	/** Dials anew, and is busy as soon as it has asked for a room. */
	blockWhenAsking(ms: number): void {
		this.#blocksWhenAskingMs = ms;
		this.reconnect();
	}

	kill(): void {
		this.#isRunning = false;
		this.#loop.end();
		this.#cancelTimer?.();
		this.line?.clientLeaves(true);
		this.line = undefined;
	}

	#step(happening: Happening): void {
		if (!this.#isRunning) {
			return;
		}
		const at = this.#clock.now();
		this.#causal?.comes(happening, at);
		const outputs = this.session.step({ ...happening, at, chance: this.#chance.next() });
		for (const [index, output] of outputs.entries()) {
			this.#do(output, outputs.slice(index + 1));
		}
		this.#measure(happening);
		this.#causal?.measure(at);
		this.#setTimer();
	}

	/** How many messages wait for one that is missing. */
	#measure(happening: Happening): void {
		if (happening.type !== 'frame' || happening.frame.type !== 'message') {
			return;
		}
		const { room } = happening.frame;
		const { held = 0 } = this.session.room(room)?.gap ?? {};
		if (held > 0) {
			const what = `messages of ${room} that ${this.name} holds`;
			this.#options.watch.observe({ type: 'measured', what, value: held, bound: mostHeld });
			if (held === mostHeld) {
				this.#options.watch.count('clients that held as much as they may');
			}
		}
	}

	#setTimer(): void {
		const { agenda } = this.#options;
		const { wakeAt } = this.session;
		this.#cancelTimer?.();
		if (wakeAt !== undefined) {
			const waitMs = Math.max(0, Math.ceil(wakeAt - this.#clock.now()));
			this.#cancelTimer = agenda.after(waitMs, () => this.#loop.runTimer(() => this.#step({ type: 'tick' })));
		}
	}

	#do(output: Output, rest: readonly Output[]): void {
		switch (output.type) {
			case 'dial':
				this.#dial(output.link, output.offerSubprotocol);
				break;
			case 'send':
				this.#options.watch.log(() => `${this.name} says ${encode(output.frame)}`);
				this.line?.clientSends({ type: 'text', text: encode(output.frame) });
				if (output.frame.type === 'subscribe' && this.#blocksWhenAskingMs !== undefined) {
					this.block(this.#blocksWhenAskingMs);
					this.#blocksWhenAskingMs = undefined;
				}
				break;
			case 'probe':
				this.line?.clientSends({ type: 'ping' });
				break;
			case 'hangUp':
				this.#wanted = undefined;
				this.line?.clientLeaves(output.abrupt);
				this.line = undefined;
				break;
			case 'inbox':
				this.#options.watch.count('inboxes followed');
				this.#join(output.room);
				break;
			case 'keep':
				this.#kept?.keep(output.parcel);
				break;
			case 'forget':
				this.#kept?.forget(output.cid);
				break;
			case 'deliver':
				this.#deliver(output.room, output.items, rest);
				break;
			case 'room':
				this.#standing(output.status);
				break;
			case 'published':
				this.#causal?.published(output.published);
				if (this.#adopted.has(output.published.cid)) {
					this.#acked(output.published);
				}
				break;
			case 'refused':
				if (this.#adopted.has(output.refused.cid)) {
					const { room, cid, code, outcome } = output.refused;
					this.#refused({ room, cid }, code, outcome);
				}
				break;
			case 'settle':
				this.#settled(output.id, output.result);
				break;
			case 'status':
				this.#options.watch.log(() => `${this.name} is ${JSON.stringify(output.status)}`);
				if (output.status.state === 'waiting') {
					this.#options.watch.count('reconnects');
					this.#options.watch.count(`closed with ${output.status.cause.code}`);
				}
				break;
			case 'presence':
				this.#presence(output.change);
				break;
			case 'members':
				this.present.set(output.room, new Set(output.members.map(({ userId }) => userId)));
				break;
			case 'notice':
				break;
		}
	}

	#dial(link: number, offersV1: boolean): void {
		let line: Line | undefined;
		this.#wanted = link;
		const loop = this.#loop;
		const end: ClientEnd = {
			get isBusy() {
				return loop.isBusy;
			},
			text: (text) => {
				const decoded = decodeFromBroker(text);
				this.#step(
					decoded.ok ? { type: 'frame', link, frame: decoded.frame } : { type: 'garbled', link, refusal: decoded },
				);
			},
			pong: () => this.#step({ type: 'echo', link }),
			closed: (closed) => {
				if (this.line === line) {
					this.line = undefined;
				}
				loop.run(() => this.#step({ type: 'closed', link, ...closed }));
			},
		};
		this.#options.dial(end, {
			offersV1,
			opened: (opened) => {
				if (this.#isRunning && this.#wanted === link) {
					line = opened;
					this.line = opened;
					this.#brokerRun = this.#options.brokerRun();
					loop.run(() =>
						this.#step({ type: 'opened', link, nonce: `nonce-of-${this.name}-link-${link}`.padEnd(22, '-') }),
					);
				} else {
					opened.clientLeaves(true);
				}
			},
		});
	}

	#deliver(room: string, items: readonly RoomItem[], rest: readonly Output[]): void {
		const { watch } = this.#options;
		const status = rest.find((output) => output.type === 'room' && output.status.room === room);
		const now = status?.type === 'room' ? status.status : this.session.room(room);
		// What waited for other rooms comes in pieces, between pieces of those.
		const later = rest.flatMap((output) => (output.type === 'deliver' && output.room === room ? output.items : []));
		const coming = [...items, ...later];
		if (!this.#begun.has(room)) {
			const epochItem = coming.some(({ kind }) => kind === 'epoch');
			this.#begin(room, epochItem ? undefined : now?.epoch, now?.first ?? 0);
		}
		for (const [index, item] of items.entries()) {
			const isBeforeEpoch = coming.slice(index + 1).some(({ kind }) => kind === 'epoch');
			const epoch = isBeforeEpoch ? this.#begun.get(room) : now?.epoch;
			watch.log(() => `${this.name} shows ${room} ${shortly(item)}`);
			watch.count(item.kind === 'message' ? 'shown' : item.kind === 'lost' ? `lost: ${item.reason}` : item.kind);
			watch.observe({
				...{ type: 'shown', client: this.name, room, item, waited: this.#hasWaited(room) },
				...(epoch !== undefined && { epoch }),
				...this.#causal?.shows(room, item, coming.length - index),
			});
		}
		if (!later.some(({ kind }) => kind === 'epoch')) {
			this.#begun.set(room, now?.epoch);
		}
		this.#movedAt.set(room, this.#clock.now());
		this.#kept?.delivered(room, items);
	}

	/** Whether the next number has stayed away for as long as it is waited for. */
	#hasWaited(room: string): boolean {
		const now = this.#clock.now();
		// What waits for other rooms had come earlier than it is shown.
		return this.#options.causal || now - (this.#movedAt.get(room) ?? now) >= this.#patienceMs;
	}

	#begin(room: string, epoch: string | undefined, sequence: number): void {
		const seen = this.#seen.get(room) ?? this.#rememberedPlace(room, epoch);
		const { filter } = this.session.room(room) ?? {};
		this.#begun.set(room, epoch);
		this.#movedAt.set(room, this.#clock.now());
		this.#options.watch.log(() => `${this.name} begins ${room} after #${sequence} of ${epoch}`);
		this.#options.watch.observe({
			...{ type: 'joined', client: this.name, room, sequence },
			...(epoch !== undefined && { epoch }),
			...(seen !== undefined && { seen }),
			...(filter !== undefined && { filter }),
		});
	}

	/** Where its user was in a room before this run, if the broker has to know that they were there. */
	#rememberedPlace(room: string, now: string | undefined): Position | undefined {
		const reached = this.#reached(room, now);
		const remembered = this.#remembered(room);
		const isKnown = remembered !== undefined && remembered.by === this.#rememberedBy.get(room) && !this.#isRenamed;
		if (reached === undefined || !isKnown) {
			return undefined;
		}
		// A broker that came to its end since may have lost its last word of the device. When numbers began anew meanwhile,
		// what it has from before is worth nothing, or is of more than was shown again. One that goes on has lost nothing.
		const { epoch, sequence, toldBy } = reached;
		if (remembered.epoch !== epoch && toldBy !== remembered.by) {
			return undefined;
		}
		if (this.#options.memory === 'new device') {
			this.#options.watch.count('new devices that went on');
		}
		return { epoch, sequence };
	}

	#standing(status: NonNullable<ReturnType<Session['room']>>): void {
		const { room, phase, epoch, first, reason } = status;
		if (phase === 'refused' || (phase === 'left' && reason !== undefined)) {
			this.#putOut(room, phase);
		}
		if (phase !== 'live') {
			return;
		}
		if (!this.#begun.has(room)) {
			this.#begin(room, epoch, first);
		}
		this.#begun.set(room, epoch);
		const furthest = this.#places.get(room);
		if (epoch !== undefined && (furthest?.epoch !== epoch || furthest.sequence < status.position)) {
			this.#places.set(room, { epoch, sequence: status.position, toldBy: this.#brokerRun });
		}
		this.#kept?.standing(status);
	}

	/** Whoever was put out of a room tries to come back. */
	#putOut(room: string, phase: 'refused' | 'left'): void {
		const { agenda, watch } = this.#options;
		watch.count('clients that were put out of a room');
		if (phase === 'left') {
			// It begins anew. Who was refused goes on where they were.
			this.#causal?.left(room);
			this.#begun.delete(room);
			this.#seen.delete(room);
		}
		agenda.after(comeBackMs, () => {
			if (this.#isRunning && this.#wants(room)) {
				this.join(room, this.#filterOf(room));
			}
		});
	}

	#remembered(room: string): Remembered | undefined {
		const { memory, name, nick, identity, remembered } = this.#options;
		const account = identity?.key ?? `~${nick}`;
		switch (memory) {
			case 'device':
				return remembered(account, `device-${name}`, room);
			case 'new device':
				return remembered(account, undefined, room);
			default:
				return undefined;
		}
	}

	/** Where its user was at the latest, by where the broker lets it go on: a new device where the furthest other one is. */
	#reached(room: string, epoch: string | undefined): Reached | undefined {
		const { memory, placesOfUser } = this.#options;
		if (memory === 'device') {
			return this.#places.get(room);
		}
		const places = placesOfUser.flatMap((rooms) => rooms.get(room) ?? []).filter((place) => place.epoch === epoch);
		return places.sort((one, other) => other.sequence - one.sequence)[0];
	}

	#presence({ room = '', userId, action }: PresenceChange): void {
		const present = this.present.get(room) ?? new Set();
		if (action === 'leave') {
			present.delete(userId);
		} else {
			present.add(userId);
		}
		this.present.set(room, present);
	}

	#settled(id: number, result: Result): void {
		const publish = this.#publishes.get(id);
		if (publish === undefined) {
			return;
		}
		if (result.ok) {
			this.#acked(result.value as { room: string; cid: string; epoch: string; sequence: number });
		} else {
			this.#refused(publish, result.failure.code, result.failure.outcome);
		}
	}

	#acked({
		room,
		cid,
		epoch,
		sequence,
	}: {
		readonly room: string;
		readonly cid: string;
		readonly epoch: string;
		readonly sequence: number;
	}): void {
		this.#options.watch.count('acked');
		if (room.startsWith('@')) {
			this.#options.watch.count(this.#options.inbox === undefined ? 'acked to guests alone' : 'acked in two inboxes');
		}
		this.#options.watch.observe({ type: 'acked', client: this.name, room, cid, epoch, sequence });
	}

	#refused(
		{ room, cid }: { readonly room: string; readonly cid: string },
		code: string,
		outcome: 'not_applied' | 'unknown' | undefined,
	): void {
		this.#options.watch.count(`refused: ${code}`);
		this.#options.watch.log(() => `${this.name} learns that ${cid} is refused: ${code}, ${outcome}`);
		this.#options.watch.observe({
			...{ type: 'refused', client: this.name, room, cid, code },
			...(outcome !== undefined && { outcome }),
		});
	}
}

function shortly(item: RoomItem): string {
	return item.kind === 'message' ? `#${item.message.sequence} ${item.message.content}` : JSON.stringify(item);
}
