import { expect, test } from 'vitest';
import { SteadyClock } from '../../src/client/steady-clock.ts';

test('time follows the wall clock, but never goes back', () => {
	const readings = [1000, 1010, 400, 405, 405];
	const clock = new SteadyClock(() => readings.shift() ?? 0);
	expect([clock.now(), clock.now(), clock.now(), clock.now()]).toEqual([1010, 1010, 1015, 1015]);
	expect(clock.setBackMs).toBe(610);
});
