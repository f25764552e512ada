import { errorOf, failed, type Of } from './sqlite-results.ts';
import type { Result } from './sqlite-wire.ts';

/** A call that has no result yet. */
export interface Asked {
	/** Those who write hear of a commit first, then followers, then those who asked where a room stands. */
	readonly writes: boolean;
	readonly read: (result: Result) => unknown;
	readonly resolve: (value: unknown) => void;
	readonly reject: (error: unknown) => void;
}

/** Reads the result of a call, and tells whoever made it. */
export function settle({ read, resolve, reject }: Asked, result: Result): void {
	if (result[0] === 'failed') {
		reject(errorOf(result));
	} else {
		resolve(read(result));
	}
}

/** Reads the result of a call. What it returns tells whoever made it. */
export function readFirst({ read, resolve, reject }: Asked, result: Result): () => void {
	if (result[0] === 'failed') {
		return () => reject(errorOf(result));
	}
	const value = read(result);
	return () => resolve(value);
}

/** What is asked of one SQLite thread, in the order of the calls: results come in that order. */
export class AskedCalls {
	#asked: Asked[] = [];

	/** Notes a call that is about to be made. Its result is read when it is there. */
	add<Kind extends Result[0], Value>(writes: boolean, read: (result: Of<Kind>) => Value): Promise<Value> {
		return new Promise<unknown>((resolve, reject) => {
			// A call's result is of the call's own kind unless it failed.
			this.#asked.push({ writes, read: read as Asked['read'], resolve, reject });
		}) as Promise<Value>;
	}

	/** Notes a call whose result nobody waits for. */
	addSilent(): void {
		this.#asked.push({ writes: false, read: () => {}, resolve: () => {}, reject: () => {} });
	}

	/** Gives the oldest calls their results. */
	match(results: readonly Result[], take: (asked: Asked, result: Result) => void): void {
		for (const [index, asked] of this.#asked.splice(0, results.length).entries()) {
			take(asked, results[index] ?? failed('it gave no result'));
		}
	}

	/** Results for all of them, when there will be no others. */
	failures(reason: string): readonly Result[] {
		return this.#asked.map(() => failed(reason));
	}
}
