import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { settle, startHub } from './fake-line.ts';
import { comes, comesUnknown, heard, type Known, startOwned } from './known-people.ts';

const says = (sender: string, content: string, room = 'r') => ({
	type: 'publish',
	room,
	sender,
	content,
	cid: content,
});

async function codeOf(person: Known, frame: object): Promise<string | undefined> {
	const answer = (await person.ask(frame)).find((one) => one.type === 'published' || one.type === 'error');
	return answer?.type === 'error' ? answer.code : answer?.type;
}

describe('who may give orders', () => {
	test.each([
		['member', { op: 'clear_history', room: 'r' }],
		['member', { op: 'kick', room: 'r', userId: 'jo' }],
		['member', { op: 'ban', userId: 'jo' }],
		['member', { op: 'unban', userId: 'jo' }],
		['member', { op: 'mute', room: 'r', userId: 'jo' }],
		['member', { op: 'unmute', room: 'r', userId: 'jo' }],
		['member', { op: 'list' }],
		['guest', { op: 'ban', room: 'r', userId: 'jo' }],
		['guest', { op: 'list', room: 'r' }],
	])('a %s may not do %j, and is told who may', async (role, order) => {
		const started = await startOwned();
		await comes(started, 'jo');
		const person = role === 'member' ? await comes(started, 'maya') : await comesUnknown(started, 'guy');
		expect(await person.order(order)).toBe('forbidden: only admins of this broker may do this');
	});

	test('only the owner makes admins, also no admin does', async () => {
		const started = await startOwned();
		const [maya, jo] = [await comes(started, 'maya'), await comes(started, 'jo')];
		expect(await started.sam.order({ op: 'grant', userId: 'maya', role: 'admin' })).toBe('ok');
		expect(await maya.order({ op: 'grant', userId: 'jo', role: 'admin' })).toBe(
			'forbidden: only the owner of this broker may do this',
		);
		expect(await jo.order({ op: 'list' })).toMatch(/^forbidden/);
	});

	test('nobody acts on the owner, no admin on another, nobody on themselves', async () => {
		const started = await startOwned();
		const [maya] = [await comes(started, 'maya'), await comes(started, 'jo')];
		for (const userId of ['maya', 'jo']) {
			await started.sam.order({ op: 'grant', userId, role: 'admin' });
		}
		for (const op of ['kick', 'ban', 'mute', 'unban', 'unmute']) {
			expect(await maya.order({ op, userId: 'sam' })).toMatch(/^forbidden: sam owns this broker/);
			expect(await maya.order({ op, userId: 'jo' })).toMatch(/^forbidden: jo is an admin: only the owner/);
			expect(await maya.order({ op, userId: 'maya' })).toBe('forbidden: this cannot be done to oneself');
			expect(await started.sam.order({ op, userId: 'sam' })).toBe('forbidden: this cannot be done to oneself');
		}
		expect(await started.sam.order({ op: 'grant', userId: 'sam', role: 'member' })).toMatch(/oneself$/);
		expect(await started.sam.order({ op: 'ban', userId: 'jo' })).toBe('ok');
	});

	test('whoever is made an admin is one at once, and is none at once when it is taken', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		await comes(started, 'jo');
		await started.sam.order({ op: 'grant', userId: 'maya', role: 'admin' });
		expect(maya.wire.frames.at(-1)).toMatchObject({ type: 'notice', text: 'You are an admin of this broker now' });
		expect(await maya.order({ op: 'mute', room: 'r', userId: 'jo' })).toBe('ok');
		await started.sam.order({ op: 'grant', userId: 'maya', role: 'member' });
		expect(await maya.order({ op: 'unmute', room: 'r', userId: 'jo' })).toMatch(/^forbidden/);
	});

	test('an order that was under way when its admin became none is not stored', async () => {
		const started = await startOwned();
		const [maya, jo] = [await comes(started, 'maya'), await comes(started, 'jo')];
		await started.sam.order({ op: 'grant', userId: 'maya', role: 'admin' });
		started.sam.say({ type: 'admin', op: 'grant', userId: 'maya', role: 'member', ref: 'g' });
		maya.say({ type: 'admin', op: 'ban', userId: 'jo', ref: 'b' });
		await settle();
		expect(maya.wire.frames).toContainEqual(expect.objectContaining({ type: 'error', ref: 'b', code: 'forbidden' }));
		expect(jo.wire.closing).toBeUndefined();
		expect((await started.engine.records('ban')).size).toBe(0);
	});

	test('a history is cleared for readers behind all that was said before, also what waits for their window', async () => {
		const started = await startOwned();
		const readers = Array.from({ length: 120 }, (_, index) => {
			const reader = started.connect(`reader${index}`);
			reader.wire.loopback = true;
			reader.say({ type: 'subscribe', room: 'r', userId: `reader${index}`, presence: 'off' });
			return reader;
		});
		await settle();
		const say = async (...ids: readonly string[]) => {
			await started.engine.append(
				'r',
				ids.map((id) => ({ id, sender: 'maya', content: id, verified: false })),
			);
			await settle();
		};
		started.clock.pass(1000);
		await say('first', 'second');
		started.clock.pass(1);
		await say('third');
		const ends = readers.map(({ wire }) => wire.frames.length);
		expect(await started.sam.order({ op: 'clear_history', room: 'r' })).toBe('ok');
		await settle();
		for (const [index, { wire }] of readers.entries()) {
			const told = wire.frames.slice(ends[index]).map((frame) => {
				return frame.type === 'message' ? frame.sequence : frame.type === 'cleared' ? { upTo: frame.upTo } : frame.type;
			});
			expect(told).toEqual([3, { upTo: 3 }]);
		}
	});

	test('a history is not cleared for whoever became no admin meanwhile', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		await started.sam.order({ op: 'grant', userId: 'maya', role: 'admin' });
		await maya.ask(says('maya', 'kept'));
		started.sam.say({ type: 'admin', op: 'grant', userId: 'maya', role: 'member', ref: 'g' });
		maya.say({ type: 'admin', op: 'clear_history', room: 'r', ref: 'c' });
		await settle();
		expect(maya.wire.frames).toContainEqual(expect.objectContaining({ type: 'error', ref: 'c', code: 'forbidden' }));
		expect(maya.wire.frames.filter(({ type }) => type === 'cleared')).toEqual([]);
		expect((await started.engine.range('r', { limit: 10 })).entries).toHaveLength(1);
	});

	test('nobody can be meant who is not known, and what is missing is named', async () => {
		const { sam } = await startOwned();
		expect(await sam.order({ op: 'ban', userId: 'mayaa' })).toMatch(
			/^unknown_user: Nobody here is called mayaa; ~mayaa/,
		);
		expect(await sam.order({ op: 'grant', userId: 'ghost', role: 'admin' })).toBe(
			'unknown_user: Nobody called ghost is known here',
		);
		expect(await sam.order({ op: 'grant', userId: '~guy', role: 'admin' })).toMatch(/^unknown_user: ~guy has no key/);
		expect(await sam.order({ op: 'kick', room: 'r', userId: '~guy' })).toMatch(/^unknown_user: ~guy is not in #r now/);
		expect(await sam.order({ op: 'unban', room: 'r', userId: '~guy' })).toBe('unknown_user: ~guy is not banned in #r');
		expect(await sam.order({ op: 'ban', userId: '' })).toMatch(/^unknown_user: Nobody can be called that/);
		expect(await sam.order({ op: 'ban' })).toBe('bad_frame: admin ban: Expected userId');
		expect(await sam.order({ op: 'grant', userId: 'x' })).toBe('bad_frame: admin grant: Expected userId and role');
		expect(await sam.order({ op: 'topic', topic: 'x' })).toBe('bad_frame: admin topic: Expected room and topic');
		expect(await sam.order({ op: 'clear_history', room: '#' })).toMatch(/^bad_room/);
		expect(await sam.order({ op: 'clear_history', room: '@sam' })).toMatch(/^forbidden: An inbox is its owner's alone/);
	});
});

