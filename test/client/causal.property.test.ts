/** What holds of the order across rooms, however the rooms come in. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Causal, type Delivery } from '../../src/client/causal.ts';
import type { RoomItem } from '../../src/client/client.ts';
import type { Cause, Message } from '../../src/protocol/frames.ts';

const causalMs = 2000;
const rooms = ['a', 'b', 'c', 'd'] as const;
type RoomName = (typeof rooms)[number];

function messageItem(room: string, sequence: number, after: readonly Cause[] = []): RoomItem {
	const message: Message = {
		...{ id: `${room}${sequence}`, room, sender: 's', content: 'c', sequence, timestamp: 0 },
		...(after.length > 0 && { after: [...after] }),
	};
	return { kind: 'message', message, old: false };
}

/** Where somebody is in each room. */
type Places = Record<RoomName, number>;

const nowhere = (): Places => ({ a: 0, b: 0, c: 0, d: 0 });

/** A message of a log, with what its author had really been given. */
interface Said {
	readonly after: readonly Cause[];
	readonly seen: Readonly<Places>;
}

/** A client that reads the logs as far as they have come to it, and is told of each item when it came. */
class Reader {
	readonly causal = new Causal({ causalMs, maxHeld: 10_000 });
	readonly arrived = nowhere();
	readonly given = nowhere();
	/** The last message that was really given. */
	readonly read = nowhere();
	readonly #cameAt = new Map<string, number>();
	readonly #logs: Readonly<Record<RoomName, readonly Said[]>>;
	lates = 0;
	held = 0;

	constructor(logs: Readonly<Record<RoomName, readonly Said[]>>, followed: readonly RoomName[]) {
		this.#logs = logs;
		for (const room of followed) {
			this.causal.enter(room);
			this.causal.named(room, `token of ${room}`);
			this.causal.take(room, [], { epoch: 'e', first: 0, position: 0 }, 0);
		}
		this.followed = followed;
	}

	readonly followed: readonly RoomName[];

	/** So many of a room come, of which the lost ones are only named. */
	comes(room: RoomName, count: number, isLost: boolean, at: number): void {
		const log = this.#logs[room];
		const from = this.arrived[room];
		const to = Math.min(log.length, from + count);
		if (!this.followed.includes(room) || from === to) {
			return;
		}
		const items: RoomItem[] = isLost
			? [{ kind: 'lost', from: from + 1, to, reason: 'trimmed' }]
			: log.slice(from, to).map(({ after }, index) => messageItem(room, from + 1 + index, after));
		for (let sequence = from + 1; sequence <= to; sequence++) {
			this.#cameAt.set(`${room}${sequence}`, at);
		}
		this.arrived[room] = to;
		this.causal.take(room, items, { epoch: 'e', first: 0, position: to }, at);
		this.looks(at);
	}

	looks(at: number): void {
		for (const { room, items } of this.causal.release(at)) {
			for (const item of items) {
				this.#shows(room as RoomName, item, at);
			}
		}
		for (const room of this.followed) {
			expect(this.causal.standing(room)?.position).toBe(this.given[room]);
			this.held += this.causal.waits(room);
			if (this.given[room] < this.arrived[room]) {
				const came = this.#cameAt.get(`${room}${this.given[room] + 1}`) ?? 0;
				expect(at).toBeLessThan(came + causalMs);
				expect(this.causal.wakeAt).toBeLessThanOrEqual(came + causalMs);
			}
		}
	}

	#shows(room: RoomName, item: RoomItem, at: number): void {
		if (item.kind === 'lost') {
			expect(item.from).toBe(this.given[room] + 1);
			this.given[room] = item.to;
		} else if (item.kind === 'message') {
			const { sequence } = item.message;
			expect(sequence).toBe(this.given[room] + 1);
			const { seen } = this.#logs[room][sequence - 1] as Said;
			const isEarly = this.followed.some((other) => other !== room && seen[other] > this.given[other]);
			expect(item.late === true).toBe(isEarly);
			if (isEarly) {
				this.lates += 1;
				expect(at).toBeGreaterThanOrEqual((this.#cameAt.get(`${room}${sequence}`) ?? 0) + causalMs);
			}
			this.given[room] = sequence;
			this.read[room] = sequence;
		}
	}
}

const someRooms = fc.subarray([...rooms], { minLength: 2 });
const roomNames = fc.constantFrom(...rooms);
const deeds = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ type: fc.constant('say' as const), who: fc.nat(3), room: roomNames }) },
	{
		weight: 10,
		arbitrary: fc.record({
			...{ type: fc.constant('come' as const), who: fc.nat(3), room: roomNames, count: fc.integer({ min: 1, max: 4 }) },
			isLost: fc.nat(9).map((chance) => chance === 0),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(1500) }) },
);

