import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Pulse } from '../../src/broker/pulse.ts';

const idle = { sent: 0, unsent: 0, isHeard: true };

test('a line that answers every ping is well for ever, and is asked every pingMs', () => {
	fc.assert(
		fc.property(fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 200 }), (steps) => {
			const pulse = new Pulse({ pingMs: 25, pongMs: 10 }, 0);
			let at = 0;
			let askedAt = 0;
			for (const step of steps) {
				at += step;
				const verdict = pulse.check(at, idle);
				expect(verdict).toBe(at - askedAt >= 25 ? 'ping' : 'well');
				if (verdict === 'ping') {
					askedAt = at;
					pulse.alive();
				}
			}
		}),
	);
});

test('a line that does not answer is dead pongMs after the ping', () => {
	const pulse = new Pulse({ pingMs: 25, pongMs: 10 }, 0);
	expect([24, 25, 34, 35].map((at) => pulse.check(at, idle))).toEqual(['well', 'ping', 'well', 'no pong']);
});

test('a line that takes what waits in it is not dead, however long the ping is on its way', () => {
	const pulse = new Pulse({ pingMs: 25, pongMs: 10 }, 0);
	const state = (sent: number) => ({ sent, unsent: 1000, isHeard: true });
	expect(pulse.check(24, state(0))).toBe('well');
	expect(pulse.check(25, state(0))).toBe('ping');
	expect([30, 39, 48, 57].map((at) => pulse.check(at, state(at)))).toEqual(Array(4).fill('well'));
	expect([66, 67].map((at) => pulse.check(at, state(57)))).toEqual(['well', 'no pong']);
});

test('what the system takes of a line in which nothing waits is no sign of life', () => {
	const pulse = new Pulse({ pingMs: 25, pongMs: 10 }, 0);
	const state = (sent: number) => ({ sent, unsent: 0, isHeard: true });
	expect([25, 30, 34, 35].map((at) => pulse.check(at, state(at)))).toEqual(['ping', 'well', 'well', 'no pong']);
});

test('a line that takes something now and then is well however much waits, up to 4 MiB', () => {
	const pulse = new Pulse({ pingMs: 1e9, pongMs: 10 }, 0);
	const state = (sent: number, unsent = 4 * 1024 * 1024) => ({ sent, unsent, isHeard: true });
	expect([1, 2, 3].map((minute) => pulse.check(minute * 59_999, state(minute)))).toEqual(['well', 'well', 'well']);
	expect(pulse.check(3 * 59_999 + 60_000, state(3))).toBe('no progress');
	expect(pulse.check(3 * 59_999 + 60_000, state(4))).toBe('well');
	expect(pulse.check(3 * 59_999 + 60_001, state(5, 4 * 1024 * 1024 + 1))).toBe('backlog');
});

test('a line on which no sign of life would be seen is asked all the same, and is not dead until one could be', () => {
	const pulse = new Pulse({ pingMs: 25, pongMs: 10 }, 0);
	const deaf = { ...idle, isHeard: false };
	expect([25, 34, 35, 49, 50, 60].map((at) => pulse.check(at, deaf))).toEqual([
		...['ping', 'well', 'well', 'well', 'ping', 'well'],
	]);
	expect([74, 75, 84, 85].map((at) => pulse.check(at, idle))).toEqual(['well', 'ping', 'well', 'no pong']);
});

test('a line that was idle for long has its 60 s from when something begins to wait', () => {
	const pulse = new Pulse({ pingMs: 1e9, pongMs: 10 }, 0);
	const stuck = { ...idle, sent: 7, unsent: 100 };
	expect(pulse.check(1000, { ...idle, sent: 7 })).toBe('well');
	expect([500_000, 559_999, 560_000].map((at) => pulse.check(at, stuck))).toEqual(['well', 'well', 'no progress']);
});

test('an idle line that is looked at only when it is due is asked and given up at the same times', () => {
	const pulse = new Pulse({ pingMs: 25, pongMs: 10 }, 0);
	const looks: [number, string][] = [];
	for (let at = 0; at < 200 && looks.at(-1)?.[1] !== 'no pong'; at = pulse.dueAt) {
		looks.push([at, pulse.check(at, idle)]);
		if (at < 50) {
			pulse.alive();
		}
	}
	expect(looks).toEqual([
		[0, 'well'],
		[25, 'ping'],
		[50, 'ping'],
		[60, 'no pong'],
	]);
});
