import { describe, expect, test } from 'vitest';
import { memoryEngine } from '../../src/engines/memory.ts';
import { makeProver } from '../helpers/proving.ts';
import { FakeWire, numbersOf, settle, startHub } from './fake-line.ts';
import { logIn } from './logging-in.ts';

type Started = ReturnType<typeof startHub>;

const says = (number: number) => ({ id: `m${number}`, sender: 'jo', content: `text ${number}` });

function dial({ hub }: Started, key: string) {
	const wire = new FakeWire();
	const connection = hub.accept(wire, { offersV1: false, credential: { key } });
	return { wire, connection, say: (frame: object) => connection.receive(JSON.stringify(frame)) };
}

/** A user whose base client has joined rooms `r` and `s`. */
async function joined(started: Started) {
	const maya = makeProver();
	await logIn(started, maya, 'maya');
	const base = dial(started, maya.publicKey);
	base.say({ type: 'subscribe', room: 'r', userId: 'maya' });
	base.say({ type: 'subscribe', room: 's', userId: 'maya' });
	await settle();
	return { ...base, key: maya.publicKey };
}

async function passes({ hub, clock }: Started, ms: number): Promise<void> {
	clock.pass(ms);
	hub.tick();
	await settle();
}

/** The rooms and numbers that a line was aligned at. */
function places(wire: FakeWire): readonly string[] {
	return wire.frames.flatMap((frame) => (frame.type === 'subscribed' ? [`${frame.room} ${frame.sequence}`] : []));
}

describe('B14: a base client of a user that comes back', () => {
	test('gets its rooms back when it says nothing, and what no pong has confirmed', async () => {
		const started = startHub();
		const { wire, connection, key } = await joined(started);
		await started.engine.append('r', [says(1), says(2)]);
		await settle();
		await passes(started, 1000);
		connection.receivePong(wire.marks.at(-1));
		await started.engine.append('r', [says(3), says(4)]);
		await settle();
		expect(numbersOf(wire)).toEqual([1, 2, 3, 4]);
		connection.closed();
		await started.engine.append('r', [says(5)]);

		const again = dial(started, key);
		await passes(started, 999);
		expect(again.wire.frames).toEqual([]);
		await passes(started, 1);
		expect(places(again.wire)).toEqual(['r 2', 's 0']);
		expect(numbersOf(again.wire)).toEqual([3, 4, 5]);
	});

	test('gets them before its first word is answered, when that is no subscribe', async () => {
		const started = startHub();
		const { connection, key } = await joined(started);
		connection.closed();
		const again = dial(started, key);
		again.say({ type: 'publish', room: 'r', sender: 'maya', content: 'back' });
		await settle();
		expect(places(again.wire)).toEqual(['r 0', 's 0']);
		expect(numbersOf(again.wire)).toEqual([1]);
	});

	test('gets none when it begins by joining a room, as one does that has just started', async () => {
		const started = startHub();
		const { connection, key } = await joined(started);
		connection.closed();
		const anew = dial(started, key);
		anew.say({ type: 'subscribe', room: 't', userId: 'maya' });
		await passes(started, 5000);
		expect(places(anew.wire)).toEqual(['t 0']);
		anew.connection.closed();
		const again = dial(started, key);
		await passes(started, 1000);
		expect(places(again.wire)).toEqual(['t 0']);
	});

	test('gets them from a broker that was started anew', async () => {
		const engine = memoryEngine();
		const first = startHub({ engine });
		const { key, wire, connection, say } = await joined(first);
		say({ type: 'unsubscribe', room: 's' });
		await engine.append('r', [says(1), says(2)]);
		await settle();
		await passes(first, 1000);
		connection.receivePong(wire.marks.at(-1));
		await engine.append('r', [says(3)]);
		await first.hub.settled();

		const second = startHub({ engine });
		const again = dial(second, key);
		await settle();
		await passes(second, 1000);
		expect([places(again.wire), numbersOf(again.wire)]).toEqual([['r 2'], [3]]);
	});

	test('is asked for a sign of life only when it has got something since', async () => {
		const started = startHub();
		const { wire, connection } = await joined(started);
		await passes(started, 1000);
		connection.receivePong(wire.marks.at(-1));
		const before = wire.pings;
		await passes(started, 1000);
		expect(wire.pings).toBe(before);
		await started.engine.append('r', [says(1)]);
		await settle();
		await passes(started, 1000);
		await passes(started, 1000);
		expect(wire.pings).toBe(before + 1);
	});
});

test('a stranger that says nothing is left alone', async () => {
	const started = startHub();
	const wire = new FakeWire();
	started.hub.accept(wire, { offersV1: false });
	await passes(started, 1000);
	expect(wire.frames).toEqual([]);
});
