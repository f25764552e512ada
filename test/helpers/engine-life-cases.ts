/**
 * What every engine has to keep around its rooms' logs: retention, restarts, lists, presence, and its own end.
 */
import fc from 'fast-check';
import { expect } from 'vitest';
import { cursorDevices, cursorTtlMs, type Engine, type MemberEntry } from '../../src/engines/engine.ts';
import {
	append,
	type Conditions,
	clock,
	draft,
	type Keeps,
	numbersIn,
	placed,
	sequences,
	span,
} from './engine-case.ts';

const hour = 3_600_000;

export function retaining(keeps: Keeps): void {
	keeps('the last N messages of each room are kept', { historySize: 5 }, async ({ engine }) => {
		await append(engine, 'general', ...span(1, 3).map(String));
		expect(await engine.state('general')).toMatchObject({ head: 3, oldest: 1 });
		await append(engine, 'general', ...span(4, 300).map(String));
		await append(engine, 'sports', 'a');
		expect(await engine.state('general')).toMatchObject({ head: 300, oldest: 296 });
		expect(await engine.range('general', { limit: 10 })).toMatchObject({ head: 300, oldest: 296, complete: true });
		expect(await numbersIn(engine, 'general')).toEqual(span(296, 300));
		await engine.sweep();
		expect(await numbersIn(engine, 'general')).toEqual(span(296, 300));
		expect(await numbersIn(engine, 'sports')).toEqual([1]);
	});

	keeps('a trim of thousands of messages is through when `sweep` resolves', { historySize: 1 }, async ({ engine }) => {
		for (const part of span(0, 2)) {
			await append(engine, 'general', ...span(1, 1000).map((index) => `${part}/${index}`));
		}
		await engine.sweep();
		expect(await numbersIn(engine, 'general')).toEqual([3000]);
		const [again] = await engine.append('general', [draft('0/1')]);
		expect(placed(again)).toMatchObject({ sequence: 1, duplicate: true });
	});

	const aging = clock(1_000_000);
	const minute = { now: aging.now, historyTtlMs: 60_000 };
	keeps('messages go when they are as old as the TTL', minute, async ({ engine }) => {
		await append(engine, 'general', 'a', 'b');
		await append(engine, 'quiet', 'q');
		aging.at += 30_000;
		await append(engine, 'general', 'c');
		aging.at += 29_999;
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ head: 3, oldest: 1 });
		aging.at += 1;
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ head: 3, oldest: 3 });
		expect(await numbersIn(engine, 'general')).toEqual([3]);
		const emptied = { head: 1, oldest: 2, entries: [], complete: true };
		expect(await engine.range('quiet', { limit: 10 })).toMatchObject(emptied);
		await append(engine, 'quiet', 'r');
		expect(await numbersIn(engine, 'quiet')).toEqual([2]);
	});

	const stepping = clock(1_000_000);
	keeps(
		'a clock that was wrong, at a message or at a sweep, keeps no message for longer than the TTL',
		{ now: stepping.now, historyTtlMs: 60_000 },
		async ({ engine }) => {
			const rooms = ['early', 'ahead', 'late'];
			const heldAt = async (at: number) => {
				stepping.at = at;
				await engine.sweep();
				const held = await Promise.all(rooms.map((room) => numbersIn(engine, room)));
				return rooms.filter((_, index) => held[index]?.length === 1);
			};
			await append(engine, 'early', 'a');
			stepping.at = 5_000_000;
			await append(engine, 'ahead', 'b');
			expect(await heldAt(0)).toEqual(rooms.slice(0, 2));
			stepping.at = 1_030_000;
			await append(engine, 'late', 'c');
			expect(await heldAt(1_059_999)).toEqual(rooms);
			expect(await heldAt(1_060_000)).toEqual(['ahead', 'late']);
			expect(await heldAt(1_089_999)).toEqual(['ahead', 'late']);
			expect(await heldAt(1_090_000)).toEqual(['ahead']);
			expect(await heldAt(5_059_999)).toEqual(['ahead']);
			expect(await heldAt(5_060_000)).toEqual([]);
		},
	);

	const days = clock(0);
	keeps(
		'a message is kept for as long as the TTL, although its id is remembered for a day alone',
		{ now: days.now, elapsed: days.now },
		async ({ engine, again }) => {
			for (const index of span(1, 9)) {
				days.at = index * 7 * hour;
				await append(engine, 'general', `${index}`);
				await engine.sweep();
			}
			const expectAll = async (handle: Engine) => {
				await handle.sweep();
				expect(await numbersIn(handle, 'general')).toEqual(span(1, 9));
				expect(await handle.range('general', { limit: 10 })).toMatchObject({ oldest: 1, complete: true, gone: [] });
				const ofLastDay = span(6, 9).map((index) => draft(`${index}`));
				const places = (await handle.append('general', ofLastDay)).map(placed);
				expect(places).toMatchObject(span(6, 9).map((sequence) => ({ sequence, duplicate: true })));
			};
			await expectAll(engine);
			await expectAll((await again?.()) ?? engine);
		},
	);

	const expiring = clock(1_000_000);
	keeps('a message with a time of its own is not served from then on', { now: expiring.now }, async ({ engine }) => {
		await engine.append('general', [
			draft('a'),
			draft('b', { expiresAt: 1_000_010 }),
			draft('c', { expiresAt: 1_000_020 }),
			draft('d'),
		]);
		expect(await numbersIn(engine, 'general')).toEqual([1, 2, 3, 4]);
		expiring.at = 1_000_010;
		expect(await engine.range('general', { limit: 10 })).toMatchObject({ head: 4, oldest: 1, complete: true });
		expect(await numbersIn(engine, 'general')).toEqual([1, 3, 4]);
		await engine.sweep();
		expect(await numbersIn(engine, 'general')).toEqual([1, 3, 4]);
		const [again] = await engine.append('general', [draft('b')]);
		expect(placed(again)).toMatchObject({ sequence: 2, duplicate: true });
	});

	const returning = clock(1_000_000);
	keeps(
		'a message that went at its own time is still named as expired when the clock is set back',
		{ now: returning.now },
		async ({ engine }) => {
			await engine.append('general', [draft('a'), draft('b', { expiresAt: 1_000_010 }), draft('c')]);
			returning.at = 1_000_010;
			await engine.sweep();
			returning.at = 1_000_000;
			expect(await engine.range('general', { limit: 10 })).toMatchObject({
				...{ oldest: 1, complete: true },
				entries: [{ sequence: 1 }, { sequence: 3 }],
				gone: [{ from: 2, to: 2, reason: 'expired' }],
			});
		},
	);

	const leading = clock(1_000_000);
	keeps('`oldest` moves past messages that went at their own time', { now: leading.now }, async ({ engine }) => {
		const [a, b] = [draft('a', { expiresAt: 1_000_010 }), draft('b', { expiresAt: 1_000_005 })];
		await engine.append('general', [a, b, draft('c')]);
		leading.at = 1_000_005;
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ head: 3, oldest: 1 });
		leading.at = 1_000_010;
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ head: 3, oldest: 3 });
		await engine.append('general', [draft('d', { expiresAt: 1_000_011 })]);
		await engine.clear('general');
		leading.at = 1_000_011;
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ head: 4, oldest: 5 });
	});

	keeps('`clear` forgets all messages, and numbers go on', {}, async ({ engine }) => {
		await append(engine, 'general', ...span(1, 1200).map(String));
		await append(engine, 'sports', 'a');
		const seen: number[] = [];
		await engine.follow('general', (entries) => seen.push(...sequences(entries)));
		const { epoch } = await engine.state('general');
		const cleared = { epoch, head: 1200, oldest: 1201, edge: 'cleared' };
		expect(await engine.clear('general')).toEqual(cleared);
		expect(await engine.range('general', { limit: 10 })).toMatchObject({ ...cleared, entries: [], complete: true });
		const outcomes = await engine.append('general', [draft('new'), draft('7')]);
		expect(outcomes.map((outcome) => placed(outcome).sequence)).toEqual([1201, 7]);
		await engine.sweep();
		expect(await engine.state('general')).toMatchObject({ epoch, head: 1201, oldest: 1201 });
		expect(await numbersIn(engine, 'general')).toEqual([1201]);
		expect(seen).toEqual([1201]);
		expect(await numbersIn(engine, 'sports')).toEqual([1]);
	});

	keeps('`clear` forgets nothing when a record is not as expected by then', {}, async ({ engine }) => {
		await append(engine, 'general', 'a');
		const role = { kind: 'user', key: 'maya' };
		const isAdmin = [{ ...role, expected: 'admin' }];
		expect(await engine.clear('general', isAdmin)).toBeUndefined();
		await engine.putRecords([{ ...role, value: 'admin' }]);
		const [, late] = await Promise.all([
			engine.putRecords([{ ...role, value: 'member' }]),
			engine.clear('general', isAdmin),
		]);
		expect(late).toBeUndefined();
		expect(await numbersIn(engine, 'general')).toEqual([1]);
		expect(await engine.clear('general', [{ ...role, expected: 'member' }])).toMatchObject({ head: 1, oldest: 2 });
	});

	keeps('`clear` of a room that was never written to changes nothing', {}, async ({ engine }) => {
		expect(await engine.clear('nowhere')).toMatchObject({ head: 0, oldest: 1 });
		expect((await engine.rooms({ limit: 10 })).rooms).toEqual([]);
	});
}

