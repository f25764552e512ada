import { KeyObject } from 'node:crypto';
import type { Server } from 'node:http';
import type { Engine } from '../engines/engine.ts';
import { isFingerprint } from '../protocol/identity.ts';
import { defaultLimits, defaultPort, type Limits } from '../protocol/limits.ts';
import { type Access, openAccess, tokenAccess } from './access.ts';
import type { Authenticate } from './authenticate.ts';
import { type ExpectedHosts, expectedHosts, isHostName } from './hosts.ts';
import { checkTls, type TlsOptions } from './tls.ts';

/** What `createBroker` may be told. Only the engine has no default. */
export interface BrokerOptions {
	/** Where messages are kept. The broker does not close it: whoever opened it does, after `broker.close()`. */
	readonly engine: Engine;
	/** The port to listen on; 0 picks a free one. Not with `server`. @default 8080 */
	readonly port?: number;
	/** The address to listen on. Not with `server`. @default '127.0.0.1' */
	readonly host?: string;
	/** Attach to this server instead of listening: the broker takes its upgrades at `path` and leaves the rest alone. */
	readonly server?: Server;
	/** The path at which upgrades are taken. Without `server`: any path when not given. @default '/' with `server` */
	readonly path?: string;
	/** Any of the limits, in place of its default. @default defaultLimits */
	readonly limits?: Partial<Limits>;
	/** How often each connection is pinged, in ms. @default 25000 */
	readonly pingMs?: number;
	/** How long after a ping the pong may take until the connection is dead, in ms. @default 10000 */
	readonly pongMs?: number;
	/**
	 * How long presence changes of a room are collected, in ms. In a room with more users than `limits.presenceFull` it is
	 * longer by as much as there are more, but not more than 30 s. @default 250
	 */
	readonly presenceMs?: number;
	/**
	 * How long messages to a room of 100 readers or more may wait for others, to be stored with them and to go in one write,
	 * in ms, 0 to 1000; in a smaller room less, in proportion, and where that is less than 1 ms not at all: 5 is none below
	 * 20 readers. What comes after silence does not wait. 0: nothing does. @default 5
	 */
	readonly flushWindowMs?: number;
	/**
	 * How long a user whose connection was lost stays where they were, in ms: a client that comes back within it has neither
	 * left nor come. 0: they leave at once. @default 30000
	 */
	readonly sessionTtlMs?: number;
	/** How often retention is applied, in ms. @default 60000 */
	readonly sweepMs?: number;
	/** Origins of web pages that may connect; a browser says its page's. @default [] */
	readonly allowOrigins?: readonly string[];
	/**
	 * The Ed25519 private key that clients know this broker by. @default kept in the engine, and made when there is none: that
	 * of a memory engine is another one in each run
	 */
	readonly key?: KeyObject;
	/** Fingerprints (`SHA256:...`) of the keys whose users own this broker. @default [] */
	readonly owners?: readonly string[];
	/**
	 * Who may connect: `'open'` for everybody, or whoever presents one of these tokens, 1..512 characters each, as `?token=`,
	 * as `Authorization: Bearer`, or as the password of `Authorization: Basic`. @default 'open'
	 */
	readonly access?: 'open' | { readonly tokens: readonly string[] };
	/**
	 * Names by which clients may dial the broker, beside `localhost`, `host`, and the names and addresses that its computer
	 * has; `'*'` for any. Ports do not matter to names that stand here. A client with a key says what it dialled, and its login
	 * is taken only at one of these names, for it may have been carried on by whoever it dialled: with `'*'` nothing tells.
	 * @default []; with `server`, requests for any name are taken as well
	 */
	readonly allowHosts?: readonly string[];
	/**
	 * How many proxies of yours stand in front of the broker: the address of a client is then what the first of them saw,
	 * as `X-Forwarded-For` tells it. `true` is one. The broker must not be reachable but through them. @default 0
	 */
	readonly trustProxy?: number | boolean;
	/** Listen with TLS 1.2 or newer. `broker.setTls` changes it later. Not with `server`. @default without TLS */
	readonly tls?: TlsOptions;
	/** Let clients in that speak the base protocol, and so cannot prove who they are. @default true */
	readonly base?: boolean;
	/**
	 * Who a client is, by rules of your own: asked after the upgrade, with what the client has proven. @default whoever owns
	 * the key that they prove; a guest without one
	 */
	readonly authenticate?: Authenticate;
	/** The broker's name in `welcome`. @default random, per broker */
	readonly node?: string;
	/**
	 * What the tokens of rooms are made of, by which messages name what came before them in other rooms. Brokers that share
	 * rooms need the same one; with another one after a restart, nobody waits for what was named before. Nobody else should
	 * know it: at least 16 characters. @default made from `key`
	 */
	readonly secret?: string;
	/** Misbehave on purpose towards v1 clients, to show what a client does about it. @default none */
	readonly chaos?: ChaosOptions;
	/** Told of what an operator may want to know: one event name, and plain values. @default nobody */
	readonly log?: (level: 'info' | 'warn' | 'error', event: string, fields: Readonly<Record<string, unknown>>) => void;
}

