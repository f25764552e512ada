import * as fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import type { Batch } from '../../src/broker/fan-out.ts';
import type { Room } from '../../src/broker/room.ts';
import { type Reader, Subscription } from '../../src/broker/subscription.ts';
import { Window } from '../../src/broker/window.ts';
import type { Draft } from '../../src/engines/engine.ts';
import type { Filter } from '../../src/protocol/filter.ts';
import type { BrokerFrames, FromBroker } from '../../src/protocol/frames.ts';
import { HandClock, settle, startHub, turn } from './fake-line.ts';
import { roomsBy } from './open-rooms.ts';

const range = (from: number, to: number) =>
	Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);

/** A client that knows the one rule: what comes says after which number it is the next that matches. */
class FilteredReader implements Reader {
	readonly protocol = 'v1';
	readonly window: Window | undefined;
	readonly governor = { allowance: 2 ** 20 };
	wrote = (_bytes: number): void => {};
	/** The last number that it was told of. */
	position = 0;
	got: number[] = [];
	/** What came where it could not: there must be nothing. */
	readonly wrong: string[] = [];
	readonly frames: FromBroker[] = [];
	readonly batches: Batch[] = [];
	readonly wire = {
		unsent: 0,
		full: false,
		write: (batch: Batch) => {
			this.batches.push(batch);
			for (const text of batch.texts) {
				this.tell(JSON.parse(text) as FromBroker);
			}
		},
	};

	constructor(window?: Window) {
		this.window = window;
	}

	tell(frame: FromBroker): void {
		this.frames.push(frame);
		if (frame.type === 'message' || frame.type === 'position') {
			const { sequence, prev } = frame;
			if (prev === undefined || prev > this.position || sequence <= this.position) {
				this.wrong.push(`${frame.type} ${sequence} after ${prev}, at ${this.position}`);
			}
			this.position = sequence;
			if (frame.type === 'message') {
				this.got.push(sequence);
			}
		} else if (frame.type === 'gap') {
			if (frame.from !== this.position + 1) {
				this.wrong.push(`gap ${frame.from}..${frame.to} at ${this.position}`);
			}
			this.position = frame.to;
		}
	}

	send(): void {}

	freed(): void {}

	remember(): void {}

	fail(error: unknown): void {
		this.wrong.push(String(error));
	}
}

const clock = new HandClock();
let ids = 0;
/** It says its level, which filters ask for. */
const draft = (level: number): Draft => {
	ids += 1;
	return { id: `m${ids}`, sender: 'ana', content: 'x'.repeat(level * 10), tags: { level } };
};
const { openRoom, closeRooms } = roomsBy(clock);

function subscribe(room: Room, reader: Reader, filter?: Filter) {
	const subscription = new Subscription({ room, reader, presence: 'off', surroundings: clock });
	room.add(subscription);
	subscription.filter(filter && room.stream(filter));
	return subscription;
}

afterEach(closeRooms);

const level = (value: number): Filter => ({ field: 'tags.level', op: 'eq', value });

