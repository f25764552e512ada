import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dispatch } from '../../src/broker/dispatch.ts';
import { type Batch, FanOut } from '../../src/broker/fan-out.ts';
import { Loop } from './loop.ts';
import { range } from './numbers.ts';

/** A reader of one room, and how long it takes to give it something, in ms. */
class Reader {
	readonly got: number[] = [];
	/** When it was given each batch. */
	readonly at: number[] = [];
	readonly errors: unknown[] = [];
	/** Thrown at what comes next. */
	throws: unknown;
	readonly #loop: Loop;
	readonly #tookMs: number;

	constructor(loop: Loop, tookMs = 0) {
		this.#loop = loop;
		this.#tookMs = tookMs;
	}

	accept(batch: Batch): void {
		if (this.throws !== undefined) {
			throw this.throws;
		}
		this.#loop.at += this.#tookMs;
		this.got.push(...range(batch.first, batch.last));
		this.at.push(this.#loop.at);
	}

	fail(error: unknown): void {
		this.errors.push(error);
	}
}

function startRoom({ loop = new Loop(), windowMs = 5, readers = 100, tookMs = 0 } = {}) {
	const dispatch = new Dispatch(loop);
	const fanOut = new FanOut<Reader>({ surroundings: loop, dispatch, windowMs });
	const people = range(1, readers).map(() => new Reader(loop, tookMs));
	for (const reader of people) {
		fanOut.enter(reader);
	}
	const say = (count = 1) =>
		fanOut.add(range(fanOut.head + 1, fanOut.head + count).map((sequence) => ({ sequence, text: `${sequence}` })));
	return { loop, dispatch, fanOut, people, say };
}

describe('what is said in a room', () => {
	test('goes out at the end of the turn after silence, and once in a window while there is much', () => {
		const { loop, people, say } = startRoom();
		const [reader] = people;
		loop.until(12);
		say();
		loop.until(12);
		expect(reader?.at).toEqual([12]);
		for (const at of [13, 13.5, 14.9, 15, 16, 19, 26]) {
			loop.until(at);
			say();
			loop.until(at);
		}
		expect(reader?.at).toEqual([12, 13, 15, 20, 26]);
		expect(reader?.got).toEqual(range(1, 8));
	});

	test.each([
		[19, 5, 0.2],
		[20, 5, 1],
		[50, 5, 2.5],
		[100, 5, 5],
		[5000, 5, 5],
		[100, 0, 0.2],
		[100, 200, 200],
	])('waits less where fewer read it: %i readers, a window of %i ms', (readers, windowMs, at) => {
		const { loop, people, say } = startRoom({ readers, windowMs });
		for (const now of [0, 0.1, 0.2]) {
			loop.until(now);
			say();
		}
		loop.until(1000);
		expect(people[0]?.at).toEqual([0, 0.1, at]);
	});

	test.each([0.2, 0.9, 3])('is one batch for each window also when timers are up %d ms early', (earlyMs) => {
		const { loop, people, say } = startRoom();
		loop.earlyMs = earlyMs;
		for (let at = 0; at < 100; at += 0.5) {
			loop.until(at);
			say();
		}
		loop.until(200);
		const [first, ...windows] = people[0]?.at.map((at) => Math.round(at / 5)) ?? [];
		expect([first, ...windows]).toEqual([0, ...range(0, 20)]);
	});

	test('does not wait while it comes as seldom as windows end, wherever in them', () => {
		const { loop, people, say } = startRoom();
		const times: number[] = [];
		// Two at once, so that the second may have to wait; then one in each window.
		for (const at of [0, 0.1, 4, ...range(1, 50).map((count) => 4 + count * 5 + (count % 3) / 10)]) {
			loop.until(at);
			say();
			times.push(at);
		}
		loop.until(1000);
		expect(people[0]?.got).toEqual(range(1, times.length));
		expect(people[0]?.at.slice(-48)).toEqual(times.slice(-48));
	});

	test('sets one timer for a window, however often news went out before it ends', () => {
		const { loop, fanOut, people, say } = startRoom({ windowMs: 100 });
		say();
		for (let at = 1; at < 95; at += 1) {
			loop.until(at);
			say();
			fanOut.tell(() => {});
			say();
			expect(loop.timers).toBe(1);
		}
		expect(loop.timersSet).toBe(1);
		loop.until(1000);
		expect([people[0]?.got, loop.timers]).toEqual([range(1, fanOut.head), 0]);
	});

	test('of several busy rooms goes out in the same turn', () => {
		const loop = new Loop();
		const dispatch = new Dispatch(loop);
		const rooms = range(1, 3).map(() => {
			const fanOut = new FanOut<Reader>({ surroundings: loop, dispatch, windowMs: 5 });
			const people = range(1, 100).map(() => new Reader(loop));
			for (const reader of people) {
				fanOut.enter(reader);
			}
			return { fanOut, people };
		});
		for (const at of range(1, 40)) {
			for (const { fanOut } of rooms) {
				loop.until(at + (fanOut.head % 3) / 10);
				fanOut.add([{ sequence: fanOut.head + 1, text: 'x' }]);
			}
		}
		loop.until(100);
		const times = rooms.map(({ people }) => people[0]?.at.slice(-6));
		expect(times[0]).toEqual([20, 25, 30, 35, 40, 45]);
		expect([times[1], times[2]]).toEqual([times[0], times[0]]);
	});

	test('reaches every reader once and in order, soon after silence and never later than the window ends', () => {
		const step = fc.record({
			pauseMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true }), fc.integer({ min: 4, max: 30 })),
			count: fc.integer({ min: 1, max: 4 }),
			flushes: fc.boolean(),
		});
		fc.assert(
			fc.property(
				fc.array(step, { maxLength: 60 }),
				fc.constantFrom(1, 30, 150),
				fc.constantFrom(0, 5, 40),
				(steps, readers, windowMs) => {
					const { loop, fanOut, people, say } = startRoom({ readers, windowMs });
					const ownMs = windowMs * Math.min(1, readers / 100);
					const reader = people[0] as Reader;
					let now = 0;
					const said: { readonly at: number; readonly isFirst: boolean }[] = [];
					for (const { pauseMs, count, flushes } of steps) {
						now += pauseMs;
						loop.until(now);
						const isFirst = now - (reader.at.at(-1) ?? Number.NEGATIVE_INFINITY) > ownMs;
						said.push(...range(1, count).map(() => ({ at: now, isFirst })));
						say(count);
						if (flushes) {
							fanOut.flush();
							expect(reader.got.length).toBe(said.length);
						}
					}
					loop.until(now + 1000);
					const numbers = range(1, said.length);
					for (const one of people) {
						expect(one.got).toEqual(numbers);
					}
					let index = 0;
					for (const given of new Set(reader.at)) {
						for (; index < said.length && (said[index]?.at ?? 0) <= given; index += 1) {
							const { at, isFirst } = said[index] ?? { at: 0, isFirst: false };
							expect(given - at).toBeLessThanOrEqual(isFirst ? 0 : ownMs + 0.5 + 1e-6);
						}
					}
					expect(index).toBe(said.length);
				},
			),
		);
	});
});

