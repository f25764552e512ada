import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { BaseClient } from '../helpers/base-client.ts';
import { selfSigned } from '../helpers/certificate.ts';
import { freePort } from '../helpers/free-port.ts';
import { endProcesses, type Running, runNatter, startScreen, temporaryDirectory } from '../helpers/processes.ts';

afterEach(endProcesses);

const secret = 'geheim-geheim-geheim';

/** Runs a broker on a free port until it listens and has said how others join. */
async function serve(words: readonly string[], env: Record<string, string> = {}) {
	const data = temporaryDirectory();
	const running = runNatter(['--serve', '--port', '0', '--data', data, ...words], { env });
	const [, scheme = '', port = ''] = await running.printed(/listening on (wss?):\/\/\S+:(\d+)/u);
	await running.complained(/"event":"listening"/u);
	return { ...running, data, port, url: `${scheme}://127.0.0.1:${port}` };
}

/** What the line for others leads to. */
function addressIn(text: string): string {
	return /npx natter '(\S+)'/u.exec(text)?.[1] ?? '';
}

async function knock(port: string, path: string, headers: Record<string, string> = {}): Promise<number> {
	const wanted = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13' };
	const key = { 'Sec-WebSocket-Key': Buffer.alloc(16).toString('base64') };
	const asked = request({ port, host: '127.0.0.1', path, headers: { ...wanted, ...key, ...headers } });
	asked.end();
	const upgraded = once(asked, 'upgrade').then(([response, socket]) => {
		socket.destroy();
		return response as IncomingMessage;
	});
	const answered = once(asked, 'response').then(([response]) => response as IncomingMessage);
	const { statusCode = 0 } = await Promise.race([upgraded, answered]);
	asked.destroy();
	return statusCode;
}

const texts = ({ output }: Running) => output.stdout + output.stderr;
const events = ({ output }: Running) =>
	output.stderr
		.trim()
		.split('\n')
		.map((line) => (JSON.parse(line) as { event: string }).event);