describe('a filtered subscription', () => {
	test('gets exactly what matches, each with the number after which it is next, whatever falls together', async () => {
		const count = fc.integer({ min: 0, max: 400 });
		const step = fc.oneof(
			{
				weight: 5,
				arbitrary: fc.record({ do: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
			},
			{ weight: 2, arbitrary: fc.record({ do: fc.constant('append' as const), count }) },
			{ weight: 4, arbitrary: fc.record({ do: fc.constant('turn' as const), count: fc.integer({ min: 1, max: 3 }) }) },
			{ weight: 2, arbitrary: fc.record({ do: fc.constant('stall' as const), count }) },
			{ weight: 2, arbitrary: fc.record({ do: fc.constant('drain' as const), count }) },
			{ weight: 3, arbitrary: fc.record({ do: fc.constant('ack' as const), count }) },
			{ weight: 1, arbitrary: fc.record({ do: fc.constant('align' as const), count }) },
			{ weight: 1, arbitrary: fc.record({ do: fc.constant('change' as const), count }) },
			{ weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), count }) },
		);
		const steps = fc.array(fc.tuple(step, fc.nat(2)), { maxLength: 40 });
		const credit = fc.record({
			messages: fc.integer({ min: 1, max: 600 }),
			bytes: fc.integer({ min: 1, max: 100_000 }),
		});
		const levels = fc.array(fc.nat(5), { minLength: 1, maxLength: 30 });
		await fc.assert(
			fc.asyncProperty(credit, levels, fc.nat(400), steps, async (limit, pattern, before, actions) => {
				const { engine, room } = await openRoom();
				const said: number[] = [];
				const append = (times: number) => {
					const drafts = range(1, times).map((n) => pattern[(said.length + n) % pattern.length] ?? 0);
					said.push(...drafts);
					return engine.append('general', drafts.map(draft));
				};
				await append(before);
				const people = range(0, 2).map((index) => {
					const reader = new FilteredReader(new Window(limit, 0));
					const wanted = index === 2 ? 1 : 0;
					return { reader, from: 0, wanted, subscription: subscribe(room, reader, level(wanted)) };
				});
				const align = async (person: (typeof people)[number], back: number) => {
					const { epoch, head } = await room.standing();
					person.from = Math.max(0, head - back);
					person.reader.got = [];
					person.reader.position = person.from;
					person.reader.frames.length = 0;
					person.subscription.align(epoch, person.from, head);
				};
				const expected = ({ from, wanted, reader }: (typeof people)[number]) =>
					range(from + 1, reader.position).filter((sequence) => said[sequence - 1] === wanted);
				/** What was said to be nothing for a person, also before what it was told already, and is. */
				const wronglyPassed = ({ reader, wanted }: (typeof people)[number]) =>
					reader.frames.flatMap((frame) =>
						frame.type === 'message' || frame.type === 'position'
							? range((frame.prev ?? 0) + 1, frame.sequence - (frame.type === 'message' ? 1 : 0)).filter(
									(sequence) => said[sequence - 1] === wanted,
								)
							: [],
					);
				const ack = ({ subscription, reader }: (typeof people)[number], behind: number) => {
					const place = { epoch: room.epoch, sequence: reader.position - behind };
					if (subscription.awaits(place)) {
						expect(subscription.ack(place)).toBe('moved');
						subscription.resume();
					}
				};
				const drain = ({ reader, subscription }: (typeof people)[number]) => {
					reader.wire.unsent = 0;
					reader.wire.full = false;
					subscription.resume();
				};
				for (const person of people) {
					await align(person, before);
				}
				for (const [{ do: action, count: times }, who] of actions) {
					const person = people[who];
					if (person === undefined) {
						continue;
					}
					switch (action) {
						case 'append':
							void append(times);
							break;
						case 'turn':
							for (let turns = 0; turns < times; turns += 1) {
								await turn();
							}
							break;
						case 'stall':
							person.reader.wire.unsent = 2 ** 21;
							person.reader.wire.full = true;
							break;
						case 'drain':
							drain(person);
							break;
						case 'ack':
							ack(person, times);
							break;
						case 'align':
							await align(person, times);
							break;
						case 'change':
							person.wanted = times % 6;
							person.subscription.filter(room.stream(level(person.wanted)));
							await align(person, times);
							break;
						case 'wait':
							clock.pass(30_000);
							break;
					}
					for (const one of people) {
						expect([one.reader.wrong, one.reader.got, wronglyPassed(one)]).toEqual([[], expected(one), []]);
					}
				}
				const { head } = await engine.state('general');
				for (const person of people) {
					drain(person);
					while (person.subscription.state !== 'live' || person.subscription.position < head) {
						ack(person, 0);
						await turn();
					}
					person.subscription.tellSkipped();
					expect([person.reader.wrong, person.reader.got]).toEqual([[], expected(person)]);
					expect(wronglyPassed(person)).toEqual([]);
					expect(person.reader.position).toBe(head);
				}
			}),
			{ numRuns: 60 },
		);
	});

	test('of the same filter shares its bytes with the others that are live, and judges each message once', async () => {
		const { engine, room } = await openRoom();
		await engine.append('general', [draft(1), draft(0)]);
		await settle();
		const readers = range(1, 3).map(() => new FilteredReader());
		for (const [index, reader] of readers.entries()) {
			reader.position = index;
			subscribe(room, reader, level(0)).align(room.epoch, index, 2);
		}
		await settle();
		await engine.append('general', [draft(1), draft(0), draft(0)]);
		await settle();
		expect(readers.map(({ got, wrong }) => [got, wrong])).toEqual([
			[[2, 4, 5], []],
			[[2, 4, 5], []],
			[[4, 5], []],
		]);
		const last = readers.map(({ batches }) => batches.at(-1)?.bytes);
		expect(last[0]).toBe(last[1]);
		expect(last[0]).toBe(last[2]);
	});

	test('is not told that nothing matched where nobody had looked', async () => {
		const { engine, room } = await openRoom();
		const reader = new FilteredReader();
		const subscription = subscribe(room, reader, level(0));
		subscription.align(room.epoch, 0);
		const say = async () => {
			await engine.append('general', [draft(0)]);
			await settle();
		};
		await say();
		reader.wire.unsent = 2 ** 21;
		reader.wire.full = true;
		await say();
		await say();
		expect([reader.got, subscription.state]).toEqual([[1], 'catching up']);
		reader.wire.unsent = 0;
		reader.wire.full = false;
		subscription.resume();
		await settle();
		await say();
		expect(reader.frames.map((frame) => (frame as BrokerFrames['message']).prev)).toEqual([0, 1, 2, 3]);
		expect(reader.wrong).toEqual([]);
	});

	test('is told where it is after 256 numbers that are not for it, after 30 s, and when it is asked', async () => {
		const { engine, room } = await openRoom();
		const reader = new FilteredReader();
		const subscription = subscribe(room, reader, level(0));
		subscription.align(room.epoch, 0, 0);
		const say = async (times: number) => {
			await engine.append(
				'general',
				range(1, times).map(() => draft(1)),
			);
			await settle();
			return reader.position;
		};
		expect(await say(200)).toBe(0);
		expect(await say(56)).toBe(256);
		expect(await say(3)).toBe(256);
		clock.pass(29_999);
		expect(reader.position).toBe(256);
		clock.pass(1);
		expect(reader.position).toBe(259);
		await say(2);
		subscription.tellSkipped();
		expect([reader.position, reader.got, reader.wrong]).toEqual([261, [], []]);
	});

	test('is told what is gone, and of what it passed before that', async () => {
		const { engine, room } = await openRoom();
		await engine.append('general', [draft(1), { ...draft(0), expiresAt: 1 }, draft(1), draft(0)]);
		await settle();
		const reader = new FilteredReader();
		subscribe(room, reader, level(0)).align(room.epoch, 0, 0);
		await settle();
		const shown = reader.frames.map((frame) =>
			frame.type === 'gap' ? [frame.from, frame.to] : [frame.type, (frame as BrokerFrames['position']).sequence],
		);
		expect([shown, reader.wrong]).toEqual([
			[
				['position', 1],
				[2, 2],
				['message', 4],
			],
			[],
		]);
	});
});

