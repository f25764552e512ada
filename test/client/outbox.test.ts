import { describe, expect, test } from 'vitest';
import { Outbox } from '../../src/client/outbox.ts';
import { departures, v1 } from './departures.ts';

function outbox(...rooms: readonly string[]): Outbox {
	const made = new Outbox({ maxInFlight: 3, maxQueued: 10, requestMs: 1000 });
	for (const [index, room] of rooms.entries()) {
		made.add({ id: index, cid: `c${index}`, room, content: `text ${index}`, writtenAt: 0 });
	}
	return made;
}

const bare = { ...v1, bare: true };

/** The ids of what leaves now. */
function sent(box: Outbox, at = 0, how = v1): readonly (number | undefined)[] {
	return departures(box, at, how).map(({ parcel }) => parcel.id);
}

/** What leaves now, as `id/pseq`. */
function numbers(box: Outbox, at = 0): readonly string[] {
	return departures(box, at).map(({ parcel, pseq }) => `${parcel.id}/${pseq}`);
}

test('publishes leave in their order, at most maxInFlight at once', () => {
	const box = outbox('a', 'a', 'a', 'a', 'a');
	expect(sent(box)).toEqual([0, 1, 2]);
	box.numbered('c1');
	expect(sent(box)).toEqual([3]);
	expect(box.inFlight).toBe(3);
});

test('a room that is not open keeps its publishes without holding up the others', () => {
	const box = outbox('a', 'b', 'a');
	expect(sent(box, 0, { ...v1, isOpen: (room) => room === 'b' })).toEqual([1]);
	expect(sent(box)).toEqual([0, 2]);
});

describe('numbers of a producer', () => {
	test('count per room in the order of departure', () => {
		expect(numbers(outbox('a', 'b', 'a'))).toEqual(['0/1', '2/2', '1/1']);
	});

	test('go on where they were after everything was numbered', () => {
		const box = outbox('a');
		sent(box);
		box.numbered('c0');
		box.add({ id: 7, cid: 'c7', room: 'a', content: '', writtenAt: 0 });
		expect(numbers(box)).toEqual(['7/2']);
	});

	test('stay with one that is to be tried again and with all after it, which leave again behind it', () => {
		const box = outbox('a', 'a', 'a');
		const [, , last] = departures(box);
		box.postpone('c1', 500, 'not_applied');
		box.answered(last?.ref ?? '', 'not_applied');
		expect(box.inFlight).toBe(1);
		expect(numbers(box, 499)).toEqual([]);
		box.numbered('c0');
		expect(numbers(box, 500)).toEqual(['1/2', '2/3']);
	});

	test('stay also when one in between was numbered after all', () => {
		const box = outbox('a', 'a', 'a');
		sent(box);
		box.postpone('c0', 500, 'unknown');
		box.numbered('c1');
		box.numbered('c0');
		expect(numbers(box, 500)).toEqual(['2/3']);
	});

	test('move down after one that was refused for good and certainly not stored', () => {
		const box = outbox('a', 'a', 'a');
		sent(box);
		expect(box.refused('c1', 'not_applied')).toBe('not_applied');
		expect(numbers(box)).toEqual(['2/2']);
		box.add({ id: 7, cid: 'c7', room: 'a', content: '', writtenAt: 0 });
		box.numbered('c0');
		expect(numbers(box)).toEqual(['7/3']);
	});

	test('stay after one that was refused for good but may be stored, and those under way stay so', () => {
		const box = outbox('a', 'a', 'a');
		const [, , last] = departures(box);
		expect(box.refused('c1', 'unknown')).toBe('unknown');
		expect(numbers(box)).toEqual([]);
		expect(box.underWay(last?.ref, 'c2')?.id).toBe(2);
	});

	test('move down after one that was discarded', () => {
		const box = outbox('a', 'a');
		sent(box);
		box.postpone('c1', 500, 'not_applied');
		box.discard('c1');
		box.numbered('c0');
		box.add({ id: 7, cid: 'c7', room: 'a', content: '', writtenAt: 0 });
		expect(numbers(box, 500)).toEqual(['7/2']);
	});

	test.each([
		['one that it had stored, which it may come to know again', 1],
		['a higher one: it may have stored this one, and forgotten its cid', 3],
	])('begin again as another series when the broker expects %s', (_, expected) => {
		const box = outbox('a', 'a', 'a');
		const [, , last] = departures(box);
		box.numbered('c0');
		box.correct('c1', expected, 500);
		box.answered(last?.ref ?? '', 'not_applied');
		box.add({ id: 7, cid: 'c7', room: 'a', content: '', writtenAt: 0 });
		const left = departures(box).map(({ parcel, pseq, series }) => [parcel.id, pseq, series]);
		expect(left).toEqual([
			[1, 1, 1],
			[2, 2, 1],
			[7, 3, 1],
		]);
	});

	test('are left alone by an expectation that no broker can have, and the next try waits', () => {
		const box = outbox('a', 'a');
		sent(box);
		for (const [expected, at] of [0, 4, 2 ** 53 - 1].map((one, index) => [one, (index + 1) * 500] as const)) {
			box.correct('c0', expected, at);
			expect(numbers(box, at - 1)).toEqual([]);
			expect(numbers(box, at)).toEqual(['0/1']);
		}
	});

	test('are corrected at once only the first time, so that a broker that is never content gets no flood', () => {
		const box = outbox('a');
		sent(box);
		box.correct('c0', 2, 500);
		expect(numbers(box)).toEqual(['0/1']);
		box.correct('c0', 2, 500);
		expect(numbers(box, 499)).toEqual([]);
		expect(box.wakeAt).toBe(500);
		expect(numbers(box, 500)).toEqual(['0/1']);
	});
});

