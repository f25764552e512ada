import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CursorKeeper } from '../../src/broker/cursors.ts';
import { NotedCursors } from '../../src/broker/noted-cursors.ts';
import type { Cursor } from '../../src/engines/engine.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { HandClock, settle } from './fake-line.ts';

const cursor = (sequence: number, more: Partial<Cursor> = {}): Cursor => ({
	...{ user: 'ana', device: 'laptop', room: 'general', epoch: 'e', sequence },
	...more,
});
const owner = { user: 'ana', device: 'laptop', room: 'general' };

/** A keeper over an engine that keeps what it is given, once the test lets it. */
function start() {
	const clock = new HandClock();
	const stored = new Map<string, Cursor>();
	const calls: { readonly count: number; readonly end: (error?: Error) => void }[] = [];
	const errors: unknown[] = [];
	let reading = Promise.resolve();
	const engine = Object.assign(memoryEngine(), {
		saveCursors: (cursors: readonly Cursor[]) =>
			new Promise<void>((resolve, reject) => {
				const end = (error?: Error) => {
					if (error === undefined) {
						for (const each of cursors) {
							stored.set(`${each.user}/${each.device}/${each.room}`, each);
						}
						resolve();
					} else {
						reject(error);
					}
				};
				calls.push({ count: cursors.length, end });
			}),
		cursors: (user: string, room: string) => {
			const found = [...stored.values()].filter((each) => each.user === user && each.room === room);
			return reading.then(() => found);
		},
	});
	const keeper = new CursorKeeper({ engine, surroundings: clock, onError: (error) => errors.push(error) });
	return {
		keeper,
		clock,
		stored,
		calls,
		errors,
		sequences: () => [...stored.values()].map(({ sequence }) => sequence),
		/** Answers of the engine wait until the returned function is called. */
		holdReads: () => {
			const held = Promise.withResolvers<void>();
			reading = held.promise;
			return held.resolve;
		},
	};
}

