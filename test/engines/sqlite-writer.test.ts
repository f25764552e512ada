import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cursorTtlMs, dedupeMs, defaultRetention } from '../../src/engines/engine.ts';
import { restrictionKey } from '../../src/engines/records.ts';
import { type OwnedDatabase, openForWriting } from '../../src/engines/sqlite-database.ts';
import type { DraftRow, Result, WriterCall } from '../../src/engines/sqlite-wire.ts';
import { SqliteWriter } from '../../src/engines/sqlite-writer.ts';
import { withoutSqliteWarning } from '../../src/sqlite/node-sqlite.ts';
import { span } from '../helpers/engine-case.ts';

const afterTtl = 1000 + defaultRetention.historyTtlMs;

let directory = '';
let owned: OwnedDatabase;
let notices: string[] = [];
const notice = (text: string) => void notices.push(text);

beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-writer-'));
	owned = openForWriting({ directory, fsync: false, at: 1000, notice });
	notices = [];
});

afterEach(async () => {
	owned.close();
	await rm(directory, { recursive: true });
});

/** What is recovered when a commit that failed was not carried out. */
const nothing = { rooms: [], records: [] };

function writerOn(database: OwnedDatabase): SqliteWriter {
	return new SqliteWriter(database, defaultRetention, 1000, notice);
}

function commit(writer: SqliteWriter, ...calls: readonly WriterCall[]) {
	return [...writer.commit([{ at: 1000, elapsed: 1000, calls }])];
}

function append(room: string, id: string, bytes = 1): WriterCall {
	return ['append', room, [[id, '{"content":"', `${'x'.repeat(bytes)}"}`, 1, null, null, 0, null]]];
}

test('a full disk refuses the whole commit as not applied, and the log goes on where it was', () => {
	const writer = writerOn(owned);
	commit(writer, append('general', 'a'));
	const pages = Number(owned.database.prepare('PRAGMA page_count').get()?.['page_count']);
	owned.database.exec(`PRAGMA max_page_count = ${pages}`);
	const results = commit(writer, append('general', 'b'), ['state', 'general'], append('sports', 'c', 100_000));
	const failed = ['failed', 'The message could not be stored: database or disk is full', 'not_applied'];
	const state = ['state', expect.objectContaining({ head: 1, oldest: 1 })];
	expect(results).toEqual([failed, state, failed]);
	const full = ['failed', 'Messages cannot be stored: database or disk is full', 'not_applied'];
	expect(commit(writer, append('sports', 'c', 100_000), ['state', 'general'])).toEqual([full, state]);
	owned.database.exec('PRAGMA max_page_count = 100000');
	expect(writer.ails).toBe(true);
	expect(writer.retry()).toBeUndefined();
	expect(writer.ails).toBe(false);
	expect(commit(writer, append('general', 'b'), append('sports', 'c', 100_000))).toEqual([
		['append', expect.any(String), [['stored', 2, 1000]]],
		['append', expect.any(String), [['stored', 1, 1000]]],
	]);
	expect(notices).toEqual(['Messages cannot be stored: database or disk is full', 'Messages can be stored again']);
});

test('an append waits until all ids are known that were stored before, however many', () => {
	const rows = Array.from({ length: 10_001 }, (_, index): DraftRow => {
		return [`${index}`, '{"content":"', '"}', 1, null, null, 0, null];
	});
	commit(writerOn(owned), ['append', 'general', rows]);
	const [result] = commit(writerOn(owned), ['append', 'general', rows]);
	expect(result?.[2]).toEqual(rows.map((_, index) => ['duplicate', index + 1, 1000]));
});

test('a commit that is refused takes no producer along', () => {
	const writer = writerOn(owned);
	const said = (id: string, pseq: number, bytes: number): WriterCall => {
		return ['append', 'general', [[id, '{"content":"', `${'x'.repeat(bytes)}"}`, 1, null, 'p', pseq, null]]];
	};
	commit(writer, said('a', 1, 1));
	const pages = Number(owned.database.prepare('PRAGMA page_count').get()?.['page_count']);
	owned.database.exec(`PRAGMA max_page_count = ${pages}`);
	expect(commit(writer, said('b', 2, 1), said('c', 3, 100_000)).map(([kind]) => kind)).toEqual(['failed', 'failed']);
	owned.database.exec('PRAGMA max_page_count = 100000');
	writer.retry();
	expect(commit(writer, said('c', 3, 1), said('b', 2, 1))).toEqual([
		['append', expect.any(String), [['out_of_order', 2, 0]]],
		['append', expect.any(String), [['stored', 2, 1000]]],
	]);
});