describe('a ban', () => {
	test('puts out of the room whoever it is about, and keeps them out under any of their nicks', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		expect(await started.sam.order({ op: 'ban', room: 'r', userId: 'maya', reason: 'spam' })).toBe('ok');
		expect(maya.wire.frames.slice(-2)).toEqual([
			{
				type: 'notice',
				room: 'r',
				level: 'warning',
				text: 'You are banned from #r until an admin lifts it, by sam: spam',
			},
			{ type: 'unsubscribed', room: 'r', reason: 'banned' },
		]);
		await started.sam.ask(says('sam', 'gone?'));
		expect(heard(maya.wire)).toEqual([]);
		const again = await comes(started, 'other', maya.prover);
		expect(again.wire.frames.at(-1)).toMatchObject({ type: 'error', code: 'banned', room: 'r' });
		expect(await codeOf(again, says('other', 'hi'))).toBe('banned');
		expect(await codeOf(again, { type: 'get_history', room: 'r' })).toBe('banned');
		expect(await codeOf(again, { type: 'search', room: 'r', text: 'spam' })).toBe('banned');
		expect(await codeOf(again, { type: 'members', room: 'r' })).toBe('banned');
		expect(await codeOf(again, says('other', 'hi', 'elsewhere'))).toBe('published');
		expect(heard(started.sam.wire)).toEqual(['gone?']);
	});

	test('is by key: a nick that its owner does not use now means them, and not whoever else has one like it', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		const other = await comes(started, 'mara', maya.prover);
		const guest = await comesUnknown(started, 'may4');
		expect(await started.sam.order({ op: 'ban', room: 'r', userId: 'maya' })).toBe('ok');
		expect(other.wire.frames.at(-1)).toMatchObject({ type: 'unsubscribed', reason: 'banned' });
		expect(await codeOf(guest, says('may4', 'hi'))).toBe('published');
	});

	test('reaches who is not here, and ends at its time', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		maya.say({ type: 'bye' });
		await settle();
		expect(await started.sam.order({ op: 'ban', room: 'r', userId: 'maya', durationMs: 60_000 })).toBe('ok');
		const again = await comes(started, 'maya', maya.prover);
		expect(again.wire.frames.at(-1)).toMatchObject({ code: 'banned', error: expect.stringContaining('22:14 UTC') });
		started.clock.pass(60_000);
		expect(await codeOf(again, says('maya', 'hi'))).toBe('published');
	});

	test('from everywhere closes every line of theirs, and lets none in', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		const second = await comes(started, 'maya', maya.prover);
		expect(await started.sam.order({ op: 'ban', userId: 'maya' })).toBe('ok');
		expect([maya.wire.closing?.code, second.wire.closing?.code]).toEqual([4503, 4503]);
		const third = await comes(started, 'maya', maya.prover, '');
		expect(third.wire.closing).toEqual({
			code: 4503,
			reason: 'You are banned from this broker until an admin lifts it, by sam',
		});
		expect(await started.sam.order({ op: 'unban', userId: 'maya' })).toBe('ok');
		expect((await comes(started, 'maya', maya.prover)).wire.closing).toBeUndefined();
	});

	test('ends the time in which whoever lost the connection may come back, in its room or in all', async () => {
		const started = await startOwned();
		const watcher = await comes(started, 'watcher');
		const lost = async (nick: string, isGuest: boolean) => {
			const person = isGuest ? await comesUnknown(started, nick) : await comes(started, nick);
			await person.ask({ type: 'subscribe', room: 'other', userId: nick });
			const connection = [...started.hub.connections].find(({ user }) => user.id === nick);
			connection?.closed(1006);
			return person;
		};
		const present = async (room: string) => {
			started.clock.pass(1000);
			await settle();
			const [answer] = await watcher.ask({ type: 'members', room, ref: 'm' });
			return answer?.type === 'members' ? answer.members.map(({ userId }) => userId).sort() : answer;
		};
		const eve = await lost('eve', false);
		await lost('guy', true);
		expect(await present('r')).toEqual(['eve', 'guy', 'sam', 'watcher']);
		expect(await started.sam.order({ op: 'ban', userId: 'eve', room: 'r' })).toBe('ok');
		expect([await present('r'), await present('other')]).toEqual([
			['guy', 'sam', 'watcher'],
			['eve', 'guy'],
		]);
		expect(await started.sam.order({ op: 'ban', userId: 'eve' })).toBe('ok');
		expect(await started.sam.order({ op: 'ban', userId: '~guy' })).toBe('ok');
		expect([await present('r'), await present('other')]).toEqual([['sam', 'watcher'], []]);
		expect(started.hub.sessions.size).toBe(0);
		expect((await comes(started, 'eve', eve.prover)).wire.closing).toMatchObject({ code: 4503 });
	});

	test('stored while somebody logs in does not let them slip in', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		const { wire, say } = started.connect();
		const hello = maya.prover.hello('mara');
		say(hello);
		await settle();
		const challenge = wire.frames.find((frame) => frame.type === 'challenge');
		started.sam.say({ type: 'admin', op: 'ban', userId: 'maya' });
		say(maya.prover.auth(hello, challenge ?? { type: 'challenge', key: '', nonce: '', sig: '', expiresInMs: 0 }));
		await settle();
		expect(wire.frames.map(({ type }) => type)).toEqual(['challenge', 'error']);
		expect(wire.closing?.code).toBe(4503);
	});

	test('stored while somebody subscribes does not let them slip in', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya', undefined, '');
		started.sam.say({ type: 'admin', op: 'ban', room: 'r', userId: 'maya' });
		maya.say({ type: 'subscribe', room: 'r', userId: 'maya' });
		await settle();
		await started.sam.ask(says('sam', 'secret'));
		expect(heard(maya.wire)).toEqual([]);
	});

	test('refuses what was on its way when it was stored', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		started.sam.say({ type: 'admin', op: 'ban', room: 'r', userId: 'maya', ref: 'b' });
		maya.say(says('maya', 'last word'));
		await settle();
		expect(heard(started.sam.wire)).toEqual([]);
		expect(maya.wire.frames).toContainEqual(
			expect.objectContaining({ type: 'error', code: 'banned', cid: 'last word', outcome: 'not_applied' }),
		);
	});

	test('of a guest or a base client is by what their name looks like', async () => {
		const started = await startOwned();
		const [guest, base] = [await comesUnknown(started, 'guy'), await comesUnknown(started, 'bas', { isBase: true })];
		expect(await started.sam.order({ op: 'ban', room: 'r', userId: 'guy' })).toBe('ok');
		expect(await started.sam.order({ op: 'ban', room: 'r', userId: '~bas' })).toBe('ok');
		expect(guest.wire.frames.at(-1)).toMatchObject({ type: 'unsubscribed', reason: 'banned' });
		const told = base.wire.frames.length;
		await started.sam.ask(says('sam', 'hello'));
		expect(base.wire.frames.slice(told)).toEqual([]);
		for (const frame of [
			{ type: 'publish', room: 'r', sender: 'BAS', content: 'x' },
			{ type: 'subscribe', room: 'r', userId: 'bas' },
			{ type: 'get_history', room: 'r' },
		]) {
			expect(await base.ask(frame)).toEqual([{ type: 'error', error: 'Invalid message format', code: 'banned' }]);
		}
		const again = await comesUnknown(started, 'GUY');
		expect(again.wire.frames.at(-1)).toMatchObject({ code: 'banned' });
		expect((await comesUnknown(started, 'gus')).wire.frames.at(-1)).toMatchObject({ type: 'subscribed' });
	});

	// In capitals and small letters as they are the first two look alike, in small letters the last two.
	test.each([
		['ll', 'Il'],
		['Il', 'll'],
		['Il', 'il'],
		['il', 'Il'],
	])('of ~%s is one of %s, is listed once, and is lifted by either name', async (banned, other) => {
		const started = await startOwned();
		for (const userId of [banned, other]) {
			const guest = await comesUnknown(started, other);
			const base = await comesUnknown(started, other, { isBase: true });
			expect(await started.sam.order({ op: 'mute', userId: `~${banned}`, room: 'r' })).toBe('ok');
			expect(guest.wire.frames.filter(({ type }) => type === 'notice')).toHaveLength(1);
			expect(await codeOf(guest, says(other, 'x'))).toBe('muted');
			expect(await started.sam.order({ op: 'unmute', userId: `~${userId}`, room: 'r' })).toBe('ok');
			expect(await started.sam.order({ op: 'ban', userId: `~${banned}`, room: 'r' })).toBe('ok');
			expect(guest.wire.frames.at(-1)).toMatchObject({ type: 'unsubscribed', reason: 'banned' });
			expect(await codeOf(base, says(other, 'x'))).toBe('banned');
			expect(await codeOf(await comesUnknown(started, other), { type: 'get_history', room: 'r' })).toBe('banned');
			expect(await started.sam.order({ op: 'list' })).toMatchObject({
				restrictions: [{ kind: 'ban', userId: `~${banned}` }],
				total: 1,
			});
			expect(await started.sam.order({ op: 'unban', userId: `~${userId}`, room: 'r' })).toBe('ok');
			expect((await started.engine.records('ban')).size).toBe(0);
			expect(await codeOf(guest, { type: 'get_history', room: 'r' })).not.toBe('banned');
			guest.say({ type: 'bye' });
			await settle();
		}
	});

	test('and everything else that was answered with ok is there after a restart', async () => {
		const engine = memoryEngine();
		const started = await startOwned({ engine });
		const [maya, jo] = [await comes(started, 'maya'), await comes(started, 'jo')];
		await started.sam.order({ op: 'ban', room: 'r', userId: 'maya' });
		await started.sam.order({ op: 'grant', userId: 'jo', role: 'admin' });
		await started.sam.order({ op: 'topic', room: 'r', topic: 'Freeze is Thursday' });
		const later = startHub({ engine });
		expect((await comes(later, 'maya', maya.prover)).wire.frames.at(-1)).toMatchObject({ code: 'banned' });
		const jos = await comes(later, 'jo', jo.prover);
		expect(jos.wire.frames.at(-1)).toMatchObject({ type: 'subscribed', topic: 'Freeze is Thursday' });
		expect(await jos.order({ op: 'unban', room: 'r', userId: 'maya' })).toBe('ok');
	});

	test('does not touch an owner, whatever is stored', async () => {
		const engine = memoryEngine();
		const started = await startOwned({ engine });
		const key = JSON.stringify(['', started.owner.publicKey]);
		await engine.putRecords([{ kind: 'ban', key, value: '{}' }]);
		await settle();
		expect(started.sam.wire.closing).toBeUndefined();
		expect(await codeOf(started.sam, says('sam', 'still here'))).toBe('published');
	});
});

