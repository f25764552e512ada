import { expect, test } from 'vitest';
import { LoopDelay } from '../../src/broker/loop-delay.ts';

test('a loop that was kept busy was late by that; one that was never looked at was not late', async () => {
	const loop = new LoopDelay();
	expect(loop.delays).toEqual({ p50: 0, p99: 0, max: 0 });
	loop.start();
	const turn = () => new Promise((resolve) => setTimeout(resolve, 120));
	await turn();
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
	await turn();
	loop.stop();
	expect(loop.delays.max).toBeGreaterThanOrEqual(290);
	expect(loop.delays.p50).toBeLessThanOrEqual(loop.delays.max);
});