test('old messages can be cleared while the disk is full', () => {
	const writer = writerOn(owned);
	commit(writer, append('general', 'a', 10_000));
	const pages = Number(owned.database.prepare('PRAGMA page_count').get()?.['page_count']);
	owned.database.exec(`PRAGMA max_page_count = ${pages}`);
	commit(writer, append('general', 'b', 100_000));
	const [cleared, refused] = commit(writer, ['clear', 'general'], append('general', 'c'));
	expect(cleared).toEqual(['state', expect.objectContaining({ head: 1, oldest: 2, edge: 'cleared' })]);
	expect(refused?.[0]).toBe('failed');
	while (writer.untidy) {
		writer.tidy();
	}
	expect(owned.database.prepare('SELECT count(body) AS texts FROM msg').get()).toEqual({ texts: 0 });
});

/** A database of which every COMMIT fails at the disk, before or after it is carried out, until it is opened again. */
function failingAtDisk(isCommitted: boolean, reopen: () => OwnedDatabase): OwnedDatabase {
	return { ...committing((commit) => failAtDisk(isCommitted ? commit : undefined)), reopen };
}

/** A database whose COMMIT is `run`, which is given the real one. */
function committing(run: (commit: StatementSync) => void): OwnedDatabase {
	return calling({
		prepare(sql) {
			const statement = owned.database.prepare(sql);
			return sql === 'COMMIT' ? ({ run: () => run(statement) } as unknown as StatementSync) : statement;
		},
	});
}

/** A database some of whose methods are other ones. */
function calling(others: Partial<Pick<DatabaseSync, 'prepare' | 'exec'>>): OwnedDatabase {
	return {
		...owned,
		database: new Proxy(owned.database, {
			get(target, name) {
				const value: unknown = Reflect.get(others, name) ?? Reflect.get(target, name, target);
				return typeof value === 'function' ? value.bind(target) : value;
			},
		}),
	};
}

test('a commit that failed at the disk leaves its outcome open, and nothing is written until the disk is well', () => {
	let isWell = false;
	const reopen = () => {
		if (!isWell) {
			throw failAtDisk();
		}
		owned = owned.reopen();
		return owned;
	};
	const writer = writerOn(failingAtDisk(false, reopen));
	const stopped = 'Nothing can be stored until the disk is well again: disk I/O error';
	const state = ['state', expect.objectContaining({ head: 0, oldest: 1 })];
	expect(commit(writer, append('general', 'a'), ['state', 'general'])).toEqual([
		['failed', 'The message could not be stored: disk I/O error', 'unknown'],
		state,
	]);
	for (const _ of [1, 2]) {
		expect(writer.retry()).toBeUndefined();
		expect(commit(writer, append('general', 'b'), ['state', 'general'])).toEqual([
			['failed', stopped, 'not_applied'],
			state,
		]);
	}
	expect(notices).toEqual([stopped]);
	isWell = true;
	expect(writer.retry()).toEqual(nothing);
	expect(writer.ails).toBe(false);
	const stored = ['append', expect.any(String), [['stored', 1, 1000]]];
	expect(commit(writer, append('general', 'a'))).toEqual([stored]);
	expect(notices).toEqual([stopped, 'Messages can be stored again']);
});

test('neither a clear nor a position of a reader is written while the outcome of a commit is open', () => {
	commit(writerOn(owned), append('general', 'a'));
	const writer = writerOn(failingAtDisk(false, () => owned.reopen()));
	commit(writer, append('general', 'b'));
	const position = { user: 'sam', device: 'd', room: 'general', epoch: 'e', sequence: 1 };
	const refused = ['failed', 'Nothing can be stored until the disk is well again: disk I/O error', 'not_applied'];
	expect(commit(writer, ['clear', 'general'], ['saveCursors', [position]])).toEqual([refused, refused]);
	expect(commit(writer, ['state', 'general'])).toEqual([['state', expect.objectContaining({ head: 1, oldest: 1 })]]);
	expect(writer.untidy).toBe(false);
});