describe('a mute', () => {
	test('lets read and not speak, until it is lifted', async () => {
		const started = await startOwned();
		const [maya, jo] = [await comes(started, 'maya'), await comes(started, 'jo')];
		await started.sam.order({ op: 'mute', room: 'r', userId: 'maya', durationMs: 3_600_000 });
		expect(started.sam.wire.frames.at(-1)).toEqual({ type: 'ok', ref: 'a' });
		expect(maya.wire.frames.at(-1)).toEqual({
			type: 'notice',
			room: 'r',
			level: 'warning',
			text: 'You are muted in #r until 2023-11-14 23:13 UTC, by sam',
		});
		expect(jo.wire.frames.at(-1)).toEqual({
			type: 'notice',
			room: 'r',
			level: 'info',
			text: 'maya was muted in #r by sam for 1h',
		});
		expect(await codeOf(maya, says('maya', 'hm'))).toBe('muted');
		expect(await codeOf(maya, { type: 'admin', op: 'topic', room: 'r', topic: 'me' })).toBe('muted');
		await started.sam.ask(says('sam', 'listen'));
		expect(heard(maya.wire)).toEqual(['listen']);
		expect((await maya.ask({ type: 'subscribe', room: 'r', userId: 'maya' })).at(-1)).toMatchObject({
			canPublish: false,
		});
		expect(await started.sam.order({ op: 'unmute', room: 'r', userId: 'maya' })).toBe('ok');
		expect(maya.wire.frames.at(-1)).toMatchObject({ type: 'notice', text: 'You may speak again in #r' });
		expect(jo.wire.frames.at(-1)).toMatchObject({ text: 'maya is no longer muted in #r, by sam' });
		expect(await codeOf(maya, says('maya', 'thanks'))).toBe('published');
	});

	test('that is lifted ends with a word on how to come back', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		await started.sam.order({ op: 'ban', room: 'r', userId: 'maya' });
		expect(await started.sam.order({ op: 'unban', room: 'r', userId: 'maya' })).toBe('ok');
		expect(maya.wire.frames.at(-1)).toMatchObject({ type: 'notice', text: 'You may come back to #r: /join r' });
	});

	test('everywhere is one in every room', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		await started.sam.order({ op: 'mute', userId: 'maya' });
		expect(await codeOf(maya, says('maya', 'a', 'elsewhere'))).toBe('muted');
		expect(await started.sam.order({ op: 'unmute', room: 'r', userId: 'maya' })).toBe(
			'unknown_user: maya is not muted in #r, but everywhere',
		);
	});

	test('of some rooms is named to whoever lifts one of all rooms', async () => {
		const started = await startOwned();
		await comes(started, 'maya');
		for (const room of ['r', 's']) {
			await started.sam.order({ op: 'ban', room, userId: 'maya' });
		}
		await started.sam.order({ op: 'mute', room: 't', userId: 'maya' });
		expect(await started.sam.order({ op: 'unban', userId: 'maya' })).toBe(
			'unknown_user: maya is not banned everywhere, but in #r, #s: /unban there',
		);
		for (const room of ['a', 'b']) {
			await started.sam.order({ op: 'ban', room, userId: 'maya' });
		}
		expect(await started.sam.order({ op: 'unban', userId: 'maya' })).toMatch(/ and 1 more: \/unban there$/);
	});
});

