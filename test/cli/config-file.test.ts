import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Configuration, readConfigFile, readConfiguration } from '../../src/cli/config-file.ts';
import { UsageError } from '../../src/cli/usage.ts';
import { keyOf } from '../../src/tui/keymap.ts';
import { temporaryDirectory } from '../helpers/processes.ts';
import { read, refusal } from '../helpers/reading-settings.ts';

function complaint(action: () => unknown): string {
	try {
		action();
	} catch (error) {
		if (error instanceof UsageError) {
			return error.message;
		}
		throw error;
	}
	return 'none';
}

describe('the configuration file', () => {
	it('says how a person wants natter, with comments and commas at the end', () => {
		const { themes, bindings, ...rest } = readConfiguration(`\uFEFF{
			// Who I am.
			"nick": "sam",
			"url": "ws://10.0.0.7:8080/?token=x#general,ops",
			"theme": "mine",
			"themes": { "mine": { "base": "light", "nicks": ["red", "#005f00"] } },
			"keys": { "next-room": ["ctrl+n", "alt+right"], "help": [] },
			"highlight": ["deploy"],
			"bell": false,
		}`);
		expect(rest).toEqual({
			nick: 'sam',
			url: 'ws://10.0.0.7:8080/?token=x#general,ops',
			theme: 'mine',
			highlight: ['deploy'],
			bell: false,
		});
		expect(themes?.map(({ name }) => name)).toEqual(['mine']);
		expect(['next-room', 'help'].map((action) => keyOf(bindings ?? [], action as 'help'))).toEqual([
			'ctrl+n',
			undefined,
		]);
	});

	it.each(['__proto__', 'constructor', 'prototype'])('has no field %s, at no depth', (name) => {
		expect(complaint(() => readConfiguration(`{"${name}": 1}`))).toBe(
			`config.json line 1: ${name}: no field may have this name`,
		);
		for (const above of ['keys', 'themes']) {
			expect(complaint(() => readConfiguration(`{"${above}": {\n"${name}": {}}}`))).toBe(
				`config.json line 2: ${above}.${name}: no field may have this name`,
			);
		}
	});

	it.each(['[', '{"keys":'])('that is nothing but %s says that it is too deep', (opening) => {
		expect(complaint(() => readConfiguration(opening.repeat(20_000)))).toBe(
			'config.json: lists and objects lie too deep in each other',
		);
	});

	it.each([
		'{"a\\u001b[2Jb": 1}',
		'{"keys": {"a\\u001b[2Jb": []}}',
		'{"themes": {"a\\u001b[2Jb": {"base": "none"}}}',
		'{"keys": {"a\\u001b[2Jb": [], "a\\u001b[2Jb": []}}',
	])('names no field of %s as a terminal would take it', (written) => {
		const text = complaint(() => readConfiguration(written));
		expect(text).toContain('a\u241b[2Jb');
		expect(text).not.toContain('\x1b');
	});

	it('may say nothing, and may not be there', () => {
		expect(readConfiguration('{}')).toEqual({});
		const directory = temporaryDirectory();
		expect(readConfigFile(directory)).toEqual({});
		expect(readConfigFile(join(directory, 'none'))).toEqual({});
		writeFileSync(join(directory, 'config.json'), '{"mouse": true}');
		expect(readConfigFile(directory)).toEqual({ mouse: true });
		mkdirSync(join(directory, 'odd', 'config.json'), { recursive: true });
		expect(complaint(() => readConfigFile(join(directory, 'odd')))).toMatch(/^config\.json cannot be read: EISDIR/u);
	});

	it.each([
		['', 'line 1, column 1: unexpected end of input'],
		['{\n"bell": true,,\n}', 'line 2, column 14: unexpected ,'],
		['{\n"bell": true\n"title": true}', 'line 3, column 1: unexpected String'],
		['{"bell": ture}', "line 1, column 10: unexpected identifier 'ture'"],
		["{'bell': true}", `line 1, column 2: unexpected character '''`],
		['{"bell": true', 'line 1, column 14: unexpected end of input'],
		['[]', ': expected an object'],
		['"dark"', ': expected an object'],
		['{\n"bel": true}', 'line 2: bel: there is no such field; did you mean bell?'],
		['{"colour": true}', 'line 1: colour: there is no such field; there are nick, url,'],
		['{\n"bell": true,\n\n"bell": false}', 'line 4: bell stands on line 2 already'],
		['{\n"bell": "yes"}', 'line 2: bell: expected true or false'],
		['{"nick": null}', 'line 1: nick: expected a text'],
		['{"nick": ""}', 'line 1: nick: '],
		['{"url": "http://x"}', 'line 1: url: Expected an address such as ws://host:8080, got "http://x"'],
		['{"highlight": [\n"a",\n" "]}', 'line 3: highlight[1]: expected a word'],
		['{"highlight": "a"}', 'line 1: highlight: expected a list of texts'],
		['{"theme": "pink"}', 'line 1: theme: there is no theme of this name; there are auto, dark, light, mono'],
		['{"themes": {\n"dark": {}}}', 'line 2: themes.dark: natter has a theme of this name; call it otherwise'],
		['{"themes": {"x": {\n"gap": "puce"}}}', 'line 2: themes.x.gap: expected a look such as'],
		['{"themes": {"x": {\n"nicks": [\n"puce"]}}}', 'line 3: themes.x.nicks[0]: expected a look such as'],
		['{"themes": {"x": {\n"gap": 3}}}', 'line 2: themes.x.gap: expected a text, or a list of them'],
		['{"keys": {\n"nxt-room": []}}', 'line 2: keys.nxt-room: there is no action of this name; did you mean next-room?'],
		['{"keys": {"help": [\n"f1",\n"f13"]}}', 'line 3: keys.help[1]: "f13" is no key'],
		['{"themes": {"x": "dark"}}', 'line 1: themes.x: expected an object: looks by style'],
		['{"keys": {"help": "f1"}}', 'line 1: keys.help: expected a list of texts'],
		['{"keys": ["f1"]}', 'line 1: keys: expected an object: keys by action'],
	])('%j is refused in one line that says where and what', (written, said) => {
		const text = complaint(() => readConfiguration(written));
		expect(text).toContain(said.startsWith(':') ? `config.json${said}` : `config.json ${said}`);
		expect(text).not.toContain('\n');
	});
});

