import { expect, test } from 'vitest';
import { Alarm } from '../../src/broker/alarm.ts';

test('an alarm for a time that has passed meanwhile asks for no negative time, of which Node warns', () => {
	const asked: number[] = [];
	let at = 0;
	const alarm = new Alarm(
		{
			elapsed: () => at,
			after: (ms) => {
				asked.push(ms);
				return () => {};
			},
		},
		() => {},
	);
	at = 7;
	alarm.set(5);
	expect(asked).toEqual([0]);
});
