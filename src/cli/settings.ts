/**
 * What a command line and its environment ask for, or the one line that says what is wrong with them. Reads nothing:
 * flags, environment and this computer's facts come in as values. A flag wins over the environment, and that over the
 * configuration.
 */
import ms, { type StringValue } from 'ms';
import { defaultRetention } from '../engines/engine.ts';
import type { Filter } from '../protocol/filter.ts';
import type { Tags } from '../protocol/frames.ts';
import { defaultLimits, defaultPort } from '../protocol/limits.ts';
import { cleanNick, cleanRoom, suggestNick } from '../protocol/text.ts';
import type { Binding } from '../tui/keymap.ts';
import { defaultPreferences, type Preferences } from '../tui/preferences.ts';
import { monoTheme, themeNames } from '../tui/theme.ts';
import { parseWhere } from '../tui/where.ts';
import type { TokenSource } from './access-token.ts';
import type { Configuration } from './config-file.ts';
import {
	type EntranceFlags,
	type EntranceSettings,
	entranceFlagNames,
	hostingEntranceFlags,
	readEntrance,
	readToken,
	tlsFlags,
} from './entrance-settings.ts';
import { readTags } from './tags.ts';
import { listed, quote, readUrl, readWhole, UsageError } from './usage.ts';

export { UsageError } from './usage.ts';

export type Settings =
	| {
			readonly command: 'chat';
			/** Absent: the broker on this computer, hosted here when there is none. */
			readonly url?: string;
			/** The token to dial with where `url` has none. */
			readonly token?: TokenSource;
			readonly nick: string;
			/** Why the nick is not the login's name, when nobody asked for one and it cannot be. */
			readonly nickReason?: string;
			/** The directory of who the person is: their key, and the brokers that they know. */
			readonly config: string;
			/** The directory of what is kept of the person: unsent lines, positions, drafts. */
			readonly state: string;
			/** Keep the order of what caused what across rooms. */
			readonly causal: boolean;
			/** Why lines are printed in place of a screen that is drawn; absent: they are not. */
			readonly plain?: 'asked' | 'dumb' | 'reader';
			readonly preferences: Preferences;
			readonly broker: BrokerSettings;
	  }
	| { readonly command: 'serve'; readonly config: string; readonly broker: BrokerSettings }
	| {
			readonly command: 'send';
			readonly url: string;
			/** The token to dial with where `url` has none. */
			readonly token?: TokenSource;
			readonly nick: string;
			/** The nick was asked for, and is not the login's. */
			readonly isNickGiven?: true;
			readonly config: string;
			readonly room: string;
			/** Absent: the lines of standard input. */
			readonly text?: string;
			/** What each message is labelled with. */
			readonly tags?: Tags;
	  }
	| {
			readonly command: 'tail';
			readonly url: string;
			/** The token to dial with where `url` has none. */
			readonly token?: TokenSource;
			readonly nick: string;
			/** The nick was asked for, and is not the login's. */
			readonly isNickGiven?: true;
			readonly config: string;
			readonly room: string;
			readonly json: boolean;
			/** Everything kept above this number first. */
			readonly since?: number;
			/** Only what matches. */
			readonly filter?: Filter;
	  }
	| {
			readonly command: 'whoami';
			readonly nick: string;
			/** Why the nick is not the login's name, when nobody asked for one and it cannot be. */
			readonly nickReason?: string;
			readonly config: string;
			readonly state: string;
			readonly data: string;
	  }
	/** `test`: what natter reads when keys are pressed. */
	| { readonly command: 'keys'; readonly test: boolean; readonly bindings: readonly Binding[] }
	| {
			readonly command: 'trust';
			readonly config: string;
			/** The address of the broker to forget. Absent: list those that are known. */
			readonly forget?: string;
	  };

export interface BrokerSettings extends EntranceSettings {
	readonly port: number;
	readonly store: 'sqlite' | 'memory';
	/** The directory of the sqlite store. */
	readonly data: string;
	/** What an acknowledged message survives in the sqlite store: a power cut, or only the end of this process. */
	readonly durability: 'fsync' | 'process';
	readonly historySize: number;
	readonly historyTtlMs: number;
	readonly chaos?: { readonly faults: readonly Fault[]; readonly seed?: number };
}

type Fault = (typeof faults)[number];