test('after it was asked to wait a room sends one, and one more at once for each that is numbered', () => {
	const box = new Outbox({ maxInFlight: 3, maxQueued: 10, requestMs: 1000 });
	for (let id = 0; id < 8; id++) {
		box.add({ id, cid: `c${id}`, room: 'a', content: '', writtenAt: 0 });
	}
	const [, ...others] = departures(box);
	box.postpone('c0', 500, 'not_applied');
	for (const { ref } of others) {
		box.answered(ref, 'not_applied');
	}
	expect(sent(box, 500)).toEqual([0]);
	box.numbered('c0');
	expect(sent(box, 500)).toEqual([1, 2]);
	box.numbered('c1');
	box.numbered('c2');
	expect(sent(box, 500)).toEqual([3, 4, 5]);
});

test('a postponed publish wakes its room when its wait is over', () => {
	const box = outbox('a');
	sent(box);
	box.postpone('c0', 500, 'not_applied');
	expect(box.wakeAt).toBe(500);
});

test('after a lost link everything under way leaves again in its order', () => {
	const box = outbox('a', 'a', 'b', 'a');
	sent(box);
	box.numbered('c0');
	box.linkLost();
	expect(box.inFlight).toBe(0);
	expect(sent(box)).toEqual([1, 3, 2]);
});

test('an answer that takes too long has it and all after it in its room sent again', () => {
	const box = outbox('a', 'a', 'b');
	sent(box, 0, { ...v1, isOpen: (room) => room === 'a' });
	sent(box, 600);
	expect(box.wakeAt).toBe(1000);
	expect(box.overdue(1000)).toEqual([]);
	expect(sent(box, 1000)).toEqual([0]);
	box.numbered('c0');
	expect(sent(box, 1000)).toEqual([1]);
});

test('a link that takes longer to carry what it has than an answer may take is not given as much again', () => {
	const box = new Outbox({ maxInFlight: 100, maxQueued: 500, requestMs: 1000 });
	for (let id = 0; id < 500; id++) {
		box.add({ id, cid: `c${id}`, room: 'a', content: '', writtenAt: 0 });
	}
	// One arrives every 100 ms, in the order in which they left.
	const onLink: string[] = [];
	let most = 0;
	let arrived = 0;
	for (; box.list().length > 0 && arrived < 5000; arrived++) {
		box.overdue(arrived * 100);
		onLink.push(...departures(box, arrived * 100).map(({ parcel }) => parcel.cid));
		most = Math.max(most, onLink.length);
		box.numbered(onLink.shift() ?? '');
	}
	expect(most).toBeLessThan(200);
	expect(arrived).toBeLessThan(3 * 500);
});

test('after answers that were late to tries of before, fewer leave too', () => {
	const box = outbox('a', 'a', 'a', 'a');
	sent(box);
	box.postpone('c0', 100, 'not_applied');
	expect(sent(box, 100)).toEqual([0]);
	box.numbered('c0');
	expect(sent(box, 900)).toEqual([1]);
	// Now the first tries of the second and the third are overdue.
	box.overdue(1000);
	expect(sent(box, 1000)).toEqual([]);
});

test('one that was sent bare is not sent again by itself but given up', () => {
	const box = outbox('a');
	sent(box, 0, bare);
	expect(box.overdue(1000).map(({ id }) => id)).toEqual([0]);
});

test('only what was never handed to a link can be discarded', () => {
	const box = outbox('a', 'a', 'a', 'a');
	sent(box);
	expect(box.discard('c0')).toBeUndefined();
	expect(box.discard('c3')?.id).toBe(3);
	box.linkLost();
	expect(box.discard('c0')).toBeUndefined();
});