/** Which faults are made. The same seed and the same messages give the same faults. */
export interface ChaosOptions {
	readonly faults: readonly ('reorder' | 'drop' | 'dup' | 'delay')[];
	/** A whole number. @default random, and logged */
	readonly seed?: number;
}

/** `BrokerOptions` with every default filled in. */
export interface Settings {
	readonly engine: Engine;
	readonly port: number;
	readonly host: string;
	readonly server: Server | undefined;
	readonly path: string | undefined;
	readonly limits: Limits;
	readonly pingMs: number;
	readonly pongMs: number;
	readonly presenceMs: number;
	readonly flushWindowMs: number;
	readonly sessionTtlMs: number;
	readonly sweepMs: number;
	readonly allowOrigins: ReadonlySet<string>;
	readonly key: KeyObject | undefined;
	readonly owners: ReadonlySet<string>;
	readonly access: Access;
	/** By which names the broker may be dialled, for `isExpectedHost`. */
	readonly hosts: ExpectedHosts;
	/** By which of them it takes logins. */
	readonly authorities: ExpectedHosts;
	/** How many proxies are in front of the broker. */
	readonly proxies: number;
	readonly tls: TlsOptions | undefined;
	/** Whether clients of the base protocol are let in. */
	readonly base: boolean;
	readonly authenticate: Authenticate | undefined;
	readonly node: string;
	readonly secret: string | undefined;
	readonly chaos: Required<ChaosOptions> | undefined;
	readonly log: NonNullable<BrokerOptions['log']>;
}

/** Every option, in the order in which they are told. */
export const optionNames = Object.keys({
	engine: true,
	port: true,
	host: true,
	server: true,
	path: true,
	tls: true,
	limits: true,
	access: true,
	authenticate: true,
	owners: true,
	base: true,
	allowHosts: true,
	allowOrigins: true,
	trustProxy: true,
	key: true,
	node: true,
	secret: true,
	flushWindowMs: true,
	presenceMs: true,
	sessionTtlMs: true,
	pingMs: true,
	pongMs: true,
	sweepMs: true,
	chaos: true,
	log: true,
} satisfies Readonly<Record<keyof BrokerOptions, true>>) as readonly (keyof BrokerOptions)[];

/** The longest time that a timer of Node can wait. */
const maxTimerMs = 2 ** 31 - 1;

/** The options that are whole numbers: what each is when it is not given, and how small and large it may be. */
export const wholeNumbers = {
	port: { usual: defaultPort, least: 0, most: 65_535 },
	flushWindowMs: { usual: 5, least: 0, most: 1000 },
	presenceMs: { usual: 250, least: 0, most: maxTimerMs },
	sessionTtlMs: { usual: 30_000, least: 0, most: maxTimerMs },
	pingMs: { usual: 25_000, least: 1, most: maxTimerMs },
	pongMs: { usual: 10_000, least: 1, most: maxTimerMs },
	sweepMs: { usual: 60_000, least: 1, most: maxTimerMs },
} satisfies Partial<Record<keyof BrokerOptions, { usual: number; least: number; most: number }>>;

/**
 * Fills in the defaults. `random` gives what the caller left to chance.
 *
 * @throws TypeError when an option makes no sense.
 */
