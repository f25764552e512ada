/**
 * What a search has to be in every engine: what says it of the messages that the same engine serves, newest first.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Engine, SearchQuery } from '../../src/engines/engine.ts';
import { readSought, says } from '../../src/protocol/words.ts';
import { append, clock, draft, type Keeps, span } from './engine-case.ts';

export function searching(keeps: Keeps): void {
	keeps('a search finds what says it, newest first, in its room alone', {}, async ({ engine }) => {
		const said = ['Deploy now', 'no', 'deploys are off', 'redeploy', 'a DÉPLOY at last'];
		await engine.append(
			'general',
			said.map((content, index) => draft(`${index}`, { content })),
		);
		await engine.append('other', [draft('other', { content: 'deploy elsewhere' })]);
		const found = await engine.search('general', { text: 'deploy', limit: 10 });
		const { entries } = await engine.range('general', { limit: 10 });
		expect(found.entries).toEqual([5, 3, 1].map((sequence) => entries[sequence - 1]));
		expect(found).toMatchObject({ head: 5, oldest: 1, from: 1, complete: true });
	});

	keeps('a room that was never written to, and a search without a word, find nothing', {}, async ({ engine }) => {
		expect(await engine.search('nowhere', { text: 'a', limit: 10 })).toMatchObject({
			entries: [],
			head: 0,
			complete: true,
		});
		await append(engine, 'general', 'a');
		for (const text of ['', '"', '*', '?!', '\0']) {
			expect(await engine.search('general', { text, limit: 10 })).toMatchObject({ entries: [], complete: true });
		}
	});

	keeps('what looks like the language of an index is only words', {}, async ({ engine }) => {
		const said = ['content NEAR the end', 'AND OR NOT', 'terms: x', 'half "quoted', 'a\0b'];
		await engine.append(
			'general',
			said.map((content, index) => draft(`${index}`, { content })),
		);
		const numbers = async (text: string) =>
			(await engine.search('general', { text, limit: 10 })).entries.map(({ sequence }) => sequence);
		expect(await numbers('near(')).toEqual([1]);
		expect(await numbers('NOT and "or"')).toEqual([2]);
		expect(await numbers('terms:x')).toEqual([3]);
		expect(await numbers('"half" ^quoted* --')).toEqual([4]);
		expect(await numbers("b' OR 1=1")).toEqual([]);
		expect(await numbers('a\0b')).toEqual([5]);
	});

	const time = clock(1000);
	keeps(
		'a search serves what `range` serves: nothing that was trimmed, cleared, or has expired',
		{ historySize: 5, now: time.now },
		async ({ engine }) => {
			const numbers = async (room: string) =>
				(await engine.search(room, { text: 'content', limit: 100 })).entries.map(({ sequence }) => sequence);
			await engine.append(
				'general',
				span(1, 12).map((number) => draft(`${number}`, number === 10 ? { expiresAt: 1500 } : {})),
			);
			expect(await numbers('general')).toEqual([12, 11, 10, 9, 8]);
			time.at = 1500;
			for (const isSwept of [false, true]) {
				if (isSwept) {
					await engine.sweep();
				}
				expect(await numbers('general')).toEqual([12, 11, 9, 8]);
			}
			await engine.clear('general');
			expect(await numbers('general')).toEqual([]);
			await append(engine, 'general', 'after');
			expect(await numbers('general')).toEqual([13]);
			await engine.sweep();
			expect(await numbers('general')).toEqual([13]);
		},
	);

	keeps('a search finds the same for a second handle on the same data', {}, async ({ engine, again }) => {
		await append(engine, 'general', ...span(1, 30).map(String));
		const before = await engine.search('general', { text: 'content 7', limit: 10 });
		expect(before.entries.map(({ sequence }) => sequence)).toEqual([7]);
		const handle = (await again?.()) ?? engine;
		expect(await handle.search('general', { text: 'content 7', limit: 10 })).toEqual(before);
	});

	keeps(
		'pages of a search are what the same search takes from a plain array',
		{ historySize: 60 },
		async ({ engine }) => {
			await engine.append('general', span(1, 80).map(draftOf));
			await expectSearches(engine, 100);
			await engine.sweep();
			await engine.append('general', span(81, 90).map(draftOf));
			await expectSearches(engine, 100);
		},
	);

	keeps('a search through much text takes several pages, and finds it all', {}, async ({ engine }) => {
		const filler = 'x '.repeat(3000);
		for (const part of span(0, 9)) {
			await engine.append(
				'general',
				span(1, 50).map((index) => draft(`${part}/${index}`, { content: index === 25 ? 'needle' : filler })),
			);
		}
		let pages = 0;
		const numbers: number[] = [];
		for (let before: number | undefined, complete = false; !complete; pages += 1) {
			const page = await engine.search('general', {
				text: 'needle',
				limit: 3,
				...(before !== undefined && { before }),
			});
			expect(page.from).toBeLessThan(before ?? page.head + 1);
			numbers.push(...page.entries.map(({ sequence }) => sequence));
			({ from: before, complete } = page);
		}
		expect(numbers).toEqual(span(0, 9).map((part) => 475 - 50 * part));
		expect(pages).toBeGreaterThan(3);
	});
}

const words = ['red', 'Réd', 'redder', 'blue', '漢字', '字', 'v2.4', '2', '4', 'two.four', '🎉'];

export function draftOf(number: number) {
	const content = [words[number % words.length], words[(number * 7) % 5], words[(number * 3) % 11]].join(' ');
	return draft(`${number}`, { content: content.repeat(1 + (number % 3)) });
}

const anySearch: fc.Arbitrary<SearchQuery> = fc.record(
	{
		text: fc
			.array(fc.constantFrom(...words, 're', 'RED', '漢', '"', 'no'), { minLength: 1, maxLength: 3 })
			.map((all) => all.join(' ')),
		limit: fc.integer({ min: 0, max: 70 }),
		before: fc.oneof(fc.integer({ min: -2, max: 95 }), fc.constantFrom(10.5, Number.POSITIVE_INFINITY)),
		maxBytes: fc.integer({ min: 0, max: 3000 }),
	},
	{ requiredKeys: ['text', 'limit'] },
);

/** Compares searches in `general`, whose texts are few, with what the array of all that is served gives. */
export async function expectSearches(engine: Pick<Engine, 'range' | 'search'>, numRuns: number): Promise<void> {
	const served = await engine.range('general', { limit: 1000 });
	const { epoch, head, oldest, edge } = served;
	await fc.assert(
		fc.asyncProperty(anySearch, async (query) => {
			const { text, limit, before = Number.POSITIVE_INFINITY, maxBytes = Number.POSITIVE_INFINITY } = query;
			const sought = readSought(text);
			const all = served.entries
				.filter(({ sequence, text }) => sequence < before && sought && says(JSON.parse(text).content, sought))
				.toReversed();
			let bytes = 0;
			const end = all.findIndex(({ text }, index) => {
				bytes += Buffer.byteLength(text);
				return index >= limit || (index > 0 && bytes > maxBytes);
			});
			const page = await engine.search('general', query);
			expect(page).toEqual({
				...{ epoch, head, oldest, edge },
				entries: end < 0 ? all : all.slice(0, end),
				from: page.from,
				complete: end < 0,
			});
			// Whoever goes on there passes nothing over.
			const rest = end < 0 ? [] : all.slice(end);
			expect(rest.every(({ sequence }) => sequence < page.from)).toBe(true);
			expect(page.complete ? page.from === oldest : page.from <= Math.min(before, head + 1)).toBe(true);
		}),
		{ numRuns },
	);
}