describe('a room with many readers', () => {
	test('is served in slices of 2 ms, between which others are, and what is said meanwhile comes after', () => {
		const loop = new Loop();
		const { dispatch, people, say } = startRoom({ loop, readers: 1000, tookMs: 0.01 });
		const small = new FanOut<Reader>({ surroundings: loop, dispatch, windowMs: 5 });
		const friend = new Reader(loop);
		small.enter(friend);
		say(2);
		loop.endTurn();
		expect(people.filter(({ got }) => got.length > 0).length).toBe(200);
		small.add([{ sequence: 1, text: 'x' }]);
		say(1);
		loop.endTurn();
		expect([friend.got, loop.turns]).toEqual([[], 2]);
		loop.endTurn();
		expect([friend.got, loop.turns]).toEqual([[1], 3]);
		loop.until(1000);
		expect(people.every(({ got }) => got.join() === '1,2,3')).toBe(true);
		expect(loop.longest).toBeLessThan(2.02);
	});

	test('is told in slices as well who comes and goes, between what was said before and after', () => {
		const loop = new Loop();
		const { fanOut, people, say } = startRoom({ loop, readers: 1000, tookMs: 0.01 });
		const told = (news: number) => (reader: Reader) => {
			loop.at += 0.01;
			reader.got.push(-news);
		};
		say();
		fanOut.tell(told(1));
		expect(loop.at).toBeLessThan(2.02);
		say();
		fanOut.tell(told(2));
		say(2);
		fanOut.tell(told(3));
		say();
		loop.until(1000);
		expect(new Set(people.map(({ got }) => got.join()))).toEqual(new Set(['1,-1,2,-2,3,4,-3,5']));
		expect(loop.longest).toBeLessThan(2.02);
	});

	test('has as much of the time as all else while it is behind', () => {
		const loop = new Loop();
		const { people, say } = startRoom({ loop, readers: 10_000, tookMs: 1 / 128 });
		const served = () => people.filter(({ got }) => got.length > 0).length;
		say();
		loop.endTurn();
		expect(served()).toBe(256);
		loop.at += 7;
		loop.endTurn();
		expect(served()).toBe(256 + 896);
		loop.at += 1000;
		loop.endTurn();
		expect(served()).toBe(256 + 896 + 2560);
		loop.endTurn();
		expect(served()).toBe(256 + 896 + 2560 + 256);
	});

	test('has a bounded number of messages wait, though those who speak there never stop', async () => {
		const loop = new Loop();
		const { fanOut, people } = startRoom({ loop, windowMs: 0, readers: 1000, tookMs: 1 / 16 });
		const text = 'x'.repeat(1000);
		let said = 0;
		let most = 0;
		const speak = async () => {
			while (said < 2000) {
				await fanOut.keepingUp;
				said += 1;
				fanOut.add([{ sequence: said, text }]);
				most = Math.max(most, fanOut.head - fanOut.passed);
				await new Promise<void>((resolve) => loop.soon(resolve));
			}
		};
		for (const _ of range(1, 8)) {
			void speak();
		}
		while (said < 2000 || !loop.isIdle) {
			loop.at += 3;
			loop.endTurn();
			await new Promise<void>((resolve) => setImmediate(resolve));
		}
		expect(said).toBeGreaterThanOrEqual(2000);
		expect(new Set(people.map(({ got }) => got.join()))).toEqual(new Set([range(1, said).join()]));
		expect(most).toBeGreaterThan(200);
		expect(most).toBeLessThan(300);
	});

	test('leaves to the log what is more than may be kept, and gives what comes then', () => {
		const { loop, fanOut, people } = startRoom({ readers: 1 });
		const text = 'x'.repeat(64_000);
		for (const sequence of range(1, 200)) {
			fanOut.add([{ sequence, text }]);
		}
		loop.until(1000);
		const got = people[0]?.got ?? [];
		expect(got).toEqual(range(got[0] ?? 0, 200));
		expect(got.length).toBeLessThan(100);
		expect(fanOut.passed).toBe(200);
		expect(fanOut.keepingUp).toBe(undefined);
	});

	test('has one slice in a turn, however much is told in it', () => {
		const loop = new Loop();
		const dispatch = new Dispatch(loop);
		const rooms = range(1, 5).map(() => {
			const fanOut = new FanOut<Reader>({ surroundings: loop, dispatch, windowMs: 5 });
			const people = range(1, 1000).map(() => new Reader(loop));
			for (const reader of people) {
				fanOut.enter(reader);
			}
			return { fanOut, people };
		});
		for (const { fanOut } of rooms) {
			fanOut.tell((reader) => {
				loop.at += 0.01;
				reader.got.push(0);
			});
		}
		loop.endTurn();
		expect(loop.at).toBeLessThan(2.1);
		loop.until(1000);
		expect(rooms.every(({ people }) => people.every(({ got }) => got.join() === '0'))).toBe(true);
	});
});