export function checkOptions(
	options: BrokerOptions,
	random: { readonly node: string; readonly seed: number },
): Settings {
	checkNames(options);
	const number = (name: keyof typeof wholeNumbers): number => {
		const { usual, least, most } = wholeNumbers[name];
		const { [name]: value = usual } = options;
		return wholeNumber(name, value, least, most);
	};
	const {
		engine,
		server,
		path = server && '/',
		allowOrigins = [],
		node = random.node,
		secret,
		limits = {},
		log = () => {},
	} = options;
	const { key, owners = [], authenticate } = options;
	if (authenticate !== undefined && typeof authenticate !== 'function') {
		throw expected('authenticate', 'a function', authenticate);
	}
	if (typeof engine?.append !== 'function') {
		throw expected('engine', 'an engine', engine);
	}
	if (server !== undefined && (options.port !== undefined || options.host !== undefined)) {
		throw expected('port` and `host', 'nothing beside `server`', options.port ?? options.host);
	}
	if (path !== undefined && (typeof path !== 'string' || !/^\/[^?#]*$/.test(path))) {
		throw expected('path', 'a string that begins with / and has no query', path);
	}
	if (typeof node !== 'string' || node === '' || node.length > 128) {
		throw expected('node', 'a string of 1 to 128 characters', node);
	}
	if (secret !== undefined && (typeof secret !== 'string' || secret.length < 16)) {
		throw new TypeError('Expected `secret` to be a string of at least 16 characters');
	}
	if (typeof log !== 'function') {
		throw expected('log', 'a function', log);
	}
	if (!Array.isArray(allowOrigins) || allowOrigins.some((origin) => typeof origin !== 'string')) {
		throw expected('allowOrigins', 'an array of strings', allowOrigins);
	}
	if (
		key !== undefined &&
		!(key instanceof KeyObject && key.type === 'private' && key.asymmetricKeyType === 'ed25519')
	) {
		throw new TypeError('Expected `key` to be an Ed25519 private key as a KeyObject');
	}
	if (!Array.isArray(owners) || owners.some((owner) => !isFingerprint(owner))) {
		throw expected('owners', 'an array of fingerprints: `SHA256:` and 43 characters', owners);
	}
	const { allowHosts = server === undefined ? [] : ['*'], trustProxy = 0, tls, base = true } = options;
	if (!Array.isArray(allowHosts) || allowHosts.some((host) => !isHostName(host))) {
		throw expected('allowHosts', "an array of host names, or of '*'", allowHosts);
	}
	if (server !== undefined && tls !== undefined) {
		throw new TypeError('Expected `tls` to be nothing beside `server`, which has its own');
	}
	if (typeof base !== 'boolean') {
		throw expected('base', 'true or false', base);
	}
	if (tls !== undefined) {
		checkTls(tls);
	}
	const host = options.host ?? '127.0.0.1';
	return {
		engine,
		port: number('port'),
		host,
		server,
		path,
		limits: checkLimits(limits),
		pingMs: number('pingMs'),
		pongMs: number('pongMs'),
		presenceMs: number('presenceMs'),
		flushWindowMs: number('flushWindowMs'),
		sessionTtlMs: number('sessionTtlMs'),
		sweepMs: number('sweepMs'),
		key,
		owners: new Set(owners),
		allowOrigins: new Set(allowOrigins.map((origin) => origin.toLowerCase())),
		access: checkAccess(options.access ?? 'open'),
		hosts: expectedHosts(allowHosts, host),
		authorities: expectedHosts(options.allowHosts ?? [], host),
		proxies: typeof trustProxy === 'boolean' ? Number(trustProxy) : wholeNumber('trustProxy', trustProxy, 0, 16),
		tls,
		base,
		authenticate,
		node,
		secret,
		chaos: options.chaos && checkChaos(options.chaos, random.seed),
		log,
	};
}

const faults: readonly unknown[] = ['reorder', 'drop', 'dup', 'delay'] satisfies ChaosOptions['faults'];

/** What is wrong is said without what was given, for that may be a token. */
function checkAccess(access: NonNullable<BrokerOptions['access']>): Access {
	if (access === 'open') {
		return openAccess;
	}
	const tokens: unknown = typeof access === 'object' ? access?.tokens : undefined;
	if (!Array.isArray(tokens) || tokens.length === 0 || !tokens.every(isToken)) {
		throw new TypeError("Expected `access` to be 'open', or an object with `tokens` of 1 to 512 characters each");
	}
	return tokenAccess(tokens);
}

function isToken(token: unknown): token is string {
	return typeof token === 'string' && token !== '' && token.length <= 512;
}

function checkChaos({ faults: chosen, seed }: ChaosOptions, random: number): Required<ChaosOptions> {
	if (!Array.isArray(chosen) || chosen.length === 0 || chosen.some((fault) => !faults.includes(fault))) {
		throw expected('chaos.faults', `some of ${faults.join(', ')}`, chosen);
	}
	return { faults: [...chosen], seed: wholeNumber('chaos.seed', seed ?? random, 0, Number.MAX_SAFE_INTEGER) };
}

const limitNames = Object.keys(defaultLimits) as readonly (keyof Limits)[];

/** A misspelt option would otherwise do nothing, and nobody would know. */
function checkNames(options: BrokerOptions): void {
	const unknown = unknownIn('options', options, optionNames);
	if (unknown !== undefined) {
		const meant = (limitNames as readonly string[]).includes(unknown) ? `: it is \`limits.${unknown}\`` : '';
		throw new TypeError(`Expected \`options\` to have only known members, got \`${unknown}\`${meant}`);
	}
}

function checkLimits(limits: Partial<Limits>): Limits {
	const unknown = unknownIn('limits', limits, limitNames);
	if (unknown !== undefined) {
		throw new TypeError(`Expected \`limits\` to have only known members, got \`${unknown}\``);
	}
	const checked = limitNames.map((name) => {
		const { [name]: limit = defaultLimits[name] } = limits;
		const isRate = name.endsWith('PerSecond');
		return [name, isRate ? positive(`limits.${name}`, limit) : wholeNumber(`limits.${name}`, limit, 1, maxTimerMs)];
	});
	return Object.freeze(Object.fromEntries(checked) as Record<keyof Limits, number>);
}

/** The first member that is none of these. */
function unknownIn(name: string, value: unknown, known: readonly string[]): string | undefined {
	if (typeof value !== 'object' || value === null) {
		throw expected(name, 'an object', value);
	}
	return Object.keys(value).find((member) => !known.includes(member));
}

function wholeNumber(name: string, value: unknown, least: number, most: number): number {
	if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
		throw expected(name, `a whole number from ${least} to ${most}`, value);
	}
	return value;
}

function positive(name: string, value: unknown): number {
	if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
		throw expected(name, 'a number > 0', value);
	}
	return value;
}

function expected(name: string, what: string, value: unknown): TypeError {
	return new TypeError(`Expected \`${name}\` to be ${what}, got \`${String(value)}\` (${typeof value})`);
}
