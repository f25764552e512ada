import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Failure } from '../../src/cli/failure.ts';
import { KnownBrokersFile } from '../../src/cli/known-brokers.ts';
import { publicKeyOf } from '../../src/protocol/identity.ts';

const [one, other] = [1, 2].map(() => publicKeyOf(generateKeyPairSync('ed25519').privateKey)) as [string, string];

/** What others do to the file, one by one, whenever it or a new one in its place was written, and not yet looked at again. */
const others = vi.hoisted(() => ({ act: [] as (() => void)[] }));
vi.mock('node:fs', async (load) => {
	const fs = await load<typeof import('node:fs')>();
	const thenOthers =
		<Args extends unknown[], Result>(call: (...args: Args) => Result) =>
		(...args: Args): Result => {
			const result = call(...args);
			others.act.shift()?.();
			return result;
		};
	return { ...fs, fsyncSync: thenOthers(fs.fsyncSync), writeFileSync: thenOthers(fs.writeFileSync) };
});

let directory: string;
let path: string;
beforeEach(() => {
	directory = mkdtempSync(join(tmpdir(), 'natter-known-'));
	path = join(directory, 'config', 'known_brokers');
});
afterEach(() => rmSync(directory, { recursive: true }));

function refusal(act: () => unknown): string {
	try {
		act();
	} catch (error) {
		if (error instanceof Failure) {
			return error.message;
		}
		throw error;
	}
	return 'not refused';
}

describe('known brokers', () => {
	test('are none before one was met, and the one that was met after that, in another process too', () => {
		const known = new KnownBrokersFile(path);
		expect(known.find('a:1')).toBeUndefined();
		known.add('a:1', one);
		known.add('b:2', other);
		expect(new KnownBrokersFile(path).find('a:1')).toBe(one);
		expect(new KnownBrokersFile(path).list()).toEqual([
			{ authority: 'a:1', key: one },
			{ authority: 'b:2', key: other },
		]);
	});

	test('are in a file that nobody else can read, in a directory of its own', () => {
		new KnownBrokersFile(path).add('a:1', one);
		expect([statSync(path).mode & 0o777, statSync(join(directory, 'config')).mode & 0o777]).toEqual([0o600, 0o700]);
	});

	test('are forgotten one by one, whatever else is there', () => {
		const known = new KnownBrokersFile(path);
		known.add('a:1', one);
		known.add('b:2', other);
		known.add('a:1', one);
		expect(known.forget('a:1')).toBe(true);
		expect(known.forget('a:1')).toBe(false);
		expect(readFileSync(path, 'utf8')).toBe(`b:2 ed25519 ${other}\n`);
		expect(statSync(path).mode & 0o777).toBe(0o600);
	});

	test('that were written by hand, with no line end, are followed by the next one', () => {
		mkdirSync(join(directory, 'config'));
		writeFileSync(path, `# mine\na:1 ed25519 ${one}`, { mode: 0o600 });
		const known = new KnownBrokersFile(path);
		known.add('b:2', other);
		known.add('c:3', one);
		expect(readFileSync(path, 'utf8')).toBe(`# mine\na:1 ed25519 ${one}\nb:2 ed25519 ${other}\nc:3 ed25519 ${one}\n`);
		expect(known.find('a:1')).toBe(one);
	});

	test('are forgotten without what stands beside them: remarks, empty lines, how others are written', () => {
		const rest = [`# mine\n\n`, `  b:2   ed25519 ${other}\r\n# a:1 was here\n`, `c:3 ed25519 ${one}`] as const;
		mkdirSync(join(directory, 'config'));
		writeFileSync(path, [rest[0], rest[1], rest[2]].join(`a:1 ed25519 ${one}\n`), { mode: 0o600 });
		expect(new KnownBrokersFile(path).forget('a:1')).toBe(true);
		expect(readFileSync(path, 'utf8')).toBe(rest.join(''));
	});

	test('are not forgotten because another one is, in the moment in which they are met', () => {
		const known = new KnownBrokersFile(path);
		known.add('a:1', one);
		others.act.push(() => new KnownBrokersFile(path).add('b:2', other));
		expect(known.forget('a:1')).toBe(true);
		expect(known.list()).toEqual([{ authority: 'b:2', key: other }]);
		expect(readdirSync(join(directory, 'config'))).toEqual(['known_brokers']);
	});

	test('are kept although the file is replaced in the moment in which they are met', () => {
		const known = new KnownBrokersFile(path);
		known.add('a:1', one);
		others.act.push(() => {
			rmSync(path);
			writeFileSync(path, `a:1 ed25519 ${one}\n`, { mode: 0o600 });
		});
		known.add('b:2', other);
		expect(known.list().map(({ authority }) => authority)).toEqual(['a:1', 'b:2']);
	});

	test.each([
		['half a line', 'a:1 ed25519'],
		['a key of small order', `a:1 ed25519 ${Buffer.from([1, ...Array(31).fill(0)]).toString('base64url')}`],
		['another kind of key', `a:1 rsa ${one}`],
		['more than there should be', `a:1 ed25519 ${one} ${one}`],
	])('of which one is %s are not relied on', (_, line) => {
		new KnownBrokersFile(path).add('b:2', other);
		writeFileSync(path, `${readFileSync(path, 'utf8')}# a remark\n\n${line}\n`);
		expect(refusal(() => new KnownBrokersFile(path).find('b:2'))).toMatch(/^Line 4 of .*known_brokers cannot be read/u);
	});

	test('that others can change are not relied on, and it is said what to do', () => {
		new KnownBrokersFile(path).add('a:1', one);
		chmodSync(path, 0o620);
		expect(refusal(() => new KnownBrokersFile(path).find('a:1'))).toContain(`chmod 600 ${path}`);
		chmodSync(path, 0o644);
		expect(new KnownBrokersFile(path).find('a:1')).toBe(one);
	});
});

test('the broker of this process takes the place of whatever was known at its address, and says whether that was another', () => {
	const file = new KnownBrokersFile(path);
	expect(file.expect('here:1', one)).toBe(false);
	expect(file.expect('here:1', one)).toBe(false);
	file.add('there:1', one);
	expect(file.expect('here:1', other)).toBe(true);
	expect(file.list()).toEqual([
		{ authority: 'there:1', key: one },
		{ authority: 'here:1', key: other },
	]);
});