const faults = ['reorder', 'drop', 'dup', 'delay'] as const;
const stores = ['sqlite', 'memory'] as const;
const switches = ['true', 'false'] as const;
const durabilities = ['fsync', 'process'] as const;

/** Flags as they were typed: text, or whether a switch was given. */
export interface Flags extends EntranceFlags {
	readonly serve?: boolean | undefined;
	readonly json?: boolean | undefined;
	readonly port?: string | undefined;
	readonly data?: string | undefined;
	readonly store?: string | undefined;
	readonly durability?: string | undefined;
	readonly historySize?: string | undefined;
	readonly historyTtl?: string | undefined;
	readonly chaos?: string | undefined;
	readonly chaosSeed?: string | undefined;
	readonly url?: string | undefined;
	readonly nick?: string | undefined;
	readonly causal?: boolean | undefined;
	readonly theme?: string | undefined;
	readonly color?: boolean | undefined;
	readonly links?: boolean | undefined;
	readonly ascii?: boolean | undefined;
	readonly plain?: boolean | undefined;
	readonly test?: boolean | undefined;
	readonly since?: string | undefined;
	readonly forget?: string | undefined;
	readonly where?: string | undefined;
	/** Each one that was given. */
	readonly tag?: readonly string[] | undefined;
}

/** What this computer says of itself. */
export interface Surroundings {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly login: string;
	readonly home: string;
	/** What the person has written in their configuration; asked for where it matters. @default nothing */
	readonly configured?: () => Configuration;
}

type Asked = Surroundings & Required<Pick<Surroundings, 'configured'>>;

function askedOnce(surroundings: Surroundings): Asked {
	let configuration: Configuration | undefined;
	return {
		...surroundings,
		configured: () => {
			configuration ??= surroundings.configured?.() ?? {};
			return configuration;
		},
	};
}

const flagNames: Readonly<Record<keyof Flags, string>> = {
	serve: '--serve',
	json: '--json',
	port: '--port',
	host: '--host',
	data: '--data',
	store: '--store',
	durability: '--durability',
	historySize: '--history-size',
	historyTtl: '--history-ttl',
	chaos: '--chaos',
	chaosSeed: '--chaos-seed',
	url: '--url',
	nick: '--nick',
	causal: '--causal',
	theme: '--theme',
	color: '--no-color',
	links: '--no-links',
	ascii: '--ascii',
	plain: '--plain',
	test: '--test',
	since: '--since',
	forget: '--forget',
	...entranceFlagNames,
	where: '--where',
	tag: '--tag',
};

const hostingFlags = [
	...hostingEntranceFlags,
	'port',
	'data',
	'store',
	'durability',
	'historySize',
	'historyTtl',
	'chaos',
	'chaosSeed',
] as const;

const flagsOf: Readonly<Record<Settings['command'], readonly (keyof Flags)[]>> = {
	chat: [...hostingFlags, 'url', 'nick', 'causal', 'theme', 'color', 'links', 'ascii', 'plain'],
	serve: [...hostingFlags, ...tlsFlags, 'serve'],
	send: ['url', 'nick', 'port', 'token', 'tokenFile', 'tag'],
	tail: ['url', 'nick', 'port', 'json', 'since', 'token', 'tokenFile', 'where'],
	whoami: ['nick'],
	trust: ['forget'],
	keys: ['test'],
};

const subcommands = ['serve', 'send', 'tail', 'whoami', 'trust', 'keys'] as const;

/**
 * Reads a command line.
 *
 * @throws UsageError when a flag, a value or an argument cannot be followed.
 */
