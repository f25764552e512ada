import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { openForWriting } from '../../src/engines/sqlite-database.ts';
import { append, type Conditions, draft, numbersIn, placed, span } from '../helpers/engine-case.ts';
import { expectPages, type Slot, slotsOf } from '../helpers/engine-page-cases.ts';
import { engineSuite } from '../helpers/engine-suite.ts';

// Each test opens several engines, which takes a second each on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

engineSuite('sqlite', async (conditions) => {
	const directory = await mkdtemp(join(tmpdir(), 'natter-engine-'));
	const open = (changed?: Conditions) => openSqliteEngine({ ...conditions, ...changed, directory });
	let engine = await open();
	return {
		engine,
		async again(changed) {
			await engine.close();
			engine = await open(changed);
			return engine;
		},
		async close() {
			await engine.close();
			await rm(directory, { recursive: true });
		},
	};
});

describe('sqlite on a disk', () => {
	let directory = '';
	beforeEach(async () => {
		directory = await mkdtemp(join(tmpdir(), 'natter-engine-'));
	});
	afterEach(() => rm(directory, { recursive: true }));

	test('what was acknowledged is there after kill -9 in a storm of appends, and numbers are dense', async () => {
		const kills = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 5, maxLength: 5 });
		await fc.assert(
			fc.asyncProperty(kills, async (rounds) => {
				const acknowledged = new Map<string, string>();
				const epochs = new Set<string>();
				for (const [round, afterLines] of rounds.entries()) {
					const storm = startStorm(directory, `round-${round}`);
					let lines = 0;
					for await (const line of createInterface({ input: storm.stdout as NodeJS.ReadableStream })) {
						const [room, sequence, id = ''] = line.split(' ');
						acknowledged.set(`${room} ${sequence}`, id);
						lines += 1;
						if (lines === afterLines) {
							storm.kill('SIGKILL');
						}
					}
					expect(lines).toBeGreaterThanOrEqual(afterLines);
					const stored = await everythingIn(directory, epochs);
					for (const [place, id] of acknowledged) {
						expect(stored.get(place)).toBe(id);
					}
					expect(new Set(stored.values()).size).toBe(stored.size);
					// A kill never makes a database look like an older copy.
					expect(epochs.size).toBe(1);
				}
			}),
			{ numRuns: 1, endOnFailure: true },
		);
	}, 60_000);

	test('followers are told of what a failed commit stored, before anything later', async () => {
		const hook = fileURLToPath(new URL('./failing-commit.ts', import.meta.url));
		const script = fileURLToPath(new URL('./uncertain-process.ts', import.meta.url));
		const { stdout } = await promisify(execFile)(process.execPath, ['--import', hook, script, directory]);
		expect(JSON.parse(stdout)).toEqual({
			outcomes: [
				[1, false],
				['unavailable', 'unknown'],
				[2, true],
				[3, false],
			],
			whileUncertain: ['unavailable', 'not_applied'],
			head: 1,
			seen: [1, 2, 3],
			puts: [['unavailable', 'unknown'], ['unavailable', 'not_applied'], false, true],
			told: [
				['sam', 'x'],
				['kim', 'x'],
			],
			cleared: [['unavailable', 'unknown'], []],
			inMemory: [3],
			notices: ['Nothing can be stored until the disk is well again: disk I/O error', 'Messages can be stored again'],
		});
	});

	test('a thread that dies is started again, and followers are told of what it had committed', async () => {
		const hook = fileURLToPath(new URL('./dying-threads.ts', import.meta.url));
		const script = fileURLToPath(new URL('./dying-process.ts', import.meta.url));
		const { stdout } = await promisify(execFile)(process.execPath, ['--import', hook, script, directory]);
		expect(JSON.parse(stdout)).toEqual({
			before: [1, false],
			dyingWriter: [['unavailable', 'unknown'], ['unavailable', 'not_applied'], [1]],
			seenAfterWriter: [1, 2],
			afterWriter: [3, false],
			dyingReader: [
				['unavailable', 'unknown'],
				['unavailable', 'not_applied'],
				// It has been in memory since the writer was started again.
				[3],
				[4, false],
			],
			afterReader: [1, 2, 3, 4],
			seen: [1, 2, 3, 4],
			puts: [true, ['unavailable', 'unknown'], ['unavailable', 'unknown'], true],
			// What was not known is told as it is.
			told: [
				['sam', 'x'],
				['kim', 'y'],
				['sam', 'x'],
				['ann', 'x'],
			],
			notices: ['writer', 'reader'].flatMap((role) => [
				`The ${role} of stored messages ended, and is started again: died`,
				`The ${role} of stored messages works again`,
			]),
		});
	});

	test("a directory is one broker's until it closes or is killed", async () => {
		const storm = startStorm(directory, 'holder');
		await once(storm.stdout as NodeJS.ReadableStream, 'data');
		const locked = { name: 'EngineError', code: 'locked', message: `Another broker uses ${directory}` };
		await expect(openSqliteEngine({ directory })).rejects.toMatchObject(locked);
		storm.kill('SIGKILL');
		await once(storm, 'close');
		const engine = await openSqliteEngine({ directory });
		await expect(openSqliteEngine({ directory })).rejects.toMatchObject(locked);
		await engine.close();
		await (await openSqliteEngine({ directory })).close();
	});

	test('an opening that is refused leaves the lock to the engine of the same process that has it', async () => {
		const engine = await openSqliteEngine({ directory });
		await append(engine, 'general', 'a');
		const locked = { name: 'EngineError', code: 'locked' };
		await expect(openSqliteEngine({ directory })).rejects.toMatchObject(locked);
		const other = startStorm(directory, 'other', 'pipe');
		let refusal = '';
		other.stderr?.on('data', (text) => {
			refusal += text;
		});
		other.stdout?.once('data', () => other.kill('SIGKILL'));
		await once(other, 'close');
		expect(refusal).toContain(`Another broker uses ${directory}`);
		await append(engine, 'general', 'b');
		expect(await numbersIn(engine, 'general')).toEqual([1, 2]);
		await engine.close();
	});

	test('a directory is made for its owner alone, and closing leaves no log beside the database', async () => {
		const deep = join(directory, 'a', 'b');
		const engine = await openSqliteEngine({ directory: deep });
		await append(engine, 'general', 'a');
		expect((await stat(deep)).mode & 0o777).toBe(0o700);
		for (const file of await readdir(deep)) {
			expect((await stat(join(deep, file))).mode & 0o077).toBe(0);
		}
		await engine.close();
		expect((await readdir(deep)).toSorted()).toEqual(['lock.db', 'natter.db', 'witness']);
	});

	test('a place that cannot be written is refused in one line with the reason', async () => {
		const file = join(directory, 'file');
		await writeFile(file, '');
		await expect(openSqliteEngine({ directory: join(file, 'data') })).rejects.toMatchObject({
			name: 'EngineError',
			code: 'unwritable',
			message: `Cannot write to ${join(file, 'data')}: not a directory`,
		});
	});

	test('a file that is no database of ours is refused in one line', async () => {
		await writeFile(join(directory, 'natter.db'), 'something else '.repeat(1000));
		await expect(openSqliteEngine({ directory })).rejects.toMatchObject({
			name: 'EngineError',
			code: 'unavailable',
			message: `Cannot open ${join(directory, 'natter.db')}: file is not a database`,
		});
	});

	test('a message with a flipped bit is named as damaged, told to the operator once, and never served', async () => {
		const writing = await openSqliteEngine({ directory });
		await append(writing, 'general', 'a', 'b', 'c');
		await writing.close();
		await flipBitIn(directory, 'content of b');

		const notices: string[] = [];
		const engine = await openSqliteEngine({ directory, onNotice: (text) => notices.push(text) });
		for (const order of ['asc', 'desc'] as const) {
			const page = await engine.range('general', { limit: 10, order });
			expect(page.entries.map(({ sequence }) => sequence)).toEqual([1, 3]);
			expect(page).toMatchObject({ head: 3, oldest: 1, complete: true, gone: [{ from: 2, to: 2, reason: 'damaged' }] });
		}
		expect(await engine.range('general', { limit: 10, after: 2 })).toHaveProperty('gone', []);
		await engine.close();
		expect(notices).toEqual(['Stored messages of room "general" are damaged: 2']);
	});

	test('a page names what is damaged between what was trimmed and what has expired', async () => {
		const writing = await openSqliteEngine({ directory, historySize: 20, now: () => 1000 });
		const expiring = new Set([14, 20]);
		const numbers = span(1, 30).map((number) => draft(`<${number}>`, expiring.has(number) ? { expiresAt: 1500 } : {}));
		await writing.append('general', numbers);
		const slots: Slot[] = [...slotsOf(await writing.range('general', { limit: 100 }), 'trimmed')];
		await writing.close();
		for (const damaged of [11, 15, 16, 21, 30]) {
			await flipBitIn(directory, `content of <${damaged}>`);
			slots[damaged - 1] = { reason: 'damaged' };
		}
		for (const expired of expiring) {
			slots[expired - 1] = { reason: 'expired' };
		}
		const engine = await openSqliteEngine({ directory, historySize: 20, now: () => 1500 });
		await expectPages(engine, slots, 11);
		await engine.sweep();
		await expectPages(engine, slots, 11);
		await engine.close();
	});

	test('a trim that a process left unfinished is finished after the next start', async () => {
		const first = await openSqliteEngine({ directory });
		await append(first, 'general', ...span(1, 100).map(String));
		await first.close();
		const smaller = await openSqliteEngine({ directory, historySize: 90 });
		await append(smaller, 'general', 'one more');
		await smaller.close();
		expect(textsIn(directory)).toBe(101);
		const engine = await openSqliteEngine({ directory });
		expect(await numbersIn(engine, 'general')).toEqual(span(12, 101));
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ head: 101, oldest: 12 });
		const [again] = await engine.append('general', [draft('5')]);
		expect(placed(again)).toMatchObject({ sequence: 5, duplicate: true });
		await engine.close();
		expect(textsIn(directory)).toBe(90);
	});

	test('a sweep that is asked for while one is under way is that one', async () => {
		const engine = await openSqliteEngine({ directory });
		const sweep = engine.sweep();
		expect(engine.sweep()).toBe(sweep);
		await sweep;
		expect(engine.sweep()).not.toBe(sweep);
		await engine.sweep();
		await engine.close();
	});

	test('what is promised to clients is what survives', async () => {
		const strict = await openSqliteEngine({ directory });
		expect(strict.durability).toBe('fsync');
		await strict.close();
		const fast = await openSqliteEngine({ directory, durability: 'process' });
		expect(fast.durability).toBe('memory');
		await fast.close();
	});

	test.each([
		[{ directory: '' }, 'Expected `directory` to be a path, got `` (string)'],
		[
			{ directory: 'd', historySize: 0 },
			'Expected `historySize` to be a whole number >= 1 or Infinity, got `0` (number)',
		],
		[{ directory: 'd', historyTtlMs: 0 }, 'Expected `historyTtlMs` to be a number > 0, got `0` (number)'],
		[
			{ directory: 'd', durability: 'disk' as 'fsync' },
			"Expected `durability` to be 'fsync' or 'process', got `disk` (string)",
		],
	])('options %j are refused', async (options, message) => {
		await expect(openSqliteEngine(options)).rejects.toThrow(new TypeError(message));
	});
});