describe('natter --serve --share', { timeout: 60_000 }, () => {
	it('shows a line with an address and a token of this computer, by which others get in, and nobody without', async () => {
		const broker = await serve(['--share']);
		const address = addressIn(broker.output.stdout);
		expect(address).toMatch(new RegExp(`^ws://\\S+:${broker.port}/\\?token=[A-Za-z\\d]{22}#general$`, 'u'));
		const sent = runNatter(['send', 'general', 'hello', '--url', address]);
		expect(await sent.ended).toBe(0);
		const stranger = runNatter(['send', 'general', 'hello', '--url', broker.url]);
		expect(await stranger.ended).toBe(1);
		expect(stranger.output.stderr).toContain('the broker wants a token: ask for the join line\n');
		const wrong = runNatter(['tail', 'general', '--url', `${broker.url}/?token=${secret}`]);
		expect(await wrong.ended).toBe(1);
		expect(wrong.output.stderr).toContain('the broker does not take this token: ask for the join line again\n');
		expect(texts(wrong)).not.toContain(secret);
		const [, token = ''] = /token=(\w+)/u.exec(address) ?? [];
		expect(readFileSync(join(broker.data, 'access-token'), 'utf8')).toBe(`${token}\n`);
		expect(statSync(join(broker.data, 'access-token')).mode & 0o777).toBe(0o600);
		expect(broker.output.stderr + texts(sent) + texts(stranger)).not.toContain(token);
		broker.kill('SIGTERM');
		await broker.ended;
		const again = runNatter(['--serve', '--share', '--port', '0', '--data', broker.data]);
		await again.printed(new RegExp(`token=${token}#general`, 'u'));
	});

	it('mints a token as well for any address that others reach', async () => {
		const broker = await serve(['--host', '0.0.0.0']);
		expect(addressIn(broker.output.stdout)).toMatch(/token=[A-Za-z\d]{22}#general$/u);
		expect(await knock(broker.port, '/')).toBe(401);
	});

	it('is joined without a line by the same person on this computer, with screen and pipe', async () => {
		const env = { XDG_DATA_HOME: temporaryDirectory() };
		const broker = runNatter(['--serve', '--share', '--port', '0', '--store', 'memory'], { env });
		const [, port = ''] = await broker.printed(/listening on ws:\/\/\S+:(\d+)/u);
		expect(await runNatter(['send', 'general', 'hello', '--port', port], { env }).ended).toBe(0);
		const screen = startScreen(['--port', port, '--nick', 'ana'], { env });
		await screen.shows(/hello/u);
		expect(screen.lines().join('\n')).not.toMatch(/token|not encrypted/u);
	});

	it('lets everybody in with --open, and warns of it', async () => {
		const broker = await serve(['--share', '--open']);
		expect(addressIn(broker.output.stdout)).toMatch(/^ws:\/\/\S+:\d+\/?#general$/u);
		expect(broker.output.stderr).toMatch(/"level":"warn","event":"open".*anyone who can reach this address/u);
		expect(existsSync(join(broker.data, 'access-token'))).toBe(false);
		expect(await runNatter(['send', 'general', 'hello', '--url', broker.url]).ended).toBe(0);
	});

	it('takes a token by flag, environment or file, to ask for and to dial with, and says it nowhere', async () => {
		const file = join(temporaryDirectory(), 'token');
		writeFileSync(file, `${secret}\n`);
		const ways: readonly [readonly string[], Record<string, string>][] = [
			[['--token', secret], {}],
			[[], { NATTER_TOKEN: secret }],
			[['--token-file', file], {}],
		];
		for (const [words, env] of ways) {
			const broker = await serve(['--share', ...words], env);
			expect(broker.output.stdout).toContain('/?token=TOKEN#general');
			expect(existsSync(join(broker.data, 'access-token'))).toBe(false);
			expect(await knock(broker.port, '/')).toBe(401);
			expect(await knock(broker.port, '/', { Authorization: `Bearer ${secret}` })).toBe(101);
			expect(await knock(broker.port, `/?token=${secret}`)).toBe(101);
			const sent = runNatter(['send', 'general', 'hello', '--url', broker.url, ...words], { env });
			expect(await sent.ended).toBe(0);
			const base = await BaseClient.connect(broker.url.replace('//', `//sam:${secret}@`), 'sam');
			expect(await base.subscribe('general')).toMatchObject({ type: 'subscribed' });
			base.close();
			broker.kill('SIGTERM');
			await broker.ended;
			expect(texts(broker) + texts(sent)).not.toContain(secret);
		}
	});

	it.skipIf(process.platform !== 'linux')('keeps a token of its command line out of process lists', async () => {
		const broker = await serve(['--token', secret]);
		const tail = runNatter(['tail', 'general', '--url', `${broker.url}/?token=${secret}`, '--since', '0']);
		await runNatter(['send', 'general', 'hello', '--url', broker.url, `--token=${secret}`]).ended;
		await tail.printed(/hello/u);
		for (const pid of [broker.child.pid, tail.child.pid]) {
			expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).not.toContain(secret);
		}
	});

	it('says in one line what is wrong with a token that is kept', async () => {
		const data = temporaryDirectory();
		writeFileSync(join(data, 'access-token'), secret, { mode: 0o644 });
		const refused = runNatter(['--serve', '--share', '--port', '0', '--data', data]);
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toBe(
			`natter: The token file ${data}/access-token is open to others. Run: chmod 600 ${data}/access-token\n`,
		);
	});

	it('refuses a flag that is there twice in one line', async () => {
		const refused = runNatter(['--serve', '--token', secret, '--token', secret]);
		expect(await refused.ended).toBe(2);
		expect(refused.output.stderr).toBe('natter: The flag --token can only be set once\n');
	});
});

describe('a broker on this computer alone', { timeout: 60_000 }, () => {
	it('is reached by no web page, by no name of a stranger, and by what it was told of', async () => {
		const broker = await serve(['--allow-host', 'chat.example.com', '--allow-origin', 'https://chat.example.com']);
		expect(broker.output.stdout).not.toContain('join');
		expect(await knock(broker.port, '/', { Origin: 'https://evil.example' })).toBe(403);
		expect(await knock(broker.port, '/', { Host: `evil.example:${broker.port}` })).toBe(403);
		expect(await knock(broker.port, '/', { Host: 'chat.example.com', Origin: 'https://chat.example.com' })).toBe(101);
		expect(await knock(broker.port, '/')).toBe(101);
		expect(events(broker).filter((event) => event === 'refused')).toHaveLength(2);
	});

	it.skipIf(process.platform !== 'linux')('tells who dials it by another name what would have to be done', async () => {
		const broker = await serve(['--host', '0.0.0.0', '--open']);
		const sent = runNatter(['send', 'general', 'hm', '--url', `ws://127.0.0.2:${broker.port}`]);
		expect(await sent.ended).toBe(1);
		expect(sent.output.stderr).toContain('it has to be started with --allow-host');
		expect(broker.output.stderr).toContain('start it with --allow-host 127.0.0.2');
	});

	it('lets no base client in with --no-base', async () => {
		const broker = await serve(['--no-base']);
		const base = await BaseClient.connect(broker.url, 'ana');
		base.send({ type: 'subscribe', room: 'general', userId: 'ana' });
		expect(await base.closed).toBe(4502);
		expect(await runNatter(['send', 'general', 'hello', '--url', broker.url]).ended).toBe(0);
	});
});

describe('who hosts', { timeout: 60_000 }, () => {
	it('trusts the own broker where another one was before, and joins no other one there', async () => {
		const env = { NATTER_CONFIG_DIR: temporaryDirectory() };
		const before = await serve([]);
		expect(await runNatter(['send', 'general', 'hello', '--url', before.url], { env }).ended).toBe(0);
		before.kill('SIGTERM');
		await before.ended;
		const words = ['--port', before.port, '--nick', 'sam'];
		const own = startScreen([...words, '--data', temporaryDirectory()], { env });
		await own.shows(/You are hosting/u);
		await own.shows(/another one than before: this one is yours/u);
		await own.shows(/live/u);
		own.type('/quit\r');
		expect((await own.ended).exitCode).toBe(0);
		const foreign = runNatter(['--serve', '--port', before.port, '--data', temporaryDirectory()]);
		await foreign.printed(/listening/u);
		const shut = startScreen(words, { env });
		expect((await shut.ended).exitCode).toBe(1);
		expect(shut.written()).toContain('IS NOT THE ONE THAT WAS THERE BEFORE');
	});
});

describe('a broker behind a proxy', { timeout: 60_000 }, () => {
	it('believes it about addresses when it was told to, and asks for a token also on loopback', async () => {
		const wrong = async (broker: { port: string }, from: string) =>
			knock(broker.port, '/?token=wrong', { 'X-Forwarded-For': `${from}, 203.0.113.77` });
		const trusting = await serve(['--trust-proxy', '--allow-host', 'chat.example.com']);
		expect(addressIn(trusting.output.stdout)).toMatch(/^wss:\/\/chat\.example\.com\/\?token=\w{22}#general$/u);
		expect(await wrong(trusting, '10.1.1.1')).toBe(401);
		await trusting.complained(/"address":"203\.0\.113\.77"/u);
		const unnamed = await serve(['--trust-proxy']);
		expect(addressIn(unnamed.output.stdout)).toMatch(/^wss:\/\/HOST\/\?token=\w{22}#general$/u);
		const plain = await serve(['--token', secret]);
		expect(addressIn(plain.output.stdout)).toBe(`ws://127.0.0.1:${plain.port}/?token=TOKEN#general`);
		expect(await wrong(plain, '10.1.1.1')).toBe(401);
		await plain.complained(/"address":"127\.0\.0\.1"/u);
		expect(events(plain)).toContain('proxy');
	});
});

describe('a broker with a certificate', { timeout: 60_000 }, () => {
	async function shownAt(port: string): Promise<string> {
		const socket = connectTls({ port: Number(port), host: '127.0.0.1', rejectUnauthorized: false });
		await once(socket, 'secureConnect');
		const { fingerprint256 } = socket.getPeerCertificate();
		socket.destroy();
		return fingerprint256;
	}

	it.skipIf(process.platform === 'win32')(
		'takes another one on SIGHUP, and keeps the old one when it is no good',
		async () => {
			const directory = temporaryDirectory();
			const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
			const write = (pair: { readonly cert: string; readonly key: string }) => {
				writeFileSync(cert, pair.cert);
				writeFileSync(key, pair.key);
			};
			const [first, second] = [selfSigned('first'), selfSigned('second')];
			write(first);
			const broker = await serve(['--share', '--allow-host', 'localhost', '--tls-cert', cert, '--tls-key', key]);
			expect(broker.url).toMatch(/^wss:/u);
			const address = addressIn(broker.output.stdout);
			expect(address).toMatch(new RegExp(`^wss://localhost:${broker.port}/\\?token=`, 'u'));
			expect(await shownAt(broker.port)).toBe(first.fingerprint);
			const env = { NODE_EXTRA_CA_CERTS: cert, NATTER_CONFIG_DIR: temporaryDirectory() };
			const tail = runNatter(['tail', 'general', '--url', address], { env });
			const send = (text: string) => runNatter(['send', 'general', text, '--url', address], { env });
			expect(await send('one').ended).toBe(0);
			await tail.printed(/one/u);

			write({ cert: second.cert, key: first.key });
			broker.kill('SIGHUP');
			await broker.complained(/"level":"error","event":"certificate".*Expected --tls-key to be the key of --tls-cert/u);
			expect(await shownAt(broker.port)).toBe(first.fingerprint);

			write(second);
			broker.kill('SIGHUP');
			await broker.complained(/"level":"info","event":"certificate"/u);
			expect(await shownAt(broker.port)).toBe(second.fingerprint);
			expect(await send('two').ended).toBe(0);
			await tail.printed(/two/u);
			expect(tail.output.stderr).toBe('');
			broker.kill('SIGTERM');
			expect(await broker.ended).toBe(0);
		},
	);

	it('says in one line when it has none to begin with', async () => {
		const directory = temporaryDirectory();
		const path = join(directory, 'pem');
		const words = ['--serve', '--port', '0', '--store', 'memory', '--tls-cert', path, '--tls-key', path];
		const missing = runNatter(words);
		expect(await missing.ended).toBe(2);
		expect(missing.output.stderr).toMatch(/^natter: --tls-cert \S+pem cannot be read: ENOENT[^\n]*\n$/u);
		writeFileSync(path, 'no certificate');
		const unfit = runNatter(words);
		expect(await unfit.ended).toBe(2);
		expect(unfit.output.stderr).toMatch(
			/^natter: The certificate \S+pem with the key \S+pem cannot be used\. [^\n]*\n$/u,
		);
	});

	it('is not trusted when nobody vouches for it, in words', async () => {
		const directory = temporaryDirectory();
		const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
		const pair = selfSigned('nobody');
		writeFileSync(cert, pair.cert);
		writeFileSync(key, pair.key);
		const broker = await serve(['--tls-cert', cert, '--tls-key', key]);
		const sent = runNatter(['send', 'general', 'hm', '--url', broker.url]);
		await sent.complained(/its certificate is self-signed, not trusted: NODE_EXTRA_CA_CERTS=FILE names one that is/u);
		const plain = runNatter(['send', 'general', 'hm', '--url', broker.url.replace('wss:', 'ws:')]);
		await plain.complained(/if the broker speaks TLS, dial wss:/u);
		writeFileSync(key, selfSigned('another').key);
		const unlike = runNatter(['--serve', '--port', '0', '--store', 'memory', '--tls-cert', cert, '--tls-key', key]);
		expect(await unlike.ended).toBe(2);
		expect(unlike.output.stderr).toMatch(/Expected --tls-key to be the key of --tls-cert, got another\n$/u);
	});
});

describe('natter --share', { timeout: 60_000 }, () => {
	it('shows the line on the first screen; who types it is in, and says so with /invite', async () => {
		const env = { XDG_DATA_HOME: temporaryDirectory() };
		const port = String(await freePort('0.0.0.0'));
		const host = startScreen(['--share', '--port', port, '--nick', 'ana'], { env });
		const first = await host.shows(/npx natter 'ws:\S+#general'/u);
		expect(first).toContain('You are hosting natter at ws://127.0.0.1');
		const address = addressIn(first);
		const guest = startScreen([address, '--nick', 'bob'], { env: { XDG_DATA_HOME: temporaryDirectory() } });
		await guest.shows(/\+ana/u);
		guest.type('hello\r');
		await host.shows(/bob +hello/u);
		const shown = await guest.shows(/not encrypted/u);
		const [, token = ''] = /token=(\w+)/u.exec(address) ?? [];
		expect(shown).not.toContain(token);
		host.type('/invite\r');
		await host.shows(/Others type[\s\S]*npx natter/u);
		const copied = /\]52;c;([\w+/=]+)/u.exec(host.written())?.[1] ?? '';
		expect(Buffer.from(copied, 'base64').toString()).toBe(`npx natter '${address}'`);
		host.type('\u0003\u0003');
		await host.ended;
	});

	it('says in one line that it cannot share what somebody else hosts', async () => {
		const broker = await serve([]);
		const screen = startScreen(['--share', '--port', broker.port]);
		expect((await screen.ended).exitCode).toBe(2);
		expect(screen.written().trim()).toBe(
			`natter: Port ${broker.port} is in use, so nothing is shared; --port N chooses another`,
		);
	});

	it('warns on screen when nobody needs a token', async () => {
		const env = { XDG_DATA_HOME: temporaryDirectory() };
		const host = startScreen(['--share', '--open', '--port', '0', '--nick', 'ana'], { env });
		await host.shows(/Nobody needs a token here \(--open\)/u);
	});
});
