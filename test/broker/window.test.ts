import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Unacked, Window } from '../../src/broker/window.ts';

describe('a window', () => {
	test('never holds more than its limit, save one message alone, and is whole when all is acknowledged', () => {
		const limit = { messages: 20, bytes: 1000 };
		const send = fc.record({
			room: fc.integer({ min: 0, max: 2 }),
			messages: fc.integer({ min: 1, max: 8 }),
			bytes: fc.integer({ min: 1, max: 1500 }),
			skips: fc.nat({ max: 2 }),
		});
		const ack = fc.record({ room: fc.integer({ min: 0, max: 2 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
		fc.assert(
			fc.property(fc.array(fc.oneof(send, ack), { maxLength: 60 }), (steps) => {
				const window = new Window(limit, 0);
				const rooms = [0, 1, 2].map(() => ({ unacked: new Unacked(window), last: 0, acked: 0 }));
				for (const step of steps) {
					const room = rooms[step.room] as (typeof rooms)[number];
					if ('share' in step) {
						room.acked += Math.floor((room.last - room.acked) * step.share);
						room.unacked.ack(room.acked);
					} else {
						const isEmpty = window.left.messages === limit.messages;
						const fits = window.left.messages >= step.messages && window.left.bytes >= step.bytes;
						expect(window.fits(step.messages, step.bytes)).toBe(fits || (isEmpty && step.messages === 1));
						if (window.fits(step.messages, step.bytes)) {
							room.unacked.add(room.last + step.skips + 1, room.last + step.skips + step.messages, step.bytes);
							room.last += step.skips + step.messages;
						} else {
							window.refuse();
							expect(window.full).toBe(!isEmpty);
						}
					}
					const owed = rooms.reduce((sum, { last, acked }) => sum + last - acked, 0);
					expect(limit.messages - window.left.messages).toBeLessThanOrEqual(owed);
				}
				for (const { unacked, last } of rooms) {
					unacked.ack(last);
				}
				expect([window.left, window.full]).toEqual([limit, false]);
			}),
		);
	});

	test('is stalled when it has been full for 60 s and nothing was freed; time in which nobody listened does not count', () => {
		const window = new Window({ messages: 2, bytes: 100 }, 0);
		const unacked = new Unacked(window);
		unacked.add(1, 2, 10);
		expect(window.isStalled(100_000, true)).toBe(false);
		window.refuse();
		expect([159_999, 160_000].map((at) => window.isStalled(at, true))).toEqual([false, true]);
		unacked.ack(1);
		window.refuse();
		expect([160_001, 220_000].map((at) => window.isStalled(at, true))).toEqual([false, false]);
		expect([220_001, 220_002].map((at) => window.isStalled(at, false))).toEqual([false, false]);
		expect([280_001, 280_002].map((at) => window.isStalled(at, true))).toEqual([false, true]);
	});
});
