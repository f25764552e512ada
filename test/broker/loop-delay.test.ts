import { expect, test } from 'vitest';
import { LoopDelay } from '../../src/broker/loop-delay.ts';

/** Looks that each come so much later than they were due, in ms. */
function looked(...late: readonly number[]) {
	const loop = new LoopDelay(5000);
	let at = 5000;
	const told = late.map((ms) => {
		at += 100 + ms;
		return { ms: loop.look(at), after: at - 5000 };
	});
	return { delays: loop.delays, told: told.filter(({ ms }) => ms !== undefined) };
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

test('a minute is no longer while every look is late', () => {
	// A second from one to the next.
	expect(looked(5000, ...calm(59, 900)).delays).toEqual({ p50: 900, p99: 5000, max: 5000 });
	expect(looked(5000, ...calm(60, 900)).delays).toEqual({ p50: 900, p99: 900, max: 900 });
});

test('a second is worth a word, once in ten seconds', () => {
	expect(looked(999, ...calm(200, 40)).told).toEqual([]);
	expect(looked(1000.25, ...calm(300)).told).toEqual([{ ms: 1000, after: 1100.25 }]);
	expect(looked(1000, ...calm(98), 4000).told).toEqual([
		{ ms: 1000, after: 1100 },
		{ ms: 4000, after: 15_000 },
	]);
});

test('of stalls that come too soon after one that was told the longest is told when the ten seconds are over', () => {
	const stalls = [1000, 2000, ...calm(9), 3000, ...calm(9), 1500];
	const first = { ms: 1000, after: 1100 };
	expect(looked(...stalls, ...calm(13)).told).toEqual([first]);
	expect(looked(...stalls, ...calm(300)).told).toEqual([first, { ms: 3000, after: 11_100 }]);
});
