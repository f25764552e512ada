import { describe, expect, test } from 'vitest';
import { frameBytes } from '../../src/broker/framing.ts';
import { Governor } from '../../src/broker/governor.ts';
import { numbersOf, settle, startHub } from './fake-line.ts';
import { range } from './numbers.ts';

const mib = 1024 * 1024;

describe('the governor', () => {
	test('adds up all lines only when what was written since could have an effect', () => {
		let unsent = 0;
		let asked = 0;
		const governor = new Governor(64 * mib, () => {
			asked += 1;
			return { unsent, lines: 100 };
		});
		for (const _ of range(1, 64)) {
			governor.wrote(mib);
		}
		expect([asked, governor.allowance, governor.isOverloaded]).toEqual([0, mib, false]);
		governor.wrote(mib);
		expect([asked, governor.allowance]).toEqual([1, mib]);
		unsent = 80 * mib;
		governor.wrote(65 * mib);
		expect([asked, governor.allowance, governor.isOverloaded]).toEqual([2, Math.floor((64 * mib) / 100), false]);
		governor.wrote(mib);
		expect(asked).toBe(2);
		unsent = 0;
		governor.measure();
		expect(governor.allowance).toBe(mib);
	});

	test('sees an overload when it is asked, and its end at the next look', () => {
		let unsent = 0;
		const governor = new Governor(100, () => ({ unsent, lines: 2 }));
		governor.wrote(90);
		unsent = 201;
		governor.measure();
		expect(governor.isOverloaded).toBe(true);
		unsent = 200;
		expect(governor.isOverloaded).toBe(true);
		governor.measure();
		expect(governor.isOverloaded).toBe(false);
	});

	test('leaves each reader a little, however many there are', () => {
		const governor = new Governor(64 * mib, () => ({ unsent: 65 * mib, lines: 1e6 }));
		governor.measure();
		expect(governor.allowance).toBe(16 * 1024);
	});
});

/** A hub with so much unsent that its lines hold more than it likes. */
async function crowded(unsentBytes: number) {
	const started = startHub({ limits: { unsentBytes } });
	const stuck = started.connect('eve');
	const { wire, say, connection } = started.connect('ana');
	say({ type: 'subscribe', room: 'general', userId: 'ana' });
	await settle();
	stuck.wire.unsent = 1000;
	started.hub.tick();
	return { ...started, stuck, wire, say, connection };
}

const publish = { type: 'publish', room: 'general', sender: 'ana', content: 'hi', cid: 'c', ref: 'r' };

describe('a broker whose lines hold too much together', () => {
	test('gives readers less ahead, and the rest when they have taken some', async () => {
		const { hub, wire, engine, connection } = await crowded(900);
		wire.unsent = 20_000;
		connection.wrote(20_000);
		await engine.append('general', [{ id: 'm', sender: 'bob', content: 'x' }]);
		await settle();
		expect(numbersOf(wire)).toEqual([]);
		wire.unsent = 0;
		hub.tick();
		await settle();
		expect(numbersOf(wire)).toEqual([1]);
	});

	test.each([
		['an answer', 199_999, { type: 'members', room: 'general' }],
		['a page of history in bytes, not letters,', 198_000, { type: 'get_history', room: 'general' }],
		['who comes and goes', 199_999, undefined],
	])('counts %s with what it sends, so that too much is seen at once', async (_, before, request) => {
		const { hub, wire, say, stuck, clock, engine, connect } = await crowded(100_000);
		await engine.append('general', [{ id: 'm', sender: 'bob', content: 'あ'.repeat(1000) }]);
		connect('bob').say({ type: 'subscribe', room: 'general', userId: 'bob' });
		await settle();
		stuck.wire.unsent = before;
		hub.governor.measure();
		wire.send = (text) => {
			const bytes = frameBytes(text);
			wire.unsent += bytes;
			return bytes;
		};
		expect(hub.governor.isOverloaded).toBe(false);
		if (request === undefined) {
			clock.pass(250);
		} else {
			say(request);
		}
		await settle();
		expect([before + wire.unsent > 200_000, hub.governor.isOverloaded]).toEqual([true, true]);
	});

	test('refuses publishes above twice the limit, and takes them again below', async () => {
		const { hub, wire, say, stuck, engine } = await crowded(499);
		say(publish);
		expect(wire.frames.at(-1)).toEqual({
			type: 'error',
			error: 'The broker has too much to send just now',
			code: 'unavailable',
			ref: 'r',
			room: 'general',
			cid: 'c',
			retryable: true,
			outcome: 'not_applied',
			retryAfterMs: 1000,
		});
		expect((await engine.state('general')).head).toBe(0);
		stuck.wire.unsent = 0;
		hub.tick();
		say(publish);
		await settle();
		expect(wire.frames.filter(({ type }) => type === 'published').length).toBe(1);
	});

	test('lets a base client wait instead, and loses nothing of it', async () => {
		const { hub, clock, stuck, engine, connect } = await crowded(499);
		const { wire, say } = connect();
		say({ ...publish, sender: 'bea' });
		clock.pass(1000);
		await settle();
		expect((await engine.state('general')).head).toBe(0);
		stuck.wire.unsent = 0;
		hub.tick();
		clock.pass(1000);
		await settle();
		expect([(await engine.state('general')).head, wire.frames]).toEqual([1, []]);
	});
});
