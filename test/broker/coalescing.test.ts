import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { HandClock, numbersOf, settle, startReadyHub } from './fake-line.ts';
import { range } from './numbers.ts';

/** A clock that goes on a little at each look, so that rooms are served in slices of a few readers. */
class GoingClock extends HandClock {
	tickMs = 0;
	#ran = 0;

	override elapsed(): number {
		this.#ran += this.tickMs;
		return super.elapsed() + this.#ran;
	}
}

test('readers get every number once and in order, however windows, slices, stalls, acknowledgements and news fall together', async () => {
	const step = fc.oneof(
		{ weight: 6, arbitrary: fc.record({ does: fc.constant('say' as const), count: fc.integer({ min: 1, max: 9 }) }) },
		{ weight: 4, arbitrary: fc.record({ does: fc.constant('pass' as const), count: fc.integer({ min: 1, max: 90 }) }) },
		{ weight: 6, arbitrary: fc.record({ does: fc.constantFrom('turn', 'stall', 'drain', 'ack', 'leave', 'come') }) },
	);
	const steps = fc.array(fc.tuple(step, fc.nat({ max: 99 })), { maxLength: 60 });
	await fc.assert(
		fc.asyncProperty(
			steps,
			fc.constantFrom(0, 200, 1000),
			fc.constantFrom(0, 0.3),
			async (steps, flushWindowMs, tickMs) => {
				const clock = new GoingClock();
				const limits = { windowMessages: 12, windowBytes: 20_000 };
				const { hub, connect } = await startReadyHub({ flushWindowMs, presenceMs: 40, limits }, clock);
				const enter = async (index: number) => {
					const name = `reader-${index}`;
					const isBase = index % 3 === 0;
					const peer = connect(isBase ? undefined : name);
					peer.wire.loopback = true;
					await settle();
					peer.say({ type: 'subscribe', room: 'general', userId: name, ref: 's' });
					await settle();
					return { ...peer, name, isBase, isHere: true };
				};
				const people: Awaited<ReturnType<typeof enter>>[] = [];
				for (const index of range(0, 11)) {
					people.push(await enter(index));
				}
				const ack = ({ connection, say, wire, isBase }: (typeof people)[0]) => {
					const sequence = numbersOf(wire).at(-1);
					if (!isBase && sequence !== undefined && connection.subscriptions.size > 0) {
						const { epoch = '' } = connection.subscriptions.get('general') ?? {};
						say({ type: 'ack', room: 'general', epoch, sequence });
					}
				};
				const drain = ({ connection, wire }: (typeof people)[0]) => {
					wire.full = false;
					wire.unsent = 0;
					connection.drained();
				};
				clock.tickMs = tickMs;
				let said = 0;
				for (const [{ does, ...more }, who] of steps) {
					const person = people[who % people.length] as (typeof people)[0];
					const count = 'count' in more ? more.count : 0;
					switch (does) {
						case 'say':
							for (const nth of range(1, count)) {
								const speaker = people[(who + nth) % 4] as (typeof people)[0];
								speaker.say({ type: 'publish', room: 'general', sender: speaker.name, content: `${nth}` });
								said += 1;
							}
							break;
						case 'pass':
							clock.pass(count);
							break;
						case 'turn':
							await new Promise<void>((resolve) => setImmediate(resolve));
							break;
						case 'stall':
							person.wire.full = true;
							person.wire.unsent = 2 ** 21;
							break;
						case 'drain':
							drain(person);
							break;
						case 'ack':
							ack(person);
							break;
						case 'leave':
							if (who % people.length > 3 && person.isHere) {
								person.isHere = false;
								person.connection.closed(1000);
							}
							break;
						case 'come':
							people.push(await enter(people.length));
							break;
					}
				}
				for (const _ of range(1, 60)) {
					clock.pass(300);
					await settle();
					for (const person of people) {
						drain(person);
						ack(person);
					}
				}
				expect((await hub.settings.engine.state('general')).head).toBe(said);
				for (const { wire, isHere, name } of people) {
					const subscribed = wire.frames.find((frame) => frame.type === 'subscribed');
					const from = subscribed?.type === 'subscribed' ? subscribed.sequence : Number.NaN;
					const got = numbersOf(wire);
					expect([name, ...got]).toEqual([name, ...range(from + 1, isHere ? said : from + got.length)]);
					expect(wire.frames.filter(({ type }) => type === 'error')).toEqual([]);
				}
				hub.drain(0);
				await hub.farewell();
			},
		),
		{ numRuns: 60 },
	);
});
