import { expect, test } from 'vitest';
import { LoopDelay } from '../../src/broker/loop-delay.ts';

/** Looks that each come so much later than they were due, in ms. */
function looked(...late: readonly number[]) {
	const loop = new LoopDelay(5000);
	let at = 5000;
	const told = late.map((ms) => {
		at += 100 + ms;
		return loop.look(at);
	});
	return { delays: loop.delays, told: told.filter((ms) => ms !== undefined) };
}

const calm = (looks: number, ms = 0) => Array.from({ length: looks }, () => ms);

test('a loop that was never looked at tells nothing', () => {
	expect(looked()).toEqual({ delays: undefined, told: [] });
});

test('what is told is how much later looks came than they were due, from the first one on', () => {
	expect(looked(0)).toEqual({ delays: { p50: 0, p99: 0, max: 0 }, told: [] });
	expect(looked(...calm(98, 0.26), 40, 300.04).delays).toEqual({ p50: 0.3, p99: 40, max: 300 });
	// Earlier than due is not late.
	expect(looked(-1, 2).delays).toEqual({ p50: 0, p99: 2, max: 2 });
});

test('a stall is seen at once, and for a minute', () => {
	expect(looked(4000).delays).toEqual({ p50: 4000, p99: 4000, max: 4000 });
	expect(looked(...calm(700), 4000, ...calm(599)).delays).toEqual({ p50: 0, p99: 0, max: 4000 });
	expect(looked(...calm(700), 4000, ...calm(600)).delays).toEqual({ p50: 0, p99: 0, max: 0 });
});

test('a second is worth a word, once in ten seconds', () => {
	expect(looked(999, ...calm(200, 40)).told).toEqual([]);
	expect(looked(1000.4, 2000, ...calm(30), 3000, ...calm(60), 4000).told).toEqual([1000, 4000]);
});
