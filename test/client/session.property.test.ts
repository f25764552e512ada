import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { JoinOptions } from '../../src/client/client.ts';
import { calm, type Faults, type Person, World } from './world.ts';

const seeds = fc.integer();
const chances = fc.constantFrom(0, 0.05, 0.3);
const faults: fc.Arbitrary<Faults> = fc.record({
	loss: chances,
	double: chances,
	reorderMs: fc.constantFrom(0, 20, 400),
});
const rooms = ['general', 'ops'];

type Act =
	| { readonly type: 'publish'; readonly who: number; readonly room: number }
	| { readonly type: 'cut'; readonly who: number }
	| { readonly type: 'restart' }
	| { readonly type: 'wait'; readonly ms: number };

const acts = fc.array(
	fc.oneof(
		{
			weight: 6,
			arbitrary: fc.record({ type: fc.constant('publish' as const), who: fc.nat(2), room: fc.nat(1) }),
		},
		{ weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const), who: fc.nat(2) }) },
		{ weight: 1, arbitrary: fc.record({ type: fc.constant('restart' as const) }) },
		{ weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.nat(2000) }) },
	),
	{ maxLength: 80, size: 'medium' },
);

function perform(world: World, act: Act): void {
	switch (act.type) {
		case 'publish':
			personOf(world, act.who).publish(rooms[act.room] ?? '', `message ${world.now}`);
			break;
		case 'cut':
			personOf(world, act.who).cut();
			break;
		case 'restart':
			world.isBrokerUp = false;
			for (const person of world.people) {
				person.cut();
			}
			world.later(700, () => {
				world.isBrokerUp = true;
			});
			break;
		case 'wait':
			world.run(act.ms);
			break;
	}
}

function personOf(world: World, index: number): Person {
	const person = world.people[index];
	if (person === undefined) {
		throw new Error(`Expected a person ${index}`);
	}
	return person;
}

/** Three people in two rooms go through the acts over a bad network that becomes good in the end. */
function live(seed: number, bad: Faults, script: readonly Act[], options: JoinOptions = {}): World {
	const world = new World(seed);
	for (let count = 0; count < 3; count++) {
		const person = world.add({ giveUpMs: 2 ** 30 });
		for (const room of rooms) {
			person.join(room, options);
		}
	}
	world.run(100);
	world.faults = bad;
	for (const act of script) {
		perform(world, act);
	}
	world.faults = calm;
	world.run(120_000);
	return world;
}

test('over a network that loses, doubles and reorders, everyone gets everything once and in the order of the broker', {
	timeout: 60_000,
}, () => {
	fc.assert(
		fc.property(seeds, faults, acts, (seed, bad, script) => {
			const world = live(seed, bad, script);
			for (const person of world.people) {
				for (const room of rooms) {
					const expected = world.broker.log(room).map(({ sequence }) => sequence);
					expect(person.delivered(room)).toEqual(expected);
				}
			}
		}),
		{ numRuns: 300 },
	);
});

test('whoever asks for a part of the messages gets that part, once and in order, and knows that it is all', {
	timeout: 60_000,
}, () => {
	const filter = { field: 'content', op: 'suffix', value: '0' } as const;
	fc.assert(
		fc.property(seeds, faults, acts, (seed, bad, script) => {
			const world = live(seed, bad, script, { filter });
			for (const { items, session } of world.people) {
				for (const room of rooms) {
					const log = world.broker.log(room);
					const expected = log.filter(({ content }) => content.endsWith('0')).map(({ sequence }) => sequence);
					const shown = items.filter((entry) => entry.room === room).map(({ item }) => item);
					const messages = shown.filter((item) => item.kind === 'message');
					expect(messages.map(({ message }) => message.sequence)).toEqual(expected);
					expect(shown.some(({ kind }) => kind === 'lost')).toBe(false);
					expect(session.room(room)?.position).toBe(log.length);
				}
			}
		}),
		{ numRuns: 300 },
	);
});

