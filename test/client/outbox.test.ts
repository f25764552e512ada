import { expect, test } from 'vitest';
import { Outbox } from '../../src/client/outbox.ts';

function outbox(...rooms: readonly string[]): Outbox {
	const made = new Outbox({ maxInFlight: 3, maxQueued: 10, requestMs: 1000 });
	for (const [index, room] of rooms.entries()) {
		made.add({ id: index, cid: `c${index}`, room, content: `text ${index}`, writtenAt: 0 });
	}
	return made;
}

const v1 = { bare: false, isOpen: (_room: string) => true };
const bare = { ...v1, bare: true };

function sent(box: Outbox, at = 0, how = v1): readonly number[] {
	return box.depart(at, how).map(({ id }) => id);
}

test('publishes leave in their order, at most maxInFlight at once', () => {
	const box = outbox('a', 'a', 'a', 'a', 'a');
	expect(sent(box)).toEqual([0, 1, 2]);
	box.remove('c1');
	expect(sent(box)).toEqual([3]);
	expect(box.inFlight).toBe(3);
});

test('a room that is not open keeps its publishes without holding up the others', () => {
	const box = outbox('a', 'b', 'a');
	expect(sent(box, 0, { bare: false, isOpen: (room) => room === 'b' })).toEqual([1]);
	expect(sent(box)).toEqual([0, 2]);
});

test('a publish that is to be tried again goes before all after it, one at a time', () => {
	const box = outbox('a', 'a', 'a', 'a');
	sent(box);
	box.postpone('c0', 500, 'not_applied');
	expect(sent(box, 499)).toEqual([]);
	expect(sent(box, 500)).toEqual([]);
	box.postpone('c1', 500, 'not_applied');
	box.postpone('c2', 500, 'not_applied');
	expect(sent(box, 500)).toEqual([0]);
	expect(sent(box, 501)).toEqual([]);
	box.remove('c0');
	expect(sent(box, 501)).toEqual([1]);
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
	box.remove('c0');
	box.linkLost();
	expect(box.inFlight).toBe(0);
	expect(sent(box)).toEqual([1, 3, 2]);
});

test('an answer that takes too long has it and all after it in its room sent again', () => {
	const box = outbox('a', 'a', 'b');
	box.depart(0, { bare: false, isOpen: (room) => room === 'a' });
	box.depart(600, v1);
	expect(box.wakeAt).toBe(1000);
	expect(box.overdue(1000)).toEqual([]);
	expect(sent(box, 1000)).toEqual([0, 1]);
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

test('a refusal says nothing of what an earlier link did with it', () => {
	const box = outbox('a');
	sent(box);
	box.linkLost();
	sent(box);
	box.postpone('c0', 500, 'not_applied');
	expect(box.discard('c0')).toBeUndefined();
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
	expect(box.recognise('a', isSame)).toBeUndefined();
	sent(box, 0, bare);
	expect(box.recognise('b', isSame)).toBeUndefined();
	expect(box.recognise('a', isSame)?.id).toBe(0);
	expect(box.recognise('a', (content) => content === 'text 1')?.id).toBe(1);
});

test('it lists what waits in the order in which it was written', () => {
	const box = outbox('b', 'a');
	box.depart(0, { bare: false, isOpen: (room) => room === 'a' });
	expect(box.list()).toEqual([
		{ room: 'b', cid: 'c0', content: 'text 0', writtenAt: 0, sent: false },
		{ room: 'a', cid: 'c1', content: 'text 1', writtenAt: 0, sent: true },
	]);
});
