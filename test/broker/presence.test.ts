import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Attendance, Roster, type Visit } from '../../src/broker/presence.ts';
import type { MemberEntry } from '../../src/engines/engine.ts';

const visit = (state: Visit['state'], more: Partial<Visit> = {}): Visit => ({
	state,
	verified: false,
	since: 1,
	...more,
});
const entry = (state: MemberEntry['state'], more: Partial<MemberEntry> = {}): MemberEntry => ({
	state,
	connections: 1,
	verified: false,
	since: 1,
	...more,
});

describe('attendance', () => {
	test('a user is as well as the best of their connections', () => {
		const attendance = new Attendance<string>();
		attendance.set('ana', 'a', visit('away', { since: 5, status: 'lunch' }));
		expect(attendance.entry('ana')).toEqual(entry('away', { since: 5, status: 'lunch' }));
		attendance.set('ana', 'b', visit('online', { since: 9 }));
		expect(attendance.entry('ana')).toEqual(entry('online', { connections: 2, since: 5 }));
		attendance.delete('ana', 'b');
		expect(attendance.entry('ana')).toEqual(entry('away', { since: 5, status: 'lunch' }));
		attendance.delete('ana', 'a');
		expect(attendance.entry('ana')).toBeNull();
	});

	test('a connection that changes its state is there since it came', () => {
		const attendance = new Attendance<string>();
		attendance.set('ana', 'a', visit('online', { since: 5 }));
		attendance.set('ana', 'a', visit('away', { since: 9 }));
		expect(attendance.entry('ana')).toEqual(entry('away', { since: 5 }));
	});

	test('a user is a bot as long as no person is at one of the connections', () => {
		const attendance = new Attendance<string>();
		attendance.set('ana', 'a', visit('online', { bot: true }));
		expect(attendance.entry('ana')).toEqual(entry('online', { bot: true }));
		attendance.set('ana', 'b', visit('away'));
		expect(attendance.entry('ana')).toEqual(entry('online', { connections: 2 }));
		attendance.delete('ana', 'b');
		expect(attendance.entry('ana')).toEqual(entry('online', { bot: true }));
	});

	test('a user whose connections are all invisible is not there', () => {
		const attendance = new Attendance<string>();
		attendance.set('ana', 'a', visit('invisible'));
		expect(attendance.entry('ana')).toBeNull();
	});

	test('a user leaves exactly when the last connection is gone, whatever the order of events', () => {
		const event = fc.record({
			user: fc.constantFrom('ana', 'bob'),
			key: fc.integer({ min: 0, max: 3 }),
			state: fc.constantFrom('online', 'away', 'gone'),
		});
		fc.assert(
			fc.property(fc.array(event), (events) => {
				const attendance = new Attendance<number>();
				const model = new Map<string, Map<number, string>>();
				for (const { user, key, state } of events) {
					const visits = model.get(user) ?? new Map<number, string>();
					model.set(user, visits);
					if (state === 'gone') {
						visits.delete(key);
						attendance.delete(user, key);
					} else {
						visits.set(key, state);
						attendance.set(user, key, visit(state as Visit['state']));
					}
					const states = [...visits.values()];
					const best = states.includes('online') ? 'online' : states[0];
					const seen = attendance.entry(user);
					expect([seen?.state, seen?.connections ?? 0]).toEqual([best, states.length]);
				}
			}),
		);
	});
});

