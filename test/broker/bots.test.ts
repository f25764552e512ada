import { expect, test } from 'vitest';
import { settle, startReadyHub } from './fake-line.ts';

test('a bot is told as one, says what it says as one, and is here however long it is silent', async () => {
	const { hub, clock, connect } = await startReadyHub();
	const subscribe = (userId: string) => ({ type: 'subscribe', room: 'r', userId });
	const publish = (sender: string, content: string) => ({ type: 'publish', room: 'r', sender, content });
	const ana = connect('ana');
	ana.say(subscribe('ana'));
	await settle();
	const { wire, say } = connect();
	say({ type: 'hello', v: 1, user: 'ci', bot: true });
	say(subscribe('ci'));
	await settle();
	clock.pass(1000);
	say(publish('ci', 'passed'));
	ana.say(publish('ana', 'good'));
	await settle();
	clock.pass(300_000);
	hub.tick();
	await settle();
	clock.pass(1000);
	ana.say({ type: 'members', room: 'r', ref: 'm' });
	await settle();
	const seen = ana.wire.frames.flatMap((frame): unknown[] => {
		switch (frame.type) {
			case 'presence':
				return [[frame.userId, frame.action, frame.state, frame.bot]];
			case 'message':
				return [[frame.content, frame.bot]];
			case 'members':
				return frame.members.map(({ userId, state, bot }) => [userId, state, bot]);
			default:
				return [];
		}
	});
	expect(seen).toEqual([
		['ana', 'join', 'online', undefined],
		['ci', 'join', 'online', true],
		['passed', true],
		['good', undefined],
		['ana', 'update', 'away', undefined],
		['ci', 'online', true],
		['ana', 'away', undefined],
	]);
	expect(wire.frames).toContainEqual(expect.objectContaining({ type: 'presence', userId: 'ci', bot: true }));
});
