import { describe, expect, it } from 'vitest';
import { type Flags, readSettings, type Surroundings } from '../../src/cli/settings.ts';
import { defaultPreferences } from '../../src/tui/preferences.ts';
import { read, refusal } from '../helpers/reading-settings.ts';

const local = { host: '127.0.0.1', isWide: false, isShared: false, base: true, owners: [], proxies: 0 };
const kept = { kind: 'kept', directory: '/home/sam/.local/share/natter' };
const broker = {
	...local,
	allowHosts: [],
	allowOrigins: [],
	port: 8080,
	store: 'sqlite',
	data: '/home/sam/.local/share/natter',
	durability: 'fsync',
	historySize: 10_000,
	historyTtlMs: 30 * 24 * 3_600_000,
};

describe('readSettings', () => {
	it('chats on this computer when nothing is said', () => {
		expect(read([])).toEqual({
			command: 'chat',
			token: kept,
			nick: 'sam',
			config: '/home/sam/.config/natter',
			state: '/home/sam/.local/state/natter',
			causal: false,
			preferences: defaultPreferences,
			broker,
		});
	});

	it('chats at an address, with the scheme filled in', () => {
		expect(read(['example.org:9000#ops'], { nick: 'ana' })).toEqual({
			command: 'chat',
			url: 'ws://example.org:9000#ops',
			nick: 'ana',
			config: '/home/sam/.config/natter',
			state: '/home/sam/.local/state/natter',
			causal: false,
			preferences: defaultPreferences,
			broker,
		});
	});

	it('keeps the order across rooms when a flag or the environment says so', () => {
		expect(read([], { causal: true })).toMatchObject({ causal: true });
		expect(read([], {}, { NATTER_CAUSAL: 'true' })).toMatchObject({ causal: true });
		expect(read([], { causal: false }, { NATTER_CAUSAL: 'true' })).toMatchObject({ causal: false });
		expect(read([], {}, { NATTER_CAUSAL: '' })).toMatchObject({ causal: false });
		expect(refusal([], {}, { NATTER_CAUSAL: 'yes' })).toBe('Expected NATTER_CAUSAL to be true or false, got "yes"');
		expect(refusal(['tail', 'general'], { causal: true })).toBe('--causal belongs to natter');
	});

	it('prints lines when somebody wants it, and where nothing else would do', () => {
		const of = (flags: Flags, environment = {}, configuration = {}) => {
			const settings = read([], flags, environment, configuration);
			return settings.command === 'chat' ? settings.plain : 'no chat';
		};
		expect(of({})).toBe(undefined);
		expect(of({ plain: true })).toBe('asked');
		expect(of({}, {}, { plain: true })).toBe('asked');
		expect(of({}, { TERM: 'dumb' })).toBe('dumb');
		expect(of({}, { INK_SCREEN_READER: 'true', TERM: 'dumb' })).toBe('reader');
		expect(of({}, { INK_SCREEN_READER: 'false' })).toBe(undefined);
		expect(of({ plain: false }, { TERM: 'dumb' }, { plain: true })).toBe(undefined);
		expect(of({}, { TERM: 'dumb' }, { plain: false })).toBe(undefined);
		expect(refusal(['tail', 'general'], { plain: true })).toBe('--plain belongs to natter');
	});

	it('takes a flag over the environment, and an empty variable for none', () => {
		const environment = { PORT: '9000', NATTER_STORE: 'memory', NATTER_HISTORY_SIZE: '5', NATTER_HISTORY_TTL: '12h' };
		expect(read([], { serve: true }, environment)).toEqual({
			command: 'serve',
			config: '/home/sam/.config/natter',
			broker: { ...broker, port: 9000, store: 'memory', historySize: 5, historyTtlMs: 12 * 3_600_000 },
		});
		expect(read(['serve'], { port: '9001' }, { ...environment, NATTER_STORE: '' })).toMatchObject({
			broker: { port: 9001, store: 'sqlite' },
		});
	});

	it('asks the disk for less when told so, and for nothing that it does not know', () => {
		expect(read([], { durability: 'process' })).toMatchObject({ broker: { durability: 'process' } });
		expect(refusal([], { durability: 'none' })).toMatch(/--durability/u);
	});

	it('keeps messages where XDG_DATA_HOME says', () => {
		expect(read([], {}, { XDG_DATA_HOME: '/data' })).toMatchObject({ broker: { data: '/data/natter' } });
		expect(read([], { data: 'here' }, { XDG_DATA_HOME: '/data' })).toMatchObject({ broker: { data: 'here' } });
	});

	it('keeps keys where NATTER_CONFIG_DIR says, else below XDG_CONFIG_HOME', () => {
		expect(read([], {}, { XDG_CONFIG_HOME: '/config' })).toMatchObject({ config: '/config/natter' });
		expect(read([], {}, { XDG_CONFIG_HOME: '/config', NATTER_CONFIG_DIR: '/me' })).toMatchObject({ config: '/me' });
		expect(read([], {}, { NATTER_CONFIG_DIR: '' })).toMatchObject({ config: '/home/sam/.config/natter' });
	});

	it('says who one is, and where things are', () => {
		expect(read(['whoami'], { nick: 'ana' })).toEqual({
			command: 'whoami',
			nick: 'ana',
			config: '/home/sam/.config/natter',
			state: '/home/sam/.local/state/natter',
			data: '/home/sam/.local/share/natter',
		});
		expect(refusal(['whoami', 'ana'])).toMatch(/ana/u);
	});

	it('says why the login name is not the nick, when nobody asked for another', () => {
		const asRoot = (words: readonly string[], flags: Flags = {}) =>
			readSettings(words, flags, { environment: {}, login: 'root', home: '/root' });
		const reason = 'not "root", your login name. Expected another nick: root is reserved';
		expect(asRoot(['whoami'])).toMatchObject({ nick: 'root_', nickReason: reason });
		expect(asRoot([])).toMatchObject({ nick: 'root_', nickReason: reason });
		expect(asRoot([], { nick: 'ana' })).not.toHaveProperty('nickReason');
		expect(read([])).not.toHaveProperty('nickReason');
	});

	it('lists the brokers that are trusted, or forgets one', () => {
		expect(read(['trust'])).toEqual({ command: 'trust', config: '/home/sam/.config/natter' });
		expect(read(['trust'], { forget: 'chat.example:9000' })).toMatchObject({ forget: 'ws://chat.example:9000' });
		expect(refusal(['trust'], { forget: 'http://x' })).toMatch(/address/u);
		expect(refusal(['trust', 'chat.example'])).toMatch(/chat\.example/u);
		expect(refusal([], { forget: 'x' })).toMatch(/--forget belongs to natter trust/u);
	});

	it('keeps what is not sent where XDG_STATE_HOME says', () => {
		expect(read([], {}, { XDG_STATE_HOME: '/state' })).toMatchObject({ state: '/state/natter' });
		expect(read([], {}, { XDG_STATE_HOME: '' })).toMatchObject({ state: '/home/sam/.local/state/natter' });
	});

	it('reads faults and their seed', () => {
		expect(read([], { serve: true, chaos: 'reorder, drop', chaosSeed: '7' })).toMatchObject({
			broker: { chaos: { faults: ['reorder', 'drop'], seed: 7 } },
		});
	});

	it('sends words or standard input, and tails from a number', () => {
		expect(read(['send', '#general', 'hello', 'there'])).toEqual({
			command: 'send',
			url: 'ws://127.0.0.1:8080',
			token: kept,
			nick: 'sam',
			config: '/home/sam/.config/natter',
			room: 'general',
			text: 'hello there',
		});
		expect(read(['send', 'general'], {}, { NATTER_URL: 'ws://b:1', NATTER_NICK: 'bot' })).toEqual({
			command: 'send',
			url: 'ws://b:1',
			nick: 'bot',
			isNickGiven: true,
			config: '/home/sam/.config/natter',
			room: 'general',
		});
		expect(read(['tail', 'general'], { json: true, since: '412', port: '9000' }, { NATTER_URL: 'ws://b:1' })).toEqual({
			command: 'tail',
			url: 'ws://127.0.0.1:9000',
			token: kept,
			nick: 'sam',
			config: '/home/sam/.config/natter',
			room: 'general',
			json: true,
			since: 412,
		});
	});

	it('labels what it sends, and tails what matches', () => {
		expect(read(['send', 'deploys', 'failed'], { tag: ['level=error', 'ms=812'] })).toMatchObject({
			text: 'failed',
			tags: { level: 'error', ms: 812 },
		});
		expect(read(['tail', 'deploys'], { where: 'tags.level = error and tags.ms > 500' })).toMatchObject({
			filter: {
				all: [
					{ field: 'tags.level', op: 'eq', value: 'error' },
					{ field: 'tags.ms', op: 'gt', value: 500 },
				],
			},
		});
	});

	it.each<[string, readonly string[], Flags, Surroundings['environment']]>([
		['Expected --port to be a whole number from 0 to 65535, got "99999"', [], { port: '99999' }, {}],
		['Expected --port to be a whole number from 0 to 65535, got ""', [], { port: '' }, {}],
		['Expected PORT to be a whole number from 0 to 65535, got "http"', [], {}, { PORT: 'http' }],
		['Expected NATTER_STORE to be sqlite or memory, got "redis"', [], { serve: true }, { NATTER_STORE: 'redis' }],
		['Expected --history-size to be a whole number from 1 to 1000000000, got "0"', [], { historySize: '0' }, {}],
		[
			'Expected --history-ttl to be a duration such as 30d, 12h or 90m, at least 1s, got "30"',
			[],
			{ historyTtl: '30' },
			{},
		],
		[
			'Expected --history-ttl to be a duration such as 30d, 12h or 90m, at least 1s, got "3 moons"',
			[],
			{ historyTtl: '3 moons' },
			{},
		],
		['Expected --chaos to be reorder or drop or dup or delay, got "explode"', [], { chaos: 'explode' }, {}],
		['--tag: Expected a tag such as level=error, got "level"', ['send', 'deploys'], { tag: ['level'] }, {}],
		['--tag belongs to natter send', ['tail', 'deploys'], { tag: ['a=b'] }, {}],
		['--where belongs to natter tail', ['send', 'deploys'], { where: 'verified' }, {}],
		[
			'--where "level = error": Expected sender, verified, content or tags.NAME, got level',
			['tail', 'deploys'],
			{ where: 'level = error' },
			{},
		],
		['--where "tags.level = (error": Unclosed ( at 20', ['tail', 'deploys'], { where: 'tags.level = (error' }, {}],
		['--chaos-seed goes with --chaos', [], { chaosSeed: '1' }, {}],
		['Expected an address such as ws://host:8080, got "http://host"', ['http://host'], {}, {}],
		['Expected --data to be a directory, got " "', [], { data: ' ' }, {}],
		['Expected a room: natter send ROOM [TEXT]', ['send'], {}, {}],
		['Expected a text to send, got ""', ['send', 'general', ''], {}, {}],
		['Expected a text to send, got "   "', ['send', 'general', ' ', ' '], {}, {}],
		['Expected a room: natter tail ROOM', ['tail'], {}, {}],
		['Unexpected argument "extra"; see natter --help', ['tail', 'general', 'extra'], {}, {}],
		['--port belongs to natter, natter --serve, natter send and natter tail', ['whoami'], { port: '1' }, {}],
		['--json belongs to natter tail', ['send', 'general'], { json: true }, {}],
		['--data belongs to natter and natter --serve', ['send', 'general'], { data: 'x' }, {}],
		[
			'Expected --since to be a whole number from 0 to 9007199254740991, got "-1"',
			['tail', 'general'],
			{ since: '-1' },
			{},
		],
	])('says %j', (message, words, flags, environment) => {
		expect(refusal(words, flags, environment)).toBe(message);
	});

	it('names the nick and the room that it refuses', () => {
		expect(refusal([], { nick: 'system' })).toMatch(/^--nick "system": /u);
		expect(refusal([], {}, { NATTER_NICK: 'a\u0007b' })).toMatch(/^NATTER_NICK "a\\u0007b": /u);
		expect(refusal(['tail', ' '])).toMatch(/^Room " ": /u);
	});
});