test('a refusal that says it was not applied makes it discardable again', () => {
	const box = outbox('a');
	sent(box);
	box.postpone('c0', 500, 'not_applied');
	expect(box.discard('c0')?.id).toBe(0);
	expect(box.list()).toEqual([]);
});

test('a wait that is over wakes nobody, also when the room is closed', () => {
	const box = outbox('a');
	sent(box);
	box.postpone('c0', 500, 'not_applied');
	box.overdue(500);
	expect(sent(box, 500, { ...v1, isOpen: () => false })).toEqual([]);
	expect(box.wakeAt).toBeUndefined();
});

test('a late answer to an earlier try lands nothing, but its outcome counts', () => {
	const box = outbox('a', 'a');
	const [first, second] = departures(box);
	box.postpone('c0', 500, 'not_applied');
	expect(box.list().map((one) => one.sent)).toEqual([false, true]);
	expect(box.underWay(second?.ref, 'c1')).toBeUndefined();
	expect(box.isOwn(second?.ref ?? '')).toBe(true);
	box.answered(second?.ref ?? '', 'not_applied');
	expect(box.list().map((one) => one.sent)).toEqual([false, false]);
	sent(box, 500);
	expect(box.underWay(first?.ref, 'c0')).toBeUndefined();
	expect(box.inFlight).toBe(1);
});

test('a try that is never answered makes room for another one in the end', () => {
	const box = outbox('a', 'a', 'a', 'b');
	sent(box);
	box.postpone('c0', 5000, 'not_applied');
	expect(box.inFlight).toBe(2);
	box.overdue(1000);
	expect(box.inFlight).toBe(0);
	expect(sent(box, 1000)).toEqual([3]);
});

test('while only what was sent may leave, so does what stands before it in its room', () => {
	const box = outbox('a', 'a', 'a', 'b');
	const [, second] = departures(box);
	box.postpone('c0', 0, 'not_applied');
	expect(second?.parcel.id).toBe(1);
	const gate = { ...v1, onlySent: true };
	expect(sent(box, 0, gate)).toEqual([0]);
	box.numbered('c0');
	expect(sent(box, 0, gate)).toEqual([1]);
	box.numbered('c1');
	expect(sent(box, 0, gate)).toEqual([2]);
	box.numbered('c2');
	expect(box.hasSent).toBe(false);
	expect(sent(box, 0, gate)).toEqual([]);
});

test('a refusal says nothing of what an earlier link did with it', () => {
	const box = outbox('a');
	sent(box);
	box.linkLost();
	sent(box);
	expect(box.refused('c0', 'not_applied')).toBe('unknown');
});

test('it refuses a cid that it has, and more than it may keep', () => {
	const box = outbox('a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'a');
	const parcel = { id: 9, cid: 'c9', room: 'a', content: '', writtenAt: 0 };
	expect(box.add({ ...parcel, cid: 'c1' })).toBe('repeated');
	expect(box.add(parcel)).toBe('added');
	expect(box.add({ ...parcel, cid: 'c10' })).toBe('full');
});

test('a message that comes back is taken for the first of the same text that was sent bare', () => {
	const box = outbox('a', 'a');
	const isSame = () => true;
	const next = { room: 'a', sequence: 6 };
	expect(box.recognise(next, isSame)).toBeUndefined();
	sent(box, 0, bare);
	expect(box.recognise({ ...next, room: 'b' }, isSame)).toBeUndefined();
	expect(box.recognise(next, isSame)?.id).toBe(0);
	expect(box.recognise(next, (content) => content === 'text 1')?.id).toBe(1);
});

test('a message from before it was sent bare is another one, unless numbers began anew since', () => {
	const box = outbox('a');
	sent(box, 0, bare);
	box.linkLost();
	sent(box, 0, { ...bare, standing: () => 9 });
	const isSame = () => true;
	expect(box.recognise({ room: 'a', sequence: 5 }, isSame)).toBeUndefined();
	expect(box.recognise({ room: 'a', sequence: 6 }, isSame)?.id).toBe(0);
	box.renumbered('a', 2);
	expect(box.recognise({ room: 'a', sequence: 2 }, isSame)).toBeUndefined();
	expect(box.recognise({ room: 'a', sequence: 3 }, isSame)?.id).toBe(0);
});

test('it lists what waits in the order in which it was written', () => {
	const box = outbox('b', 'a');
	sent(box, 0, { ...v1, isOpen: (room) => room === 'a' });
	expect(box.list()).toEqual([
		{ room: 'b', cid: 'c0', content: 'text 0', writtenAt: 0, sent: false },
		{ room: 'a', cid: 'c1', content: 'text 1', writtenAt: 0, sent: true },
	]);
});
