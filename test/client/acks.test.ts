import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Acks } from '../../src/client/acks.ts';
import type { FromBroker } from '../../src/protocol/frames.ts';
import { message, published, Script } from './script.ts';
import { World } from './world.ts';

/** The numbers acknowledged since the last look. */
function acked(script: Script): readonly number[] {
	return script.sent().flatMap((frame) => (frame.type === 'ack' ? [frame.sequence] : []));
}

function range(from: number, to: number): readonly number[] {
	return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** The broker gives the first numbers of the room when it is asked for them. */
function repair(script: Script, head: number): void {
	const ref = script.passes(250).refOf('get_history');
	const messages = range(1, head).map((sequence) => {
		const { type: _, ...one } = message(sequence);
		return one;
	});
	script.says({ type: 'history', room: 'r', ref, messages, epoch: 'e', head, oldest: 1, complete: true });
}

describe('a room is acknowledged', () => {
	test('a second after the first message that is not', () => {
		const script = Script.in('r', 4);
		script.says(message(5)).passes(600);
		script.says(message(6));
		expect(acked(script.passes(399))).toEqual([]);
		script.passes(1);
		expect(script.sent()).toEqual([{ type: 'ack', room: 'r', epoch: 'e', sequence: 6 }]);
		expect(acked(script.passes(5000))).toEqual([]);
	});

	test('at once after 64 messages, or 32 Ki of text', () => {
		const script = Script.in('r');
		script.says(...range(1, 130).map((sequence) => message(sequence)));
		expect(acked(script)).toEqual([64, 128]);
		script.passes(1000).look();
		script.says(...range(131, 136).map((sequence) => message(sequence, { content: 'x'.repeat(8192) })));
		expect(acked(script)).toEqual([134]);
	});

	test('also past numbers that are lost', () => {
		const script = Script.in('r');
		script.says({ type: 'gap', room: 'r', epoch: 'e', from: 1, to: 900, reason: 'trimmed' });
		expect(acked(script)).toEqual([900]);
	});

	test('not while it has a hole, and at once when that is filled', () => {
		const script = Script.in('r');
		script.says(...range(2, 80).map((sequence) => message(sequence)));
		const ref = script.passes(250).refOf('get_history');
		expect(acked(script)).toEqual([]);
		const { type: _, ...missing } = message(1);
		const place = { epoch: 'e', head: 80, oldest: 1, complete: true };
		script.says({ type: 'history', room: 'r', ref, messages: [missing], ...place });
		expect(acked(script)).toEqual([80]);
	});

	test('only as far as the subscription has told, because the broker takes no word for more', () => {
		const script = Script.in('r');
		repair(script.says(published('somebody', 2)), 2);
		expect(script.session.room('r')?.position).toBe(2);
		expect(acked(script.passes(2000))).toEqual([]);
		script.says(message(1));
		expect(acked(script.passes(1000))).toEqual([1]);
	});

	test('as far as the broker says that it has sent, also when all of it was lost on the way and asked for', () => {
		const script = Script.in('r');
		const pong = (epoch: string, sequence: number) =>
			({ type: 'pong', heads: [{ room: 'r', epoch, sequence }] }) satisfies FromBroker;
		repair(script.says(pong('e', 3)), 3);
		expect(acked(script.passes(1000))).toEqual([3]);
		script.says(pong('other', 9));
		expect(acked(script.passes(2000))).toEqual([]);
	});

	test('from the start again when a late answer to a repeated question says that the broker sends it all again', () => {
		const script = new Script().welcomed();
		script.look();
		script.join();
		script.passes(10_000);
		const ref = script.refOf('subscribe');
		const answer = { type: 'subscribed', room: 'r', sequence: 0, ref, epoch: 'e', head: 70, oldest: 1 } as const;
		const all = Array.from({ length: 70 }, (_, index) => message(index + 1));
		script.says(answer, ...all);
		expect(acked(script)).toEqual([64]);
		script.says(answer, ...all);
		expect(acked(script.passes(1000))).toEqual([64, 70]);
		script.says(answer, ...all);
		expect(acked(script.passes(1000))).toEqual([]);
		expect(script.session.room('r')).toMatchObject({ first: 0, position: 70, head: 70 });
	});

	test('not without a link, and not on a link that has not confirmed the room', () => {
		const script = Script.in('r');
		script.says(message(1)).closes().passes(500).welcomed();
		expect(acked(script.passes(3000))).toEqual([]);
	});

	test('never to a base broker', () => {
		const script = new Script().based();
		script.join();
		script.says({ type: 'subscribed', room: 'r', sequence: 0 }, message(1));
		expect(acked(script.passes(2000))).toEqual([]);
	});

	test('without a word when the broker does not take it, which can only be a crossing on the way', () => {
		const script = Script.in('r');
		script.says(message(1)).passes(1000);
		script.look();
		script.says({ type: 'error', error: '?', code: 'position_invalid', room: 'r' });
		expect(script.look()).toEqual([]);
	});
});

test('what is acknowledged only grows, and never passes what was told or reached', () => {
	const steps = fc.array(fc.tuple(fc.nat(400), fc.nat(400), fc.nat(40_000), fc.nat(1500)), { maxLength: 40 });
	fc.assert(
		fc.property(steps, (all) => {
			const acks = new Acks();
			acks.begin(0);
			let [at, last, told, position] = [0, 0, 0, 0];
			for (const [heard, moved, units, ms] of all) {
				at += ms;
				told = Math.max(told, heard);
				position = Math.max(position, moved);
				acks.heard(heard);
				acks.moved(position, units, at);
				const due = acks.due(at);
				expect(due ?? last + 1).toBeGreaterThan(last);
				expect(due ?? 0).toBeLessThanOrEqual(Math.min(told, position));
				last = due ?? last;
				expect(Math.min(told, position) - last).toBeLessThan(64);
			}
		}),
	);
});

const acts = fc.array(
	fc.oneof(
		{ weight: 4, arbitrary: fc.record({ type: fc.constant('say' as const), count: fc.integer({ min: 1, max: 100 }) }) },
		{ weight: 1, arbitrary: fc.constant({ type: 'cut' as const }) },
		{ weight: 3, arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(0, 8, 900, 3000) }) },
	),
	{ maxLength: 30 },
);

test('a broker that sends only a window beyond the last ack gets everything to everyone, and takes every ack', {
	timeout: 60_000,
}, () => {
	fc.assert(
		fc.property(fc.integer(), acts, fc.integer({ min: 1, max: 80 }), (seed, script, windowMessages) => {
			const world = new World(seed);
			world.broker.windowMessages = windowMessages;
			const person = world.add({ giveUpMs: 2 ** 30 });
			person.join('general');
			world.run(100);
			let said = 0;
			for (const act of script) {
				switch (act.type) {
					case 'say':
						for (let count = 0; count < act.count; count++) {
							world.broker.say('general', 'hello');
						}
						said += act.count;
						break;
					case 'cut':
						person.cut();
						break;
					case 'wait':
						world.run(act.ms);
						break;
				}
			}
			world.run(30_000 + said * 1100);
			expect(person.delivered('general')).toEqual(range(1, said));
			expect(world.broker.acks.filter(({ isMeant }) => !isMeant)).toEqual([]);
		}),
		{ numRuns: 150 },
	);
});