describe('a kick', () => {
	test('ends the reading of a room, which may begin again', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		expect(await started.sam.order({ op: 'kick', room: 'r', userId: 'maya', reason: 'calm down' })).toBe('ok');
		expect(maya.wire.frames.at(-1)).toEqual({ type: 'unsubscribed', room: 'r', reason: 'kicked' });
		await started.sam.ask(says('sam', 'so'));
		expect(heard(maya.wire)).toEqual([]);
		expect((await maya.ask({ type: 'subscribe', room: 'r', userId: 'maya' })).at(-1)).toMatchObject({
			type: 'subscribed',
		});
	});

	test('from everywhere closes every line, and lets them back in', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		expect(await started.sam.order({ op: 'kick', userId: 'maya' })).toBe('ok');
		expect(maya.wire.closing).toEqual({ code: 4504, reason: 'You were sent off this broker by sam' });
		expect((await comes(started, 'maya', maya.prover)).wire.closing).toBeUndefined();
	});
});

describe('a topic', () => {
	test('is told to readers, to whoever comes, and in the list of rooms; members set it where they are', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		const base = await comesUnknown(started, 'bas', { isBase: true });
		const told = base.wire.frames.length;
		expect(await maya.order({ op: 'topic', room: 'r', topic: ' Freeze\nis \u001b[31mThursday ' })).toBe('ok');
		const topic = 'Freeze is ␛[31mThursday';
		expect(started.sam.wire.frames.slice(-2)).toEqual([
			{ type: 'topic', room: 'r', topic, by: 'maya' },
			{ type: 'notice', room: 'r', level: 'info', text: `maya set the topic: ${topic}` },
		]);
		expect(base.wire.frames.length).toBe(told);
		expect((await comes(started, 'jo')).wire.frames.at(-1)).toMatchObject({ type: 'subscribed', topic });
		expect((await maya.ask({ type: 'rooms' })).at(-1)).toMatchObject({ rooms: [{ room: 'r', topic }] });
		expect(await maya.order({ op: 'topic', room: 'r', topic: '' })).toBe('ok');
		expect(started.sam.wire.frames.at(-2)).toEqual({ type: 'topic', room: 'r', topic: '' });
	});

	test('of a room that is empty goes after a day, and that of any other stays', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya', undefined, '');
		const dayMs = 24 * 3_600_000;
		const topicsAfter = async (ms: number) => {
			started.clock.pass(ms);
			await settle();
			await started.hub.sweep();
			return [...(await started.engine.records('topic')).keys()].sort();
		};
		for (let number = 0; number < 30; number += 1) {
			started.clock.pass(100);
			await maya.ask({ type: 'subscribe', room: `r${number}`, userId: 'maya' });
			expect(await maya.order({ op: 'topic', room: `r${number}`, topic: 'x'.repeat(256) })).toBe('ok');
			await maya.ask({ type: 'unsubscribe', room: `r${number}` });
		}
		for (const room of ['said', 'read', 'set again']) {
			expect(await started.sam.order({ op: 'topic', room, topic: 'x' })).toBe('ok');
		}
		await started.engine.append('said', [{ id: 'm', sender: 'maya', content: 'x', verified: false }]);
		await maya.ask({ type: 'subscribe', room: 'read', userId: 'maya' });
		expect(await topicsAfter(dayMs - 10_000)).toHaveLength(33);
		await started.sam.order({ op: 'topic', room: 'set again', topic: 'y' });
		expect(await topicsAfter(10_000)).toEqual(['read', 'said', 'set again']);
		await maya.ask({ type: 'unsubscribe', room: 'read' });
		expect(await topicsAfter(dayMs)).toEqual(['said']);
		expect(await topicsAfter(30 * dayMs)).toEqual([]);
	});

	test('is set by admins alone in one more room when very many have one', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		const topics = Array.from({ length: 10_000 }, (_, index) => ({ kind: 'topic', key: `r${index}`, value: '{}' }));
		await started.engine.putRecords(topics);
		expect(await maya.order({ op: 'topic', room: 'r', topic: 'x' })).toMatch(/^limit_exceeded: So many rooms/);
		expect(await started.sam.order({ op: 'topic', room: 'r', topic: 'x' })).toBe('ok');
		expect(await maya.order({ op: 'topic', room: 'r', topic: 'y' })).toBe('ok');
		expect(await maya.order({ op: 'topic', room: 'r', topic: '' })).toBe('ok');
	});

	test('is not set by guests, nor by members who are not there', async () => {
		const started = await startOwned();
		const [maya, guest] = [await comes(started, 'maya'), await comesUnknown(started, 'guy')];
		const only = 'forbidden: only people with a key who are in the room, and admins of this broker, may do this';
		expect(await guest.order({ op: 'topic', room: 'r', topic: 'x' })).toBe(only);
		expect(await maya.order({ op: 'topic', room: 'elsewhere', topic: 'x' })).toBe(only);
		expect(await started.sam.order({ op: 'topic', room: 'elsewhere', topic: 'x' })).toBe('ok');
	});
});

