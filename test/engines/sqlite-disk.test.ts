/**
 * A disk that fills, at every step: a small tmpfs, where one can be mounted.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Engine, EngineError } from '../../src/engines/engine.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { Reserve } from '../../src/engines/sqlite-reserve.ts';
import { append, draft, numbersIn, placed, span } from '../helpers/engine-case.ts';

// Each test opens several engines, which takes a second each on a machine that is busy.
vi.setConfig({ testTimeout: 30_000 });

const mib = 1024 * 1024;

const cannotMount = whyNoTmpfs();

function whyNoTmpfs(): string | undefined {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) {
		return 'only root may mount a small disk, and only on Linux';
	}
	const directory = mkdtempSync(join(tmpdir(), 'natter-mount-'));
	try {
		mount(directory);
		execFileSync('umount', [directory]);
		return undefined;
	} catch {
		return 'a small disk cannot be mounted here';
	} finally {
		rmSync(directory, { recursive: true });
	}
}

function mount(directory: string, mebibytes = 20): void {
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'none', directory], { stdio: 'ignore' });
}

describe.skipIf(cannotMount)(`a disk that fills${cannotMount === undefined ? '' : ` (${cannotMount})`}`, () => {
	let directory = '';
	let notices: string[] = [];
	let hear: (text: string) => void = () => {};

	beforeEach(() => {
		directory = mkdtempSync(join(tmpdir(), 'natter-disk-'));
		mount(directory);
		notices = [];
	});
	afterEach(() => {
		execFileSync('umount', ['-l', directory]);
		rmSync(directory, { recursive: true });
	});

	const open = () =>
		openSqliteEngine({
			directory,
			onNotice(text) {
				notices.push(text);
				hear(text);
			},
		});

	/** Takes all room but for `left` bytes. */
	function fill(left = 0): void {
		const file = openSync(join(directory, 'ballast'), 'a');
		for (const size of [mib, 4096]) {
			try {
				while (writeSync(file, Buffer.alloc(size)) === size);
			} catch (error) {
				expect(error).toMatchObject({ code: 'ENOSPC' });
			}
		}
		closeSync(file);
		if (left > 0) {
			execFileSync('truncate', ['-s', `-${left}`, join(directory, 'ballast')]);
		}
	}

	/** Gives it back, and waits for the engine to notice. */
	async function empty(): Promise<void> {
		const recovered = new Promise<void>((resolve) => {
			hear = (text) => text === 'Messages can be stored again' && resolve();
		});
		rmSync(join(directory, 'ballast'));
		await recovered;
	}

	/** Appends long messages until one is refused. Returns how many were stored. */
	async function appendUntilFull(engine: Engine): Promise<number> {
		for (let count = 0; ; count += 1) {
			try {
				const [outcome] = await engine.append('general', [draft(`long-${count}`, { content: 'x'.repeat(50_000) })]);
				placed(outcome);
			} catch (error) {
				expect(error).toMatchObject({ code: 'unavailable', outcome: 'not_applied' });
				return count;
			}
		}
	}

	const settled = (promise: Promise<unknown>) =>
		promise.then(
			() => 'done',
			(error: unknown) => (error instanceof EngineError ? error.code : error),
		);

	test('refuses a broker that would open on it, in one line', async () => {
		fill();
		await expect(open()).rejects.toMatchObject({
			name: 'EngineError',
			code: 'unwritable',
			message: expect.stringMatching(/^Cannot write to .*: .+$/),
		});
		rmSync(join(directory, 'ballast'));
		const engine = await open();
		await append(engine, 'general', 'a');
		await engine.close();
	});

	test('refuses a broker that would open on it when it can only be read, in one line', async () => {
		const engine = await open();
		await append(engine, 'general', 'a');
		await engine.close();
		execFileSync('mount', ['-o', 'remount,ro', directory]);
		await expect(open()).rejects.toMatchObject({
			code: 'unwritable',
			message: `Cannot write to ${directory}: read-only file system`,
		});
		execFileSync('mount', ['-o', 'remount,rw', directory]);
		const again = await open();
		expect(await numbersIn(again, 'general')).toEqual([1]);
		await again.close();
	});

	test('refuses appends as not applied, serves readers, and goes on when there is room', async () => {
		const engine = await open();
		await append(engine, 'general', 'a', 'b');
		fill(2 * mib);
		const stored = await appendUntilFull(engine);
		const { head } = await engine.state('general');
		expect(head).toBe(2 + stored);
		expect(await numbersIn(engine, 'general')).toEqual(span(1, head));
		expect(await settled(engine.append('general', [draft('refused')]))).toBe('unavailable');
		await empty();
		const [outcome] = await engine.append('general', [draft('refused')]);
		expect(placed(outcome)).toMatchObject({ sequence: head + 1, duplicate: false });
		await engine.close();
		expect(notices).toEqual([expect.stringMatching(/^Messages cannot be stored: /), 'Messages can be stored again']);
		const again = await open();
		expect(await numbersIn(again, 'general')).toEqual(span(1, head + 1));
		await again.close();
	});

	test('refuses cursors, settles sweeps, and loses nothing when it is closed full', async () => {
		const engine = await open();
		const cursor = { user: 'sam', device: 'd1', room: 'general', epoch: 'e', sequence: 1 };
		await append(engine, 'general', 'a');
		await engine.saveCursors([cursor]);
		fill(mib);
		const stored = await appendUntilFull(engine);
		expect(await settled(engine.saveCursors([{ ...cursor, sequence: 2 }]))).toBe('unavailable');
		expect(await engine.cursors('sam', 'general')).toEqual([cursor]);
		expect(['done', 'unavailable']).toContain(await settled(engine.sweep()));
		await engine.close();
		rmSync(join(directory, 'ballast'));
		const again = await open();
		expect(await again.cursors('sam', 'general')).toEqual([cursor]);
		expect(await numbersIn(again, 'general')).toEqual(span(1, 1 + stored));
		await again.close();
	});

	test('lets a room be cleared from the reserve', async () => {
		const engine = await open();
		await append(engine, 'general', 'a');
		// Taken by hand, as the engine would a second later.
		expect(new Reserve(directory).take()).toBe(true);
		fill(2 * mib);
		await appendUntilFull(engine);
		expect(statSync(join(directory, 'reserve'), { throwIfNoEntry: false })).toBeUndefined();
		await expect(engine.saveCursors([])).rejects.toMatchObject({ code: 'unavailable' });
		const { head } = await engine.state('general');
		expect(await engine.clear('general')).toMatchObject({ head, oldest: head + 1, edge: 'cleared' });
		await empty();
		const [outcome] = await engine.append('general', [draft('next')]);
		expect(placed(outcome)).toMatchObject({ sequence: head + 1 });
		expect(await engine.range('general', { limit: 10 })).toMatchObject({ gone: [{ to: head, reason: 'cleared' }] });
		await engine.close();
	});

	test('that is very small takes messages again when there is room', async () => {
		execFileSync('umount', [directory]);
		mount(directory, 2);
		const engine = await open();
		fill(256 * 1024);
		await appendUntilFull(engine);
		await engine.clear('general').catch(() => {});
		await empty();
		expect((await engine.append('general', [draft('after')]))[0]).toMatchObject({ ok: true });
		await engine.close();
	});

	test('gives no room for a reserve without as much beside it', () => {
		const reserve = new Reserve(directory);
		expect(reserve.take()).toBe(true);
		expect(statSync(join(directory, 'reserve'))).toMatchObject({ size: 4 * mib, blocks: (4 * mib) / 512 });
		reserve.giveUp();
		fill(6 * mib);
		expect(reserve.take()).toBe(false);
		expect(statSync(join(directory, 'reserve'), { throwIfNoEntry: false })).toBeUndefined();
	});
});
