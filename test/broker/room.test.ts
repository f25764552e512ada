import { afterEach, expect, test } from 'vitest';
import { Attendance } from '../../src/broker/presence.ts';
import { memoryEngine } from '../../src/engines/memory.ts';
import { HandClock, settle } from './fake-line.ts';
import { roomsBy } from './open-rooms.ts';

const { openRoom, closeRooms } = roomsBy(new HandClock());
afterEach(closeRooms);

const visit = { state: 'online', verified: false, since: 0 } as const;

test('is settled when the engine knows of everybody, in whatever order it heard of them', async () => {
	const engine = memoryEngine();
	const answers: (() => void)[] = [];
	engine.setMember = () => new Promise((resolve) => answers.push(resolve));
	const { room } = await openRoom(engine);
	for (const userId of ['ana', 'bob']) {
		room.attend({ stay: { userId: '' } } as Parameters<typeof room.attend>[0], userId, visit);
	}
	let isSettled = false;
	const settled = room.settled().then(() => {
		isSettled = true;
	});
	const [first, second] = answers;
	second?.();
	await settle();
	expect(isSettled).toBe(false);
	first?.();
	await settled;
});

test('says on how many connections somebody is, seen or not', () => {
	const attendance = new Attendance<string>();
	const counts = (['here', 'there', 'here'] as const).map((key) => {
		attendance.set('ana', key, { ...visit, state: 'invisible' });
		return attendance.connections('ana');
	});
	expect(counts).toEqual([1, 2, 2]);
	attendance.delete('ana', 'here');
	expect([attendance.connections('ana'), attendance.connections('bob')]).toEqual([1, 0]);
});
