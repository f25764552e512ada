/**
 * Causal order across rooms: no message is given before one of another followed room that its author had seen, as far as
 * `after` says that. Pure: time comes as `at`.
 *
 *   ordering --take--> waits in its room, behind what waits there --release--> given to the program
 *
 * A message waits for each place that it names in another followed room, in the epoch that the room is in, until the room
 * has come there or never will. It waits for at most `causalMs`; then it is given as late. So are those above the bounds,
 * and one of those that wait for each other, which only a wrong broker or author can bring about.
 */
import type { Cause, Message } from '../protocol/frames.ts';
import { mostCauses } from '../protocol/limits.ts';
import type { RoomItem } from './client.ts';

export interface CausalOptions {
	/** How long a message waits, in ms. */
	readonly causalMs: number;
	/** Items of one room that wait. */
	readonly maxHeld: number;
}

/** Where a room stands. */
export interface Standing {
	readonly epoch: string | undefined;
	/** The number after which it began. */
	readonly first: number;
	/** The last number given, or passed over. */
	readonly position: number;
}

/** Some items of one room. */
export interface Delivery {
	readonly room: string;
	readonly items: RoomItem[];
}

/** Those that wait in one room may have this many UTF-16 units of content in all. */
const maxUnits = 4 * 1024 * 1024;

interface Waiting {
	readonly item: RoomItem;
	readonly until: number;
	/** Where the room stands after this one, when that is more than the item says. */
	standing?: Standing;
}

class Lane {
	readonly room: string;
	/** By which others name the room; absent while it is not followed, or nobody said. */
	token: string | undefined;
	/** What was given. */
	standing: Standing = { epoch: undefined, first: 0, position: 0 };
	/** Where the room stands with all that has come. */
	arrived: Standing = this.standing;
	readonly waiting: Waiting[] = [];
	isLeft = false;
	units = 0;
	/** How many of what waits begin the numbers anew. */
	epochs = 0;
	/** The last message that the program knows of, in the epoch of `standing`: what it says comes after that. */
	seen: { readonly sequence: number; readonly turn: number } | undefined;

	constructor(room: string) {
		this.room = room;
	}

	/** Everything up to here was given or never will be: what waits was passed by what lies before it. */
	get reached(): number {
		const [first] = this.waiting;
		return first?.item.kind === 'message' ? first.item.message.sequence - 1 : this.standing.position;
	}
}

export class Causal {
	readonly #options: CausalOptions;
	readonly #lanes = new Map<string, Lane>();
	readonly #byToken = new Map<string, Lane>();
	/** Counts what the program was given, so that rooms can be told by which was active last. */
	#turns = 0;

	constructor(options: CausalOptions) {
		this.#options = options;
	}

	/** A room is followed from its beginning. What waited in one of that name is forgotten. */
	enter(room: string): void {
		this.leave(room);
		this.#lanes.set(room, new Lane(room));
	}

	/** The broker says by which token the room is named; `undefined`: by none, and nothing waits for it. */
	named(room: string, token: string | undefined): void {
		const lane = this.#lanes.get(room);
		if (lane === undefined || lane.token === token) {
			return;
		}
		if (lane.token !== undefined) {
			this.#byToken.delete(lane.token);
		}
		lane.token = token;
		if (token !== undefined) {
			const other = this.#byToken.get(token);
			if (other !== undefined) {
				other.token = undefined;
			}
			this.#byToken.set(token, lane);
		}
	}

	/** The room is followed no more: what waits in it is not given, as if it had been left before that came. */
	leave(room: string): void {
		const lane = this.#lanes.get(room);
		if (lane !== undefined) {
			this.named(room, undefined);
			lane.isLeft = true;
			lane.waiting.length = 0;
			lane.units = 0;
			lane.epochs = 0;
			lane.seen = undefined;
		}
	}

	/** Nobody asks for the room any more. */
	forget(room: string): void {
		this.leave(room);
		this.#lanes.delete(room);
	}

