import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('lines that were sent', { timeout: 60_000 }, () => {
	it('are found at the next start of the same person there, and by nobody else', async () => {
		const broker = await startBroker();
		const env = { XDG_STATE_HOME: temporaryDirectory() };
		const first = startScreen([broker.url, '--nick', 'sam'], { env });
		await first.shows(/live/u);
		first.type('/help who\r');
		await first.shows(/\/who/u);
		first.type('hello\r');
		await first.shows(/sam +hello +✓/u);
		first.type('/msg jo psst\r/quit\r');
		expect((await first.ended).exitCode).toBe(0);
		const kept = readFileSync(join(env.XDG_STATE_HOME, 'natter', 'sent-lines.json'), 'utf8');
		expect(kept).not.toContain('psst');

		const second = startScreen([broker.url, '--nick', 'sam'], { env });
		await second.shows(/live/u);
		second.type('\x12');
		await second.shows(/1 of 2/u);
		second.type('who help');
		await second.shows(/1 of 1/u);
		second.type('\r');
		await second.shows(/#general > \/help who/u);
		second.type('\x03/quit\r');
		await second.ended;

		const other = startScreen([broker.url, '--nick', 'ann'], { env });
		await other.shows(/live/u);
		other.type('\x12');
		await other.shows(/nothing matches/u);
	});

	it('are not kept for who wants none', async () => {
		const broker = await startBroker();
		const env = { XDG_STATE_HOME: temporaryDirectory(), NATTER_CONFIG_DIR: temporaryDirectory() };
		writeFileSync(join(env.NATTER_CONFIG_DIR, 'config.json'), '{"history": false}');
		const screen = startScreen([broker.url, '--nick', 'sam'], { env });
		await screen.shows(/live/u);
		screen.type('hello\r');
		await screen.shows(/sam +hello +✓/u);
		screen.type('/quit\r');
		expect((await screen.ended).exitCode).toBe(0);
		expect(existsSync(join(env.XDG_STATE_HOME, 'natter', 'sent-lines.json'))).toBe(false);
	});
});
