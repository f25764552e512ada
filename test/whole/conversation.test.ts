import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, runNatter, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('a real broker with real clients, one of them the screen', { timeout: 60_000 }, () => {
	it('shows a message to both who are in general, and to a third who comes later and asks for /history', async () => {
		const broker = await startBroker();
		const ana = startScreen([broker.url, '--nick', 'ana']);
		await ana.shows(/live/u);
		const bob = runNatter(['tail', 'general', '--url', broker.url, '--nick', 'bob']);
		await ana.shows(/\*bob/u);
		ana.type('hello from ana\r');
		await ana.shows(/ana +hello from ana +✓/u);
		await bob.printed(/#1 ana: hello from ana/u);
		const cleo = startScreen([broker.url, '--nick', 'cleo']);
		await cleo.shows(/live/u);
		cleo.type('/history\r');
		await cleo.shows(/ana +hello from ana/u);
	});

	it('keeps sports and news apart, and shows both to a client in both', async () => {
		const broker = await startBroker();
		const sports = runNatter(['tail', 'sports', '--url', broker.url, '--nick', 'sue', '--json']);
		const news = runNatter(['tail', 'news', '--url', broker.url, '--nick', 'ned', '--json']);
		const both = startScreen([`${broker.url}#sports,news`, '--nick', 'bo']);
		await both.shows(/\*sue/u);
		both.type('\x0e');
		await both.shows(/\[2 #news\][\s\S]*\*ned/u);
		const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
		expect(await runNatter(['send', 'sports', 'goal', '--url', broker.url, '--nick', 'ref'], { env }).ended).toBe(0);
		expect(await runNatter(['send', 'news', 'rain', '--url', broker.url, '--nick', 'ref'], { env }).ended).toBe(0);
		await sports.printed(/"content":"goal"/u);
		await news.printed(/"content":"rain"/u);
		const onNews = await both.shows(/ref\* +rain/u);
		expect(onNews).not.toMatch(/goal/u);
		expect(onNews).toMatch(/1 #sports 1/u);
		both.type('\x10');
		const onSports = await both.shows(/ref\* +goal/u);
		expect(onSports).not.toMatch(/rain/u);
		expect(sports.output.stdout).not.toMatch(/rain/u);
		expect(news.output.stdout).not.toMatch(/goal/u);
	});

	it('numbers msg1, msg2 and msg3, sent rapidly, 1, 2 and 3', async () => {
		const broker = await startBroker();
		const reader = runNatter(['tail', 'general', '--url', broker.url, '--nick', 'rae', '--json']);
		const screen = startScreen([broker.url, '--nick', 'sam']);
		await screen.shows(/\*rae/u);
		screen.type('msg1\rmsg2\rmsg3\r');
		await screen.shows(/msg1 +✓[^\n]*\n[^\n]*msg2 +✓[^\n]*\n[^\n]*msg3 +✓/u);
		await screen.shows(/#3 in order/u);
		await reader.printed(/"sequence":3/u);
		const got = reader.output.stdout
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as { sequence: number; content: string });
		expect(got.map(({ sequence, content }) => [sequence, content])).toEqual([
			[1, 'msg1'],
			[2, 'msg2'],
			[3, 'msg3'],
		]);
	});

	it('takes a client that left by Ctrl+C off the sidebar at once, and one that was killed when it is not back', async () => {
		const broker = await startBroker();
		const watcher = startScreen([broker.url, '--nick', 'wes']);
		await watcher.shows(/live/u);
		const killed = startScreen([broker.url, '--nick', 'kim']);
		const leaving = startScreen([broker.url, '--nick', 'lea']);
		await leaving.shows(/live/u);
		await watcher.shows(/here 3[\s\S]*\+kim[\s\S]*\+lea/u);
		killed.kill('SIGKILL');
		leaving.type('\x03');
		await leaving.shows(/Ctrl\+C/u);
		leaving.type('\x03');
		expect((await leaving.ended).exitCode).toBe(0);
		expect(await watcher.shows(/here 2/u)).toMatch(/\+kim/u);
		const alone = await watcher.shows(/here 1/u, 45_000);
		expect(alone).not.toMatch(/\+kim|\+lea/u);
	}, 90_000);
});