test('every publish is stored once, and every promise settles exactly once', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(seeds, faults, acts, (seed, bad, script) => {
			const world = live(seed, bad, script);
			const stored = rooms.flatMap((room) => world.broker.log(room).map(({ cid }) => cid));
			const published = script.filter(({ type }) => type === 'publish').length;
			expect(stored.length).toBe(published);
			expect(new Set(stored).size).toBe(published);
			for (const person of world.people) {
				expect(person.session.unsent).toEqual([]);
				for (const answers of person.answers.values()) {
					expect(answers.map(({ ok }) => ok)).toEqual([true]);
				}
			}
		}),
		{ numRuns: 300 },
	);
});

test('whoever publishes over links that only break says things in the order in which they were said', {
	timeout: 60_000,
}, () => {
	fc.assert(
		fc.property(seeds, acts, (seed, script) => {
			const world = live(seed, calm, script);
			for (const room of rooms) {
				for (const { session } of world.people) {
					const mine = world.broker.log(room).filter(({ sender }) => sender === session.nick);
					const ids = mine.map(({ cid }) => Number(cid?.split('-')[1]));
					expect(ids).toEqual([...ids].sort((a, b) => a - b));
				}
			}
		}),
		{ numRuns: 200 },
	);
});

test('what was missed is bracketed with its exact count', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(seeds, acts, (seed, script) => {
			const world = live(seed, calm, script);
			for (const person of world.people) {
				for (const room of rooms) {
					const items = person.items.filter((entry) => entry.room === room).map(({ item }) => item);
					let open: { missed: number; from: number; to: number; seen: number } | undefined;
					for (const item of items) {
						switch (item.kind) {
							case 'resumed':
								expect(open).toBeUndefined();
								open = { missed: item.missed, from: item.from, to: item.to, seen: 0 };
								break;
							case 'message':
								expect(item.old).toBe(open !== undefined);
								if (open !== undefined) {
									expect(item.message.sequence).toBe(open.from + open.seen);
									open.seen += 1;
								}
								break;
							case 'caught_up':
								// A link that breaks again amid catching up ends the bracket early.
								expect(item.to - (open?.from ?? 0) + 1).toBe(open?.seen);
								expect(item.to).toBeLessThanOrEqual(open?.to ?? 0);
								expect(item.to === open?.to).toBe(open?.missed === open?.seen);
								open = undefined;
								break;
							default:
								throw new Error(`Expected no ${item.kind}`);
						}
					}
					expect(open).toBeUndefined();
				}
			}
		}),
		{ numRuns: 200 },
	);
});

test('the receipts name each shown number once, in order', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(seeds, faults, acts, (seed, bad, script) => {
			const world = live(seed, bad, script);
			for (const person of world.people) {
				for (const room of rooms) {
					const shown = person.session
						.receipts(room)
						.filter(({ what }) => what === 'shown' || what === 'released')
						.map(({ sequence }) => sequence);
					expect(shown).toEqual(person.delivered(room).slice(person.delivered(room).length - shown.length));
				}
			}
		}),
		{ numRuns: 100 },
	);
});

test('the same inputs give the same outputs', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(seeds, faults, acts, (seed, bad, script) => {
			const outputs = () => live(seed, bad, script).people.map((person) => person.outputs);
			expect(outputs()).toEqual(outputs());
		}),
		{ numRuns: 50 },
	);
});

test('with a log that forgets, whatever is not shown is named as lost', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(seeds, faults, acts, fc.nat(20), (seed, bad, script, kept) => {
			const world = new World(seed);
			const person = world.add();
			person.join('general');
			world.run(100);
			world.faults = bad;
			for (const act of script) {
				if (act.type === 'publish') {
					world.broker.say('general', 'hello');
					world.broker.trim('general', world.broker.log('general').length - kept);
				} else if (act.type === 'cut') {
					person.cut();
				} else if (act.type === 'wait') {
					world.run(act.ms);
				}
			}
			world.faults = calm;
			world.run(120_000);
			const named = person.items.flatMap(({ item }) => {
				switch (item.kind) {
					case 'message':
						return [item.message.sequence];
					case 'lost':
						return Array.from({ length: item.to - item.from + 1 }, (_, index) => item.from + index);
					default:
						return [];
				}
			});
			expect(named).toEqual(world.broker.log('general').map(({ sequence }) => sequence));
		}),
		{ numRuns: 200 },
	);
});
