import { describe, expect, it } from 'vitest';
import { createBatch } from '../../src/tui/batch.ts';
import type { Unstamped } from '../../src/tui/model.ts';
import { messages, noon, status } from './happenings.ts';

const standing = (more: object): Unstamped => ({ type: 'room', status: status(more) });

/** What `take` gives, as `items 1 2` and `room 2`. */
function taken(...events: readonly Unstamped[]): readonly string[] {
	const batch = createBatch();
	expect(events.filter((event) => !batch.add(event))).toEqual([]);
	const shown = batch.take().map((event) => {
		if (event.type === 'items') {
			const numbers = event.items.map((item) => (item.kind === 'message' ? item.message.sequence : item.kind));
			return `items ${event.room} ${numbers.join(' ')}`;
		}
		return event.type === 'room' ? `room ${event.status.room} ${event.status.position}` : event.type;
	});
	expect(batch.take()).toEqual([]);
	return shown;
}

describe('what came in rooms', () => {
	it('is one event of messages and one of the standing, the newest', () => {
		expect(
			taken(messages(1, 2), standing({ position: 2 }), messages(3, 1), standing({ position: 3 }), messages(4, 1)),
		).toEqual(['items general 1 2 3 4', 'room general 3']);
	});

	it('keeps the standing that came before the messages in front of them', () => {
		expect(taken(standing({ position: 0 }), messages(1, 1), standing({ position: 1 }), messages(2, 1))).toEqual([
			'room general 0',
			'items general 1 2',
			'room general 1',
		]);
	});

	it('is of each room apart, in the order in which they came', () => {
		const ops: Unstamped = { ...messages(7, 1), room: 'ops' } as Unstamped;
		expect(taken(ops, messages(1, 1), standing({ room: 'ops', position: 7 }), messages(2, 1))).toEqual([
			'items ops 7',
			'room ops 7',
			'items general 1 2',
		]);
	});

	it('leaves what was told as it was told', () => {
		const first = messages(1, 1);
		const before = structuredClone(first);
		taken(first, messages(2, 1));
		expect(first).toEqual(before);
	});

	it('is not more of a room than a key press can wait for', () => {
		const batch = createBatch();
		expect([messages(1, 249), messages(250, 1), messages(251, 1)].map(batch.add)).toEqual([true, true, false]);
		expect(batch.take()).toEqual([messages(1, 250)]);
	});

	it('is no gap, and nothing that is told of something else', () => {
		const gap = { from: 2, to: 2, held: 1, heldFrom: 3, heldTo: 3, since: noon };
		const batch = createBatch();
		expect([batch.add(standing({ gap })), batch.add({ type: 'ticked' })]).toEqual([false, false]);
		expect(batch.take()).toEqual([]);
	});
});
