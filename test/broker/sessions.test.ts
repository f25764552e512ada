import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Holder, Sessions } from '../../src/broker/sessions.ts';
import type { BrokerFrames } from '../../src/protocol/frames.ts';
import { FakeWire, HandClock, settle, startHub } from './fake-line.ts';

const ana = { id: 'ana', verified: false, role: 'guest' as const };
const bob = { id: 'bob', verified: false, role: 'guest' as const };

/** A hub with bob, who looks on, and with what bob was told of ana. */
async function watched(options: Parameters<typeof startHub>[0] = {}) {
	const started = startHub(options);
	const { hub, clock } = started;
	const watcher = started.connect('bob');
	/** Those that answer pings. */
	const awake = new Set([watcher.connection]);
	const enter = (say: (frame: object) => void, userId: string, rooms = ['general']) => {
		for (const room of rooms) {
			say({ type: 'subscribe', room, userId });
		}
	};
	enter(watcher.say, 'bob', ['general', 'ops']);
	await settle();
	return {
		...started,
		watcher,
		awake,
		/** Connects with a session, and says which rooms it is in. */
		async come(session: string, rooms: readonly string[] = ['general'], hello: object = {}) {
			const wire = new FakeWire();
			const connection = hub.accept(wire, { offersV1: true });
			awake.add(connection);
			const say = (frame: object) => connection.receive(JSON.stringify(frame));
			say({ type: 'hello', v: 1, user: 'ana', session, ...hello });
			enter(say, 'ana', [...rooms]);
			await settle();
			const welcome = wire.frames.find((frame): frame is BrokerFrames['welcome'] => frame.type === 'welcome');
			return { wire, connection, say, welcome };
		},
		/** Lets time pass a quarter of a second at a time. */
		async pass(ms: number) {
			for (let passed = 0; passed < ms; passed += 250) {
				clock.pass(250);
				for (const connection of awake) {
					connection.receivePong();
				}
				if ((passed + 250) % 1000 === 0) {
					hub.tick();
				}
				await settle();
			}
		},
		told(userId = 'ana', room = 'general') {
			return watcher.wire.frames.flatMap((frame) =>
				frame.type === 'presence' && frame.userId === userId && frame.room === room
					? [`${frame.action} ${frame.state}`]
					: [],
			);
		},
	};
}