describe('clearing a history', () => {
	test('removes what was said, tells readers, and numbers go on', async () => {
		const started = await startOwned();
		const maya = await comes(started, 'maya');
		for (const content of ['one', 'two']) {
			await started.sam.ask(says('sam', content));
		}
		const { epoch } = await started.engine.state('r');
		expect(await started.sam.order({ op: 'clear_history', room: 'r' })).toBe('ok');
		expect(maya.wire.frames.at(-1)).toEqual({ type: 'cleared', room: 'r', epoch, upTo: 2, by: 'sam' });
		expect((await maya.ask({ type: 'get_history', room: 'r' })).at(-1)).toMatchObject({
			messages: [],
			head: 2,
			oldest: 3,
		});
		await started.sam.ask(says('sam', 'three'));
		expect(maya.wire.frames.at(-1)).toMatchObject({ type: 'message', sequence: 3 });
		expect((await started.engine.state('r')).epoch).toBe(epoch);
	});

	test('leaves nothing of it for whom it was read before and who was not given it yet', async () => {
		const engine = memoryEngine();
		const read = engine.range.bind(engine);
		const { promise: isCleared, resolve: goOn } = Promise.withResolvers<void>();
		engine.range = async (...asked) => {
			const page = await read(...asked);
			await isCleared;
			return page;
		};
		const started = await startOwned({ engine });
		for (const content of ['one', 'two']) {
			await started.sam.ask(says('sam', content));
		}
		const { epoch } = await engine.state('r');
		const { wire, say } = started.connect('late');
		say({ type: 'subscribe', room: 'r', userId: 'late', presence: 'off', since: { epoch, sequence: 0 } });
		await settle();
		const told = wire.frames.length;
		expect(await started.sam.order({ op: 'clear_history', room: 'r' })).toBe('ok');
		goOn();
		await settle();
		expect(wire.frames.slice(told)).toEqual([
			{ type: 'cleared', room: 'r', epoch, upTo: 2, by: 'sam' },
			{ type: 'gap', room: 'r', epoch, from: 1, to: 2, reason: 'cleared' },
		]);
	});
});