describe('a roster', () => {
	const told = (roster: Roster) => roster.news().changes.map(({ userId, action }) => `${action} ${userId}`);

	test('tells of those who come, change and leave, and not of those who were there', () => {
		const roster = new Roster({ full: 10 });
		roster.load(new Map([['ana', [entry('online')]]]));
		roster.change('bob', [entry('online')]);
		expect(roster.news()).toEqual({
			changes: [{ userId: 'bob', action: 'join', state: 'online', connections: 1, verified: false }],
			count: { online: 2, away: 0 },
			crowded: false,
		});
		roster.change('ana', [entry('away', { status: 'tea' })]);
		expect(roster.news()).toEqual({
			changes: [{ userId: 'ana', action: 'update', state: 'away', connections: 1, verified: false, status: 'tea' }],
			count: { online: 1, away: 1 },
			crowded: false,
		});
		// With one more connection, which has proven nothing, or without it, others see another name.
		roster.change('ana', [entry('away', { status: 'tea', verified: true })]);
		expect(roster.news().changes).toMatchObject([{ userId: 'ana', action: 'update', verified: true }]);
		roster.change('ana', []);
		expect(roster.news()).toEqual({
			changes: [{ userId: 'ana', action: 'leave', state: 'offline', connections: 0 }],
			count: { online: 1, away: 0 },
			crowded: false,
		});
		expect(roster.news()).toEqual({ changes: [], crowded: false });
	});

	test('tells who is a bot, and when a person comes to its side', () => {
		const roster = new Roster({ full: 10 });
		roster.change('ci', [entry('online', { bot: true })]);
		expect(roster.news().changes).toMatchObject([{ userId: 'ci', action: 'join', bot: true }]);
		roster.change('ci', [entry('online', { bot: true }), entry('away')]);
		expect(roster.news().changes).toEqual([
			{ userId: 'ci', action: 'update', state: 'online', connections: 2, verified: false },
		]);
	});

	test('tells who comes under another name, where they were seen to leave', () => {
		const mia = entry('online', { was: 'maya' });
		const wasOf = (roster: Roster) => roster.news().changes.map(({ userId, action, was }) => [userId, action, was]);
		const roster = new Roster({ full: 10 });
		roster.load(new Map([['maya', [entry('online')]]]));
		roster.change('maya', []);
		roster.change('mia', [mia]);
		expect(wasOf(roster)).toEqual([
			['maya', 'leave', undefined],
			['mia', 'join', 'maya'],
		]);
		roster.change('mia', [{ ...mia, state: 'away' }]);
		expect(wasOf(roster)).toEqual([['mia', 'update', undefined]]);
		roster.change('mia', []);
		roster.change('maya', [entry('online')]);
		roster.news();
		roster.change('mia', [mia]);
		expect(wasOf(roster)).toEqual([['mia', 'join', undefined]]);
		const elsewhere = new Roster({ full: 10 });
		elsewhere.change('mia', [mia]);
		expect(wasOf(elsewhere)).toEqual([['mia', 'join', undefined]]);
	});

	test('remembers a hundred of those who left', () => {
		const roster = new Roster({ full: 1000 });
		const names = Array.from({ length: 102 }, (_, index) => `p${index}`);
		roster.load(new Map(names.map((name) => [name, [entry('online')]])));
		for (const name of names) {
			roster.change(name, []);
		}
		roster.news();
		for (const name of ['p1', 'p2']) {
			roster.change(`new-${name}`, [entry('online', { was: name })]);
		}
		expect(roster.news().changes.map(({ was }) => was)).toEqual([undefined, 'p2']);
	});

	test('adds up what several nodes say of one user', () => {
		const roster = new Roster({ full: 10 });
		roster.change('ana', [entry('away', { since: 3 }), entry('online', { connections: 2, since: 7 })]);
		expect(roster.list(10)).toEqual([{ userId: 'ana', ...entry('online', { connections: 3, since: 3 }) }]);
	});

	test('tells nothing of a user who came and left, or left and came, while changes were collected', () => {
		const roster = new Roster({ full: 10 });
		roster.load(new Map([['ana', [entry('online')]]]));
		roster.change('bob', [entry('online')]);
		roster.change('bob', []);
		roster.change('ana', []);
		roster.change('ana', [entry('online')]);
		expect(roster.news()).toEqual({ changes: [], crowded: false });
	});

	test('tells whoever asked for the list meanwhile no less', () => {
		const roster = new Roster({ full: 10 });
		const listed = () => roster.list(10).map(({ userId }) => userId);
		roster.load(new Map([['ana', [entry('online')]]]));
		// Ana is back before anybody is told that she left, so that nobody is told of either.
		roster.change('ana', []);
		expect(listed()).toEqual(['ana']);
		roster.change('ana', [entry('online')]);
		expect(told(roster)).toEqual([]);
		// Bob leaves before anybody is told that he came, except for who has the list.
		roster.change('bob', [entry('online')]);
		expect(listed()).toEqual(['ana', 'bob']);
		roster.change('bob', []);
		expect(told(roster)).toEqual(['leave bob']);
		expect(listed()).toEqual(['ana']);
	});

	test('keeps what changed while the list of those present was fetched', () => {
		const roster = new Roster({ full: 10 });
		roster.change('ana', []);
		roster.load(
			new Map([
				['ana', [entry('online')]],
				['bob', [entry('online')]],
			]),
		);
		expect(roster.list(10).map(({ userId }) => userId)).toEqual(['bob']);
	});

	test('says only how many are in a crowded room, and catches up by name when it empties', () => {
		const roster = new Roster({ full: 2 });
		roster.change('ana', [entry('online')]);
		expect(told(roster)).toEqual(['join ana']);
		roster.change('bob', [entry('online')]);
		roster.change('cleo', [entry('away')]);
		expect(roster.news()).toEqual({ changes: [], count: { online: 2, away: 1 }, crowded: true });
		roster.change('ana', []);
		expect(told(roster)).toEqual(['leave ana', 'join bob', 'join cleo']);
	});

	test('lets news wait the longer the more are in a crowded room, so that all its readers together hear no more of it', () => {
		const paces = [1, 10, 11, 20, 1000].map((members) => {
			const roster = new Roster({ full: 10 });
			roster.load(new Map(Array.from({ length: members }, (_, index) => [`user${index}`, [entry('online')]])));
			return roster.pace;
		});
		expect(paces).toEqual([1, 1, 4.4, 8, 400]);
	});

	test('who follows what is told by name knows who is there, whenever the room is not crowded', () => {
		const event = fc.record({
			user: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
			state: fc.constantFrom('online', 'away', 'gone'),
			tell: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(event), fc.integer({ min: 1, max: 5 }), (events, full) => {
				const roster = new Roster({ full });
				const present = new Map<string, string>();
				const known = new Map<string, string>();
				for (const { user, state, tell } of events) {
					if (state === 'gone') {
						present.delete(user);
						roster.change(user, []);
					} else {
						present.set(user, state);
						roster.change(user, [entry(state as MemberEntry['state'])]);
					}
					if (!tell) {
						continue;
					}
					const { changes, crowded } = roster.news();
					expect(crowded).toBe(present.size > full);
					for (const change of changes) {
						expect(known.has(change.userId)).toBe(change.action !== 'join');
						if (change.action === 'leave') {
							known.delete(change.userId);
						} else {
							known.set(change.userId, change.state ?? '');
						}
					}
					if (!crowded) {
						expect([...known].sort()).toEqual([...present].sort());
					}
				}
			}),
		);
	});

	test('that is asked for while a user is gone for a moment has them: that they are back is not told', () => {
		const roster = new Roster({ full: 10 });
		roster.change('ana', [entry('online')]);
		roster.news();
		roster.change('ana', []);
		expect(roster.list(9).map(({ userId }) => userId)).toEqual(['ana']);
		roster.change('ana', [entry('online')]);
		expect(roster.news().changes).toEqual([]);
		roster.change('ana', []);
		roster.news();
		expect(roster.list(9)).toEqual([]);
	});

	test('lists who is online first, then by name, and no more than asked', () => {
		const roster = new Roster({ full: 2 });
		for (const [userId, state] of [
			['dora', 'online'],
			['ana', 'away'],
			['bob', 'online'],
		] as const) {
			roster.change(userId, [entry(state)]);
		}
		expect(roster.list(2).map(({ userId }) => userId)).toEqual(['bob', 'dora']);
		expect(roster.list(9).map(({ userId }) => userId)).toEqual(['bob', 'dora', 'ana']);
	});
});
