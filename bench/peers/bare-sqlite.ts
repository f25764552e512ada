/**
 * What storing costs at the least: a thread that puts messages into one SQLite table, as many in a transaction as wait, and
 * answers when they are synced to disk. No id is looked up, nothing is ever removed.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import {
	isMainThread,
	type MessagePort,
	parentPort,
	receiveMessageOnPort,
	Worker,
	workerData,
} from 'node:worker_threads';
import { crc32 } from 'node:zlib';

/** A message: its room and its text. */
type Call = readonly [room: string, text: string];

export class BareSqlite {
	readonly #worker: Worker;
	#calls: Call[] = [];
	readonly #waiting: ((sequence: number) => void)[] = [];

	constructor(directory: string) {
		this.#worker = new Worker(new URL(import.meta.url), { workerData: directory });
		this.#worker.on('message', (sequences: readonly number[]) => {
			for (const [index, resolve] of this.#waiting.splice(0, sequences.length).entries()) {
				resolve(sequences[index] ?? 0);
			}
		});
	}

	/** Calls back with the number of the message when it is on disk. */
	store(room: string, text: string, stored: (sequence: number) => void): void {
		this.#calls.push([room, text]);
		this.#waiting.push(stored);
		if (this.#calls.length === 1) {
			setImmediate(() => {
				this.#worker.postMessage(this.#calls);
				this.#calls = [];
			});
		}
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#worker.terminate();
	}
}

if (!isMainThread && parentPort !== null) {
	storeFrom(parentPort, workerData as string);
}

function storeFrom(port: MessagePort, directory: string): void {
	const database = new DatabaseSync(join(directory, 'bare.db'));
	database.exec(`
		PRAGMA journal_mode = WAL;
		PRAGMA synchronous = FULL;
		PRAGMA wal_autocheckpoint = 2000;
		PRAGMA cache_size = -16000;
		CREATE TABLE msg (g INTEGER PRIMARY KEY, room TEXT, seq INTEGER, ts INTEGER, body TEXT, crc INTEGER, UNIQUE (room, seq));
	`);
	const insert = database.prepare('INSERT INTO msg (room, seq, ts, body, crc) VALUES (?, ?, ?, ?, ?)');
	const heads = new Map<string, number>();
	port.on('message', (first: readonly Call[]) => {
		const calls = [...first];
		for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
			calls.push(...(next.message as readonly Call[]));
		}
		database.exec('BEGIN IMMEDIATE');
		const sequences = calls.map(([room, text]) => {
			const sequence = (heads.get(room) ?? 0) + 1;
			heads.set(room, sequence);
			insert.run(room, sequence, Date.now(), text, crc32(text));
			return sequence;
		});
		database.exec('COMMIT');
		port.postMessage(sequences);
	});
}
