import { execFileSync, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import {
	chmodSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadKey } from '../../src/cli/key-file.ts';
import { publicKeyOf } from '../../src/protocol/identity.ts';
import { failureOf } from '../helpers/refusals.ts';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'natter-key-'));
const place = () => join(newDirectory(), 'natter', 'id_ed25519.pem');

function keep(text: string | Buffer, mode = 0o600): string {
	const path = join(newDirectory(), 'id_ed25519.pem');
	writeFileSync(path, text, { mode });
	return path;
}

function madeKey(): string {
	const path = place();
	loadKey(path);
	return path;
}

const refusal = (path: string) => failureOf(() => loadKey(path));

describe('a key file', () => {
	test('is made on first use, for its user alone, and is the same ever after', () => {
		const path = place();
		const key = publicKeyOf(loadKey(path));
		expect(publicKeyOf(loadKey(path))).toBe(key);
		expect(readFileSync(path, 'utf8')).toMatch(
			/^-----BEGIN PRIVATE KEY-----\n[\w+/=]{64}\n-----END PRIVATE KEY-----\n$/u,
		);
		expect([statSync(path).mode & 0o777, statSync(join(path, '..')).mode & 0o777]).toEqual([0o600, 0o700]);
		expect(readdirSync(join(path, '..'))).toEqual(['id_ed25519.pem']);
	});

	test.skipIf(process.platform === 'win32')(
		'is refused, and not made, where others can put another in its place',
		() => {
			const path = keep('');
			const directory = join(path, '..');
			writeFileSync(path, readFileSync(madeKey()), { mode: 0o600 });
			for (const mode of [0o777, 0o702]) {
				chmodSync(directory, mode);
				const text = `Others can write the directory of the key file, ${directory}. Run: chmod go-w ${directory}`;
				expect(refusal(path)).toBe(text);
				expect(refusal(join(directory, 'new.pem'))).toBe(text);
				expect(readdirSync(directory)).toEqual(['id_ed25519.pem']);
			}
			chmodSync(directory, 0o755);
			loadKey(path);
		},
	);

	test('may be one that openssl made', () => {
		const path = join(newDirectory(), 'key.pem');
		execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', path], { stdio: 'ignore' });
		chmodSync(path, 0o600);
		expect(publicKeyOf(loadKey(path))).toHaveLength(43);
	});

	test('is one also when many processes start at once', async () => {
		const path = place();
		const script = `
			import { loadKey } from ${JSON.stringify(new URL('../../src/cli/key-file.ts', import.meta.url).href)};
			import { publicKeyOf } from ${JSON.stringify(new URL('../../src/protocol/identity.ts', import.meta.url).href)};
			process.stdout.write(publicKeyOf(loadKey(${JSON.stringify(path)})));`;
		const keys = await Promise.all(
			Array.from(
				{ length: 6 },
				() =>
					new Promise<string>((resolve, reject) => {
						const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
						let text = '';
						child.stdout.on('data', (data) => {
							text += String(data);
						});
						child.on('error', reject);
						child.on('close', () => resolve(text));
					}),
			),
		);
		expect(keys).toEqual(keys.map(() => publicKeyOf(loadKey(path))));
		expect(readdirSync(join(path, '..'))).toEqual(['id_ed25519.pem']);
	});

	test('that others can read is refused, with the command that closes it', () => {
		const path = place();
		loadKey(path);
		chmodSync(path, 0o640);
		expect(refusal(path)).toBe(`The key file ${path} is open to others. Run: chmod 600 ${path}`);
	});

	test('names a place with spaces as a shell takes it', () => {
		const path = join(newDirectory(), "it's here.pem");
		writeFileSync(path, '', { mode: 0o644 });
		expect(refusal(path)).toContain(String.raw`it'\''s here.pem'`);
	});

	test.each([
		['nothing', ''],
		['a text', 'ssh-ed25519 AAAA'],
		['half a key', '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n'],
		['much', Buffer.alloc(100_000, 65)],
		['a public key', generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' })],
	])('that holds %s is refused, and left alone', (_, content) => {
		const path = keep(content);
		expect(refusal(path)).toBe(`${path} holds no private key (PKCS#8, PEM); move it away, and natter makes a new one`);
		expect(readFileSync(path)).toEqual(Buffer.from(content));
	});

	test('with a key of another kind or with a passphrase is refused', () => {
		const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' });
		const path = keep(rsa);
		expect(refusal(path)).toBe(`Expected an Ed25519 key in ${path}, got one of rsa`);
		const locked = generateKeyPairSync('ed25519').privateKey.export({
			...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
		});
		expect(refusal(keep(locked))).toContain('has a passphrase, which natter cannot ask for');
	});

	test('that is no file is refused, without waiting for it', () => {
		const directory = join(newDirectory(), 'id_ed25519.pem');
		mkdirSync(directory);
		expect(refusal(directory)).toContain('to be a file; move it away');
		const pipe = join(newDirectory(), 'id_ed25519.pem');
		execFileSync('mkfifo', ['-m', '600', pipe]);
		expect(refusal(pipe)).toContain('to be a file; move it away');
	});

	test('may be reached by a link, but is not made through one that leads nowhere', () => {
		const path = place();
		const key = publicKeyOf(loadKey(path));
		const link = join(newDirectory(), 'id_ed25519.pem');
		symlinkSync(path, link);
		expect(publicKeyOf(loadKey(link))).toBe(key);
		const nowhere = join(newDirectory(), 'id_ed25519.pem');
		symlinkSync(join(newDirectory(), 'gone.pem'), nowhere);
		expect(refusal(nowhere)).toContain(`A key cannot be kept in ${nowhere}`);
	});

	test('that cannot be kept says so', () => {
		expect(refusal(join(keep('x'), 'id_ed25519.pem'))).toMatch(/^The key file .* cannot be read: ENOTDIR/u);
		expect(refusal('/proc/natter/id_ed25519.pem')).toMatch(/^A key cannot be kept in \/proc\/natter/u);
	});
});