test('nothing is given before what its author had been given, unless it waited for it and is marked as late', () => {
	let lates = 0;
	let held = 0;
	fc.assert(
		fc.property(
			fc.array(someRooms, { minLength: 2, maxLength: 4 }),
			fc.array(deeds, { maxLength: 120, size: 'max' }),
			(followed, script) => {
				const logs: Record<RoomName, Said[]> = { a: [], b: [], c: [], d: [] };
				const readers = followed.map((names) => new Reader(logs, names));
				let at = 0;
				for (const deed of script) {
					if (deed.type === 'wait') {
						at += deed.ms;
						for (const reader of readers) {
							reader.looks(at);
						}
						continue;
					}
					const reader = readers[deed.who % readers.length] as Reader;
					if (deed.type === 'come') {
						reader.comes(deed.room, deed.count, deed.isLost, at);
					} else {
						logs[deed.room].push({ after: reader.causal.stamp(deed.room), seen: { ...reader.read } });
					}
				}
				for (const reader of readers) {
					for (const room of reader.followed) {
						reader.comes(room, Infinity, false, at);
					}
					at += causalMs;
					reader.looks(at);
					for (const room of reader.followed) {
						expect(reader.given[room]).toBe(logs[room].length);
					}
					expect(reader.causal.wakeAt).toBeUndefined();
					lates += reader.lates;
					held += reader.held;
				}
			},
		),
		{ numRuns: 1000 },
	);
	// The property says something: messages do wait, and some do so in vain.
	expect(lates).toBeGreaterThan(100);
	expect(held).toBeGreaterThan(1000);
});

const wildCauses = fc.array(
	fc.record({
		token: fc.constantFrom('token of a', 'token of b', 'token of c', 'unknown', ''),
		epoch: fc.constantFrom('e', 'f'),
		sequence: fc.oneof(fc.nat(12), fc.constant(Number.MAX_SAFE_INTEGER)),
	}),
	{ maxLength: 3 },
);
const wildDeeds = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			...{ type: fc.constant('come' as const), room: roomNames, after: fc.array(wildCauses, { maxLength: 5 }) },
			skips: fc.boolean(),
		}),
	},
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('epoch' as const), room: roomNames }) },
	{ weight: 1, arbitrary: fc.record({ type: fc.constant('leave' as const), room: roomNames }) },
	{
		weight: 1,
		arbitrary: fc.record({
			...{ type: fc.constant('named' as const), room: roomNames },
			token: fc.constantFrom(undefined, 'token of a', 'token of b'),
		}),
	},
	{ weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(1500) }) },
);

test('whatever authors and brokers say, everything is given once, in the order of its room, and soon', () => {
	const maxHeld = 6;
	fc.assert(
		fc.property(fc.array(wildDeeds, { maxLength: 60, size: 'max' }), (script) => {
			const causal = new Causal({ causalMs, maxHeld });
			const came = new Map<string, { readonly item: RoomItem; readonly at: number }[]>();
			const standings = new Map<string, { epoch: string; position: number }>();
			const enter = (room: RoomName) => {
				causal.enter(room);
				causal.named(room, `token of ${room}`);
				came.set(room, []);
				standings.set(room, { epoch: 'e', position: 0 });
			};
			const check = (deliveries: readonly Delivery[], at: number) => {
				for (const { room, items } of deliveries) {
					for (const item of items) {
						const next = came.get(room)?.shift();
						expect(item).toMatchObject(next?.item ?? {});
						expect(at).toBeLessThanOrEqual((next?.at ?? 0) + causalMs);
					}
				}
				for (const [room, waiting] of came) {
					expect(causal.waits(room)).toBe(waiting.length);
					expect(waiting.length).toBeLessThanOrEqual(maxHeld);
				}
			};
			rooms.forEach(enter);
			let at = 0;
			const pass = (ms: number) => {
				const end = at + ms;
				for (let { wakeAt } = causal; wakeAt !== undefined && wakeAt <= end; { wakeAt } = causal) {
					at = wakeAt;
					check(causal.release(at), at);
				}
				at = end;
			};
			for (const deed of script) {
				if (deed.type === 'wait') {
					pass(deed.ms);
					continue;
				}
				const { room } = deed;
				const standing = standings.get(room) ?? { epoch: 'e', position: 0 };
				let items: RoomItem[] = [];
				switch (deed.type) {
					case 'come':
						items = deed.after.map((after) => {
							standing.position += deed.skips ? 2 : 1;
							return messageItem(room, standing.position, after);
						});
						break;
					case 'epoch':
						standing.epoch = standing.epoch === 'e' ? 'f' : 'e';
						standing.position = 0;
						items = [{ kind: 'epoch', epoch: standing.epoch, sequence: 0 }];
						break;
					case 'leave':
						causal.leave(room);
						enter(room);
						break;
					case 'named':
						causal.named(room, deed.token);
						break;
				}
				came.get(room)?.push(...items.map((item) => ({ item, at })));
				causal.take(room, items, { ...standing, first: 0 }, at);
				check(causal.release(at), at);
			}
			pass(causalMs);
			expect([...came.values()].flat()).toEqual([]);
		}),
		{ numRuns: 1000 },
	);
});
