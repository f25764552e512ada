/**
 * What every engine has to keep, whatever it keeps it in. An engine's test file is a name, a factory, and its
 * deviations, each with a reason.
 */
import { describe, test } from 'vitest';
import type { Conditions, Keeps, OpenedEngine } from './engine-case.ts';
import { bounding, closing, listing, outliving, presence, retaining } from './engine-life-cases.ts';
import { following, numbering, reading, repeating } from './engine-log-cases.ts';
import { paging } from './engine-page-cases.ts';
import { producing } from './engine-producer-cases.ts';
import { recording, restrictingAuthors } from './engine-record-cases.ts';
import { searching } from './engine-search-cases.ts';

export interface Deviation {
	readonly reason: string;
	/** Titles of tests that do not hold. */
	readonly tests: readonly string[];
}

export function engineSuite(
	name: string,
	open: (conditions: Conditions) => Promise<OpenedEngine>,
	{ skip = [] }: { readonly skip?: readonly Deviation[] } = {},
): void {
	const reasons = new Map(skip.flatMap(({ reason, tests }) => tests.map((title) => [title, reason] as const)));

	const keeps: Keeps = (title, conditions, run) => {
		const reason = reasons.get(title);
		reasons.delete(title);
		if (reason !== undefined) {
			test.skip(`${title} (${reason})`, () => {});
			return;
		}
		test(title, async () => {
			const opened = await open(conditions);
			try {
				await run(opened);
			} finally {
				await opened.close();
			}
		});
	};

	describe(name, () => {
		for (const cases of [
			numbering,
			reading,
			paging,
			searching,
			repeating,
			producing,
			recording,
			restrictingAuthors,
			following,
			retaining,
			outliving,
			bounding,
			listing,
			presence,
			closing,
		]) {
			cases(keeps);
		}
		if (reasons.size > 0) {
			throw new Error(`No such tests to skip: ${[...reasons.keys()].join(', ')}`);
		}
	});
}