describe('cursors', () => {
	test('that are being stored count more than what the engine has of them', async () => {
		const { keeper, clock, calls } = start();
		keeper.note(cursor(1));
		clock.pass(1000);
		await settle();
		calls[0]?.end();
		await settle();
		keeper.note(cursor(2));
		clock.pass(1000);
		await settle();
		expect(calls.length).toBe(2);
		expect((await keeper.find(owner, 'e'))?.sequence).toBe(2);
		calls[1]?.end();
	});

	test('are stored a second after they were noted, the last of each owner, in one call', async () => {
		const { keeper, clock, calls, sequences } = start();
		keeper.note(cursor(1));
		keeper.note(cursor(5, { device: 'phone' }));
		keeper.note(cursor(2));
		clock.pass(999);
		await settle();
		expect(calls.length).toBe(0);
		clock.pass(1);
		await settle();
		expect(calls.map(({ count }) => count)).toEqual([2]);
		calls[0]?.end();
		await settle();
		expect(sequences()).toEqual([2, 5]);
		clock.pass(60_000);
		await settle();
		expect(calls.length).toBe(1);
	});

	test('wait while others are stored, and are known all the time', async () => {
		const { keeper, clock, calls, sequences } = start();
		keeper.note(cursor(1));
		clock.pass(1000);
		await settle();
		expect(await keeper.find(owner, 'e')).toMatchObject({ sequence: 1 });
		keeper.note(cursor(2));
		clock.pass(10_000);
		await settle();
		expect(calls.length).toBe(1);
		expect(await keeper.find(owner, 'e')).toMatchObject({ sequence: 2 });
		calls[0]?.end();
		await settle();
		calls[1]?.end();
		await settle();
		expect(sequences()).toEqual([2]);
		expect(await keeper.find(owner, 'e')).toMatchObject({ sequence: 2 });
	});

	test('that are stored while the engine is asked are known as well', async () => {
		const { keeper, clock, calls, holdReads } = start();
		keeper.note(cursor(9, { device: 'phone' }));
		clock.pass(1000);
		await settle();
		// What is asked first is answered at once, all that is asked after it later.
		const found = keeper.find(owner, 'e');
		const release = holdReads();
		await settle();
		calls[0]?.end();
		await settle();
		release();
		expect(await found).toMatchObject({ device: 'phone', sequence: 9 });
	});

	test('that could not be stored are tried again, save those that were noted anew', async () => {
		const { keeper, clock, calls, errors, sequences } = start();
		keeper.note(cursor(1));
		keeper.note(cursor(7, { room: 'news' }));
		clock.pass(1000);
		await settle();
		keeper.note(cursor(2));
		calls[0]?.end(new Error('no'));
		await settle();
		expect(errors.length).toBe(1);
		clock.pass(5000);
		await settle();
		calls[1]?.end();
		await settle();
		expect(sequences().sort()).toEqual([2, 7]);
	});

	test('are stored without another wait when there are more than go at once', async () => {
		const { keeper, clock, calls, sequences } = start();
		for (let number = 0; number < 2500; number += 1) {
			keeper.note(cursor(number, { user: `user ${number}` }));
		}
		clock.pass(1000);
		for (let call = 0; call < 3; call += 1) {
			await settle();
			calls[call]?.end();
		}
		await settle();
		expect([calls.map(({ count }) => count), sequences().length]).toEqual([[1000, 1000, 500], 2500]);
	});

	test('of one user who has far too many give way to those of that user alone, also when nothing can be stored', async () => {
		const { keeper, calls, clock } = start();
		const ofEve = (number: number) => keeper.find({ user: 'eve', device: 'laptop', room: `room ${number}` }, 'e');
		keeper.note(cursor(7));
		for (let number = 1; number <= 100_000; number += 1) {
			keeper.note(cursor(number, { user: 'eve', room: `room ${number}` }));
		}
		clock.pass(1000);
		await settle();
		keeper.note(cursor(100_001, { user: 'eve', room: 'room 100001' }));
		calls[0]?.end(new Error('no'));
		await settle();
		expect(await keeper.find(owner, 'e')).toMatchObject({ user: 'ana', sequence: 7 });
		expect(await Promise.all([1, 97_953, 97_954, 100_001].map(ofEve))).toMatchObject([
			undefined,
			undefined,
			{ sequence: 97_954 },
			{ sequence: 100_001 },
		]);
	});

	test('of many users who have too many together make room for those of one who has none', async () => {
		const { keeper } = start();
		for (let number = 0; number < 100_000; number += 1) {
			keeper.note(cursor(number, { user: `user ${number}` }));
		}
		keeper.note(cursor(7));
		keeper.note(cursor(8, { room: 'news' }));
		const found = (user: string) => keeper.find({ ...owner, user }, 'e');
		expect(await Promise.all(['user 0', 'user 1', 'ana'].map(found))).toMatchObject([
			undefined,
			{ sequence: 1 },
			undefined,
		]);
		expect(await keeper.find({ ...owner, room: 'news' }, 'e')).toMatchObject({ sequence: 8 });
	});

	test('are all stored by a flush, which gives up when the engine does', async () => {
		const { keeper, calls, sequences, errors } = start();
		for (let number = 0; number < 1500; number += 1) {
			keeper.note(cursor(number, { user: `user ${number}` }));
		}
		let isDone = false;
		const flushed = keeper.flush().then(() => {
			isDone = true;
		});
		await settle();
		calls[0]?.end();
		await settle();
		expect([calls.map(({ count }) => count), isDone]).toEqual([[1000, 500], false]);
		calls[1]?.end();
		await flushed;
		expect(sequences().length).toBe(1500);
		keeper.note(cursor(1));
		const again = keeper.flush();
		await settle();
		calls[2]?.end(new Error('no'));
		await again;
		expect(errors.length).toBe(1);
	});

	test('that the engine refuses are given up at the end, after the call that is under way', async () => {
		const { keeper, clock, calls } = start();
		keeper.note(cursor(1));
		clock.pass(1000);
		await settle();
		keeper.note(cursor(2));
		clock.pass(1000);
		let isClosed = false;
		const closed = keeper.close().then(() => {
			isClosed = true;
		});
		await settle();
		expect(isClosed).toBe(false);
		calls[0]?.end(new Error('no'));
		await closed;
		for (let minute = 0; minute < 3; minute += 1) {
			clock.pass(60_000);
			await settle();
		}
		expect(calls.length).toBe(1);
	});

	test('go back only with another epoch, when two connections of one device differ', async () => {
		const { keeper } = start();
		keeper.note(cursor(5));
		keeper.note(cursor(3));
		expect(await keeper.find(owner, 'e')).toMatchObject({ sequence: 5 });
		keeper.note(cursor(1, { epoch: 'f' }));
		expect(await keeper.find(owner, 'f')).toMatchObject({ epoch: 'f', sequence: 1 });
	});

	test('of other devices count in the present epoch alone, the furthest of them', async () => {
		const { keeper } = start();
		keeper.note(cursor(5, { device: 'phone' }));
		keeper.note(cursor(9, { device: 'tablet' }));
		keeper.note(cursor(20, { device: 'old', epoch: 'before' }));
		keeper.note(cursor(30, { device: 'phone', room: 'news' }));
		keeper.note(cursor(40, { user: 'bob' }));
		expect(await keeper.find(owner, 'e')).toMatchObject({ device: 'tablet', sequence: 9 });
		keeper.note(cursor(3, { epoch: 'before' }));
		expect(await keeper.find(owner, 'e')).toMatchObject({ device: 'laptop', sequence: 3 });
		expect(await keeper.find({ ...owner, room: 'none' }, 'e')).toBeUndefined();
	});
});

test('noted cursors are the last of each owner, and are given away once, at most so many at a time', () => {
	const place = fc.record({
		user: fc.constantFrom('ana', 'bob', 'cem'),
		device: fc.constantFrom('laptop', 'phone'),
		room: fc.constantFrom('general', 'news', 'ops'),
	});
	const step = fc.oneof(
		{ weight: 3, arbitrary: fc.record({ place, count: fc.constant(0) }) },
		{ weight: 1, arbitrary: fc.record({ place: fc.constant(undefined), count: fc.integer({ min: 1, max: 8 }) }) },
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
			const noted = new NotedCursors();
			const expected = new Map<string, Cursor>();
			for (const [sequence, { place: at, count }] of steps.entries()) {
				if (at !== undefined) {
					const each = { ...at, epoch: 'e', sequence };
					noted.set(each);
					expected.set(JSON.stringify(at), each);
				} else {
					const taken = noted.take(count).all;
					expect(taken.length).toBe(Math.min(count, expected.size));
					for (const { user, device, room, ...where } of taken) {
						const key = JSON.stringify({ user, device, room });
						expect(expected.get(key)).toEqual({ user, device, room, ...where });
						expected.delete(key);
					}
				}
				expect(noted.size).toBe(expected.size);
				expect(new Set(noted.all)).toEqual(new Set(expected.values()));
			}
		}),
	);
});
