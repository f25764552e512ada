/** Who is there, from one program to another over a real broker. */
import { generateKeyPairSync } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { Client, ClientEvents, Member } from '../../src/client/client.ts';
import { connect } from '../../src/client/connect.ts';
import { startBroker } from '../broker/running.ts';

function join(url: string, nick: string): Client {
	const client = connect(url, { nick, rooms: ['den'] });
	onTestFinished(() => client.close());
	return client;
}

/** Somebody with a key, who has an inbox. */
function person(url: string, nick: string): Client {
	const { privateKey: key } = generateKeyPairSync('ed25519');
	const client = connect(url, { nick, rooms: ['den'], key });
	onTestFinished(() => client.close());
	return client;
}

/** Waits for an event that is as wanted. */
function heard<Name extends keyof ClientEvents>(
	client: Client,
	name: Name,
	isWanted: (...values: Parameters<ClientEvents[Name]>) => boolean,
): Promise<void> {
	return new Promise((resolve) => {
		client.on(name, ((...values: Parameters<ClientEvents[Name]>) => {
			if (isWanted(...values)) {
				resolve();
			}
		}) as ClientEvents[Name]);
	});
}

const names = (members: readonly Member[]) => members.map(({ userId }) => userId).sort();

test('a person who is away is away for others, also after they came back, and two of their programs are one', async () => {
	const { url } = await startBroker();
	const ann = join(url, 'ann');
	expect(ann.presence).toEqual({ state: 'connecting' });
	await heard(ann, 'members', () => true);
	expect(ann.presence).toEqual({ state: 'online' });

	const said: string[] = [];
	ann.on('presence', ({ userId, action, state }) => said.push(`${userId} ${action} ${state}`));
	const away = heard(
		ann,
		'presence',
		({ userId, state, status }) => userId === 'bob' && `${state} ${status}` === 'away tea',
	);
	const bob = join(url, 'bob');
	bob.setPresence('away', 'tea');
	await away;
	const back = heard(bob, 'members', () => true);
	bob.reconnect();
	await back;
	expect((await ann.members('den')).find(({ userId }) => userId === 'bob')).toMatchObject({
		state: 'away',
		status: 'tea',
	});

	const online = heard(ann, 'presence', ({ userId, state }) => userId === 'bob' && state === 'online');
	const other = join(url, 'bob');
	await online;
	const awayAgain = heard(ann, 'presence', ({ userId, state }) => userId === 'bob' && state === 'away');
	await other.close();
	await awayAgain;
	const left = heard(ann, 'presence', ({ userId, action }) => userId === 'bob' && action === 'leave');
	await bob.close();
	await left;
	expect(said.filter((one) => /join|leave/u.test(one))).toEqual([said[0], 'bob leave offline']);
	expect(said[0]).toMatch(/^bob join/u);
});

test('a crowd is a number for all who are in it, and names again when it is none', async () => {
	const { url } = await startBroker({ limits: { presenceFull: 3 } });
	const first = join(url, 'p1');
	await heard(first, 'members', () => true);
	const counted = heard(first, 'room', ({ count }) => count?.online === 5);
	const others = ['p2', 'p3', 'p4', 'p5'].map((nick) => join(url, nick));
	await counted;
	const last = join(url, 'p6');
	await heard(last, 'room', ({ count }) => count?.online === 6);
	expect(names(await last.members('den'))).toEqual(['p1', 'p2', 'p3', 'p4', 'p5', 'p6']);
	const listed = [first, last].map((client) => heard(client, 'members', (_, members) => members.length === 3));
	for (const other of others.slice(0, 3)) {
		await other.close();
	}
	await Promise.all(listed);
	for (const client of [first, last]) {
		expect(names(await client.members('den'))).toEqual(['p1', 'p5', 'p6']);
		expect(client.room('den')?.count).toBeUndefined();
	}
});

test('whoever is typing is told of to others, in a room and to one person, until they say it', async () => {
	const { url } = await startBroker();
	const [ann, bob] = [person(url, 'ann'), person(url, 'bob')];
	await Promise.all([ann, bob].map((client) => heard(client, 'members', (room) => room === 'den')));
	const told: string[] = [];
	bob.on('typing', ({ room, userId, until }) => told.push(`${userId} ${room} ${until === undefined ? 'no' : 'yes'}`));
	const last = heard(bob, 'typing', ({ room }) => room === '@ann');
	for (let times = 0; times < 20; times += 1) {
		ann.setTyping('den', true);
	}
	ann.setTyping('den', false);
	ann.setTyping('@bob', true);
	await last;
	await ann.publish('@bob', 'hi');
	ann.setTyping('@bob', false);
	const said = heard(bob, 'items', (room) => room === 'den');
	await ann.publish('den', 'there');
	await said;
	expect(told).toEqual(['ann den yes', 'ann den no', 'ann @ann yes']);
});
