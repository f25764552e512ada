import { readFileSync, writeFileSync } from 'node:fs';
import { copyFile, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { defaultRetention, type Engine } from '../../src/engines/engine.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { openForWriting } from '../../src/engines/sqlite-database.ts';
import { openLineage } from '../../src/engines/sqlite-lineage.ts';
import type { WriterCall } from '../../src/engines/sqlite-wire.ts';
import { SqliteWriter } from '../../src/engines/sqlite-writer.ts';
import { append, draft, numbersIn, placed, span } from '../helpers/engine-case.ts';

// Each test opens several engines, which takes a second each on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

let directory = '';
let notices: string[] = [];
beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-lineage-'));
	notices = [];
});
afterEach(() => rm(directory, { recursive: true }));

const open = () => openSqliteEngine({ directory, durability: 'process', onNotice: (text) => notices.push(text) });
const file = (name: string) => join(directory, name);

/** What `work` returns with an engine of its own, which is closed then. */
async function inEngine<Value>(work: (engine: Engine) => Promise<Value>): Promise<Value> {
	const engine = await open();
	try {
		return await work(engine);
	} finally {
		await engine.close();
	}
}

const epochOf = (room: string) => inEngine(async (engine) => (await engine.state(room)).epoch);

const olderCopy = 'The database is an older copy; its rooms go on under new epochs, and readers are told what was lost';

const restorings: readonly [how: string, restore: (copy: string) => Promise<void>][] = [
	['moved over the database', (copy) => rename(copy, file('natter.db'))],
	['written into the database', async (copy) => writeFile(file('natter.db'), await readFile(copy))],
];

test.each(restorings)('after an older copy was %s, positions are mapped exactly', async (_, restore) => {
	const copy = file('copy');
	await inEngine(async (engine) => {
		await append(engine, 'general', ...span(1, 10).map(String));
		await append(engine, 'quiet', 'q');
	});
	await copyFile(file('natter.db'), copy);
	const [old, quiet] = await inEngine(async (engine) => {
		await append(engine, 'general', ...span(11, 15).map(String));
		await append(engine, 'later', 'x', 'y');
		return [(await engine.state('general')).epoch, (await engine.state('quiet')).epoch];
	});
	await restore(copy);
	const engine = await open();
	const { epoch, head } = await engine.state('general');
	expect(epoch).not.toBe(old);
	expect(head).toBe(10);
	const located = async (room: string, sequence: number, inEpoch = old) => {
		const { relation, sequence: to } = await engine.locate(room, { epoch: inEpoch, sequence });
		return [relation, to];
	};
	expect(await located('general', 7)).toEqual(['kept', 7]);
	expect(await located('general', 10)).toEqual(['kept', 10]);
	expect(await located('general', 14)).toEqual(['rewound', 10]);
	expect(await located('quiet', 1, quiet)).toEqual(['kept', 1]);
	expect(await located('later', 2)).toEqual(['rewound', 0]);
	expect(await located('general', 3, 'never seen')).toEqual(['unknown', 10]);
	await engine.follow('general', () => {});
	await append(engine, 'general', 'anew');
	await append(engine, 'later', 'anew');
	expect(await located('general', 14)).toEqual(['rewound', 10]);
	expect(await located('general', 11)).toEqual(['rewound', 10]);
	expect(await located('later', 2)).toEqual(['rewound', 0]);
	expect(await located('general', 11, epoch)).toEqual(['kept', 11]);
	expect(await located('general', 12, epoch)).toEqual(['rewound', 11]);
	await engine.close();
	expect(notices).toEqual([olderCopy]);
	expect(await epochOf('general')).toBe(epoch);
	expect(notices).toEqual([olderCopy]);
});

test('a copy of the very session that went on after it is noticed too', async () => {
	await inEngine(async (engine) => {
		await append(engine, 'general', 'a', 'b');
	});
	// The last session's copy differs from what followed in nothing but the messages.
	const before = await readFile(file('natter.db'));
	const engine = await open();
	await append(engine, 'general', 'c');
	const { epoch } = await engine.state('general');
	await engine.close();
	const [witness, database] = [await readFile(file('witness')), new DatabaseSync(file('natter.db'))];
	const instance = database.prepare("SELECT value, crc FROM meta WHERE name = 'instance'").get();
	database.close();
	await writeFile(file('natter.db'), before);
	const older = new DatabaseSync(file('natter.db'));
	older
		.prepare("UPDATE meta SET value = ?, crc = ? WHERE name = 'instance'")
		.run(String(instance?.['value']), Number(instance?.['crc']));
	older.close();
	await writeFile(file('witness'), witness);
	await inEngine(async (restored) => {
		expect(await restored.locate('general', { epoch, sequence: 3 })).toMatchObject({
			relation: 'rewound',
			sequence: 2,
		});
	});
	expect(notices).toEqual([olderCopy]);
});

