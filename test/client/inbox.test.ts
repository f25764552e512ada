import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Client, RoomItem } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { conversationOf } from '../../src/client/conversation.ts';
import type { ClientOptions } from '../../src/client/options.ts';
import { startBroker } from '../broker/running.ts';
import { welcome } from './model-broker.ts';
import { message, published, Script } from './script.ts';

const owner = (inbox: string) => ({ ...welcome('sam'), user: { id: 'sam', verified: true, role: 'member', inbox } });

/** Welcomed as the owner of `@sam`; who is told of the inbox joins it. */
function following(): Script {
	const script = new Script().opened().says(owner('@sam'));
	const [inbox] = script.look().flatMap((output) => (output.type === 'inbox' ? [output.room] : []));
	script.join(inbox);
	const ref = script.refOf('subscribe');
	script.says({
		type: 'subscribed',
		room: '@sam',
		sequence: 0,
		ref,
		epoch: 'e',
		head: 0,
		oldest: 1,
		canPublish: false,
	});
	return script;
}

describe('the inbox', () => {
	test('is told of once, however often the link is lost, and again when it is another', () => {
		const script = new Script().opened().says(owner('@sam'));
		const told = () => script.look().flatMap((output) => (output.type === 'inbox' ? [output.room] : []));
		expect(told()).toEqual(['@sam']);
		script.closes().passes(500).opened().says(owner('@sam'));
		expect(told()).toEqual([]);
		script.closes().passes(5000).opened().says(owner('@sammy'));
		expect(told()).toEqual(['@sammy']);
	});

	test('is not told of when it is not wanted', () => {
		const script = new Script({ inbox: false }).opened().says(owner('@sam'));
		expect(script.look().some(({ type }) => type === 'inbox')).toBe(false);
	});

	test('is followed without presence and without asking who is there', () => {
		const script = new Script().opened().says(owner('@sam'));
		script.look();
		script.join('@sam');
		const [subscribe] = script.sent();
		expect(subscribe).toMatchObject({ type: 'subscribe', room: '@sam', presence: 'off' });
		const ref = subscribe?.type === 'subscribe' ? (subscribe.ref ?? '') : '';
		script.says({ type: 'subscribed', room: '@sam', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1 });
		expect(script.sent()).toEqual([]);
		expect(script.session.room('@sam')).toMatchObject({ phase: 'live' });
	});

	test('shows that its own copy of a direct message is missing by what the broker acknowledged', () => {
		const script = following();
		script.look();
		script.publish('hi', '@bob');
		script.says(published('c2', 2, { room: '@bob' }));
		expect(script.session.room('@sam')).toMatchObject({ position: 0, head: 2 });
		expect(script.answers()).toMatchObject([expect.stringMatching(/^2: .*"room":"@bob".*"sequence":2/)]);
		script.says(message(2, { room: '@sam', to: '@bob', from: '@sam', cid: 'c2' }));
		script.says(message(1, { room: '@sam' }));
		expect(script.items().map((item) => item.kind === 'message' && item.message.sequence)).toEqual([1, 2]);
	});

	test.each([true, false])('of another is refused without asking the broker, link or not: %s', (isOnline) => {
		const script = new Script();
		if (isOnline) {
			script.opened().says(owner('@sam'));
		}
		script.join('@bob');
		script.look();
		if (!isOnline) {
			script.opened().says(owner('@sam'));
		} else {
			script.join('@bob');
		}
		const outputs = script.look();
		expect(outputs.flatMap((output) => (output.type === 'send' ? [output.frame.type] : []))).not.toContain('subscribe');
		expect(outputs).toContainEqual({
			type: 'settle',
			id: isOnline ? 2 : 1,
			result: {
				ok: false,
				failure: {
					code: 'forbidden',
					text: 'Only its owner reads an inbox. What is said with @bob is in your own, @sam',
					outcome: 'not_applied',
				},
			},
		});
	});

	test('is a room like others to a base broker', () => {
		const script = new Script().based();
		script.join('@bob');
		expect(script.sent()).toContainEqual({ type: 'subscribe', room: '@bob', userId: 'sam' });
	});
});

