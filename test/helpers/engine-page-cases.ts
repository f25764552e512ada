/**
 * What a page of a room's log has to be in every engine: what the same query takes from a plain array, and a name for
 * each number that holds nothing.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Engine, Gone, Page, RangeQuery } from '../../src/engines/engine.ts';
import { clock, draft, type Keeps, span } from './engine-case.ts';

/** What stands under a number: a text, or the reason why there is none. */
export type Slot = string | { readonly reason: Gone['reason'] };

const wild = fc.oneof(
	fc.integer({ min: -5, max: 50 }),
	fc.constantFrom(10.5, 20.5, -0.5, 1e12, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

const anyQuery = fc.record(
	{
		limit: fc.oneof(fc.integer({ min: 0, max: 45 }), fc.constant(500)),
		after: wild,
		before: wild,
		maxBytes: fc.integer({ min: 0, max: 6000 }),
		order: fc.constantFrom('asc' as const, 'desc' as const),
	},
	{ requiredKeys: ['limit'] },
);

export function paging(keeps: Keeps): void {
	const time = clock(1000);
	const conditions = { historySize: 30, now: time.now };
	keeps('a page is what the same query takes from a plain array', conditions, async ({ engine }) => {
		await engine.append('general', drafts());
		await expectPages(engine, slotsOf(await wholeRoom(engine), 'trimmed'), 11);
	});

	const expiring = clock(1000);
	keeps(
		'a page names what was trimmed and what has expired',
		{ ...conditions, now: expiring.now },
		async ({ engine }) => {
			const gone = new Set([12, 13, 14, 20, 39, 40]);
			await engine.append('general', drafts(gone));
			const slots = slotsOf(await wholeRoom(engine), 'trimmed').map((slot, index) =>
				gone.has(index + 1) ? ({ reason: 'expired' } as const) : slot,
			);
			expiring.at = 2000;
			await expectPages(engine, slots, 11);
			await engine.sweep();
			await expectPages(engine, slots, 11);
		},
	);

	keeps('a page names what was cleared', {}, async ({ engine }) => {
		await engine.append(
			'general',
			span(1, 5).map((number) => draft(`${number}`)),
		);
		await engine.clear('general');
		await engine.append('general', [draft('6')]);
		const page = await engine.range('general', { limit: 10 });
		expect(page.gone).toEqual([{ from: 1, to: 5, reason: 'cleared' }]);
		expect(page.edge).toBe('cleared');
	});

	const leading = clock(1000);
	keeps(
		'a page says that what lies below `oldest` has expired when it has',
		{ now: leading.now },
		async ({ engine }) => {
			await engine.append('general', [draft('a', { expiresAt: 1500 }), draft('b', { expiresAt: 1500 }), draft('c')]);
			leading.at = 1500;
			await engine.sweep();
			const page = await engine.range('general', { limit: 10 });
			expect(page).toMatchObject({ oldest: 3, edge: 'expired', gone: [{ from: 1, to: 2, reason: 'expired' }] });
		},
	);
}

/** Forty drafts, of which those with these numbers have expired at 2000. */
function drafts(expiring: ReadonlySet<number> = new Set()) {
	return span(1, 40).map((number) =>
		draft(`${number}`, {
			content: 'ä'.repeat((number * 37) % 100),
			...(expiring.has(number) ? { expiresAt: 2000 } : {}),
		}),
	);
}

async function wholeRoom(engine: Engine): Promise<Page> {
	const page = await engine.range('general', { limit: 1000 });
	expect(page.entries.map(({ sequence }) => sequence)).toEqual(span(11, 40));
	return page;
}

/** What stands under the numbers of a page of a whole room; below its oldest, that reason. */
export function slotsOf({ head, entries }: Page, reason: Gone['reason']): readonly Slot[] {
	const texts = new Map(entries.map(({ sequence, text }) => [sequence, text]));
	return span(1, head).map((sequence) => texts.get(sequence) ?? { reason });
}

/** Asks many queries of a room whose numbers hold `slots`, and compares each page with what the array gives. */
export async function expectPages(engine: Engine, slots: readonly Slot[], oldest: number): Promise<void> {
	await fc.assert(
		fc.asyncProperty(anyQuery, async (query) => {
			const { entries, complete, gone, head, oldest: lowest } = await engine.range('general', query);
			expect({ head, oldest: lowest }).toEqual({ head: slots.length, oldest });
			expect({ entries, complete, gone: singly(gone) }).toEqual(taken(slots, query));
			for (const [index, { from, reason }] of gone.entries()) {
				const before = gone[index - 1];
				expect(before?.reason === reason && before.to + 1 === from).toBe(false);
			}
		}),
		{ numRuns: 150 },
	);
}

function singly(gone: readonly Gone[]): readonly (readonly [sequence: number, reason: Gone['reason']])[] {
	return gone.flatMap(({ from, to, reason }) => span(from, to).map((sequence) => [sequence, reason] as const));
}

/** The model: walks the array in the query's direction, and stops at the first text that does not fit. */
function taken(
	slots: readonly Slot[],
	{ after = 0, before = Number.POSITIVE_INFINITY, limit, maxBytes = Number.POSITIVE_INFINITY, order }: RangeQuery,
) {
	const asked = slots
		.map((slot, index) => ({ slot, sequence: index + 1 }))
		.filter(({ sequence }) => sequence > after && sequence < before);
	const entries: { sequence: number; text: string }[] = [];
	const gone: (readonly [number, Gone['reason']])[] = [];
	let passed: (readonly [number, Gone['reason']])[] = [];
	let bytes = 0;
	let complete = true;
	for (const { slot, sequence } of order === 'desc' ? asked.toReversed() : asked) {
		if (typeof slot !== 'string') {
			passed.push([sequence, slot.reason]);
			continue;
		}
		bytes += new TextEncoder().encode(slot).length;
		if (entries.length === limit || (entries.length > 0 && bytes > maxBytes)) {
			complete = false;
			break;
		}
		gone.push(...passed);
		passed = [];
		entries.push({ sequence, text: slot });
	}
	gone.push(...(complete ? passed : []));
	return order === 'desc'
		? { entries: entries.reverse(), complete, gone: gone.reverse() }
		: { entries, complete, gone };
}
