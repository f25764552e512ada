import { describe, expect, test } from 'vitest';
import { makeProver } from '../helpers/proving.ts';
import { settle, startHub } from './fake-line.ts';
import { logIn, only } from './logging-in.ts';

/** What a line was told of who comes and goes. */
function people(wire: { readonly frames: readonly object[] }): readonly string[] {
	return wire.frames.flatMap((frame) =>
		'action' in frame && 'userId' in frame ? [`${frame.action} ${frame.userId}`] : [],
	);
}

describe('B13: a base client', () => {
	test('that calls itself by an owned nick, or one like it, is shown as what it is', async () => {
		const started = startHub();
		await logIn(started, makeProver(), 'maya');
		const { wire, say } = started.connect();
		say({ type: 'subscribe', room: 'r', userId: 'maya' });
		say({ type: 'publish', room: 'r', sender: 'maya', content: 'one' });
		say({ type: 'publish', room: 'r', sender: 'MAYA', content: 'two' });
		await settle();
		expect(people(wire)).toEqual(['join ~maya']);
		expect(wire.frames.filter(({ type }) => type === 'message')).toMatchObject([
			{ sender: '~maya', content: 'one', verified: false },
			{ sender: '~MAYA', content: 'two', verified: false },
		]);
	});

	test('keeps the name that it gives itself while nobody owns it', async () => {
		const started = startHub();
		const { wire, say } = started.connect();
		say({ type: 'subscribe', room: 'r', userId: 'maya' });
		say({ type: 'publish', room: 'r', sender: 'maya', content: 'one' });
		await settle();
		expect(only(wire, 'message')).toMatchObject({ sender: 'maya', verified: false });
	});

	test("loses it to everybody's eyes when somebody with a key takes it", async () => {
		const started = startHub();
		const watcher = started.connect('jo');
		watcher.say({ type: 'subscribe', room: 'r', userId: 'jo' });
		const { say } = started.connect();
		say({ type: 'subscribe', room: 'r', userId: 'maya' });
		await settle();
		started.clock.pass(250);
		await settle();
		await logIn(started, makeProver(), 'maya');
		started.clock.pass(250);
		await settle();
		expect(people(watcher.wire)).toEqual(['join jo', 'join maya', 'leave maya', 'join ~maya']);
		say({ type: 'publish', room: 'r', sender: 'maya', content: 'one' });
		await settle();
		expect(only(watcher.wire, 'message').sender).toBe('~maya');
	});
});

test('a guest whose nick is taken by somebody with a key is sent away, and comes back under another', async () => {
	const started = startHub();
	const { wire } = started.connect('maya');
	await settle();
	expect(only(wire, 'welcome').user.id).toBe('maya');
	await logIn(started, makeProver(), 'maya');
	expect(wire.closing?.code).toBe(1012);
	const again = started.connect('maya');
	await settle();
	expect(only(again.wire, 'welcome').user.id).toBe('maya2');
});

test('nobody who is gone is held by the name that they went by', async () => {
	const started = startHub();
	const { wire, connection } = started.connect('maya');
	await settle();
	connection.closed();
	await logIn(started, makeProver(), 'maya');
	expect(wire.closing).toBeUndefined();
});
