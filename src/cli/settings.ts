/**
 * What a command line and its environment ask for, or the one line that says what is wrong with them. Reads nothing:
 * flags, environment and this computer's facts come in as values. A flag wins over the environment.
 */
import ms, { type StringValue } from 'ms';
import { defaultRetention } from '../engines/engine.ts';
import { defaultLimits, defaultPort } from '../protocol/limits.ts';
import { cleanNick, cleanRoom, suggestNick } from '../protocol/text.ts';

export type Settings =
	| {
			readonly command: 'chat';
			/** Absent: the broker on this computer, hosted here when there is none. */
			readonly url?: string;
			readonly nick: string;
			/** The directory of who the person is: their key, and the brokers that they know. */
			readonly config: string;
			/** The directory of what is kept of the person: unsent lines, positions, drafts. */
			readonly state: string;
			readonly broker: BrokerSettings;
	  }
	| { readonly command: 'serve'; readonly config: string; readonly broker: BrokerSettings }
	| {
			readonly command: 'send';
			readonly url: string;
			readonly nick: string;
			readonly config: string;
			readonly room: string;
			/** Absent: the lines of standard input. */
			readonly text?: string;
	  }
	| {
			readonly command: 'tail';
			readonly url: string;
			readonly nick: string;
			readonly config: string;
			readonly room: string;
			readonly json: boolean;
			/** Everything kept above this number first. */
			readonly since?: number;
	  }
	| {
			readonly command: 'whoami';
			readonly nick: string;
			readonly config: string;
			readonly state: string;
			readonly data: string;
	  }
	| {
			readonly command: 'trust';
			readonly config: string;
			/** The address of the broker to forget. Absent: list those that are known. */
			readonly forget?: string;
	  };