test('who comes to a large room is not told what was news before', () => {
	const loop = new Loop();
	const { fanOut, people, say } = startRoom({ loop, readers: 1000, tookMs: 0.01 });
	const tell = (news: number) =>
		fanOut.tell((reader) => {
			loop.at += 0.01;
			reader.got.push(-news);
		});
	say();
	tell(1);
	tell(2);
	const late = new Reader(loop);
	fanOut.enter(late);
	tell(3);
	loop.until(1000);
	expect(late.got.filter((news) => news < 0)).toEqual([-3]);
	expect(new Set(people.map(({ got }) => got.join()))).toEqual(new Set(['1,-1,-2,-3']));
});

describe('what a reader or a line throws', () => {
	test('fails it alone: the others get all that comes, then and later', () => {
		const { loop, fanOut, people, say } = startRoom({ readers: 3 });
		const [first, second, third] = people as [Reader, Reader, Reader];
		second.throws = new Error('no more');
		say();
		loop.endTurn();
		loop.endTurn();
		expect(people.map(({ errors }) => errors)).toEqual([[], [second.throws], []]);
		fanOut.tell((reader) => {
			if (reader === first) {
				throw second.throws;
			}
			reader.got.push(-1);
		});
		say();
		loop.until(1000);
		expect([first.errors, first.got, third.got]).toEqual([[second.throws], [1, 2], [1, -1, 2]]);
	});

	test('does not keep other lines from being flushed', () => {
		const loop = new Loop();
		const dispatch = new Dispatch(loop);
		const heard: string[] = [];
		const line = (name: string, error?: Error) => ({
			flush: () => {
				if (error !== undefined) {
					throw error;
				}
				heard.push(name);
			},
			fail: (fault: unknown) => heard.push(`${name} ${String(fault)}`),
		});
		dispatch.flush(line('broken', new Error('gone')));
		dispatch.flush(line('whole'));
		loop.until(1);
		dispatch.flush(line('later'));
		loop.until(2);
		expect(heard).toEqual(['whole', 'broken Error: gone', 'later']);
	});

	test('does not stop other rooms when it is a whole room', () => {
		const loop = new Loop();
		const { dispatch, people, say } = startRoom({ loop, readers: 1 });
		dispatch.serve({
			serve: () => {
				throw new Error('broken');
			},
		});
		say();
		expect(() => loop.endTurn()).toThrow('broken');
		loop.until(1);
		say();
		loop.until(2);
		expect(people[0]?.got).toEqual([1, 2]);
	});
});
