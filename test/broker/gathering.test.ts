import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Gathering } from '../../src/broker/gathering.ts';
import { Pace } from '../../src/broker/pace.ts';
import { Loop } from './loop.ts';
import { range } from './numbers.ts';

function start({ windowMs = 5, readers = 100 } = {}) {
	const loop = new Loop();
	const gathering = new Gathering<string>(loop);
	const busy = new Pace(windowMs, { size: readers });
	const stored: { readonly text: string; readonly at: number }[] = [];
	const say = (speaker: string, text = speaker, pace: Pace | undefined = busy) =>
		gathering.add(speaker, pace, () => stored.push({ text, at: loop.at }));
	return { loop, gathering, busy, stored, say, sayQuietly: (speaker: string) => say(speaker, speaker, quiet) };
}

/** Of a room that few read. */
const quiet = new Pace(5, { size: 3 });

describe('what is said in busy rooms', () => {
	test('is stored at once after silence, and together while many speak', () => {
		const { loop, stored, say } = start();
		for (const [at, speaker] of [
			[11, 'ana'],
			[12, 'bob'],
			[12.5, 'cem'],
			[13, 'dan'],
			[16, 'eva'],
			[19, 'fay'],
			[31, 'gus'],
		] as const) {
			loop.until(at);
			say(speaker);
		}
		loop.until(100);
		expect(stored.map(({ text, at }) => `${text} ${at}`)).toEqual([
			...['ana 11', 'bob 12', 'cem 15', 'dan 15', 'eva 20', 'fay 20', 'gus 31'],
		]);
	});

	test.each([1, 2, 7])('does not wait when each of %i speaks again as soon as the last thing is stored', (speakers) => {
		const { loop, stored, say } = start({ windowMs: 100 });
		for (let turn = 0; turn < 20; turn += 1) {
			for (const speaker of range(1, speakers)) {
				say(`${speaker}`);
			}
			if (turn === 0) {
				// As long as nobody knows of them.
				loop.until(100);
			}
			expect(stored.length).toBe((turn + 1) * speakers);
			loop.until(loop.at + 0.7);
		}
	});

	test('sets one timer, however often all have spoken before the window ends', () => {
		const { loop, busy, say, stored } = start({ windowMs: 1000 });
		const shorter = new Pace(700, { size: 100 });
		let timers = 0;
		for (let turn = 0; turn < 2000; turn += 1) {
			loop.until(turn);
			for (const [speaker, pace] of [
				['ana', busy],
				['bob', shorter],
				['cem', turn % 3 === 0 ? shorter : busy],
				['dan', busy],
			] as const) {
				say(speaker, speaker, pace);
				timers = Math.max(timers, loop.timers);
			}
		}
		expect(timers).toBe(1);
		// Of each length a window ended so often.
		expect(loop.timersSet).toBeLessThanOrEqual(2 + 3 + 2);
		loop.until(10_000);
		expect([stored.length, loop.timers]).toEqual([8000, 0]);
	});

	test('does not wait for one who is known to have gone', () => {
		const { loop, gathering, stored, say } = start();
		const said = () => stored.map(({ text }) => text).join(' ');
		for (const speaker of ['ana', 'ana', 'bob', 'cem']) {
			say(speaker);
		}
		loop.until(5);
		stored.length = 0;
		say('dan');
		gathering.forget('bob');
		expect(said()).toBe('');
		say('cem');
		expect(said()).toBe('dan cem');
		say('cem', 'again');
		expect(said()).toBe('dan cem');
		gathering.forget('dan');
		expect(said()).toBe('dan cem again');
		expect(loop.at).toBe(5);
	});

	test('waits no longer for one who is silent than a window', () => {
		const { loop, stored, say } = start();
		for (const speaker of ['ana', 'ana', 'ana']) {
			say(speaker);
		}
		say('bob');
		say('cem');
		expect(stored.length).toBe(3);
		loop.until(5);
		expect(stored.length).toBe(5);
		say('bob');
		say('cem');
		expect(stored.length).toBe(7);
	});

	test('waits for nothing that is said in a quiet room, or that the same client does next', () => {
		const { loop, gathering, stored, say, sayQuietly } = start();
		const said = () => stored.map(({ text }) => text).join(' ');
		for (const speaker of ['ana', 'ana', 'bob', 'cem']) {
			say(speaker);
		}
		expect(said()).toBe('ana ana');
		gathering.hasten('ana');
		expect(said()).toBe('ana ana');
		gathering.hasten('cem');
		expect(said()).toBe('ana ana bob cem');
		say('dan');
		sayQuietly('eva');
		expect(said()).toBe('ana ana bob cem dan eva');
		expect(loop.at).toBe(0);
	});

	test('is stored once, in the order in which it came, and after a window at the latest', () => {
		const step = fc.record({
			pauseMs: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true })),
			speaker: fc.constantFrom('ana', 'bob', 'cem', 'dan'),
			does: fc.constantFrom('says', 'says', 'says', 'says quietly', 'hastens', 'stops all'),
		});
		fc.assert(
			fc.property(fc.array(step, { maxLength: 80 }), fc.constantFrom(0, 0.9, 3), (steps, earlyMs) => {
				const { loop, gathering, busy, stored } = start();
				loop.earlyMs = earlyMs;
				const said: number[] = [];
				for (const { pauseMs, speaker, does } of steps) {
					loop.until(loop.at + pauseMs);
					switch (does) {
						case 'says':
						case 'says quietly': {
							const number = said.push(loop.at);
							gathering.add(speaker, does === 'says' ? busy : quiet, () =>
								stored.push({ text: `${number}`, at: loop.at }),
							);
							break;
						}
						case 'hastens':
							gathering.hasten(speaker);
							break;
						case 'stops all':
							gathering.release();
							break;
					}
				}
				loop.until(loop.at + 100);
				expect(stored.map(({ text }) => Number(text))).toEqual(range(1, said.length));
				for (const [index, { at }] of stored.entries()) {
					expect(at - (said[index] ?? 0)).toBeLessThanOrEqual(5.5 + 1e-6);
				}
			}),
		);
	});
});