export function outliving(keeps: Keeps): void {
	const time = clock(1_000_000);
	const conditions = { now: time.now, historySize: 4 };
	keeps('everything is the same for a second handle on the same data', conditions, async ({ engine, again }) => {
		await append(engine, 'general', 'a', 'b', 'c', 'd', 'e', 'f');
		await append(engine, 'cleared', 'x', 'y');
		await engine.clear('cleared');
		const position = { user: 'sam', device: 'd1', room: 'general', epoch: 'e', sequence: 3 };
		await engine.saveCursors([position]);
		const before = await everything(engine);
		time.at = 500;
		const second = await (again as () => Promise<Engine>)();
		expect(await everything(second)).toEqual(before);
		expect(await second.cursors('sam', 'general')).toEqual([position]);
		const repeats = [draft('a'), draft('f'), draft('e', { content: 'other' }), draft('g')];
		const outcomes = await second.append('general', repeats);
		expect(outcomes.map((outcome) => outcome.ok && [outcome.sequence, outcome.timestamp, outcome.duplicate])).toEqual([
			[1, 1_000_000, true],
			[6, 1_000_000, true],
			false,
			[7, 1_000_000, false],
		]);
		const [next] = await second.append('cleared', [draft('z')]);
		expect(placed(next)).toMatchObject({ sequence: 3, epoch: before.states[1]?.epoch });
		const [fresh] = await second.append('fresh', [draft('a')]);
		expect(placed(fresh)).toMatchObject({ sequence: 1, epoch: before.states[2]?.epoch });
	});
}

