import { describe, expect, it } from 'vitest';
import type { Flags } from '../../src/cli/settings.ts';
import { read, refusal } from '../helpers/reading-settings.ts';

type Environment = Readonly<Record<string, string>>;

/** What these flags come to for a broker without a screen. */
function served(flags: Flags, environment: Environment = {}) {
	const settings = read(['serve'], flags, environment);
	return settings.command === 'serve' ? settings.broker : undefined;
}

const kept = { kind: 'kept', directory: '/home/sam/.local/share/natter' };
const fingerprint = `SHA256:${'aB3+/'.repeat(8)}xyz`;

describe('who may come in', () => {
	it.each<[string, Flags, Environment, object]>([
		['everybody on this computer', {}, {}, { host: '127.0.0.1', isWide: false, isShared: false }],
		['other machines with a token that is kept', { share: true }, {}, { host: '::', isWide: true, token: kept }],
		['the same on any address but this computer', { host: '0.0.0.0' }, {}, { isWide: true, token: kept }],
		['the same behind a proxy', { trustProxy: '' }, {}, { host: '127.0.0.1', isWide: true, proxies: 1, token: kept }],
		['the same behind three of them', { trustProxy: '3' }, {}, { proxies: 3, token: kept }],
		['one address', { share: true, host: '10.0.0.7' }, {}, { host: '10.0.0.7', isShared: true, token: kept }],
		['a token of a flag', { share: true, token: 'abc' }, {}, { token: { kind: 'text', token: 'abc' } }],
		['a token on this computer', { token: 'abc' }, {}, { isWide: false, token: { kind: 'text', token: 'abc' } }],
		['a token of the environment', { share: true }, { NATTER_TOKEN: 'abc' }, { token: { kind: 'text', token: 'abc' } }],
		['a flag over it', { token: 'abc' }, { NATTER_TOKEN: 'x y' }, { token: { kind: 'text', token: 'abc' } }],
		['a file over it', { tokenFile: '/t' }, { NATTER_TOKEN: 'abc' }, { token: { kind: 'file', path: '/t' } }],
		['an empty variable is none', { share: true }, { NATTER_TOKEN: '' }, { token: kept }],
		['nobody of the base protocol', { base: false }, {}, { base: false }],
		['by key', { owner: [fingerprint] }, {}, { owners: [fingerprint] }],
		['by name', { allowHost: ['chat.example.com', '*'] }, {}, { allowHosts: ['chat.example.com', '*'] }],
		['pages', { allowOrigin: ['https://a.example:8443'] }, {}, { allowOrigins: ['https://a.example:8443'] }],
		['with TLS', { tlsCert: '/c', tlsKey: '/k' }, {}, { tls: { cert: '/c', key: '/k' } }],
	])('is %s', (_, flags, environment, settings) => {
		expect(served(flags, environment)).toMatchObject(settings);
	});

	it('is everybody when that is said, and the environment says nothing else', () => {
		expect(served({ share: true, open: true }, { NATTER_TOKEN: '' })).not.toHaveProperty('token');
		expect(refusal(['serve'], { share: true, open: true }, { NATTER_TOKEN: 'abc' })).toBe(
			'--open lets everybody in, and NATTER_TOKEN does not; leave one of them out',
		);
		expect(served({}, {})).not.toHaveProperty('token');
	});

	it('keeps the token with the messages', () => {
		expect(served({ share: true, data: '/data' })).toMatchObject({ token: { kind: 'kept', directory: '/data' } });
	});

	it.each<[string, readonly string[], Flags]>([
		['--open lets everybody in, and a token does not; leave one of them out', ['serve'], { open: true, token: 'abc' }],
		['--open lets everybody in, and a token does not; leave one of them out', [], { open: true, tokenFile: '/t' }],
		['--open goes with --share or --host: without them only this computer is let in', ['serve'], { open: true }],
		['--token and --token-file are two tokens; leave one of them out', [], { token: 'abc', tokenFile: '/t' }],
		[
			'--share lets other machines in, and --host 127.0.0.1 does not; leave one of them out',
			['serve'],
			{ share: true, host: '127.0.0.1' },
		],
		[
			'--share is for a broker that is hosted here, not for one at an address; leave one of them out',
			['ws://h'],
			{ share: true },
		],
		['--tls-cert and --tls-key go together, each with a file', ['serve'], { tlsCert: '/c' }],
		['--tls-cert and --tls-key go together, each with a file', ['serve'], { tlsCert: '/c', tlsKey: '' }],
		['--tls-cert belongs to natter --serve', [], { tlsCert: '/c', tlsKey: '/k' }],
		['--share belongs to natter and natter --serve', ['send', 'general'], { share: true }],
		['--no-base belongs to natter and natter --serve', ['tail', 'general'], { base: false }],
		['--owner belongs to natter and natter --serve', ['tail', 'general'], { owner: [fingerprint] }],
		['Expected --trust-proxy to be a whole number from 0 to 16, got "yes"', ['serve'], { trustProxy: 'yes' }],
		['Expected --owner to be SHA256: and 43 characters, as natter whoami says it, got "sam"', [], { owner: ['sam'] }],
		['Expected --allow-host to be a name such as chat.example.com, or *, got "a b"', [], { allowHost: ['a b'] }],
		[
			'Expected --allow-origin to be an origin such as https://chat.example.com, got "https://a.example/"',
			[],
			{ allowOrigin: ['https://a.example/'] },
		],
		['Expected --token-file to be a file, got ""', [], { tokenFile: '' }],
	])('%s', (message, words, flags) => {
		expect(refusal(words, flags)).toBe(message);
	});

	it('never repeats a token that it cannot take', () => {
		expect(refusal(['serve'], { token: 'ge heim' })).toBe(
			'Expected --token to be 1 to 256 visible ASCII characters without spaces',
		);
		expect(refusal(['serve'], { token: '' })).toContain('Expected --token to be');
		expect(refusal([], {}, { NATTER_TOKEN: 'gehe\u00efm' })).toBe(
			'Expected NATTER_TOKEN to be 1 to 256 visible ASCII characters without spaces',
		);
		expect(refusal(['http://h/?token=geheim'], {})).not.toContain('geheim');
	});
});

describe('a token to dial with', () => {
	it('is the one that was given, and for the broker on this computer the one that is kept', () => {
		const given = { kind: 'text', token: 'abc' };
		expect(read(['ws://h'], { token: 'abc' })).toMatchObject({ url: 'ws://h', token: given });
		expect(read(['send', 'r', 'hm'], { url: 'ws://h' }, { NATTER_TOKEN: 'abc' })).toMatchObject({ token: given });
		expect(read(['ws://h'])).not.toHaveProperty('token');
		expect(read(['tail', 'r'], { url: 'ws://h' })).not.toHaveProperty('token');
		expect(read(['tail', 'r'])).toMatchObject({ token: kept });
		expect(read([], { data: '/data' })).toMatchObject({ token: { kind: 'kept', directory: '/data' } });
	});

	it('does not keep a person from hosting who usually joins elsewhere', () => {
		expect(read([], { share: true }, { NATTER_URL: 'ws://h' })).not.toHaveProperty('url');
		expect(read([], {}, { NATTER_URL: 'ws://h' })).toMatchObject({ url: 'ws://h' });
	});

	it('may be in a line that a terminal broke, or that has the quotes of another shell', () => {
		expect(read(['ws://h:1/?token=ab\n   cd#general'])).toMatchObject({ url: 'ws://h:1/?token=abcd#general' });
		expect(read(["'ws://h:1/?token=abcd#general'"])).toMatchObject({ url: 'ws://h:1/?token=abcd#general' });
	});
});
