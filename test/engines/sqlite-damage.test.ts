import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { append, draft, numbersIn, span } from '../helpers/engine-case.ts';
import { run } from './flips.ts';

// Each test opens several engines, which takes a second each on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

let directory = '';
let notices: string[] = [];
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-damage-'));
	notices = [];
});
afterEach(() => rm(directory, { recursive: true }));

const open = () => openSqliteEngine({ directory, durability: 'process', onNotice: (text) => notices.push(text) });

/** A database with two rooms, and the epoch of both. */
async function fill(): Promise<string> {
	const engine = await open();
	await append(engine, 'general', ...span(1, 5).map(String));
	await append(engine, 'sports', 'a', 'b');
	const { epoch } = await engine.state('general');
	await engine.saveCursors([
		{ user: 'sam', device: 'd1', room: 'general', epoch, sequence: 3 },
		{ user: 'sam', device: 'd2', room: 'general', epoch, sequence: 4 },
	]);
	await engine.append('general', [draft('p1', { origin: { producer: 'p', pseq: 1 } })]);
	await engine.close();
	return epoch;
}

function damage(sql: string): void {
	const database = new DatabaseSync(join(directory, 'natter.db'));
	database.exec(sql);
	database.close();
}

test.each([
	["UPDATE room SET head = head - 2 WHERE name = 'general'"],
	["UPDATE room SET head = 1000000 WHERE name = 'general'"],
	["UPDATE room SET floor = 4 WHERE name = 'general'"],
	["UPDATE room SET trimmed = 9000000000000000000 WHERE name = 'general'"],
	["UPDATE room SET name = 'genesal' WHERE name = 'general'"],
	["UPDATE room SET name = 'sports2' WHERE name = 'general'"],
	["UPDATE room SET epoch = 'other' WHERE name = 'general'"],
	["UPDATE room SET key = 77 WHERE name = 'general'"],
	["UPDATE room SET key = -1 WHERE name = 'general'"],
	["UPDATE room SET crc = crc + 1 WHERE name = 'general'"],
	["DELETE FROM room WHERE name = 'general'"],
])('a room is rebuilt from its messages under a new epoch after: %s', async (sql) => {
	const old = await fill();
	damage(sql);
	const engine = await open();
	const general = await engine.state('general');
	expect(general).toMatchObject({ head: 6, oldest: 1 });
	expect(general.epoch).not.toBe(old);
	expect(await numbersIn(engine, 'general')).toEqual(span(1, 6));
	expect(await engine.locate('general', { epoch: old, sequence: 2 })).toMatchObject({ relation: 'unknown' });
	expect(await engine.state('sports')).toMatchObject({ epoch: old, head: 2 });
	expect((await engine.rooms({ limit: 10 })).rooms.map(({ room }) => room)).toEqual(['general', 'sports']);
	expect((await engine.state('new')).epoch).not.toBe(old);
	await append(engine, 'general', 'next');
	expect(await numbersIn(engine, 'general')).toEqual(span(1, 7));
	await engine.close();
	expect(notices).toEqual(['What was known of room "general" was damaged; its messages go on under a new epoch']);
	const again = await open();
	expect(await again.state('general')).toMatchObject({ epoch: general.epoch, head: 7 });
	await again.close();
	expect(notices).toHaveLength(1);
});

test('a room that is lost with all its messages begins again under a new epoch', async () => {
	const old = await fill();
	damage(`
		UPDATE room SET name = 'x', crc = 0 WHERE name = 'sports';
		DELETE FROM msg WHERE room = 2;
		DELETE FROM room WHERE name = 'x';
		UPDATE room SET crc = 0 WHERE name = 'general'`);
	const engine = await open();
	expect(await engine.state('sports')).toMatchObject({ head: 0 });
	await append(engine, 'sports', 'new');
	expect((await engine.state('sports')).epoch).not.toBe(old);
	await engine.close();
});