export function bounding(keeps: Keeps): void {
	const time = clock(1_000_000);
	keeps(
		'bounds that are lower for a second handle hold for what the first one stored',
		{ now: time.now, historySize: 1000 },
		async ({ engine, again }) => {
			await append(engine, 'general', ...span(1, 1000).map(String));
			await append(engine, 'sports', 'a', 'b');
			time.at += 1000;
			await append(engine, 'news', 'x', 'y', 'z');
			const second = await (again as (changed: Conditions) => Promise<Engine>)({ historySize: 2, historyTtlMs: 1000 });
			time.at -= 1;
			await second.sweep();
			expect(await second.state('general')).toMatchObject({ head: 1000, oldest: 999, edge: 'trimmed' });
			expect(await numbersIn(second, 'general')).toEqual([999, 1000]);
			expect(await numbersIn(second, 'sports')).toEqual([1, 2]);
			expect(await numbersIn(second, 'news')).toEqual([2, 3]);
			time.at += 1;
			await second.sweep();
			expect(await numbersIn(second, 'general')).toEqual([]);
			expect(await numbersIn(second, 'sports')).toEqual([]);
			expect(await numbersIn(second, 'news')).toEqual([2, 3]);
			const [repeat] = await second.append('general', [draft('7')]);
			expect(placed(repeat)).toMatchObject({ sequence: 7, duplicate: true });
		},
	);
}

async function everything(engine: Engine) {
	const rooms = ['general', 'cleared', 'fresh'];
	return {
		states: await Promise.all(rooms.map((room) => engine.state(room))),
		pages: await Promise.all(rooms.map((room) => engine.range(room, { limit: 100 }))),
		rooms: await engine.rooms({ limit: 100 }),
	};
}

