import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultRetention } from '../../src/engines/engine.ts';
import { type OwnedDatabase, openForWriting } from '../../src/engines/sqlite-database.ts';
import type { WriterCall } from '../../src/engines/sqlite-wire.ts';
import { SqliteWriter } from '../../src/engines/sqlite-writer.ts';
import { withoutSqliteWarning } from '../../src/sqlite/node-sqlite.ts';

let directory = '';
let owned: OwnedDatabase;
let notices: string[] = [];

beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-writer-'));
	owned = openForWriting(directory, false);
	notices = [];
});

afterEach(async () => {
	owned.close();
	await rm(directory, { recursive: true });
});

function writerOn(database: OwnedDatabase): SqliteWriter {
	return new SqliteWriter(database, defaultRetention, (text) => notices.push(text));
}

function commit(writer: SqliteWriter, ...calls: readonly WriterCall[]) {
	return writer.commit([{ at: 1000, calls }]);
}

function append(room: string, id: string, bytes = 1): WriterCall {
	return ['append', room, [[id, '{"content":"', `${'x'.repeat(bytes)}"}`, 1, null]]];
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
	expect(commit(writer, append('sports', 'c', 100_000))).toEqual([failed]);
	owned.database.exec('PRAGMA max_page_count = 100000');
	expect(commit(writer, append('general', 'b'), append('sports', 'c', 100_000))).toEqual([
		['append', expect.any(String), [['stored', 2, 1000]]],
		['append', expect.any(String), [['stored', 1, 1000]]],
	]);
	expect(notices).toEqual(['Messages cannot be stored: database or disk is full', 'Messages can be stored again']);
});

test('a commit that failed at the disk leaves its outcome open, and nothing is written after it', () => {
	const failing = {
		...owned,
		database: new Proxy(owned.database, {
			get(target, name) {
				if (name === 'prepare') {
					return (sql: string) => (sql === 'COMMIT' ? { run: failAtDisk } : target.prepare(sql));
				}
				const value: unknown = Reflect.get(target, name, target);
				return typeof value === 'function' ? value.bind(target) : value;
			},
		}),
	};
	const writer = writerOn(failing);
	const stopped = 'Nothing can be stored until the broker is started again: disk I/O error';
	const state = ['state', expect.objectContaining({ head: 0, oldest: 1 })];
	expect(commit(writer, append('general', 'a'), ['state', 'general'])).toEqual([
		['failed', 'The message could not be stored: disk I/O error', 'unknown'],
		state,
	]);
	expect(commit(writer, append('general', 'b'), ['state', 'general'])).toEqual([
		['failed', stopped, 'not_applied'],
		state,
	]);
	expect(notices).toEqual([stopped]);
});

function failAtDisk(): never {
	throw Object.assign(new Error('disk I/O error'), { errcode: 1034 });
}

test('a sweep that cannot be committed ends with the failure, and the next one does its work', () => {
	const writer = writerOn(owned);
	commit(writer, append('general', 'a'));
	const later = { at: 1000 + defaultRetention.historyTtlMs, calls: [['sweep']] as const };
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

test('no step of a sweep touches more than 500 messages', () => {
	const writer = writerOn(owned);
	for (let index = 0; index < 1700; index += 1) {
		commit(writer, append(`room-${index % 3}`, `${index}`));
	}
	writer.commit([{ at: 1000 + defaultRetention.historyTtlMs, calls: [['sweep']] }]);
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
