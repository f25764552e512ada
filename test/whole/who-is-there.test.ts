/** Real brokers and clients that know each other by their keys. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { endProcesses, runNatter, startBroker, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

async function printedBy(words: readonly string[], env: Record<string, string>): Promise<string> {
	const running = runNatter(words, { env });
	expect([await running.ended, running.output.stderr]).toEqual([0, '']);
	return running.output.stdout;
}

describe('natter whoami', { timeout: 60_000 }, () => {
	it('makes a key without a question, and names the same one ever after', async () => {
		const env = { NATTER_CONFIG_DIR: join(temporaryDirectory(), 'me'), XDG_DATA_HOME: temporaryDirectory() };
		const first = await printedBy(['whoami', '--nick', 'sam'], env);
		expect(first).toMatch(/^nick: +sam\nfingerprint: +SHA256:.{43}\nkey: +\/.*\/me\/id_ed25519\.pem\nknown brokers: /u);
		expect(await printedBy(['whoami', '--nick', 'sam'], env)).toBe(first);
	});

	it('says in one line what is wrong with a key', async () => {
		const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
		writeFileSync(join(env.NATTER_CONFIG_DIR, 'id_ed25519.pem'), 'nothing', { mode: 0o600 });
		const running = runNatter(['whoami'], { env });
		expect(await running.ended).toBe(2);
		expect(running.output.stderr).toMatch(/^natter: .*holds no private key.*\n$/u);
	});
});

describe('a nick', { timeout: 60_000 }, () => {
	it('belongs to who used it first: another one is told what they are called instead', async () => {
		const broker = await startBroker(['--data', temporaryDirectory()]);
		const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
		expect(await runNatter(['send', 'general', 'mine', '--nick', 'sam', '--url', broker.url], { env }).ended).toBe(0);
		const eve = startScreen([broker.url, '--nick', 'sam']);
		await eve.shows(/sam is not to be had here, so you are sam2 \(change: \/nick NAME\)/u);
		await eve.shows(/sam2 @ ws:/u);
		const sam = startScreen([broker.url, '--nick', 'sam'], { env });
		await sam.shows(/sam @ ws:/u);
	});
});

describe('a broker with another key than before', { timeout: 60_000 }, () => {
	it('is told nothing; natter says what to do, and after that goes there again', async () => {
		const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
		const first = await startBroker(['--data', temporaryDirectory()]);
		const port = String(first.port);
		const send = ['send', 'general', 'hello', '--url', first.url];
		expect(await runNatter(send, { env }).ended).toBe(0);
		const [, firstKey = ''] = await first.printed(/its key is (\S+)/u);
		first.kill('SIGTERM');
		await first.ended;

		const second = await startBroker(['--port', port, '--data', temporaryDirectory()]);
		const [, secondKey = ''] = await second.printed(/its key is (\S+)/u);
		const refused = runNatter(send, { env });
		expect(await refused.ended).toBe(1);
		for (const told of [
			'IS NOT THE ONE THAT WAS THERE BEFORE',
			firstKey,
			secondKey,
			`trust --forget 127.0.0.1:${port}`,
		]) {
			expect(refused.output.stderr).toContain(told);
		}
		const screen = startScreen([first.url], { env });
		expect((await screen.ended).exitCode).toBe(1);
		expect(screen.alternate()).toBe(false);
		expect(screen.lines().join('\n')).toContain(`natter trust --forget 127.0.0.1:${port}`);

		expect(await printedBy(['trust'], env)).toBe(`127.0.0.1:${port} ${firstKey}\n`);
		expect(await printedBy(['trust', '--forget', `127.0.0.1:${port}`], env)).toMatch(/^Forgot the broker/u);
		expect(await runNatter(send, { env }).ended).toBe(0);
		expect(await printedBy(['trust'], env)).toBe(`127.0.0.1:${port} ${secondKey}\n`);
	});

	it('that is the same one in another place is known by its data', async () => {
		const data = temporaryDirectory();
		const keys: string[] = [];
		for (const _ of [1, 2]) {
			const broker = await startBroker(['--data', data]);
			const [, key = ''] = await broker.printed(/its key is (\S+)/u);
			keys.push(key);
			broker.kill('SIGTERM');
			await broker.ended;
		}
		expect(keys[0]).toBe(keys[1]);
	});
});
