import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defaultRetention } from '../../src/engines/engine.ts';
import { packBatch, unpackResults } from '../../src/engines/sqlite-packing.ts';
import { SqliteThread } from '../../src/engines/sqlite-thread.ts';
import type { AnyCall, Result, ThreadData, WriterCall } from '../../src/engines/sqlite-wire.ts';

const clocks = { now: () => 1000, elapsed: () => 1000 };

let setup: Omit<ThreadData, 'at' | 'elapsed' | 'port' | 'role'>;

beforeEach(async () => {
	const directory = await mkdtemp(join(tmpdir(), 'natter-thread-'));
	setup = { ...defaultRetention, directory, fsync: false };
});

afterEach(() => rm(setup.directory, { recursive: true }));

/** The thread itself, and what it answers. */
async function started(role: ThreadData['role']) {
	const { port1, port2 } = new MessageChannel();
	const workerData: ThreadData = { ...setup, role, at: 1000, elapsed: 1000, port: port2 };
	const file = new URL('../../src/engines/sqlite-worker.ts', import.meta.url);
	const worker = new Worker(file, { workerData, transferList: [port2] });
	expect((await once(port1, 'message'))[0]).toEqual({ type: 'opened' });
	const results: Result[] = [];
	port1.on('message', (message) => results.push(...unpackResults(message)));
	const gone = Promise.all([once(port1, 'close'), once(worker, 'exit')]);
	return {
		results,
		gone,
		send: (...calls: readonly AnyCall[]) => port1.postMessage(packBatch({ at: 1000, elapsed: 1000, calls })),
	};
}

test('a thread that is closed answers what was asked before, and is sent nothing behind it', async () => {
	const results: Result[] = [];
	let endings = 0;
	const ignore = () => {};
	const thread = new SqliteThread<WriterCall>({ ...setup, role: 'writer' }, clocks, ['close'], {
		...{ recovered: ignore, removed: ignore, swept: ignore, notice: ignore },
		results: (more) => void results.push(...more),
		ended: () => {
			endings += 1;
		},
	});
	await thread.opened;
	thread.send(['state', 'general']);
	const closed = thread.close();
	thread.send(['state', 'sports']);
	await closed;
	expect(results).toEqual([['state', expect.objectContaining({ head: 0 })], ['done']]);
	expect(endings).toBe(1);
});

test('every thread ends when it has answered a batch that closes it, whatever stands behind that', async () => {
	const writer = await started('writer');
	const reader = await started('reader');
	const searcher = await started('searcher');
	searcher.send(['close'], ['tidy']);
	await searcher.gone;
	reader.send(['close'], ['open']);
	await reader.gone;
	writer.send(['close'], ['state', 'general']);
	await writer.gone;
	expect(searcher.results).toEqual([['done'], ['done']]);
	expect(reader.results).toEqual([['done'], ['done']]);
	expect(writer.results).toEqual([['done'], ['state', expect.objectContaining({ head: 0 })]]);
});