test('nothing is written after a transaction that could not be rolled back until the database is opened again', () => {
	const reopen = () => {
		owned = owned.reopen();
		return owned;
	};
	const stuck = calling({
		prepare(sql) {
			const statement = owned.database.prepare(sql);
			const failing = { run: () => failAtDisk() } as unknown as StatementSync;
			return sql.startsWith('INSERT INTO msg') ? failing : statement;
		},
		exec: (sql) => (sql === 'ROLLBACK' ? failAtDisk() : owned.database.exec(sql)),
	});
	const writer = writerOn({ ...stuck, reopen });
	expect(commit(writer, append('general', 'a'))).toEqual([
		['failed', 'The message could not be stored: disk I/O error', 'not_applied'],
	]);
	const stopped = 'Nothing can be stored until the disk is well again: disk I/O error';
	expect(commit(writer, append('general', 'b'), ['state', 'general'])).toEqual([
		['failed', stopped, 'not_applied'],
		['state', expect.objectContaining({ head: 0, oldest: 1 })],
	]);
	expect(writer.retry()).toEqual(nothing);
	expect(commit(writer, append('general', 'b'))).toEqual([['append', expect.any(String), [['stored', 1, 1000]]]]);
	expect(notices).toEqual([stopped, 'Messages can be stored again']);
});

test('what a commit stored although it failed is told when the disk is well, and its ids are known', () => {
	const reopen = () => {
		owned = owned.reopen();
		return owned;
	};
	commit(writerOn(owned), append('general', 'before'));
	const writer = writerOn(failingAtDisk(true, reopen));
	writer.recall();
	const failed = ['failed', 'The message could not be stored: disk I/O error', 'unknown'];
	expect(commit(writer, append('general', 'a'), append('general', 'b'), append('sports', 'c'))).toEqual([
		...[failed, failed, failed],
	]);
	const frame = (sequence: number) => `{"content":"${sequence},"timestamp":1000x"}`;
	const epoch = expect.any(String);
	expect(writer.retry()).toEqual({
		rooms: [
			{ room: 'general', epoch, texts: [frame(2), frame(3)] },
			{ room: 'sports', epoch, texts: [frame(1)] },
		],
		records: [],
	});
	expect(commit(writer, append('general', 'b'), append('general', 'd'), append('general', 'before'))).toEqual([
		['append', epoch, [['duplicate', 3, 1000]]],
		['append', epoch, [['stored', 4, 1000]]],
		['append', epoch, [['duplicate', 1, 1000]]],
	]);
});

/** What somebody whose author is known says. */
function said(author: string, id: string, room = 'general'): WriterCall {
	return ['append', room, [[id, '{"content":"', '"}', 1, null, null, 0, author]]];
}

function ban(author: string, value: string | null = '{}', room = 'general'): WriterCall {
	return ['putRecords', [{ kind: 'ban', key: restrictionKey(room, author), value }]];
}

/** What became of calls, each in a word. */
function fates(results: readonly Result[]) {
	return results.map((result) => {
		return result[0] === 'append' ? result[2][0]?.[0] : result[0] === 'failed' ? result[2] : result[1];
	});
}

test('a full disk refuses bans and their ends, and whoever was banned before stays so', () => {
	const writer = writerOn(owned);
	commit(writer, ban('eve'), said('sam', 'a'));
	const pages = Number(owned.database.prepare('PRAGMA page_count').get()?.['page_count']);
	owned.database.exec(`PRAGMA max_page_count = ${pages}`);
	const calls = [ban('eve', null), ban('sam'), said('eve', 'b'), append('sports', 'c', 100_000)];
	expect(fates(commit(writer, ...calls))).toEqual(span(1, 4).map(() => 'not_applied'));
	expect(fates(commit(writer, ban('eve', null)))).toEqual(['not_applied']);
	owned.database.exec('PRAGMA max_page_count = 100000');
	expect(writer.retry()).toBeUndefined();
	expect(fates(commit(writer, said('eve', 'b'), said('sam', 'd')))).toEqual(['banned', 'stored']);
	const key = restrictionKey('general', 'eve');
	expect(commit(writer, ['records', 'ban'])).toEqual([['records', new Map([[key, '{}']])]]);
});

