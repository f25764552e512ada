import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Connection } from '../../src/broker/connection.ts';
import type { PulseOptions } from '../../src/broker/pulse.ts';
import type { Surroundings } from '../../src/broker/surroundings.ts';
import { Timetable } from '../../src/broker/timetable.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { FakeWire, settle, startReadyHub } from './fake-line.ts';
import { range } from './numbers.ts';

test('a timetable gives everybody out at their time, soonest first, and nobody who was taken out', () => {
	const who = fc.nat({ max: 30 });
	const step = fc.oneof(
		fc.record({ do: fc.constant('set'), who, dueAt: fc.nat({ max: 100 }) }),
		fc.record({ do: fc.constant('delete'), who, dueAt: fc.constant(0) }),
		fc.record({ do: fc.constant('take'), who, dueAt: fc.nat({ max: 100 }) }),
	);
	fc.assert(
		fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
			const items = range(0, 30).map((name) => ({ name, dueAt: 0, place: -1 }));
			const timetable = new Timetable<(typeof items)[number]>();
			const model = new Map<number, number>();
			for (const { do: what, who: name, dueAt } of steps) {
				const item = items[name] as (typeof items)[number];
				if (what === 'set') {
					timetable.set(item, dueAt);
					model.set(name, dueAt);
				} else if (what === 'delete') {
					timetable.delete(item);
					model.delete(name);
				} else {
					const soonest = Math.min(...model.values());
					const taken = timetable.take(dueAt);
					expect(taken && model.get(taken.name)).toBe(soonest <= dueAt ? soonest : undefined);
					if (taken !== undefined) {
						model.delete(taken.name);
					}
				}
				expect([timetable.size, item.place === -1]).toEqual([model.size, !model.has(name)]);
			}
		}),
	);
});

