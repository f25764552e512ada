import { SteadyClock } from '../../src/client/steady-clock.ts';
import type { Clock } from '../../src/tui/store.ts';
import { noon } from './happenings.ts';

/** A clock that moves when it is told to, and may be set back. */
export function handClock() {
	let elapsed = 0;
	let setBackMs = 0;
	let timers: { at: number; callback: () => void }[] = [];
	const wall = () => noon + elapsed - setBackMs;
	const steady = new SteadyClock(wall);
	const clock: Clock = {
		now: () => steady.now(),
		setBackMs: () => steady.setBackMs,
		after: (ms, callback) => {
			const timer = { at: elapsed + ms, callback };
			timers.push(timer);
			return () => {
				timers = timers.filter((other) => other !== timer);
			};
		},
	};
	const pass = (ms: number) => {
		const end = elapsed + ms;
		for (;;) {
			const next = timers.filter(({ at }) => at <= end).sort((one, other) => one.at - other.at)[0];
			if (next === undefined) {
				elapsed = end;
				return;
			}
			timers = timers.filter((timer) => timer !== next);
			elapsed = Math.max(elapsed, next.at);
			next.callback();
		}
	};
	const setBack = (ms: number) => {
		steady.now();
		setBackMs += ms;
	};
	return { clock, wall, pass, setBack, waiting: () => timers.length };
}
