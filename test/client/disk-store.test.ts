import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type DiskStore, openDiskStore } from '../../src/client/disk-store.ts';
import { apply, operationsOf, parcel, unsentAfter } from './disk-store-operations.ts';

let directory = '';
let notices: string[] = [];
const opened = new Set<DiskStore>();
const children = new Set<ChildProcess>();

beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), 'natter-state-'));
	notices = [];
});

afterEach(async () => {
	vi.useRealTimers();
	for (const store of opened) {
		store.close();
	}
	opened.clear();
	for (const child of children) {
		if (child.exitCode === null && child.signalCode === null) {
			child.kill('SIGKILL');
			await once(child, 'exit');
		}
	}
	children.clear();
	rmSync(directory, { recursive: true, force: true });
});

function open({
	broker = 'b:8080',
	nick = 'sam',
	now = () => 1_000,
}: {
	broker?: string;
	nick?: string;
	now?: () => number;
} = {}): DiskStore {
	const store = openDiskStore({ directory, broker, nick, onNotice: (text) => notices.push(text), now });
	opened.add(store);
	return store;
}

/** What a run finds that begins now, and ends again without sending anything. */
function found(options: Parameters<typeof open>[0] = {}) {
	const store = open(options);
	const lines = store.adopt();
	store.close();
	return lines;
}

describe('unsent lines', { timeout: 60_000 }, () => {
	it('are there for the next run, in the order in which they were made', () => {
		const lines = [parcel('a', { tags: { x: 1 }, replyTo: 3, ttlMs: 5 }), parcel('b', { room: '@bob' }), parcel('c')];
		const store = open();
		expect(store.adopt()).toEqual([]);
		for (const line of lines) {
			store.keep(line);
		}
		store.keep({ ...parcel('b', { room: '@bob' }), sent: true, bareAfter: 4 });
		store.close();
		expect(found()).toEqual([lines[0], { ...lines[1], sent: true, bareAfter: 4 }, lines[2]]);
		expect(notices).toEqual([]);
	});

	it('of other names and brokers are named in one line when no run under way has them', () => {
		const other = open({ broker: 'other:8080' });
		for (const cid of ['a', 'b']) {
			other.keep(parcel(cid));
		}
		open({ nick: 'ana' }).keep(parcel('c', { nick: 'ana' }));
		expect(found()).toEqual([]);
		expect(notices).toEqual([]);
		for (const store of opened) {
			store.close();
		}
		expect(found()).toEqual([]);
		expect(notices).toEqual([
			'2 lines wait for other:8080 (start natter there as sam to send them), and more for 1 other start',
		]);
	});

	it('are gone when they were forgotten, and an unknown one changes nothing', () => {
		const store = open();
		store.keep(parcel('a'));
		store.keep(parcel('b'));
		store.forget('a');
		store.forget('nobody');
		expect(store.kept).toHaveLength(1);
		store.close();
		expect(store.kept).toHaveLength(1);
		expect(found()).toEqual([parcel('b')]);
	});

	it('belong to one broker and one nick', () => {
		const store = open();
		store.keep(parcel('a'));
		store.close();
		expect(found({ broker: 'b:9090' })).toEqual([]);
		expect(found({ nick: 'ana' })).toEqual([]);
		expect(found()).toEqual([parcel('a')]);
	});

	it('belong to the nick that they are said by, also after it was changed', () => {
		const store = open();
		const [before, after] = [parcel('a'), parcel('b', { nick: 'ana' })];
		store.keep(before);
		store.keep(after);
		store.keep({ ...before, nick: 'ana', sent: true });
		store.close();
		expect(found()).toEqual([]);
		expect(found({ nick: 'ana' })).toEqual([{ ...before, nick: 'ana', sent: true }, after]);
	});

	it('of a run that is under way stay with it', () => {
		const first = open();
		first.keep(parcel('a'));
		const second = open();
		expect(second.adopt()).toEqual([]);
		second.keep(parcel('b'));
		first.close();
		expect(found()).toEqual([parcel('a')]);
		second.close();
		expect(found()).toEqual([parcel('a'), parcel('b')]);
	});

	it('adopted by one run and not sent go on to the one after it, before its own', () => {
		const first = open();
		first.keep(parcel('a'));
		first.close();
		const second = open();
		second.keep(parcel('b'));
		second.close();
		expect(found()).toEqual([parcel('a'), parcel('b')]);
	});

	it('keep any text, also one that is not well-formed', () => {
		fc.assert(
			fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (one, other) => {
				const line = parcel('a', { content: `${one}\ud800`, room: `\udfff${other}` });
				const store = open();
				store.keep(line);
				store.close();
				const next = open();
				expect(next.adopt()).toEqual([line]);
				next.forget('a');
				next.close();
			}),
			{ numRuns: 30 },
		);
	});

	it('are after any operations those of the model, over any number of runs', () => {
		const step = fc.oneof(
			{ weight: 8, arbitrary: fc.nat().map((seed) => ({ type: 'operations', seed }) as const) },
			{ weight: 3, arbitrary: fc.constant({ type: 'restart' } as const) },
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
				rmSync(directory, { recursive: true, force: true });
				let store = open();
				const done = [];
				for (const [index, one] of steps.entries()) {
					if (one.type === 'restart') {
						store.close();
						store = open();
						expect(store.adopt()).toEqual(unsentAfter(done));
					} else {
						const operations = operationsOf(one.seed, 6, `${index}`);
						for (const operation of operations) {
							apply(store, operation);
						}
						done.push(...operations);
					}
				}
				store.close();
				expect(found()).toEqual(unsentAfter(done));
				expect(notices).toEqual([]);
			}),
			{ numRuns: 40 },
		);
	});
});

