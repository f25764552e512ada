import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoomItem } from '../../src/client/client.ts';
import { type Alignment, Ordering, type OrderingOptions } from '../../src/client/ordering.ts';
import type { Message } from '../../src/protocol/frames.ts';

const options: OrderingOptions = { graceMs: 250, giveUpMs: 15_000, maxHeld: 256 };

function ordering(alignment: Partial<Alignment> = {}, more: Partial<OrderingOptions> = {}): Ordering {
	const made = new Ordering({ ...options, ...more });
	made.align({ epoch: 'e', sequence: 0, old: true, ...alignment }, 0);
	return made;
}

function message(sequence: number, more: Partial<Message> = {}): Message {
	return { id: `m${sequence}`, room: 'r', sender: 's', content: `c${sequence}`, sequence, timestamp: 0, ...more };
}

function accept(room: Ordering, ...sequences: readonly number[]): void {
	for (const sequence of sequences) {
		room.accept(message(sequence), 0);
	}
}

/** Items as short words: `#3`, `(#3)` for an old one, `lost 1-2 trimmed`, ... */
function told(room: Ordering): readonly string[] {
	return room.drain().map(word);
}

function word(item: RoomItem): string {
	switch (item.kind) {
		case 'message':
			return item.old ? `(#${item.message.sequence})` : `#${item.message.sequence}`;
		case 'lost':
			return `lost ${item.from}-${item.to} ${item.reason}`;
		case 'resumed':
			return `resumed ${item.from}-${item.to} missed ${item.missed} after ${item.awayMs}`;
		case 'caught_up':
			return `caught up ${item.to}`;
		case 'epoch':
			return `epoch ${item.epoch} ${item.sequence}${item.lost === undefined ? '' : ` lost ${item.lost}`}`;
		case 'cleared':
			return `cleared ${item.upTo} ${item.by}`;
	}
}

/** Every number at least once, in any order. */
const arrivals = fc.nat(40).chain((count) => {
	const all = Array.from({ length: count }, (_, index) => index + 1);
	const doubles = count === 0 ? fc.constant([]) : fc.array(fc.integer({ min: 1, max: count }), { maxLength: 40 });
	return doubles.chain((more) =>
		fc.tuple(fc.constant(count), fc.shuffledSubarray([...all, ...more], whole(count + more.length))),
	);
});

function whole(length: number) {
	return { minLength: length, maxLength: length };
}

