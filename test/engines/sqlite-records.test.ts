import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { RecordChange } from '../../src/engines/engine.ts';
import { restrictionKey } from '../../src/engines/records.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { prepareSchema } from '../../src/engines/sqlite-schema.ts';
import { append, draft, numbersIn, placed, span } from '../helpers/engine-case.ts';

// Each test opens several engines, which takes a second each on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

let directory = '';
let notices: string[] = [];
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-records-'));
	notices = [];
});
afterEach(() => rm(directory, { recursive: true }));

const open = () => openSqliteEngine({ directory, durability: 'process', onNotice: (text) => notices.push(text) });

/** What `work` gives with a connection beside the engine's, or without one. */
function inDatabase<Value>(work: (database: DatabaseSync) => Value): Value {
	const database = new DatabaseSync(join(directory, 'natter.db'));
	try {
		return work(database);
	} finally {
		database.close();
	}
}

const damage = (sql: string) => inDatabase((database) => database.exec(sql));
const versionOf = (database: DatabaseSync) => database.prepare('PRAGMA user_version').get()?.['user_version'];
const layoutOf = (database: DatabaseSync) =>
	database
		.prepare('SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY sql')
		.all()
		.map(({ sql }) => sql);

const secondVersion = [
	`CREATE INDEX msg_expires ON msg (expires) WHERE expires IS NOT NULL AND body IS NOT NULL`,
	`CREATE TABLE ancestor (
	room INTEGER NOT NULL, epoch TEXT NOT NULL, generation INTEGER NOT NULL, kept INTEGER, crc INTEGER NOT NULL,
	PRIMARY KEY (room, epoch)
) WITHOUT ROWID`,
	`CREATE TABLE cursor (
	user TEXT NOT NULL, device TEXT NOT NULL, room TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
	ts INTEGER NOT NULL, crc INTEGER NOT NULL, PRIMARY KEY (user, room, device)
) WITHOUT ROWID`,
	`CREATE TABLE meta (name TEXT PRIMARY KEY, value, crc INTEGER NOT NULL) WITHOUT ROWID`,
	`CREATE TABLE msg (
	g INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
	expires INTEGER, digest INTEGER NOT NULL, place_crc INTEGER NOT NULL, text_crc INTEGER NOT NULL, body TEXT,
	UNIQUE (room, seq)
)`,
	`CREATE TABLE producer (
	room INTEGER NOT NULL, name TEXT NOT NULL, pseq INTEGER NOT NULL, ts INTEGER NOT NULL, crc INTEGER NOT NULL,
	PRIMARY KEY (room, name)
) WITHOUT ROWID`,
	`CREATE TABLE room (
	key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL, head INTEGER NOT NULL,
	floor INTEGER NOT NULL, edge TEXT NOT NULL, trimmed INTEGER NOT NULL, ts INTEGER NOT NULL, crc INTEGER NOT NULL
)`,
];

const said = (pseq: number) => draft(`p${pseq}`, { origin: { producer: 'p', pseq } });

/** A database of version 2 with messages, a position of a reader and a producer; returns its epoch. */
async function fillSecondVersion(): Promise<string> {
	const engine = await open();
	await append(engine, 'general', 'a', 'b');
	await engine.append('general', [said(1)]);
	const { epoch } = await engine.state('general');
	await engine.saveCursors([{ user: 'sam', device: 'd1', room: 'general', epoch, sequence: 2 }]);
	await engine.close();
	damage('DROP TABLE record; PRAGMA user_version = 2');
	expect(inDatabase(layoutOf)).toEqual(secondVersion);
	return epoch;
}

test('a database of version 2 keeps everything, and has room for records then', async () => {
	const epoch = await fillSecondVersion();
	const engine = await open();
	expect(await engine.state('general')).toEqual({ epoch, head: 3, oldest: 1, edge: 'trimmed' });
	expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3]);
	expect(await engine.cursors('sam', 'general')).toEqual([
		{ user: 'sam', device: 'd1', room: 'general', epoch, sequence: 2 },
	]);
	const outcomes = await engine.append('general', [said(3), draft('a'), said(2)]);
	expect(outcomes[0]).toEqual({ ok: false, code: 'out_of_order', expected: 2 });
	expect(outcomes.slice(1).map(placed)).toMatchObject([
		{ sequence: 1, duplicate: true },
		{ sequence: 4, duplicate: false },
	]);
	expect(await engine.putRecords([{ kind: 'nick', key: 'sam', value: 'key 1', expected: null }])).toBe(true);
	await engine.close();
	expect(inDatabase(versionOf)).toBe(3);
	const again = await open();
	expect(await again.records('nick')).toEqual(new Map([['sam', 'key 1']]));
	expect(await again.state('general')).toMatchObject({ epoch, head: 4 });
	await again.close();
	expect(notices).toEqual([]);
});

test('a database of version 2 whose move is cut off is still one', async () => {
	await fillSecondVersion();
	inDatabase((database) => {
		const exec = database.exec.bind(database);
		database.exec = (sql) => {
			if (sql === 'COMMIT') {
				throw new Error('cut off');
			}
			exec(sql);
		};
		expect(() => prepareSchema(database, directory, 1000)).toThrow('cut off');
	});
	expect(inDatabase(versionOf)).toBe(2);
	expect(inDatabase(layoutOf)).toEqual(secondVersion);
});