describe('positions', () => {
	it('are there for the next run, and move with their epoch', () => {
		const store = open();
		expect(store.position('general')).toBeUndefined();
		store.savePosition('general', { epoch: 'e', sequence: 7 });
		store.savePosition('ops', { epoch: 'e', sequence: 1 });
		store.savePosition('general', { epoch: 'f', sequence: 2 });
		expect(store.position('general')).toEqual({ epoch: 'f', sequence: 2 });
		store.close();
		expect(open().position('general')).toEqual({ epoch: 'f', sequence: 2 });
	});

	it('of two runs come to the further one', () => {
		const [one, other] = [open(), open()];
		one.savePosition('general', { epoch: 'e', sequence: 9 });
		other.savePosition('general', { epoch: 'e', sequence: 5 });
		one.close();
		other.close();
		expect(open().position('general')).toEqual({ epoch: 'e', sequence: 9 });
	});

	it('go back when the one who was further was set back', () => {
		const first = open();
		first.savePosition('general', { epoch: 'e', sequence: 9 });
		first.close();
		const second = open();
		second.savePosition('general', { epoch: 'e', sequence: 5 });
		second.savePosition('general', { epoch: 'e', sequence: 6 });
		second.close();
		expect(open().position('general')).toEqual({ epoch: 'e', sequence: 6 });
	});

	it('are written within a second, together', () => {
		vi.useFakeTimers();
		const store = open();
		store.savePosition('general', { epoch: 'e', sequence: 1 });
		vi.advanceTimersByTime(999);
		const before = open();
		expect(before.position('general')).toBeUndefined();
		vi.advanceTimersByTime(1);
		expect(open().position('general')).toEqual({ epoch: 'e', sequence: 1 });
	});

	it('and drafts of rooms that nobody touched for a year are dropped', () => {
		const day = 24 * 3_600_000;
		const store = open({ now: () => 0 });
		store.savePosition('general', { epoch: 'e', sequence: 1 });
		store.saveDraft('general', 'half a sen');
		store.close();
		open({ now: () => 365 * day }).close();
		expect(open({ now: () => 365 * day }).position('general')).toEqual({ epoch: 'e', sequence: 1 });
		expect(open({ now: () => 365 * day + 1 }).position('general')).toBeUndefined();
		expect(open().drafts).toEqual(new Map());
	});

	it('and lines and drafts survive a clock that goes back', () => {
		let now = 2_000_000_000_000;
		const store = open({ now: () => now });
		store.savePosition('general', { epoch: 'e', sequence: 1 });
		store.saveDraft('general', 'one');
		store.keep(parcel('a', { writtenAt: now }));
		now = 1_000;
		store.savePosition('general', { epoch: 'e', sequence: 2 });
		store.saveDraft('general', 'two');
		store.keep(parcel('b', { writtenAt: now }));
		store.close();
		const next = open({ now: () => now });
		expect(next.position('general')).toEqual({ epoch: 'e', sequence: 2 });
		expect(next.drafts).toEqual(new Map([['general', 'two']]));
		expect(next.adopt().map(({ cid }) => cid)).toEqual(['a', 'b']);
	});
});