describe('the list of restrictions', () => {
	test('has those of a room and of all, the newest first, and none that has ended', async () => {
		const started = await startOwned();
		for (const nick of ['maya', 'jo', 'li']) {
			await comes(started, nick);
		}
		const { sam, clock } = started;
		await sam.order({ op: 'ban', room: 'r', userId: 'maya', reason: 'spam' });
		clock.pass(1);
		await sam.order({ op: 'mute', userId: 'jo', durationMs: 10 });
		clock.pass(1);
		await sam.order({ op: 'mute', room: 'other', userId: 'li' });
		const at = clock.now();
		const maya = { kind: 'ban', userId: 'maya', room: 'r', by: 'sam', at: at - 2, reason: 'spam' };
		const jo = { kind: 'mute', userId: 'jo', by: 'sam', at: at - 1, until: at + 9 };
		const li = { kind: 'mute', userId: 'li', room: 'other', by: 'sam', at };
		const listed = (...restrictions: object[]) => ({
			type: 'restrictions',
			ref: 'a',
			restrictions,
			total: restrictions.length,
		});
		expect(await sam.order({ op: 'list', room: 'r' })).toEqual(listed(jo, maya));
		expect(await sam.order({ op: 'list' })).toEqual(listed(li, jo, maya));
		clock.pass(10);
		expect(await sam.order({ op: 'list', room: 'r' })).toEqual(listed(maya));
	});
});

