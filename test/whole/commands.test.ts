import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { bin, endProcesses, run, runNatter, startBroker, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

describe('natter --serve', { timeout: 60_000 }, () => {
	it('says where it listens and keeps messages, answers /healthz, logs JSON, and drains on SIGTERM', async () => {
		const data = join(temporaryDirectory(), 'data');
		const broker = await startBroker(['--data', data]);
		expect(broker.output.stdout.split('\n')).toEqual([
			`natter is listening on ${broker.url} and keeps messages in ${data}`,
			expect.stringMatching(/^its key is SHA256:.{43}$/u),
			'',
		]);
		const health = await fetch(`http://127.0.0.1:${broker.port}/healthz`);
		expect(health.status).toBe(200);
		expect(await health.json()).toMatchObject({ status: 'ok' });
		broker.kill('SIGTERM');
		expect(await broker.ended).toBe(0);
		const events = broker.output.stderr
			.trim()
			.split('\n')
			.map((line) => (JSON.parse(line) as { event: string }).event);
		expect(events[0]).toBe('listening');
		expect(events.at(-1)).toBe('stopped');
	});

	it('ends with 0 on SIGINT', async () => {
		const broker = await startBroker();
		broker.kill('SIGINT');
		expect(await broker.ended).toBe(0);
	});

	it('goes on when nobody reads its log any more', async () => {
		const broker = await startBroker();
		broker.child.stderr.destroy();
		const upgrade = { Connection: 'Upgrade', Upgrade: 'websocket', Origin: 'http://elsewhere.example' };
		const key = { 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') };
		for (let tries = 0; tries < 3; tries += 1) {
			const refused = request({ port: broker.port, headers: { ...upgrade, ...key } });
			refused.end();
			const [response] = (await once(refused, 'response')) as [IncomingMessage];
			expect(response.resume().statusCode).toBe(403);
		}
		expect((await fetch(`http://127.0.0.1:${broker.port}/healthz`)).status).toBe(200);
		broker.kill('SIGTERM');
		expect(await broker.ended).toBe(0);
	});

	it('keeps its messages and goes on with the numbers after a restart', async () => {
		const data = temporaryDirectory();
		const first = await startBroker(['--data', data]);
		expect(await runNatter(['send', 'general', 'one', '--url', first.url]).ended).toBe(0);
		first.kill('SIGKILL');
		await first.ended;
		const second = await startBroker(['--data', data]);
		expect(await runNatter(['send', 'general', 'two', '--url', second.url]).ended).toBe(0);
		const tail = runNatter(['tail', 'general', '--since', '0', '--json', '--url', second.url]);
		await tail.printed(/"sequence":2/u);
		const lines = tail.output.stdout.trim().split('\n');
		expect(lines.map((line) => (JSON.parse(line) as { content: string }).content)).toEqual(['one', 'two']);
	});

	it('refuses a port that is in use in one line', async () => {
		const busy = createServer();
		await new Promise<void>((done) => busy.listen(0, '127.0.0.1', done));
		const address = busy.address();
		const port = typeof address === 'object' && address !== null ? String(address.port) : '';
		const refused = runNatter(['--serve', '--store', 'memory', '--port', port]);
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toBe(`natter: Port ${port} of 127.0.0.1 is in use; --port N chooses another\n`);
		busy.close();
	});

	it('refuses a directory that another broker uses in one line', async () => {
		const data = temporaryDirectory();
		await startBroker(['--data', data]);
		const second = runNatter(['--serve', '--port', '0', '--data', data]);
		expect(await second.ended).toBe(2);
		expect(second.output.stderr).toMatch(/^natter: Another broker uses [^\n]*\n$/u);
		expect(second.output.stderr).toContain(data);
	});

	it('refuses a directory that it cannot write in one line', async () => {
		const directory = temporaryDirectory();
		const file = join(directory, 'file');
		writeFileSync(file, '');
		const refused = runNatter(['--serve', '--port', '0', '--data', join(file, 'data')]);
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toMatch(/^natter: [^\n]*file\/data[^\n]*\n$/u);
	});

	it.skipIf(process.getuid?.() === 0)('refuses a read-only directory in one line', async () => {
		const data = temporaryDirectory();
		chmodSync(data, 0o500);
		const refused = runNatter(['--serve', '--port', '0', '--data', data]);
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toMatch(/^natter: [^\n]*\n$/u);
	});

	it.each([
		[['--serve', '--frobnicate'], /^natter: Unknown flag --frobnicate; see natter --help\n$/u],
		[['--serve', '--port', 'x'], /^natter: Expected --port to be a whole number from 0 to 65535, got "x"\n$/u],
		[['--serve', '--host', '203.0.113.7', '--store', 'memory'], /^natter: 203\.0\.113\.7 is not an address/u],
		[['send'], /^natter: Expected a room/u],
		[[], /^natter: The chat needs a terminal/u],
	])('refuses %j with exit code 2 and no stack trace', async (words, message) => {
		const refused = runNatter(words);
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toMatch(message);
		expect(refused.output.stderr).not.toMatch(/\n\s+at /u);
	});
});

describe('natter send and natter tail', { timeout: 60_000 }, () => {
	it('sends the lines of standard input in order and ends with 0 when all are numbered', async () => {
		const broker = await startBroker();
		const send = runNatter(['send', 'deploys', '--nick', 'ci'], { env: { NATTER_URL: broker.url } });
		const lines = Array.from({ length: 500 }, (_, index) => `line ${index + 1}`);
		send.child.stdin.end(`${lines.join('\n')}\n\n`);
		expect(await send.ended).toBe(0);
		const tail = runNatter(['tail', 'deploys', '--json', '--since', '0'], { env: { NATTER_URL: broker.url } });
		await tail.printed(/"sequence":500\b/u);
		const got = tail.output.stdout
			.trim()
			.split('\n')
			.map((line) => JSON.parse(line) as Record<string, unknown>);
		expect(got.map(({ content }) => content)).toEqual(lines);
		expect(got[0]).toMatchObject({ room: 'deploys', sequence: 1, sender: 'ci', content: 'line 1' });
		expect(typeof got[0]?.['timestamp']).toBe('number');
	});

	it('goes on live after what was asked for', async () => {
		const broker = await startBroker();
		const env = { NATTER_URL: broker.url };
		await runNatter(['send', 'general', 'old'], { env }).ended;
		const tail = runNatter(['tail', 'general', '--since', '0'], { env });
		await tail.printed(/#1 .*: old\n/u);
		await runNatter(['send', 'general', 'new'], { env }).ended;
		await tail.printed(/#1 .*: old\n.*#2 .*: new\n/u);
		tail.kill('SIGINT');
		expect(await tail.ended).toBe(0);
	});

	it('says which line the broker refused and ends with 1', async () => {
		const broker = await startBroker();
		const send = runNatter(['send', 'general', 'x'.repeat(9000), '--url', broker.url]);
		expect(await send.ended).toBe(1);
		expect(send.output.stderr).toMatch(/^natter: 1 not numbered, 0 numbered: [^\n]+\n$/u);
	});

	it('says in one line when no more of standard input can be read, and ends with 1', async () => {
		const broker = await startBroker();
		const env = { NATTER_URL: broker.url };
		const accepted = Promise.withResolvers<Socket>();
		const server = createServer(accepted.resolve);
		await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
		const { port } = server.address() as AddressInfo;
		const words = `"${process.execPath}" "${bin}" send general < /dev/tcp/127.0.0.1/${port}`;
		const send = run('bash', ['-c', words], { env });
		const source = await accepted.promise;
		source.write('one\ntwo\nhalf');
		const tail = runNatter(['tail', 'general', '--since', '0'], { env });
		await tail.printed(/two\n/u);
		source.resetAndDestroy();
		server.close();
		expect(await send.ended).toBe(1);
		expect(send.output.stderr).toMatch(
			/^natter: 0 not numbered, 2 numbered, nothing read after line 2: cannot read standard input: [^\n]*ECONNRESET\n$/u,
		);
	});

	it('prints everything, and says nothing, though the pipe that reads it stands still for a while', async () => {
		const broker = await startBroker(['--history-size', '20000']);
		const env = { NATTER_URL: broker.url };
		await runNatter(['send', 'general', 'line 0'], { env }).ended;
		const tail = runNatter(['tail', 'general', '--since', '0', '--json'], { env });
		await tail.printed(/line 0"/u);
		tail.child.stdout.pause();
		const send = runNatter(['send', 'general'], { env });
		const lines = Array.from({ length: 14_000 }, (_, index) => `line ${index + 1} ${'x'.repeat(60)}`);
		send.child.stdin.end(`${lines.join('\n')}\n`);
		expect(await send.ended).toBe(0);
		tail.child.stdout.resume();
		await tail.printed(/line 14000 /u);
		tail.kill('SIGINT');
		expect(await tail.ended).toBe(0);
		const numbers = tail.output.stdout.trim().split('\n');
		expect(numbers.map((line) => (JSON.parse(line) as { sequence: number }).sequence)).toEqual(
			Array.from({ length: 14_001 }, (_, index) => index + 1),
		);
		expect(tail.output.stderr).toBe('');
	});

	it.skipIf(!existsSync('/dev/full'))('says in one line that it cannot print and ends with 1', async () => {
		const broker = await startBroker();
		const env = { NATTER_URL: broker.url };
		await runNatter(['send', 'general', 'first'], { env }).ended;
		for (const since of ['--since 0', '']) {
			const tail = run('bash', ['-c', `"${process.execPath}" "${bin}" tail general ${since} > /dev/full`], { env });
			expect(await tail.ended).toBe(1);
			expect(tail.output.stderr).toMatch(/^natter: cannot print: ENOSPC[^\n]*\n$/u);
		}
	});

	it('ends quietly when the pipe that reads it ends', async () => {
		const broker = await startBroker();
		const env = { NATTER_URL: broker.url };
		await runNatter(['send', 'general', 'first'], { env }).ended;
		const pipeline = run(
			'bash',
			['-c', `"${process.execPath}" "${bin}" tail general --since 0 | head -n 1; echo "${'$'}{PIPESTATUS[0]}"`],
			{
				env,
			},
		);
		await pipeline.printed(/first\n/u);
		// head has ended, or is about to: what is said from here on finds a broken pipe.
		while (!/\n\d+\n/u.test(pipeline.output.stdout)) {
			await runNatter(['send', 'general', 'more'], { env }).ended;
		}
		await pipeline.ended;
		expect(pipeline.output.stdout).toMatch(/^[^\n]*first\n0\n$/u);
		expect(pipeline.output.stderr).toBe('');
	});
});

describe('the bin', () => {
	it('prints help and its version', async () => {
		const help = runNatter(['--help']);
		expect(await help.ended).toBe(0);
		expect(help.output.stdout).toContain('natter --serve');
		const version = runNatter(['--version']);
		expect(await version.ended).toBe(0);
		const manifest = readFileSync(fileURLToPath(new URL('../../package.json', import.meta.url)), 'utf8');
		expect(version.output.stdout.trim()).toBe((JSON.parse(manifest) as { version: string }).version);
	});

	it.each(['-h', 'help', 'tail --help', 'send general --help', 'trust -h', 'whoami --help', '--serve --help'])(
		'%s is answered with the help',
		async (line) => {
			const help = runNatter(line.split(' '));
			expect(await help.ended).toBe(0);
			expect(help.output.stderr).toBe('');
			expect(help.output.stdout).toContain('natter tail general --json');
		},
	);

	const oldNode = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => {
		const { stdout } = spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' });
		return stdout !== null && Number.parseInt(stdout, 10) < 22;
	});
	it.skipIf(oldNode === undefined)('says in one line what to do under an older Node', () => {
		const { status, stderr } = spawnSync(oldNode ?? '', [bin], { encoding: 'utf8' });
		expect(status).toBe(2);
		expect(stderr).toMatch(/^natter needs Node 22\.16 or newer[^\n]*\n$/u);
	});
});
