import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RangeQuery } from '../../src/engines/engine.ts';
import { MemoryRoom } from '../../src/engines/memory-room.ts';
import { RecentLogs } from '../../src/engines/recent-logs.ts';
import { draft, span } from '../helpers/engine-case.ts';

const retention = { historySize: 25, historyTtlMs: 100 };
const names = ['general', 'sports', 'weather'] as const;
type Name = (typeof names)[number];

/** So little that each of them is met by a few appends. */
const bounds = { roomMessages: 20, roomBytes: 6000, bytes: 9000 };

type Happening =
	| { readonly what: 'append'; readonly room: Name; readonly ttls: readonly (number | undefined)[] }
	| { readonly what: 'clear' | 'begin' | 'end' | 'learn'; readonly room: Name }
	| { readonly what: 'sweep' }
	/** `removed` is told before or after what was appended meanwhile. */
	| { readonly what: 'clear beside an append'; readonly room: Name; readonly isToldFirst: boolean };

const anyRoom = fc.constantFrom(...names);
const anyHappening: fc.Arbitrary<Happening> = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({
			what: fc.constant('append' as const),
			room: anyRoom,
			ttls: fc.array(fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined, freq: 3 }), {
				minLength: 1,
				maxLength: 8,
			}),
		}),
	},
	{
		weight: 4,
		arbitrary: fc.record({ what: fc.constantFrom('clear', 'begin', 'end', 'learn', 'begin', 'learn'), room: anyRoom }),
	},
	{ weight: 2, arbitrary: fc.constant({ what: 'sweep' } as const) },
	{
		weight: 1,
		arbitrary: fc.record({
			what: fc.constant('clear beside an append' as const),
			room: anyRoom,
			isToldFirst: fc.boolean(),
		}),
	},
);
const anyStep = fc.record({ passesMs: fc.integer({ min: -20, max: 40 }), happening: anyHappening });

const anyQuery: fc.Arbitrary<RangeQuery> = fc.record(
	{
		limit: fc.integer({ min: 0, max: 30 }),
		after: fc.oneof(fc.integer({ min: -1, max: 120 }), fc.constantFrom(10.5, Number.POSITIVE_INFINITY)),
		before: fc.oneof(fc.integer({ min: -1, max: 120 }), fc.constantFrom(20.5, Number.NEGATIVE_INFINITY)),
		maxBytes: fc.integer({ min: 0, max: 3000 }),
		order: fc.constantFrom('asc' as const, 'desc' as const),
	},
	{ requiredKeys: ['limit'] },
);

test('a page from memory is the page of the log, whatever is appended, removed, learnt and forgotten', () => {
	let fromMemory = 0;
	fc.assert(
		fc.property(
			fc.array(anyStep, { minLength: 1, maxLength: 60, size: 'max' }),
			fc.array(anyQuery, { minLength: 10, maxLength: 10 }),
			(steps, queries) => {
				const pair = new Pair();
				for (const step of steps) {
					pair.take(step.happening, step.passesMs);
					for (const name of names) {
						fromMemory += pair.compare(name, queries);
					}
				}
			},
		),
		{ numRuns: 200 },
	);
	expect(fromMemory).toBeGreaterThan(10_000);
});

/** Rooms in memory, and what is told of them as of logs on a disk. */
class Pair {
	readonly recent = new RecentLogs(retention.historySize, bounds);
	readonly #rooms = new Map<Name, MemoryRoom>(names.map((name) => [name, new MemoryRoom(name, retention)]));
	#now = 1000;
	#count = 0;