describe('drafts', () => {
	it('stay with the run that made them while it lives, and go to the next one when it is over', () => {
		vi.useFakeTimers();
		const first = open();
		first.saveDraft('general', 'half a thought');
		first.saveDraft('ops', 'other');
		vi.advanceTimersByTime(1000);
		const second = open({ now: () => 2_000 });
		expect(second.drafts).toEqual(new Map());
		second.saveDraft('general', 'of the second');
		vi.advanceTimersByTime(1000);
		second.saveDraft('general', '');
		vi.advanceTimersByTime(1000);
		first.close();
		expect(open().drafts).toEqual(new Map(Object.entries({ general: 'half a thought', ops: 'other' })));
	});

	it('of several runs that are over come one by one, the newest first', () => {
		const runs = [1_000, 3_000, 2_000].map((now) => open({ now: () => now }));
		for (const [index, run] of runs.entries()) {
			run.saveDraft('general', `draft ${index}`);
		}
		for (const run of runs) {
			run.close();
		}
		expect([open(), open(), open(), open()].map(({ drafts }) => drafts.get('general'))).toEqual([
			...['draft 1', 'draft 2', 'draft 0'],
			undefined,
		]);
	});

	it('are there for the next run until they are emptied', () => {
		const store = open();
		store.saveDraft('general', 'half a sen');
		store.saveDraft('ops', 'x');
		store.saveDraft('ops', '');
		store.close();
		const next = open();
		expect(next.drafts).toEqual(new Map([['general', 'half a sen']]));
		next.saveDraft('general', '');
		next.close();
		expect(open().drafts).toEqual(new Map());
	});

	it('are written with the line that they became', () => {
		const store = open();
		store.saveDraft('general', 'says a');
		store.keep(parcel('b'));
		store.saveDraft('general', '');
		store.keep(parcel('a'));
		const database = new DatabaseSync(join(directory, 'state.db'), { readOnly: true });
		expect(database.prepare('SELECT * FROM draft').all()).toEqual([]);
		database.close();
	});
});

describe('the directory', () => {
	it('names one device for all runs, and another for another directory', () => {
		const { device } = open();
		expect(device).toMatch(/^[0-9a-f-]{36}$/u);
		expect(open({ nick: 'ana', broker: 'c:1' }).device).toBe(device);
		const elsewhere = openDiskStore({ directory: join(directory, 'x'), broker: 'b', nick: 'sam', onNotice: fail });
		expect(elsewhere.device).not.toBe(device);
		elsewhere.close();
	});

	it('can be read by its owner alone, and holds no lock of a run that is over', () => {
		const path = join(directory, 'new', 'natter');
		const store = openDiskStore({ directory: path, broker: 'b', nick: 'sam', onNotice: fail });
		store.keep(parcel('a'));
		expect(statSync(path).mode & 0o777).toBe(0o700);
		expect(readdirSync(path).sort()).toEqual([
			'opening.lock',
			expect.stringMatching(/^run-[0-9a-f]{16}\.lock$/u),
			'state.db',
			'state.db-shm',
			'state.db-wal',
		]);
		for (const name of readdirSync(path)) {
			expect.soft(statSync(join(path, name)).mode & 0o777, name).toBe(0o600);
		}
		store.close();
		store.close();
		expect(readdirSync(path).sort()).toEqual(['opening.lock', 'state.db']);
	});
});