describe('a tick', () => {
	/** A hub with readers who have been silent for a while, and how often each of them is looked at. */
	async function quiet(count: number) {
		const started = await startReadyHub();
		const peers = range(1, count).map((number) => started.connect(`user${number}`));
		for (const [index, { say }] of peers.entries()) {
			say({ type: 'subscribe', room: `room${index}`, userId: `user${index + 1}` });
		}
		await settle();
		started.clock.pass(1000);
		started.hub.tick();
		started.hub.tick();
		const looks = peers.map(() => 0);
		for (const [index, { connection }] of peers.entries()) {
			const look = connection.look.bind(connection);
			connection.look = (at) => {
				looks[index] = (looks[index] ?? 0) + 1;
				return look(at);
			};
		}
		return { ...started, peers, looks };
	}

	test('looks at a connection that does nothing twice for each ping: to ask, and to hear', async () => {
		const { hub, clock, peers, looks } = await quiet(100);
		for (const _ of range(1, 100)) {
			clock.pass(1000);
			hub.tick();
			for (const { connection } of peers) {
				connection.receivePong();
			}
		}
		expect([peers.map(({ wire }) => wire.pings), peers.map(({ wire }) => wire.closing)]).toEqual([
			peers.map(() => 4),
			peers.map(() => undefined),
		]);
		expect(Math.max(...looks)).toBeLessThanOrEqual(2 * 4);
	});

	test('looks at a line again and again as long as something waits in it, and at no other', async () => {
		const { hub, clock, peers, looks } = await quiet(3);
		const [, slow] = peers;
		if (slow === undefined) {
			throw new Error('Expected three');
		}
		slow.wire.unsent = 1000;
		slow.say({ type: 'ping' });
		for (const _ of range(1, 10)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(looks).toEqual([0, 10, 0]);
		slow.wire.unsent = 0;
		for (const _ of range(1, 5)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(looks).toEqual([0, 11, 0]);
	});

	test('looks at a line as long as an answer waits in it that was given to a ping', async () => {
		const { hub, clock, peers, looks } = await quiet(2);
		for (const { wire, connection } of peers.slice(0, 1)) {
			wire.unsent = 6;
			connection.pinged();
		}
		for (const _ of range(1, 5)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(looks).toEqual([5, 0]);
	});

	test('shows a user as away in the second in which their five minutes are over', async () => {
		const { hub, clock, connect } = await startReadyHub();
		const [ana, bob] = [connect('ana'), connect('bob')];
		for (const [name, { say }] of [['ana', ana] as const, ['bob', bob] as const]) {
			say({ type: 'subscribe', room: 'general', userId: name });
		}
		await settle();
		const pass = async (seconds: number) => {
			for (const _ of range(1, seconds)) {
				clock.pass(1000);
				ana.connection.receivePong();
				bob.connection.receivePong();
				hub.tick();
				await settle();
			}
		};
		const away = () => bob.wire.frames.some((frame) => frame.type === 'presence' && frame.state === 'away');
		await pass(288);
		bob.say({ type: 'typing', room: 'general', state: 'stopped' });
		await pass(11);
		expect(away()).toBe(false);
		await pass(1);
		clock.pass(250);
		expect(away()).toBe(true);
	});

	test('counts what waits in lines that are closing, until they are gone', async () => {
		const { hub, clock, peers } = await quiet(2);
		const limit = hub.settings.limits.unsentBytes;
		const [leaving] = peers;
		if (leaving === undefined) {
			throw new Error('Expected two');
		}
		leaving.wire.unsent = 3 * limit;
		leaving.connection.end(4000, 'enough');
		for (const _ of range(1, 3)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(hub.governor.isOverloaded).toBe(true);
		leaving.connection.closed(1006);
		hub.tick();
		expect(hub.governor.isOverloaded).toBe(false);
	});

	test('does the same as one that looks at all connections every time', async () => {
		await fc.assert(
			fc.asyncProperty(pulses, fc.array(deed, { minLength: 20, maxLength: 60 }), async (pulse, deeds) => {
				const [lazy, busy] = [await Town.open(pulse), await Town.open(pulse)];
				for (const what of deeds) {
					await lazy.do(what, () => {});
					await busy.do(what, (connection) => busy.hub.stir(connection));
					expect(lazy.seen()).toEqual(busy.seen());
				}
			}),
			{ numRuns: 60 },
		);
	});
});

const pulses = fc.constantFrom<PulseOptions>(
	{ pingMs: 25_000, pongMs: 10_000 },
	{ pingMs: 5000, pongMs: 20_000 },
	{ pingMs: 1e9, pongMs: 10_000 },
);

const deed = fc.record({
	who: fc.nat({ max: 4 }),
	what: fc.oneof(
		{ weight: 4, arbitrary: fc.constantFrom('say', 'wait') },
		{ weight: 3, arbitrary: fc.constantFrom('dial', 'stick', 'flow', 'ack', 'pong', 'ping', 'close') },
	),
	/** How many seconds pass, and what is said. */
	much: fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 12 }) }, fc.integer({ min: 13, max: 330 })),
});

/** Five who come, speak, read or do not, fall silent and go, in two rooms of a hub with tight limits. */
class Town {
	readonly #started: Awaited<ReturnType<typeof startReadyHub>>;
	readonly #people = range(0, 4).map(() => [] as { wire: StickyWire; connection: Connection }[]);
	/** Whether they answer pings. */
	readonly #answers = new Set(range(0, 4));

	private constructor(started: Awaited<ReturnType<typeof startReadyHub>>) {
		this.#started = started;
	}

	static async open(pulse: PulseOptions): Promise<Town> {
		return new Town(
			await startReadyHub({
				engine: memoryEngine({ now: () => 0 }),
				secret,
				...pulse,
				limits: { unsentBytes: 300, windowMessages: 4 },
			}),
		);
	}

	get hub() {
		return this.#started.hub;
	}