	/** Nothing is followed any more. */
	close(): void {
		for (const room of this.#lanes.keys()) {
			this.leave(room);
		}
	}

	/** Takes what comes next in a room, and where that brings it. */
	take(room: string, items: readonly RoomItem[], standing: Standing, at: number): void {
		const lane = this.#lanes.get(room);
		if (lane === undefined || lane.isLeft) {
			return;
		}
		const until = at + this.#options.causalMs;
		for (const item of items) {
			lane.waiting.push({ item, until });
			lane.units += unitsOf(item);
			lane.epochs += item.kind === 'epoch' ? 1 : 0;
		}
		lane.arrived = standing;
		const last = lane.waiting.at(-1);
		if (last === undefined) {
			lane.standing = { ...standing, epoch: lane.standing.epoch };
		} else {
			last.standing = standing;
		}
		renameEpoch(lane);
	}

	/** What can be given now, in an order in which nothing comes before what it waited for. */
	release(at: number): readonly Delivery[] {
		const given: Delivery[] = [];
		for (;;) {
			this.#pass(given);
			const late = this.#overdue(at) ?? this.#overfull() ?? this.#circular();
			if (late === undefined) {
				return given;
			}
			this.#give(late, given, { late: true });
		}
	}

	/** Where the program stands in a room; `undefined` for one that was never entered. */
	standing(room: string): Standing | undefined {
		return this.#lanes.get(room)?.standing;
	}

	/** How many items of a room wait. */
	waits(room: string): number {
		return this.#lanes.get(room)?.waiting.length ?? 0;
	}

	/** Whether numbers that mean something else wait: until they are given, what has come is not where the program is. */
	awaitsEpoch(room: string): boolean {
		return (this.#lanes.get(room)?.epochs ?? 0) > 0;
	}

	/** The program knows where its own message stands: what it says from now on comes after that. */
	published(room: string, epoch: string, sequence: number): void {
		const lane = this.#lanes.get(room);
		if (lane !== undefined && lane.standing.epoch === epoch) {
			this.#see(lane, sequence);
		}
	}

	/** What a message to `room` comes after: the last that the program saw in each of the rooms that were active last. */
	stamp(room: string): readonly Cause[] {
		return [...this.#byToken.values()]
			.filter((lane) => lane.room !== room && lane.seen !== undefined)
			.sort((one, other) => (other.seen?.turn ?? 0) - (one.seen?.turn ?? 0))
			.flatMap(({ token = '', standing: { epoch }, seen }) =>
				epoch === undefined || seen === undefined ? [] : [{ token, epoch, sequence: seen.sequence }],
			)
			.slice(0, mostCauses);
	}

	/** When the first of those that wait has waited for long enough. */
	get wakeAt(): number | undefined {
		let wakeAt = Infinity;
		for (const { waiting } of this.#lanes.values()) {
			wakeAt = Math.min(wakeAt, waiting[0]?.until ?? Infinity);
		}
		return wakeAt === Infinity ? undefined : wakeAt;
	}

	/** Gives all that waits for nothing. */
	#pass(given: Delivery[]): void {
		let isMoving = true;
		while (isMoving) {
			isMoving = false;
			for (const lane of this.#lanes.values()) {
				while (lane.waiting.length > 0 && this.#causes(lane).length === 0) {
					this.#give(lane, given, { late: false });
					isMoving = true;
				}
			}
		}
	}

	/** The rooms that the first of a room waits for. */
	#causes(lane: Lane): readonly Lane[] {
		const item = lane.waiting[0]?.item;
		if (item?.kind !== 'message' || item.message.after === undefined) {
			return [];
		}
		return item.message.after.flatMap(({ token, epoch, sequence }) => {
			const cause = this.#byToken.get(token);
			return cause === undefined || cause === lane || !isToCome(cause, epoch, sequence) ? [] : [cause];
		});
	}