test('a database of version 2 whose layout is not what it was is refused, and left as it is', async () => {
	await fillSecondVersion();
	damage('ALTER TABLE cursor RENAME COLUMN seq TO sez');
	await expect(open()).rejects.toMatchObject({
		code: 'unavailable',
		message: `The database in ${directory} is damaged: its layout is not natter's`,
	});
	expect(inDatabase(versionOf)).toBe(2);
});

test('a database of a later version is refused in one line', async () => {
	await fillSecondVersion();
	damage('PRAGMA user_version = 4');
	await expect(open()).rejects.toMatchObject({
		code: 'unavailable',
		message: `${directory} was written by another version of natter (its format is 4, this one's 3)`,
	});
});

const ban = (author: string, value: string | null = '{}'): RecordChange => {
	return { kind: 'ban', key: restrictionKey('general', author), value };
};
const nicks = span(1, 300).map((n): RecordChange => ({ kind: 'nick', key: `n${n}`, value: `key ${n}`.repeat(5) }));

/** A database in which eve and bob are banned, and 300 nicks are somebody's. */
async function fill(): Promise<void> {
	const engine = await open();
	await engine.putRecords([ban('eve'), ban('bob'), ...nicks]);
	await engine.close();
}

const ofEve = `kind = 'ban' AND key LIKE '%eve%'`;

test.each([
	[`UPDATE record SET value = '{"until":5}' WHERE ${ofEve}`, ban('eve')],
	[`UPDATE record SET value = '{' WHERE ${ofEve}`, ban('eve')],
	[`UPDATE record SET value = x'7b7d' WHERE ${ofEve}`, ban('eve')],
	[`UPDATE record SET crc = crc + 1 WHERE ${ofEve}`, ban('eve')],
	[`UPDATE record SET crc = 9000000000000000000 WHERE ${ofEve}`, ban('eve')],
	[`UPDATE record SET kind = 'mute' WHERE ${ofEve}`, { ...ban('eve'), kind: 'mute' }],
	[`UPDATE record SET kind = 'baN' WHERE ${ofEve}`, { ...ban('eve'), kind: 'baN' }],
	[`UPDATE record SET key = replace(key, 'eve', 'sam') WHERE ${ofEve}`, ban('sam')],
])(
	'a ban is there no more, silences nobody else, and is told to the operator after: %s',
	async (sql, { kind, key }) => {
		await fill();
		damage(sql);
		const engine = await open();
		const authors = ['eve', 'sam', 'bob'].map((author) => draft(author, { author }));
		expect(await engine.append('general', authors)).toMatchObject([
			{ ok: true, sequence: 1 },
			{ ok: true, sequence: 2 },
			{ ok: false, code: 'banned' },
		]);
		expect([...(await engine.records('ban')).keys()]).toEqual([restrictionKey('general', 'bob')]);
		expect(await engine.records('mute')).toEqual(new Map());
		expect(await engine.records('nick')).toEqual(new Map(nicks.map(({ key, value }) => [key, value])));
		expect(await engine.putRecords([{ ...ban('eve'), expected: null }])).toBe(true);
		expect(await engine.append('general', [draft('x', { author: 'eve' })])).toEqual([{ ok: false, code: 'banned' }]);
		await engine.close();
		await (await open()).close();
		expect(notices).toEqual([`A stored record was damaged, and is not there any more: ${JSON.stringify([kind, key])}`]);
	},
);

test('a key with a flipped bit is not in the way of the records beside it', async () => {
	await fill();
	const path = join(directory, 'natter.db');
	const bytes = readFileSync(path);
	// It is now before all others of its kind, and looked at where it was.
	const at = bytes.indexOf('nickn200');
	bytes[at + 4] = 'n'.charCodeAt(0) ^ 0x40;
	writeFileSync(path, bytes);
	const engine = await open();
	const others = nicks.filter(({ key }) => key !== 'n200');
	expect(await engine.records('nick')).toEqual(new Map(others.map(({ key, value }) => [key, value])));
	for (const { key, value } of others) {
		expect(await engine.putRecords([{ kind: 'nick', key, value: null, expected: value }])).toBe(true);
	}
	expect(await engine.records('nick')).toEqual(new Map());
	await engine.close();
	expect(notices).toEqual(['A stored record was damaged, and is not there any more: ["nick",".200"]']);
});

test('records that are damaged while they are read are left out, told once, and can be put again', async () => {
	const engine = await open();
	await engine.putRecords([ban('eve'), ...nicks.slice(0, 3)]);
	damage("UPDATE record SET value = 'mine' WHERE key = 'n2'; UPDATE record SET crc = 1 WHERE kind = 'ban'");
	for (const _ of [1, 2]) {
		expect([...(await engine.records('nick')).keys()]).toEqual(['n1', 'n3']);
		expect(await engine.records('ban')).toEqual(new Map());
	}
	expect(notices).toEqual([
		'Stored records of the kind "nick" are damaged, and are left out',
		'Stored records of the kind "ban" are damaged, and are left out',
	]);
	const nick = { kind: 'nick', key: 'n2', value: 'key 9' };
	expect(await engine.putRecords([{ ...nick, expected: 'mine' }])).toBe(false);
	expect(await engine.putRecords([{ ...nick, expected: null }])).toBe(true);
	// What was read when it was sound holds until the next start.
	expect(await engine.append('general', [draft('a', { author: 'eve' })])).toEqual([{ ok: false, code: 'banned' }]);
	expect(await engine.putRecords([ban('eve', null)])).toBe(true);
	expect(await engine.append('general', [draft('a', { author: 'eve' })])).toMatchObject([{ ok: true }]);
	await engine.close();
});