test('a copy made while the engine ran is noticed after a kill, whatever was acknowledged since', () => {
	const appends = (from: number, to: number) =>
		span(from, to).map((n): WriterCall => ['append', 'general', [[`${n}`, '{', '}', 1, null, null, 0, null]]]);
	const openOwned = () => openForWriting({ directory, fsync: false, at: 1000, notice: (text) => notices.push(text) });
	const killed = openOwned();
	const writer = new SqliteWriter(killed, defaultRetention, 0, () => {});
	writer.commit([{ at: 1000, elapsed: 0, calls: appends(1, 5) }]);
	killed.database.exec(`VACUUM INTO '${file('copy')}'`);
	writer.commit([{ at: 1000, elapsed: 0, calls: appends(6, 6) }]);
	killed.close();
	writeFileSync(file('natter.db'), readFileSync(file('copy')));
	const restored = openOwned();
	expect(notices).toEqual([olderCopy]);
	expect(restored.epoch).not.toBe(killed.epoch);
	restored.close();
});

test('earlier epochs are remembered over several copies, up to sixteen', async () => {
	const epochs: string[] = [];
	/** The results of calls to a writer of its own. */
	const written = (...calls: readonly WriterCall[]) => {
		const owned = openForWriting({ directory, fsync: false, at: 1000, notice: () => {} });
		const writer = new SqliteWriter(owned, defaultRetention, 0, () => {});
		const results = writer.commit([{ at: 1000, elapsed: 0, calls }]);
		writer.close();
		return results;
	};
	for (const round of span(1, 18)) {
		await rm(file('witness'), { force: true });
		const [result] = written(['append', 'general', [[`${round}`, '{', '}', 1, null, null, 0, null]]]);
		epochs.push(String(result?.[1]));
	}
	expect(new Set(epochs).size).toBe(18);
	const positions = epochs.map((epoch, index) => ({ epoch, sequence: index + 2 }));
	const located = written(...positions.map((position) => ['locate', 'general', position] as const));
	const relations = located.map((result) => result[0] === 'located' && `${result[1].relation} ${result[1].sequence}`);
	expect(relations).toEqual(['unknown 18', ...span(2, 17).map((kept) => `rewound ${kept}`), 'rewound 18']);
});

test('a database that was left alone keeps its epoch, however often it is opened', async () => {
	const first = await epochOf('general');
	await inEngine((engine) => append(engine, 'general', 'a'));
	for (const _ of span(1, 3)) {
		expect(await epochOf('general')).toBe(first);
	}
	expect(notices).toEqual([]);
});

test('a database whose opening was cut off by a kill keeps its epoch', async () => {
	await inEngine((engine) => append(engine, 'general', 'a'));
	const epoch = await epochOf('general');
	const database = new DatabaseSync(file('natter.db'));
	database.exec = (sql) => {
		throw new Error(`killed at ${sql}`);
	};
	expect(() => openLineage(database, directory, false, () => {})).toThrow('killed at BEGIN');
	database.close();
	expect(await epochOf('general')).toBe(epoch);
	expect(notices).toEqual([]);
});

test('a copy that holds all that the database held is a copy all the same', async () => {
	const epoch = await inEngine(async (engine) => {
		await append(engine, 'general', 'a', 'b');
		return (await engine.state('general')).epoch;
	});
	await copyFile(file('natter.db'), file('copy'));
	await rename(file('copy'), file('natter.db'));
	await inEngine(async (engine) => {
		const located = await engine.locate('general', { epoch, sequence: 2 });
		expect(located).toMatchObject({ relation: 'kept', sequence: 2, head: 2 });
		expect(located.epoch).not.toBe(epoch);
	});
	expect(notices).toEqual([olderCopy]);
});

test('everything that was ever removed does not make a database look like an older copy', async () => {
	let at = 1000;
	const timed = () => openSqliteEngine({ directory, now: () => at, onNotice: (text) => notices.push(text) });
	const engine = await timed();
	await append(engine, 'general', 'a', 'b', 'c');
	const { epoch } = await engine.state('general');
	at += 100 * 24 * 3_600_000;
	await engine.sweep();
	await engine.close();
	const again = await timed();
	expect(await again.state('general')).toEqual({ epoch, head: 3, oldest: 4, edge: 'expired' });
	await again.close();
	expect(notices).toEqual([]);
});

test('a witness that cannot be read makes a new lineage, in which everything is kept', async () => {
	const old = await inEngine(async (engine) => {
		await append(engine, 'general', 'a', 'b');
		return (await engine.state('general')).epoch;
	});
	await writeFile(file('witness'), 'something else');
	await inEngine(async (engine) => {
		const located = await engine.locate('general', { epoch: old, sequence: 2 });
		expect(located).toMatchObject({ relation: 'kept', sequence: 2 });
		expect(located.epoch).not.toBe(old);
	});
	expect((await stat(file('witness'))).size).toBe(256);
});

