import { chmodSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { dialToken, hostingToken, isToken, tokenPath, withToken } from '../../src/cli/access-token.ts';
import { joinAddresses } from '../../src/cli/join-addresses.ts';
import { rankedAddresses } from '../../src/cli/own-addresses.ts';
import { joinText } from '../../src/cli/serve.ts';
import { parseAddress } from '../../src/client/address.ts';
import { failureOf } from '../helpers/refusals.ts';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'natter-token-'));
const keptIn = (directory: string) => ({ kind: 'kept', directory }) as const;

describe('the token of a broker', () => {
	test('is made once, for its user alone, and is the same ever after', () => {
		const directory = join(newDirectory(), 'data');
		const token = hostingToken(keptIn(directory));
		expect(token).toMatch(/^[A-Za-z\d]{22}$/);
		expect(hostingToken(keptIn(directory))).toBe(token);
		expect(dialToken(keptIn(directory))).toBe(token);
		expect(readFileSync(tokenPath(directory), 'utf8')).toBe(`${token}\n`);
		expect(statSync(tokenPath(directory)).mode & 0o777).toBe(0o600);
		expect(readdirSync(directory)).toEqual(['access-token']);
		expect(hostingToken(keptIn(newDirectory()))).not.toBe(token);
	});

	test('is not made to dial with, and whether one is needed then is for the broker to say', () => {
		const directory = newDirectory();
		expect(dialToken(keptIn(directory))).toBeUndefined();
		expect(readdirSync(directory)).toEqual([]);
		writeFileSync(tokenPath(directory), 'abc', { mode: 0o644 });
		expect(dialToken(keptIn(directory))).toBeUndefined();
	});

	test('is refused where others can read it, or where there is something else, and is not repeated', () => {
		const directory = newDirectory();
		const path = tokenPath(directory);
		writeFileSync(path, 'geheim', { mode: 0o600 });
		chmodSync(path, 0o644);
		const refused = () => failureOf(() => hostingToken(keptIn(directory)));
		expect(refused()).toBe(`The token file ${path} is open to others. Run: chmod 600 ${path}`);
		chmodSync(path, 0o600);
		writeFileSync(path, 'ge heim');
		expect(refused()).toBe(`Expected ${path} to hold a token: 1 to 256 visible ASCII characters in one line`);
	});

	test('may be in a file of somebody else, such as a secret of a container', () => {
		const path = join(newDirectory(), 'secret');
		writeFileSync(path, ' abc-123 \n', { mode: 0o644 });
		expect(hostingToken({ kind: 'file', path })).toBe('abc-123');
		expect(dialToken({ kind: 'file', path })).toBe('abc-123');
		writeFileSync(path, '\n');
		expect(failureOf(() => dialToken({ kind: 'file', path }))).toContain('to hold a token');
		expect(failureOf(() => hostingToken({ kind: 'file', path: `${path}.no` }))).toMatch(
			/^The token file \S+ cannot be read: ENOENT/,
		);
	});

	test('is one that shells, headers and addresses take', () => {
		expect(['abc', "it's", '~!#%&?'].map(isToken)).toEqual([true, true, true]);
		expect(['', 'a b', 'a\n', '\u00e4', 'x'.repeat(257)].map(isToken)).toEqual([false, false, false, false, false]);
	});
});

describe('an address with a token', () => {
	test.each([
		['ws://h:1', 'ws://h:1/?token=a%26b'],
		['ws://h:1#general,ops', 'ws://h:1/?token=a%26b#general,ops'],
		['ws://h:1/path?x=1#general', 'ws://h:1/path?x=1&token=a%26b#general'],
		['wss://h/#a?b', 'wss://h/?token=a%26b#a?b'],
		['ws://sam@h:1/', 'ws://sam@h:1/?token=a%26b'],
		['ws://[::1]:80', 'ws://[::1]:80/?token=a%26b'],
		['ws://h:1/?token=mine', 'ws://h:1/?token=mine'],
		['ws://sam:mine@h:1/', 'ws://sam:mine@h:1/'],
	])('%s is dialled as %s', (address, dialled) => {
		expect(withToken(address, 'a&b')).toBe(dialled);
		expect(parseAddress(dialled).shown).not.toMatch(/a%26b|mine/);
	});

	test('is as it was without one', () => {
		expect(withToken('ws://h#r', undefined)).toBe('ws://h#r');
	});
});