	take(happening: Happening, passesMs: number): void {
		this.#now += passesMs;
		switch (happening.what) {
			case 'append':
				this.recent.append(happening.room, 'e', this.#store(happening.room, happening.ttls));
				break;
			case 'clear':
				this.room(happening.room).clear();
				this.#raise(happening.room);
				break;
			case 'begin':
				this.recent.begin(happening.room, this.#state(happening.room));
				break;
			case 'end':
				this.recent.end(happening.room);
				break;
			case 'learn': {
				const page = this.room(happening.room).page({ limit: 10, order: 'desc' }, this.#now);
				this.recent.learn(happening.room, { ...this.#state(happening.room), ...page });
				break;
			}
			case 'sweep':
				for (const name of names) {
					this.room(name).sweep(this.#now);
					this.#raise(name);
				}
				this.recent.expire(this.#now);
				break;
			case 'clear beside an append':
				this.#clearBeside(happening);
				break;
		}
	}

	/** Returns how many of the pages came from memory. */
	compare(name: Name, queries: readonly RangeQuery[]): number {
		const pages = queries.map((query) => [query, this.recent.page(name, query, this.#now)] as const);
		const known = pages.filter(([, page]) => page !== undefined);
		for (const [query, page] of known) {
			expect(page).toEqual({ ...this.#state(name), ...this.room(name).page(query, this.#now) });
		}
		expect(this.recent.bytes).toBeLessThanOrEqual(bounds.bytes);
		return known.length;
	}

	room(name: Name): MemoryRoom {
		return this.#rooms.get(name) as MemoryRoom;
	}

	#clearBeside({ room: name, isToldFirst }: Extract<Happening, { isToldFirst: boolean }>): void {
		const before = this.#store(name, [undefined]);
		this.room(name).clear();
		const all = [...before, ...this.#store(name, [undefined])];
		if (isToldFirst) {
			this.#raise(name);
			this.recent.append(name, 'e', all);
		} else {
			this.recent.append(name, 'e', all);
			this.#raise(name);
		}
	}

	#store(name: Name, ttls: readonly (number | undefined)[]) {
		return ttls.flatMap((ttl) => {
			this.#count += 1;
			const rest = ttl === undefined ? {} : { expiresAt: this.#now + ttl };
			const content = 'é'.repeat((this.#count * 37) % 120);
			const { entry } = this.room(name).append(draft(`${this.#count}`, { content, ...rest }), 'e', this.#now);
			return entry === undefined ? [] : [entry];
		});
	}

	#raise(name: Name): void {
		const { oldest, edge } = this.room(name);
		this.recent.raise(name, oldest, edge);
	}

	#state(name: Name) {
		const { head, oldest, edge } = this.room(name);
		return { epoch: 'e', head, oldest, edge };
	}
}

const wide = { roomMessages: 100, roomBytes: 1e6, bytes: 1e6 };
const standing = { epoch: 'e', head: 0, oldest: 1, edge: 'trimmed' } as const;

function entries(from: number, to: number, text = (sequence: number) => `text ${sequence}`) {
	return span(from, to).map((sequence) => ({
		message: { ...draft(`${sequence}`), room: 'general', sequence, timestamp: 1 },
		text: text(sequence),
	}));
}

function numbers(recent: RecentLogs, room: string, query: RangeQuery): readonly number[] | undefined {
	return recent.page(room, query, 1)?.entries.map(({ sequence }) => sequence);
}

test('the newest messages of a room are there as far as its bounds allow, at least nine tenths of them', () => {
	const recent = new RecentLogs(1000, { ...wide, roomMessages: 50 });
	recent.begin('general', standing);
	for (const { message, text } of entries(1, 300)) {
		recent.append('general', 'e', [{ message, text }]);
		const newest = Math.max(0, message.sequence - 45);
		expect(numbers(recent, 'general', { after: newest, limit: 100 })).toEqual(span(newest + 1, message.sequence));
	}
	expect(numbers(recent, 'general', { after: 249, limit: 100 })).toBeUndefined();
});

test('the room that was neither written to nor asked for gives up what it has', () => {
	const recent = new RecentLogs(1000, { ...wide, bytes: 3 * 10 * 200 });
	for (const room of ['general', 'sports', 'weather', 'news']) {
		recent.begin(room, standing);
	}
	const ten = entries(1, 10, () => 'x'.repeat(60));
	recent.append('general', 'e', ten);
	recent.append('sports', 'e', ten);
	recent.append('weather', 'e', ten);
	numbers(recent, 'general', { limit: 1 });
	recent.append('news', 'e', ten);
	const rooms = ['general', 'sports', 'weather', 'news'].map((room) => numbers(recent, room, { limit: 1 }));
	expect(rooms).toEqual([[1], undefined, [1], [1]]);
	expect(recent.bytes).toBeLessThanOrEqual(6000);
});

test('a message of which nothing was told is never taken for one that is not there', () => {
	const recent = new RecentLogs(1000, wide);
	recent.begin('general', standing);
	recent.append('general', 'e', [...entries(1, 3), ...entries(5, 6)]);
	expect(numbers(recent, 'general', { after: 2, limit: 10 })).toBeUndefined();
	expect(numbers(recent, 'general', { after: 4, limit: 10 })).toEqual([5, 6]);
});

test('nothing of another epoch is kept or learnt', () => {
	const recent = new RecentLogs(1000, wide);
	recent.begin('general', { ...standing, head: 1 });
	recent.learn('general', { ...standing, epoch: 'f', complete: true, gone: [], entries: [{ sequence: 1, text: 'x' }] });
	expect(numbers(recent, 'general', { limit: 10 })).toBeUndefined();
	recent.append('general', 'f', entries(2, 2));
	expect(numbers(recent, 'general', { after: 1, limit: 10 })).toBeUndefined();
	expect(recent.bytes).toBe(0);
});
