import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Portion, Unacked, Window } from '../../src/broker/window.ts';

describe('a window', () => {
	test('never holds more than its limit, save one message alone, and is whole when all is acknowledged', () => {
		const limit = { messages: 20, bytes: 1000 };
		const send = fc.record({
			room: fc.integer({ min: 0, max: 2 }),
			sizes: fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 8 }),
			skips: fc.nat({ max: 2 }),
		});
		const ack = fc.record({ room: fc.integer({ min: 0, max: 2 }), share: fc.double({ min: 0, max: 1, noNaN: true }) });
		fc.assert(
			fc.property(fc.array(fc.oneof(send, ack), { maxLength: 60 }), (steps) => {
				const window = new Window(limit, 0);
				const rooms = [0, 1, 2].map(() => ({
					unacked: new Unacked(window),
					last: 0,
					sent: [] as { sequence: number; size: number }[],
				}));
				const owed = () => rooms.flatMap(({ sent }) => sent);
				for (const step of steps) {
					const room = rooms[step.room] as (typeof rooms)[number];
					if ('share' in step) {
						const acked = Math.floor(room.last * step.share);
						room.unacked.ack(acked);
						room.sent = room.sent.filter(({ sequence }) => sequence > acked);
					} else {
						const { sizes, skips } = step;
						const isEmpty = owed().length === 0;
						const isFitting =
							owed().length + sizes.length <= limit.messages &&
							(bytesOf(owed()) + total(sizes) <= limit.bytes || (isEmpty && sizes.length === 1));
						expect(window.fits(sizes.length, total(sizes))).toBe(isFitting);
						if (isFitting) {
							room.unacked.add(new Portion(room.last + skips + 1, sizes));
							room.sent.push(...sizes.map((size, index) => ({ sequence: room.last + skips + 1 + index, size })));
							room.last += skips + sizes.length;
						} else {
							window.refuse();
							expect(window.full).toBe(!isEmpty);
						}
					}
					expect(window.left).toEqual({
						messages: limit.messages - owed().length,
						bytes: Math.max(0, limit.bytes - bytesOf(owed())),
					});
				}
				for (const { unacked } of rooms) {
					unacked.clear();
				}
				expect([window.left, window.full]).toEqual([limit, false]);
			}),
		);
	});

	test('that was empty for long, and is full at the next look, has its 60 s from there', () => {
		const window = new Window({ messages: 2, bytes: 100 }, 0);
		const unacked = new Unacked(window);
		expect(window.isEmpty).toBe(true);
		unacked.add(new Portion(1, [1, 1]));
		window.refuse();
		expect([window.isEmpty, window.full]).toEqual([false, true]);
		expect([500_000, 559_999, 560_000].map((at) => window.isStalled(at, true))).toEqual([false, false, true]);
	});

	test('is stalled when it has been full for 60 s and nothing was freed; time in which nobody listened does not count', () => {
		const window = new Window({ messages: 2, bytes: 100 }, 0);
		const unacked = new Unacked(window);
		unacked.add(new Portion(1, [5, 5]));
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

function total(sizes: readonly number[]): number {
	return sizes.reduce((sum, size) => sum + size, 0);
}

function bytesOf(sent: readonly { readonly size: number }[]): number {
	return total(sent.map(({ size }) => size));
}