export function listing(keeps: Keeps): void {
	const time = clock(1000);
	keeps('rooms are listed by name, with head and last activity', { now: time.now }, async ({ engine }) => {
		await append(engine, 'sports', 'a', 'b');
		time.at = 2000;
		await append(engine, 'general', 'c');
		await engine.clear('general');
		await engine.follow('only followed', () => {});
		expect(await engine.rooms({ limit: 10 })).toEqual({
			rooms: [
				{ room: 'general', head: 1, lastActivity: 2000 },
				{ room: 'sports', head: 2, lastActivity: 1000 },
			],
			more: false,
		});
	});

	keeps('pages of rooms are what prefix, after and limit take from all names', {}, async ({ engine }) => {
		const plain = ['a', 'aa', 'ab', 'a%', 'a_', 'a\0', 'A', 'b', '%', '__proto__'];
		const names = [...plain, '\u00e9', '\ufb00', '\uffff', '\u{1f600}', '\u{1f600}x'];
		await Promise.all(names.map((room) => append(engine, room, 'x')));
		const sorted = names.toSorted(byCodePoint);
		const query = fc.record(
			{
				prefix: fc.constantFrom('', 'a', 'aa', '%', '_', '\u{1f600}', 'zz'),
				after: fc.constantFrom(...names, 'aaa', '!', '\ufffd', '\u{1f601}'),
				limit: fc.integer({ min: 0, max: 20 }),
			},
			{ requiredKeys: ['limit'] },
		);
		await fc.assert(
			fc.asyncProperty(query, async (asked) => {
				const { prefix = '', after, limit } = asked;
				const expected = sorted.filter(
					(room) => room.startsWith(prefix) && (after === undefined || byCodePoint(room, after) > 0),
				);
				const page = await engine.rooms(asked);
				expect(page.rooms.map(({ room }) => room)).toEqual(expected.slice(0, limit));
				expect(page.more).toBe(expected.length > limit);
			}),
		);
	});

	const saving = clock(1000);
	keeps('cursors are kept for each user, device and room', { now: saving.now }, async ({ engine }) => {
		const at = (device: string, room: string, sequence: number, epoch = 'e') => ({
			...{ user: 'sam', device, room },
			...{ epoch, sequence },
		});
		const kept = async (user: string, room: string) =>
			(await engine.cursors(user, room)).toSorted((one, other) => byCodePoint(one.device, other.device));
		await engine.saveCursors([at('d1', 'general', 1), at('d1', '__proto__', 2), at('d2', 'general', 3)]);
		await engine.saveCursors([at('d1', 'general', 5), at('d1', 'general', 4)]);
		await engine.saveCursors([at('d1', 'general', 3)]);
		expect(await kept('sam', '__proto__')).toEqual([at('d1', '__proto__', 2)]);
		expect(await kept('sam', 'general')).toEqual([at('d1', 'general', 5), at('d2', 'general', 3)]);
		expect(await kept('bob', 'general')).toEqual([]);
		await engine.saveCursors([at('d1', 'general', 1, 'later')]);
		expect(await kept('sam', 'general')).toEqual([at('d1', 'general', 1, 'later'), at('d2', 'general', 3)]);
	});

	const crowding = clock(1000);
	keeps(
		'a user has cursors of so many devices in a room, and those not saved for longest go',
		{ now: crowding.now },
		async ({ engine }) => {
			const at = (index: number, room: string) => ({
				...{ user: 'sam', device: `d${index}`, room },
				...{ epoch: 'e', sequence: index },
			});
			await engine.saveCursors([at(0, 'sports')]);
			for (const index of [...span(1, cursorDevices), 1, 2, cursorDevices + 1, cursorDevices + 2]) {
				crowding.at += 1;
				await engine.saveCursors([at(index, 'general')]);
			}
			const kept = (await engine.cursors('sam', 'general')).map(({ sequence }) => sequence);
			expect(kept.toSorted((one, other) => one - other)).toEqual([1, 2, ...span(5, cursorDevices + 2)]);
			expect(await engine.cursors('sam', 'sports')).toHaveLength(1);
		},
	);

	keeps('a device whose name is not well-formed Unicode finds its position', {}, async ({ engine }) => {
		const at = { user: 'sam', room: 'general', epoch: 'e', sequence: 3 };
		await engine.saveCursors([{ ...at, device: '\ud800' }]);
		expect(await engine.cursors('sam', 'general')).toMatchObject([at]);
	});

	const forgetting = clock(1000);
	keeps(
		'a cursor that is not saved for the time that cursors are kept is removed',
		{ now: forgetting.now },
		async (opened) => {
			const { engine } = opened;
			const at = (index: number) => ({
				user: 'sam',
				device: `d${index % 30}`,
				room: `room ${Math.floor(index / 30)}`,
				epoch: 'e',
				sequence: index,
			});
			const kept = async () => {
				const rooms = span(0, 39).map((index) => engine.cursors('sam', `room ${index}`));
				return (await Promise.all(rooms)).flat();
			};
			await engine.saveCursors(span(0, 1199).map(at));
			forgetting.at += cursorTtlMs - 1;
			await engine.saveCursors([at(7)]);
			await engine.sweep();
			expect(await kept()).toHaveLength(1200);
			forgetting.at = 0;
			await engine.sweep();
			expect(await kept()).toHaveLength(1200);
			forgetting.at = 1000 + cursorTtlMs;
			await engine.sweep();
			expect(await kept()).toEqual([at(7)]);
		},
	);
}