describe('a user whose connection is lost', () => {
	test('is still there for sessionTtlMs, and then has left', async () => {
		const { come, pass, told, hub } = await watched();
		const { connection } = await come('s1');
		await pass(1000);
		connection.closed(1006);
		await pass(29_750);
		expect(told()).toEqual(['join online']);
		await pass(750);
		expect(told()).toEqual(['join online', 'leave offline']);
		expect(hub.sessions.size).toBe(0);
	});

	test('has neither left nor come when they are back under the same session, in all rooms', async () => {
		const { come, pass, told } = await watched();
		const { connection } = await come('s1', ['general', 'ops']);
		await pass(1000);
		connection.closed(1006);
		await pass(29_000);
		const back = await come('s1', ['general']);
		expect(back.welcome).toMatchObject({ session: 's1', resumed: true, sessionTtlMs: 30_000 });
		// The second room is asked for when the first would long be over.
		await pass(5000);
		back.say({ type: 'subscribe', room: 'ops', userId: 'ana' });
		await settle();
		await pass(60_000);
		expect([told(), told('ana', 'ops')]).toEqual([['join online'], ['join online']]);
		back.say({ type: 'members', room: 'general' });
		await settle();
		const { members } = back.wire.frames.findLast(({ type }) => type === 'members') as BrokerFrames['members'];
		expect(members.map(({ userId }) => userId)).toEqual(['ana', 'bob']);
	});

	test('leaves the rooms that they are not back in', async () => {
		const { come, pass, told } = await watched();
		const { connection } = await come('s1', ['general', 'ops']);
		await pass(1000);
		connection.closed(1006);
		await come('s1', ['general']);
		await pass(30_500);
		expect([told(), told('ana', 'ops')]).toEqual([['join online'], ['join online', 'leave offline']]);
	});

	test('takes the place of their own older connection that nobody knows to be dead, without a word to others', async () => {
		const { come, pass, told, hub } = await watched();
		const first = await come('s1', ['general', 'ops']);
		await pass(1000);
		const back = await come('s1', []);
		expect([first.wire.closing?.code, back.welcome?.resumed]).toEqual([4400, true]);
		await pass(1000);
		back.say({ type: 'subscribe', room: 'general', userId: 'ana' });
		await pass(1000);
		back.say({ type: 'subscribe', room: 'ops', userId: 'ana' });
		// What the older line says of its end comes late.
		first.connection.closed(1000);
		await pass(60_000);
		expect([told(), told('ana', 'ops'), hub.sessions.size]).toEqual([['join online'], ['join online'], 0]);
		back.connection.closed(1000);
		await pass(500);
		expect(told()).toEqual(['join online', 'leave offline']);
	});

	test.each([
		['bye', (ana: { say: (frame: object) => void }) => ana.say({ type: 'bye' })],
		['a close with 1000', ({ connection }: { connection: { closed(code: number): void } }) => connection.closed(1000)],
		['a close with 1001', ({ connection }: { connection: { closed(code: number): void } }) => connection.closed(1001)],
		[
			'a close without a code',
			({ connection }: { connection: { closed(code: number): void } }) => connection.closed(1005),
		],
	])('is gone at once after %s, and a later connection of the session is a new one', async (_, leave) => {
		const { come, pass, told } = await watched();
		const there = await come('s1');
		await pass(1000);
		leave(there);
		await pass(500);
		expect(told()).toEqual(['join online', 'leave offline']);
		expect((await come('s1')).welcome).toMatchObject({ session: 's1', resumed: false });
	});

	test('leaves at once when the broker keeps no sessions', async () => {
		const { come, pass, told } = await watched({ sessionTtlMs: 0 });
		const { connection } = await come('s1');
		await pass(500);
		connection.closed(1006);
		await pass(500);
		expect(told()).toEqual(['join online', 'leave offline']);
		expect((await come('s1')).welcome).toMatchObject({ resumed: false, sessionTtlMs: 0 });
	});

	test('is one of two connections: nobody is told of either end before the last, and then in its time', async () => {
		const { come, pass, told } = await watched();
		const [one, other] = [await come('s1'), await come('s2')];
		await pass(1000);
		one.connection.closed(1006);
		await pass(60_000);
		expect(told()).toEqual(['join online']);
		other.connection.closed(1000);
		await pass(500);
		expect(told()).toEqual(['join online', 'leave offline']);
	});

	test('of a base client leaves at once: it has no session to come back to', async () => {
		const { connect, pass, told } = await watched();
		const base = connect();
		base.say({ type: 'subscribe', room: 'general', userId: 'ana' });
		await settle();
		await pass(500);
		base.connection.closed(1006);
		await pass(500);
		expect(told()).toEqual(['join online', 'leave offline']);
	});

	test('was away because they did nothing, and is not back by a reconnect of their program', async () => {
		const { come, pass, told } = await watched();
		const there = await come('s1');
		await pass(500);
		await pass(300_000);
		there.connection.closed(1006);
		const back = await come('s1', ['general'], { presence: 'online' });
		await pass(1000);
		expect(told()).toEqual(['join online', 'update away']);
		back.say({ type: 'presence', state: 'online' });
		await pass(500);
		expect(told()).toEqual(['join online', 'update away', 'update online']);
	});
});

describe('a peer that falls silent', () => {
	test.each([
		['right after a pong', 0],
		['in the middle', 11_250],
		['right before the next ping', 22_750],
	])('%s is gone from view within 35 s', async (_, later) => {
		const { come, pass, told, awake } = await watched();
		const { connection, say, wire } = await come('s1');
		awake.delete(connection);
		await pass(23_000);
		expect(wire.pings).toBe(1);
		connection.receivePong();
		await pass(later);
		say({ type: 'ping' });
		await pass(29_500);
		expect(told()).toEqual(['join online']);
		await pass(5500);
		expect(told()).toEqual(['join online', 'leave offline']);
	});

	test('and comes back before that is noticed has neither left nor come', async () => {
		const { come, pass, told, awake } = await watched();
		awake.delete((await come('s1')).connection);
		await pass(29_000);
		expect((await come('s1')).welcome?.resumed).toBe(true);
		await pass(10_000);
		expect(told()).toEqual(['join online']);
	});
});

describe('a session of somebody else', () => {
	test('can neither be resumed nor replaced, alive or lost', async () => {
		const { come, pass, told } = await watched();
		const there = await come('s1');
		await pass(500);
		const thief = await come('s1', [], { user: 'eve' });
		expect(thief.welcome).toMatchObject({ user: { id: 'eve' }, resumed: false });
		expect(thief.welcome?.session).not.toBe('s1');
		expect(there.wire.closing).toBeUndefined();
		there.connection.closed(1006);
		expect((await come('s1', [], { user: 'eve' })).welcome?.resumed).toBe(false);
		expect((await come('s1')).welcome?.resumed).toBe(true);
		await pass(60_000);
		expect(told()).toEqual(['join online']);
	});
});

