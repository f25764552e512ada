/** What falls between two parts. */
import { describe, expect, test } from 'vitest';
import { settle } from '../broker/fake-line.ts';
import { comes, comesUnknown, heard, startOwned } from '../broker/known-people.ts';
import { logIn } from '../broker/logging-in.ts';
import { makeProver } from '../helpers/proving.ts';

describe('/kick and the like, typed by a base client in an inbox', () => {
	test('are no message', async () => {
		const started = await startOwned();
		const bob = await comes(started, 'bob');
		await bob.ask({ type: 'subscribe', room: '@bob', userId: 'bob' });
		const jo = await comesUnknown(started, 'jo', { isBase: true });
		await jo.ask({ type: 'publish', room: '@bob', sender: 'jo', content: '/ban eve' });
		expect(heard(bob.wire)).not.toContain('/ban eve');
	});
});

describe('a ban of a name', () => {
	test('holds whoever comes under a name that looks like it', async () => {
		const started = await startOwned();
		// `ll` and `Il` look alike: no two keys could have them.
		await comesUnknown(started, 'll');
		expect(await started.sam.order({ op: 'ban', userId: '~ll', room: 'r' })).toBe('ok');
		const back = await comesUnknown(started, 'Il');
		expect(back.wire.frames.filter((frame) => frame.type === 'subscribed')).toEqual([]);
	});
});

describe('who is banned from the broker', () => {
	test('while the connection is lost is not shown as present any longer', async () => {
		const started = await startOwned();
		const watcher = await comes(started, 'watcher');
		const { wire, say } = await logIn(started, makeProver(), 'eve');
		say({ type: 'subscribe', room: 'r', userId: 'eve' });
		await settle();
		const [connection] = [...started.hub.connections].filter(({ user }) => user.id === 'eve');
		connection?.closed(1006);
		void wire;
		expect(await started.sam.order({ op: 'ban', userId: 'eve' })).toBe('ok');
		started.clock.pass(1000);
		await settle();
		const [answer] = await watcher.ask({ type: 'members', room: 'r', ref: 'm' });
		expect(JSON.stringify(answer)).not.toContain('"eve"');
	});
});