	#overdue(at: number): Lane | undefined {
		return this.#earliest(
			[...this.#lanes.values()].filter(({ waiting: [first] }) => first !== undefined && first.until <= at),
		);
	}

	#overfull(): Lane | undefined {
		const { maxHeld } = this.#options;
		return [...this.#lanes.values()].find(({ waiting, units }) => waiting.length > maxHeld || units > maxUnits);
	}

	/** One of those that wait for each other. */
	#circular(): Lane | undefined {
		for (const start of this.#lanes.values()) {
			const before = this.#allCauses(start);
			if (before.has(start)) {
				return this.#earliest([...before].filter((lane) => this.#allCauses(lane).has(start)));
			}
		}
		return undefined;
	}

	/** The rooms that the first of a room waits for, those for which the first of these wait, and so on. */
	#allCauses(lane: Lane): ReadonlySet<Lane> {
		const all = new Set(this.#causes(lane));
		for (const one of all) {
			for (const cause of this.#causes(one)) {
				all.add(cause);
			}
		}
		return all;
	}

	#earliest(lanes: readonly Lane[]): Lane | undefined {
		return lanes.reduce<Lane | undefined>(
			(first, lane) => (untilOf(lane) < (first === undefined ? Infinity : untilOf(first)) ? lane : first),
			undefined,
		);
	}

	#give(lane: Lane, given: Delivery[], { late }: { readonly late: boolean }): void {
		const first = lane.waiting.shift();
		if (first === undefined) {
			return;
		}
		const { item } = first;
		lane.units -= unitsOf(item);
		lane.epochs -= item.kind === 'epoch' ? 1 : 0;
		lane.standing = first.standing ?? afterItem(lane.standing, item);
		renameEpoch(lane);
		if (item.kind === 'message') {
			this.#see(lane, item.message.sequence);
		} else if (item.kind === 'epoch') {
			lane.seen = undefined;
		}
		const shown = late && item.kind === 'message' ? { ...item, late } : item;
		const last = given.at(-1);
		if (last?.room === lane.room) {
			last.items.push(shown);
		} else {
			given.push({ room: lane.room, items: [shown] });
		}
	}

	#see(lane: Lane, sequence: number): void {
		this.#turns += 1;
		lane.seen = { sequence: Math.max(sequence, lane.seen?.sequence ?? 0), turn: this.#turns };
	}
}

/**
 * Without a word an epoch only gets another name, under which the numbers up to the position mean what they meant. What was
 * said here and has not been given is perhaps no more.
 */
function renameEpoch(lane: Lane): void {
	const { arrived, standing, seen } = lane;
	if (lane.epochs > 0 || standing.epoch === arrived.epoch) {
		return;
	}
	lane.standing = { ...standing, epoch: arrived.epoch };
	if (seen !== undefined && seen.sequence > standing.position) {
		lane.seen = standing.position > 0 ? { ...seen, sequence: standing.position } : undefined;
	}
}

/** Whether a place is one that the room has not come to and may still come to. */
function isToCome({ standing, reached, arrived }: Lane, epoch: string, sequence: number): boolean {
	return standing.epoch === epoch ? sequence > reached : arrived.epoch === epoch;
}

function afterItem(standing: Standing, item: RoomItem): Standing {
	switch (item.kind) {
		case 'message':
			return { ...standing, position: item.message.sequence };
		case 'lost':
			return { ...standing, position: Math.max(standing.position, item.to) };
		case 'epoch': {
			const { epoch, sequence, lost } = item;
			const position = lost === undefined ? sequence : Math.min(standing.position, sequence);
			return { epoch: epoch === '' ? undefined : epoch, first: position, position };
		}
		default:
			return standing;
	}
}

function unitsOf(item: RoomItem): number {
	return item.kind === 'message' ? (item as { readonly message: Message }).message.content.length : 0;
}

function untilOf({ waiting: [first] }: Lane): number {
	return first?.until ?? Infinity;
}