test('producers and ids go on from where the copy was', async () => {
	const said = (pseq: number) => draft(`p${pseq}`, { origin: { producer: 'p', pseq } });
	await inEngine((engine) => engine.append('general', [said(1), said(2)]));
	await copyFile(file('natter.db'), file('copy'));
	await inEngine((engine) => engine.append('general', [said(3), said(4)]));
	await rename(file('copy'), file('natter.db'));
	await inEngine(async (engine) => {
		const outcomes = await engine.append('general', [said(5), said(2), said(3)]);
		expect(outcomes[0]).toEqual({ ok: false, code: 'out_of_order', expected: 3 });
		expect(outcomes.slice(1).map(placed)).toMatchObject([
			{ sequence: 2, duplicate: true },
			{ sequence: 3, duplicate: false },
		]);
		expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3]);
	});
});

const firstVersion = `
CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE room (
	key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, epoch TEXT NOT NULL,
	head INTEGER NOT NULL, floor INTEGER NOT NULL, trimmed INTEGER NOT NULL, ts INTEGER NOT NULL
);
CREATE TABLE msg (
	g INTEGER PRIMARY KEY, room INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, ts INTEGER NOT NULL,
	expires INTEGER, digest INTEGER NOT NULL, crc INTEGER NOT NULL, body TEXT,
	UNIQUE (room, seq)
);
CREATE INDEX msg_expires ON msg (expires) WHERE expires IS NOT NULL;
CREATE TABLE cursor (
	user TEXT NOT NULL, device TEXT NOT NULL, room TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
	PRIMARY KEY (user, device, room)
) WITHOUT ROWID;
PRAGMA user_version = 1;
`;

test('a database of version 1 keeps every message, number and epoch', async () => {
	const database = new DatabaseSync(file('natter.db'));
	database.exec(firstVersion);
	database.prepare("INSERT INTO meta VALUES ('epoch', 'epoch-of-version-1')").run();
	const addRoom = database.prepare("INSERT INTO room VALUES (?, ?, 'epoch-of-version-1', ?, ?, ?, 1000)");
	addRoom.run(1, 'general', 8, 3, 3);
	addRoom.run(2, 'emptied', 4, 5, 5);
	const addMessage = database.prepare('INSERT INTO msg VALUES (?, ?, ?, ?, 1000, NULL, 1, ?, ?)');
	const text = (seq: number) => `{"type":"message","room":"general","sequence":${seq}}`;
	// 2 is kept for its id alone, 4 has lost its text to its own time, 5 its row too; 6 is damaged.
	for (const seq of [2, 3, 4, 6, 7, 8]) {
		const crc = crc32(text(seq), (Math.imul(1, 0x9e3779b1) + seq) >>> 0) + (seq === 6 ? 1 : 0);
		addMessage.run(seq, 1, seq, `id-${seq}`, crc, seq === 2 || seq === 4 ? null : text(seq));
	}
	database.prepare("INSERT INTO cursor VALUES ('sam', 'd1', 'general', 'epoch-of-version-1', 7)").run();
	database.close();

	const engine = await openSqliteEngine({ directory, now: () => 2000, onNotice: (line) => notices.push(line) });
	const page = await engine.range('general', { limit: 10 });
	expect(page).toEqual({
		...{ epoch: 'epoch-of-version-1', head: 8, oldest: 3, edge: 'trimmed', complete: true },
		entries: [3, 7, 8].map((sequence) => ({ sequence, text: text(sequence) })),
		gone: [
			{ from: 1, to: 2, reason: 'trimmed' },
			{ from: 4, to: 5, reason: 'expired' },
			{ from: 6, to: 6, reason: 'damaged' },
		],
	});
	expect(await engine.state('emptied')).toMatchObject({ epoch: 'epoch-of-version-1', head: 4, oldest: 5 });
	expect((await engine.state('new')).epoch).toBe('epoch-of-version-1');
	expect(await engine.cursors('sam', 'general')).toEqual([
		{ user: 'sam', device: 'd1', room: 'general', epoch: 'epoch-of-version-1', sequence: 7 },
	]);
	const outcomes = await engine.append('general', [draft('id-2', { content: 'other' }), draft('id-9')]);
	expect(outcomes[0]).toEqual({ ok: false, code: 'duplicate_conflict' });
	expect(placed(outcomes[1])).toMatchObject({ sequence: 9, epoch: 'epoch-of-version-1' });
	expect(await engine.putRecords([{ kind: 'nick', key: 'sam', value: 'key 1', expected: null }])).toBe(true);
	await engine.close();
	expect(await inEngine((again) => again.records('nick'))).toEqual(new Map([['sam', 'key 1']]));
	expect(await epochOf('general')).toBe('epoch-of-version-1');
	expect(notices).toEqual(['Stored messages of room "general" are damaged: 6']);
});
