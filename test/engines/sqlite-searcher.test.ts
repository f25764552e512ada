import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Draft, SearchQuery } from '../../src/engines/engine.ts';
import { openSqliteEngine, type SqliteEngineOptions } from '../../src/engines/sqlite.ts';
import { SqliteReader } from '../../src/engines/sqlite-reader.ts';
import { split } from '../../src/engines/sqlite-results.ts';
import { SqliteSearcher } from '../../src/engines/sqlite-searcher.ts';
import type { Result } from '../../src/engines/sqlite-wire.ts';
import { readSought, says } from '../../src/protocol/words.ts';
import { draft, span } from '../helpers/engine-case.ts';
import { draftOf, expectSearches } from '../helpers/engine-search-cases.ts';

// Each test opens several engines, which takes a second each on a machine that is busy.
vi.setConfig({ testTimeout: 60_000 });

let directory = '';
let notices: string[] = [];
const notice = (text: string) => void notices.push(text);
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-search-'));
	notices = [];
});
afterEach(() => rm(directory, { recursive: true }));

/** Appends to rooms by an engine that is opened for it. */
async function store(
	room: string,
	drafts: readonly Draft[],
	options: Partial<SqliteEngineOptions> = {},
): Promise<void> {
	const engine = await openSqliteEngine({ directory, durability: 'process', ...options });
	await engine.append(room, drafts);
	await engine.close();
}

async function sweep(options: Partial<SqliteEngineOptions>): Promise<void> {
	const engine = await openSqliteEngine({ directory, durability: 'process', ...options });
	await engine.sweep();
	await engine.close();
}

function said(content: string, rest: Partial<Draft> = {}): Draft {
	return draft(content, { content, ...rest });
}

/** Does all that is to be done to the index. */
function tidyAll(searcher: SqliteSearcher, at = 0): void {
	searcher.answer(['tidy'], at);
	while (searcher.untidy) {
		searcher.tidy();
	}
}

/** Brings the index up to date, as a broker does over time. */
function index(at = 0): void {
	const searcher = new SqliteSearcher(directory, notice);
	tidyAll(searcher, at);
	searcher.close();
}

function pageOf(result: Result) {
	if (result[0] !== 'search') {
		throw new Error(`Expected a page, got ${JSON.stringify(result)}`);
	}
	return result[1];
}

function search(searcher: SqliteSearcher, text: string, rest: Partial<SearchQuery> = {}, room = 'general'): number[] {
	const query = { text, limit: 100, ...rest };
	return pageOf(searcher.answer(['search', room, query, Number.MAX_SAFE_INTEGER], 0)).entries.map(
		({ sequence }) => sequence,
	);
}

/** What a fresh start finds. */
function found(text: string, room = 'general'): number[] {
	const searcher = new SqliteSearcher(directory, notice);
	const numbers = search(searcher, text, {}, room);
	searcher.close();
	return numbers;
}

/** Changes a database behind the engine's back. */
function change(file: string, sql: string): void {
	// Otherwise nobody may spoil the tables of an index.
	const options = { open: true, defensive: false };
	const database = new DatabaseSync(join(directory, file), options);
	database.exec(sql);
	database.close();
}

/** How many messages the index has words of. */
function indexedMessages(): number {
	const database = new DatabaseSync(join(directory, 'search.db'), { readOnly: true });
	const count = database.prepare('SELECT count(*) AS count FROM words_docsize').get()?.['count'];
	database.close();
	return Number(count);
}

test('words of messages that were cleared are not in the file of the index any more', async () => {
	await store('general', [said('hunter2supersecret is the word')]);
	// So many that FTS5 by itself would leave it as it is.
	await store(
		'other',
		span(1, 600).map((number) => said(`noise number${number}`)),
	);
	index();
	const file = () => readFile(join(directory, 'search.db'), 'latin1');
	expect(await file()).toContain('hunter2supersecret');
	const engine = await openSqliteEngine({ directory, durability: 'process' });
	await engine.clear('general');
	await engine.close();
	index();
	expect(await file()).not.toContain('hunter2supersecret');
	expect(found('number7', 'other')).toHaveLength(11);
	expect(found('hunter2supersecret')).toEqual([]);
});

