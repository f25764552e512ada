/** What is said: each text once, in order, one answer each; whatever the broker refuses and whenever links break. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Mood } from './model-broker.ts';
import { type Person, World } from './world.ts';

const rooms = ['general', 'ops'];
const maxInFlight = 64;

type Act =
	| { readonly type: 'say'; readonly room: number; readonly count: number }
	| { readonly type: 'cut' | 'forget producers' | 'rename' }
	| { readonly type: 'wait'; readonly ms: number };

const acts: fc.Arbitrary<readonly Act[]> = fc.array(
	fc.oneof(
		{
			weight: 5,
			arbitrary: fc.record({
				type: fc.constant('say' as const),
				room: fc.nat(rooms.length - 1),
				count: fc.integer({ min: 1, max: 40 }),
			}),
		},
		{ weight: 2, arbitrary: fc.constant({ type: 'cut' as const }) },
		{ weight: 1, arbitrary: fc.constant({ type: 'rename' as const }) },
		{ weight: 1, arbitrary: fc.constant({ type: 'forget producers' as const }) },
		{ weight: 4, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(0, 3, 7, 40, 2000) }) },
	),
	{ maxLength: 40, size: 'medium' },
);

/** How the broker answers each try: which, of a cycle, is refused and how. */
const moods = fc.array(
	fc.option(
		fc.constantFrom(
			{ code: 'rate_limited', retryAfterMs: 30 } as const,
			{ code: 'unavailable' } as const,
			{ code: 'unavailable', stored: true } as const,
			{ code: 'muted' } as const,
		),
		{ nil: undefined, freq: 2 },
	),
	{ maxLength: 30 },
);

interface Life {
	readonly world: World;
	readonly person: Person;
	/** The cids by room, in the order of the `publish` calls. */
	readonly said: ReadonlyMap<string, readonly string[]>;
}

function live(seed: number, script: readonly Act[], cycle: readonly ReturnType<Mood>[]): Life {
	const world = new World(seed);
	const person = world.add();
	for (const room of rooms) {
		person.join(room);
	}
	world.run(100);
	const said = new Map<string, string[]>(rooms.map((room) => [room, []]));
	let tries = 0;
	world.broker.mood = () => {
		tries += 1;
		return cycle[tries % Math.max(1, cycle.length)];
	};
	for (const act of script) {
		switch (act.type) {
			case 'say': {
				const room = rooms[act.room] ?? '';
				for (let count = 0; count < act.count; count++) {
					const id = person.publish(room, `${room} ${count}`);
					said.get(room)?.push(`${person.name}-${id}`);
				}
				break;
			}
			case 'cut':
				person.cut();
				break;
			case 'rename':
				person.rename(`n${world.now}`);
				break;
			case 'forget producers':
				world.broker.forgetProducers();
				break;
			case 'wait':
				world.run(act.ms);
				break;
		}
	}
	world.broker.mood = () => undefined;
	world.run(200_000);
	return { world, person, said };
}

test('stands in each room once and in its order save what was refused, and is answered once', {
	timeout: 60_000,
}, () => {
	fc.assert(
		fc.property(fc.integer(), acts, moods, (seed, script, cycle) => {
			const { world, person, said } = live(seed, script, cycle);
			const refused = new Map(
				person.outputs.flatMap((one) => (one.type === 'refused' ? [[one.refused.cid, one.refused.outcome]] : [])),
			);
			for (const [room, cids] of said) {
				const stored = world.broker.log(room).map(({ cid }) => cid ?? '');
				expect(stored.filter((cid) => !refused.has(cid))).toEqual(cids.filter((cid) => !refused.has(cid)));
				expect(new Set(stored).size).toBe(stored.length);
				expect(stored.filter((cid) => refused.get(cid) === 'not_applied')).toEqual([]);
			}
			for (const answers of person.answers.values()) {
				expect(answers.length).toBe(1);
			}
			expect(person.session.unsent).toEqual([]);
		}),
		{ numRuns: 200 },
	);
});

test('is never under way in more than 64 pieces', { timeout: 60_000 }, () => {
	fc.assert(
		fc.property(fc.integer(), acts, moods, (seed, script, cycle) => {
			expect(live(seed, script, cycle).person.mostInFlight).toBeLessThanOrEqual(maxInFlight);
		}),
		{ numRuns: 50 },
	);
	const busy = live(1, [{ type: 'say', room: 0, count: 200 }], []);
	expect(busy.person.mostInFlight).toBe(maxInFlight);
});