test('damage is told to the operator once, however a reader cuts the pages that pass it', async () => {
	await fill();
	damage(
		"UPDATE msg SET text_crc = 0 WHERE seq > 1 AND seq < 6 AND room = (SELECT key FROM room WHERE name = 'general')",
	);
	const engine = await open();
	for (const after of span(0, 5)) {
		for (const before of span(after + 2, 7)) {
			await engine.range('general', { limit: 10, after, before });
		}
	}
	await engine.close();
	expect(notices).toEqual([expect.stringMatching(/^Stored messages of room "general" are damaged: /)]);
});

test('a message that is missing is damaged, although those around it go at their own time', async () => {
	let at = 1000;
	const timed = () => openSqliteEngine({ directory, durability: 'process', now: () => at });
	const writing = await timed();
	await writing.append(
		'general',
		span(1, 4).map((number) => draft(`${number}`, { expiresAt: 2000 })),
	);
	await append(writing, 'general', 'stays');
	await writing.close();
	damage('DELETE FROM msg WHERE seq = 2');
	at = 3000;
	const engine = await timed();
	await engine.sweep();
	expect((await engine.range('general', { limit: 10 })).gone).toEqual([
		{ from: 1, to: 1, reason: 'expired' },
		{ from: 2, to: 2, reason: 'damaged' },
		{ from: 3, to: 4, reason: 'expired' },
	]);
	await engine.close();
});

test('a position of a reader that is damaged is left out, and told to the operator', async () => {
	const epoch = await fill();
	damage("UPDATE cursor SET seq = 5 WHERE device = 'd1'");
	const engine = await open();
	expect(await engine.cursors('sam', 'general')).toEqual([
		{ user: 'sam', device: 'd2', room: 'general', epoch, sequence: 4 },
	]);
	await engine.cursors('sam', 'general');
	expect(notices).toEqual(['Stored positions of "sam" are damaged, and are left out']);
	await engine.saveCursors([{ user: 'sam', device: 'd1', room: 'general', epoch, sequence: 2 }]);
	expect(await engine.cursors('sam', 'general')).toMatchObject([{ sequence: 2 }, { sequence: 4 }]);
	await engine.close();
});

test('a producer that is damaged is asked to begin again', async () => {
	await fill();
	damage('UPDATE producer SET pseq = 7');
	const engine = await open();
	const said = (pseq: number) => draft(`p${pseq}`, { origin: { producer: 'p', pseq } });
	expect(await engine.append('general', [said(2)])).toEqual([{ ok: false, code: 'out_of_order', expected: 1 }]);
	expect(await engine.append('general', [said(1), said(2)])).toMatchObject([
		{ sequence: 6, duplicate: true },
		{ sequence: 7, duplicate: false },
	]);
	await engine.close();
	expect(notices).toEqual(['What is known of a producer is damaged; it is asked to begin again']);
});

test('the epoch of new rooms is not served when it is damaged', async () => {
	const old = await fill();
	damage("UPDATE meta SET value = 'flipped' WHERE name = 'epoch'");
	const engine = await open();
	expect((await engine.state('general')).epoch).toBe(old);
	const { epoch } = await engine.state('new');
	expect([old, 'flipped']).not.toContain(epoch);
	await engine.close();
	const again = await open();
	expect((await again.state('new')).epoch).toBe(epoch);
	await again.close();
});

test('a time that is damaged takes no other messages away', async () => {
	await fill();
	damage('UPDATE msg SET ts = 5 WHERE seq = 4; UPDATE msg SET expires = 5 WHERE seq = 2');
	const engine = await open();
	await engine.sweep();
	expect(await engine.range('general', { limit: 10 })).toMatchObject({
		oldest: 1,
		gone: [
			{ from: 2, to: 2, reason: 'damaged' },
			{ from: 4, to: 4, reason: 'damaged' },
		],
	});
	await engine.close();
});

