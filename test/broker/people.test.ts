import { describe, expect, test } from 'vitest';
import { RawPeer } from '../helpers/raw-peer.ts';
import { startBroker } from './running.ts';

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

const drafts = (from: number, to: number) =>
	range(from, to).map((number) => ({ id: `m${number}`, sender: 'bob', content: `line ${number}` }));

const subscribe = (more: object = {}) => ({ type: 'subscribe', room: 'general', userId: 'ana', ref: 's', ...more });

describe('members and rooms', () => {
	test('list who is where', async () => {
		const { url, engine } = await startBroker();
		const [ana, bob] = [await RawPeer.join(url, 'ana'), await RawPeer.join(url, 'bob')];
		await ana.ask(subscribe(), 'subscribed');
		await ana.ask(subscribe({ room: 'quiet' }), 'subscribed');
		await bob.ask(subscribe(), 'subscribed');
		await bob.ask({ type: 'presence', state: 'away', status: 'tea\u0007', ref: 'p' }, 'ok');
		await engine.append('news', drafts(1, 3));
		const members = await bob.ask({ type: 'members', room: 'general', ref: 'm' }, 'members');
		expect(members).toEqual({
			type: 'members',
			room: 'general',
			ref: 'm',
			members: [
				{ userId: 'ana', state: 'online', verified: false, since: expect.any(Number) },
				{ userId: 'bob', state: 'away', verified: false, since: expect.any(Number), status: 'tea␇' },
			],
			asOf: expect.any(Number),
		});
		expect((await bob.ask({ type: 'members', room: 'nowhere' }, 'members')).members).toEqual([]);
		expect((await bob.ask({ type: 'rooms', ref: 'r' }, 'rooms')).rooms).toEqual([
			{ room: 'general', head: 0, online: 2 },
			{ room: 'news', head: 3, online: 0, lastActivity: expect.any(Number) },
			{ room: 'quiet', head: 0, online: 1 },
		]);
		expect((await bob.ask({ type: 'rooms', prefix: 'ne' }, 'rooms')).rooms.map(({ room }) => room)).toEqual(['news']);
	});

	test('rooms come in pages that together hold each room once, by code point', async () => {
		const { url, engine } = await startBroker({ limits: { roomsPerConnection: 200 } });
		const ana = await RawPeer.join(url, 'ana');
		const marks = ['b', 'é', '\u{ff5e}', '\u{1f600}'];
		const names = range(1, 260)
			.map((number) => `a${marks[number % marks.length]}${String(number).padStart(3, '0')}`)
			.sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
		for (const [index, room] of names.entries()) {
			if (index % 2 === 0) {
				await engine.append(room, drafts(index, index));
			} else {
				await ana.ask(subscribe({ room }), 'subscribed');
			}
		}
		const listed: string[] = [];
		let cursor: string | undefined;
		do {
			const page = await ana.ask({ type: 'rooms', ...(cursor !== undefined && { cursor }) }, 'rooms');
			listed.push(...page.rooms.map(({ room }) => room));
			cursor = page.cursor;
		} while (cursor !== undefined);
		expect(listed).toEqual(names);
	}, 20_000);
});

