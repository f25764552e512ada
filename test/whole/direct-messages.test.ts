/** What real processes say to one person alone. */
import { afterEach, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { endProcesses, runNatter, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

/** A person with a key of their own, on this many computers. */
const person = () => ({ NATTER_CONFIG_DIR: temporaryDirectory() });

async function sent(words: readonly string[], env: Record<string, string>): Promise<string> {
	const running = runNatter(['send', ...words], { env });
	await running.ended;
	return running.output.stderr;
}

describe('a direct message', { timeout: 120_000 }, () => {
	it('is sent and read in pipes, by the own inbox under any of its names', async () => {
		const { url } = await startBroker(['--data', temporaryDirectory()]);
		const [sam, bob, eve] = [person(), person(), person()];
		expect(await sent(['@bob', 'hi', '--nick', 'sam', '--url', url], sam)).toMatch(
			/nobody called bob who has a key is known here/u,
		);
		expect(await sent(['general', 'here', '--nick', 'bob', '--url', url], bob)).toBe('');
		expect(await sent(['@bob', 'hi bob', '--nick', 'sam', '--url', url], sam)).toBe('');
		expect(await sent(['@sam', 'hi sam', '--nick', 'bob', '--url', url], bob)).toBe('');
		const taken = 'natter: bob is not to be had here, so you are bob2\n';
		expect(await sent(['general', 'who am I', '--nick', 'bob', '--url', url], eve)).toBe(taken);
		const other = runNatter(['tail', '@', '--nick', 'bob', '--url', url], { env: eve });
		await other.complained(/^natter: bob is not to be had here, so you are (?:bob2|eve)\n$/u);
		other.kill('SIGTERM');
		await other.ended;
		const guest = connect(url, { nick: 'jo' });
		await guest.publish('@sam', 'psst');
		await guest.close();
		for (const room of ['@', '@sam']) {
			const tail = runNatter(['tail', room, '--nick', 'sam', '--url', url], { env: sam });
			await tail.printed(/#3 ~jo: psst\n$/u);
			expect(tail.output.stdout).toMatch(/^..:.. #1 sam to @bob: hi bob\n..:.. #2 bob: hi sam\n..:.. #3 ~jo: psst\n$/u);
			tail.kill('SIGTERM');
			await tail.ended;
		}
		const pried = runNatter(['tail', '@sam', '--nick', 'eve', '--url', url], { env: eve });
		expect(await pried.ended).toBe(1);
		expect([pried.output.stdout, pried.output.stderr]).toEqual([
			'',
			expect.stringContaining('Only its owner reads an inbox'),
		]);
	});

	it('stands on both screens, on a second device and after a restart', async () => {
		const { url } = await startBroker(['--data', temporaryDirectory()]);
		const [sam, bob] = [person(), person()];
		const state = { XDG_STATE_HOME: temporaryDirectory() };
		const first = startScreen([url, '--nick', 'sam'], { env: { ...sam, ...state } });
		const other = startScreen([url, '--nick', 'bob'], { env: bob, columns: 60, rows: 24 });
		await other.shows(/live/u);
		await first.shows(/live/u);
		first.type('/msg bob only for you\r');
		await first.shows(/sam +only for you +✓/u);
		await first.shows(/inbox #1 in order/u);
		await other.shows(/2 @sam 1!/u);
		other.type('/msg sam got it\r');
		await other.shows(/bob +got it +✓/u);
		await first.shows(/bob +got it/u);
		first.type('/quit\r');
		expect((await first.ended).exitCode).toBe(0);
		const again = startScreen([url, '--nick', 'sam'], { env: { ...sam, ...state } });
		const device = startScreen([url, '--nick', 'sam'], { env: sam });
		for (const screen of [again, device]) {
			await screen.shows(/2 @bob/u);
			screen.type('/2\r');
			await screen.shows(/sam +only for you +✓[\s\S]*bob +got it/u);
		}
		device.type('and from here\r');
		await again.shows(/sam +and from here +✓/u);
		await other.shows(/sam +and from here/u);
	});

	it('is unread at the next start when it came meanwhile, and stays so until it is read', async () => {
		const { url } = await startBroker(['--data', temporaryDirectory()]);
		const cat = { ...person(), XDG_STATE_HOME: temporaryDirectory() };
		const ann = person();
		const quit = async (screen: ReturnType<typeof startScreen>) => {
			screen.type('/quit\r');
			expect((await screen.ended).exitCode).toBe(0);
		};
		const start = () => startScreen([url, '--nick', 'cat'], { env: cat });
		const first = start();
		// Asked for after the inbox was entered: only then is there a place from which on a message is new.
		await first.shows(/\+cat \(you\)/u);
		await quit(first);
		await sent(['@cat', 'while you were off', '--nick', 'ann', '--url', url], ann);
		for (const screen of [start(), start()]) {
			await screen.shows(/2 @ann 1![\s\S]*1 room unread/u);
			await quit(screen);
		}
		const reading = start();
		await reading.shows(/2 @ann 1!/u);
		reading.type('/2\r');
		await reading.shows(/while you were off/u);
		await quit(reading);
		const after = start();
		// Its tab is there at once, and its keys only when there is more.
		expect(await after.shows(/live/u)).toMatch(/2 @ann[^!]*$/mu);
		await quit(after);
	});
});