describe('a configuration among flags and variables', () => {
	const reading = (
		configuration: Configuration,
		{ words = [] as string[], flags = {}, environment = {} as Record<string, string> } = {},
	) => read(words, flags, environment, configuration);
	const preferring = (...all: Parameters<typeof reading>) => {
		const settings = reading(...all);
		return settings.command === 'chat' ? settings.preferences : undefined;
	};

	it('is asked last', () => {
		const mine = { nick: 'ana', url: 'ws://10.0.0.7:8080', causal: true };
		expect(reading(mine)).toMatchObject(mine);
		const environment = { NATTER_NICK: 'bob', NATTER_URL: 'ws://10.0.0.8:8080', NATTER_CAUSAL: 'false' };
		expect(reading(mine, { environment })).toMatchObject({ nick: 'bob', url: 'ws://10.0.0.8:8080', causal: false });
		const flags = { nick: 'jo', url: 'ws://10.0.0.9:8080', causal: true };
		expect(reading(mine, { flags, environment })).toMatchObject(flags);
		expect(reading(mine, { flags: { share: true } })).not.toHaveProperty('url');
		expect(reading(mine, { words: ['tail', 'general'] })).toMatchObject({
			nick: 'ana',
			isNickGiven: true,
			url: mine.url,
		});
		expect(reading(mine, { words: ['tail', 'general'], flags: { port: '1234' } })).toMatchObject({
			url: 'ws://127.0.0.1:1234',
		});
		expect(reading(mine, { words: ['whoami'] })).toMatchObject({ nick: 'ana' });
	});

	it('matters to nobody who hosts without a screen', () => {
		const fail = () => {
			throw new UsageError('config.json line 1: oh');
		};
		expect(refusal([], { serve: true }, {}, fail)).toBe('not refused');
		expect(refusal([], {}, {}, fail)).toBe('config.json line 1: oh');
	});

	it('says how the screen is, and the rest is as usual', () => {
		expect(preferring({ bell: false, highlight: ['deploy'], sidebar: false })).toMatchObject({
			bell: false,
			highlight: ['deploy'],
			sidebar: false,
			title: true,
			theme: 'auto',
		});
	});

	it('has its theme where neither a flag nor NO_COLOR says otherwise', () => {
		const theme = (configuration: Configuration, flags = {}, environment = {}) =>
			preferring(configuration, { flags, environment })?.theme;
		expect(theme({})).toBe('auto');
		expect(theme({ theme: 'light' })).toBe('light');
		expect(theme({ theme: 'light' }, {}, { NO_COLOR: '1' })).toBe('mono');
		expect(theme({ theme: 'light' }, {}, { NO_COLOR: '' })).toBe('light');
		expect(theme({ theme: 'light' }, { color: false })).toBe('mono');
		expect(theme({ theme: 'light' }, { color: true }, { NO_COLOR: '1' })).toBe('light');
		expect(theme({ theme: 'light' }, { theme: 'dark' }, { NO_COLOR: '1' })).toBe('dark');
		expect(theme({}, { theme: 'mono', color: false })).toBe('mono');
		expect(refusal([], { theme: 'dark', color: false })).toBe(
			'--theme and --no-color say different things; leave one of them out',
		);
		expect(refusal([], { theme: 'pink' })).toBe('Expected --theme to be auto or dark or light or mono, got "pink"');
		expect(refusal(['tail', 'general'], { theme: 'dark' })).toBe('--theme belongs to natter');
	});

	it('has links unless it says otherwise, or the terminal would print them', () => {
		expect(preferring({})?.links).toBe(true);
		expect(preferring({ links: false })?.links).toBe(false);
		expect(preferring({ links: false }, { flags: { links: true } })?.links).toBe(true);
		expect(preferring({}, { flags: { links: false } })?.links).toBe(false);
		expect(preferring({}, { environment: { TERM: 'linux' } })?.links).toBe(false);
	});
});
