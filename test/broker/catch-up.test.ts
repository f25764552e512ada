import { describe, expect, test } from 'vitest';
import { type Behind, CatchUp, type SharedPage } from '../../src/broker/catch-up.ts';
import { Dispatch } from '../../src/broker/dispatch.ts';
import { FanOut } from '../../src/broker/fan-out.ts';
import type { Page, RangeQuery } from '../../src/engines/engine.ts';
import { Loop } from './loop.ts';
import { range } from './numbers.ts';

/** One who is behind a number in a room of which everybody wants one page. */
class Late implements Behind {
	readonly after: number;
	/** It still reads on when its turn comes. */
	isHere = true;
	/** Thrown when it is given a page. */
	throws: unknown;
	page: SharedPage | undefined;
	readonly errors: unknown[] = [];
	readonly #loop: Loop;
	readonly #tookMs: number;

	constructor(loop: Loop, after: number, tookMs: number) {
		this.#loop = loop;
		this.after = after;
		this.#tookMs = tookMs;
	}

	next(): RangeQuery | undefined {
		return this.isHere ? { after: this.after, limit: 2 } : undefined;
	}

	take(page: SharedPage): void {
		this.#loop.at += this.#tookMs;
		if (this.throws !== undefined) {
			throw this.throws;
		}
		this.page = page;
	}

	fail(error: unknown): void {
		this.errors.push(error);
	}
}

/** Rooms of which nothing is gone. To ask takes `askMs`; what was asked is answered after so many turns. */
function start({ tookMs = 0, askMs = 0, answerTurns = 0 } = {}) {
	const loop = new Loop();
	const dispatch = new Dispatch(loop);
	const catchUp = new CatchUp(loop, dispatch);
	const asked: number[] = [];
	const turns = async () => {
		for (let count = 0; count < answerTurns; count += 1) {
			await new Promise<void>((resolve) => loop.soon(resolve));
		}
	};
	const room = (error?: Error) => ({
		range: async ({ after = 0 }: RangeQuery): Promise<Page> => {
			loop.at += askMs;
			asked.push(after);
			const entries = [1, 2].map((next) => ({ sequence: after + next, text: `${after + next}` }));
			const page = {
				epoch: 'e',
				head: 10_000,
				oldest: 1,
				edge: 'trimmed',
				entries,
				complete: false,
				gone: [],
			} as const;
			await turns();
			if (error !== undefined) {
				throw error;
			}
			return page;
		},
	});
	const come = (places: readonly number[], source: Parameters<CatchUp['readOn']>[0] = room()) =>
		places.map((after) => {
			const late = new Late(loop, after, tookMs);
			catchUp.readOn(source, late);
			return late;
		});
	const endTurn = async () => {
		loop.endTurn();
		await new Promise<void>((resolve) => setImmediate(resolve));
	};
	const untilIdle = async () => {
		while (!loop.isIdle) {
			await endTurn();
		}
	};
	return { loop, dispatch, asked, room, come, endTurn, untilIdle };
}

const numbersOf = ({ page }: Late) => page?.batches.flatMap(({ first, last }) => range(first, last));