describe('an admin on a base connection', () => {
	/** Base clients that log in are let in elsewhere; this one is given its user. */
	async function baseAdmin(started: Awaited<ReturnType<typeof startOwned>>) {
		const base = started.connect();
		const admin = await comes(started, 'ada', undefined, '');
		await started.sam.order({ op: 'grant', userId: 'ada', role: 'admin' });
		base.connection.user = { id: 'ada', verified: true, role: 'admin', key: admin.prover.publicKey };
		started.hub.joined(base.connection);
		const type = async (content: string, room = 'r') => {
			const before = base.wire.frames.length;
			base.say({ type: 'publish', room, sender: 'ada', content });
			await settle();
			return base.wire.frames.slice(before);
		};
		await type('hello');
		return { ...base, type };
	}

	test('does it by typing it, and it is no message', async () => {
		const started = await startOwned();
		const [maya, { type }] = [await comes(started, 'maya'), await baseAdmin(started)];
		expect(await type('/ban maya 2h flooding')).toEqual([
			{ type: 'notice', level: 'info', text: 'maya was banned from #r by ada for 2h: flooding' },
		]);
		expect(maya.wire.frames.at(-1)).toMatchObject({ type: 'unsubscribed', reason: 'banned' });
		expect(await type('/unban maya')).toMatchObject([{ type: 'notice' }]);
		expect(await type('/topic News of today')).toMatchObject([{ text: 'ada set the topic: News of today' }]);
		expect(await type('/clear_history')).toMatchObject([{ text: 'The history of #r is cleared' }]);
		expect(await type('/bans --all')).toMatchObject([{ text: 'Nobody is banned or muted' }]);
		expect(await type('/ban maya 10 minutes')).toEqual([
			{
				type: 'error',
				error: expect.stringMatching(/^Usage: \/ban NICK \[TIME\] \[--all\] \[REASON\] /),
				code: 'bad_frame',
			},
		]);
		expect(await type('/grant maya admin')).toEqual([
			{ type: 'error', error: 'only the owner of this broker may do this', code: 'forbidden' },
		]);
		expect(await started.engine.state('r')).toMatchObject({ head: 1, oldest: 2 });
	});

	test('says none of it to somebody alone: typed in an inbox it is refused, or about all rooms', async () => {
		const started = await startOwned();
		const bob = await comes(started, 'bob', undefined, '@bob');
		const jo = await comesUnknown(started, 'jo', { isBase: true });
		const { type } = await baseAdmin(started);
		const error = "An inbox is its owner's alone: nobody is an admin there";
		for (const line of ['/ban eve', '/clear_history', '/topic mine', '/bans']) {
			expect(await jo.ask({ type: 'publish', room: '@bob', sender: 'jo', content: line })).toEqual([
				{ type: 'error', error, code: 'forbidden' },
			]);
			expect(await type(line, '@bob')).toEqual([{ type: 'error', error, code: 'forbidden' }]);
		}
		expect(await type('/bans --all', '@bob')).toMatchObject([{ text: 'Nobody is banned or muted' }]);
		expect(heard(bob.wire)).toEqual([]);
	});

	test('is an admin no longer when it is taken', async () => {
		const started = await startOwned();
		const { type } = await baseAdmin(started);
		await started.sam.order({ op: 'grant', userId: 'ada', role: 'member' });
		expect(await type('/clear_history')).toMatchObject([{ type: 'error', code: 'forbidden' }]);
	});

	test('who is none is refused, and what is no such command is said as ever', async () => {
		const started = await startOwned();
		const base = await comesUnknown(started, 'bas', { isBase: true });
		const publish = (content: string) => base.ask({ type: 'publish', room: 'r', sender: 'bas', content });
		for (const line of ['/ban sam', '/kick sam', '/clear_history', '/topic mine', ' /GRANT bas admin']) {
			expect(await publish(line)).toMatchObject([{ type: 'error', code: 'forbidden' }]);
		}
		for (const line of ['/me waves', '/banana', '/help', 'a /ban sam']) {
			expect((await publish(line)).at(-1)).toMatchObject({ type: 'message', content: line });
		}
	});
});