function byCodePoint(one: string, other: string): number {
	return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

export function presence(keeps: Keeps): void {
	const online: MemberEntry = { state: 'online', connections: 1, verified: false, since: 5 };
	const away: MemberEntry = { ...online, state: 'away', status: 'lunch' };

	keeps('members of a room are who was set and not taken away', {}, async ({ engine }) => {
		await engine.setMember('general', 'sam', online);
		await engine.setMember('general', '__proto__', away);
		await engine.setMember('general', 'bob', online);
		await engine.setMember('sports', 'bob', online);
		await engine.setMember('general', 'bob', null);
		const general = new Map([
			['sam', [online]],
			['__proto__', [away]],
		]);
		expect(await engine.members('general')).toEqual(general);
		expect(await engine.members('sports')).toEqual(new Map([['bob', [online]]]));
		expect(await engine.members('nowhere')).toEqual(new Map());
	});

	keeps('listeners hear of each change of a member, in order, until they stop', {}, async ({ engine }) => {
		const heard: unknown[] = [];
		const stop = await engine.followMembers('general', (userId, entries) => heard.push([userId, entries]));
		await engine.setMember('general', 'sam', online);
		await engine.setMember('general', 'sam', { ...online });
		await engine.setMember('general', 'sam', { ...online, connections: 2 });
		await engine.setMember('general', 'sam', { ...online, connections: 2, bot: true });
		await engine.setMember('sports', 'sam', online);
		await engine.setMember('general', 'bob', null);
		await engine.setMember('general', 'sam', null);
		expect(heard).toEqual([
			['sam', [online]],
			['sam', [{ ...online, connections: 2 }]],
			['sam', [{ ...online, connections: 2, bot: true }]],
			['sam', []],
		]);
		stop();
		await engine.setMember('general', 'sam', online);
		expect(heard).toHaveLength(4);
	});
}

export function closing(keeps: Keeps): void {
	keeps('`close` finishes what was begun', {}, async ({ engine }) => {
		const seen: number[] = [];
		await engine.follow('general', (entries) => seen.push(...sequences(entries)));
		const begun = [
			...span(1, 50).map((index) => engine.append('general', [draft(`${index}`)])),
			engine.range('general', { limit: 10 }),
			engine.state('general'),
			engine.clear('sports'),
			engine.saveCursors([]),
			engine.rooms({ limit: 1 }),
		];
		await engine.close();
		expect((await Promise.allSettled(begun)).map(({ status }) => status)).not.toContain('rejected');
		expect(seen).toEqual(span(1, 50));
	});

	keeps('a sweep that is under way when the engine closes settles', {}, async ({ engine }) => {
		await append(engine, 'general', 'a');
		const sweep = engine.sweep().catch((error: unknown) => error);
		await engine.close();
		expect([undefined, 'unavailable']).toContain(((await sweep) as { code?: string } | undefined)?.code);
	});

	keeps('after `close` everything rejects with `unavailable`, and closing again is fine', {}, async ({ engine }) => {
		await append(engine, 'general', 'a');
		const closed = engine.close();
		const calls = [
			() => engine.append('general', [draft('b')]),
			() => engine.follow('general', () => {}),
			() => engine.range('general', { limit: 1 }),
			() => engine.state('general'),
			() => engine.rooms({ limit: 1 }),
			() => engine.clear('general'),
			() => engine.sweep(),
			() => engine.saveCursors([]),
			() => engine.cursors('sam', 'general'),
			() => engine.setMember('general', 'sam', null),
			() => engine.members('general'),
			() => engine.followMembers('general', () => {}),
		];
		for (const call of calls) {
			await expect(call()).rejects.toMatchObject({ name: 'EngineError', code: 'unavailable', outcome: 'not_applied' });
		}
		await Promise.all([closed, engine.close(), engine.close()]);
		await expect(engine.state('general')).rejects.toMatchObject({ code: 'unavailable' });
	});
}
