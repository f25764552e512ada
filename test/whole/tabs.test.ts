import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('the tabs of a screen', { timeout: 60_000 }, () => {
	it('come back at the next start, and a room that is named then is added and shown', async () => {
		const broker = await startBroker();
		const env = { XDG_STATE_HOME: temporaryDirectory() };
		const first = startScreen([broker.url, '--nick', 'sam'], { env });
		await first.shows(/live/u);
		first.type('/join ops\r');
		await first.shows(/\[2 #ops\]/u);
		first.type('/mute\r');
		await first.shows(/\[2 #ops muted\]/u);
		first.type('/move 1\r/quit\r');
		expect((await first.ended).exitCode).toBe(0);

		const second = startScreen([broker.url, '--nick', 'sam'], { env });
		await second.shows(/live/u);
		expect(await second.shows(/\[1 #ops muted\]/u)).toMatch(/\[1 #ops muted\] {2}2 #general /u);
		second.type('/leave general\r');
		await second.shows(/ \[1 #ops muted\] +sam/u);
		second.type('/quit\r');
		await second.ended;

		const third = startScreen([`${broker.url}#news`, '--nick', 'sam'], { env });
		// Its tabs are there before its keys are.
		expect(await third.shows(/live/u)).toMatch(/ 1 #ops muted {2}\[2 #news\]/u);
		third.type('hello\r');
		await third.shows(/sam +hello +✓/u);
	});
});