describe('any order of arrival', () => {
	test('gives 1..n, each once', () => {
		fc.assert(
			fc.property(arrivals, ([count, order]) => {
				const room = ordering();
				accept(room, ...order);
				expect(told(room)).toEqual(Array.from({ length: count }, (_, index) => `#${index + 1}`));
				expect(room.gap).toBeUndefined();
			}),
		);
	});

	test('holds at most maxHeld, and what did not fit is asked for and comes', () => {
		fc.assert(
			fc.property(arrivals, fc.integer({ min: 1, max: 5 }), ([count, order], maxHeld) => {
				const room = ordering({}, { maxHeld });
				for (const sequence of order) {
					room.accept(message(sequence), 0);
					expect(room.gap?.held ?? 0).toBeLessThanOrEqual(maxHeld);
				}
				for (let at = 0; room.position < room.head; at += 4000) {
					if (room.due(at) !== undefined) {
						const messages = Array.from({ length: count }, (_, index) => message(index + 1));
						const before = count + 1;
						room.page({ messages, after: 0, before, head: count, oldest: 1, complete: true }, at);
					}
					expect(at).toBeLessThan(15_000);
				}
				expect(told(room)).toEqual(Array.from({ length: count }, (_, index) => `#${index + 1}`));
			}),
		);
	});

	test('is told by receipts that agree with what was shown', () => {
		fc.assert(
			fc.property(arrivals, ([count, order]) => {
				const room = ordering();
				accept(room, ...order);
				const receipts = room.receipts();
				const shown = receipts.filter(({ what }) => what === 'shown' || what === 'released');
				expect(shown.map(({ sequence }) => sequence)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
				const held = receipts.filter(({ what }) => what === 'held').map(({ sequence }) => sequence);
				const released = receipts.filter(({ what }) => what === 'released').map(({ sequence }) => sequence);
				expect(held.sort()).toEqual(released.sort());
				expect(receipts.filter(({ what }) => what === 'duplicate').length).toBe(order.length - count);
			}),
		);
	});
});

describe('a gap', () => {
	test('is described by its numbers and those that wait for it', () => {
		const room = ordering();
		room.accept(message(1), 10);
		room.accept(message(4), 20);
		room.accept(message(3), 30);
		expect(room.gap).toEqual({ from: 2, to: 2, held: 2, heldFrom: 3, heldTo: 4, since: 20 });
		expect(room.wakeAt).toBe(270);
		expect(room.due(269)).toBeUndefined();
		expect(room.due(270)).toEqual({ kind: 'history', after: 1, before: 3 });
		expect(room.gap?.askedAt).toBe(270);
	});

	test('is asked for once, again after a failure, and by a new subscribe after two', () => {
		const room = ordering();
		accept(room, 2);
		expect(room.due(250)?.kind).toBe('history');
		expect(room.due(251)).toBeUndefined();
		room.failed(300);
		expect(room.due(1299)).toBeUndefined();
		expect(room.due(1300)?.kind).toBe('history');
		expect(room.due(room.wakeAt ?? 0)).toEqual({ kind: 'subscribe' });
		expect(room.due(room.wakeAt ?? 0)?.kind).toBe('history');
	});

	test('is subscribed for at once when more comes early than can be held', () => {
		const room = ordering({}, { maxHeld: 2 });
		accept(room, 3, 5, 7);
		expect(room.due(0)).toEqual({ kind: 'subscribe' });
	});

	test('at the tail shows when a higher number is heard of', () => {
		const room = ordering();
		room.reveal(2, 0);
		expect(room.gap).toBeUndefined();
		expect(room.due(250)).toEqual({ kind: 'history', after: 0, before: 3 });
	});

	test('is given up after giveUpMs, and named', () => {
		const room = ordering();
		accept(room, 3);
		for (let at = 250; at < 15_000; at = room.wakeAt ?? Infinity) {
			room.due(at);
			expect(told(room)).toEqual([]);
		}
		expect(room.wakeAt).toBe(15_000);
		room.due(15_000);
		expect(told(room)).toEqual(['lost 1-2 timeout', '#3']);
		expect(room.receipts().slice(-3)).toEqual([
			{ at: 15_000, sequence: 1, what: 'lost' },
			{ at: 15_000, sequence: 2, what: 'lost' },
			{ at: 15_000, sequence: 3, what: 'released' },
		]);
	});

	test('is not given up before it was asked for, however long the computer slept', () => {
		const room = ordering();
		accept(room, 2);
		expect(room.due(3_600_000)?.kind).toBe('history');
		expect(told(room)).toEqual([]);
	});

	test('is not given up because the computer slept while an answer was awaited', () => {
		const room = ordering();
		accept(room, 2);
		room.due(250);
		expect(room.due(3_600_000)?.kind).toBe('history');
		expect(told(room)).toEqual([]);
		for (let at = 3_600_000; at < 3_614_750; at = room.wakeAt ?? Infinity) {
			room.due(at);
		}
		room.due(3_614_750);
		expect(told(room)).toEqual(['lost 1-1 timeout', '#2']);
	});

	test('is released at once when the answer shows that the broker no longer has it', () => {
		const room = ordering();
		accept(room, 4);
		room.due(250);
		const page = { messages: [message(2)], after: 0, before: 4, head: 4, oldest: 2, complete: true };
		room.page(page, 260);
		expect(told(room)).toEqual(['lost 1-1 trimmed', '#2', 'lost 3-3 expired', '#4']);
		expect(room.wakeAt).toBeUndefined();
	});

	test('is released with the reasons that the answer gives, each for its own numbers', () => {
		const room = ordering();
		accept(room, 9);
		room.due(250);
		const gone = [
			{ from: 6, to: 6, reason: 'damaged' },
			{ from: 1, to: 2, reason: 'cleared' },
		] as const;
		const messages = [message(3), message(5), message(7)];
		room.page({ messages, after: 0, before: 9, head: 9, oldest: 3, complete: true, gone }, 260);
		expect(told(room)).toEqual([
			...['lost 1-2 cleared', '#3', 'lost 4-4 expired', '#5', 'lost 6-6 damaged', '#7', 'lost 8-8 expired', '#9'],
		]);
	});

	test('is released as far as the answer goes, also when it ends with what is gone', () => {
		const room = ordering();
		accept(room, 9);
		room.due(250);
		const gone = [{ from: 2, to: 4, reason: 'damaged' }] as const;
		room.page({ messages: [message(1)], after: 0, before: 9, head: 9, oldest: 1, complete: false, gone }, 260);
		expect(told(room)).toEqual(['#1', 'lost 2-4 damaged']);
		expect(room.due(260)).toEqual({ kind: 'history', after: 4, before: 9 });
	});

	test('of a whole page of damage is released in one piece of time', () => {
		const room = ordering();
		accept(room, 1001);
		room.due(250);
		const messages = Array.from({ length: 500 }, (_, index) => message(2 * index + 1));
		const gone = messages.map(({ sequence }) => ({ from: sequence + 1, to: sequence + 1, reason: 'damaged' }) as const);
		room.page({ messages, after: 0, before: 1001, head: 1001, oldest: 1, complete: true, gone }, 260);
		expect(room.position).toBe(1001);
		expect(told(room).filter((one) => one.startsWith('lost')).length).toBe(500);
	});

	test('stays when the answer is of before the missing message was written', () => {
		const room = ordering();
		room.reveal(2, 0);
		room.due(250);
		room.page({ messages: [message(1)], after: 0, before: 3, head: 1, oldest: 1, complete: true }, 260);
		expect(told(room)).toEqual(['#1']);
		expect(room.due(room.wakeAt ?? 0)).toEqual({ kind: 'history', after: 1, before: 3 });
	});

	test('larger than a page is asked for page after page without waiting', () => {
		const room = ordering();
		accept(room, 5);
		room.due(250);
		room.page({ messages: [message(1), message(2)], after: 0, before: 5, head: 5, oldest: 1, complete: false }, 260);
		expect(room.due(260)).toEqual({ kind: 'history', after: 2, before: 5 });
		expect(told(room)).toEqual(['#1', '#2']);
	});

	test('that the broker names is passed over when its turn comes', () => {
		const room = ordering();
		room.lose({ from: 2, to: 3, reason: 'slow' }, 0);
		expect(told(room)).toEqual([]);
		accept(room, 1, 4);
		expect(told(room)).toEqual(['#1', 'lost 2-3 slow', '#4']);
	});

	test('that the broker names does not swallow a message that came all the same', () => {
		const room = ordering();
		accept(room, 3);
		room.lose({ from: 1, to: 5, reason: 'slow' }, 0);
		expect(told(room)).toEqual(['lost 1-2 slow', '#3', 'lost 4-5 slow']);
	});

	describe('before more ranges of lost numbers than are kept', () => {
		/** Every other number up to 1198 is lost, told from the top, and #1 is missing. */
		function riddled(): Ordering {
			const room = ordering();
			for (let sequence = 1198; sequence > 0; sequence -= 2) {
				room.lose({ from: sequence, to: sequence, reason: 'trimmed' }, 0);
			}
			return room;
		}

		test('is closed all the same, and what is not kept of them is asked for when its turn comes', () => {
			const room = riddled();
			for (let sequence = 1; sequence < 1200; sequence += 2) {
				room.accept(message(sequence), 0);
			}
			expect(room.position).toBe(1025);
			expect(room.due(250)).toEqual({ kind: 'history', after: 1025, before: 1027 });
			const gone = [{ from: 1026, to: 1026, reason: 'trimmed' }] as const;
			room.page({ messages: [], after: 1025, before: 1027, head: 1199, oldest: 1, complete: true, gone }, 260);
			expect(room.position).toBe(1027);
		});

		test('is given up all the same, and named', () => {
			const room = riddled();
			for (const at of [250, 4000, 8000, 12_000, 15_000]) {
				room.due(at);
			}
			expect(told(room)).toEqual(['lost 1-1198 timeout']);
			expect(room.wakeAt).toBeUndefined();
		});
	});

	test('of numbers without content is passed over in silence', () => {
		const room = ordering();
		accept(room, 1);
		room.advance({ sequence: 7 }, 0);
		accept(room, 8);
		expect(told(room)).toEqual(['#1', '#8']);
	});

	test('is not hidden by word that nothing else comes up to a later number', () => {
		const room = ordering();
		room.isFiltered = true;
		accept(room, 1);
		room.advance({ prev: 4, sequence: 9 }, 0);
		room.accept(message(12, { prev: 4 }), 0);
		expect([told(room), room.position]).toEqual([['#1'], 1]);
		room.accept(message(4, { prev: 1 }), 100);
		expect([told(room), room.position]).toEqual([['#4', '#12'], 12]);
	});

	test('on a filtered subscription is asked for by subscribing anew, for the log would tell of everything', () => {
		const room = ordering();
		room.isFiltered = true;
		room.accept(message(9, { prev: 5 }), 0);
		expect(room.due(249)).toBeUndefined();
		expect(room.due(250)).toEqual({ kind: 'subscribe' });
	});

	test('on a filtered subscription is none because of a number that somebody else was given', () => {
		const room = ordering();
		room.isFiltered = true;
		room.hint(7, 0);
		expect([room.head, room.wakeAt]).toEqual([7, undefined]);
		room.reveal(7, 0);
		expect(room.wakeAt).toBe(250);
	});

	test('on a filtered subscription is none when the message names the one before it', () => {
		const room = ordering();
		room.accept(message(9, { prev: 5 }), 0);
		room.accept(message(5, { prev: 0 }), 0);
		expect(told(room)).toEqual(['#5', '#9']);
	});
});

describe('where it goes on', () => {
	test('after a return is bracketed, and what was trimmed meanwhile is named before', () => {
		const room = ordering();
		accept(room, 1, 2);
		told(room);
		room.suspend();
		const gap = { from: 3, to: 4, reason: 'trimmed' } as const;
		room.align({ epoch: 'e', sequence: 4, head: 6, oldest: 5, gap, old: true, awayMs: 51_000 }, 0);
		accept(room, 5, 6, 7);
		expect(told(room)).toEqual([
			'lost 3-4 trimmed',
			'resumed 5-6 missed 2 after 51000',
			'(#5)',
			'(#6)',
			'caught up 6',
			'#7',
		]);
	});

	test('after a return without anything missed shows no bracket', () => {
		const room = ordering();
		accept(room, 1);
		room.suspend();
		room.align({ epoch: 'e', sequence: 1, head: 1, old: true, awayMs: 10 }, 0);
		accept(room, 2);
		expect(told(room)).toEqual(['#1', '#2']);
	});

	test('after a return amid catching up closes the first bracket and opens another', () => {
		const room = ordering();
		for (const head of [3, 4]) {
			room.suspend();
			room.align({ epoch: 'e', sequence: room.position, head, old: true, awayMs: 10 }, 0);
			accept(room, room.position + 1);
		}
		expect(told(room)).toEqual([
			...['resumed 1-3 missed 3 after 10', '(#1)', 'caught up 1'],
			...['resumed 2-4 missed 3 after 10', '(#2)'],
		]);
	});

	test('in another epoch gives what was held, says so, and begins anew', () => {
		const room = ordering();
		accept(room, 1, 3);
		room.suspend();
		room.accept(message(1, { id: 'new' }), 0);
		room.align({ epoch: 'f', sequence: 0, head: 1, old: true, awayMs: 10 }, 0);
		expect(told(room)).toEqual([
			...['#1', 'lost 2-2 timeout', '#3', 'epoch f 0'],
			...['resumed 1-1 missed 1 after 10', '(#1)', 'caught up 1'],
		]);
	});

	test('further back drops copies of what was given, once each', () => {
		const room = ordering();
		accept(room, 1, 2, 3);
		told(room);
		room.align({ epoch: 'e', sequence: 1, head: 1, rewind: { to: 1, lost: 2 }, old: false }, 0);
		accept(room, 2);
		room.accept(message(3, { id: 'other' }), 0);
		room.accept(message(4, { id: 'm2' }), 0);
		expect(told(room)).toEqual(['epoch e 1 lost 2', '#3', '#4']);
	});

	test('to the beginning, after which all that a broker keeps by default comes again, gives nothing twice', () => {
		const room = ordering();
		const all = Array.from({ length: 10_000 }, (_, index) => index + 1);
		accept(room, ...all);
		told(room);
		room.relocate('f', 0, 'reset', 0);
		accept(room, ...all, 10_001);
		expect(told(room)).toEqual(['epoch f 0', '#10001']);
	});

	test('back again and again drops the same copies each time', () => {
		const room = ordering();
		const all = Array.from({ length: 6000 }, (_, index) => index + 1);
		accept(room, ...all);
		told(room);
		for (const [epoch, sequence] of Object.entries({ f: 0, g: 1200, h: 0 })) {
			room.align({ epoch, sequence, head: 6000, recovered: 'none', old: false }, 0);
			accept(room, ...all.slice(sequence));
			expect(told(room)).toEqual([`epoch ${epoch} ${sequence}`]);
		}
	});

	test('in another epoch with the same log is the same place, told to nobody', () => {
		const room = ordering();
		accept(room, 1, 2);
		told(room);
		room.suspend();
		room.align({ epoch: 'f', sequence: 2, head: 3, recovered: 'full', old: true, awayMs: 10 }, 0);
		accept(room, 3, 4);
		expect(told(room)).toEqual(['resumed 3-3 missed 1 after 10', '(#3)', 'caught up 3', '#4']);
		expect([room.epoch, room.first, room.position, room.head]).toEqual(['f', 0, 4, 4]);
		expect(room.receipts().map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
	});

	test('in another epoch with the same log forgets what was held and what was gone there: it may be otherwise here', () => {
		const room = ordering();
		accept(room, 1, 5);
		room.lose({ from: 3, to: 3, reason: 'slow' }, 0);
		room.suspend();
		room.accept(message(2), 0);
		room.align({ epoch: 'f', sequence: 1, head: 2, oldest: 1, recovered: 'full', old: true }, 0);
		accept(room, 3, 4);
		expect(told(room)).toEqual(['#1', '(#2)', '#3', '#4']);
		expect(room.gap).toBeUndefined();
	});

	test('in another epoch whose log was cut meanwhile names what was cut', () => {
		const room = ordering();
		accept(room, 1);
		room.suspend();
		const gap = { from: 2, to: 3, reason: 'expired' } as const;
		room.align({ epoch: 'f', sequence: 3, head: 4, oldest: 4, recovered: 'partial', gap, old: true }, 0);
		accept(room, 4);
		expect(told(room)).toEqual(['#1', 'lost 2-3 expired', '(#4)']);
	});

	test('in another epoch with an older log tells how many are lost', () => {
		const room = ordering();
		accept(room, 1, 2, 3, 5);
		told(room);
		room.suspend();
		const rewind = { to: 1, lost: 2 };
		room.align({ epoch: 'f', sequence: 1, head: 2, recovered: 'rewound', rewind, old: true }, 0);
		room.accept(message(2, { id: 'other' }), 0);
		expect(told(room)).toEqual(['epoch f 1 lost 2', '(#2)']);
	});

	test('before the position of the reader is another log, whatever the broker calls it', () => {
		const room = ordering();
		accept(room, 1, 2, 3);
		told(room);
		room.align({ epoch: 'f', sequence: 1, head: 1, recovered: 'full', old: false }, 0);
		expect(told(room)).toEqual(['epoch f 1']);
		expect([room.epoch, room.position]).toEqual(['f', 1]);
	});

	test('is before the position in the same epoch: that many are lost, also when the broker does not say so', () => {
		const room = ordering();
		accept(room, 1, 2, 3, 4, 5);
		told(room);
		room.suspend();
		room.align({ epoch: 'e', sequence: 0, head: 2, recovered: 'new', old: true }, 0);
		room.accept(message(1), 0);
		room.accept(message(2, { id: 'other' }), 0);
		room.accept(message(3, { id: 'another' }), 0);
		expect(told(room)).toEqual(['epoch e 0 lost 3', '(#2)', '#3']);
	});

	test('is not set back by an answer that was made up before the newest messages were sent', () => {
		const room = ordering();
		accept(room, 1, 2, 3);
		room.align({ epoch: 'e', sequence: 0, head: 2, recovered: 'new', old: false }, 0);
		expect(told(room)).toEqual(['#1', '#2', '#3']);
	});

	test('is before what an earlier run had seen: that many are lost', () => {
		for (const epoch of ['e', 'f']) {
			const room = new Ordering(options);
			room.begin('e', 50, 100);
			room.align({ epoch, sequence: 50, head: 80, recovered: 'full', old: true }, 0);
			room.accept(message(51), 0);
			expect(told(room)).toEqual([`epoch ${epoch} 80 lost 20`, '(#51)']);
		}
	});

	test('is further back than an earlier run had seen: all of that is lost', () => {
		const room = new Ordering(options);
		room.begin('e', 50, 100);
		const rewind = { to: 30, lost: 20 };
		room.align({ epoch: 'f', sequence: 30, head: 30, recovered: 'rewound', rewind, old: true }, 0);
		expect(told(room)).toEqual(['epoch f 30 lost 70']);
	});

	test('leaves no receipts of numbers that are given anew', () => {
		const room = ordering();
		accept(room, 1, 2, 3, 4);
		room.relocate('f', 2, 'rewind', 0);
		accept(room, 3);
		expect(room.receipts().map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
		room.relocate('g', 0, 'reset', 0);
		expect(room.receipts()).toEqual([]);
	});

	test('elsewhere by the broker itself is followed', () => {
		const room = ordering();
		accept(room, 1);
		room.relocate('f', 10, 'reset', 0);
		accept(room, 11);
		room.relocate('f', 10, 'reset', 0);
		expect(told(room)).toEqual(['#1', 'epoch f 10', '#11', 'epoch f 10']);
	});

	test('further on by the broker itself leaves a gap that is asked for', () => {
		const room = ordering();
		room.relocate('e', 5, 'reset', 0);
		expect(room.due(250)).toEqual({ kind: 'history', after: 0, before: 6 });
	});

	test('is kept for messages that overtake the word of it', () => {
		const room = new Ordering(options);
		room.accept(message(7), 0);
		room.accept(message(8), 0);
		expect(told(room)).toEqual([]);
		room.align({ epoch: 'e', sequence: 6, head: 6, old: true }, 0);
		expect(told(room)).toEqual(['#7', '#8']);
	});

	test('after the log was cleared is past what was cleared', () => {
		const room = ordering();
		accept(room, 1, 2);
		room.clear(4, 'jo', 0);
		accept(room, 5);
		expect(told(room)).toEqual(['#1', '#2', 'lost 3-4 cleared', 'cleared 4 jo', '#5']);
		expect(room.oldest).toBe(5);
	});
});

test('messages of a hostile broker are held only up to a bound in bytes', () => {
	const room = ordering();
	const content = 'x'.repeat(64 * 1024);
	for (let sequence = 2; sequence < 200; sequence++) {
		room.accept(message(sequence, { content }), 0);
	}
	expect(room.gap?.held).toBe(64);
	expect(room.gap?.heldTo).toBe(65);
});
