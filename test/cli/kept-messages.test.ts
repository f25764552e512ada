import { describe, expect, it } from 'vitest';
import { type Lost, lostText, printKept } from '../../src/cli/kept-messages.ts';
import type { HistoryPage, HistoryQuery } from '../../src/client/client.ts';

function pageOf(sequences: readonly number[], more: Partial<HistoryPage> = {}): HistoryPage {
	const messages = sequences.map((sequence) => ({
		...{ id: `m${sequence}`, room: 'r', sender: 'jo', content: 'hm', sequence, timestamp: 5 },
	}));
	return { room: 'r', messages, complete: true, ...more };
}

const complain = (lost: Lost) => {
	throw new Error(lostText('r', lost));
};

/** What is printed of these pages, in order, and where it ended. */
async function printed(since: number | undefined, ...pages: readonly HistoryPage[]) {
	const output: string[] = [];
	const queries: HistoryQuery[] = [];
	const rest = [...pages];
	const client = {
		history: async (_room: string, query: HistoryQuery = {}) => {
			queries.push(query);
			return rest.shift() ?? pageOf([]);
		},
	};
	const last = await printKept(client, since === undefined ? { room: 'r' } : { room: 'r', since }, {
		print: async (messages) => {
			output.push(...messages.map(({ sequence }) => `#${sequence}`));
		},
		complain: (lost) => output.push(lostText('r', lost)),
	});
	return { output, last, asked: queries.map(({ after }) => after) };
}

describe('what is kept of a room', () => {
	it('is printed page by page, and what is not kept or damaged is named once', async () => {
		const damaged = { from: 6, to: 6, reason: 'damaged' } as const;
		const first = pageOf([4, 5], { complete: false, oldest: 4, gaps: [damaged] });
		expect(await printed(1, first, pageOf([7], { oldest: 4 }))).toEqual({
			output: ['#2-#3 of r are not kept any more', '#6 of r is damaged and cannot be read', '#4', '#5', '#7'],
			last: 7,
			asked: [1, 6],
		});
	});

	it('is searched for what matches: the last ten of the newest, or all after a number', async () => {
		const messages = Array.from({ length: 40 }, (_, index) => ({
			...{ id: `m${index}`, room: 'r', sender: index % 2 === 0 ? 'jo' : 'al', content: 'hm', timestamp: 5 },
			sequence: index + 1,
		}));
		const page: HistoryPage = { room: 'r', messages, complete: true, head: 40, oldest: 1 };
		const filter = { field: 'sender', op: 'eq', value: 'jo' } as const;
		const printedWith = async (more: { readonly since?: number }) => {
			const numbers: number[] = [];
			const print = async (some: readonly { readonly sequence: number }[]) =>
				void numbers.push(...some.map(({ sequence }) => sequence));
			const last = await printKept({ history: async () => page }, { room: 'r', filter, ...more }, { print, complain });
			return [last, numbers];
		};
		const odd = Array.from({ length: 20 }, (_, index) => 2 * index + 1);
		expect(await printedWith({})).toEqual([40, odd.slice(-10)]);
		expect(await printedWith({ since: 0 })).toEqual([40, odd]);
	});

	it('is not named twice when the broker names it itself', async () => {
		const trimmed = { from: 1, to: 3, reason: 'trimmed' } as const;
		const { output } = await printed(1, pageOf([4], { oldest: 4, gaps: [trimmed] }));
		expect(output).toEqual(['#2-#3 of r are not kept any more', '#4']);
	});

	it('is what a broker gives that does not say what it keeps, and what it does not give is named', async () => {
		expect(await printed(0, pageOf([201, 202], { complete: false }), pageOf([], { complete: false }))).toEqual({
			output: ['#1-#200 of r are not given by this broker', '#201', '#202'],
			last: 202,
			asked: [0, 202],
		});
		expect((await printed(200, pageOf([201]))).output).toEqual(['#201']);
	});

	it('is passed where a page has nothing but what is gone', async () => {
		const expired = { from: 3, to: 502, reason: 'expired' } as const;
		const { output, last, asked } = await printed(2, pageOf([], { complete: false, gaps: [expired] }), pageOf([503]));
		expect({ output, last, asked }).toEqual({
			output: ['#3-#502 of r are not kept any more', '#503'],
			last: 503,
			asked: [2, 502],
		});
	});

	it('is the newest messages when no number is given, and what is damaged among them is named', async () => {
		const damaged = { from: 8, to: 9, reason: 'damaged' } as const;
		expect(await printed(undefined, pageOf([7, 10], { head: 10, gaps: [damaged] }))).toEqual({
			output: ['#8-#9 of r are damaged and cannot be read', '#7', '#10'],
			last: 10,
			asked: [undefined],
		});
	});

	it.each<[Lost['reason'], string]>([
		['slow', '#1-#2 of r are lost: slow'],
		['timeout', '#1-#2 of r are lost: timeout'],
		['cleared', '#1-#2 of r are not kept any more'],
	])('or will not come: %s', (reason, text) => {
		expect(lostText('r', { from: 1, to: 2, reason })).toBe(text);
	});
});