describe('a broker that stops', () => {
	test('tells nobody of those whom it sends away, nor of those who cannot come back any more', async () => {
		const { come, pass, told, hub, engine, watcher } = await watched();
		const [lost, sent] = [await come('s1'), await come('s2', ['ops'], { user: 'cleo' })];
		await pass(1000);
		lost.connection.closed(1006);
		await pass(29_000);
		hub.drain(1000);
		sent.connection.end(1012, 'the broker is shutting down');
		await pass(5000);
		expect([told(), told('cleo', 'ops')]).toEqual([['join online'], ['join online']]);
		watcher.connection.end(1012, 'the broker is shutting down');
		await hub.farewell();
		expect([...(await engine.members('general')), ...(await engine.members('ops'))]).toEqual([]);
		expect([hub.rooms.size, hub.sessions.size]).toEqual([0, 0]);
	});
});

describe('what is kept for those who may come back', () => {
	test('is bounded: the oldest leave early', async () => {
		const { come, hub, pass, told } = await watched({ limits: { connections: 3 } });
		for (const number of [1, 2, 3]) {
			const there = await come(`s${number}`, ['general', 'ops'], { user: `ana${number}` });
			await pass(500);
			there.connection.closed(1006);
		}
		await pass(500);
		expect(hub.sessions.size).toBe(6);
		expect([told('ana1'), told('ana2'), told('ana3')]).toEqual([
			['join online', 'leave offline'],
			['join online'],
			['join online'],
		]);
		await pass(30_000);
		expect([hub.sessions.size, [...hub.rooms.keys()]]).toEqual([0, ['general', 'ops']]);
	});

	test('leaves exactly when nobody holds it and its time is over, whatever happens in which order', () => {
		const ttlMs = 30;
		const event = fc.oneof(
			fc.record({
				type: fc.constant('come' as const),
				session: fc.constantFrom('s', 't'),
				user: fc.constantFrom(ana, bob),
			}),
			fc.record({ type: fc.constantFrom('lose' as const, 'end' as const), which: fc.nat(5) }),
			fc.record({ type: fc.constant('enter' as const), which: fc.nat(5), room: fc.constantFrom('x', 'y') }),
			fc.record({ type: fc.constant('wait' as const), ms: fc.nat(40) }),
		);
		class Fake implements Holder {
			readonly rooms = new Map<string, object>();
			id = '';
			isOver = false;
			lose = () => {};
			supersede(): void {
				this.lose();
			}
		}
		fc.assert(
			fc.property(fc.array(event, { maxLength: 60 }), (events) => {
				const clock = new HandClock();
				const there = new Set<object>();
				const sessions = new Sessions<Fake, object, string>({
					...{ surroundings: clock, ttlMs, most: 1000 },
					leave: (stay) => {
						expect(there.delete(stay)).toBe(true);
					},
				});
				const all: Fake[] = [];
				const alive = (which: number) => all.filter(({ isOver }) => !isOver)[which];
				for (const event of events) {
					switch (event.type) {
						case 'come': {
							const fake = new Fake();
							fake.lose = () => {
								fake.isOver = true;
								const left = { kept: new Map(fake.rooms), manner: 'm', since: clock.elapsed() };
								fake.rooms.clear();
								sessions.lost(fake.id, fake, left);
							};
							const { id, resumed } = sessions.begin(event.session, event.user, fake);
							fake.id = id;
							expect(resumed && id !== event.session).toBe(false);
							all.push(fake);
							break;
						}
						case 'lose':
							alive(event.which)?.lose();
							break;
						case 'end': {
							const fake = alive(event.which);
							if (fake !== undefined) {
								fake.isOver = true;
								for (const stay of fake.rooms.values()) {
									there.delete(stay);
								}
								sessions.over(fake.id, fake);
							}
							break;
						}
						case 'enter': {
							const fake = alive(event.which);
							if (fake !== undefined && !fake.rooms.has(event.room)) {
								const stay = sessions.claim(fake.id, fake, event.room) ?? {};
								there.add(stay);
								fake.rooms.set(event.room, stay);
							}
							break;
						}
						case 'wait':
							for (let ms = 0; ms < event.ms; ms += 1) {
								clock.pass(1);
							}
							break;
					}
					for (const { rooms } of all.filter(({ isOver }) => !isOver)) {
						expect([...rooms.values()].every((stay) => there.has(stay))).toBe(true);
					}
				}
				for (let ms = 0; ms <= ttlMs; ms += 1) {
					clock.pass(1);
				}
				expect([...there].sort()).toEqual(
					all.flatMap(({ isOver, rooms }) => (isOver ? [] : [...rooms.values()])).sort(),
				);
				expect(sessions.size).toBe(0);
			}),
		);
	});
});
