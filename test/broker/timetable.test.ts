import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Timetable } from '../../src/broker/timetable.ts';
import { settle, startReadyHub } from './fake-line.ts';
import { range } from './numbers.ts';

test('a timetable gives everybody out at their time, soonest first, and nobody who was taken out', () => {
	const who = fc.nat({ max: 30 });
	const step = fc.oneof(
		fc.record({ do: fc.constant('set'), who, dueAt: fc.nat({ max: 100 }) }),
		fc.record({ do: fc.constant('delete'), who, dueAt: fc.constant(0) }),
		fc.record({ do: fc.constant('take'), who, dueAt: fc.nat({ max: 100 }) }),
	);
	fc.assert(
		fc.property(fc.array(step, { minLength: 100, maxLength: 300 }), (steps) => {
			const items = range(0, 30).map((name) => ({ name, dueAt: 0, place: -1 }));
			const timetable = new Timetable<(typeof items)[number]>();
			const model = new Map<number, number>();
			for (const { do: what, who: name, dueAt } of steps) {
				const item = items[name] as (typeof items)[number];
				if (what === 'set') {
					timetable.set(item, dueAt);
					model.set(name, dueAt);
				} else if (what === 'delete') {
					timetable.delete(item);
					model.delete(name);
				} else {
					const soonest = Math.min(...model.values());
					const taken = timetable.take(dueAt);
					expect(taken && model.get(taken.name)).toBe(soonest <= dueAt ? soonest : undefined);
					if (taken !== undefined) {
						model.delete(taken.name);
					}
				}
				expect([timetable.size, item.place === -1]).toEqual([model.size, !model.has(name)]);
			}
		}),
	);
});

describe('a tick', () => {
	/** A hub with readers who have been silent for a while, and how often each of them is looked at. */
	async function quiet(count: number) {
		const started = await startReadyHub();
		const peers = range(1, count).map((number) => started.connect(`user${number}`));
		for (const [index, { say }] of peers.entries()) {
			say({ type: 'subscribe', room: `room${index}`, userId: `user${index + 1}` });
		}
		await settle();
		started.clock.pass(1000);
		started.hub.tick();
		started.hub.tick();
		const looks = peers.map(() => 0);
		for (const [index, { connection }] of peers.entries()) {
			const look = connection.look.bind(connection);
			connection.look = (at) => {
				looks[index] = (looks[index] ?? 0) + 1;
				return look(at);
			};
		}
		return { ...started, peers, looks };
	}

	test('looks at a connection that does nothing twice for each ping: to ask, and to hear', async () => {
		const { hub, clock, peers, looks } = await quiet(100);
		for (const _ of range(1, 100)) {
			clock.pass(1000);
			hub.tick();
			for (const { connection } of peers) {
				connection.receivePong();
			}
		}
		expect([peers.map(({ wire }) => wire.pings), peers.map(({ wire }) => wire.closing)]).toEqual([
			peers.map(() => 4),
			peers.map(() => undefined),
		]);
		expect(Math.max(...looks)).toBeLessThanOrEqual(2 * 4);
	});

	test('looks at a line again and again as long as something waits in it, and at no other', async () => {
		const { hub, clock, peers, looks } = await quiet(3);
		const [, slow] = peers;
		if (slow === undefined) {
			throw new Error('Expected three');
		}
		slow.wire.unsent = 1000;
		slow.say({ type: 'ping' });
		for (const _ of range(1, 10)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(looks).toEqual([0, 10, 0]);
		slow.wire.unsent = 0;
		for (const _ of range(1, 5)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(looks).toEqual([0, 11, 0]);
	});

	test('shows a user as away in the second in which their five minutes are over', async () => {
		const { hub, clock, connect } = await startReadyHub();
		const [ana, bob] = [connect('ana'), connect('bob')];
		for (const [name, { say }] of [['ana', ana] as const, ['bob', bob] as const]) {
			say({ type: 'subscribe', room: 'general', userId: name });
		}
		await settle();
		const pass = async (seconds: number) => {
			for (const _ of range(1, seconds)) {
				clock.pass(1000);
				ana.connection.receivePong();
				bob.connection.receivePong();
				hub.tick();
				await settle();
			}
		};
		const away = () => bob.wire.frames.some((frame) => frame.type === 'presence' && frame.state === 'away');
		await pass(288);
		bob.say({ type: 'typing', room: 'general', state: 'stopped' });
		await pass(11);
		expect(away()).toBe(false);
		await pass(1);
		clock.pass(250);
		expect(away()).toBe(true);
	});

	test('counts what waits in lines that are closing, until they are gone', async () => {
		const { hub, clock, peers } = await quiet(2);
		const limit = hub.settings.limits.unsentBytes;
		const [leaving] = peers;
		if (leaving === undefined) {
			throw new Error('Expected two');
		}
		leaving.wire.unsent = 3 * limit;
		leaving.connection.end(4000, 'enough');
		for (const _ of range(1, 3)) {
			clock.pass(1000);
			hub.tick();
		}
		expect(hub.governor.isOverloaded).toBe(true);
		leaving.connection.closed(1006);
		hub.tick();
		expect(hub.governor.isOverloaded).toBe(false);
	});
});
