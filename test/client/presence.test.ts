import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Member, PresenceChange } from '../../src/client/client.ts';
import { Roster } from '../../src/client/roster.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { Script } from './script.ts';

const entry = (userId: string, more: Partial<Member> = {}): Member & { readonly verified: boolean } => ({
	...{ userId, state: 'online' as const, verified: false, since: 1 },
	...more,
});
const members = (asOf: number, names: readonly string[], ref?: string): FromBroker => ({
	...{ type: 'members', room: 'r', members: names.map((name) => entry(name)), asOf },
	...(ref !== undefined && { ref }),
});
const presence = (userId: string, action: 'join' | 'leave' | 'update', timestamp: number, more = {}): FromBroker => ({
	...{ type: 'presence', room: 'r', userId, action, timestamp },
	...more,
});

/** In the room `r`, with what was asked about who is there. */
function entered() {
	const script = new Script().welcomed();
	script.join('r');
	const ref = script.refOf('subscribe');
	const enter = () => {
		script.says({ type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 0, oldest: 1 });
	};
	return {
		script,
		enter,
		/** Everything that was told of who is there since the last look. */
		told: () =>
			script.look().flatMap((output): unknown[] => {
				switch (output.type) {
					case 'presence':
						return [`${output.change.action} ${output.change.userId}`];
					case 'members':
						return [output.members.map(({ userId }) => userId)];
					case 'room':
						return output.status.count === undefined ? [] : [output.status.count];
					default:
						return [];
				}
			}),
	};
}

describe('a list of who is there', () => {
	test('is not what counts of somebody of whom something later was told before it came', () => {
		const { script, enter, told } = entered();
		enter();
		const ref = script.refOf('members');
		script.says(presence('li', 'leave', 12), presence('jo', 'join', 13), presence('tom', 'leave', 9));
		expect(told()).toEqual(['leave li', 'join jo', 'leave tom']);
		script.says(members(10, ['sam', 'li', 'tom'], ref));
		expect(told()).toEqual([['sam', 'tom', 'jo']]);
	});

	test('makes what was told of before it nothing new', () => {
		const { script, enter, told } = entered();
		enter();
		script.says(members(10, ['sam', 'li'], script.refOf('members')));
		told();
		script.says(presence('li', 'leave', 9), presence('jo', 'join', 8), presence('li', 'update', 11, { state: 'away' }));
		expect(told()).toEqual(['update li']);
		script.request({ kind: 'members', room: 'r' });
		script.says(members(11, ['sam', 'li'], script.refOf('members')));
		expect(told()).toEqual([['sam', 'li']]);
	});

	test('that is older than one that is known changes nothing', () => {
		const { script, enter, told } = entered();
		enter();
		script.says(members(10, ['sam'], script.refOf('members')), members(9, ['sam', 'li']));
		expect(told()).toEqual([['sam'], ['sam']]);
	});

	test('and changes come to the same in whatever order, each once or more', () => {
		const word = fc.record({
			userId: fc.constantFrom('a', 'b', 'c'),
			state: fc.constantFrom('online', 'away', 'gone'),
		});
		fc.assert(
			fc.property(
				fc.array(word, { minLength: 1, maxLength: 12 }),
				fc.nat(12),
				fc.array(fc.nat(1000), { minLength: 30, maxLength: 30 }),
				(words, cut, keys) => {
					const now = new Map<string, string>();
					const told: { readonly apply: (roster: Roster) => void }[] = [];
					const list = (asOf: number) => {
						const listed = [...now].map(([userId, state]) => entry(userId, { state: state as 'online' }));
						told.push({ apply: (roster) => roster.load(listed, asOf) });
					};
					for (const [index, { userId, state }] of words.entries()) {
						if (index === cut % words.length) {
							list(10 * index + 5);
						}
						const timestamp = 10 * (index + 1);
						if (state === 'gone') {
							now.delete(userId);
						} else {
							now.set(userId, state);
						}
						const change: PresenceChange = {
							...{ userId, timestamp, action: state === 'gone' ? 'leave' : 'update' },
							state: state === 'gone' ? 'offline' : (state as 'online'),
						};
						told.push({ apply: (roster) => void roster.apply(change, { isTimed: true }) });
					}
					const shuffled = [...told, ...told.slice(0, 3)]
						.map((one, index) => ({ one, key: keys[index] ?? 0 }))
						.sort((a, b) => a.key - b.key);
					const roster = new Roster();
					for (const { one } of shuffled) {
						one.apply(roster);
					}
					expect(
						roster
							.list()
							.map(({ userId, state }) => `${userId} ${state}`)
							.sort(),
					).toEqual([...now].map(([userId, state]) => `${userId} ${state}`).sort());
				},
			),
		);
	});
});

