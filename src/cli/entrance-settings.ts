/** Who may come in, as a command line and its environment say it. Reads nothing but these values. */
import { isHostName } from '../broker/hosts.ts';
import { isToken, type TokenSource } from './access-token.ts';
import { quote, readWhole, UsageError } from './usage.ts';

export interface EntranceSettings {
	/** The address to listen on. `::` takes IPv4 as well. */
	readonly host: string;
	/** Other machines can reach it, by its address or through a proxy. */
	readonly isWide: boolean;
	/** `--share` was given: to join somebody else's broker would not do. */
	readonly isShared: boolean;
	/** Absent: everybody may come in. */
	readonly token?: TokenSource;
	readonly base: boolean;
	/** Fingerprints of the keys of those who own the broker. */
	readonly owners: readonly string[];
	readonly allowHosts: readonly string[];
	readonly allowOrigins: readonly string[];
	/** How many proxies are in front of it. */
	readonly proxies: number;
	/** The files of its certificate and key. */
	readonly tls?: { readonly cert: string; readonly key: string };
}

export interface EntranceFlags {
	readonly host?: string | undefined;
	readonly share?: boolean | undefined;
	readonly open?: boolean | undefined;
	readonly base?: boolean | undefined;
	readonly token?: string | undefined;
	readonly tokenFile?: string | undefined;
	readonly owner?: readonly string[] | undefined;
	readonly allowHost?: readonly string[] | undefined;
	readonly allowOrigin?: readonly string[] | undefined;
	readonly trustProxy?: string | undefined;
	readonly tlsCert?: string | undefined;
	readonly tlsKey?: string | undefined;
}

/** How each of them is written. */
export const entranceFlagNames: Readonly<Record<Exclude<keyof EntranceFlags, 'host'>, string>> = {
	share: '--share',
	open: '--open',
	base: '--no-base',
	token: '--token',
	tokenFile: '--token-file',
	owner: '--owner',
	allowHost: '--allow-host',
	allowOrigin: '--allow-origin',
	trustProxy: '--trust-proxy',
	tlsCert: '--tls-cert',
	tlsKey: '--tls-key',
};

/** Those of somebody who hosts; the certificate belongs to a broker without a screen, which is told of a new one. */
export const hostingEntranceFlags = [
	...(['host', 'share', 'open', 'base', 'token', 'tokenFile', 'owner'] as const),
	...(['allowHost', 'allowOrigin', 'trustProxy'] as const),
];
export const tlsFlags = ['tlsCert', 'tlsKey'] as const;

/** A broker on this computer alone, which asks nobody for a token. */
export const loopback = '127.0.0.1';

/**
 * @param directory Where the broker keeps messages, and its token.
 * @throws UsageError when something cannot be followed. No message has a token in it.
 */
export function readEntrance(
	flags: EntranceFlags,
	environment: Readonly<Record<string, string | undefined>>,
	directory: string,
): EntranceSettings {
	const { share: isShared = false, open = false } = flags;
	const host = readHost(flags.host ?? (isShared ? '::' : loopback));
	const proxies =
		flags.trustProxy === undefined ? 0 : readWhole('--trust-proxy', flags.trustProxy || '1', { min: 0, max: 16 });
	const isWide = proxies > 0 || !isOwn(host);
	if (isShared && isOwn(host)) {
		throw new UsageError(`--share lets other machines in, and --host ${host} does not; leave one of them out`);
	}
	if (open && (flags.token !== undefined || flags.tokenFile !== undefined)) {
		throw new UsageError('--open lets everybody in, and a token does not; leave one of them out');
	}
	if (open && !isWide) {
		throw new UsageError('--open goes with --share or --host: without them only this computer is let in');
	}
	const given = readToken(flags, environment);
	// A token in the environment of a service is meant to protect it, whatever else its command line says.
	if (open && given !== undefined) {
		throw new UsageError('--open lets everybody in, and NATTER_TOKEN does not; leave one of them out');
	}
	const token = given ?? (isWide && !open ? ({ kind: 'kept', directory } as const) : undefined);
	const tls = readTls(flags);
	return {
		host,
		isWide,
		isShared,
		...(token !== undefined && { token }),
		base: flags.base ?? true,
		owners: (flags.owner ?? []).map(readFingerprint),
		allowHosts: (flags.allowHost ?? []).map(readHostName),
		allowOrigins: (flags.allowOrigin ?? []).map(readOrigin),
		proxies,
		...(tls !== undefined && { tls }),
	};
}

/**
 * The token that was given, if one was.
 *
 * @throws UsageError when it cannot be one.
 */
export function readToken(
	{ token, tokenFile }: Pick<EntranceFlags, 'token' | 'tokenFile'>,
	environment: Readonly<Record<string, string | undefined>>,
): TokenSource | undefined {
	if (token !== undefined && tokenFile !== undefined) {
		throw new UsageError('--token and --token-file are two tokens; leave one of them out');
	}
	if (tokenFile !== undefined) {
		if (tokenFile.trim() === '' || tokenFile.includes('\0')) {
			throw new UsageError(`Expected --token-file to be a file, got ${quote(tokenFile)}`);
		}
		return { kind: 'file', path: tokenFile };
	}
	const [name, text] = token === undefined ? ['NATTER_TOKEN', environment['NATTER_TOKEN'] ?? ''] : ['--token', token];
	if (token === undefined && text === '') {
		return undefined;
	}
	if (!isToken(text)) {
		throw new UsageError(`Expected ${name} to be 1 to 256 visible ASCII characters without spaces`);
	}
	return { kind: 'text', token: text };
}

/** Whether only this computer can reach what listens there. */
function isOwn(host: string): boolean {
	return host.toLowerCase() === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/u.test(host);
}

function readHost(host: string): string {
	if (host === '' || /[\s/]/u.test(host)) {
		throw new UsageError(`Expected --host to be an address such as 127.0.0.1 or 0.0.0.0, got ${quote(host)}`);
	}
	return host;
}

function readFingerprint(text: string): string {
	if (!/^SHA256:[A-Za-z\d+/]{43}$/u.test(text)) {
		throw new UsageError(
			`Expected --owner to be SHA256: and 43 characters, as natter whoami says it, got ${quote(text)}`,
		);
	}
	return text;
}

function readHostName(text: string): string {
	if (!isHostName(text)) {
		throw new UsageError(`Expected --allow-host to be a name such as chat.example.com, or *, got ${quote(text)}`);
	}
	return text;
}

function readOrigin(text: string): string {
	if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/?#]+$/iu.test(text)) {
		throw new UsageError(
			`Expected --allow-origin to be an origin such as https://chat.example.com, got ${quote(text)}`,
		);
	}
	return text;
}

function readTls({ tlsCert: cert, tlsKey: key }: EntranceFlags): EntranceSettings['tls'] {
	if (cert === undefined && key === undefined) {
		return undefined;
	}
	if (cert === undefined || key === undefined || cert === '' || key === '') {
		throw new UsageError('--tls-cert and --tls-key go together, each with a file');
	}
	return { cert, key };
}
