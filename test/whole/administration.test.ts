/** Owner, admin and the others, each with natter's client, at brokers that keep what they are told in SQLite. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, connect, type LinkStatus, type RoomItem, type RoomStatus } from '../../src/client/index.ts';
import { openSqliteEngine } from '../../src/engines/sqlite.ts';
import { fingerprintOf } from '../../src/protocol/identity.ts';
import { type Running, startBroker } from '../broker/running.ts';
import { makeProver, type Prover } from '../helpers/proving.ts';

let directory: string;
let clients: Client[] = [];
const [sam, maya] = [makeProver(), makeProver()];

beforeEach(async () => {
	directory = await mkdtemp(join(tmpdir(), 'natter-admin-'));
});

afterEach(async () => {
	await Promise.all(clients.map((client) => client.close()));
	clients = [];
	await rm(directory, { recursive: true });
});

async function start(): Promise<Running> {
	const engine = await openSqliteEngine({ directory });
	return startBroker({ engine, owners: [fingerprintOf(sam.publicKey)] });
}

async function stop(broker: Running): Promise<void> {
	await broker.close({ drainMs: 500 });
	await broker.engine.close();
}

async function come({ url }: Running, nick: string, { key }: Prover): Promise<Client> {
	const client = connect(url, { nick, key });
	clients.push(client);
	await client.join('general');
	return client;
}

/** The next status of a room that fits. */
function standing(client: Client, fits: (status: RoomStatus) => boolean): Promise<RoomStatus> {
	return new Promise((found) => {
		client.on('room', (status) => {
			if (fits(status)) {
				found(status);
			}
		});
	});
}

function closing(client: Client): Promise<LinkStatus> {
	return new Promise((found) => {
		client.on('status', (status) => {
			if (status.state === 'closed') {
				found(status);
			}
		});
	});
}

describe('a person who is banned', () => {
	test('is out, does not try to come back by itself, and is still banned after a restart, until it is lifted', async () => {
		const broker = await start();
		const [owner, person] = [await come(broker, 'sam', sam), await come(broker, 'maya', maya)];
		const out = standing(person, ({ phase }) => phase === 'left');
		await owner.admin({ op: 'ban', room: 'general', userId: 'maya', reason: 'spam' });
		expect(await out).toMatchObject({ phase: 'left', reason: 'banned' });
		expect(person.joined).toEqual([person.user?.inbox]);
		await expect(person.publish('general', 'but')).rejects.toMatchObject({ code: 'banned', outcome: 'not_applied' });
		await expect(person.admin({ op: 'unban', room: 'general', userId: 'maya' })).rejects.toMatchObject({
			code: 'forbidden',
		});
		await stop(broker);

		const again = await start();
		const admin = await come(again, 'sam', sam);
		const back = connect(again.url, { nick: 'other', key: maya.key });
		clients.push(back);
		await expect(back.join('general')).rejects.toMatchObject({ code: 'banned' });
		expect(await admin.restrictions('general')).toMatchObject([
			{ kind: 'ban', userId: 'maya', by: 'sam', reason: 'spam' },
		]);
		await admin.admin({ op: 'unban', room: 'general', userId: 'maya' });
		expect(await back.join('general')).toMatchObject({ phase: 'live' });
		expect((await back.publish('general', 'thanks')).sequence).toBe(1);
		await stop(again);
	});

	test('everywhere is told why its link is closed, and does not dial again', async () => {
		const broker = await start();
		const [owner, person] = [await come(broker, 'sam', sam), await come(broker, 'maya', maya)];
		const closed = closing(person);
		await owner.admin({ op: 'ban', userId: 'maya', durationMs: 3_600_000 });
		expect(await closed).toMatchObject({
			cause: { code: '4503', text: expect.stringContaining('banned from this broker') },
		});
		const another = connect(broker.url, { nick: 'maya', key: maya.key });
		clients.push(another);
		await expect(another.join('general')).rejects.toMatchObject({ code: 'banned' });
		await stop(broker);
	});
});

test('who is kicked is out of the room and may join it again', async () => {
	const broker = await start();
	const [owner, person] = [await come(broker, 'sam', sam), await come(broker, 'maya', maya)];
	const out = standing(person, ({ phase }) => phase === 'left');
	await owner.admin({ op: 'kick', room: 'general', userId: 'maya' });
	expect(await out).toMatchObject({ reason: 'kicked' });
	expect(await person.join('general')).toMatchObject({ phase: 'live' });
	await stop(broker);
});

test('a topic is told to those who are there and to those who come', async () => {
	const broker = await start();
	const [owner, person] = [await come(broker, 'sam', sam), await come(broker, 'maya', maya)];
	const told = standing(owner, ({ topic }) => topic !== undefined);
	await person.admin({ op: 'topic', room: 'general', topic: 'Freeze is Thursday' });
	expect(await told).toMatchObject({ topic: 'Freeze is Thursday' });
	expect((await owner.rooms()).find(({ room }) => room === 'general')).toMatchObject({ topic: 'Freeze is Thursday' });
	const late = await come(broker, 'jo', makeProver());
	expect(late.room('general')).toMatchObject({ topic: 'Freeze is Thursday' });
	await stop(broker);
});

test('a history that is cleared is gone for all, and numbers go on', async () => {
	const broker = await start();
	const [owner, person] = [await come(broker, 'sam', sam), await come(broker, 'maya', maya)];
	const cleared = new Promise<RoomItem>((found) => {
		person.on('items', (_, items) => {
			for (const item of items.filter(({ kind }) => kind === 'cleared')) {
				found(item);
			}
		});
	});
	for (const content of ['one', 'two', 'three']) {
		await owner.publish('general', content);
	}
	await owner.admin({ op: 'clear_history', room: 'general' });
	expect(await cleared).toEqual({ kind: 'cleared', upTo: 3, by: 'sam' });
	expect((await person.history('general')).messages).toEqual([]);
	expect((await owner.publish('general', 'four')).sequence).toBe(4);
	expect((await person.history('general')).messages.map(({ sequence }) => sequence)).toEqual([4]);
	await stop(broker);
});