export function readSettings(words: readonly string[], flags: Flags, outside: Surroundings): Settings {
	const surroundings = askedOnce(outside);
	const [first] = words;
	const command = flags.serve === true ? 'serve' : (subcommands.find((name) => name === first) ?? 'chat');
	const config = configDirectory(surroundings);
	refuseForeignFlags(command, flags);
	switch (command) {
		case 'serve': {
			refuseExtra(words.filter((word) => word !== 'serve'));
			return { command, config, broker: readBroker(flags, surroundings) };
		}
		case 'chat': {
			const hosts = flags.share === true || flags.open === true;
			const usual = hosts ? undefined : usualUrl(surroundings);
			const [address = flags.url ?? usual, ...extra] = words;
			refuseExtra(extra);
			if (hosts && address !== undefined) {
				const name = flags.share === true ? '--share' : '--open';
				throw new UsageError(
					`${name} is for a broker that is hosted here, not for one at an address; leave one of them out`,
				);
			}
			const token = readDialToken(flags, surroundings, address !== undefined);
			return {
				command,
				...(address !== undefined && { url: readUrl(address) }),
				...(token !== undefined && { token }),
				nick: readNick(flags, surroundings),
				...readNickReason(flags, surroundings),
				config,
				state: readState(surroundings),
				causal: readCausal(flags, surroundings),
				...readPlain(flags, surroundings),
				preferences: readPreferences(flags, surroundings),
				broker: readBroker(flags, surroundings),
			};
		}
		case 'send': {
			const [, room, ...rest] = words;
			const text = rest.length === 0 ? undefined : rest.join(' ');
			if (text?.trim() === '') {
				throw new UsageError(`Expected a text to send, got ${quote(text)}`);
			}
			return {
				command,
				...readBrokerUrl(flags, surroundings),
				nick: readNick(flags, surroundings),
				...(isNickGiven(flags, surroundings) && { isNickGiven: true }),
				config,
				room: readRoom('send', room),
				...(text !== undefined && { text }),
				...(flags.tag !== undefined && { tags: readTagFlags(flags.tag) }),
			};
		}
		case 'tail': {
			const [, room, ...extra] = words;
			refuseExtra(extra);
			return {
				command,
				...readBrokerUrl(flags, surroundings),
				nick: readNick(flags, surroundings),
				...(isNickGiven(flags, surroundings) && { isNickGiven: true }),
				config,
				room: readRoom('tail', room),
				json: flags.json ?? false,
				...(flags.since !== undefined && {
					since: readWhole('--since', flags.since, { min: 0, max: Number.MAX_SAFE_INTEGER }),
				}),
				...(flags.where !== undefined && { filter: readWhere(flags.where) }),
			};
		}
		case 'whoami':
			refuseExtra(words.slice(1));
			return {
				command,
				nick: readNick(flags, surroundings),
				...readNickReason(flags, surroundings),
				config,
				state: readState(surroundings),
				data: usualData(surroundings),
			};
		case 'keys':
			refuseExtra(words.slice(1));
			return {
				command,
				test: flags.test ?? false,
				bindings: surroundings.configured().bindings ?? defaultPreferences.bindings,
			};
		case 'trust': {
			refuseExtra(words.slice(1));
			const { forget } = flags;
			return { command, config, ...(forget !== undefined && { forget: readUrl(forget) }) };
		}
	}
}

function refuseForeignFlags(command: Settings['command'], flags: Flags): void {
	const given = (Object.keys(flagNames) as (keyof Flags)[]).filter((name) => {
		const value = flags[name];
		return Array.isArray(value) ? value.length > 0 : value !== undefined;
	});
	const foreign = given.find((name) => !flagsOf[command].includes(name));
	if (foreign !== undefined) {
		const owners = (Object.keys(flagsOf) as Settings['command'][]).filter((name) => flagsOf[name].includes(foreign));
		const names = owners.map((name) =>
			name === 'chat' ? 'natter' : name === 'serve' ? 'natter --serve' : `natter ${name}`,
		);
		throw new UsageError(`${flagNames[foreign]} belongs to ${listed(names)}`);
	}
}

function refuseExtra(extra: readonly string[]): void {
	if (extra.length > 0) {
		throw new UsageError(`Unexpected argument ${quote(extra[0] ?? '')}; see natter --help`);
	}
}

function readBroker(flags: Flags, surroundings: Surroundings): BrokerSettings {
	const { environment } = surroundings;
	const [storeName, store] = pick('--store', flags.store, 'NATTER_STORE', environment, 'sqlite');
	const [sizeName, size] = pick('--history-size', flags.historySize, 'NATTER_HISTORY_SIZE', environment, undefined);
	const [ttlName, ttl] = pick('--history-ttl', flags.historyTtl, 'NATTER_HISTORY_TTL', environment, undefined);
	const chaos = readChaos(flags);
	const data = readData(flags.data ?? usualData(surroundings));
	return {
		...readEntrance(flags, environment, data),
		port: readPort(flags, environment),
		store: readChoice(storeName, store, stores),
		data,
		durability: readChoice('--durability', flags.durability ?? 'fsync', durabilities),
		historySize:
			size === undefined ? defaultRetention.historySize : readWhole(sizeName, size, { min: 1, max: 1_000_000_000 }),
		historyTtlMs: ttl === undefined ? defaultRetention.historyTtlMs : readDuration(ttlName, ttl),
		...(chaos !== undefined && { chaos }),
	};
}

