import { errorOf, failed, type Of } from './sqlite-results.ts';
import type { Result } from './sqlite-wire.ts';

/** A call that has no result yet. */
export interface Asked {
	/** Is given the result at once; what it returns settles the promise. */
	readonly take: (result: Result) => () => void;
	/** Those who write hear of a commit first, then followers, then those who asked where a room stands. */
	readonly writes: boolean;
}

/** What is asked of one SQLite thread, in the order of the calls: results come in that order. */
export class AskedCalls {
	#asked: Asked[] = [];

	/** Notes a call, and makes it. Its result is read when it is there. */
	add<Kind extends Result[0], Value>(
		writes: boolean,
		read: (result: Of<Kind>) => Value,
		send: () => void,
	): Promise<Value> {
		return new Promise((resolve, reject) => {
			this.#asked.push({
				writes,
				take: (result) => {
					if (result[0] === 'failed') {
						return () => reject(errorOf(result));
					}
					// A call's result is of the call's own kind unless it failed.
					const value = read(result as Of<Kind>);
					return () => resolve(value);
				},
			});
			send();
		});
	}

	/** Notes a call whose result nobody waits for. */
	addSilent(): void {
		this.#asked.push({ take: () => () => {}, writes: false });
	}

	/** The oldest calls, each with its result. */
	match(results: readonly Result[]): readonly { readonly asked: Asked; readonly result: Result }[] {
		const matched = this.#asked.splice(0, results.length);
		return matched.map((asked, index) => ({ asked, result: results[index] ?? failed('it gave no result') }));
	}

	/** The same for all of them, when there will be no more results. */
	failures(reason: string): readonly Result[] {
		return this.#asked.map(() => failed(reason));
	}
}
