/**
 * By which names a broker may be dialled. A page of a stranger can have its own name lead to this computer, and then
 * speaks to a broker here as if to its own server: the name that it dialled, which it cannot forge, gives it away.
 */
import { hostname, networkInterfaces } from 'node:os';

/** The names that are expected; `'any'` where the broker cannot know them. */
export type ExpectedHosts =
	| 'any'
	| {
			/** As `hostOf` writes them. */
			readonly names: ReadonlySet<string>;
			/** Those of them that the broker was told of: it may be dialled there at another port than its own. */
			readonly told: ReadonlySet<string>;
			/** Names and addresses of this computer, which come and go with its networks; asked only when `names` has none. */
			readonly own: () => ReadonlySet<string>;
	  };

/** Always expected: with these a stranger's page would have dialled its own reader's computer by its right name. */
const loopbackNames = ['localhost', '127.0.0.1', '[::1]'] as const;

/**
 * Whether a broker may be dialled as `authority`: the value of a `Host` header, or what a client says that it dialled,
 * such as `Chat.Example.com.:8080` or `[::1]:8080`. Case, port and a trailing dot do not matter. What is no authority is
 * not expected anywhere, save where any is.
 */
export function isExpectedHost(authority: string | undefined, expected: ExpectedHosts): boolean {
	if (expected === 'any') {
		return true;
	}
	const host = hostOf(authority ?? '');
	return host !== undefined && (expected.names.has(host) || expected.own().has(host));
}

/**
 * Whether what a client signed for is this broker: another one of the same computer is told by its port. `port` is where
 * this one listens, `undefined` where that is not known.
 */
export function isOwnAuthority(authority: string, expected: ExpectedHosts, port: number | undefined): boolean {
	if (!isExpectedHost(authority, expected)) {
		return false;
	}
	const isAnywhere = expected === 'any' || expected.told.has(hostOf(authority) ?? '');
	return isAnywhere || port === undefined || authority.endsWith(`:${port}`);
}

/**
 * The host of an authority in one way of writing: lower case, without port, without trailing dot, IPv6 in brackets and
 * shortened. `undefined` for what has no such form.
 */
export function hostOf(authority: string): string | undefined {
	const [, literal, name] = /^(?:\[([\da-f:.]{2,45})\]|([\w.-]{1,254}))(?::\d{0,5})?$/i.exec(authority) ?? [];
	if (literal !== undefined) {
		const url = `http://[${literal}]`;
		return URL.canParse(url) ? new URL(url).hostname : undefined;
	}
	const plain = name?.toLowerCase().replace(/\.$/, '');
	return plain === '' ? undefined : plain;
}

/**
 * The names of a broker that listens by itself.
 *
 * @param allowed What it may be called beside the names of its computer; `*` for anything.
 * @param host The address, or the name, on which it was told to listen.
 */
export function expectedHosts(allowed: readonly string[], host: string): ExpectedHosts {
	if (allowed.includes('*')) {
		return 'any';
	}
	const told = hostsOf(allowed);
	return { names: hostsOf([...loopbackNames, ...allowed, host]), told, own: ownHosts };
}

function hostsOf(names: readonly string[]): ReadonlySet<string> {
	return new Set(names.map((name) => hostOf(bracketed(name))).filter((name) => name !== undefined));
}

/** Whether something can be a name that `expectedHosts` is told of. */
export function isHostName(name: unknown): name is string {
	return typeof name === 'string' && (name === '*' || hostOf(bracketed(name)) !== undefined);
}

/** What this computer is called just now: its name, also as neighbours ask for it (mDNS), and the addresses that it has. */
function ownHosts(): ReadonlySet<string> {
	const name = hostname();
	const addresses = Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address));
	const hosts = [name, `${name}.local`, ...addresses].map((host) => hostOf(bracketed(host.replace(/%.*$/, ''))));
	return new Set(hosts.filter((host) => host !== undefined));
}

/** IPv6 as it stands in an authority. */
function bracketed(host: string): string {
	return /^[\da-f.]*:[\da-f:.]*:/i.test(host) || host === '::' ? `[${host}]` : host;
}