describe('a direct message that the broker could not copy', () => {
	test('is sent again before the ones after it, none of which may be discarded', () => {
		const script = new Script().welcomed();
		script.look();
		script.publish('one', '@bob');
		script.publish('two', '@bob');
		const [one, two] = script.sent().flatMap((frame) => (frame.type === 'publish' ? [frame] : []));
		const refused = { type: 'error', error: 'no', room: '@bob', outcome: 'unknown' } as const;
		script.says({ ...refused, code: 'unavailable', ref: one?.ref, cid: 'c1' });
		script.says({ ...refused, code: 'out_of_order', ref: two?.ref, cid: 'c2', expected: 1 });
		expect([script.session.canDiscard('c1'), script.session.canDiscard('c2')]).toEqual([false, false]);
		script.passes(2000);
		const again = script.sent().flatMap((frame) => (frame.type === 'publish' ? [frame] : []));
		expect(again[0]).toMatchObject({ cid: 'c1', pseq: 1 });
		script.says(published('c1', 1, { room: '@bob' }));
		const later = [...again.slice(1), ...script.sent()].flatMap((frame) => (frame.type === 'publish' ? [frame] : []));
		expect(later).toMatchObject([{ cid: 'c2', pseq: 2 }]);
	});
});

describe('a conversation', () => {
	test('is with whom said it, or with whom it was said to', () => {
		const said = { room: '@sam', sender: 'bobby', to: '@sam' };
		expect(conversationOf({ ...said, from: '@bob' }, '@sam')).toBe('@bob');
		expect(conversationOf({ room: '@sam', sender: 'sam', from: '@sam', to: '@bob' }, '@sam')).toBe('@bob');
		expect(conversationOf(said, '@sam')).toBe('@~bobby');
		expect(conversationOf({ ...said, room: 'general' }, '@sam')).toBeUndefined();
		expect(conversationOf(said, undefined)).toBeUndefined();
	});

	const keys = { sam: generateKeyPairSync('ed25519').privateKey, bob: generateKeyPairSync('ed25519').privateKey };

	/** Connects, and resolves when the inbox is followed. */
	async function come(url: string, nick: string, options: Partial<ClientOptions> = {}) {
		const client = connect(url, { nick, ...options });
		const items: RoomItem[] = [];
		client.on('items', (room, more) => room === client.user?.inbox && items.push(...more));
		if (options.key !== undefined) {
			await until(client, () => client.user?.inbox !== undefined && client.room(client.user.inbox)?.phase === 'live');
		}
		const heard = () => items.flatMap((item) => (item.kind === 'message' ? [item.message] : []));
		return { client, heard };
	}

	function until(client: Client, isSo: () => boolean): Promise<void> {
		return new Promise((resolve) => {
			const look = () => isSo() && resolve();
			client.on('room', look).on('items', look).on('status', look);
			look();
		});
	}

	test('is the same for both, on all devices, whoever was away', async () => {
		const { url } = await startBroker();
		const [sam, bob] = [await come(url, 'sam', { key: keys.sam }), await come(url, 'bob', { key: keys.bob })];
		const jo = await come(url, 'jo');
		expect(await sam.client.publish('@bob', 'one')).toMatchObject({ room: '@bob', sequence: 1 });
		await until(bob.client, () => bob.heard().length === 1);
		await bob.client.publish('@sam', 'two');
		await bob.client.close();
		await sam.client.publish('@bob', 'three');
		expect(await jo.client.publish('@bob', 'four')).toMatchObject({ sequence: 0, epoch: 'hidden' });
		const phone = await come(url, 'bob', { key: keys.bob });
		await until(phone.client, () => phone.heard().length === 4);
		await until(sam.client, () => sam.heard().length === 3);
		const seen = (one: typeof sam) =>
			one.heard().map((said) => [conversationOf(said, one.client.user?.inbox), said.sender, said.content]);
		expect(seen(sam)).toEqual([
			['@bob', 'sam', 'one'],
			['@bob', 'bob', 'two'],
			['@bob', 'sam', 'three'],
		]);
		expect(seen(phone)).toEqual([
			['@sam', 'sam', 'one'],
			['@sam', 'bob', 'two'],
			['@sam', 'sam', 'three'],
			['@~jo', 'jo', 'four'],
		]);
		await expect(sam.client.history('@bob')).rejects.toMatchObject({ code: 'forbidden' });
		await expect(sam.client.publish('@jo', 'hi')).rejects.toMatchObject({ code: 'forbidden' });
		await Promise.all([sam, jo, phone].map(({ client }) => client.close()));
	});
});