test.each([[0], [25], [60], [90]])('what is found is the same with %i of 90 messages in the index', async (indexed) => {
	await store('general', span(1, indexed).map(draftOf), { historySize: 70 });
	await store('other', span(1, 20).map(draftOf));
	index();
	await store('general', span(indexed + 1, 90).map(draftOf), { historySize: 70 });
	const reader = new SqliteReader(directory, notice);
	const searcher = new SqliteSearcher(directory, notice);
	await expectSearches(
		{
			range: async (room, query) => {
				const result = reader.answer(['range', room, query, Number.MAX_SAFE_INTEGER], 0);
				return split((result as Extract<Result, readonly ['range', unknown]>)[1]);
			},
			search: async (room, query) => pageOf(searcher.answer(['search', room, query, Number.MAX_SAFE_INTEGER], 0)),
		},
		150,
	);
	searcher.close();
	reader.close();
	expect(notices).toEqual([]);
});

test('a search itself takes in what is many messages, and leaves few to the housekeeping', async () => {
	await store(
		'general',
		span(1, 1400).map((number) => said(`many ${number}`)),
	);
	const searcher = new SqliteSearcher(directory, notice);
	search(searcher, 'none');
	while (searcher.untidy) {
		searcher.tidy();
	}
	expect(indexedMessages()).toBe(1000);
	expect(search(searcher, 'many 139')).toEqual([...span(1390, 1399).toReversed(), 139]);
	tidyAll(searcher);
	expect(indexedMessages()).toBe(1400);
	searcher.close();
});

test('nobody is told of more than followers were told of', async () => {
	await store('general', [said('one'), said('one more'), said('one too many')]);
	index();
	const searcher = new SqliteSearcher(directory, notice);
	const page = pageOf(searcher.answer(['search', 'general', { text: 'one', limit: 10 }, 2], 0));
	expect(page).toMatchObject({ head: 2, entries: [{ sequence: 2 }, { sequence: 1 }] });
	searcher.close();
});

test('a message that is not what was stored is not found, whatever the index says', async () => {
	await store('general', [said('the needle'), said('a needle too')]);
	index();
	change('natter.db', "UPDATE msg SET body = replace(body, 'the needle', 'thy needle') WHERE seq = 1");
	expect(found('needle')).toEqual([2]);
	expect(found('thy')).toEqual([]);
});

test('an index of another log is made anew: a log that was restored from a copy goes on with other messages', async () => {
	await store('general', [said('old words')]);
	await copyFile(join(directory, 'natter.db'), join(directory, 'copy'));
	await store('general', [said('lost words')]);
	index();
	await copyFile(join(directory, 'copy'), join(directory, 'natter.db'));
	await store('general', [said('new words')]);
	expect(found('words')).toEqual([2, 1]);
	index();
	expect(notices).toContain('The index for searching is made anew: it is of another log');
	expect(found('lost')).toEqual([]);
	expect(found('new')).toEqual([2]);
});

test.each([
	['no database', () => writeFile(join(directory, 'search.db'), 'something else '.repeat(1000))],
	['of another version', async () => change('search.db', 'PRAGMA user_version = 99')],
	['without its tables', async () => change('search.db', 'DROP TABLE words')],
])('an index that is %s is made anew', async (_, spoil) => {
	await store('general', [said('needle')]);
	index();
	await spoil();
	expect(found('needle')).toEqual([1]);
	expect(notices).toHaveLength(1);
	index();
	expect(indexedMessages()).toBe(1);
});

test('an index whose words turn out to be damaged is made anew, and the search answers all the same', async () => {
	await store(
		'general',
		span(1, 300).map((number) => said(`needle ${number}`)),
	);
	index();
	change('search.db', "UPDATE words_data SET block = x'ffffffffffff' WHERE id > 10");
	const searcher = new SqliteSearcher(directory, notice);
	expect(search(searcher, 'needle 123')).toEqual([123]);
	expect(notices).toEqual([expect.stringContaining('The index for searching is made anew: ')]);
	tidyAll(searcher);
	expect(search(searcher, 'needle 123')).toEqual([123]);
	expect(notices).toHaveLength(1);
	searcher.close();
	expect(indexedMessages()).toBe(300);
});

