/**
 * The body of the SQLite threads: answers in order, and ends when it has answered `close`.
 */
import { isMainThread, type MessagePort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { reasonOf } from '../sqlite/node-sqlite.ts';
import { EngineError } from './engine.ts';
import { openForWriting } from './sqlite-database.ts';
import { type PackedBatch, packResults, unpackBatch } from './sqlite-packing.ts';
import { SqliteReader } from './sqlite-reader.ts';
import { SqliteSearcher } from './sqlite-searcher.ts';
import type {
	AnyCall,
	Batch,
	FromThread,
	ReaderCall,
	Result,
	SearcherCall,
	ThreadData,
	WriterCall,
} from './sqlite-wire.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** Calls that are committed together at most: a longer queue gets its first acknowledgements sooner that way. */
const commitCalls = 4096;

const servers = { writer: serveWriter, reader: serveReader, searcher: serveSearcher };

if (!isMainThread) {
	const data = workerData as ThreadData;
	const { port } = data;
	try {
		servers[data.role](port, data);
	} catch (error) {
		const code = error instanceof EngineError ? error.code : 'unavailable';
		post(port, { type: 'refused', code, message: reasonOf(error) });
		port.close();
	}
}

function serveWriter(
	port: MessagePort,
	{ directory, fsync, historySize, historyTtlMs, at, elapsed }: ThreadData,
): void {
	const notice = (text: string) => post(port, { type: 'notice', text });
	const owned = openForWriting({ directory, fsync, at, notice });
	const writer = new SqliteWriter(owned, { historySize, historyTtlMs }, elapsed, notice);
	let tidying = false;
	let closed = false;
	let second: NodeJS.Timeout | undefined;

	const nextSecond = (): void => {
		if (second === undefined && !closed && (writer.ails || writer.lags)) {
			second = setTimeout(everySecond, 1000);
		}
	};
	const everySecond = (): void => {
		second = undefined;
		if (writer.ails) {
			const recovered = writer.retry();
			if (recovered !== undefined) {
				post(port, { type: 'recovered', recovered });
			}
			tidyNext();
		}
		writer.catchUp();
		nextSecond();
	};

	const tidyNext = (): void => {
		if (!tidying && writer.untidy) {
			tidying = true;
			setImmediate(tidy);
		}
	};
	const tidy = (): void => {
		tidying = false;
		if (!closed) {
			const result = writer.tidy();
			const { removed } = writer;
			if (removed !== undefined && (removed.floors.length > 0 || removed.expiredAt !== undefined)) {
				post(port, { type: 'removed', removed });
			}
			if (result !== undefined) {
				post(port, { type: 'swept', result });
			}
			tidyNext();
			nextSecond();
		}
	};

	const recall = (): void => {
		if (!closed && writer.recall()) {
			setImmediate(recall);
		}
	};

	port.on('message', (first: PackedBatch) => {
		const batches: Batch<WriterCall>[] = [];
		let calls = 0;
		let next: { readonly message: PackedBatch } | undefined = { message: first };
		while (next !== undefined) {
			const batch = unpackBatch<WriterCall>(next.message);
			batches.push(batch);
			calls += batch.calls.length;
			next = calls < commitCalls ? receiveMessageOnPort(port) : undefined;
		}
		const results = writer.commit(batches);
		closed = batches.some((batch) => closes(batch.calls));
		if (closed) {
			clearTimeout(second);
			writer.close();
		}
		post(port, packResults(results));
		if (closed) {
			port.close();
		} else {
			tidyNext();
			nextSecond();
		}
	});
	post(port, { type: 'opened' });
	recall();
}

function serveReader(port: MessagePort, { directory }: ThreadData): void {
	// The file is there only when the writer has opened it, which the first call says.
	let reader: SqliteReader | undefined;
	const answer = (call: ReaderCall, at: number): Result => {
		try {
			reader ??= new SqliteReader(directory, (text) => post(port, { type: 'notice', text }));
		} catch (error) {
			return ['failed', `Stored messages cannot be read: ${reasonOf(error)}`, 'not_applied'];
		}
		return reader.answer(call, at);
	};
	port.on('message', (batch: PackedBatch) => {
		const { at, calls } = unpackBatch<ReaderCall>(batch);
		const results = calls.map((call) => answer(call, at));
		const closed = closes(calls);
		if (closed) {
			reader?.close();
		}
		post(port, packResults(results));
		if (closed) {
			port.close();
		}
	});
	post(port, { type: 'opened' });
}

/** Between two calls it works on its index, for half of the time at most: searching is not what the machine is for. */
function serveSearcher(port: MessagePort, { directory }: ThreadData): void {
	const searcher = new SqliteSearcher(directory, (text) => post(port, { type: 'notice', text }));
	let next: NodeJS.Timeout | undefined;
	const tidy = (): void => {
		const begun = performance.now();
		if (searcher.tidy()) {
			post(port, { type: 'swept', result: ['done'] });
		}
		next = searcher.untidy ? setTimeout(tidy, performance.now() - begun) : undefined;
	};
	port.on('message', (batch: PackedBatch) => {
		const { at, calls } = unpackBatch<SearcherCall>(batch);
		for (const call of calls) {
			post(port, packResults([searcher.answer(call, at)]));
		}
		if (closes(calls)) {
			clearTimeout(next);
			searcher.close();
			port.close();
		} else if (next === undefined && searcher.untidy) {
			next = setTimeout(tidy, 0);
		}
	});
	post(port, { type: 'opened' });
}

/** Whether the thread ends with these calls, of which it answers all: also those behind `close`. */
function closes(calls: readonly AnyCall[]): boolean {
	return calls.some(([kind]) => kind === 'close');
}

function post(port: MessagePort, message: FromThread): void {
	port.postMessage(message);
}