function fail(text: string): never {
	throw new Error(text);
}

interface Run {
	readonly child: ChildProcess;
	/** What it found at its beginning. */
	readonly first: Promise<{ readonly device: string; readonly adopted: string[]; readonly notices: string[] }>;
	/** Resolves when it has done so many operations. */
	did(count: number): Promise<void>;
	/** Kills it with -9; resolves to the number of operations that it is known to have done. */
	kill(): Promise<number>;
}

function start(prefix: string, seed: number, count: number): Run {
	const script = join(import.meta.dirname, 'disk-store-run.ts');
	const child = spawn(process.execPath, [script, directory, 'sam', prefix, `${seed}`, `${count}`], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	children.add(child);
	const first = Promise.withResolvers<Awaited<Run['first']>>();
	let done = -1;
	const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
	createInterface({ input: child.stdout }).on('line', (line) => {
		if (line.startsWith('{')) {
			first.resolve(JSON.parse(line));
		}
		if (line !== 'done') {
			done += 1;
		}
		for (const { resolve } of waiting.filter((one) => one.count <= done)) {
			resolve();
		}
	});
	const closed = once(child, 'close');
	return {
		child,
		first: first.promise,
		did: (wanted) =>
			new Promise((resolve) => {
				waiting.push({ count: wanted, resolve });
				if (done >= wanted) {
					resolve();
				}
			}),
		kill: async () => {
			child.kill('SIGKILL');
			await closed;
			return done;
		},
	};
}

describe('processes', { timeout: 60_000 }, () => {
	it('that are killed between any two operations leave exactly what they had done', async () => {
		const count = 400;
		let left: readonly string[] = [];
		for (let round = 0; round < 12; round++) {
			const run = start(`r${round}`, round, count);
			expect(await run.first).toMatchObject({ adopted: left, notices: [] });
			await run.did((round * 37) % count);
			const known = await run.kill();
			const store = open();
			left = store.adopt().map(({ cid }) => cid);
			store.close();
			// It may have done more than it could tell.
			const possible = Array.from({ length: count - known + 1 }, (_, more) =>
				unsentAfter(operationsOf(round, known + more, `r${round}`)).map(({ cid }) => cid),
			);
			const own = left.filter((cid) => cid.startsWith(`r${round}-`));
			expect(possible).toContainEqual(own);
			expect(left.slice(left.length - own.length)).toEqual(own);
			const later = open();
			for (const { cid } of later.adopt().slice(0, -3)) {
				later.forget(cid);
			}
			left = left.slice(-3);
			later.close();
		}
		expect(notices).toEqual([]);
	});

	it.each([2, 5])(
		'%i at once that are killed leave all of their lines to the next, each in its order',
		async (many) => {
			const runs = Array.from({ length: many }, (_, index) => start(`p${index}`, index, 100));
			const devices = await Promise.all(runs.map(async ({ first }) => (await first).device));
			expect(new Set(devices).size).toBe(1);
			await Promise.all(runs.map(({ did }) => did(100)));
			expect(found()).toEqual([]);
			await Promise.all(runs.map(({ kill }) => kill()));
			const left = found();
			for (let index = 0; index < many; index++) {
				const own = left.filter(({ cid }) => cid.startsWith(`p${index}-`));
				expect(own).toEqual(unsentAfter(operationsOf(index, 100, `p${index}`)));
			}
			expect(notices).toEqual([]);
		},
	);

	it.each([2, 5])('%i that begin at once share out what was left: each line goes to one', async (many) => {
		const store = open();
		const lines = Array.from({ length: 50 }, (_, index) => parcel(`l${index}`));
		for (const line of lines) {
			store.keep(line);
		}
		store.close();
		const runs = Array.from({ length: many }, (_, index) => start(`p${index}`, index, 0));
		const shares = await Promise.all(runs.map(async ({ first }) => (await first).adopted));
		expect(shares.flat().sort()).toEqual(lines.map(({ cid }) => cid).sort());
		expect(shares.filter((share) => share.length > 0)).toEqual([lines.map(({ cid }) => cid)]);
	});
});