export interface BrokerSettings {
	readonly host: string;
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
const durabilities = ['fsync', 'process'] as const;

/** Flags as they were typed: text, or whether a switch was given. */
export interface Flags {
	readonly serve?: boolean | undefined;
	readonly json?: boolean | undefined;
	readonly port?: string | undefined;
	readonly host?: string | undefined;
	readonly data?: string | undefined;
	readonly store?: string | undefined;
	readonly durability?: string | undefined;
	readonly historySize?: string | undefined;
	readonly historyTtl?: string | undefined;
	readonly chaos?: string | undefined;
	readonly chaosSeed?: string | undefined;
	readonly url?: string | undefined;
	readonly nick?: string | undefined;
	readonly since?: string | undefined;
	readonly forget?: string | undefined;
}

/** What this computer says of itself. */
export interface Surroundings {
	readonly environment: Readonly<Record<string, string | undefined>>;
	readonly login: string;
	readonly home: string;
}

/** A command line that cannot be followed. The message is one line for people. */
export class UsageError extends Error {
	override readonly name = 'UsageError';
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
	since: '--since',
	forget: '--forget',
};

const hostingFlags = [
	'port',
	'host',
	'data',
	'store',
	'durability',
	'historySize',
	'historyTtl',
	'chaos',
	'chaosSeed',
] as const;

const flagsOf: Readonly<Record<Settings['command'], readonly (keyof Flags)[]>> = {
	chat: [...hostingFlags, 'url', 'nick'],
	serve: [...hostingFlags, 'serve'],
	send: ['url', 'nick', 'port'],
	tail: ['url', 'nick', 'port', 'json', 'since'],
	whoami: ['nick'],
	trust: ['forget'],
};

const subcommands = ['serve', 'send', 'tail', 'whoami', 'trust'] as const;

/**
 * Reads a command line.
 *
 * @throws UsageError when a flag, a value or an argument cannot be followed.
 */
export function readSettings(words: readonly string[], flags: Flags, surroundings: Surroundings): Settings {
	const { environment } = surroundings;
	const [first] = words;
	const command = flags.serve === true ? 'serve' : (subcommands.find((name) => name === first) ?? 'chat');
	const config = readConfig(surroundings);
	refuseForeignFlags(command, flags);
	switch (command) {
		case 'serve': {
			refuseExtra(words.filter((word) => word !== 'serve'));
			return { command, config, broker: readBroker(flags, surroundings) };
		}
		case 'chat': {
			const [address = flags.url ?? present(environment['NATTER_URL']), ...extra] = words;
			refuseExtra(extra);
			return {
				command,
				...(address !== undefined && { url: readUrl(address) }),
				nick: readNick(flags, surroundings),
				config,
				state: readState(surroundings),
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
				url: readBrokerUrl(flags, environment),
				nick: readNick(flags, surroundings),
				config,
				room: readRoom('send', room),
				...(text !== undefined && { text }),
			};
		}
		case 'tail': {
			const [, room, ...extra] = words;
			refuseExtra(extra);
			return {
				command,
				url: readBrokerUrl(flags, environment),
				nick: readNick(flags, surroundings),
				config,
				room: readRoom('tail', room),
				json: flags.json ?? false,
				...(flags.since !== undefined && {
					since: readWhole('--since', flags.since, { min: 0, max: Number.MAX_SAFE_INTEGER }),
				}),
			};
		}
		case 'whoami':
			refuseExtra(words.slice(1));
			return {
				command,
				nick: readNick(flags, surroundings),
				config,
				state: readState(surroundings),
				data: readDataHome(flags, surroundings),
			};
		case 'trust': {
			refuseExtra(words.slice(1));
			const { forget } = flags;
			return { command, config, ...(forget !== undefined && { forget: readUrl(forget) }) };
		}
	}
}

function refuseForeignFlags(command: Settings['command'], flags: Flags): void {
	const given = (Object.keys(flagNames) as (keyof Flags)[]).filter((name) => flags[name] !== undefined);
	const foreign = given.find((name) => !flagsOf[command].includes(name));
	if (foreign !== undefined) {
		const owners = (Object.keys(flagsOf) as Settings['command'][]).filter((name) => flagsOf[name].includes(foreign));
		const names = owners.map((name) =>
			name === 'chat' ? 'natter' : name === 'serve' ? 'natter --serve' : `natter ${name}`,
		);
		throw new UsageError(`${flagNames[foreign]} belongs to ${names.join(' and ')}`);
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
	return {
		host: readHost(flags.host ?? '127.0.0.1'),
		port: readPort(flags, environment),
		store: readChoice(storeName, store, stores),
		data: readDataHome(flags, surroundings),
		durability: readChoice('--durability', flags.durability ?? 'fsync', durabilities),
		historySize:
			size === undefined ? defaultRetention.historySize : readWhole(sizeName, size, { min: 1, max: 1_000_000_000 }),
		historyTtlMs: ttl === undefined ? defaultRetention.historyTtlMs : readDuration(ttlName, ttl),
		...(chaos !== undefined && { chaos }),
	};
}

function readDataHome(flags: Flags, { environment, home }: Surroundings): string {
	const [, dataHome] = pick('', undefined, 'XDG_DATA_HOME', environment, `${home}/.local/share`);
	return readData(flags.data ?? `${dataHome}/natter`);
}

function readConfig({ environment, home }: Surroundings): string {
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

function readPort(flags: Flags, environment: Surroundings['environment']): number {
	const [name, port] = pick('--port', flags.port, 'PORT', environment, String(defaultPort));
	return readWhole(name, port, { min: 0, max: 65_535 });
}

function readBrokerUrl(flags: Flags, environment: Surroundings['environment']): string {
	const url = flags.url ?? (flags.port === undefined ? present(environment['NATTER_URL']) : undefined);
	return url === undefined ? `ws://127.0.0.1:${readPort(flags, environment)}` : readUrl(url);
}

function readUrl(address: string): string {
	const url = /^[a-z][a-z0-9+.-]*:\/\//iu.test(address) ? address : `ws://${address}`;
	if (!/^wss?:/iu.test(url) || !URL.canParse(url)) {
		throw new UsageError(`Expected an address such as ws://host:8080, got ${quote(address)}`);
	}
	return url;
}

function readHost(host: string): string {
	if (host === '' || /[\s/]/u.test(host)) {
		throw new UsageError(`Expected --host to be an address such as 127.0.0.1 or 0.0.0.0, got ${quote(host)}`);
	}
	return host;
}

function readData(directory: string): string {
	if (directory.trim() === '' || directory.includes('\0')) {
		throw new UsageError(`Expected --data to be a directory, got ${quote(directory)}`);
	}
	return directory;
}

function readNick(flags: Flags, { environment, login }: Surroundings): string {
	const [name, nick] = pick('--nick', flags.nick, 'NATTER_NICK', environment, undefined);
	if (nick === undefined) {
		return suggestNick(login);
	}
	const cleaned = cleanNick(nick, defaultLimits);
	if (!cleaned.ok) {
		throw new UsageError(`${name} ${quote(nick)}: ${cleaned.detail}`);
	}
	return cleaned.text;
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

function readWhole(name: string, value: string, { min, max }: { readonly min: number; readonly max: number }): number {
	const number = /^\d{1,16}$/u.test(value) ? Number(value) : Number.NaN;
	if (!(number >= min && number <= max)) {
		throw new UsageError(`Expected ${name} to be a whole number from ${min} to ${max}, got ${quote(value)}`);
	}
	return number;
}

function readDuration(name: string, value: string): number {
	// ms() takes a number without a unit for milliseconds, which nobody means who writes a retention of 30.
	const duration = /^\d+(\.\d+)?\s*[a-z]+$/iu.test(value) ? ms(value as StringValue) : undefined;
	if (duration === undefined || !(duration >= 1000)) {
		throw new UsageError(`Expected ${name} to be a duration such as 30d, 12h or 90m, at least 1s, got ${quote(value)}`);
	}
	return duration;
}

function quote(text: string): string {
	return JSON.stringify(text.length > 60 ? `${text.slice(0, 59)}…` : text);
}