describe('subscribe with a filter', () => {
	const subscribeTo = (more: object) => ({ type: 'subscribe', room: 'general', userId: 'ana', ref: 's', ...more });

	test.each([
		[{ field: 'tags.ms', op: 'gt', value: '500' }, 'gt: Expected a number, got "500"'],
		['tags.level = error', 'Expected a filter, which is an object, got "tags.level = error"'],
		[{}, 'Expected all, any, not, or field with op and value, got no member'],
		[{ any: [] }, 'any: Expected a list of filters, got []'],
	])('%j is refused with what was expected, and changes nothing', async (filter, detail) => {
		const { connect } = startHub();
		const { wire, say, connection } = connect('ana');
		say(subscribeTo({ filter }));
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ code: 'bad_filter', ref: 's', retryable: false, error: detail });
		expect(connection.subscriptions.size).toBe(0);
	});

	test('of a base client is ignored', async () => {
		const { connect, engine } = startHub();
		const { wire, say } = connect();
		say(subscribeTo({ filter: { field: 'content', op: 'eq', value: 'never' } }));
		await settle();
		await engine.append('general', [draft(1)]);
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ type: 'message', sequence: 1 });
		expect(wire.frames.at(-1)).not.toHaveProperty('prev');
	});

	test('again with another one, or none, goes on by that from the asked place', async () => {
		const { connect, engine, hub } = startHub();
		await engine.append('general', [draft(0), draft(1), draft(0), draft(1)]);
		const { wire, say } = connect('ana');
		const { epoch } = await engine.state('general');
		const gets = async (more: object) => {
			wire.frames.length = 0;
			say(subscribeTo(more));
			await settle();
			return wire.frames.flatMap((frame) => (frame.type === 'message' ? [[frame.prev, frame.sequence]] : []));
		};
		expect(await gets({ since: { epoch, sequence: 0 }, filter: level(1) })).toEqual([
			[0, 2],
			[2, 4],
		]);
		expect(await gets({ since: { epoch, sequence: 1 }, filter: level(0) })).toEqual([[1, 3]]);
		expect(await gets({ since: { epoch, sequence: 2 } })).toEqual([
			[undefined, 3],
			[undefined, 4],
		]);
		expect(hub.rooms.get('general')?.readers.size).toBe(1);
	});

	test('takes acknowledgements of numbers that were passed, and pings say how far it is', async () => {
		const { connect, engine } = startHub();
		const { wire, say } = connect('ana', 'laptop');
		say(subscribeTo({ filter: level(0) }));
		await settle();
		await engine.append('general', [draft(0), draft(1), draft(1)]);
		await settle();
		const { epoch } = await engine.state('general');
		say({ type: 'ping', t: 1 });
		expect(wire.frames.slice(-2)).toEqual([
			{ type: 'position', room: 'general', epoch, sequence: 3, prev: 1 },
			{ type: 'pong', t: 1, heads: [{ room: 'general', epoch, sequence: 3 }] },
		]);
		say({ type: 'ack', room: 'general', epoch, sequence: 3 });
		await settle();
		expect(wire.frames.at(-1)?.type).toBe('pong');
		say(subscribeTo({ filter: level(0) }));
		await settle();
		expect(wire.frames.at(-1)).toMatchObject({ type: 'subscribed', recovered: 'full', sequence: 3 });
	});
});