function usualData({ environment, home }: Surroundings): string {
	const [, dataHome] = pick('', undefined, 'XDG_DATA_HOME', environment, `${home}/.local/share`);
	return `${dataHome}/natter`;
}

/** Where a person's key, the brokers that they know and their configuration are. */
export function configDirectory({ environment, home }: Pick<Surroundings, 'environment' | 'home'>): string {
	const [, configHome] = pick('', undefined, 'XDG_CONFIG_HOME', environment, `${home}/.config`);
	return present(environment['NATTER_CONFIG_DIR']) ?? `${configHome}/natter`;
}

function readState({ environment, home }: Surroundings): string {
	const [, stateHome] = pick('', undefined, 'XDG_STATE_HOME', environment, `${home}/.local/state`);
	return `${stateHome}/natter`;
}

/** The name and the value of what was set: the flag, else the variable, else the default. An empty variable is not set. */
function pick<Fallback extends string | undefined>(
	flagName: string,
	flag: string | undefined,
	variable: string,
	environment: Surroundings['environment'],
	fallback: Fallback,
): readonly [string, string | Fallback] {
	if (flag !== undefined) {
		return [flagName, flag];
	}
	const value = present(environment[variable]);
	return value === undefined ? [flagName, fallback] : [variable, value];
}

function present(value: string | undefined): string | undefined {
	return value === '' ? undefined : value;
}

function usualUrl({ environment, configured }: Asked): string | undefined {
	return present(environment['NATTER_URL']) ?? configured().url;
}

function readPort(flags: Flags, environment: Surroundings['environment']): number {
	const [name, port] = pick('--port', flags.port, 'PORT', environment, String(defaultPort));
	return readWhole(name, port, { min: 0, max: 65_535 });
}

function readBrokerUrl(flags: Flags, surroundings: Asked): { url: string; token?: TokenSource } {
	const { environment } = surroundings;
	const address = flags.url ?? (flags.port === undefined ? usualUrl(surroundings) : undefined);
	const url = address === undefined ? `ws://127.0.0.1:${readPort(flags, environment)}` : readUrl(address);
	const token = readDialToken(flags, surroundings, address !== undefined);
	return { url, ...(token !== undefined && { token }) };
}

/** What was given, else what this person's own broker on this computer keeps. */
function readDialToken(flags: Flags, surroundings: Surroundings, hasAddress: boolean): TokenSource | undefined {
	const directory = readData(flags.data ?? usualData(surroundings));
	return readToken(flags, surroundings.environment) ?? (hasAddress ? undefined : { kind: 'kept', directory });
}

function readData(directory: string): string {
	if (directory.trim() === '' || directory.includes('\0')) {
		throw new UsageError(`Expected --data to be a directory, got ${quote(directory)}`);
	}
	return directory;
}

function readNick(flags: Flags, { environment, login, configured }: Asked): string {
	const [name, nick] = pick('--nick', flags.nick, 'NATTER_NICK', environment, configured().nick);
	if (nick === undefined) {
		return suggestNick(login);
	}
	const cleaned = cleanNick(nick, defaultLimits);
	if (!cleaned.ok) {
		throw new UsageError(`${name} ${quote(nick)}: ${cleaned.detail}`);
	}
	return cleaned.text;
}

/** Nothing where the name of the login will do, or another one was asked for. */
function readNickReason(flags: Flags, surroundings: Asked): { readonly nickReason?: string } {
	const { login } = surroundings;
	if (isNickGiven(flags, surroundings) || login === '' || suggestNick(login) === login) {
		return {};
	}
	const cleaned = cleanNick(login, defaultLimits);
	return cleaned.ok ? {} : { nickReason: `not ${quote(login)}, your login name. ${cleaned.detail}` };
}

function isNickGiven({ nick }: Flags, { environment, configured }: Asked): boolean {
	return (nick ?? present(environment['NATTER_NICK']) ?? configured().nick) !== undefined;
}

function readCausal(flags: Flags, { environment, configured }: Asked): boolean {
	const usual = String(configured().causal ?? false);
	const [name, value] = pick('--causal', flags.causal?.toString(), 'NATTER_CAUSAL', environment, usual);
	return readChoice(name, value, switches) === 'true';
}

