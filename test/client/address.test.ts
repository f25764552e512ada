import { expect, test } from 'vitest';
import { parseAddress, withoutSecrets } from '../../src/client/address.ts';
import { joinLine } from '../../src/client/join-line.ts';

test.each([
	['ws://10.0.0.7:9000', 'ws://10.0.0.7:9000/'],
	['ws://10.0.0.7', 'ws://10.0.0.7:8080/'],
	['ws://10.0.0.7:80/chat', 'ws://10.0.0.7/chat'],
	['wss://chat.example.com', 'wss://chat.example.com/'],
	['localhost', 'ws://localhost:8080/'],
	[' localhost:9000 ', 'ws://localhost:9000/'],
	['[::1]', 'ws://[::1]:8080/'],
	['[::1]:9000', 'ws://[::1]:9000/'],
	['WS://Host', 'ws://host:8080/'],
])('%s is dialled as %s', (typed, dialled) => {
	expect(parseAddress(typed).dialled).toBe(dialled);
});

test('rooms are read from the fragment, each once, and are not dialled', () => {
	const { dialled, rooms } = parseAddress('ws://h:1/#general,ops,%23news,,general,caf%C3%A9');
	expect(rooms).toEqual(['general', 'ops', 'news', 'café']);
	expect(dialled).toBe('ws://h:1/');
});

test('a fragment that is not well escaped is taken as it is', () => {
	expect(parseAddress('ws://h:1/#100%').rooms).toEqual(['100%']);
});

test('a token and a password are dialled but not shown', () => {
	const { dialled, shown } = parseAddress('ws://sam:secret@h:1/?token=geheim&x=1#general');
	expect(dialled).toBe('ws://sam:secret@h:1/?token=geheim&x=1');
	expect(shown).toBe('ws://sam:***@h:1/?x=1');
	expect(parseAddress('ws://h:1/?token=geheim').shown).toBe('ws://h:1');
});

test('an address without a path is shown without a slash', () => {
	expect(parseAddress('10.0.0.7').shown).toBe('ws://10.0.0.7:8080');
});

test.each(['', '   ', 'http://h', 'ftp://h', 'ws://', 'ws://h:99999', 'a b', undefined, 5])(
	'%s is refused',
	(typed) => {
		expect(() => parseAddress(typed as string)).toThrow(
			expect.objectContaining({ name: 'NatterError', code: 'invalid_argument' }),
		);
	},
);

test('a refusal says what was expected and what came', () => {
	expect(() => parseAddress('ftp://h')).toThrow(
		"Expected `url` to be a ws:// or wss:// address, or a host, got `'ftp://h'` (string)",
	);
});

test.each([
	['ws://h', 'h:8080'],
	['wss://sam:secret@h/?token=geheim#general', 'h'],
	['ws://h:9310/a', 'h:9310/a'],
	['ws://h:9310/b#general', 'h:9310/b'],
])('the broker of %s is %s', (typed, broker) => {
	expect(parseAddress(typed).broker).toBe(broker);
});

test('a refusal does not repeat a token or a password', () => {
	for (const typed of ['ftp://sam:geheim@h/', 'ftp://h/?token=geheim#general', 'ws://h:99999/?x=1&token=geheim']) {
		expect(() => parseAddress(typed)).toThrow(
			expect.objectContaining({ message: expect.not.stringContaining('geheim') }),
		);
	}
});

test.each([
	['ws://h/?token=geheim#general', 'ws://h/?token=***#general'],
	['at ws://sam:ge:heim@h/x?a=1&TOKEN=geheim&b=2 and on', 'at ws://sam:***@h/x?a=1&TOKEN=***&b=2 and on'],
	['ws://h:8080/#a@b', 'ws://h:8080/#a@b'],
])('%s without secrets is %s', (text, hidden) => {
	expect(withoutSecrets(text)).toBe(hidden);
});

test('the line that others type to join is one argument for any shell, and leads back to address and room', () => {
	expect(joinLine('ws://10.0.0.7:8080/?token=abc', 'general')).toBe(
		"npx natter 'ws://10.0.0.7:8080/?token=abc#general'",
	);
	const line = joinLine("ws://h:1/?token=it's", 'caf\u00e9 "1,2"');
	expect(line).toMatch(/^npx natter '[^']*'$/);
	const { dialled, rooms } = parseAddress(line.slice("npx natter '".length, -1));
	expect(new URL(dialled).searchParams.get('token')).toBe("it's");
	expect(rooms).toEqual(['caf\u00e9 "1,2"']);
});