test('a time that is damaged does not keep others from going when they are old', async () => {
	let at = 1000;
	const timed = () => openSqliteEngine({ directory, durability: 'process', now: () => at, historyTtlMs: 60_000 });
	const writing = await timed();
	await append(writing, 'general', 'a');
	await append(writing, 'sports', 'b');
	await writing.close();
	damage("UPDATE msg SET ts = 1001 WHERE id = 'a'");
	at = 61_000;
	const engine = await timed();
	await engine.sweep();
	expect(await engine.state('sports')).toMatchObject({ head: 1, oldest: 2, edge: 'expired' });
	await engine.close();
});

test.each([
	[
		'garbage at its beginning',
		(path: string) => writeFile(path, 'garbage '.repeat(64), { flag: 'r+' }),
		/file is not a database$/,
	],
	['its end cut off', (path: string) => truncate(path, 8192), /Cannot open .*natter\.db: .*malformed$/],
	['a header alone', (path: string) => truncate(path, 100), /Cannot open .*natter\.db: /],
])('a database with %s is refused in one line', async (_, spoil, message) => {
	await fill();
	await spoil(join(directory, 'natter.db'));
	await expect(open()).rejects.toMatchObject({
		name: 'EngineError',
		code: 'unavailable',
		message: expect.stringMatching(message),
	});
});

test('a database whose schema is damaged is refused in one line', async () => {
	await fill();
	const path = join(directory, 'natter.db');
	const bytes = await readFile(path);
	const at = bytes.indexOf('trimmed INTEGER');
	bytes[at] = (bytes[at] ?? 0) ^ 1;
	await writeFile(path, bytes);
	await expect(open()).rejects.toMatchObject({
		code: 'unavailable',
		message: `The database in ${directory} is damaged: its layout is not natter's`,
	});
});

test('a database whose schema cannot be parsed is refused in one line', async () => {
	await fill();
	const path = join(directory, 'natter.db');
	const bytes = await readFile(path);
	// A quote that goes on over the end of its line.
	bytes[bytes.indexOf(' NULL\n')] = '`'.charCodeAt(0);
	await writeFile(path, bytes);
	await expect(open()).rejects.toMatchObject({
		code: 'unavailable',
		message: expect.stringMatching(/^Cannot open .*natter\.db: malformed database schema.*$/u),
	});
});

test('no flipped bit of a database is served as true', async () => {
	const { wrong, flips } = await run({ flips: 15, seed: 7 });
	expect(wrong).toEqual([]);
	expect(flips).toBe(15);
}, 60_000);

test('an index out of order does not lend a message of one room to another', async () => {
	await fill();
	const file = join(directory, 'natter.db');
	const database = new DatabaseSync(file);
	const { rootpage } = database
		.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'sqlite_autoindex_msg_1'")
		.get() as { rootpage: number };
	const { page_size: size } = database.prepare('PRAGMA page_size').get() as { page_size: number };
	database.close();
	const bytes = await readFile(file);
	const page = bytes.subarray((rootpage - 1) * size, rootpage * size);
	// A leaf of an index, with where its cells are from byte 8 on: https://www.sqlite.org/fileformat2.html#b_tree_pages
	expect([page.readUInt8(0), page.readUInt16BE(3)]).toEqual([10, 8]);
	const cell = (index: number) => 8 + 2 * index;
	const [second, last] = [page.readUInt16BE(cell(1)), page.readUInt16BE(cell(7))];
	// Now 1, [2 of sports], 3 to 6, 1 of sports, [2]: whoever looks for sports finds 2 of general.
	page.writeUInt16BE(last, cell(1));
	page.writeUInt16BE(second, cell(7));
	await writeFile(file, bytes);
	const engine = await open();
	for (const [room, head] of [
		['general', 6],
		['sports', 2],
	] as const) {
		for (const order of ['asc', 'desc'] as const) {
			const { entries, gone } = await engine.range(room, { limit: 10, order });
			expect(entries.map(({ text }) => JSON.parse(text).room)).toEqual(entries.map(() => room));
			const named = gone.flatMap(({ from, to }) => span(from, to));
			expect([...entries.map(({ sequence }) => sequence), ...named].sort()).toEqual(span(1, head));
		}
	}
	await engine.close();
});