test('where no index can be kept everything is found as well', async () => {
	await store(
		'general',
		span(1, 700).map((number) => said(`needle ${number}`)),
	);
	await mkdir(join(directory, 'search.db'));
	const searcher = new SqliteSearcher(directory, notice);
	expect(search(searcher, 'needle 123')).toEqual([123]);
	tidyAll(searcher);
	expect(search(searcher, 'needle 7', { limit: 3 })).toEqual([700, 79, 78]);
	expect(notices).toEqual([expect.stringContaining('Searching goes without an index: ')]);
	searcher.close();
});

test('the index forgets what retention has taken', async () => {
	const old = span(1, 1500).map((number) => said(`old ${number}`));
	await store('general', old);
	await store(
		'other',
		span(1, 20).map((number) => said(`other ${number}`)),
	);
	await store('passing', [said('for good'), said('for a moment', { expiresAt: 5000 })]);
	index();
	expect(indexedMessages()).toBe(1522);
	await sweep({ historySize: 50, now: () => 4000 });
	index(4000);
	expect(indexedMessages()).toBe(72);
	index(5000);
	expect(indexedMessages()).toBe(71);
	expect(found('old 14')).toEqual(span(1451, 1499).toReversed());
});

test('the index stays small in a room that is always written to', async () => {
	const filler = 'some words that everybody says every day';
	for (const round of span(1, 15)) {
		// Two never have an index at the same time.
		const engine = await openSqliteEngine({ directory, durability: 'process', historySize: 500 });
		await engine.append(
			'general',
			span(1, 2000).map((number) => said(`${round}.${number} ${filler}`)),
		);
		await engine.sweep();
		await engine.close();
		index();
	}
	const { size } = await stat(join(directory, 'search.db'));
	expect(indexedMessages()).toBe(500);
	// Some 400 bytes a message, where all 30,000 would take 60 times as much.
	expect(size).toBeLessThan(400_000);
});

test('an engine keeps the index of an earlier run, also when nobody searches', async () => {
	await store(
		'general',
		span(1, 100).map((number) => said(`first ${number}`)),
	);
	index();
	await store(
		'general',
		span(1, 20).map((number) => said(`then ${number}`)),
		{ historySize: 30 },
	);
	const engine = await openSqliteEngine({ directory, durability: 'process', historySize: 30 });
	await engine.sweep();
	await vi.waitFor(() => expect(indexedMessages()).toBe(30), { timeout: 20_000 });
	await engine.close();
});

test('an engine in which nobody has ever searched keeps no index', async () => {
	const engine = await openSqliteEngine({ directory, durability: 'process' });
	await engine.append('general', [said('a')]);
	await engine.sweep();
	await engine.close();
	await expect(stat(join(directory, 'search.db'))).rejects.toThrow('ENOENT');
});

test('what is found after kill -9 at any moment of indexing is what is there', async () => {
	const script = fileURLToPath(new URL('./searching-process.ts', import.meta.url));
	for (const [run, afterLines] of [1, 4, 9, 2, 13].entries()) {
		const searching = spawn(process.execPath, [script, directory, `${run}`], { stdio: ['ignore', 'pipe', 'inherit'] });
		let lines = 0;
		for await (const _ of createInterface({ input: searching.stdout })) {
			lines += 1;
			if (lines === afterLines) {
				searching.kill('SIGKILL');
			}
		}
		expect(lines).toBeGreaterThanOrEqual(afterLines);
		const engine = await openSqliteEngine({ directory, historySize: 2000, onNotice: notice });
		const { entries } = await engine.range('general', { limit: 10_000 });
		for (const text of [`round ${run}.`, `${run}.1 number 77`, 'number 20', 'round 0.0 number']) {
			const sought = readSought(text);
			const expected = entries.filter(({ text }) => sought && says(JSON.parse(text).content, sought)).toReversed();
			const all: unknown[] = [];
			for (let before = Number.POSITIVE_INFINITY, complete = false; !complete; ) {
				const page = await engine.search('general', { text, limit: 1000, before });
				all.push(...page.entries);
				({ from: before, complete } = page);
			}
			expect(all).toEqual(expected);
		}
		await engine.close();
	}
	expect(notices).toEqual([]);
});
