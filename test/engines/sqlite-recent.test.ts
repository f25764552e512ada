import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Engine, Following, Page, RangeQuery } from '../../src/engines/engine.ts';
import { located } from '../../src/engines/located.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { SqliteReader } from '../../src/engines/sqlite-reader.ts';
import { type Of, split } from '../../src/engines/sqlite-results.ts';
import { append, clock, draft, numbersIn, span } from '../helpers/engine-case.ts';

vi.setConfig({ testTimeout: 60_000 });

let directory = '';
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), 'natter-recent-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Has all stored texts say something else, which nobody takes for what was stored. */
function damage(): void {
	const database = new DatabaseSync(join(directory, 'natter.db'));
	database.exec("UPDATE msg SET body = 'x'");
	database.close();
}

test('the newest messages of a room that somebody follows are read from no disk', async () => {
	const engine = await openSqliteEngine({ directory });
	await append(engine, 'general', 'before');
	const following = await engine.follow('general', () => {});
	await append(engine, 'general', 'a', 'b', 'c');
	await append(engine, 'sports', 'a');
	damage();
	const pages = [{ limit: 10, after: 1 }, { limit: 2, order: 'desc' } as const, { limit: 10, after: 4 }];
	const read = async () => Promise.all(pages.map((query) => numbersIn(engine, 'general', query)));
	expect(await read()).toEqual([[2, 3, 4], [3, 4], []]);
	// What lies before that, and what nobody follows, is on the disk alone.
	expect(await numbersIn(engine, 'general', { limit: 10 })).toEqual([]);
	expect(await numbersIn(engine, 'sports', { limit: 10 })).toEqual([]);
	following.stop();
	expect(await read()).toEqual([[], [], []]);
	await engine.close();
	await expect(engine.range('general', { limit: 1, after: 1 })).rejects.toMatchObject({ code: 'unavailable' });
});

test('what was read once right before the newest messages is read from the disk no more', async () => {
	const engine = await openSqliteEngine({ directory });
	await append(engine, 'general', 'a', 'b');
	await engine.follow('general', () => {});
	await append(engine, 'general', 'c');
	expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3]);
	damage();
	expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3]);
	await engine.close();
});

const hour = 3_600_000;
const names = ['general', 'sports'] as const;
const anyRoom = fc.constantFrom(...names);
const anyDrafts = fc.array(fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined, freq: 3 }), {
	minLength: 1,
	maxLength: 6,
});
const anyDeed = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ what: fc.constant('append' as const), room: anyRoom, hours: anyDrafts }) },
	{ weight: 2, arbitrary: fc.record({ what: fc.constantFrom('clear', 'follow', 'stop', 'state'), room: anyRoom }) },
	{ weight: 2, arbitrary: fc.constant({ what: 'sweep' } as const) },
);
/** All of its deeds are asked for in one turn, and so may be of one commit. */
const anyStep = fc.record({
	passesHours: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: -3, max: 4 })),
	deeds: fc.array(anyDeed, { minLength: 1, maxLength: 3 }),
});
const anyQuery: fc.Arbitrary<RangeQuery> = fc.record(
	{
		limit: fc.integer({ min: 0, max: 20 }),
		after: fc.integer({ min: 0, max: 80 }),
		before: fc.integer({ min: 0, max: 80 }),
		maxBytes: fc.integer({ min: 0, max: 1500 }),
		order: fc.constantFrom('asc' as const, 'desc' as const),
	},
	{ requiredKeys: ['limit'] },
);

test('a page is the one that the disk gives, whatever was appended, cleared, trimmed and swept', async () => {
	const retention = { historySize: 12, historyTtlMs: 8 * hour };
	await fc.assert(
		fc.asyncProperty(
			fc.array(anyStep, { minLength: 1, maxLength: 40, size: 'max' }),
			fc.array(anyQuery, { minLength: 8, maxLength: 8 }),
			async (steps, queries) => {
				const time = clock(8760 * hour);
				const place = mkdtempSync(join(directory, 'log-'));
				const engine = await openSqliteEngine({
					...{ directory: place, durability: 'process', now: time.now, elapsed: () => 0, ...retention },
				});
				const reader = new SqliteReader(place, (notice) => expect.fail(notice));
				const followed = new Map<string, Following>();
				let count = 0;
				const carryOut = (deed: (typeof steps)[number]['deeds'][number]): Promise<unknown> => {
					switch (deed.what) {
						case 'append': {
							const drafts = deed.hours.map((hours) => {
								count += 1;
								return draft(`${count}`, hours === undefined ? {} : { expiresAt: time.at + hours * hour });
							});
							return engine.append(deed.room, drafts);
						}
						case 'sweep':
							return engine.sweep();
						case 'clear':
							return engine.clear(deed.room);
						case 'follow':
							return follow(engine, followed, deed.room);
						default:
							followed.get(deed.room)?.stop();
							followed.delete(deed.room);
							return engine.state(deed.room);
					}
				};
				try {
					for (const { passesHours, deeds } of steps) {
						time.at += passesHours * hour;
						await Promise.all(deeds.map(carryOut));
						for (const name of names) {
							for (const query of queries) {
								const stored = reader.answer(['range', name, query, Number.MAX_SAFE_INTEGER], time.at);
								const page: Page = split((stored as Of<'range'>)[1]);
								expect(await engine.range(name, query)).toEqual(page);
								const position = { epoch: page.epoch, sequence: query.after ?? 0 };
								const { epoch, head, oldest, edge } = page;
								expect(await engine.locate(name, position)).toEqual(located({ epoch, head, oldest, edge }, position));
							}
						}
					}
				} finally {
					reader.close();
					await engine.close();
				}
			},
		),
		{ numRuns: 8 },
	);
});

async function follow(engine: Engine, followed: Map<string, Following>, room: string): Promise<void> {
	const following = await engine.follow(room, () => {});
	followed.get(room)?.stop();
	followed.set(room, following);
}

test('whoever follows a room of which much was removed is served what is there', async () => {
	const time = clock(1000);
	const engine = await openSqliteEngine({ directory, historySize: 5, historyTtlMs: hour, now: time.now });
	await engine.follow('general', () => {});
	await append(engine, 'general', ...span(1, 8).map((number) => `${number}`));
	expect(await numbersIn(engine, 'general')).toEqual([4, 5, 6, 7, 8]);
	await engine.append('general', [draft('9', { expiresAt: 2000 })]);
	time.at = 2000;
	expect(await numbersIn(engine, 'general')).toEqual([5, 6, 7, 8]);
	await engine.sweep();
	time.at = 1500;
	expect(await numbersIn(engine, 'general')).toEqual([5, 6, 7, 8]);
	time.at = 1000 + hour;
	await engine.sweep();
	expect(await engine.range('general', { limit: 10 })).toMatchObject({ oldest: 10, edge: 'expired', entries: [] });
	await append(engine, 'general', '10', '11');
	await engine.clear('general');
	expect(await engine.range('general', { limit: 10 })).toMatchObject({ oldest: 12, edge: 'cleared', entries: [] });
	await engine.close();
});