function startStorm(directory: string, run: string, stderr: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
	const script = fileURLToPath(new URL('./storm-process.ts', import.meta.url));
	return spawn(process.execPath, [script, directory, run], { stdio: ['ignore', 'pipe', stderr] });
}

/** Flips a bit of a text wherever the database file has it: pages that are not used any more may hold copies. */
async function flipBitIn(directory: string, text: string): Promise<void> {
	const path = join(directory, 'natter.db');
	const bytes = await readFile(path);
	for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at)) {
		bytes[at] = (bytes[at] ?? 0) ^ 1;
	}
	await writeFile(path, bytes);
}

/** How many messages the database has the text of. */
function textsIn(directory: string): number {
	const { database, close } = openForWriting({ directory, fsync: false, at: 0, notice: () => {} });
	const count = Number(database.prepare('SELECT count(body) AS texts FROM msg').get()?.['texts']);
	close();
	return count;
}

/**
 * What each place of a storm's rooms holds, `room sequence` to id; its numbers are checked to be dense. The rooms' epochs
 * are added to `epochs`.
 */
async function everythingIn(directory: string, epochs: Set<string>): Promise<Map<string, string>> {
	const engine = await openSqliteEngine({ directory });
	const stored = new Map<string, string>();
	for (const room of ['room-0', 'room-1', 'room-2']) {
		const { epoch, head, entries } = await engine.range(room, { limit: 100_000 });
		epochs.add(epoch);
		expect(entries.map(({ sequence }) => sequence)).toEqual(span(1, head));
		for (const { sequence, text } of entries) {
			stored.set(`${room} ${sequence}`, JSON.parse(text).id);
		}
	}
	await engine.close();
	return stored;
}