describe('a crowd', () => {
	const count: FromBroker = { type: 'presence_count', room: 'r', online: 300, away: 40 };

	test('is told as a number, and nobody is asked for names', () => {
		const { script, enter, told } = entered();
		script.says(presence('sam', 'join', 5), count);
		enter();
		expect(script.session.room('r')?.count).toEqual({ online: 300, away: 40 });
		expect(script.sent().filter(({ type }) => type === 'members')).toEqual([]);
		script.says({ ...count, online: 301 });
		expect(told()).toEqual([{ online: 301, away: 40 }]);
	});

	test('that has gathered makes known names nothing, until the broker sends them all', () => {
		const { script, enter, told } = entered();
		enter();
		script.says(members(10, ['sam', 'li'], script.refOf('members')));
		told();
		script.says(count);
		expect(told()).toEqual([{ online: 300, away: 40 }]);
		const id = script.request({ kind: 'members', room: 'r' });
		script.says(members(20, ['sam', 'li'], script.refOf('members')));
		// Those were there when it was asked; from the next moment on nobody says who leaves.
		expect(script.look().map(({ type }) => type)).toEqual(['settle']);
		expect(id).toBeGreaterThan(0);
		script.says(members(30, ['sam', 'jo']));
		expect(told()).toEqual([['sam', 'jo']]);
		expect(script.session.room('r')?.count).toBeUndefined();
	});

	test('whose end was not heard of is over when somebody is named', () => {
		const { script, enter } = entered();
		script.says(count);
		enter();
		script.look();
		script.says(presence('li', 'leave', 40));
		expect(script.sent()).toMatchObject([{ type: 'members', room: 'r' }]);
		expect(script.session.room('r')?.count).toBeUndefined();
	});
});

describe('how I am', () => {
	test('is connecting until the welcome, offline without a link, else what I said', () => {
		const script = new Script();
		const state = () => script.session.presence;
		expect(state()).toEqual({ state: 'connecting' });
		script.input({ type: 'presence', state: 'away', status: 'tea' });
		expect(state()).toEqual({ state: 'connecting' });
		script.welcomed();
		expect(state()).toEqual({ state: 'away', status: 'tea' });
		script.input({ type: 'presence', state: 'online' });
		expect(state()).toEqual({ state: 'online' });
		script.closes();
		expect(state()).toEqual({ state: 'offline' });
	});

	test('is said with hello, and again only when it has changed since', () => {
		const script = new Script();
		script.input({ type: 'presence', state: 'away', status: 'tea' });
		script.opened();
		expect(script.sent()).toMatchObject([{ type: 'hello', presence: 'away', status: 'tea' }]);
		script.input({ type: 'presence', state: 'online' });
		script.welcomed();
		expect(script.sent()).toContainEqual({ type: 'presence', ref: 'r1', state: 'online' });
		script.closes().passes(500).welcomed();
		const sent = script.sent();
		expect(sent[0]).toMatchObject({ type: 'hello', presence: 'online' });
		expect(sent.some(({ type }) => type === 'presence')).toBe(false);
	});
});