/** A terminal that can do nothing else, and a screen reader, get lines unless somebody says otherwise. */
function readPlain(
	flags: Flags,
	{ environment, configured }: Asked,
): Pick<Extract<Settings, { command: 'chat' }>, 'plain'> {
	const isAsked = flags.plain ?? configured().plain;
	if (isAsked !== undefined) {
		return isAsked ? { plain: 'asked' } : {};
	}
	// What other programs that draw with Ink go by.
	const isRead = environment['INK_SCREEN_READER'] === 'true';
	return isRead ? { plain: 'reader' } : environment['TERM'] === 'dumb' ? { plain: 'dumb' } : {};
}

function readPreferences(flags: Flags, { environment, configured }: Asked): Preferences {
	const { nick: _, url: _url, causal: _causal, plain: _plain, ...wished } = configured();
	const preferences = {
		...defaultPreferences,
		// The Linux console prints what it should make a link of.
		links: environment['TERM'] !== 'linux',
		...wished,
		...(flags.links !== undefined && { links: flags.links }),
		...(flags.ascii !== undefined && { ascii: flags.ascii }),
	};
	return { ...preferences, theme: readTheme(flags, environment, preferences) };
}

/** https://no-color.org: a flag wins over NO_COLOR, and that over a configuration. */
function readTheme(
	{ theme, color }: Flags,
	environment: Surroundings['environment'],
	{ theme: usual, themes }: Preferences,
): string {
	if (theme !== undefined && color === false && theme !== monoTheme.name) {
		throw new UsageError('--theme and --no-color say different things; leave one of them out');
	}
	if (theme !== undefined) {
		return readChoice('--theme', theme, themeNames(themes));
	}
	const isColoured = color ?? present(environment['NO_COLOR']) === undefined;
	return isColoured ? usual : monoTheme.name;
}

/** By which a person names their own inbox, whatever it is called. */
const ownInbox = '@';

function readRoom(command: 'send' | 'tail', room: string | undefined): string {
	if (room === undefined) {
		throw new UsageError(`Expected a room: natter ${command} ROOM${command === 'send' ? ' [TEXT]' : ''}`);
	}
	if (command === 'tail' && room === ownInbox) {
		return ownInbox;
	}
	const cleaned = cleanRoom(room.replace(/^#/u, ''), defaultLimits);
	if (!cleaned.ok) {
		throw new UsageError(`Room ${quote(room)}: ${cleaned.detail}`);
	}
	return cleaned.text;
}

function readWhere(text: string): Filter {
	const read = parseWhere(text);
	if (!read.ok) {
		throw new UsageError(`--where ${quote(text)}: ${read.detail}`);
	}
	return read.filter;
}

function readTagFlags(words: readonly string[]): Tags {
	const read = readTags(words);
	if (!read.ok) {
		throw new UsageError(`--tag: ${read.detail}`);
	}
	return read.tags;
}

function readChaos(flags: Flags): BrokerSettings['chaos'] {
	if (flags.chaos === undefined) {
		if (flags.chaosSeed !== undefined) {
			throw new UsageError('--chaos-seed goes with --chaos');
		}
		return undefined;
	}
	const names = flags.chaos.split(',').map((name) => name.trim());
	return {
		faults: names.map((name) => readChoice('--chaos', name, faults)),
		...(flags.chaosSeed !== undefined && {
			seed: readWhole('--chaos-seed', flags.chaosSeed, { min: 0, max: 0xffff_ffff }),
		}),
	};
}

function readChoice<Choice extends string>(name: string, value: string, choices: readonly Choice[]): Choice {
	const choice = choices.find((candidate) => candidate === value);
	if (choice === undefined) {
		throw new UsageError(`Expected ${name} to be ${choices.join(' or ')}, got ${quote(value)}`);
	}
	return choice;
}

function readDuration(name: string, value: string): number {
	// ms() takes a number without a unit for milliseconds, which nobody means who writes a retention of 30.
	const duration = /^\d+(\.\d+)?\s*[a-z]+$/iu.test(value) ? ms(value as StringValue) : undefined;
	if (duration === undefined || !(duration >= 1000)) {
		throw new UsageError(`Expected ${name} to be a duration such as 30d, 12h or 90m, at least 1s, got ${quote(value)}`);
	}
	return duration;
}