describe('those who read from the log', () => {
	test('are served in slices of 2 ms, between which others are, however many come back at once', async () => {
		const { loop, dispatch, come, endTurn, untilIdle } = start({ tookMs: 0.01 });
		const lates = come(range(1, 3000).map(() => 7));
		const small = new FanOut<{ accept(): void; fail(): void }>({ surroundings: loop, dispatch, windowMs: 5 });
		const given: number[] = [];
		small.enter({ accept: () => given.push(loop.turns), fail: () => expect.unreachable() });
		await endTurn();
		await endTurn();
		const served = lates.filter(({ page }) => page !== undefined).length;
		expect([served > 100, served < 300]).toEqual([true, true]);
		small.add([{ sequence: 1, text: 'x' }]);
		const saidIn = loop.turns;
		await untilIdle();
		expect((given[0] ?? 0) - saidIn).toBeLessThanOrEqual(2);
		expect(lates.every((late) => numbersOf(late)?.join() === '8,9')).toBe(true);
		expect(loop.longest).toBeLessThan(2.02);
	});

	test('ask in slices as well where each stands somewhere else', async () => {
		const { loop, come, asked, untilIdle } = start({ askMs: 0.05 });
		const lates = come(range(1, 1000));
		await untilIdle();
		expect(lates.map((late) => numbersOf(late)?.[0])).toEqual(range(2, 1001));
		expect(asked).toEqual(range(1, 1000));
		expect(loop.longest).toBeLessThan(2.06);
	});

	test('share what was read and encoded when they stand at the same place of the same room', async () => {
		const { come, asked, room, untilIdle } = start();
		const [here, there] = [room(), room()];
		const [first, second, third] = come([5, 6, 5], here) as [Late, Late, Late];
		const [other] = come([5], there) as [Late];
		await untilIdle();
		expect(asked).toEqual([5, 6, 5]);
		expect([first, second, other].map(numbersOf)).toEqual([
			[6, 7],
			[7, 8],
			[6, 7],
		]);
		expect(third.page?.batches[0]).toBe(first.page?.batches[0]);
		expect(other.page).not.toBe(first.page);
	});

	test('share what a filter says, each filter by itself', async () => {
		const { come, untilIdle } = start();
		const [first, second] = come([5, 5]) as [Late, Late];
		await untilIdle();
		const judged: string[] = [];
		const filter = (rest: number) => ({
			judge: (text: string) => {
				judged.push(`${text} % 2 = ${rest}`);
				return [text.length, Number(text) % 2 === rest] as const;
			},
		});
		const [even, odd] = [filter(0), filter(1)];
		const said = [first, second].map(({ page }) => [0, 1, 1].map((index) => page?.judge(index, even)));
		expect(said).toEqual(Array(2).fill([[1, true], ...Array(2).fill([1, false])]));
		expect(second.page?.judge(1, odd)).toEqual([1, true]);
		expect(judged).toEqual(['6 % 2 = 0', '7 % 2 = 0', '7 % 2 = 1']);
	});

	test('share nothing that was read before they asked: the log may have changed', async () => {
		const { come, asked, room, endTurn, untilIdle, loop } = start();
		const here = room();
		come([5], here);
		loop.endTurn();
		const [later] = come([5], here) as [Late];
		await endTurn();
		await untilIdle();
		expect([asked, numbersOf(later)]).toEqual([
			[5, 5],
			[6, 7],
		]);
	});

	test('are given what was read before anybody asks for more, so that no more pages wait than one slice asks for', async () => {
		const { come, asked, endTurn, loop } = start({ tookMs: 1, askMs: 0.1 });
		const lates = come(range(1, 100));
		let most = 0;
		while (!loop.isIdle) {
			await endTurn();
			most = Math.max(most, asked.length - lates.filter(({ page }) => page !== undefined).length);
		}
		expect(lates.every(({ page }) => page !== undefined)).toBe(true);
		expect([most > 10, most < 30]).toEqual([true, true]);
	});

	test('share what they want while it waits to be asked for, so that nobody asks twice', async () => {
		const { come, asked, room, untilIdle } = start({ answerTurns: 3 });
		const here = room();
		const lates = range(1, 3).flatMap(() => come(range(1, 500), here));
		await untilIdle();
		expect(asked).toEqual(range(1, 500));
		expect(lates.map((late) => numbersOf(late)?.[0])).toEqual(lates.map(({ after }) => after + 1));
	});

	test('have 64 pages asked for or waiting for them, however late the answers, and whoever leaves', async () => {
		const { come, asked, endTurn, loop } = start({ tookMs: 0.1, answerTurns: 3 });
		const lates = come(range(1, 1000));
		let most = 0;
		while (!loop.isIdle) {
			await endTurn();
			most = Math.max(most, asked.length - lates.filter(({ page }) => page !== undefined).length);
			for (const late of lates) {
				late.isHere &&= late.after <= 64 || late.after % 3 > 0;
			}
		}
		const here = range(1, 1000).filter((after) => after <= 64 || after % 3 > 0);
		expect(most).toBe(64);
		expect(asked).toEqual(here);
		expect(lates.filter(({ page }) => page !== undefined).map(({ after }) => after)).toEqual(here);
	});

	test('are not read for when they do not read on any more', async () => {
		const { come, asked, untilIdle } = start();
		const [gone, here] = come([1, 2]) as [Late, Late];
		gone.isHere = false;
		await untilIdle();
		expect([asked, gone.page, numbersOf(here)]).toEqual([[2], undefined, [3, 4]]);
	});

	test('fail alone when one throws, and together when what they all wait for cannot be read', async () => {
		const { come, room, untilIdle } = start();
		const [first, second, third] = come([1, 1, 1]) as [Late, Late, Late];
		second.throws = new Error('no more');
		const unread = new Error('the disk is gone');
		const broken = come([1, 1], room(unread));
		await untilIdle();
		expect([first, second, third].map(({ errors }) => errors)).toEqual([[], [second.throws], []]);
		expect([first, third].map(numbersOf)).toEqual([
			[2, 3],
			[2, 3],
		]);
		expect(broken.map(({ errors }) => errors)).toEqual([[unread], [unread]]);
	});

	test.each([0, 3])(
		"fail where it cannot be read, and stand in nobody's way: known after %i turns",
		async (answerTurns) => {
			const { come, room, untilIdle } = start({ answerTurns });
			const unread = new Error('the disk is gone');
			const broken = [...come(range(1, 100), room(unread)), ...come(range(1, 100), room(unread))];
			const whole = come([1, 1]);
			await untilIdle();
			expect(broken.map(({ errors }) => errors)).toEqual(broken.map(() => [unread]));
			expect(whole.map(numbersOf)).toEqual([
				[2, 3],
				[2, 3],
			]);
		},
	);

	test('fail together as well where the reading throws at once', async () => {
		const { come, untilIdle } = start();
		const unread = new Error('closed');
		const broken = come([1, 1, 1], {
			range: () => {
				throw unread;
			},
		});
		const whole = come([1]);
		await untilIdle();
		expect(broken.map(({ errors }) => errors)).toEqual([[unread], [unread], [unread]]);
		expect(whole.map(numbersOf)).toEqual([[2, 3]]);
	});
});