test.each([
	[true, { value: '{}', after: ['banned', 'stored', 'stored'] }],
	[false, { value: null, after: ['stored', 'stored', 'banned'] }],
])(
	'bans of a commit that failed at the disk hold if it was carried out (%s), and are told as they are',
	(isCommitted, { value, after }) => {
		commit(writerOn(owned), ban('ann'), ['putRecords', [{ kind: 'nick', key: 'kim', value: 'key 1' }]]);
		const reopen = () => {
			owned = owned.reopen();
			return owned;
		};
		const writer = writerOn(failingAtDisk(isCommitted, reopen));
		const nick: WriterCall = ['putRecords', [{ kind: 'nick', key: 'sam', value: 'key 2', expected: null }]];
		const refused: WriterCall = ['putRecords', [{ kind: 'nick', key: 'kim', value: null, expected: 'key 2' }]];
		expect(fates(commit(writer, said('eve', 'a'), ban('eve'), ban('ann', null), nick, refused))).toEqual(
			span(1, 5).map(() => 'unknown'),
		);
		const unread = ['failed', 'Nothing can be stored until the disk is well again: disk I/O error', 'not_applied'];
		expect(commit(writer, ban('sam'), ['records', 'ban'])).toEqual([unread, unread]);
		expect(writer.retry()?.records).toEqual([
			{ kind: 'ban', key: restrictionKey('general', 'eve'), value },
			{ kind: 'ban', key: restrictionKey('general', 'ann'), value: isCommitted ? null : '{}' },
			{ kind: 'nick', key: 'sam', value: isCommitted ? 'key 2' : null },
		]);
		expect(fates(commit(writer, said('eve', 'b'), said('sam', 'c'), said('ann', 'd')))).toEqual(after);
		expect(commit(writer, ['records', 'nick'])).toEqual([
			['records', new Map([['kim', 'key 1'], ...(isCommitted ? ([['sam', 'key 2']] as const) : [])])],
		]);
	},
);

test('a ban of a transaction that could not be rolled back is not listed, and holds no more when the disk is well', () => {
	const reopen = () => {
		owned = owned.reopen();
		return owned;
	};
	const stuck = calling({
		prepare(sql) {
			const failing = { run: () => failAtDisk() } as unknown as StatementSync;
			return sql.startsWith('INSERT INTO msg') ? failing : owned.database.prepare(sql);
		},
		exec: (sql) => (sql === 'ROLLBACK' ? failAtDisk() : owned.database.exec(sql)),
	});
	const writer = writerOn({ ...stuck, reopen });
	expect(fates(commit(writer, ban('eve'), said('sam', 'a')))).toEqual(['not_applied', 'not_applied']);
	expect(fates(commit(writer, ['records', 'ban']))).toEqual(['not_applied']);
	writer.retry();
	expect(commit(writer, ['records', 'ban'])).toEqual([['records', new Map()]]);
	expect(fates(commit(writer, said('eve', 'b')))).toEqual(['stored']);
});

test('a room in which nothing can be stored keeps neither bans nor their order from others', () => {
	const writer = writerOn(owned);
	commit(writer, append('broken', 'a'));
	owned.database.exec("UPDATE msg SET seq = 2 WHERE id = 'a'");
	const calls = [
		said('eve', 'b'),
		append('broken', 'c'),
		ban('eve'),
		said('eve', 'd'),
		ban('eve', null),
		said('eve', 'e'),
	];
	expect(fates(commit(writer, ...calls))).toEqual(['stored', 'not_applied', true, 'banned', true, 'stored']);
});

test('what was told of one failed commit is not told again after the next', () => {
	const reopen = (): OwnedDatabase => {
		owned = owned.reopen();
		return failingAtDisk(true, reopen);
	};
	const writer = writerOn(failingAtDisk(true, reopen));
	const told = (...calls: readonly WriterCall[]) => {
		commit(writer, ...calls);
		return (writer.retry()?.rooms ?? []).map(({ room, texts }) => [room, texts.length]);
	};
	expect(told(append('general', 'a'), append('general', 'b'))).toEqual([['general', 2]]);
	expect(told(append('sports', 'c'))).toEqual([['sports', 1]]);
	expect(told(append('sports', 'd'), append('general', 'e'))).toEqual([
		['sports', 1],
		['general', 1],
	]);
});