	/** `before` gets every connection before each tick. */
	async do({ who, what, much }: Deed, before: (connection: Connection) => void): Promise<void> {
		const dialled = this.#people[who] ?? [];
		const { wire, connection } = dialled.at(-1) ?? this.#dial(who);
		const say = (frame: object) => connection.receive(JSON.stringify(frame));
		const room = `room${much % 2}`;
		switch (what) {
			case 'dial':
				this.#dial(who);
				break;
			case 'say':
				say(sayings(room, who, String(much))[much % 5] ?? {});
				break;
			case 'stick':
				wire.isStuck = true;
				break;
			case 'flow':
				wire.flow();
				connection.drained();
				break;
			case 'ack': {
				const last = wire.frames.findLast((frame) => frame.type === 'message' && frame.room === room);
				say({ type: 'ack', room, epoch: wire.epoch, sequence: last?.type === 'message' ? last.sequence : 0 });
				break;
			}
			case 'pong':
				if (!this.#answers.delete(who)) {
					this.#answers.add(who);
				}
				break;
			case 'ping':
				wire.give(6);
				connection.pinged();
				break;
			case 'close':
				dialled.pop();
				connection.closed(much % 2 === 0 ? 1006 : 1000);
				break;
			case 'wait':
				for (const _ of range(1, much)) {
					this.#started.clock.pass(1000);
					this.#answer();
					for (const open of this.hub.connections) {
						before(open);
					}
					this.hub.tick();
				}
		}
		await settle();
	}

	/** All that can be told apart from outside. */
	seen() {
		const { isOverloaded, allowance } = this.hub.governor;
		return [
			...[isOverloaded, allowance],
			...this.#people.flat().map(({ wire }) => {
				const { isPaused, unsent, epoch } = wire;
				// In one tick, who is looked at first is no matter.
				return { isPaused, unsent, happened: wire.happened.map((what) => what.replaceAll(epoch, 'epoch')).toSorted() };
			}),
		];
	}

	#dial(who: number) {
		const wire = new StickyWire(this.#started.clock);
		const connection = this.hub.accept(wire, { offersV1: who > 1 });
		if (who > 1) {
			connection.receive(JSON.stringify({ type: 'hello', v: 1, user: `user${who}` }));
		}
		this.#people[who]?.push({ wire, connection });
		return { wire, connection };
	}

	#answer(): void {
		for (const who of this.#answers) {
			for (const { wire, connection } of this.#people[who] ?? []) {
				for (const mark of wire.marks.splice(0)) {
					connection.receivePong(mark);
				}
			}
		}
	}
}

const secret = 'of tokens of rooms';

type Deed = typeof deed extends fc.Arbitrary<infer Value> ? Value : never;

function sayings(room: string, who: number, content: string): readonly object[] {
	const userId = `user${who}`;
	return [
		{ type: 'subscribe', room, userId, ...(who === 4 && { presence: 'off' }) },
		{ type: 'publish', room, sender: userId, content, cid: content, ref: content },
		{ type: 'typing', room, state: 'started' },
		{ type: 'ping' },
		{ type: 'unsubscribe', room },
	];
}

/** A line that takes nothing while it is stuck, and writes down what it is given when. */
class StickyWire extends FakeWire {
	readonly #clock: Surroundings;
	readonly happened: string[] = [];
	isStuck = false;
	/** As the other end was told. */
	epoch = '-';

	constructor(clock: Surroundings) {
		super();
		this.#clock = clock;
	}

	override send(text: string): number {
		const bytes = super.send(text);
		const frame = JSON.parse(text) as FromBroker;
		this.epoch = 'epoch' in frame && typeof frame.epoch === 'string' ? frame.epoch : this.epoch;
		this.#note(text);
		return bytes;
	}

	override ping(mark = ''): void {
		super.ping(mark);
		this.#note(`ping ${mark}`);
	}

	override close(code: number, reason: string): void {
		super.close(code, reason);
		this.#note(`close ${code} ${reason}`);
	}

	give(bytes: number): void {
		if (this.isStuck) {
			this.unsent += bytes;
		} else {
			this.sent += bytes;
		}
	}

	flow(): void {
		this.isStuck = false;
		this.sent += this.unsent;
		this.unsent = 0;
	}

	#note(what: string): void {
		this.happened.push(`${this.#clock.elapsed()} ${what}`);
		this.give(what.length);
	}
}
