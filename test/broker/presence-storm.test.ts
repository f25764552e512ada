/** How much many who come and go at once make the broker say, and to whom. */
import { expect, test } from 'vitest';
import type { BrokerFrames, FromBroker } from '../../src/protocol/frames.ts';
import { type FakeWire, settle, startHub } from './fake-line.ts';

type Started = ReturnType<typeof startHub>;
type Peer = ReturnType<Started['connect']>;

const range = (count: number) => Array.from({ length: count }, (_, index) => index);

function enter({ connect }: Started, name: string, protocol: 'v1' | 'base' = 'v1'): Peer {
	const peer = connect(protocol === 'v1' ? name : undefined);
	peer.wire.loopback = true;
	peer.say({ type: 'subscribe', room: 'general', userId: name });
	return peer;
}

/** Frames about others: all but what a subscriber is told of itself. */
function heard(wire: FakeWire, from = 0): FromBroker[] {
	return wire.frames.slice(from).filter(({ type }) => type.startsWith('presence') || type === 'members');
}

const frames = (peers: readonly Peer[]) => peers.map(({ wire }) => wire.frames.length);

test('a thousand who come within a second into a room of a thousand are told as one count to each reader', async () => {
	const started = startHub();
	const { clock } = started;
	const readers = range(1000).map((index) => enter(started, `reader${index}`));
	const bases = range(10).map((index) => enter(started, `base${index}`, 'base'));
	await settle();
	clock.pass(250);
	const [before, beforeBases] = [frames(readers), frames(bases)];
	const storm: Peer[] = [];
	for (const _ of range(4)) {
		storm.push(...range(250).map((index) => enter(started, `guest${storm.length + index}`)));
		await settle();
		clock.pass(250);
	}
	// Five times as many as are told by name were there when the first came: five seconds.
	expect(readers.flatMap(({ wire }, index) => heard(wire, before[index]))).toEqual([]);
	clock.pass(4500);
	for (const [index, { wire }] of readers.entries()) {
		expect(heard(wire, before[index])).toEqual([{ type: 'presence_count', room: 'general', online: 2010, away: 0 }]);
	}
	expect(bases.flatMap(({ wire }, index) => heard(wire, beforeBases[index]))).toEqual([]);
	// Those who come are told of themselves, and how many are there before they could ask for all.
	for (const { wire } of storm) {
		const own = heard(wire).filter(({ type }) => type === 'presence');
		const counts = heard(wire).filter(({ type }) => type === 'presence_count');
		const place = wire.frames.findIndex(({ type }) => type === 'subscribed');
		expect([own.length, counts.length <= 5]).toEqual([1, true]);
		expect(wire.frames.findIndex(({ type }) => type === 'presence_count')).toBeLessThan(place);
	}
	// They are all gone at once, and nobody is told a name.
	const then = frames(readers);
	for (const { connection } of storm) {
		connection.closed(1006);
	}
	await settle();
	clock.pass(30_000);
	await settle();
	clock.pass(10_100);
	expect(readers.flatMap(({ wire }, index) => heard(wire, then[index]))).toEqual(
		readers.map(() => ({ type: 'presence_count', room: 'general', online: 1010, away: 0 })),
	);
}, 60_000);

test('below the limit of names each change is told once, and coming and going within a quarter second not at all', async () => {
	const started = startHub();
	const { clock } = started;
	const readers = [enter(started, 'ana'), enter(started, 'bob', 'base')];
	await settle();
	clock.pass(250);
	const before = frames(readers);
	const storm = range(100).map((index) => enter(started, `guest${index}`));
	for (const turn of range(10)) {
		const flapping = enter(started, `flapping${turn}`);
		await settle();
		flapping.connection.closed(1000);
	}
	for (const { say } of storm) {
		say({ type: 'presence', state: 'away' });
		say({ type: 'presence', state: 'online' });
	}
	await settle();
	clock.pass(250);
	for (const [index, { wire }] of readers.entries()) {
		const told = heard(wire, before[index]);
		expect(told.map((frame) => frame.type === 'presence' && `${frame.action} ${frame.userId}`).sort()).toEqual(
			range(100)
				.map((number) => `join guest${number}`)
				.sort(),
		);
	}
});

test('a room that is no longer crowded tells who is there: v1 readers the list, base readers who came and left', async () => {
	const started = startHub({ limits: { presenceFull: 10 } });
	const { clock } = started;
	const [ana, base] = [enter(started, 'ana'), enter(started, 'bas', 'base')];
	const early = range(6).map((index) => enter(started, `early${index}`));
	await settle();
	clock.pass(250);
	const late = range(6).map((index) => enter(started, `late${index}`));
	await settle();
	clock.pass(1500);
	const before = frames([ana, base]);
	const leave = async (peers: readonly Peer[]) => {
		for (const { connection } of peers) {
			connection.closed(1000);
		}
		await settle();
		clock.pass(1500);
	};
	// At ten it is still one: one more or less is no reason to tell everything.
	await leave([...early.slice(0, 3), ...late.slice(0, 1)]);
	expect(heard(ana.wire, before[0])).toEqual([{ type: 'presence_count', room: 'general', online: 10, away: 0 }]);
	await leave(late.slice(1, 2));
	const here = ['ana', 'bas', 'early3', 'early4', 'early5', 'late2', 'late3', 'late4', 'late5'];
	const list = ana.wire.frames.at(-1) as BrokerFrames['members'];
	expect([list.type, list.members.map(({ userId }) => userId)]).toEqual(['members', here]);
	expect(
		heard(base.wire, before[1]).map((frame) => (frame.type === 'presence' ? `${frame.action} ${frame.userId}` : '')),
	).toEqual([...range(3).map((n) => `leave early${n}`), ...range(4).map((n) => `join late${n + 2}`)]);
	// From here on by name again, with later times.
	await leave(late.slice(2, 3));
	const last = ana.wire.frames.at(-1) as BrokerFrames['presence'];
	expect(last).toMatchObject({ type: 'presence', userId: 'late2', action: 'leave' });
	expect(last.timestamp).toBeGreaterThan(list.asOf);
});

test('what is told after a list has a later time than the list, also when the clock was set back', async () => {
	const started = startHub();
	const { clock } = started;
	const ana = enter(started, 'ana');
	await settle();
	clock.pass(250);
	const now = clock.now.bind(clock);
	ana.say({ type: 'members', room: 'general' });
	await settle();
	clock.now = () => now() - 3_600_000;
	enter(started, 'bob');
	await settle();
	clock.pass(250);
	const list = ana.wire.frames.findLast((frame) => frame.type === 'members');
	const join = ana.wire.frames.at(-1) as BrokerFrames['presence'];
	expect(join).toMatchObject({ type: 'presence', userId: 'bob' });
	expect(join.timestamp).toBeGreaterThan(list?.asOf ?? Number.POSITIVE_INFINITY);
});