test('of what a commit stored although it failed, nothing is told that it trimmed itself, or that is damaged', () => {
	const reopen = () => {
		owned = owned.reopen();
		owned.database.exec("UPDATE msg SET body = replace(body, 'x', 'y') WHERE seq = 190");
		return owned;
	};
	const writer = new SqliteWriter(failingAtDisk(true, reopen), { ...defaultRetention, historySize: 50 }, 1000, notice);
	commit(writer, ...Array.from({ length: 200 }, (_, index) => append('general', `${index}`)));
	const [recovered, ...others] = writer.retry()?.rooms ?? [];
	expect(others).toEqual([]);
	const numbers = recovered?.texts.map((text) => Number(text.match(/"(\d+),/)?.[1]));
	expect(numbers).toEqual([...span(151, 189), ...span(191, 200)]);
});

test('a sweep that a failing disk cuts off ends, and so does one that is asked for meanwhile', () => {
	const writer = writerOn(failingAtDisk(false, () => owned.reopen()));
	writer.commit([{ at: 1000, elapsed: 1000, calls: [['sweep']] }]);
	expect(writer.tidy()).toEqual(['failed', 'The message could not be stored: disk I/O error', 'unknown']);
	writer.commit([{ at: 1000, elapsed: 1000, calls: [['sweep']] }]);
	expect(writer.tidy()).toEqual(['failed', expect.stringMatching(/until the disk is well/), 'not_applied']);
	expect(writer.untidy).toBe(false);
});

function failAtDisk(statement?: StatementSync): never {
	statement?.run();
	throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
}

test('a room in which nothing can be stored does not keep others from going on', () => {
	const writer = writerOn(owned);
	commit(writer, append('general', 'a'), append('sports', 'b'));
	owned.database.exec("UPDATE msg SET seq = 2 WHERE id = 'a'");
	const calls = [append('general', 'c'), append('sports', 'd'), append('news', 'e'), append('general', 'f')];
	for (const _ of [1, 2]) {
		const [broken, ...others] = commit(writer, ...calls);
		expect(broken).toEqual([
			'failed',
			expect.stringMatching(/^The message could not be stored: UNIQUE/),
			'not_applied',
		]);
		expect(others.map(([kind]) => kind)).toEqual(['append', 'append', 'failed']);
	}
	expect(commit(writer, ['state', 'general'], ['state', 'sports'])).toMatchObject([
		['state', { head: 1 }],
		['state', { head: 2 }],
	]);
	expect(notices).toEqual([expect.stringMatching(/^Some messages cannot be stored: UNIQUE constraint failed/)]);
});

test('a call that cannot be stored leaves the many beside it few commits, in their order', () => {
	commit(writerOn(owned), append('general', 'a'));
	owned.database.exec("UPDATE msg SET seq = 2 WHERE id = 'a'");
	let commits = 0;
	const writer = writerOn(
		committing((real) => {
			real.run();
			commits += 1;
		}),
	);
	const others = span(1, 63).map((index) => append('sports', `${index}`));
	const results = commit(writer, ...others.slice(0, 20), append('general', 'b'), ...others.slice(20));
	const [refused] = results.splice(20, 1);
	expect(refused).toEqual(['failed', expect.any(String), 'not_applied']);
	expect(results).toEqual(span(1, 63).map((seq) => ['append', expect.any(String), [['stored', seq, 1000]]]));
	expect(commits).toBe(6);
});

test('a room that is damaged while it is open refuses its own calls, and those beside them share one commit', () => {
	commit(writerOn(owned), append('general', 'a'), append('sports', 'b'));
	owned.database.exec("UPDATE room SET ts = ts + 1 WHERE name = 'general'");
	let commits = 0;
	const writer = writerOn(
		committing((real) => {
			real.run();
			commits += 1;
		}),
	);
	const message = 'The message could not be stored: what is known of room "general" is damaged until the next start';
	const refused = ['failed', message, 'not_applied'];
	const stored = (seq: number) => ['append', expect.any(String), [['stored', seq, 1000]]];
	const calls: WriterCall[] = [
		append('general', 'c'),
		append('sports', 'd'),
		['clear', 'general'],
		append('news', 'e'),
	];
	expect(commit(writer, ...calls)).toEqual([refused, stored(2), refused, stored(1)]);
	expect(commit(writer, append('general', 'c'))).toEqual([refused]);
	expect(commits).toBe(2);
	expect(notices).toEqual([
		'What is known of room "general" is damaged; it is neither read nor written to until the next start',
	]);
});

test('when calls are tried apart, nothing is written after a commit that failed at the disk', () => {
	commit(writerOn(owned), append('general', 'a'));
	owned.database.exec("UPDATE msg SET seq = 2 WHERE id = 'a'");
	const writer = writerOn(failingAtDisk(false, () => owned.reopen()));
	const results = commit(writer, append('general', 'b'), append('sports', 'c'), append('news', 'd'));
	expect(results.map(([kind, ...rest]) => [kind, rest.at(-1)])).toEqual([
		['failed', 'not_applied'],
		['failed', 'unknown'],
		['failed', 'not_applied'],
	]);
	expect(results[2]?.[1]).toMatch(/^Nothing can be stored until the disk is well again/);
});

test('a sweep that cannot be committed ends with the failure, and the next one does its work', () => {
	const writer = writerOn(owned);
	commit(writer, append('general', 'a'));
	const later = { at: afterTtl, elapsed: afterTtl, calls: [['sweep']] as const };
	writer.commit([later]);
	owned.database.exec("CREATE TRIGGER refuse BEFORE UPDATE ON room BEGIN SELECT raise(ABORT, 'refused'); END");
	expect(finish(writer)).toEqual(['failed', 'The message could not be stored: refused', 'not_applied']);
	owned.database.exec('DROP TRIGGER refuse');
	writer.commit([later]);
	expect(finish(writer)).toEqual(['done']);
	expect(commit(writer, ['state', 'general'])).toEqual([['state', expect.objectContaining({ head: 1, oldest: 2 })]]);
	expect(owned.database.prepare('SELECT count(*) AS rows FROM msg').get()).toEqual({ rows: 0 });
});

function finish(writer: SqliteWriter) {
	for (;;) {
		const result = writer.tidy();
		if (result !== undefined) {
			return result;
		}
	}
}

test.each([
	["UPDATE room SET ts = ts + 1 WHERE name = 'bad'"],
	["UPDATE room SET key = 77 WHERE name = 'bad'"],
	["UPDATE room SET name = 'dab' WHERE name = 'bad'"],
	["DELETE FROM room WHERE name = 'bad'"],
])('a sweep goes on in all other rooms after: %s', (sql) => {
	const trimming = (database: OwnedDatabase) =>
		new SqliteWriter(database, { ...defaultRetention, historySize: 3 }, 1000, notice);
	const texts = () => owned.database.prepare('SELECT count(body) AS good FROM msg WHERE room = 2').get();
	const first = trimming(owned);
	commit(first, ...['bad', 'good'].flatMap((room) => span(1, 5).map((index) => append(room, `${index}`))));
	owned.database.exec(sql);
	// What a writer reads of the room that does not know it, and what another has in memory.
	for (const writer of [trimming(owned), first]) {
		expect(sweep(writer, 1000)).toEqual(['done']);
		expect(texts()).toEqual({ good: 3 });
	}
	expect(sweep(trimming(owned), afterTtl)).toEqual(['done']);
	expect(texts()).toEqual({ good: 0 });
});

test('a damaged room loses no message because it says that its texts are gone', () => {
	const retention = { ...defaultRetention, historyTtlMs: Number.POSITIVE_INFINITY };
	const writer = new SqliteWriter(owned, retention, 1000, notice);
	commit(writer, append('general', 'a'), append('sports', 'b'));
	owned.database.exec("UPDATE room SET trimmed = 1000 WHERE name = 'general'");
	const another = new SqliteWriter(owned, retention, 1000, notice);
	// Two marks of the running time, so that the ids are old.
	expect(sweep(another, 1000 + dedupeMs)).toEqual(['done']);
	commit(another, append('sports', 'c'));
	expect(sweep(another, 1000 + 3 * dedupeMs)).toEqual(['done']);
	expect(owned.database.prepare('SELECT count(body) AS texts FROM msg').get()).toEqual({ texts: 3 });
});

/** Sweeps when both clocks say `at`. */
function sweep(writer: SqliteWriter, at: number) {
	writer.commit([{ at, elapsed: at, calls: [['sweep']] }]);
	return finish(writer);
}

test('no step of a sweep touches more than 500 messages', () => {
	const writer = writerOn(owned);
	for (let index = 0; index < 1700; index += 1) {
		commit(writer, append(`room-${index % 3}`, `${index}`));
	}
	writer.commit([{ at: afterTtl, elapsed: afterTtl, calls: [['sweep']] }]);
	const changes: number[] = [];
	const count = () => Number(owned.database.prepare('SELECT total_changes() AS rows').get()?.['rows']);
	while (writer.untidy) {
		const before = count();
		writer.tidy();
		changes.push(count() - before);
	}
	// The rooms' own rows come on top of the messages.
	expect(Math.max(...changes)).toBeLessThanOrEqual(503);
	expect(owned.database.prepare('SELECT count(*) AS rows FROM msg').get()).toEqual({ rows: 0 });
});

test('a commit takes no more than 500 messages along, however many rooms of it hold too many', () => {
	const rooms = span(1, 20).map((index) => `room-${index}`);
	const texts = () => Number(owned.database.prepare('SELECT count(body) AS texts FROM msg').get()?.['texts']);
	commit(writerOn(owned), ...rooms.flatMap((room) => span(1, 100).map((index) => append(room, `${index}`))));
	const writer = new SqliteWriter(owned, { ...defaultRetention, historySize: 1 }, 1000, notice);
	commit(writer, ...rooms.map((room) => append(room, 'one more')));
	expect(texts()).toBe(2020 - 500);
	writer.commit([{ at: 1000, elapsed: 1000, calls: [['sweep']] }]);
	for (let before = texts(), done = false; !done; before = texts()) {
		done = writer.tidy() !== undefined;
		expect(before - texts()).toBeLessThanOrEqual(500);
	}
	expect(texts()).toBe(20);
});

test('a sweep looks at few of the many positions and producers, and the next ones at the others', () => {
	const writer = writerOn(owned);
	const readers = (from: number, to: number): WriterCall => {
		const at = (index: number) => ({ user: 'sam', device: 'd', room: `r${index}`, epoch: 'e', sequence: 1 });
		return ['saveCursors', span(from, to).map(at)];
	};
	const speakers = (from: number, to: number): WriterCall => {
		const said = (index: number) => [`m${index}`, '', '', 1, null, `p${index}`, 1, null] as const;
		return ['append', 'general', span(from, to).map(said)];
	};
	const rows = () => {
		const count = '(SELECT count(*) FROM cursor) AS cursors, (SELECT count(*) FROM producer) AS producers';
		return owned.database.prepare(`SELECT ${count}`).get();
	};
	const steps = (at: number) => {
		writer.commit([{ at, elapsed: at, calls: [['sweep']] }]);
		let count = 1;
		for (; writer.tidy() === undefined; count += 1);
		return count;
	};
	commit(writer, readers(1, 10), speakers(1, 10));
	const few = steps(1000);
	commit(writer, readers(11, 6000), speakers(11, 6000));
	expect(steps(1000)).toBe(few);
	// What is not of today is scattered over both tables.
	const later = 1000 + cursorTtlMs;
	writer.commit([{ at: later, elapsed: later, calls: [readers(1001, 2000), speakers(6001, 6100)] }]);
	for (const _ of span(1, 4)) {
		expect(sweep(writer, later)).toEqual(['done']);
	}
	expect(rows()).toEqual({ cursors: 1000, producers: 100 });
});

test('the warning about SQLite is swallowed while it is loaded, and no other', () => {
	const { emitWarning } = process;
	const emitted: unknown[][] = [];
	process.emitWarning = (...warning: unknown[]) => void emitted.push(warning);
	try {
		const loaded = withoutSqliteWarning(() => {
			process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning');
			process.emitWarning('Type Stripping is an experimental feature', 'ExperimentalWarning');
			return 'loaded';
		});
		process.emitWarning('SQLite is an experimental feature');
		expect(loaded).toBe('loaded');
		expect(emitted).toEqual([
			['Type Stripping is an experimental feature', 'ExperimentalWarning'],
			['SQLite is an experimental feature'],
		]);
	} finally {
		process.emitWarning = emitWarning;
	}
});
