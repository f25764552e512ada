/**
 * What every engine has to keep of the order in which one producer speaks in one room.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { type AppendOutcome, type Draft, dedupeMs, type Engine } from '../../src/engines/engine.ts';
import { append, clock, draft, type Keeps, numbersIn } from './engine-case.ts';

/** The draft that `producer` gives the number `pseq`; its id follows from both unless given. */
function said(producer: string, pseq: number, rest: Partial<Draft> = {}): Draft {
	return draft(rest.id ?? `${producer}${pseq}`, { origin: { producer, pseq }, ...rest });
}

/** What became of drafts, in short: a number, a number that it had before, or what was wrong. */
function fates(outcomes: readonly AppendOutcome[]): readonly (number | string)[] {
	return outcomes.map((outcome) => {
		if (outcome.ok) {
			return outcome.duplicate ? `again ${outcome.sequence}` : outcome.sequence;
		}
		return outcome.code === 'out_of_order' ? `expected ${outcome.expected}` : 'conflict';
	});
}

async function say(engine: Engine, ...drafts: readonly Draft[]): Promise<readonly (number | string)[]> {
	return fates(await engine.append('general', drafts));
}

export function producing(keeps: Keeps): void {
	keeps('drafts of a producer are stored in their order alone', {}, async ({ engine }) => {
		expect(await say(engine, said('p', 1), said('p', 2))).toEqual([1, 2]);
		expect(await say(engine, said('p', 4), said('p', 5))).toEqual(['expected 3', 'expected 3']);
		expect(await say(engine, said('p', 3), said('p', 4))).toEqual([3, 4]);
		expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3, 4]);
	});

	keeps('a hole is seen within one call, and what fills it goes through', {}, async ({ engine }) => {
		const call = [said('p', 1), said('p', 2), said('p', 4), said('p', 3)];
		expect(await say(engine, ...call)).toEqual([1, 2, 'expected 3', 3]);
		expect(await say(engine, said('p', 4))).toEqual([4]);
	});

	keeps('a producer that is not known begins with 1', {}, async ({ engine }) => {
		expect(await say(engine, said('p', 2), said('p', 7))).toEqual(['expected 1', 'expected 1']);
		expect((await engine.rooms({ limit: 10 })).rooms).toEqual([]);
		expect(await engine.state('general')).toMatchObject({ head: 0 });
		expect(await say(engine, said('p', 1))).toEqual([1]);
	});

	keeps(
		'a number that is behind is a repeat when its id is known, and out of order otherwise',
		{},
		async ({ engine }) => {
			await say(engine, said('p', 1), said('p', 2), said('p', 3));
			expect(await say(engine, said('p', 2), said('p', 2, { id: 'new' }))).toEqual(['again 2', 'expected 4']);
			expect(await say(engine, said('p', 4))).toEqual([4]);
		},
	);

	keeps('a repeat that is the next of its producer takes it along', {}, async ({ engine }) => {
		await append(engine, 'general', 'a');
		expect(await say(engine, said('p', 1, { id: 'a' }), said('p', 2))).toEqual(['again 1', 2]);
		expect(await say(engine, said('p', 9, { id: 'a' }), said('p', 3))).toEqual(['again 1', 3]);
	});

	keeps('an id with another content is a conflict, and does not take its producer along', {}, async ({ engine }) => {
		await say(engine, said('p', 1));
		const other = said('p', 2, { id: 'p1', content: 'other' });
		expect(await say(engine, other, said('p', 3), said('p', 2))).toEqual(['conflict', 'expected 2', 2]);
	});

	keeps('producers, and rooms of one producer, do not wait for each other', {}, async ({ engine }) => {
		const call = [said('p', 1), said('q', 2), said('q', 1), draft('x'), said('p', 2), said('q', 2)];
		expect(await say(engine, ...call)).toEqual([1, 'expected 1', 2, 3, 4, 5]);
		const elsewhere = await engine.append('sports', [said('p', 3), said('p', 1), said('__proto__', 1)]);
		expect(fates(elsewhere)).toEqual(['expected 1', 1, 2]);
	});

	keeps('calls that are made together are taken in their order', {}, async ({ engine }) => {
		const calls = [1, 2, 4, 3, 5].map((pseq) => say(engine, said('p', pseq)));
		expect((await Promise.all(calls)).flat()).toEqual([1, 2, 'expected 3', 3, 'expected 4']);
	});

	const idle = clock(dedupeMs);
	keeps(
		'a producer that stores nothing for a day is forgotten, and no other',
		{ elapsed: idle.now },
		async ({ engine }) => {
			await say(engine, said('p', 1), said('q', 1));
			idle.at = 2 * dedupeMs - 1;
			await say(engine, said('q', 2));
			await engine.sweep();
			expect(await say(engine, said('p', 3))).toEqual(['expected 2']);
			idle.at = 2 * dedupeMs;
			await engine.sweep();
			expect(await say(engine, said('p', 2), said('q', 4))).toEqual(['expected 1', 'expected 3']);
			expect(await say(engine, said('p', 1, { id: 'anew' }))).toEqual([4]);
		},
	);

	keeps('whatever comes, what is stored of a producer is 1, 2, 3 ... in order', {}, async ({ engine }) => {
		const call = fc.array(fc.tuple(fc.constantFrom('p', 'q', 'r'), fc.integer({ min: 1, max: 12 })), { maxLength: 12 });
		let run = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(call, { maxLength: 8 }), async (calls) => {
				run += 1;
				const room = `room-${run}`;
				const drafts = calls.map((pairs) => pairs.map(([producer, pseq]) => said(producer, pseq)));
				const outcomes = (await Promise.all(drafts.map((some) => engine.append(room, some)))).flat();
				const last = new Map<string, number>();
				for (const [index, { origin }] of drafts.flat().entries()) {
					const { producer = '', pseq = 0 } = origin ?? {};
					const expected = (last.get(producer) ?? 0) + 1;
					const outcome = outcomes[index];
					if (pseq < expected) {
						expect(outcome).toMatchObject({ ok: true, duplicate: true });
					} else if (pseq > expected) {
						expect(outcome).toEqual({ ok: false, code: 'out_of_order', expected });
					} else {
						expect(outcome).toMatchObject({ ok: true, duplicate: false });
						last.set(producer, pseq);
					}
				}
			}),
			{ numRuns: 60 },
		);
	});

	keeps('producers go on where they were for a second handle on the same data', {}, async ({ engine, again }) => {
		await append(engine, 'general', 'a');
		await say(engine, said('p', 1), said('p', 2), said('q', 1, { id: 'a' }));
		const second = await (again as () => Promise<Engine>)();
		expect(await say(second, said('p', 4), said('q', 3))).toEqual(['expected 3', 'expected 2']);
		expect(await say(second, said('p', 2), said('p', 3), said('q', 2))).toEqual(['again 3', 4, 5]);
	});
}