describe('the addresses of this computer', () => {
	const of = (address: string, family: 'IPv4' | 'IPv6' = 'IPv4', internal = false) => ({ address, family, internal });
	const interfaces = {
		lo: [of('127.0.0.1', 'IPv4', true), of('::1', 'IPv6', true)],
		docker0: [of('172.17.0.1')],
		tailscale0: [of('100.64.0.9')],
		wlan0: [of('192.168.1.20'), of('fe80::2', 'IPv6'), of('2001:db8::2', 'IPv6')],
		eth0: [of('203.0.113.5')],
	};

	test('begin with the one by which it goes out, then those of a home, and end with those of containers', () => {
		const rest = ['203.0.113.5', '2001:db8::2', '172.17.0.1'];
		expect(rankedAddresses(interfaces, '100.64.0.9')).toEqual(['100.64.0.9', '192.168.1.20', ...rest]);
		expect(rankedAddresses(interfaces, undefined)).toEqual(['192.168.1.20', '100.64.0.9', ...rest]);
		expect(rankedAddresses({ lo: interfaces.lo }, undefined)).toEqual([]);
	});
});

describe('where others join', () => {
	const wide = { host: '::', isWide: true, allowHosts: [], proxies: 0 };
	const own = ['10.0.0.7', '2001:db8::2'];
	const at = (settings: object) => joinAddresses({ settings: { ...wide, ...settings }, port: 8080, own });

	test.each<[string, object, readonly string[]]>([
		['every address', {}, ['ws://10.0.0.7:8080', 'ws://[2001:db8::2]:8080']],
		['every one of IPv4', { host: '0.0.0.0' }, ['ws://10.0.0.7:8080']],
		['the one that is listened on', { host: '10.0.0.9' }, ['ws://10.0.0.9:8080']],
		['nowhere', { host: '127.0.0.1', isWide: false }, []],
		[
			'a name first, encrypted',
			{ allowHosts: ['*', 'chat.example.com'], tls: { cert: 'c', key: 'k' } },
			['wss://chat.example.com:8080', 'wss://10.0.0.7:8080', 'wss://[2001:db8::2]:8080'],
		],
		['a name with its own port', { host: '10.0.0.9', allowHosts: ['a:1'] }, ['ws://a:1', 'ws://10.0.0.9:8080']],
		['the proxy', { host: '127.0.0.1', proxies: 1, allowHosts: ['chat.example.com'] }, ['wss://chat.example.com']],
	])('is %s', (_, settings, addresses) => {
		expect(at(settings)).toEqual(addresses);
	});

	const places = { isTerminal: false, isJournal: false };
	const url = 'ws://127.0.0.1:8080';
	const host = { url, joinAddresses: ['ws://10.0.0.7:8080', 'ws://10.0.1.7:8080'], token: 'geheim' };
	const keptToken = { token: keptIn('/data'), proxies: 0 };

	test('is said with the token that natter made, and not in the journal of the system', () => {
		expect(joinText(host, keptToken, places)).toBe(
			"Others join with:\nnpx natter 'ws://10.0.0.7:8080/?token=geheim#general'\nor with:\nnpx natter 'ws://10.0.1.7:8080/?token=geheim#general'\n",
		);
		expect(joinText(host, keptToken, { ...places, isJournal: true })).toBe(
			[
				'Others join with:',
				"npx natter 'ws://10.0.0.7:8080/?token=TOKEN#general'",
				'where TOKEN is in /data/access-token',
				'or with:',
				"npx natter 'ws://10.0.1.7:8080/?token=TOKEN#general'",
				'',
			].join('\n'),
		);
	});

	test('is said with a token that was given on a terminal alone', () => {
		const given = { token: { kind: 'text', token: 'geheim' }, proxies: 0 } as const;
		expect(joinText(host, given, { ...places, isTerminal: true })).toContain('token=geheim#');
		expect(joinText(host, given, places)).not.toContain('geheim');
		expect(joinText(host, { token: { kind: 'file', path: '/run/t' }, proxies: 0 }, places)).toContain(
			'TOKEN is in /run/t\n',
		);
	});

	test('is said without one where nobody needs one, and not at all where nobody else comes', () => {
		expect(joinText({ url, joinAddresses: ['ws://h:1'] }, { proxies: 0 }, places)).toBe(
			"Others join with:\nnpx natter 'ws://h:1#general'\n",
		);
		expect(joinText({ url, joinAddresses: [] }, { proxies: 0 }, places)).toBe('');
	});

	test('is said wherever a token is asked for, also where the proxy has no name and on this computer alone', () => {
		const unnamed = { url, joinAddresses: [], token: 'geheim' };
		expect(joinText(unnamed, { ...keptToken, proxies: 1 }, places)).toBe(
			[
				'Others join with:',
				"npx natter 'wss://HOST/?token=geheim#general'",
				'where HOST is the name of the proxy; --allow-host NAME makes it known here',
				'',
			].join('\n'),
		);
		expect(joinText(unnamed, { token: { kind: 'text', token: 'geheim' }, proxies: 0 }, places)).toBe(
			[
				'On this computer, others join with:',
				"npx natter 'ws://127.0.0.1:8080/?token=TOKEN#general'",
				'where TOKEN is the token that natter was given',
				'',
			].join('\n'),
		);
	});
});