describe('presence over several connections', () => {
	const actions = (frames: readonly { readonly type: string }[]) =>
		frames.flatMap((frame) =>
			frame.type === 'presence' && 'userId' in frame && 'action' in frame ? [`${frame.action} ${frame.userId}`] : [],
		);

	test('a user joins with the first and leaves with the last; each sees its own join', async () => {
		const { url } = await startBroker();
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		const bobs = [await RawPeer.join(url, 'bob'), await RawPeer.join(url, 'bob')] as const;
		for (const bob of bobs) {
			await bob.ask(subscribe({ userId: 'bob' }), 'subscribed');
			expect(actions(bob.frames)).toEqual(['join bob']);
		}
		expect(await ana.take('presence')).toMatchObject({ userId: 'bob', action: 'join', state: 'online' });
		bobs[0].send({ type: 'bye' });
		expect((await bobs[0].closed).code).toBe(1000);
		const cleo = await RawPeer.join(url, 'cleo');
		await cleo.ask(subscribe({ userId: 'cleo' }), 'subscribed');
		expect(await ana.take('presence')).toMatchObject({ userId: 'cleo', action: 'join' });
		bobs[1].socket.close();
		expect(await ana.take('presence')).toMatchObject({ userId: 'bob', action: 'leave', state: 'offline' });
		expect(actions(ana.frames)).toEqual(['join ana', 'join bob', 'join cleo', 'leave bob']);
	});

	test('a user whose connection broke leaves when it is time, and not when they are back before', async () => {
		const { url } = await startBroker({ sessionTtlMs: 40 });
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		const bob = await RawPeer.join(url, 'bob');
		await bob.ask(subscribe({ userId: 'bob' }), 'subscribed');
		expect(await ana.take('presence')).toMatchObject({ userId: 'bob', action: 'join' });
		bob.socket.terminate();
		expect(await ana.take('presence')).toMatchObject({ userId: 'bob', action: 'leave' });

		const { url: patient } = await startBroker();
		const cleo = await RawPeer.join(patient, 'cleo');
		await cleo.ask(subscribe({ userId: 'cleo' }), 'subscribed');
		for (const resumed of [false, true, true]) {
			const dan = await RawPeer.dial(patient);
			const welcome = await dan.ask({ type: 'hello', v: 1, user: 'dan', session: 'of dan' }, 'welcome');
			expect([welcome.resumed, welcome.session, welcome.sessionTtlMs]).toEqual([resumed, 'of dan', 30_000]);
			await dan.ask(subscribe({ userId: 'dan' }), 'subscribed');
			dan.socket.terminate();
			await dan.closed;
		}
		const eve = await RawPeer.join(patient, 'eve');
		await eve.ask(subscribe({ userId: 'eve' }), 'subscribed');
		let last = await cleo.take('presence');
		while (last.userId !== 'eve') {
			last = await cleo.take('presence');
		}
		expect(actions(cleo.frames)).toEqual(['join cleo', 'join dan', 'join eve']);
	});

	test('away and back are updates; an invisible user leaves for the others', async () => {
		const { url } = await startBroker();
		const [ana, bob] = [await RawPeer.join(url, 'ana'), await RawPeer.join(url, 'bob')];
		await ana.ask(subscribe(), 'subscribed');
		await bob.ask(subscribe({ userId: 'bob' }), 'subscribed');
		await ana.take('presence');
		bob.send({ type: 'presence', state: 'away', status: 'tea' });
		expect(await ana.take('presence')).toMatchObject({ action: 'update', state: 'away', status: 'tea' });
		bob.send({ type: 'presence', state: 'online' });
		expect(await ana.take('presence')).toMatchObject({ action: 'update', state: 'online' });
		bob.send({ type: 'presence', state: 'invisible' });
		expect(await ana.take('presence')).toMatchObject({ action: 'leave', state: 'offline' });
	});

	test('above the limit of names a room tells only how many are there', async () => {
		const { url } = await startBroker({ limits: { presenceFull: 2 } });
		const ana = await RawPeer.join(url, 'ana');
		await ana.ask(subscribe(), 'subscribed');
		const others: RawPeer[] = [];
		for (const nick of ['bob', 'cleo']) {
			const peer = await RawPeer.join(url, nick);
			await peer.ask(subscribe({ userId: nick }), 'subscribed');
			others.push(peer);
		}
		let count = await ana.take('presence_count');
		while (count.online < 3) {
			count = await ana.take('presence_count');
		}
		expect(count).toEqual({ type: 'presence_count', room: 'general', online: 3, away: 0 });
		expect(actions(ana.frames)).not.toContain('join cleo');
		expect(actions(others[1]?.frames ?? [])).toEqual(['join cleo']);
	});

	test('a reader may ask for counts only, or for nothing', async () => {
		const { url } = await startBroker();
		const counting = await RawPeer.join(url, 'ana');
		await counting.ask(subscribe({ presence: 'count' }), 'subscribed');
		const deaf = await RawPeer.join(url, 'dan');
		await deaf.ask(subscribe({ userId: 'dan', presence: 'off' }), 'subscribed');
		let count = await counting.take('presence_count');
		while (count.online < 2) {
			count = await counting.take('presence_count');
		}
		await deaf.untilPong();
		expect(actions(deaf.frames)).toEqual([]);
		expect(actions(counting.frames)).toEqual(['join ana']);
	});
});
